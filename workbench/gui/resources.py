"""Files that ship with the program, found wherever it is installed."""

from __future__ import annotations

from pathlib import Path

from workbench.core.resources import assets_root


def asset(*parts: str) -> Path:
    """Path of a shipped asset; it need not exist."""
    return assets_root().joinpath(*parts)
