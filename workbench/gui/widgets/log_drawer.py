"""The log drawer (Ctrl+L): what happened since the start, newest at the bottom."""

from __future__ import annotations

import time

from PySide6.QtGui import QColor, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.basics import label, row

MAX_LINES = 5_000


class LogDrawer(QWidget):
    """A read-only list of lines with time and level."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bottombar")
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(MAX_LINES)
        self._text.setAccessibleName("Log")
        copy = QPushButton("Copy")
        copy.clicked.connect(self._copy)
        clear = QPushButton("Clear")
        clear.clicked.connect(self._text.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(row(label("Log", "heading"), None, copy, clear))
        layout.addWidget(self._text)

    def add(self, level: str, text: str) -> None:
        """Append a line; `level` is info, warning or error."""
        tokens = theme.tokens()
        colour = {"warning": tokens.warning, "error": tokens.bad}.get(level, tokens.secondary)
        style = QTextCharFormat()
        style.setForeground(QColor(colour))
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self._text.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(f"{time.strftime('%H:%M:%S')}  {level:<7}  {text}", style)
        bar = self._text.verticalScrollBar()
        bar.setValue(bar.maximum())

    def text(self) -> str:
        """All lines."""
        return self._text.toPlainText()

    def focus(self) -> None:
        """Put the keyboard focus into the log."""
        self._text.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())
