"""Sensors of a device's power: which there are, and a stream of their readings."""
