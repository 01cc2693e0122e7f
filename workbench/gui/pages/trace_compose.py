"""Makes up a synthetic day: a form, and a preview that follows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.context import Trace
from workbench.context.scenario import Scenario
from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.trace_lanes import TraceLanes
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.scenario_form import ScenarioForm, preview_of, scenario_of
from workbench.gui.presenters.traces import TraceView, build_view, facts_text
from workbench.gui.widgets.basics import Card, Pill, label, row
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.forms import FormGrid, number_box, whole_box
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, run_in_thread
from workbench.services.trace_editing import compose

_PREVIEW_DELAY_MS = 120


class ComposePanel(QWidget):
    """Emits the trace that was made up."""

    created = Signal(object)
    """A `Trace`, not written yet."""
    closed = Signal()

    def __init__(self, bridge: JobBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._job: Job | None = None
        self._wanted = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PREVIEW_DELAY_MS)
        self._timer.timeout.connect(self.preview)
        self._make_fields()
        self.create_button = QPushButton("Create trace")
        self.create_button.setProperty("role", "primary")
        self.close_button = QPushButton("Cancel")
        self.reseed_button = QPushButton("Another")
        self.reseed_button.setToolTip("Draw other times for bursts and apps")
        self.problem = label("", "warning", wrap=True)
        self.facts = ElidedLabel("")
        self.stack = LaneStack("Preview of the scenario")
        self._lanes = TraceLanes(self.stack)
        self._build()
        self.create_button.clicked.connect(self.create_trace)
        self.close_button.clicked.connect(self.closed)
        self.reseed_button.clicked.connect(self._on_reseed)

    # ---- content -------------------------------------------------------------------------------

    @property
    def form(self) -> ScenarioForm:
        """What is filled in."""
        return ScenarioForm(
            title=self.title.text(),
            start_clock=self.start.text(),
            hours=self.hours.value(),
            rate_hz=self.rate.value(),
            battery_percent=self.battery.value(),
            drain_percent_per_hour=self.drain.value(),
            charge_from=self.charge_from.text(),
            charge_to=self.charge_to.text(),
            charge_percent_per_hour=self.charge_rate.value(),
            bursts=self.bursts.value(),
            burst_minutes=self.burst_minutes.value(),
            burst_cache_percent=self.burst_cache.value(),
            burst_load_percent=self.burst_load.value(),
            switches=self.switches.value(),
            event_rate_hz=self.event_rate.value(),
            noise=self.noise.value(),
            cache_kib=self.cache.value(),
            seed=self.seed.value(),
        )

    @property
    def busy(self) -> bool:
        """Whether a preview or the trace is made now, or soon."""
        return self._job is not None or self._timer.isActive()

    def open(self) -> None:
        """Show the form and its preview."""
        self.preview()
        self.title.setFocus()
        self.title.selectAll()

    def preview(self) -> None:
        """Make the preview; while one is made, the newest form waits for it."""
        self._timer.stop()
        if self._job is not None:
            self._wanted = True
            return
        try:
            scenario = preview_of(scenario_of(self.form, dt.date.today()))
        except WorkbenchError as error:
            self._show_problem(Problem.of(error))
            return
        self._job = run_in_thread(
            _make_view, {"scenario": scenario, "seed": self.form.seed}, name="Preview"
        )
        self._bridge.watch(self._job, self._on_preview, quiet=True)

    def create_trace(self) -> None:
        """Make the whole trace."""
        if self._job is not None:
            return
        self._timer.stop()
        try:
            scenario = scenario_of(self.form, dt.date.today())
        except WorkbenchError as error:
            self._show_problem(Problem.of(error))
            return
        self.create_button.setEnabled(False)
        self._job = run_in_thread(
            _make, {"scenario": scenario, "seed": self.form.seed}, name="Compose a trace"
        )
        self._bridge.watch(self._job, self._on_created)

    def _on_preview(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, Done):
            self._job = None
            view: TraceView = event.result
            self.problem.hide()
            self.create_button.setEnabled(True)
            form = self.form
            whole = replace(
                view.figures,
                samples=round(form.duration_s * form.rate_hz),
                step_s=1.0 / form.rate_hz,
            )
            self.facts.setText(facts_text(whole, view.trace))
            names = tuple(
                column.name
                for column in view.figures.columns
                if column.name in _SHOWN and (column.name in _SHOWN[:4] or not column.constant)
            )
            self._lanes.draw(view.curves, names, (), view.origin_s)
        elif isinstance(event, Failed):
            self._job = None
            self._show_problem(Problem.of(event))
        if self._job is None and self._wanted:
            self._wanted = False
            self.preview()

    def _on_created(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, Done):
            self._job = None
            self.create_button.setEnabled(True)
            trace: Trace = event.result
            self.created.emit(trace)
        elif isinstance(event, Failed):
            self._job = None
            self._show_problem(Problem.of(event))

    def _show_problem(self, problem: Problem) -> None:
        self.problem.setText(f"{problem.message} {problem.hint}".strip())
        self.problem.show()
        self.create_button.setEnabled(False)

    def _on_changed(self, _value: object) -> None:
        self._timer.start()

    def _on_reseed(self) -> None:
        self.seed.setValue(self.seed.value() % self.seed.maximum() + 1)

    # ---- building ------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        usual = ScenarioForm()
        self.title = QLineEdit(usual.title)
        self.title.setMaxLength(80)
        self.start = QLineEdit(usual.start_clock)
        self.hours = number_box("Length in hours", 0.05, 72, usual.hours, decimals=2, suffix=" h")
        self.rate = number_box(
            "Samples a second", 0.01, 10, usual.rate_hz, decimals=2, suffix=" Hz"
        )
        self.battery = number_box(
            "Charge at the start", 0, 100, usual.battery_percent, decimals=0, suffix=" %"
        )
        self.drain = number_box(
            "Use of the battery in percent an hour",
            0,
            100,
            usual.drain_percent_per_hour,
            suffix=" %/h",
        )
        self.charge_from = QLineEdit()
        self.charge_to = QLineEdit()
        self.charge_rate = number_box(
            "Charging in percent an hour",
            1,
            200,
            usual.charge_percent_per_hour,
            decimals=0,
            suffix=" %/h",
        )
        self.bursts = whole_box("Bursts of contention", 0, 200, usual.bursts)
        self.burst_minutes = number_box(
            "Length of a burst", 0.1, 240, usual.burst_minutes, suffix=" min"
        )
        self.burst_cache = number_box(
            "Cache left free in a burst", 0, 90, usual.burst_cache_percent, decimals=0, suffix=" %"
        )
        self.burst_load = number_box(
            "Processor load of a burst", 0, 90, usual.burst_load_percent, decimals=0, suffix=" %"
        )
        self.switches = whole_box("Switches of apps", 0, 500, usual.switches)
        self.event_rate = number_box(
            "Mean inferences a second", 0, 100, usual.event_rate_hz, decimals=2, suffix=" /s"
        )
        self.noise = number_box("Noise, 1 as on the sample day", 0, 5, usual.noise, decimals=2)
        self.cache = number_box("L2 cache", 16, 65_536, usual.cache_kib, decimals=0, suffix=" KiB")
        self.seed = whole_box("Seed", 1, 999_999, usual.seed)
        for edit, name in (
            (self.title, "Name of the scenario"), (self.start, "Time of day at the start"),
            (self.charge_from, "On the charger from"), (self.charge_to, "On the charger until"),
        ):  # fmt: skip
            edit.setAccessibleName(name)
            edit.textChanged.connect(self._on_changed)
        self.charge_from.setPlaceholderText("never")
        self.charge_to.setPlaceholderText("never")
        for box in (
            self.hours, self.rate, self.battery, self.drain, self.charge_rate, self.burst_minutes,
            self.burst_cache, self.burst_load, self.event_rate, self.noise, self.cache,
            self.bursts, self.switches, self.seed,
        ):  # fmt: skip
            box.valueChanged.connect(self._on_changed)

    def _build(self) -> None:
        grid = FormGrid(104)
        grid.add("Name", self.title)
        grid.add("Start", self.start, "A time of day such as 09:00")
        grid.add("Length", self.hours)
        grid.add("Rate", self.rate, "Samples a second")
        grid.add_heading("Battery")
        grid.add("At the start", self.battery)
        grid.add("Drain", self.drain, "Mean use by everything but inference")
        grid.add("Charger from", self.charge_from, "A time of day; empty: never")
        grid.add("until", self.charge_to, "A time of day; empty: never")
        grid.add("Charging", self.charge_rate)
        grid.add_heading("Contention bursts")
        grid.add("How many", self.bursts, "Times at which other programs take cache and processor")
        grid.add("Length", self.burst_minutes, "On average")
        grid.add("Cache left", self.burst_cache, "Share of the L2 cache that they leave free")
        grid.add("Load", self.burst_load, "Processor load that they add")
        grid.add_heading("Apps")
        grid.add("Switches", self.switches, "Times at which another app comes to the front")
        grid.add("Event rate", self.event_rate, "Mean inferences a second")
        grid.add_heading("Device and chance")
        grid.add("L2 cache", self.cache)
        grid.add("Noise", self.noise, "0 none, 1 as on the sample day")
        grid.add("Seed", self.seed, "The same seed gives the same day")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addLayout(grid)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        form = Card("Compose a scenario")
        form.setFixedWidth(300)
        form.body.addWidget(scroll, 1)
        self.problem.hide()
        form.body.addWidget(self.problem)
        form.body.addLayout(row(self.close_button, self.reseed_button, None, self.create_button))
        preview = Card("Preview")
        pill = Pill()
        pill.show_state("synthetic", "", "Made up: nothing in it is measured.")
        preview.head.addWidget(pill)
        preview.head.addWidget(self.facts, 1)
        preview.body.setContentsMargins(2, 10, 2, 2)
        preview.head.setContentsMargins(10, 0, 10, 0)
        preview.body.addWidget(self.stack, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID_PX)
        layout.addWidget(form)
        layout.addWidget(preview, 1)


_SHOWN = (
    "battery_percent", "free_cache_kib", "cpu_share", "event_rate_hz", "charging", "temperature_c",
    "thermal_status",
)  # fmt: skip


def _make(_context: JobContext, scenario: Scenario, seed: int) -> Trace:
    return compose(scenario, seed)


def _make_view(_context: JobContext, scenario: Scenario, seed: int) -> TraceView:
    return build_view(compose(scenario, seed))
