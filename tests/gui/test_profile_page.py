"""The Profile page: planning, following and breaking off a measurement, and its result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.gui.invented import write_network
from tests.gui.scripted_profiling import (
    AWAY,
    PHONE,
    Script,
    energy_records,
    planned,
    run_of,
    write_profile,
)
from tests.gui.waiting import wait_until_settled
from tests.helpers.random_network import write_random_network
from tests.helpers.spaces import small_space
from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.profile import ProfilePage
from workbench.gui.presenters.problem import Problem
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.gui.settings import Settings
from workbench.gui.shell import Shell
from workbench.gui.workspace import Workspace
from workbench.jobs import JobManager
from workbench.profiling.design import planned_design
from workbench.profiling.latency_blocks import LatencyBlock
from workbench.profiling.live import RunStarted
from workbench.profiling.plans import stored_plan
from workbench.services.catalogue import user_folder
from workbench.services.device_profiles import find_profile
from workbench.services.profile_merging import plan_of
from workbench.services.profiling_setup import ProfilingDevice
from workbench.services.projects import default_project, open_project
from workbench.space.description import read_network
from workbench.storage import Device

DRIFTED = ("the computer's speed drifted by 9%",)


class Stage:
    """A shell around one page, with a home folder of its own."""

    def __init__(self, settings: Settings) -> None:
        self.messages: list[str] = []
        self.problems: list[Problem] = []
        self.workspace = Workspace(ServicesCatalogue(), settings)
        self.workspace.load(network="invented")
        self.bridge = JobBridge(JobManager())
        self.shell = Shell(
            workspace=self.workspace,
            bridge=self.bridge,
            settings=settings,
            notify=self._notify,
            show_problem=self.problems.append,
            go_to=self.messages.append,
        )

    def stop(self, _page: object = None) -> None:
        """End all jobs; before the page goes, so that none tells a page that is gone."""
        self.bridge.stop_all()

    def _notify(self, text: str, _tone: str = "") -> None:
        self.messages.append(text)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    write_network(user_folder("networks"))
    return tmp_path


@pytest.fixture
def stage(home: Path, settings: Settings, qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(settings)
    yield made
    made.stop()


Make = Callable[..., ProfilePage]


@pytest.fixture
def make(stage: Stage, qtbot: QtBot) -> Make:
    def build(script: Script | None = None, *devices: ProfilingDevice) -> ProfilePage:
        page = ProfilePage(stage.shell, (script or Script()).backend(*devices))
        qtbot.addWidget(page, before_close_func=stage.stop)
        page.resize(1364, 800)
        page.show()
        page.on_shown()
        wait_until_settled(qtbot, page)
        return page

    return build


def _measured_before(reasons: tuple[str, ...] = ()) -> int:
    network = read_network(user_folder("networks") / "invented")
    return write_profile(network, "this_computer", reasons)


def _until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=20_000)


# ---- the plan ----------------------------------------------------------------------------------


def test_the_plan_lists_what_will_be_measured(make: Make) -> None:
    page = make()
    assert page.view == "plan"
    assert len(page.board.rows) == 76
    assert page.board.rows[0].names == ("identity",) * 4
    assert all(row.expected_ms for row in page.board.rows)
    assert {row.state for row in page.board.rows} == {"planned"}
    assert page.board.summary() == "76 configurations · 60 to fit, 16 held out"
    assert page.form.blocked == ""
    assert page.form.start.isEnabled()
    assert not page.form.cancel.isEnabled()


def test_another_number_and_seed_change_the_plan(make: Make, qtbot: QtBot) -> None:
    page = make()
    before = [row.names for row in page.board.rows]
    page.form.set_configurations(40)
    wait_until_settled(qtbot, page)
    assert page.board.summary() == "40 configurations · 32 to fit, 8 held out"
    assert page.form.configurations == 40
    page.form.set_plan("standard")
    wait_until_settled(qtbot, page)
    assert len(page.board.rows) == 120
    assert page.form.configurations is None
    assert [row.names for row in page.board.rows][:76] != before


def test_a_number_that_does_not_suit_is_said_and_blocks(make: Make, qtbot: QtBot) -> None:
    page = make()
    page.form.set_configurations(3)
    wait_until_settled(qtbot, page)
    assert "3 configurations do not suit" in page.form.blocked
    assert not page.form.start.isEnabled()
    page.begin()
    assert not page.running


def test_a_device_that_cannot_be_measured_says_why(make: Make) -> None:
    page = make(None, AWAY)
    page.form._device.setCurrentIndex(1)
    assert "A phone cannot be measured: it is not authorised." in page.form.blocked
    assert not page.form.start.isEnabled()


def test_a_phone_is_measured_like_this_computer(make: Make, qtbot: QtBot, stage: Stage) -> None:
    script = Script([planned(), RunStarted(3, 1)])
    stage.shell.settings.set_text("profile/device", "A1")  # as the Devices page does
    page = make(script, PHONE)
    assert page.form.device == PHONE
    assert len(page.board.rows) == 76
    assert "--device A1" in page.form._command.text()
    page.begin()
    assert script.requests[0].device == "A1"
    _until(qtbot, lambda: page.board.rows[3].running)
    page.measurement.cancel()
    _until(qtbot, lambda: not page.running)
    assert "goes on where it stopped" in page.runs.status.text()


def test_a_phone_that_went_away_leaves_this_computer(make: Make, stage: Stage) -> None:
    stage.shell.settings.set_text("profile/device", "A1")
    page = make()
    assert page.form.device_key == "local"
    assert page.form.blocked == ""


# ---- a measurement -----------------------------------------------------------------------------


def _start(make: Make, qtbot: QtBot, script: Script) -> ProfilePage:
    page = make(script)
    qtbot.mouseClick(page.form.start, Qt.MouseButton.LeftButton)
    assert page.running
    return page


def test_runs_show_their_figures_as_they_come(make: Make, qtbot: QtBot) -> None:
    records = [
        planned(), RunStarted(3, 1), run_of(3, 1), RunStarted(5, 1), run_of(5, 3),
        run_of(6, 3, DRIFTED), RunStarted(7, 2),
    ]  # fmt: skip
    script = Script(records)
    page = _start(make, qtbot, script)
    _until(qtbot, lambda: page.board.rows[7].running)
    rows = page.board.rows
    assert (rows[3].state, rows[3].trust, rows[3].progress) == ("1 of 3", "", pytest.approx(1 / 3))
    assert (rows[5].state, rows[5].trust) == ("measured", "trusted")
    assert (rows[6].trust, rows[6].reason) == ("questionable", DRIFTED[0])
    assert rows[7].state == "round 2"
    assert page.board.summary().endswith("2 measured · 1 questionable")
    assert "round 1 of 3" in page.runs.status.text().lower()
    assert not page.form.start.isEnabled()
    assert page.form.cancel.isEnabled()
    model = page.runs.table.model()
    shown = [model.index(6, column).data() for column in range(model.columnCount())]
    assert shown[2:6] == ["fit", "measured", "1.00", "1.20"]
    assert DRIFTED[0] in shown[-1]
    page.grab()  # every kind of cell is painted
    page.runs.table.copy_csv()
    assert "questionable," in QGuiApplication.clipboard().text()
    page.measurement.cancel()
    _until(qtbot, lambda: not page.running)


def test_cancelling_leaves_everything_as_it_was(make: Make, qtbot: QtBot, home: Path) -> None:
    script = Script([planned(), RunStarted(2, 1)])
    page = _start(make, qtbot, script)
    _until(qtbot, lambda: page.board.rows[2].running)
    qtbot.mouseClick(page.form.cancel, Qt.MouseButton.LeftButton)
    _until(qtbot, lambda: not page.running)
    assert page.runs.status.text().startswith("Cancelled. No profile was written")
    assert not any(row.running for row in page.board.rows)
    assert not default_project().exists()
    assert page.form.start.isEnabled()


def test_a_failure_is_shown_with_its_hint_and_can_be_tried_again(make: Make, qtbot: QtBot) -> None:
    script = Script([planned()], WorkbenchError("The engine refused.", "Take another network."))
    page = _start(make, qtbot, script)
    script.go_on.set()
    _until(qtbot, lambda: not page.running)
    assert page.runs.error.isVisible()
    assert "The engine refused." in page.runs.error.accessibleName()
    script.go_on.clear()
    page.runs.error.retry.click()
    assert page.running
    assert not page.runs.error.isVisible()
    page.measurement.cancel()
    _until(qtbot, lambda: not page.running)


def test_what_the_service_refuses_starts_nothing(make: Make, qtbot: QtBot) -> None:
    page = make(Script())
    page.form._seed.setValue(13)
    wait_until_settled(qtbot, page)
    page.begin()
    assert not page.running
    assert "bad luck" in page.runs.error.accessibleName()


def test_the_request_is_what_was_filled_in(make: Make, qtbot: QtBot) -> None:
    script = Script()
    page = make(script)
    page.form.set_configurations(30)
    page.form._seed.setValue(5)
    wait_until_settled(qtbot, page)
    page.begin()
    (request,) = script.requests
    assert (request.device, request.network, request.plan) == ("local", "invented", "quick")
    assert (request.configurations, request.seed) == (30, 5)
    page.measurement.cancel()
    _until(qtbot, lambda: not page.running)


def test_events_of_another_job_are_thrown_away(make: Make, qtbot: QtBot) -> None:
    page = make(Script())
    from workbench.jobs import Partial

    page.measurement.on_event(Partial(job_id=-1, elapsed_s=0.0, record=run_of(0, 3)))
    assert page.board.complete == 0


# ---- the result --------------------------------------------------------------------------------


def test_a_finished_measurement_opens_its_result(make: Make, qtbot: QtBot) -> None:
    script = Script([planned()])
    page = _start(make, qtbot, script)
    _measured_before()
    script.go_on.set()
    _until(qtbot, lambda: page.view == "result")
    view = page.result.view
    assert view is not None and view.points is not None
    assert page.board.complete == 76  # the plan shows the figures that were kept
    assert [tile.caption for tile in view.tiles()] == [
        "Within ±5 %", "Within ±10 %", "Median error", "Whole network",
    ]  # fmt: skip
    assert int((~view.points.fitted).sum()) == 16


def test_a_profile_in_use_is_read_again_after_measuring(
    make: Make, qtbot: QtBot, stage: Stage
) -> None:
    _measured_before()
    stage.workspace.take(ServicesCatalogue().quick())
    stage.workspace.choose("device", "this_computer")
    script = Script([planned()])
    page = make(script)
    before = stage.workspace.revision("device")
    page.show_plan()
    page.begin()
    assert page.running
    script.go_on.set()
    _until(qtbot, lambda: not page.running)
    wait_until_settled(qtbot, page)
    assert stage.workspace.revision("device") == before + 1
    assert page.view == "result"


def test_an_earlier_measurement_opens_as_it_was(make: Make, qtbot: QtBot) -> None:
    _measured_before(DRIFTED)
    page = make()
    assert page.view == "result"
    view = page.result.view
    assert view is not None
    assert not view.trusted
    assert view.trust_lines()[0] == ("Measurement", DRIFTED[0], "warning")
    assert page.result.export.isEnabled()
    profile = find_profile("this_computer")
    cell = page.result.heat.table.cells[0][1]
    assert cell.latency_ms == profile.calibrations[0].latency_ms[1][0][0]
    page.grab()


def test_the_heat_map_follows_the_layer_before(make: Make) -> None:
    _measured_before()
    page = make()
    heat, calibration = page.result.heat, find_profile("this_computer").calibrations[0]
    page.result.after.setCurrentIndex(page.result.after.findData("ch50"))
    ch50 = calibration.operators[0].index("ch50")
    cell = heat.table.cells[0][1]
    assert cell.latency_ms == calibration.latency_ms[1][ch50][0]
    assert cell.measured == calibration.measured[1][ch50][0]
    skip = heat.table.operators.index("skip")
    assert heat.table.cells[skip][0].latency_ms is None
    assert "not possible" in heat.describe(skip, 0)
    heat.copy_csv()
    assert QGuiApplication.clipboard().text().startswith("operator,layer,latency_ms")


def test_cells_from_the_model_are_told_apart(make: Make) -> None:
    _measured_before()
    page = make()
    heat = page.result.heat
    found = {cell.measured > 0 for row in heat.table.cells for cell in row if cell.latency_ms}
    page.result.after.setCurrentIndex(page.result.after.count() - 1)
    last = {cell.measured > 0 for row in heat.table.cells for cell in row if cell.latency_ms}
    assert True in found | last
    measured, known = heat.table.measured_share
    assert f"{measured} of {known} cells" in page.result._heat_note.text()


def test_arrows_step_through_the_points(make: Make, qtbot: QtBot) -> None:
    _measured_before()
    page = make()
    scatter = page.result.scatter
    qtbot.keyClick(scatter, Qt.Key.Key_Right)
    assert scatter.points is not None
    fastest = int(np.argmin(scatter.points.measured_ms))
    assert scatter.accessibleDescription() == scatter.points.describe(fastest)
    scatter.copy_csv()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 77


def test_using_the_profile_selects_it_for_the_other_pages(make: Make, stage: Stage) -> None:
    _measured_before()
    page = make()
    page.use()
    current = stage.workspace.current("device")
    assert current is not None and current.key == "this_computer"
    assert not page.result.use.isEnabled()


def test_a_profile_without_raw_runs_says_so(make: Make) -> None:
    run = _measured_before()
    with open_project() as project:
        project.runs.remove(run)
    page = make()
    assert page.view == "result"
    assert not page.result.export.isEnabled()
    assert "not in this project" in page.result.export.toolTip()
    assert not page.result.scatter.isVisible()
    page.grab()


def test_raw_samples_are_exported(make: Make, qtbot: QtBot, stage: Stage, home: Path) -> None:
    _measured_before()
    page = make()
    out = home / "runs.csv"
    assert page.result.view is not None
    page.exporter.write(page.result.view, out)
    _until(qtbot, lambda: bool(stage.messages))
    assert "2,052 samples written" in stage.messages[-1]
    assert len(out.read_text().splitlines()) == 1 + 76 * 27
    page.exporter.write(page.result.view, home / "no folder" / "runs.csv")
    _until(qtbot, lambda: bool(stage.problems))


def test_another_network_has_no_result(make: Make, qtbot: QtBot, stage: Stage) -> None:
    _measured_before()
    page = make()
    write_random_network(user_folder("networks") / "small", small_space())
    stage.workspace.take(ServicesCatalogue().quick())
    stage.workspace.choose("network", "small")
    wait_until_settled(qtbot, page)
    assert page.view == "plan"
    assert page.result.view is None


def test_both_themes_paint(make: Make) -> None:
    _measured_before()
    page = make()
    pictures = []
    for name in ("dark", "light"):
        theme.manager().choose(name)
        page.show_result()
        pictures.append(page.grab().toImage())
        page.show_plan()
        page.grab()
    assert pictures[0] != pictures[1]


# ---- energy ------------------------------------------------------------------------------------


def test_energy_is_offered_on_phones_with_the_reason_where_it_cannot_be(
    make: Make, qtbot: QtBot
) -> None:
    charging = replace(PHONE, key="A2", energy_reason="the phone is being charged (usb): unplug it")
    page = make(Script(), PHONE, charging)
    fields = page.form.phone
    assert fields.isHidden()
    page.form.choose_device("A1")
    page.form.changed.emit()
    assert not fields.isHidden()
    assert fields.energy_box.isEnabled()
    fields.energy_box.setChecked(True)
    wait_until_settled(qtbot, page)
    assert "--energy" in page.form._command.text()
    page.form.choose_device("A2")
    assert not fields.energy_box.isEnabled()
    assert not fields.energy
    assert "being charged" in fields._energy_note.text()


def test_power_and_energies_show_as_they_come(make: Make, qtbot: QtBot) -> None:
    script = Script([planned(), run_of(0, 3), *energy_records()])
    page = make(script, PHONE)
    assert page.runs.table.isColumnHidden(7)
    page.form.choose_device("A1")
    page.form.changed.emit()
    page.form.phone.energy_box.setChecked(True)
    wait_until_settled(qtbot, page)
    page.begin()
    _until(qtbot, lambda: page.board.rows[60].energy is not None)
    assert script.requests[0].energy
    assert not page.runs.table.isColumnHidden(7)
    assert page.runs.strip.load_blocks == 4
    model = page.runs.table.model()
    assert model.index(0, 7).data() == "12.0"
    assert model.index(0, 8).data() == "11.5 – 12.5"
    assert model.index(60, 7).data() == "unresolved"
    assert "predicted 12.3 mJ (+2.5 %)" in str(model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole))
    page.runs.table.copy_csv()
    assert "energy_predicted_mj" in QGuiApplication.clipboard().text()
    script.go_on.set()


# ---- going on, and undo --------------------------------------------------------------------------


def _broken_off(seed: int, blocks: int) -> int:
    """A measurement of the quick plan that this many blocks were measured of."""
    network = read_network(user_folder("networks") / "invented")
    network.weights_path.touch()
    plan = plan_of(network, "quick", 40)
    design = planned_design(network.space, plan, np.random.default_rng(seed))
    device = Device("computer here", "This computer")
    with open_project() as project:
        project.see_device(device)
        wanted = stored_plan(device.identity, network, plan, design, engine="ncnn", seed=seed)
        with project.runs.record(wanted, "elsewhere") as run:
            for position in range(blocks):
                run.add(LatencyBlock(position, 1, 9, np.array([5, 6]), 11, 11).stored())
            return run.id


def test_an_unfinished_measurement_is_gone_on_with(make: Make, qtbot: QtBot) -> None:
    _broken_off(3, 2)
    script = Script([planned()])
    page = make(script)
    assert page.resume.isVisible()
    assert "quick, 2 of 240 blocks" in page.resume._text.text()
    page.resume.go_on.click()
    _until(qtbot, lambda: page.running)
    (request,) = script.requests
    assert (request.plan, request.configurations, request.seed) == ("quick", 40, 3)
    assert not page.resume.isVisible()
    script.go_on.set()
    _until(qtbot, lambda: not page.running)
    wait_until_settled(qtbot, page)
    assert page.resume.isVisible()  # the script measured nothing


def test_an_unfinished_measurement_is_thrown_away(make: Make, qtbot: QtBot) -> None:
    _broken_off(3, 2)
    page = make()
    page.resume.throw_away()
    wait_until_settled(qtbot, page)
    assert not page.resume.isVisible()
    with open_project() as project:
        assert project.runs.list() == ()


def test_one_that_cannot_go_on_here_says_why(make: Make) -> None:
    run = _broken_off(3, 2)
    with open_project() as project, project._connection.writing() as rows:
        rows.execute("UPDATE network SET place = 'elsewhere'")
        assert run == 1
    page = make()
    assert page.resume.isVisible()
    assert not page.resume.go_on.isEnabled()
    assert "not there any more" in page.resume.go_on.toolTip()


def test_changes_of_the_plan_are_undone(make: Make, qtbot: QtBot) -> None:
    page = make()
    before = page.form.state()
    page.form.set_configurations(40)
    page.form.set_plan("standard")
    page.form.set_listed(("ch50/ch50/ch50/ch50",))
    after = page.form.state()
    assert (after.plan, after.count) == ("standard", 120)
    page.history.undo()
    page.history.undo()
    assert (page.form.plan, page.form.configurations) == ("quick", 40)
    page.history.undo()
    assert page.form.state() == before
    page.history.undo()  # nothing is left
    for _ in range(3):
        page.history.redo()
    assert page.form.state() == after
    wait_until_settled(qtbot, page)
    page.runs.form.show_state("", "", running=True)
    page.history.undo()
    assert page.form.state() == after
