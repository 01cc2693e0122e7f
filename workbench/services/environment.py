"""What the program runs on: versions of the libraries, the machine, and the folders it uses."""

from __future__ import annotations

import platform
import sys

import platformdirs

from workbench import __version__
from workbench.core.resources import assets_root, device_profiles_root

APP_NAME = "adaspring-workbench"

_LIBRARIES = {
    "torch": "torch",
    "ncnn": "ncnn",
    "Qt (PySide6)": "PySide6-Essentials",
    "pyqtgraph": "pyqtgraph",
    "numpy": "numpy",
    "scipy": "scipy",
}


def describe() -> dict[str, dict[str, str]]:
    """Return versions, machine and folders as text, grouped by title.

    Versions are read from the installed packages' metadata: no library is imported for it.
    """
    return {
        "versions": {
            "adaspring-workbench": __version__,
            "Python": platform.python_version(),
            **{label: _version(package) for label, package in _LIBRARIES.items()},
        },
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "interpreter": sys.executable,
        },
        "folders": {
            "assets": str(assets_root()),
            "device profiles": str(device_profiles_root()),
            "settings": platformdirs.user_config_dir(APP_NAME, appauthor=False),
            "your data": platformdirs.user_data_dir(APP_NAME, appauthor=False),
            "cache": platformdirs.user_cache_dir(APP_NAME, appauthor=False),
        },
    }


def _version(package: str) -> str:
    # Imported here: the window needs this module for the program's name, at its start.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
