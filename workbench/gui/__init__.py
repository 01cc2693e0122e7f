"""The window. PySide6 and pyqtgraph are imported here and nowhere else; torch never."""
