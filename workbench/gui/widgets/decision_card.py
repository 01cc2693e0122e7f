"""The decision card: why now, what was chosen, what it beat, and what it cost to decide."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.presenters.decision import Card as DecisionText
from workbench.gui.presenters.decision import Evolution
from workbench.gui.presenters.formats import significant
from workbench.gui.widgets.basics import Card, label, restyle, value_label
from workbench.gui.widgets.operator_chips import OperatorChips

_MAX_COLUMNS = 5
_MAX_ROWS = 4
_FACTS_PX = 312
"""Room for five columns of figures and a scroll bar."""


class EvolutionBar(QWidget):
    """Search and weight evolution as parts of the time that is allowed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evolution = Evolution(None, None)
        self.setFixedHeight(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.manager().changed.connect(self._restyle)

    def show_evolution(self, evolution: Evolution) -> None:
        """Show other times."""
        self._evolution = evolution
        self.setAccessibleName(f"Runtime evolution {evolution.headline()}")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(200, 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the two parts."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.raised))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        x = frame.left()
        for ms, colour in (
            (self._evolution.search_ms, tokens.accent),
            (self._evolution.evolve_ms, tokens.good),
        ):
            wide = frame.width() * min(1.0, (ms or 0.0) / self._evolution.limit_ms)
            wide = min(wide, frame.right() - x)
            if wide > 0:
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(
                    QRectF(x, frame.top(), max(2.0, wide), frame.height()), 3, 3
                )
                x += wide
        painter.end()

    def _restyle(self, _tokens: Tokens) -> None:
        self.update()


class DecisionCard(Card):
    """Shows a `DecisionText`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Decision", parent)
        self._time = value_label(bold=False)
        self._time.setProperty("role", "secondary")
        self.head.addStretch(1)
        self.head.addWidget(self._time)
        self._why = label("", wrap=True)
        self._chips = OperatorChips()
        self._weights = value_label(bold=False)
        self._feasible = value_label(bold=False)
        self._gap = label("", "good")
        self._exact = label("", "small", wrap=True)
        self._blocked = label("", "bad", wrap=True)
        self._extrapolated = label("", "warning", wrap=True)
        facts = QGridLayout()
        facts.setHorizontalSpacing(12)
        facts.setVerticalSpacing(5)
        facts.setColumnStretch(1, 1)
        gap_row = QHBoxLayout()
        gap_row.setSpacing(8)
        gap_row.addWidget(self._gap)
        gap_row.addWidget(self._exact, 1)
        for row, (caption, widget) in enumerate(
            (
                ("Why now", self._why),
                ("Chosen", self._chips),
                ("Weights", self._weights),
                ("Feasible", self._feasible),
            )
        ):
            facts.addWidget(self._caption(caption), row, 0, Qt.AlignmentFlag.AlignTop)
            facts.addWidget(widget, row, 1)
        facts.addWidget(self._caption("Gap to optimum"), 4, 0, Qt.AlignmentFlag.AlignTop)
        facts.addLayout(gap_row, 4, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(6)
        column.addLayout(facts)
        column.addWidget(self._blocked)
        column.addWidget(self._extrapolated)
        self._table = self._make_table()
        column.addLayout(self._table)
        column.addStretch(1)
        # More than a small window has room for: the facts scroll, the evolution bar stays.
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setMinimumHeight(96)
        scroll.setMinimumWidth(_FACTS_PX)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(scroll, 1)
        self._headline = value_label()
        evolution = QHBoxLayout()
        evolution.addWidget(label("Runtime evolution", "secondary"))
        evolution.addStretch(1)
        evolution.addWidget(self._headline)
        self.body.addLayout(evolution)
        self._bar = EvolutionBar()
        self.body.addWidget(self._bar)
        self._search = label("", "accent")
        self._evolve = label("", "good")
        self._source = label("", "small")
        parts = QHBoxLayout()
        parts.setSpacing(16)
        parts.addWidget(self._search)
        parts.addWidget(self._evolve)
        parts.addStretch(1)
        parts.addWidget(self._source)
        self.body.addLayout(parts)

    def show_card(self, card: DecisionText, source: str = "") -> None:
        """Show a decision; `source` says where the times of the evolution come from."""
        self.heading.setText(card.title)
        self._time.setText(card.time)
        self._why.setText(card.why)
        self._chips.show_operators(card.operators)
        self._weights.setText(card.weights)
        self._feasible.setText(card.feasible or "not counted")
        self._gap.setText(card.gap)
        restyle(self._gap, role=card.gap_tone or "strong")
        self._exact.setText(card.exact)
        self._blocked.setText(card.blocked)
        self._blocked.setVisible(bool(card.blocked))
        self._extrapolated.setText(card.extrapolated)
        self._extrapolated.setVisible(bool(card.extrapolated))
        self._fill_table(card)
        self._headline.setText(card.evolution.headline())
        self._bar.show_evolution(card.evolution)
        search_ms, evolve_ms = card.evolution.search_ms, card.evolution.evolve_ms
        self._search.setText("" if search_ms is None else f"search {significant(search_ms)} ms")
        self._evolve.setText("" if evolve_ms is None else f"evolve {significant(evolve_ms)} ms")
        self._source.setText(source)
        self._source.setToolTip("Processor time on this computer, not on the device replayed.")
        self.setAccessibleDescription(
            f"{card.title} at {card.time}. {card.why}. Chosen: {', '.join(card.operators)}. "
            f"Gap to optimum: {card.gap}. {card.blocked} {card.extrapolated}".strip()
        )

    def _caption(self, text: str) -> QLabel:
        result = label(text, "secondary")
        result.setFixedWidth(94)
        return result

    def _make_table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        self._heads: list[QLabel] = []
        self._names: list[QLabel] = []
        self._cells: list[list[QLabel]] = []
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row in range(_MAX_ROWS):
            name = label("")
            name.setMinimumWidth(72)
            self._names.append(name)
            grid.addWidget(name, row + 1, 0)
            self._cells.append([])
        for column in range(_MAX_COLUMNS):
            head = label("", "small")
            head.setAlignment(right)
            self._heads.append(head)
            grid.addWidget(head, 0, column + 1)
            grid.setColumnStretch(column + 1, 1)
            for row in range(_MAX_ROWS):
                cell = value_label(bold=column == 0)
                cell.setAlignment(right)
                self._cells[row].append(cell)
                grid.addWidget(cell, row + 1, column + 1)
        return grid

    def _fill_table(self, card: DecisionText) -> None:
        for column, head in enumerate(self._heads):
            head.setText(card.headings[column] if column < len(card.headings) else "")
        for row, name in enumerate(self._names):
            known = row < len(card.rows)
            title, cells = card.rows[row] if known else ("", ())
            name.setText(title)
            name.setVisible(known)
            for column, widget in enumerate(self._cells[row]):
                widget.setVisible(known)
                if column < len(cells):
                    widget.setText(cells[column].text)
                    restyle(widget, role="bad" if cells[column].bad else "")
                else:
                    widget.setText("")
