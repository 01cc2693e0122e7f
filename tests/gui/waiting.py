"""Waiting for pages that load and run in the background."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from workbench.gui.shell import Page


def wait_until_settled(qtbot: QtBot, page: Page) -> None:
    """Wait until nothing is loaded or run any more."""

    def settled() -> None:
        assert page.settled

    qtbot.waitUntil(settled, timeout=20_000)


def wait_until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    qtbot.waitUntil(condition, timeout=20_000)
