"""The left rail: one button a page, icon above the word."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens


class Rail(QWidget):
    """Lets the user go from page to page."""

    chosen = Signal(int)
    """Index of the page that was asked for."""

    def __init__(self, entries: list[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        """`entries` holds (icon, word, shortcut) of each page."""
        super().__init__(parent)
        self.setProperty("role", "rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Pages")
        self.setFixedWidth(76)
        self._icons = [name for name, _, _ in entries]
        self._buttons: list[QToolButton] = []
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.idClicked.connect(self.chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 1, 8)
        layout.setSpacing(2)
        for index, (_, word, shortcut) in enumerate(entries):
            button = QToolButton()
            button.setText(word)
            button.setProperty("role", "rail")
            button.setCheckable(True)
            button.setToolTip(f"{word}  ({shortcut})")
            button.setAccessibleName(word)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QSize(20, 20))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, index)
            self._buttons.append(button)
            layout.addWidget(button)
        layout.addStretch(1)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    def show_current(self, index: int) -> None:
        """Mark the page that is shown."""
        self._buttons[index].setChecked(True)

    def _restyle(self, _tokens: Tokens) -> None:
        for button, name in zip(self._buttons, self._icons, strict=True):
            button.setIcon(theme.manager().icon(name))
