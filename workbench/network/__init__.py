"""The self-evolutionary network: ensemble training, batch-norm statistics, weight evolution.

The only package that may import torch, and it does so inside the modules that need it.
"""
