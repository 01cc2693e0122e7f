"""Settings for all tests: no display, nobody's home folder, and nothing left running afterwards."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.helpers import leaks

# Set before anything imports Qt, matplotlib or platformdirs: they read these once.
_HOME = Path(tempfile.mkdtemp(prefix="adaspring-tests-"))
_CACHE = Path(__file__).parent.parent / ".pytest_cache"


def _use_own_home() -> None:
    for variable, name in {
        "HOME": ".",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "runtime",  # Qt warns unless it is private
    }.items():
        folder = _HOME / name
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ[variable] = str(folder)
    # Building matplotlib's font cache takes seconds, so it outlives the session.
    os.environ["MPLCONFIGDIR"] = str(_CACHE / "matplotlib")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


_use_own_home()
leaks.remember_where_threads_start()

# Machines differ in speed: a deadline would be a timed test. The same commit gets the same verdict.
settings.register_profile("project", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("project")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the session's own home folder."""
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a child process or a running timer behind."""
    uses_qt = "qapp" in request.fixturenames  # looking for timers goes through all objects
    before = leaks.snapshot(timers=uses_qt)
    if uses_qt:
        gc.disable()  # on a worker's thread a collection would destroy Qt objects: a crash
    yield
    if uses_qt:
        gc.collect()
        gc.enable()
    problems = leaks.new_threads(before) + leaks.new_processes(before)
    if uses_qt:
        problems += leaks.new_timers(before)
    if problems:
        pytest.fail("left running after the test:\n" + "\n".join(problems), pytrace=False)
