"""Choosing a configuration for a context: objective, Runtime3C, the exact optimum, baselines."""
