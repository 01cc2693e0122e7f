"""Measuring a device: plans, run rules, latency, and the fit of a calibrated device profile."""
