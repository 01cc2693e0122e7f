"""One module per use case: wires the packages together, the same for window and command line."""
