"""How the Traces page is laid out; no behaviour of its own."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.trace_stack import TraceStack
from workbench.gui.presenters.traces import ORIGIN_STORIES, TraceView
from workbench.gui.settings import Settings
from workbench.gui.widgets.basics import Card, Pill, label, row
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.states import EmptyState, ErrorPanel
from workbench.gui.widgets.tips import plain_tip
from workbench.gui.widgets.trace_details import TraceDetails
from workbench.gui.widgets.trace_edit_bar import TraceEditBar
from workbench.gui.widgets.trace_list import TraceList
from workbench.services.trace_library import TraceSummary

_ROOMY_PX = 1100


class _Head(QWidget):
    """Title and tools in one line, or in two where there is no room."""

    _TITLE_PX = 330

    def __init__(self, about: QWidget, tools: QWidget) -> None:
        super().__init__()
        self._tools = tools
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(4)
        self._line.addWidget(about, 1)
        self._line.addWidget(tools)
        about.setMinimumWidth(60)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break or join the line."""
        super().resizeEvent(event)
        fits = self._tools.sizeHint().width() + self._TITLE_PX <= self.width()
        wanted = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if self._line.direction() != wanted:
            self._line.setDirection(wanted)

    def minimumSizeHint(self) -> QSize:
        """The tools are enough."""
        return QSize(self._tools.minimumSizeHint().width(), self._line.minimumSize().height())


class TracesLayout(QObject):
    """The widgets of the page, by name; a QObject, so that its slots end with the page."""

    def __init__(self, page: QWidget, record: QWidget, compose: QWidget) -> None:
        super().__init__(page)
        self.subtitle = ElidedLabel("")
        self.record_button = self._button("Record", "Record this computer's context  (Ctrl+R)")
        self.import_button = self._button("Import…", "Import another program's recording  (Ctrl+I)")
        self.compose_button = self._button("Compose", "Make up a scenario  (Ctrl+E)")
        self.list = TraceList()
        self.error = ErrorPanel()
        self.heading = ElidedLabel("")
        self.heading.setProperty("role", "heading")
        self.origin_pill = Pill()
        self.state = label("", "small")
        self.facts = ElidedLabel("")
        self.replay_button = QPushButton("Replay this trace")
        self.replay_button.setProperty("role", "primary")
        self.crop_button = self._button("Crop", "Keep a part of the time  (C)")
        self.resample_button = self._button("Resample", "Another rate  (R)")
        self.save_button = self._button("Save", "Write the edits into your traces  (Ctrl+S)")
        self.undo_button = self._tool("undo", "Undo")
        self.redo_button = self._tool("redo", "Redo")
        self.more_button = QToolButton()
        self.more_button.setText("More ▾")
        self.more_button.setProperty("role", "menu")
        self.more_button.setAccessibleName("More that can be done with this trace")
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more = QMenu(self.more_button)
        self.more.setToolTipsVisible(True)
        self.more_button.setMenu(self.more)
        self.edit_bar = TraceEditBar()
        self.stack = TraceStack("Lanes of the trace over the time of day")
        self.details = TraceDetails()
        self._record = record
        self._compose = compose
        self._loading = label("", "secondary")
        self._loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing = QWidget()
        self.empty = EmptyState(
            "traces",
            "There is no trace yet",
            "A context trace is what a replay runs on: battery, free cache, processor share and "
            "more over time. Record this computer, import a phone's log, or make up a day.",
            action="Compose a scenario",
        )
        self._right = QStackedWidget()
        self._trace = self._build_trace()
        for widget in (
            self._trace, self._loading, self._nothing, self.empty, record, compose,
        ):  # fmt: skip
            self._right.addWidget(widget)
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._page = page
        self._library = self._build_library()
        self._columns.addWidget(self._library)
        right = QWidget()
        below = QVBoxLayout(right)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(theme.GRID_PX)
        below.addWidget(self.error)
        below.addWidget(self._right, 1)
        self._columns.addWidget(right)
        self._columns.setStretchFactor(0, 0)
        self._columns.setStretchFactor(1, 1)
        self._columns.setSizes([262, 1000])
        self._columns.setChildrenCollapsible(False)
        head = QHBoxLayout()
        head.setSpacing(theme.GRID_PX)
        head.addWidget(label("Traces", "title"))
        head.addSpacing(8)
        head.addWidget(self.subtitle, 1)
        for button in (self.record_button, self.import_button, self.compose_button):
            head.addWidget(button)
        outer = QVBoxLayout(page)
        outer.setContentsMargins(20, 12, 16, 12)
        outer.setSpacing(theme.GRID_PX)
        outer.addLayout(head)
        outer.addWidget(self._columns, 1)
        order: tuple[QWidget, ...] = (
            self.record_button, self.import_button, self.compose_button, self.list,
            self.undo_button, self.redo_button, self.crop_button, self.resample_button,
            self.save_button, self.more_button, self.replay_button, self.edit_bar, self.stack,
            self.details,
        )  # fmt: skip
        for first, second in itertools.pairwise(order):
            QWidget.setTabOrder(first, second)
        theme.manager().changed.connect(self._restyle)

    # ---- states --------------------------------------------------------------------------------

    @property
    def state_name(self) -> str:
        """What is in front: trace, loading, nothing, empty, record or compose."""
        names = ("trace", "loading", "nothing", "empty", "record", "compose")
        return names[self._right.currentIndex()]

    def show_trace(self) -> None:
        """Show lanes and figures."""
        self._library.show()
        self._right.setCurrentWidget(self._trace)

    def show_loading(self, text: str) -> None:
        """Say that something is read."""
        self._loading.setText(text)
        self._right.setCurrentWidget(self._loading)

    def show_nothing(self) -> None:
        """Nothing beside an error."""
        self._right.setCurrentWidget(self._nothing)

    def show_empty(self) -> None:
        """There are no traces."""
        self._right.setCurrentWidget(self.empty)

    def show_record(self) -> None:
        """Show the recorder."""
        self._right.setCurrentWidget(self._record)
        self.make_room()

    def show_compose(self) -> None:
        """Show the form of a scenario."""
        self._right.setCurrentWidget(self._compose)
        self.make_room()

    def make_room(self) -> None:
        """Forms and their pictures need the library's room in a small window."""
        if self.state_name in ("record", "compose"):
            self._library.setVisible(self._page.width() >= _ROOMY_PX)

    def show_head(self, summary: TraceSummary, view: TraceView, *, edited: bool) -> None:
        """Title, marks and facts of the trace that is shown."""
        self.heading.setText(summary.title)
        origin = view.trace.info.kind
        tone = "good" if origin == "recorded" else ""
        self.origin_pill.show_state(origin, tone, ORIGIN_STORIES[origin])
        if edited:
            state = "edited; saved as a copy" if summary.shipped else "edited, not saved"
        elif summary.shipped:
            state = "opened file, read-only" if summary.opened else "shipped, read-only"
        else:
            state = ""
        self.state.setText(state)
        self.facts.setText(view.facts)
        self.facts.setToolTip(plain_tip(view.facts))

    def save_state(self, settings: Settings) -> None:
        """Remember the splitters."""
        settings.set_state("traces/columns", self._columns.saveState())
        settings.set_state("traces/rows", self._rows.saveState())

    def restore_state(self, settings: Settings) -> None:
        """Put the splitters where they were."""
        self._columns.restoreState(settings.state("traces/columns"))
        self._rows.restoreState(settings.state("traces/rows"))

    # ---- building ------------------------------------------------------------------------------

    @staticmethod
    def _button(text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        return button

    @staticmethod
    def _tool(icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "transport")
        button.setObjectName(icon)
        button.setIcon(theme.manager().icon(icon))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def _build_library(self) -> QWidget:
        card = Card()
        card.setAccessibleName("Library")
        card.body.setContentsMargins(1, 1, 1, 1)
        self.list.setStyleSheet("QListView { border: 1px solid transparent; border-radius: 7px; }")
        card.body.addWidget(self.list)
        return card

    def _build_trace(self) -> QWidget:
        lanes = Card()
        lanes.setAccessibleName("Trace")
        lanes.body.setContentsMargins(2, 8, 2, 2)
        lanes.body.setSpacing(6)
        about, tools = QWidget(), QWidget()
        names = QVBoxLayout(about)
        names.setContentsMargins(12, 0, 8, 0)
        names.setSpacing(2)
        title = QHBoxLayout()
        title.setSpacing(theme.GRID_PX)
        title.addWidget(self.heading)
        title.addWidget(self.origin_pill)
        title.addWidget(self.state)
        title.addStretch(1)
        names.addLayout(title)
        names.addWidget(self.facts)
        line = row(
            self.undo_button, self.redo_button, self.crop_button, self.resample_button,
            self.save_button, None, self.more_button, self.replay_button, spacing=6,
        )  # fmt: skip
        line.setContentsMargins(8, 0, 8, 0)
        tools.setLayout(line)
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 0, 10, 0)
        bar.addWidget(self.edit_bar)
        lanes.body.addWidget(_Head(about, tools))
        lanes.body.addLayout(bar)
        lanes.body.addWidget(self.stack, 1)
        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.addWidget(lanes)
        self._rows.addWidget(self.details)
        self._rows.setStretchFactor(0, 5)
        self._rows.setStretchFactor(1, 2)
        self._rows.setSizes([500, 230])
        self._rows.setChildrenCollapsible(False)
        return self._rows

    def set_menu(self, actions: list[QAction]) -> None:
        """Fill the menu behind "More"."""
        for action in actions:
            self.more.addAction(action)

    def _restyle(self, _tokens: object) -> None:
        for button in (self.undo_button, self.redo_button):
            button.setIcon(theme.manager().icon(button.objectName()))
