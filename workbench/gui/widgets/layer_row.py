"""The backbone as a row of layers, the operators that each may take below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.presenters.network_records import LayerCard, kib, millions
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.layer_block import LayerBlock
from workbench.gui.widgets.operator_button import OperatorButton

_GAP = 4


class _Column(QWidget):
    """One layer: its block and its operators."""

    def __init__(self, card: LayerCard) -> None:
        super().__init__()
        self.block = LayerBlock()
        self.buttons: list[OperatorButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        column.addWidget(self.block)
        self._note = label("", "small", wrap=True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        if card.decision is None:
            column.addWidget(self._note)
            self.setMinimumWidth(74)
        else:
            for cell in card.cells:
                button = OperatorButton(card.decision, cell.choice)
                self.buttons.append(button)
                column.addWidget(button, 10)
        column.addStretch(1)

    def show_card(self, card: LayerCard, scale: tuple[float, float], last: bool) -> None:
        """Show the layer's state."""
        self.block.show_card(card, scale, last)
        cost = f"{millions(card.macs)} M\n{kib(card.param_bytes)} KiB"
        self._note.setText(f"{cost}\n\n{card.note}")
        for button, cell in zip(self.buttons, card.cells, strict=True):
            button.show_cell(cell, card.name)


class LayerRow(QScrollArea):
    """Layers side by side; deep networks scroll."""

    chosen = Signal(int, int)
    """Decision and choice that were clicked."""
    pointed = Signal(int, int)
    """Decision and choice under the pointer or the focus; -1, -1 when left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._columns: list[_Column] = []
        self._structure: tuple[tuple[str, int], ...] = ()
        theme.manager().changed.connect(self._restyle)

    def show_layers(self, cards: Sequence[LayerCard]) -> None:
        """Show these layers; columns are built anew only for another network."""
        structure = tuple((card.name, len(card.cells)) for card in cards)
        if structure != self._structure:
            self._structure = structure
            self._build(cards)
        scale = (
            float(max(card.full_channels for card in cards if card.name != "head")),
            float(max(card.out_shape[1] for card in cards)),
        )
        for column, card in zip(self._columns, cards, strict=True):
            column.show_card(card, scale, column is self._columns[-1])

    def button(self, decision: int, choice: int) -> OperatorButton:
        """One operator's card."""
        return self._choosable()[decision].buttons[choice]

    def _choosable(self) -> list[_Column]:
        return [column for column in self._columns if column.buttons]

    def _build(self, cards: Sequence[LayerCard]) -> None:
        inner = QWidget()
        row = QHBoxLayout(inner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID_PX)
        self._columns = []
        for card in cards:
            column = _Column(card)
            self._columns.append(column)
            row.addWidget(column, 0 if card.decision is None else 1)
            for button in column.buttons:
                button.chosen.connect(self.chosen)
                button.pointed.connect(self.pointed)
                button.moved.connect(self._on_moved)
        self.setWidget(inner)
        self.setMinimumHeight(inner.minimumSizeHint().height() + 2)

    def _on_moved(self, decision: int, choice: int, columns: int, rows: int) -> None:
        choosable = self._choosable()
        target = max(0, min(len(choosable) - 1, decision + columns))
        buttons = choosable[target].buttons
        button = buttons[max(0, min(len(buttons) - 1, choice + rows))]
        button.setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(button, 16, 0)

    def _restyle(self, _tokens: Tokens) -> None:
        for column in self._columns:
            column.update()
