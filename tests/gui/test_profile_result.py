"""The Profile page: what a measurement came to, its plots, its use and its export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.gui.profile_bench import DRIFTED, MakeProfile, measured_before
from tests.gui.stage import Stage
from tests.gui.waiting import wait_until, wait_until_settled
from tests.helpers.random_network import write_random_network
from tests.helpers.spaces import small_space
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.services.catalogue import user_folder
from workbench.services.device_profiles import find_profile
from workbench.services.projects import open_project


def test_an_earlier_measurement_opens_as_it_was(make_profile: MakeProfile, qtbot: QtBot) -> None:
    measured_before(DRIFTED)
    page = make_profile()
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


def test_the_heat_map_follows_the_layer_before(make_profile: MakeProfile) -> None:
    measured_before()
    page = make_profile()
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


def test_cells_from_the_model_are_told_apart(make_profile: MakeProfile) -> None:
    measured_before()
    page = make_profile()
    heat = page.result.heat
    found = {cell.measured > 0 for row in heat.table.cells for cell in row if cell.latency_ms}
    page.result.after.setCurrentIndex(page.result.after.count() - 1)
    last = {cell.measured > 0 for row in heat.table.cells for cell in row if cell.latency_ms}
    assert True in found | last
    measured, known = heat.table.measured_share
    assert f"{measured} of {known} cells" in page.result._heat_note.text()


def test_arrows_step_through_the_points(make_profile: MakeProfile, qtbot: QtBot) -> None:
    measured_before()
    page = make_profile()
    scatter = page.result.scatter
    qtbot.keyClick(scatter, Qt.Key.Key_Right)
    assert scatter.points is not None
    fastest = int(np.argmin(scatter.points.measured_ms))
    assert scatter.accessibleDescription() == scatter.points.describe(fastest)
    scatter.copy_csv()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 77


def test_using_the_profile_selects_it_for_the_other_pages(
    make_profile: MakeProfile, profile_stage: Stage
) -> None:
    measured_before()
    page = make_profile()
    page.use()
    current = profile_stage.workspace.current("device")
    assert current is not None and current.key == "this_computer"
    assert not page.result.use.isEnabled()


def test_a_profile_without_raw_runs_says_so(make_profile: MakeProfile) -> None:
    run = measured_before()
    with open_project() as project:
        project.runs.remove(run)
    page = make_profile()
    assert page.view == "result"
    assert not page.result.export.isEnabled()
    assert "not in this project" in page.result.export.toolTip()
    assert not page.result.scatter.isVisible()
    page.grab()


def test_raw_samples_are_exported(
    make_profile: MakeProfile, qtbot: QtBot, profile_stage: Stage, tmp_path: Path
) -> None:
    measured_before()
    page = make_profile()
    out = tmp_path / "runs.csv"
    assert page.result.view is not None
    page.exporter.write(page.result.view, out)
    wait_until(qtbot, lambda: bool(profile_stage.messages))
    assert "2,052 samples written" in profile_stage.messages[-1]
    assert len(out.read_text().splitlines()) == 1 + 76 * 27
    page.exporter.write(page.result.view, tmp_path / "no folder" / "runs.csv")
    wait_until(qtbot, lambda: bool(profile_stage.problems))


def test_another_network_has_no_result(
    make_profile: MakeProfile, qtbot: QtBot, profile_stage: Stage
) -> None:
    measured_before()
    page = make_profile()
    write_random_network(user_folder("networks") / "small", small_space())
    profile_stage.workspace.take(ServicesCatalogue().quick())
    profile_stage.workspace.choose("network", "small")
    wait_until_settled(qtbot, page)
    assert page.view == "plan"
    assert page.result.view is None
