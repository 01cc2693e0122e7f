"""Undo, redo, presets and steps along the Pareto front, for the configuration built by hand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.presenters.network_space import Preset

_OWN = "built by hand"


class ConfigurationBar(QWidget):
    """Emits what the user wants; shows what it is told."""

    undo_asked = Signal()
    redo_asked = Signal()
    preset_chosen = Signal(str)
    stepped = Signal(str)
    """``cheaper`` or ``better``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._undo = self._tool("Undo  (Ctrl+Z)", self.undo_asked)
        self._redo = self._tool("Redo  (Ctrl+Shift+Z)", self.redo_asked)
        self._presets = QComboBox()
        self._presets.setAccessibleName("Preset configuration")
        self._presets.setMinimumWidth(150)
        self._presets.activated.connect(self._on_preset)
        self._cheaper = QPushButton("Cheaper")
        self._cheaper.setToolTip("The next cheaper point of the Pareto front  (Ctrl+Left)")
        self._cheaper.clicked.connect(self._on_cheaper)
        self._better = QPushButton("More accurate")
        self._better.setToolTip("The next more accurate point of the Pareto front  (Ctrl+Right)")
        self._better.clicked.connect(self._on_better)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._undo)
        layout.addWidget(self._redo)
        layout.addSpacing(8)
        layout.addWidget(self._presets)
        layout.addSpacing(8)
        layout.addWidget(self._cheaper)
        layout.addWidget(self._better)
        for button in (self._cheaper, self._better):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout.addStretch(1)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    def set_presets(self, presets: Sequence[Preset]) -> None:
        """Offer these presets."""
        self._presets.clear()
        self._presets.addItem(_OWN)
        self._presets.setItemData(0, "Not one of the presets.", Qt.ItemDataRole.ToolTipRole)
        for preset in presets:
            self._presets.addItem(preset.name, preset.name)
            index = self._presets.count() - 1
            self._presets.setItemData(index, preset.hint, Qt.ItemDataRole.ToolTipRole)

    @property
    def preset(self) -> str:
        """Name of the preset that is shown; empty for a configuration built by hand."""
        return str(self._presets.currentData() or "")

    @property
    def can_undo(self) -> bool:
        """Whether undo is offered."""
        return self._undo.isEnabled()

    def show_state(
        self, preset: str, *, can_undo: bool, can_redo: bool, cheaper: bool, better: bool
    ) -> None:
        """Show which preset this is and what can be done."""
        index = self._presets.findData(preset) if preset else 0
        self._presets.setCurrentIndex(max(0, index))
        self._undo.setEnabled(can_undo)
        self._redo.setEnabled(can_redo)
        self._cheaper.setEnabled(cheaper)
        self._better.setEnabled(better)

    def _tool(self, tip: str, signal: object) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "transport")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(16, 16))
        button.clicked.connect(signal)
        return button

    def _on_preset(self, index: int) -> None:
        name = self._presets.itemData(index)
        if name:
            self.preset_chosen.emit(str(name))

    def _on_cheaper(self) -> None:
        self.stepped.emit("cheaper")

    def _on_better(self) -> None:
        self.stepped.emit("better")

    def _restyle(self, _tokens: Tokens) -> None:
        manager = theme.manager()
        self._undo.setIcon(manager.icon("undo", tone="text"))
        self._redo.setIcon(manager.icon("redo", tone="text"))
