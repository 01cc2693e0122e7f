"""The Profile page while it measures: figures as they come, breaking off, and going on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.gui.profile_bench import DRIFTED, MakeProfile, measured_before
from tests.gui.scripted_profiling import PHONE, Script, energy_records, planned, run_of
from tests.gui.stage import Stage
from tests.gui.waiting import wait_until, wait_until_settled
from workbench.core.errors import WorkbenchError
from workbench.gui.pages.profile import ProfilePage
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.profiling.design import planned_design
from workbench.profiling.latency_blocks import LatencyBlock
from workbench.profiling.live import RunStarted
from workbench.profiling.plans import stored_plan
from workbench.services.catalogue import user_folder
from workbench.services.profile_merging import plan_of
from workbench.services.projects import default_project, open_project
from workbench.space.description import read_network
from workbench.storage import Device


def _start(make_profile: MakeProfile, qtbot: QtBot, script: Script) -> ProfilePage:
    page = make_profile(script)
    qtbot.mouseClick(page.form.start, Qt.MouseButton.LeftButton)
    assert page.running
    return page


def test_runs_show_their_figures_as_they_come(make_profile: MakeProfile, qtbot: QtBot) -> None:
    records = [
        planned(), RunStarted(3, 1), run_of(3, 1), RunStarted(5, 1), run_of(5, 3),
        run_of(6, 3, DRIFTED), RunStarted(7, 2),
    ]  # fmt: skip
    script = Script(records)
    page = _start(make_profile, qtbot, script)
    wait_until(qtbot, lambda: page.board.rows[7].running)
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
    wait_until(qtbot, lambda: not page.running)


def test_power_and_energies_show_as_they_come(make_profile: MakeProfile, qtbot: QtBot) -> None:
    script = Script([planned(), run_of(0, 3), *energy_records()])
    page = make_profile(script, PHONE)
    assert page.runs.table.isColumnHidden(7)
    page.form.choose_device("A1")
    page.form.changed.emit()
    page.form.phone.energy_box.setChecked(True)
    wait_until_settled(qtbot, page)
    page.begin()
    wait_until(qtbot, lambda: page.board.rows[60].energy is not None)
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


def test_a_phone_is_measured_like_this_computer(
    make_profile: MakeProfile, qtbot: QtBot, profile_stage: Stage
) -> None:
    script = Script([planned(), RunStarted(3, 1)])
    profile_stage.shell.settings.set_text("profile/device", "A1")  # as the Devices page does
    page = make_profile(script, PHONE)
    assert page.form.device == PHONE
    assert len(page.board.rows) == 76
    assert "--device A1" in page.form._command.text()
    page.begin()
    assert script.requests[0].device == "A1"
    wait_until(qtbot, lambda: page.board.rows[3].running)
    page.measurement.cancel()
    wait_until(qtbot, lambda: not page.running)
    assert "goes on where it stopped" in page.runs.status.text()


def test_cancelling_leaves_everything_as_it_was(
    make_profile: MakeProfile, qtbot: QtBot, tmp_path: Path
) -> None:
    script = Script([planned(), RunStarted(2, 1)])
    page = _start(make_profile, qtbot, script)
    wait_until(qtbot, lambda: page.board.rows[2].running)
    qtbot.mouseClick(page.form.cancel, Qt.MouseButton.LeftButton)
    wait_until(qtbot, lambda: not page.running)
    assert page.runs.status.text().startswith("Cancelled. No profile was written")
    assert not any(row.running for row in page.board.rows)
    assert not default_project().exists()
    assert page.form.start.isEnabled()


def test_a_failure_is_shown_with_its_hint_and_can_be_tried_again(
    make_profile: MakeProfile, qtbot: QtBot
) -> None:
    script = Script([planned()], WorkbenchError("The engine refused.", "Take another network."))
    page = _start(make_profile, qtbot, script)
    script.go_on.set()
    wait_until(qtbot, lambda: not page.running)
    assert page.runs.error.isVisible()
    assert "The engine refused." in page.runs.error.accessibleName()
    script.go_on.clear()
    page.runs.error.retry.click()
    assert page.running
    assert not page.runs.error.isVisible()
    page.measurement.cancel()
    wait_until(qtbot, lambda: not page.running)


def test_events_of_another_job_are_thrown_away(make_profile: MakeProfile, qtbot: QtBot) -> None:
    page = make_profile(Script())
    from workbench.jobs import Partial

    page.measurement.on_event(Partial(job_id=-1, elapsed_s=0.0, record=run_of(0, 3)))
    assert page.board.complete == 0


def test_a_finished_measurement_opens_its_result(make_profile: MakeProfile, qtbot: QtBot) -> None:
    script = Script([planned()])
    page = _start(make_profile, qtbot, script)
    measured_before()
    script.go_on.set()
    wait_until(qtbot, lambda: page.view == "result")
    view = page.result.view
    assert view is not None and view.points is not None
    assert page.board.complete == 76  # the plan shows the figures that were kept
    assert [tile.caption for tile in view.tiles()] == [
        "Within ±5 %", "Within ±10 %", "Median error", "Whole network",
    ]  # fmt: skip
    assert int((~view.points.fitted).sum()) == 16


def test_a_profile_in_use_is_read_again_after_measuring(
    make_profile: MakeProfile, qtbot: QtBot, profile_stage: Stage
) -> None:
    measured_before()
    profile_stage.workspace.take(ServicesCatalogue().quick())
    profile_stage.workspace.choose("device", "this_computer")
    script = Script([planned()])
    page = make_profile(script)
    before = profile_stage.workspace.revision("device")
    page.show_plan()
    page.begin()
    assert page.running
    script.go_on.set()
    wait_until(qtbot, lambda: not page.running)
    wait_until_settled(qtbot, page)
    assert profile_stage.workspace.revision("device") == before + 1
    assert page.view == "result"


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


def test_an_unfinished_measurement_is_gone_on_with(make_profile: MakeProfile, qtbot: QtBot) -> None:
    _broken_off(3, 2)
    script = Script([planned()])
    page = make_profile(script)
    assert page.resume.isVisible()
    assert "quick, 2 of 240 blocks" in page.resume._text.text()
    page.resume.go_on.click()
    wait_until(qtbot, lambda: page.running)
    (request,) = script.requests
    assert (request.plan, request.configurations, request.seed) == ("quick", 40, 3)
    assert not page.resume.isVisible()
    script.go_on.set()
    wait_until(qtbot, lambda: not page.running)
    wait_until_settled(qtbot, page)
    assert page.resume.isVisible()  # the script measured nothing


def test_an_unfinished_measurement_is_thrown_away(make_profile: MakeProfile, qtbot: QtBot) -> None:
    _broken_off(3, 2)
    page = make_profile()
    page.resume.throw_away()
    wait_until_settled(qtbot, page)
    assert not page.resume.isVisible()
    with open_project() as project:
        assert project.runs.list() == ()


def test_one_that_cannot_go_on_here_says_why(make_profile: MakeProfile) -> None:
    run = _broken_off(3, 2)
    with open_project() as project, project._connection.writing() as rows:
        rows.execute("UPDATE network SET place = 'elsewhere'")
        assert run == 1
    page = make_profile()
    assert page.resume.isVisible()
    assert not page.resume.go_on.isEnabled()
    assert "not there any more" in page.resume.go_on.toolTip()
