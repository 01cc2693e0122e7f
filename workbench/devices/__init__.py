"""Devices: what is known about them (profiles), how they are reached and what they can measure."""
