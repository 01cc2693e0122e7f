"""Every plot of the window. The only package that knows pyqtgraph's options."""
