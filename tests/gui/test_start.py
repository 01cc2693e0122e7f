"""Starting the window: what it needs, what it must not load, and a real window under Xvfb."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from workbench.core.errors import WorkbenchError
from workbench.gui import start

_LIMIT_S = 120


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", "gui", *arguments],
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        env={**os.environ, **environment},
    )


def test_without_a_display_the_way_out_is_told() -> None:
    with pytest.raises(WorkbenchError, match="no display") as caught:
        start.check_platform({}, "linux")
    assert "replay --sample" in caught.value.hint


def test_missing_system_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_loads", lambda library: library != "libxcb-cursor.so.0")
    with pytest.raises(WorkbenchError) as caught:
        start.check_platform({"DISPLAY": ":0"}, "linux")
    assert caught.value.hint.endswith("apt-get install libxcb-cursor0")
    start.check_platform({"QT_QPA_PLATFORM": "offscreen"}, "linux")


def test_other_systems_are_left_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_loads", lambda _library: False)
    start.check_platform({}, "darwin")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--device-profile", "nokia"), "There is no device called 'nokia'"),
        (("--at", "tea time"), "'tea time' is not a time of day"),
    ],
)
def test_a_wrong_call_ends_with_one_clear_message(arguments: tuple[str, ...], message: str) -> None:
    done = program(*arguments, "--exit-when-usable", QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


_SHOWN = """
import sys
from workbench.gui import app as gui
from workbench.gui.services_catalogue import ServicesCatalogue
application = gui.make_application()
window = gui.make_window(ServicesCatalogue(), gui.memory_settings())
window.show()
window.read_details()
for key in window.page_keys:
    window.show_page(key)
    while not window.settled:
        application.processEvents()
assert window.page("replay").view is not None
print(sorted(name for name in ("torch", "matplotlib") if name in sys.modules))
window.close()
"""


def test_the_window_never_imports_torch() -> None:
    """Also not when every page was shown and the sample day was replayed."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOWN],
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_a_screenshot_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "window.png"
    done = program(
        "--screenshot", str(target), "--page", "replay", "--theme", "light", "--at", "14:19",
        "--size", "1024x700",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    picture = QImage(str(target))
    assert (picture.width(), picture.height()) == (1024, 700)
    assert picture.pixelColor(1020, 350).name() == "#f3f5f8"


def test_a_screenshot_into_no_folder_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "missing" / "window.png"
    done = program("--screenshot", str(target), "--page", "compare")
    assert done.returncode == 2
    assert "window.png" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="Xvfb is not installed")
def test_a_real_window_opens_under_x() -> None:
    done = subprocess.run(
        [
            "xvfb-run", "-a", "-s", "-screen 0 1600x1000x24",
            sys.executable, "-m", "workbench", "gui", "--exit-when-usable",
        ],
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "usable"
