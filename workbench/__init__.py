"""AdaSpring Workbench: networks that adapt themselves to their device's context."""

__version__ = "0.1.0"
