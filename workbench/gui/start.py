"""Runs the window from the command line: checks what it needs, opens it, or takes its picture."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import SettingsError, WorkbenchError

_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
_X_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_DEADLINE_S = 60.0
_DETAILS_AFTER_MS = 1500


@dataclass(frozen=True, slots=True)
class Start:
    """How to start; empty texts mean what was used last."""

    network: str = ""
    device: str = ""
    trace: str = ""
    page: str = ""
    theme: str = ""
    clock: str = ""
    screenshot: Path | None = None
    size: tuple[int, int] = (1440, 900)
    scale: float | None = None
    exit_when_usable: bool = False


def run(start: Start) -> int:
    """Open the window and return the exit code when it closes.

    Raises:
        WorkbenchError: when Qt cannot start here, or what is asked for does not exist.
    """
    if start.screenshot is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if start.scale is not None:
        os.environ["QT_SCALE_FACTOR"] = f"{start.scale:g}"
    check_platform(dict(os.environ), sys.platform)
    try:
        from PySide6.QtCore import QTimer

        from workbench.gui import app as gui
    except ImportError as error:
        raise WorkbenchError(
            "The window's libraries cannot be loaded.",
            "Install adaspring-workbench again; on Debian, see the README for what Qt needs.",
            str(error),
        ) from error
    from workbench.gui.presenters.formats import parse_clock
    from workbench.gui.services_catalogue import ServicesCatalogue

    try:
        clock_s = parse_clock(start.clock) if start.clock else None
    except ValueError as error:
        raise SettingsError(f"{error}.") from error
    application = gui.make_application()
    wanted = {"network": start.network, "device": start.device, "trace": start.trace}
    # A picture must not depend on what this user chose before, nor change it.
    settings = gui.memory_settings() if start.screenshot else gui.default_settings()
    from workbench.gui.project_desk import give_up_last, take_up_last
    from workbench.services.projects import library

    lost = None if start.screenshot else take_up_last(settings)
    try:
        library("trace")
    except WorkbenchError as error:
        lost = give_up_last(settings, error)
    catalogue = ServicesCatalogue()
    window = gui.make_window(catalogue, settings, theme_name=start.theme, **wanted)
    if start.screenshot is not None:
        window.resize(*start.size)
    if start.page or start.screenshot is not None:
        window.show_page(start.page or "replay")
    else:
        window.show_last_page()
    if clock_s is not None:
        window.seek_replay(clock_s)
    window.show()
    if lost is not None:
        window.show_problem(lost)
    if start.screenshot is not None:
        window.read_details()
    else:
        # The page in front comes first; names without details do until then.
        QTimer.singleShot(_DETAILS_AFTER_MS, window.read_details)
    if start.screenshot is not None or start.exit_when_usable:
        return gui.run_once(application, window, start.screenshot, _DEADLINE_S)
    return application.exec()


def check_platform(environment: dict[str, str], system: str) -> None:
    """Say what is missing before Qt ends the whole process over it.

    Raises:
        WorkbenchError: when there is no display, or a system library is missing.
    """
    if not system.startswith("linux"):
        return
    platform = environment.get("QT_QPA_PLATFORM", "")
    has_display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    if not platform and not has_display:
        raise WorkbenchError(
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            "Start it in a desktop session, through `ssh -X`, or under `xvfb-run`. Without a "
            "window, `adaspring-workbench replay --sample --out out` replays the sample day.",
        )
    needed = dict(_LIBRARIES)
    if platform.startswith("xcb") or (not platform and environment.get("DISPLAY")):
        needed |= _X_LIBRARIES
    missing = [package for library, package in needed.items() if not _loads(library)]
    if missing:
        raise WorkbenchError(
            "System libraries that the window needs are missing.",
            f"On Debian or Ubuntu: apt-get install {' '.join(missing)}",
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
