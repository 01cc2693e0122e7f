"""The Proxies view of the Compare page: how well C/Sp, C/Sa, E, C and tables rank latency."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.export.proxy_report import ProxyCheck, ProxyRank, Tau
from workbench.export.study_report import Interval
from workbench.gui import theme
from workbench.gui.plots import clipboard
from workbench.gui.plots.interval_plot import IntervalPlot, IntervalRow, Mark, Reference
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.proxy_view import ProxyCard, card_of, checks_csv, rank_story
from workbench.gui.widgets.basics import Card, Pill, ProvenancePill, label, link_button
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.states import EmptyState, ErrorPanel

_WIDE_PX = 1000
_CARD_PX = (300, 420)


class ProxyCardView(Card):
    """One network on one measured device."""

    def __init__(self, card: ProxyCard, parent: QWidget | None = None) -> None:
        super().__init__(card.title, parent)
        self.card = card
        pill = ProvenancePill()
        pill.show_provenance(card.provenance, card.story)
        self.head.addWidget(pill)
        if card.trust:
            doubt = Pill("questionable", "warning")
            doubt.show_state("questionable", "warning", card.trust)
            self.head.addWidget(doubt)
        self.head.addWidget(ElidedLabel(card.subtitle), 1)
        for mark, word, role in (("●", "held out", "accent"), ("◆", "all", "secondary")):
            self.head.addWidget(label(mark, role))
            self.head.addWidget(label(word, "small"))
        verdict = label(card.verdict, "secondary", wrap=True)
        verdict.setToolTip(card.story)
        self.plot = IntervalPlot(f"Rank correlation with measured latency on {card.title}")
        self.body.addWidget(verdict)
        self.body.addWidget(self.plot, 1)
        self.setMinimumHeight(_CARD_PX[0])
        self.setMaximumHeight(_CARD_PX[1])
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    def _restyle(self, _tokens: object) -> None:
        tokens = theme.tokens()
        self.plot.show_rows(
            [self._row(rank) for rank in self.card.check.ranks],
            "Kendall's tau",
            references=(
                Reference(0.0, "by chance", tokens.secondary),
                Reference(1.0, "as measured", tokens.good),
            ),
            span=(-1.05, 1.05),
        )

    def _row(self, rank: ProxyRank) -> IntervalRow:
        tokens = theme.tokens()
        marks, values = [], []
        for name, tau, colour in (
            ("held out", rank.unseen, tokens.accent),
            ("all", rank.every, tokens.secondary),
        ):
            values.append("–" if tau is None else f"{tau.value:.2f}".replace("-", "−"))
            if tau is not None:
                marks.append(Mark(name, _interval(tau), colour, name == "all"))
        colour = tokens.accent if rank.id == "latency_table" else tokens.secondary
        return IntervalRow(
            rank.id, rank.title, colour, tuple(marks), tuple(values),
            rank.id == "intensity", rank_story(rank),
        )  # fmt: skip


class ProxiesView(QWidget):
    """Shows checks; emits where measuring is done."""

    measure_asked = Signal()
    again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checks: tuple[ProxyCheck, ...] = ()
        self.cards: list[ProxyCardView] = []
        self.error = ErrorPanel()
        self.error.retried.connect(self.again_asked)
        self._copy = link_button("Copy as CSV", "Copy every rank correlation with its bounds")
        self._copy.clicked.connect(self.copy_csv)
        self._again = link_button("Check again", "Read all measurements again")
        self._again.clicked.connect(self.again_asked)
        self._loading = label("", "secondary")
        self._loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty = EmptyState(
            "profile",
            "Nothing was measured yet",
            "C, C/Sp, C/Sa and the criterion E stand in for latency. How well they rank"
            " configurations shows only against latencies measured on a device, and so far no"
            " device was measured for any of the networks. Estimated profiles can't tell.",
            action="Measure a device",
        )
        self._empty.acted.connect(self.measure_asked)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)
        inside = QWidget()
        inside.setLayout(self._grid)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inside)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._states = QStackedWidget()
        for page in (self._loading, self._empty, self._scroll):
            self._states.addWidget(page)
        self._head = QWidget()
        line = QHBoxLayout(self._head)
        line.setContentsMargins(0, 0, 0, 0)
        words = (
            "How well a proxy ranks configurations by the latency that was measured on the device"
        )
        line.addWidget(ElidedLabel(words), 1)
        line.addWidget(self._again)
        line.addWidget(self._copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID_PX)
        layout.addWidget(self._head)
        layout.addWidget(self.error)
        layout.addWidget(self._states, 1)
        self._head.hide()

    @property
    def checks(self) -> tuple[ProxyCheck, ...]:
        """What is shown."""
        return self._checks

    @property
    def empty(self) -> EmptyState:
        """What stands where nothing was measured."""
        return self._empty

    def show_checks(self, checks: tuple[ProxyCheck, ...]) -> None:
        """Show a card for each."""
        self.error.hide()
        self._checks = checks
        self._grid.setRowStretch(len(self.cards), 0)
        for card in self.cards:
            self._grid.removeWidget(card)
            card.hide()  # it is deleted later, and would be painted until then
            card.deleteLater()
        self.cards = [ProxyCardView(card_of(check)) for check in checks]
        self._arrange()
        self._head.setVisible(bool(checks))
        self._states.setCurrentWidget(self._scroll if checks else self._empty)

    def show_loading(self) -> None:
        """Say that measurements are read, where there is nothing to show yet."""
        self.error.hide()
        self._loading.setText("Reading measurements…")

    def show_problem(self, problem: Problem) -> None:
        """Show an error above what was shown before."""
        self._loading.setText("")
        self.error.show_problem(problem)

    def copy_csv(self) -> None:
        """Copy every rank correlation."""
        clipboard.copy_text(checks_csv(self._checks))

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Two columns where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = 2 if self.width() >= _WIDE_PX and len(self.cards) > 1 else 1
        for number, card in enumerate(self.cards):
            self._grid.addWidget(card, number // columns, number % columns)
        self._grid.setRowStretch(len(self.cards), 1)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


def _interval(tau: Tau) -> Interval:
    return Interval(tau.value, tau.low, tau.high, tau.configurations)
