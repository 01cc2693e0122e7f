"""The Network page: building a configuration, the whole space, and training from the window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox

from tests.gui.invented import write_network
from workbench.core.errors import InputFileError
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.network import NetworkPage
from workbench.gui.presenters.network import NetworkView, load_view
from workbench.gui.presenters.training_run import TrainingForm
from workbench.gui.settings import Settings
from workbench.gui.shell import Shell
from workbench.gui.workspace import Choice, Workspace
from workbench.jobs import Job, JobContext, JobManager, run_in_thread
from workbench.tasks.findings import BadDataError, DataReport, Finding

FIRE = 1


class Catalogue:
    """One network and two devices."""

    def __init__(self, networks: tuple[str, ...] = ("invented",)) -> None:
        self.networks = networks

    def quick(self) -> dict[str, list[Choice]]:
        return {
            "network": [Choice(name, name) for name in self.networks],
            "device": [Choice("redmi_3s", "Redmi 3S"), Choice("jetson_nano", "Jetson Nano")],
            "trace": [],
        }

    full = quick


def checker(context: JobContext, whole: bool) -> DataReport:
    """Stands for the worker that reads a data folder."""
    findings = () if whole else (Finding("cat/7.png", "truncated", "is cut off"),)
    return DataReport("t", "/data", (3, 32, 32), ("cat", "dog"), 500, 99, findings)


def trainer(context: JobContext, reports: list[dict[str, float]], go_on: threading.Event) -> dict:
    """Stands for the training worker."""
    for index, detail in enumerate(reports):
        context.progress(index / len(reports), "Training the ensemble", detail)
    while not go_on.is_set():
        context.sleep(0.01)
    return {
        "accuracy_percent": 91.5, "random_accuracy_percent": 87.5,
        "test_images": 10_000, "measured_configurations": 5184,
    }  # fmt: skip


def refuse(context: JobContext, report: DataReport) -> None:
    """Stands for a training worker that met a folder with faults."""
    raise BadDataError(report)


class Starter:
    """Starts `trainer` in the place of the training service."""

    def __init__(self) -> None:
        self.forms: list[TrainingForm] = []
        self.go_on = threading.Event()
        self.error: Exception | None = None
        self.bad_data = False

    def __call__(self, form: TrainingForm) -> Job:
        self.forms.append(form)
        if self.error is not None:
            raise self.error
        if self.bad_data and not form.skip_bad_data:
            raise_it = {"report": checker(None, whole=False)}
            return run_in_thread(refuse, raise_it, name="train")
        reports = [
            {"step": step, "steps": 50, "train_loss": 2.0 / step, "largest_percent": 60.0 + step}
            for step in range(1, 11)
        ]
        return run_in_thread(trainer, {"reports": reports, "go_on": self.go_on}, name="train")


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> NetworkView:
    folder = write_network(tmp_path_factory.mktemp("networks"))
    return load_view(str(folder), "redmi_3s")


MakePage = Callable[..., NetworkPage]


@pytest.fixture
def make_page(qtbot, tmp_path: Path, view: NetworkView) -> Iterator[MakePage]:  # type: ignore[no-untyped-def]
    managers: list[JobManager] = []
    shown: list[tuple[str, str]] = []

    def make(  # type: ignore[no-untyped-def]
        load=lambda network, device: view, start=None, networks=("invented",), wait=True
    ) -> NetworkPage:
        settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
        workspace = Workspace(Catalogue(networks), settings)
        workspace.load()
        managers.append(JobManager())
        bridge = JobBridge(managers[-1])
        shell = Shell(
            workspace, bridge, settings,
            notify=lambda text, tone="": shown.append((text, tone)),
            show_problem=lambda problem: None, go_to=lambda key: None,
        )  # fmt: skip
        page = NetworkPage(shell, load, start or Starter())
        workspace.setParent(page)
        bridge.setParent(page)
        qtbot.addWidget(page)
        page.resize(1360, 820)
        page.show()
        page.on_shown()
        if wait:
            qtbot.waitUntil(lambda: page.settled, timeout=5000)
            page.undo()  # from what is shown first to the backbone
        return page

    yield make
    for manager in managers:
        assert manager.stop_all() == ()


def press(widget, key: Qt.Key, qtbot, modifier=Qt.KeyboardModifier.NoModifier) -> None:  # type: ignore[no-untyped-def]
    qtbot.keyClick(widget, key, modifier)


# ---- building by hand --------------------------------------------------------------------------


def test_the_page_starts_at_a_good_configuration_with_the_backbone_behind_it(
    make_page: MakePage,
) -> None:
    page = make_page()
    page.redo()
    assert page.explore.bar.preset == "quickest within 2 points"
    assert page.explore.tiles.tile("latency").figure.comparison.endswith("quicker")
    page.undo()
    assert page.configuration == (0, 0, 0, 0)
    assert page.explore.bar.preset == "backbone"
    assert page.explore.tiles.tile("latency").figure.comparison == "as the backbone"


def test_a_click_on_an_operator_takes_it_and_moves_the_figures(make_page: MakePage, qtbot) -> None:  # type: ignore[no-untyped-def]
    page = make_page()
    before = page.explore.tiles.tile("macs").figure
    button = page.explore.layers.button(1, FIRE)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert page.configuration == (0, FIRE, 0, 0)
    assert button.isChecked()
    assert not page.explore.layers.button(1, 0).isChecked()
    after = page.explore.tiles.tile("macs").figure
    assert after.value != before.value
    assert after.comparison.endswith("less")
    assert page.explore.tiles.tile("latency").figure.source.provenance == "estimated"


def test_a_click_on_the_chosen_operator_keeps_it_chosen(make_page: MakePage, qtbot) -> None:  # type: ignore[no-untyped-def]
    page = make_page()
    button = page.explore.layers.button(0, 0)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.isChecked()
    assert not page.explore.bar.can_undo


def test_undo_and_redo_by_keyboard(make_page: MakePage, qtbot) -> None:  # type: ignore[no-untyped-def]
    page = make_page()
    page.choose(0, 2)
    page.choose(3, 4)
    control, both = (
        Qt.KeyboardModifier.ControlModifier,
        (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
    )
    target = page.explore.layers.button(0, 0)
    press(target, Qt.Key.Key_Z, qtbot, control)
    assert page.configuration == (2, 0, 0, 0)
    press(target, Qt.Key.Key_Z, qtbot, control)
    assert page.configuration == (0, 0, 0, 0)
    press(target, Qt.Key.Key_Z, qtbot, both)
    assert page.configuration == (2, 0, 0, 0)


def test_arrows_move_between_operators_and_enter_takes_one(make_page: MakePage, qtbot) -> None:  # type: ignore[no-untyped-def]
    page = make_page()
    first = page.explore.layers.button(0, 0)
    first.setFocus()
    press(first, Qt.Key.Key_Down, qtbot)
    assert QApplication.focusWidget() is page.explore.layers.button(0, 1)
    press(page.explore.layers.button(0, 1), Qt.Key.Key_Right, qtbot)
    second = page.explore.layers.button(1, 1)
    assert QApplication.focusWidget() is second
    assert page.configuration == (0, 0, 0, 0)
    press(second, Qt.Key.Key_Return, qtbot)
    assert page.configuration == (0, 1, 0, 0)


def test_operators_have_names_for_screen_readers(make_page: MakePage) -> None:
    page = make_page()
    button = page.explore.layers.button(2, FIRE)
    assert button.accessibleName() == "conv4: fire"
    assert "points of accuracy" in button.accessibleDescription()
    assert "KiB" in button.accessibleDescription()


def test_copy_gives_text_and_shortest_code(make_page: MakePage) -> None:
    page = make_page()
    page.set_configuration((4, 1, 0, 2))
    page.copy()
    text, code = QGuiApplication.clipboard().text().split()
    assert page.view.space.parse(text) == (4, 1, 0, 2)
    assert page.view.space.decode(code, 4) == (4, 1, 0, 2)


def test_presets_and_steps_along_the_front(make_page: MakePage) -> None:
    page = make_page()
    page.choose_preset("fixed:fire")
    assert page.view.space.names(page.configuration) == ("fire",) * 4
    start = page.view.cloud.point(page.configuration, "latency")
    page.step("cheaper")
    cheaper = page.view.cloud.point(page.configuration, "latency")
    assert cheaper[0] < start[0]
    page.step("better")
    assert page.view.cloud.point(page.configuration, "latency")[1] > cheaper[1]


def test_the_base_of_the_cards_can_be_the_configuration(make_page: MakePage) -> None:
    page = make_page()
    page.set_configuration((6, 6, 6, 6))
    against_backbone = page.explore.layers.button(0, 0).cell.loss_points
    page.switch_base()
    assert against_backbone == pytest.approx(0)
    assert page.explore.layers.button(0, 0).cell.loss_points < -0.2
    assert page.explore.layers.button(0, 6).cell.loss_points == pytest.approx(0)


# ---- the whole space ---------------------------------------------------------------------------


def test_a_click_on_a_point_takes_it_over(make_page: MakePage, qtbot) -> None:  # type: ignore[no-untyped-def]
    page = make_page()
    scatter, cloud = page.explore.scatter, page.view.cloud
    row = int(cloud.front("latency")[3])
    scatter.picked.emit(row)
    assert page.configuration == cloud.configuration(row)
    page.undo()
    assert page.configuration == (0, 0, 0, 0)


def test_the_mouse_finds_the_point_below_it(make_page: MakePage, qtbot) -> None:  # type: ignore[no-untyped-def]
    page = make_page()
    scatter, cloud = page.explore.scatter, page.view.cloud
    qtbot.wait(20)
    row = int(cloud.front("latency")[0])
    view_box = scatter.getPlotItem().getViewBox()
    point = QPointF(float(cloud.every("latency")[row]), float(cloud.accuracy[row]))
    spot = scatter.mapFromScene(view_box.mapViewToScene(point))
    with qtbot.waitSignal(scatter.picked, timeout=2000):
        qtbot.mouseClick(scatter.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    picked = cloud.point(page.configuration, "latency")
    assert np.hypot(picked[0] - point.x(), picked[1] - point.y()) < 0.3


def test_axes_follow_the_profile(make_page: MakePage) -> None:
    page = make_page()
    keys = [page.explore.axis.itemData(i) for i in range(page.explore.axis.count())]
    assert keys == ["latency", "energy", "macs", "storage"]
    page.explore.axis.setCurrentIndex(1)
    assert "energy per inference, mJ (estimated)" in page.explore.axis_caption.text()


def test_another_device_keeps_the_configuration(make_page: MakePage, view, qtbot) -> None:  # type: ignore[no-untyped-def]
    asked: list[str] = []

    def load(network: str, device: str) -> NetworkView:
        asked.append(device)
        return load_view(str(view.network.folder), device)

    page = make_page(load)
    page.set_configuration((1, 2, 3, 4))
    page.shell.workspace.choose("device", "jetson_nano")
    qtbot.waitUntil(lambda: page.settled, timeout=5000)
    assert asked == ["redmi_3s", "jetson_nano"]
    assert page.configuration == (1, 2, 3, 4)
    energy = page.explore.tiles.tile("energy").figure
    assert (energy.source.provenance == "absent") == (not page.view.deployment.has_energy)


def test_the_space_can_be_coloured_by_a_layer(make_page: MakePage, qtbot) -> None:  # type: ignore[no-untyped-def]
    page = make_page()
    page.colour_by(1)
    assert "colours of conv3" in page.explore.axis_caption.text()
    sizes = [rows.size for _, rows in page.view.cloud.operators_at(1)]
    assert sizes == [5184 // 9] * 9
    page.colour_by(1)
    assert "colours" not in page.explore.axis_caption.text()


# ---- states ------------------------------------------------------------------------------------


def test_without_a_network_the_page_says_what_it_is_for(make_page: MakePage) -> None:
    page = make_page(networks=())
    assert page.state == "empty"


def test_a_broken_network_is_explained_and_can_be_tried_again(  # type: ignore[no-untyped-def]
    make_page: MakePage, view, qtbot
) -> None:
    error = InputFileError(Path("network.json"), "is damaged", "Copy it again.")
    answers: list[object] = [error, view]

    def load(network: str, device: str) -> NetworkView:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, NetworkView)
        return answer

    page = make_page(load)
    assert page.state == "nothing"
    assert page.error.isVisible()
    assert "is damaged" in page.error.accessibleName()
    page.show_train()
    assert not page.error.isVisible()
    page.show_explore()
    assert page.error.isVisible()
    page.error.retry.click()
    qtbot.waitUntil(lambda: page.settled, timeout=5000)
    assert page.state == "explore"
    assert not page.error.isVisible()


def test_while_a_network_is_read_the_page_says_so(make_page: MakePage, view, qtbot) -> None:  # type: ignore[no-untyped-def]
    go_on = threading.Event()

    def load(network: str, device: str) -> NetworkView:
        go_on.wait(5)
        return view

    page = make_page(load, wait=False)
    try:
        assert page.state == "loading"
    finally:
        go_on.set()
    qtbot.waitUntil(lambda: page.settled, timeout=5000)
    assert page.state == "explore"


# ---- training ----------------------------------------------------------------------------------


@pytest.fixture
def train_page(make_page: MakePage, tmp_path: Path) -> Iterator[tuple[NetworkPage, Starter]]:
    starter = Starter()
    page = make_page(start=starter)
    page.show_train()
    data = tmp_path / "data"
    data.mkdir()
    page.train.form.set_folders(str(data), str(tmp_path / "my net"))
    yield page, starter
    starter.go_on.set()


def test_a_missing_data_folder_disables_the_button_and_says_why(train_page) -> None:  # type: ignore[no-untyped-def]
    page, _ = train_page
    form = page.train.form
    assert form.start.isEnabled()
    form.set_folders("/there/is/none", "/tmp/out")
    assert not form.start.isEnabled()
    assert "There is no data folder /there/is/none" in form.start.toolTip()


def test_another_task_brings_its_usual_folders_unless_the_user_named_some(
    make_page: MakePage, tmp_path: Path
) -> None:
    page = make_page()
    page.show_train()
    form = page.train.form
    tasks = form.findChild(QComboBox)
    assert form.form.data == "/usr/share/datasets/fashion-mnist"
    assert Path(form.form.out).name == "my_fashion_mnist"
    tasks.setCurrentIndex(tasks.findData("drums"))
    assert form.form.data == "/usr/share/hydrogen/data/drumkits"
    assert Path(form.form.out).name == "my_drums"
    tasks.setCurrentIndex(tasks.findData("hapt"))
    assert (form.form.data, Path(form.form.out).name) == ("", "my_hapt")
    form.set_folders(str(tmp_path), str(tmp_path / "mine"))
    tasks.setCurrentIndex(tasks.findData("drums"))
    assert (form.form.data, form.form.out) == (str(tmp_path), str(tmp_path / "mine"))


def test_the_command_line_is_quoted(train_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    page, _ = train_page
    page.train.form.set_minutes(5)
    command = page.train.form.form.command()
    assert command.startswith("adaspring-workbench train --task fashion_mnist --data ")
    assert f"--out '{tmp_path / 'my net'}'" in command
    assert command.endswith("--minutes 5")


def test_a_run_draws_its_curves_and_tells_its_result(train_page, qtbot) -> None:  # type: ignore[no-untyped-def]
    page, starter = train_page
    train = page.train
    train.form.start.click()
    qtbot.waitUntil(lambda: train.log.step == 10, timeout=5000)
    assert train.running
    assert not train.form.start.isEnabled()
    assert train.log.kept_back["largest"].values[-1] == 70.0
    assert len(train.log.loss.steps) == 10
    starter.go_on.set()
    qtbot.waitUntil(lambda: not train.running, timeout=5000)
    assert "91.50 %" in train.result.text()
    assert train.use.isVisible()


def test_a_stopped_run_offers_to_go_on(train_page, tmp_path: Path, qtbot) -> None:  # type: ignore[no-untyped-def]
    page, _ = train_page
    train = page.train
    train.form.start.click()
    checkpoint = tmp_path / "my net" / "training" / "checkpoint.safetensors"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"")
    train.form.cancel.click()
    qtbot.waitUntil(lambda: not train.running, timeout=5000)
    assert train.form.form.resume
    assert train.form.start.text() == "Go on"
    assert "--resume" in train.form.form.command()
    assert "kept in the checkpoint" in train.status.text()


def test_a_run_that_cannot_start_is_explained(train_page) -> None:  # type: ignore[no-untyped-def]
    page, starter = train_page
    starter.error = InputFileError(Path("x"), "is no data", "Install it.")
    page.train.form.start.click()
    assert not page.train.running
    assert page.train.error.isVisible()
    assert "is no data" in page.train.error.accessibleName()


def test_another_task_has_its_own_folders_and_options(train_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    page, _ = train_page
    form = page.train.form
    assert not form._size.isVisible()
    form._task.setCurrentIndex(form._task.findData("imagenet"))
    assert form._size.isVisible()
    assert form.form.out == str(tmp_path / "my net")  # the user's own choice stays
    form._size.setText("96")
    form._classes.setText("100")
    assert "--input-size 96 --max-classes 100" in form.form.command()
    form.set_folders("", "")
    form._task.setCurrentIndex(form._task.findData("cifar100"))
    assert form.form.out.endswith("my_cifar100")
    assert (form.form.input_size, form.form.max_classes) == (None, None)


def test_bad_data_are_a_question_before_the_first_step(train_page, qtbot) -> None:  # type: ignore[no-untyped-def]
    page, starter = train_page
    train = page.train
    starter.bad_data = True
    train.form.start.click()
    qtbot.waitUntil(train.data.isVisible, timeout=5000)
    assert train.data.title.text() == "/data: 1 of 600 samples cannot be used (1 truncated)"
    assert train.data.list.toPlainText() == "cat/7.png: is cut off"
    assert not train.error.isVisible()
    train.data.train.click()
    qtbot.waitUntil(lambda: train.log.step == 10, timeout=5000)
    assert [form.skip_bad_data for form in starter.forms] == [False, True]
    assert train.form.form.command().endswith("--skip-bad-data")
    assert not train.data.isVisible()
    starter.go_on.set()
    qtbot.waitUntil(lambda: not train.running, timeout=5000)
    train.form.set_folders("/other", "/tmp/out")  # what was agreed to held for that folder
    assert not train.form.form.skip_bad_data


@pytest.mark.parametrize("whole", [True, False])
def test_a_data_folder_can_be_checked_first(train_page, qtbot, whole: bool) -> None:  # type: ignore[no-untyped-def]
    page, starter = train_page
    train = page.train
    train._check = lambda form: run_in_thread(checker, {"whole": whole}, name="check")
    train.form.check.click()
    qtbot.waitUntil(train.data.isVisible, timeout=5000)
    qtbot.waitUntil(lambda: not train.running, timeout=5000)
    assert train.data.list.isVisible() is not whole
    train.data.train.click()
    qtbot.waitUntil(lambda: train.log.step == 10, timeout=5000)
    assert starter.forms[-1].skip_bad_data is not whole


def test_a_trained_network_can_be_taken_into_use(train_page, tmp_path: Path, qtbot) -> None:  # type: ignore[no-untyped-def]
    page, _ = train_page
    page.shell.workspace.catalogue.networks = ("invented", "my_net")
    page.train.finished.emit(str(tmp_path / "my_net"))
    qtbot.waitUntil(lambda: page.settled, timeout=5000)
    assert page.shell.workspace.current("network").key == "my_net"
    assert page.state == "explore"
