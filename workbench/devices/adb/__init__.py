"""Phones over the Android Debug Bridge: through an ADB server, or directly over TCP and USB."""
