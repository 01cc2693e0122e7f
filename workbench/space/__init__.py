"""The design space: backbones, operators, configurations, and what a configuration costs.

Numpy only. Everything that can be known about a configuration without running it lives here.
"""
