"""The font of codes and commands."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase

from workbench.gui import theme


def mono(size_px: int = theme.SMALL_PX) -> QFont:
    """The system's font with letters of one width."""
    result = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    result.setPixelSize(size_px)
    return result
