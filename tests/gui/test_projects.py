"""Projects in the window: opened, made, copied, closed; what is in one; what is remembered."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from tests.helpers.profiles import plain_profile
from tests.helpers.traces import make_info, make_trace
from workbench.context import write_trace
from workbench.devices.profile_file import save_profile
from workbench.gui import project_desk
from workbench.gui.main_window import MainWindow
from workbench.gui.settings import Settings
from workbench.gui.widgets.project_contents import ProjectContents
from workbench.gui.widgets.states import ErrorDialog
from workbench.jobs import JobContext, run_in_thread
from workbench.services.project_contents import add_file
from workbench.services.projects import VARIABLE, default_project, library, project_in_use
from workbench.storage import Block, Device, Plan, Project, ProjectError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(VARIABLE, "")
    yield tmp_path


@pytest.fixture
def project(home: Path) -> Path:
    """A project with a profile, a trace and an unfinished run."""
    path = home / "work.adaspring"
    save_profile(plain_profile(), home / "plain.toml")
    write_trace(make_trace(7, make_info(title="A walk")), home / "walk.csv")
    with Project.create(path) as made:
        made.see_device(Device("one", "Phone one", True))
        with made.runs.record(Plan("energy", "one", None, "quick", 4, {})) as run:
            run.add(Block(0, 1, {"ns": np.array([5, 6])}))
        made.set_setting("window/device", "plain")
        made.set_setting("window/trace", "gone")
    add_file(path, home / "plain.toml")
    add_file(path, home / "walk.csv")
    return path


def _wait(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.projects.busy, timeout=10_000)
    qtbot.waitUntil(lambda: not window._bridge._watched, timeout=10_000)


def test_opening_brings_what_is_in_it_and_what_was_in_use(
    qtbot: QtBot, window: MainWindow, project: Path, settings: Settings
) -> None:
    workspace = window.shell.workspace
    trace = workspace.current("trace")
    assert "My project" in window.top_bar.project.accessibleName()
    window.projects.open(project)
    _wait(qtbot, window)
    assert project_in_use() == project
    assert "work" in window.top_bar.project.accessibleName()
    assert {"walk"} <= {choice.key for choice in workspace.choices("trace")}
    device = workspace.current("device")
    assert device is not None and device.key == "plain"
    assert workspace.current("trace") == trace or trace is not None
    workspace.choose("device", "mi_5s")
    _wait(qtbot, window)
    with Project(project) as opened:
        assert opened.setting("window/device") == "mi_5s"
    window.projects.close()
    _wait(qtbot, window)
    assert project_in_use() == default_project()
    assert "walk" not in {choice.key for choice in workspace.choices("trace")}
    assert window.projects.recent == (project,)
    assert not default_project().exists()  # nothing was made in it
    window.projects.open(project)
    _wait(qtbot, window)
    assert project_desk.take_up_last(settings) is None
    assert settings.text(project_desk.LAST_KEY) == str(project)


def test_a_project_is_made_and_copied(
    qtbot: QtBot, window: MainWindow, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [str(home / "new"), str(home / "copy.adaspring"), str(home / "new.adaspring")]
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", staticmethod(lambda *_, **__: (answers.pop(0), ""))
    )
    window.project_actions.new()
    _wait(qtbot, window)
    assert project_in_use() == home / "new.adaspring"
    window.project_actions.copy()
    _wait(qtbot, window)
    assert (home / "copy.adaspring").exists()
    window.project_actions.new()  # its name is taken
    assert window.findChild(ErrorDialog) is not None
    assert project_in_use() == home / "new.adaspring"


def test_a_file_that_is_none_leaves_the_project_before_in_use(
    qtbot: QtBot, window: MainWindow, project: Path, home: Path
) -> None:
    window.projects.open(project)
    _wait(qtbot, window)
    (home / "broken.adaspring").write_bytes(project.read_bytes()[:-4096])
    window.projects.open(home / "broken.adaspring")
    _wait(qtbot, window)
    dialog = window.findChild(ErrorDialog)
    assert dialog is not None
    assert project_in_use() == project
    assert "work" in window.top_bar.project.accessibleName()


def test_what_runs_keeps_the_project(qtbot: QtBot, window: MainWindow, project: Path) -> None:
    def work(context: JobContext) -> None:
        while not context.cancelled:
            context.wait(0.01)

    job = run_in_thread(work, name="A measurement")
    window._bridge.watch(job)
    window.projects.open(project)
    assert not window.projects.busy
    assert window.findChild(ErrorDialog) is not None
    job.cancel()
    job.wait(5)
    _wait(qtbot, window)


def test_a_project_that_is_gone_is_said_at_the_start(settings: Settings, home: Path) -> None:
    settings.set_text(project_desk.LAST_KEY, str(home / "gone.adaspring"))
    problem = project_desk.take_up_last(settings)
    assert problem is not None and "gone.adaspring" in problem.message
    assert project_desk.take_up_last(settings) is None
    assert project_in_use() == default_project()


def test_contents_are_listed_exported_and_removed(
    qtbot: QtBot, window: MainWindow, project: Path, home: Path
) -> None:
    dialog = ProjectContents(project, window._bridge, window)
    dialog.open()
    qtbot.waitUntil(lambda: not dialog.busy, timeout=10_000)
    assert "2 samples in 1 runs, 1 unfinished" in dialog.head.text()
    runs = dialog.tree.topLevelItem(1)
    assert runs is not None and runs.child(0).text(1) == "unfinished, 1 of 4 blocks"
    assert not dialog.export.isEnabled()
    dialog.tree.setCurrentItem(runs.child(0))
    assert dialog.export.isEnabled() and dialog.remove.isEnabled()
    chosen = dialog.selected
    assert chosen is not None
    dialog.write(chosen, home / "raw.csv")
    qtbot.waitUntil(lambda: not dialog.busy, timeout=10_000)
    assert len((home / "raw.csv").read_text().splitlines()) == 3
    traces = dialog.tree.topLevelItem(3)
    assert traces is not None
    dialog.tree.setCurrentItem(traces.child(0))
    assert not dialog.remove.isEnabled()
    dialog.tree.setCurrentItem(runs.child(0))
    dialog.ask_remove()
    box = dialog.findChild(QMessageBox)
    assert box is not None
    box.button(QMessageBox.StandardButton.Yes).click()
    qtbot.waitUntil(lambda: not dialog.busy, timeout=10_000)
    assert "0 runs" in dialog.head.text()
    dialog.close()


def test_a_last_project_that_is_damaged_gives_way_to_the_default_one(
    settings: Settings, project: Path
) -> None:
    project.write_bytes(project.read_bytes()[:-4096])
    settings.set_text(project_desk.LAST_KEY, str(project))
    assert project_desk.take_up_last(settings) is None
    shutil.rmtree(library("trace").parent)  # as on another computer
    with pytest.raises(ProjectError) as caught:
        library("trace")
    problem = project_desk.give_up_last(settings, caught.value)
    assert "is damaged" in problem.message and problem.hint
    assert project_in_use() == default_project()
    with pytest.raises(ProjectError):
        project_desk.give_up_last(settings, caught.value)
