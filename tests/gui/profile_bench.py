"""A Profile page on an invented network, with a home folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.invented import write_network
from tests.gui.scripted_profiling import Script, write_profile
from tests.gui.stage import Stage
from tests.gui.waiting import wait_until_settled
from workbench.gui.pages.profile import ProfilePage
from workbench.gui.settings import Settings
from workbench.services.catalogue import user_folder
from workbench.services.profiling_setup import ProfilingDevice
from workbench.space.description import read_network

DRIFTED = ("the computer's speed drifted by 9%",)
"""Why a measurement is questionable."""

MakeProfile = Callable[..., ProfilePage]


@pytest.fixture
def profile_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, qtbot: QtBot
) -> Iterator[Stage]:
    """The shell around the page; nothing was measured in its home folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    write_network(user_folder("networks"))
    made = Stage(settings, network="invented")
    yield made
    made.stop()


@pytest.fixture
def make_profile(profile_stage: Stage, qtbot: QtBot) -> MakeProfile:
    """Makes the page with a script in the place of measuring, and with these devices."""

    def build(script: Script | None = None, *devices: ProfilingDevice) -> ProfilePage:
        page = ProfilePage(profile_stage.shell, (script or Script()).backend(*devices))
        profile_stage.show(qtbot, page)
        wait_until_settled(qtbot, page)
        return page

    return build


def measured_before(reasons: tuple[str, ...] = ()) -> int:
    """Keep a measurement of this computer as if made earlier; returns the number of its run."""
    network = read_network(user_folder("networks") / "invented")
    return write_profile(network, "this_computer", reasons)
