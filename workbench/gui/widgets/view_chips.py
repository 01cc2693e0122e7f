"""Chips that switch between the views of a page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QPushButton, QWidget

from workbench.gui.widgets.basics import row


class ViewChips(QWidget):
    """One chip a view; the current one is checked."""

    chosen = Signal(str)
    """Key of the view that was clicked."""

    def __init__(
        self, views: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        """`views` are (key, word, tool tip); the first one is current."""
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._chips: dict[str, QPushButton] = {}
        for key, word, tip in views:
            chip = QPushButton(word)
            chip.setProperty("role", "chip")
            chip.setCheckable(True)
            chip.setToolTip(tip)
            self._chips[key] = chip
            self._group.addButton(chip)
        self._chips[views[0][0]].setChecked(True)
        self.setLayout(row(*self._chips.values()))
        self._group.buttonClicked.connect(self._on_clicked)

    def chip(self, key: str) -> QPushButton:
        """The chip of a view."""
        return self._chips[key]

    def show_view(self, key: str) -> None:
        """Check a chip, without telling."""
        self._chips[key].setChecked(True)

    def _on_clicked(self, button: QAbstractButton) -> None:
        for key, chip in self._chips.items():
            if chip is button:
                self.chosen.emit(key)
