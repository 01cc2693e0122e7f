"""The Network page: build a configuration by hand, see the whole space, train a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.pages.network_explore import NetworkExplore
from workbench.gui.pages.network_scatter import NetworkScatter
from workbench.gui.presenters.edit_history import EditHistory
from workbench.gui.presenters.network import Load, NetworkView, load_view
from workbench.gui.presenters.problem import Problem
from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.states import EmptyState, ErrorPanel
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, run_in_thread
from workbench.space.design_space import Configuration

if TYPE_CHECKING:
    from workbench.gui.pages.network_train import NetworkTrain, StartTraining


class NetworkPage(Page):
    """Shows one network on one device profile, and the configuration that is built by hand."""

    def __init__(
        self,
        shell: Shell,
        load: Load = load_view,
        start: StartTraining | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(shell, parent)
        self._load = load
        self._job: Job | None = None
        self._loaded_for: tuple[str, str, int, int] | None = None
        self._view: NetworkView | None = None
        self._history: EditHistory[Configuration] = EditHistory(())
        self._base = "backbone"
        self._failed = False
        self._wants_focus = False
        self.explore = NetworkExplore()
        self._scatter = NetworkScatter(
            self.explore.scatter,
            self.explore.axis,
            self.explore.axis_caption,
            shell.settings.text("network/axis", "latency"),
        )
        self._start = start
        self._train: NetworkTrain | None = None
        self.error = ErrorPanel()
        self._build()
        self._actions = self._make_actions()
        self._view_actions = [
            self.add_action("Network: explore", "", self.show_explore),
            self.add_action("Network: train", "", self.show_train),
        ]
        self._connect()
        self.explore.restore(shell.settings)

    # ---- the page's life -----------------------------------------------------------------------

    def on_shown(self) -> None:
        """Load what is chosen, when it is not what is shown."""
        self._wants_focus = True
        self._load_if_needed()
        self._take_focus()

    def save_state(self) -> None:
        """Remember the splitters and the axis."""
        self.explore.save(self.shell.settings)
        self.shell.settings.set_text("network/axis", self._scatter.axis)

    def commands(self) -> list[QAction]:
        """What the palette offers for this page."""
        return [action for action in self._actions if action.isEnabled()] + self._view_actions

    @property
    def view(self) -> NetworkView | None:
        """The network that is shown; None before the first."""
        return self._view

    @property
    def train(self) -> NetworkTrain:
        """The Train view; made when it is first wanted."""
        if self._train is None:
            from workbench.gui.pages.network_train import NetworkTrain, start_training

            self._train = NetworkTrain(self.shell.bridge, self._start or start_training)
            self._train.finished.connect(self._on_trained)
            self._stack.addWidget(self._train)
        return self._train

    @property
    def configuration(self) -> Configuration:
        """The configuration built by hand."""
        return self._history.current

    @property
    def settled(self) -> bool:
        """Whether nothing is read now: the page shows what is chosen, or why it cannot."""
        return self._job is None

    @property
    def state(self) -> str:
        """What is in front: explore, train, loading, nothing (beside an error) or empty."""
        names = ("loading", "explore", "nothing", "empty", "train")
        return names[self._stack.currentIndex()]

    # ---- editing -------------------------------------------------------------------------------

    def choose(self, decision: int, choice: int) -> None:
        """Take another operator on one layer."""
        now = self.configuration
        self.set_configuration((*now[:decision], choice, *now[decision + 1 :]))

    def set_configuration(self, configuration: Configuration) -> None:
        """Show another configuration; undo goes back."""
        if self._view is not None and self._history.push(tuple(configuration)):
            self._show_configuration()

    def undo(self) -> None:
        """Back to the configuration before."""
        if self._view is not None and self._history.undo():
            self._show_configuration()

    def redo(self) -> None:
        """Forward to the configuration that was undone."""
        if self._view is not None and self._history.redo():
            self._show_configuration()

    def choose_preset(self, name: str) -> None:
        """Take a preset."""
        if self._view is not None:
            for preset in self._view.cloud.presets:
                if preset.name == name:
                    self.set_configuration(preset.configuration)

    def step(self, direction: str) -> None:
        """Go to the next point of the Pareto front: ``cheaper`` or ``better``."""
        if self._view is not None:
            found = self._view.cloud.neighbour(
                self.configuration,
                self._scatter.axis,
                "cheaper" if direction == "cheaper" else "better",
            )
            if found is not None:
                self.set_configuration(found)

    def copy(self) -> None:
        """Copy the configuration and its shortest code."""
        if self._view is not None:
            text = self._view.clipboard_text(self.configuration)
            QGuiApplication.clipboard().setText(text)
            self.shell.notify(f"Copied {text}", "good")

    # ---- views ---------------------------------------------------------------------------------

    def show_explore(self) -> None:
        """Show layers, figures and scatter."""
        self._explore_chip.setChecked(True)
        self._load_if_needed()
        self._show_state()

    def show_train(self) -> None:
        """Show the training form and its curves."""
        self._train_chip.setChecked(True)
        self.train.prepare()
        self._show_state()

    def colour_by(self, decision: int) -> None:
        """Colour the whole space by a layer's operators; the same layer again: all grey."""
        self._scatter.colour_by(decision)
        self.explore.layers.mark_layer(self._scatter.coloured)

    def next_colours(self) -> None:
        """Colour the whole space by the next layer; after the last: all grey."""
        self._scatter.next_colours()
        self.explore.layers.mark_layer(self._scatter.coloured)

    def switch_base(self) -> None:
        """Compare changes with the backbone, or with the configuration shown."""
        combo = self.explore.base
        combo.setCurrentIndex(1 - combo.currentIndex())

    # ---- loading -------------------------------------------------------------------------------

    def _load_if_needed(self) -> None:
        workspace = self.shell.workspace
        network, device = workspace.current("network"), workspace.current("device")
        if network is None or device is None:
            self._loaded_for, self._view = None, None
            self._show_state()
            return
        keys = (network.key, device.key)
        wanted = (*keys, workspace.revision("network"), workspace.revision("device"))
        if wanted == self._loaded_for:
            return
        self._loaded_for = wanted
        self._failed = False
        reading = f"Reading {network.label} for {device.label}…"
        self._loading.setText(reading)
        self._subtitle.setText(reading)
        self._job = run_in_thread(
            _read, {"load": self._load, "keys": keys}, name=f"Read {network.key}"
        )
        self.shell.bridge.watch(self._job, self._on_loaded, quiet=True)
        self._show_state()

    def _on_loaded(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, Done):
            self._job = None
            self._take(event.result)
        elif isinstance(event, Failed):
            self._job = None
            self._view = None
            self._failed = True
            problem = Problem.of(event)
            self.error.show_problem(problem)
            self.shell.notify(problem.message, "bad")
            self._show_state()

    def _take(self, view: NetworkView) -> None:
        before, self._view = self._view, view
        same = before is not None and before.space.operators == view.space.operators
        if not same or before is None or before.network.folder != view.network.folder:
            # Something to look at first, with the backbone one undo away.
            self._history = EditHistory(view.space.backbone_configuration)
            self._history.push(view.cloud.start)
        self._subtitle.setText(view.subtitle)
        explore = self.explore
        explore.bar.set_presets(view.cloud.presets)
        explore.details.show_network(view.network)
        self._scatter.set_cloud(view.cloud, same_space=same)
        explore.layers.mark_layer(self._scatter.coloured)
        self._show_configuration()
        self._show_state()
        self._take_focus()

    def _take_focus(self) -> None:
        """After the page came to the front its keys must work without a click."""
        if self._wants_focus and self.state == "explore" and self.isVisible():
            self._wants_focus = False
            self.explore.setFocus()

    def _retry(self) -> None:
        self._loaded_for = None
        self._load_if_needed()

    # ---- showing -------------------------------------------------------------------------------

    def _show_state(self) -> None:
        if self._train_chip.isChecked():
            self._stack.setCurrentWidget(self.train)
        elif self._view is not None:
            self._stack.setCurrentWidget(self.explore)
        elif not self.settled:
            self._stack.setCurrentWidget(self._loading)
        elif self._loaded_for is not None:
            self._stack.setCurrentWidget(self._nothing)
        else:
            self._stack.setCurrentWidget(self._empty)
        self._subtitle.setVisible(self.state == "explore")
        self.error.setVisible(self._failed and self.state != "train")
        for action in self._actions:
            action.setEnabled(self.state == "explore")

    def _show_configuration(self) -> None:
        view, now, explore = self._view, self.configuration, self.explore
        if view is None:
            return
        explore.layers.show_layers(
            view.layers(now, "current" if self._base == "current" else "backbone")
        )
        explore.tiles.show_figures(view.figures(now))
        explore.show_configuration(view.space.names(now), view.space.encode(now), view.space.count)
        cloud = view.cloud
        explore.bar.show_state(
            cloud.preset_of(now),
            can_undo=self._history.can_undo,
            can_redo=self._history.can_redo,
            cheaper=cloud.neighbour(now, self._scatter.axis, "cheaper") is not None,
            better=cloud.neighbour(now, self._scatter.axis, "better") is not None,
        )
        self._scatter.show_current(now)

    def _on_pointed(self, decision: int, choice: int) -> None:
        if self._view is None:
            return
        now = self.configuration
        changed = None
        if decision >= 0 and now[decision] != choice:
            changed = (*now[:decision], choice, *now[decision + 1 :])
        self._scatter.show_preview(changed)

    def _on_picked(self, row: int) -> None:
        if self._view is not None:
            self.set_configuration(self._view.cloud.configuration(row))

    def _on_axis(self, _index: int) -> None:
        self._scatter.take_axis()
        self._show_configuration()

    def _on_base(self, _index: int) -> None:
        self._base = str(self.explore.base.currentData())
        self._show_configuration()

    def _on_theme(self, _tokens: object) -> None:
        self._show_configuration()

    def _on_workspace(self, kind: str) -> None:
        if kind != "trace" and self.isVisible():
            self._load_if_needed()

    def _on_trained(self, folder: str) -> None:
        workspace = self.shell.workspace
        workspace.take({"network": workspace.catalogue.quick()["network"]})
        name = Path(folder).name
        if any(choice.key == name for choice in workspace.choices("network")):
            workspace.choose("network", name)
            self.show_explore()
        else:
            self.shell.notify(
                f"{folder} is outside your networks; name it with --network on the command line.",
                "warning",
            )

    # ---- wiring --------------------------------------------------------------------------------

    def _build(self) -> None:
        title = label("Network", "title")
        self._subtitle = label("", "secondary")
        self._subtitle.setMinimumWidth(60)
        self._explore_chip = self._chip("Explore", "Layers, figures and the whole space")
        self._train_chip = self._chip("Train", "Train a network")
        self._explore_chip.setChecked(True)
        self._views = QButtonGroup(self)
        self._views.addButton(self._explore_chip)
        self._views.addButton(self._train_chip)
        head = QHBoxLayout()
        head.setSpacing(theme.GRID_PX)
        head.addWidget(title)
        head.addSpacing(8)
        head.addWidget(self._subtitle, 1)
        head.addStretch(1)
        head.addWidget(self._explore_chip)
        head.addWidget(self._train_chip)
        self._loading = label("", "secondary")
        self._loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing = QWidget()
        self._empty = EmptyState(
            "network",
            "There is no network to look into",
            "The backbone as a row of layers and, below each, the operators it may take with "
            "their cost and accuracy loss. A configuration built by hand shows its accuracy, "
            "latency and energy at once. Train a network, or install the shipped one.",
            action="Train a network",
        )
        self._empty.acted.connect(self.show_train)
        self._stack = QStackedWidget()
        for widget in (self._loading, self.explore, self._nothing, self._empty):
            self._stack.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 12, 16, 12)
        outer.setSpacing(theme.GRID_PX)
        outer.addLayout(head)
        outer.addWidget(self.error)
        outer.addWidget(self._stack, 1)

    @staticmethod
    def _chip(text: str, tip: str) -> QPushButton:
        chip = QPushButton(text)
        chip.setProperty("role", "chip")
        chip.setCheckable(True)
        chip.setToolTip(tip)
        return chip

    def _make_actions(self) -> list[QAction]:
        return [
            self.add_action("Undo the last change of the configuration", "Ctrl+Z", self.undo),
            self.add_action("Redo the change of the configuration", "Ctrl+Shift+Z", self.redo),
            self.add_action("Configuration: the backbone", "Home", self._to_backbone),
            self.add_action("Pareto front: cheaper", "Ctrl+Left", self._cheaper),
            self.add_action("Pareto front: more accurate", "Ctrl+Right", self._better),
            self.add_action("Copy the configuration and its code", "Ctrl+Shift+C", self.copy),
            self.add_action("Whole space: next cost along x", "X", self._scatter.next_axis),
            self.add_action("Whole space: colours of the next layer", "C", self.next_colours),
            self.add_action("Compare changes with backbone or configuration", "B",
                            self.switch_base),
            self.add_action("Copy the whole space as CSV", "", self.explore.scatter.copy_csv),
        ]  # fmt: skip

    def _connect(self) -> None:
        explore = self.explore
        explore.layers.chosen.connect(self.choose)
        explore.layers.pointed.connect(self._on_pointed)
        explore.layers.layer_clicked.connect(self.colour_by)
        explore.scatter.picked.connect(self._on_picked)
        explore.scatter.stepped.connect(self.step)
        explore.bar.undo_asked.connect(self.undo)
        explore.bar.redo_asked.connect(self.redo)
        explore.bar.preset_chosen.connect(self.choose_preset)
        explore.bar.stepped.connect(self.step)
        explore.code.clicked.connect(self.copy)
        explore.axis.currentIndexChanged.connect(self._on_axis)
        explore.base.currentIndexChanged.connect(self._on_base)
        self._explore_chip.clicked.connect(self.show_explore)
        self._train_chip.clicked.connect(self.show_train)
        self.error.retried.connect(self._retry)
        self.shell.workspace.changed.connect(self._on_workspace)
        theme.manager().changed.connect(self._on_theme)

    def _to_backbone(self) -> None:
        self.choose_preset("backbone")

    def _cheaper(self) -> None:
        self.step("cheaper")

    def _better(self) -> None:
        self.step("better")


def _read(_context: JobContext, load: Load, keys: tuple[str, str]) -> NetworkView:
    return load(*keys)
