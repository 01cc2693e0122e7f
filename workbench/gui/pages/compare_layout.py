"""How the Compare page is laid out; no behaviour of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.pages.compare_policies import PoliciesView
from workbench.gui.presenters.problem import Problem
from workbench.gui.settings import Settings
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.flow import FlowRow
from workbench.gui.widgets.policy_chips import PolicyChips
from workbench.gui.widgets.run_status import RunStatus
from workbench.gui.widgets.states import EmptyState, ErrorPanel
from workbench.gui.widgets.view_chips import ViewChips

if TYPE_CHECKING:
    from workbench.gui.pages.compare_decisions import DecisionsView
    from workbench.gui.pages.compare_proxies import ProxiesView
    from workbench.gui.pages.compare_study import StudyView

View = TypeVar("View", bound=QWidget)

_MISSING = {
    "network": ("network", "network"),
    "device": ("device profile", "devices"),
    "trace": ("trace", "traces"),
}
"""Kind -> its words, and the page that can help."""
_FIRST_REPEATS = 10
_VIEWS = (
    ("policies", "Policies", "Policies against outcomes"),
    ("decisions", "Decisions", "When two runs chose differently, and what it cost"),
    ("study", "Tasks × platforms", "A study: every policy on every task and platform"),
    ("proxies", "Proxies", "How well C/Sp, C/Sa, E and C rank measured latency"),
)
"""Key, word and tip of each view."""
_KEYS = tuple(key for key, _, _ in _VIEWS)
_OF_THEIR_OWN = ("study", "proxies")
"""Views that need nothing that is in use."""


class CompareLayout(QWidget):
    """The widgets of the page, by name."""

    missing_asked = Signal(str)
    """The page that can help with what is missing."""
    repeats_changed = Signal()

    def __init__(self, page: QWidget, repeats: Sequence[int]) -> None:
        super().__init__(page)
        self.title = label("Compare", "title")
        self._about = ""
        self.subtitle = ElidedLabel("")
        self.subtitle.setStyleSheet("font-size: 12px;")
        self.chips = PolicyChips()
        self.status = RunStatus()
        self.export = QPushButton("Export…")
        self.export.setToolTip("The table as CSV, Markdown or LaTeX  (Ctrl+E)")
        self.export.setEnabled(False)
        self.policies = PoliciesView()
        self.views = ViewChips(_VIEWS)
        self.error = ErrorPanel()
        self._repeats = self._make_repeats(repeats)
        self._missing = ""
        self._empty = EmptyState("compare", "", "", action="Show me", parent=self)
        self._empty.acted.connect(self._on_missing)
        self._loading = label("", "secondary")
        self._loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._controls = self._build_controls()
        self._states = QStackedWidget()
        self._view = "policies"
        self._cover: QWidget | None = None
        for widget in (self.policies, self._loading, self._empty):
            self._states.addWidget(widget)
        outer = QVBoxLayout(page)
        outer.setContentsMargins(20, 12, 16, 12)
        outer.setSpacing(theme.GRID_PX)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.title)
        head.addWidget(self.subtitle, 1)
        head.addWidget(self.views)
        outer.addLayout(head)
        outer.addWidget(self._controls)
        outer.addWidget(self.error)
        outer.addWidget(self._states, 1)
        self.show_loading()

    @property
    def repeats(self) -> int:
        """How many repeats are wanted."""
        return int(self._repeats.currentData())

    def set_repeats(self, count: int) -> None:
        """Want so many repeats, if they are offered."""
        self._repeats.setCurrentIndex(max(0, self._repeats.findData(count)))

    @property
    def view(self) -> str:
        """Key of the view in front."""
        return self._view

    def show_view(self, key: str) -> None:
        """Bring a view to the front; unknown keys are ignored."""
        if key in _KEYS:
            self._view = key
            self.views.show_view(key)
            self._controls.setVisible(key == "policies")
            self._show()

    # ---- views, made when they are first seen --------------------------------------------------

    @functools.cached_property
    def decisions(self) -> DecisionsView:
        """When two runs chose differently."""
        from workbench.gui.pages.compare_decisions import DecisionsView

        return self._added(DecisionsView())

    @functools.cached_property
    def study(self) -> StudyView:
        """Tasks by platforms."""
        from workbench.gui.pages.compare_study import StudyView

        return self._added(StudyView())

    @functools.cached_property
    def proxies(self) -> ProxiesView:
        """How well proxies rank."""
        from workbench.gui.pages.compare_proxies import ProxiesView

        return self._added(ProxiesView())

    def _added(self, view: View) -> View:
        self._states.addWidget(view)
        return view

    def _page_of(self, key: str) -> QWidget:
        pages: dict[str, Callable[[], QWidget]] = {
            "decisions": lambda: self.decisions,
            "study": lambda: self.study,
            "proxies": lambda: self.proxies,
        }
        return pages[key]() if key in pages else self.policies

    # ---- states --------------------------------------------------------------------------------

    def show_content(self) -> None:
        """Show the view in front."""
        self.error.hide()
        self._controls.setEnabled(True)
        self._cover = None
        self._show()

    def show_loading(self) -> None:
        """Say that something is read."""
        self.error.hide()
        self._controls.setEnabled(False)
        self._loading.setText("Loading the network, the device profile and the day…")
        self._cover = self._loading
        self._show()

    def show_missing(self, kind: str) -> None:
        """Say that there is no network, device profile or trace."""
        what, self._missing = _MISSING[kind]
        self._empty.set_texts(
            f"There is no {what} to compare with",
            "A comparison replays a trace of changing context under each policy, again and again,"
            f" and shows what it comes to. There is no {what} yet.",
        )
        self.error.hide()
        self._controls.setEnabled(False)
        self._cover = self._empty
        self._show()

    def _show(self) -> None:
        """The view in front, or what stands before it; a study needs nothing that is in use."""
        covered = self._cover is not None and self._view not in _OF_THEIR_OWN
        page = self._cover if covered and self._cover else self._page_of(self._view)
        self._states.setCurrentWidget(page)
        self.subtitle.setText("" if self._view in _OF_THEIR_OWN else self._about)

    def show_about(self, text: str) -> None:
        """Say what is in use; a study has inputs of its own."""
        self._about = text
        self._show()

    def show_problem(self, problem: Problem) -> None:
        """Show an error above what was shown before."""
        if self._cover is self._loading:
            self._loading.setText("")
        self.error.show_problem(problem)

    def ask_file(
        self,
        dialog: Callable[..., tuple[str, str]],
        name: str,
        formats: Mapping[str, tuple[str, object]],
    ) -> Path | None:
        """Ask for a file to write; None when the user thinks better of it."""
        filters = {words: ending for ending, (words, _) in formats.items()}
        chosen, used = dialog(
            self, "Export the comparison", str(Path.home() / name), ";;".join(filters)
        )
        if not chosen:
            return None
        path = Path(chosen)
        ending = path.suffix.removeprefix(".")
        # The filter decides where the name does not.
        return path if ending in formats else path.with_name(f"{path.name}.{filters[used]}")

    # ---- memory --------------------------------------------------------------------------------

    def save(self, settings: Settings) -> None:
        """Remember splitters, policies and repeats."""
        self.policies.save(settings)
        settings.set_text("compare/policies", " ".join(self.chips.visible))
        settings.set_text("compare/repeats", str(self.repeats))
        settings.set_text("compare/view", self._view)

    def restore(self, settings: Settings) -> None:
        """Put back what was remembered."""
        self.policies.restore(settings)
        count = settings.text("compare/repeats", str(_FIRST_REPEATS))
        self.show_view(settings.text("compare/view", "policies"))
        self.set_repeats(int(count) if count.isdecimal() else _FIRST_REPEATS)

    # ---- building ------------------------------------------------------------------------------

    def _build_controls(self) -> QWidget:
        right = QWidget()
        line = QHBoxLayout(right)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        line.addWidget(self._repeats)
        line.addWidget(self.status)
        line.addWidget(self.export)
        right.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        return FlowRow(self.chips, right, push=True)

    def _make_repeats(self, repeats: Sequence[int]) -> QComboBox:
        box = QComboBox()
        for count in repeats:
            box.addItem("once" if count == 1 else f"{count} repeats", count)
        box.setCurrentIndex(box.findData(_FIRST_REPEATS))
        box.setAccessibleName("Repeats of each replay")
        box.setToolTip(
            "How often each replay is repeated with another seed: intervals come from that"
        )
        box.currentIndexChanged.connect(self._on_repeats)
        return box

    def _on_repeats(self, _index: int) -> None:
        self.repeats_changed.emit()

    def _on_missing(self) -> None:
        self.missing_asked.emit(self._missing)
