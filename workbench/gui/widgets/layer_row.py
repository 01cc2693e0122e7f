"""The backbone as a row of layers, the operators that each may take below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.presenters.network_records import LayerCard, kib, millions
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.layer_block import LayerBlock
from workbench.gui.widgets.operator_button import OperatorButton

_GAP = 3
_NARROW_PX = 72
_FEW_LAYERS = 8
_WIDE_PX = 124


@dataclass(slots=True)
class _Column:
    """One layer: its block, its operators, and a note where there are none."""

    block: LayerBlock
    buttons: list[OperatorButton] = field(default_factory=list)
    note: QLabel | None = None

    def show_card(self, card: LayerCard, scale: tuple[float, float], last: bool) -> None:
        """Show the layer's state."""
        self.block.show_card(card, scale, last)
        if self.note is not None:
            cost = f"{millions(card.macs)} M\n{kib(card.param_bytes)} KiB"
            words = card.note.replace(" ", "\n")
            self.note.setText(f"{cost}\n\n{words}")
        for button, cell in zip(self.buttons, card.cells, strict=True):
            button.show_cell(cell, card.name)


class LayerRow(QScrollArea):
    """Layers side by side; deep networks scroll."""

    chosen = Signal(int, int)
    """Decision and choice that were clicked."""
    pointed = Signal(int, int)
    """Decision and choice under the pointer or the focus; -1, -1 when left."""

    layer_clicked = Signal(int)
    """Decision of the layer whose block was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
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

    def mark_layer(self, decision: int | None) -> None:
        """Show by which layer the whole space is coloured."""
        for number, column in enumerate(self._choosable()):
            column.block.set_marked(number == decision)

    def button(self, decision: int, choice: int) -> OperatorButton:
        """One operator's card."""
        return self._choosable()[decision].buttons[choice]

    def _choosable(self) -> list[_Column]:
        return [column for column in self._columns if column.buttons]

    def _build(self, cards: Sequence[LayerCard]) -> None:
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GRID_PX)
        grid.setVerticalSpacing(_GAP)
        rows = max(len(card.cells) for card in cards)
        self._columns = []
        for place, card in enumerate(cards):
            column = _Column(LayerBlock())
            column.block.clicked.connect(self.layer_clicked)
            self._columns.append(column)
            grid.addWidget(column.block, 0, place)
            if card.decision is None:
                column.block.setMaximumWidth(_NARROW_PX + 12)
                column.note = label("", "small")
                column.note.setAlignment(Qt.AlignmentFlag.AlignTop)
                column.note.setMinimumWidth(_NARROW_PX)
                grid.addWidget(column.note, 1, place, rows, 1)
                continue
            grid.setColumnStretch(place, 1)
            for line, cell in enumerate(card.cells, start=1):
                button = OperatorButton(card.decision, cell.choice)
                if len(cards) > _FEW_LAYERS:  # they scroll anyway
                    button.setMinimumWidth(_WIDE_PX)
                column.buttons.append(button)
                grid.addWidget(button, line, place)
                button.chosen.connect(self.chosen)
                button.pointed.connect(self.pointed)
                button.moved.connect(self._on_moved)
        for line in range(1, rows + 1):
            grid.setRowStretch(line, 10)
        grid.setRowStretch(rows + 1, 1)
        self.setWidget(inner)
        inner.setAutoFillBackground(False)
        self.setMinimumHeight(grid.minimumSize().height() + 2)

    def _on_moved(self, decision: int, choice: int, columns: int, rows: int) -> None:
        choosable = self._choosable()
        target = max(0, min(len(choosable) - 1, decision + columns))
        buttons = choosable[target].buttons
        button = buttons[max(0, min(len(buttons) - 1, choice + rows))]
        button.setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(button, 16, 0)

    def _restyle(self, _tokens: Tokens) -> None:
        for column in self._columns:
            column.block.update()
