"""The Compare page on the shipped network, with replays that all its tests share."""

from __future__ import annotations

import functools

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from workbench.gui.compare_services import ServicesCompare, ServicesSession
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.compare import ComparePage
from workbench.services.comparing import Comparison, RepeatOutcome

POLICIES = ("runtime3c", "static", "fixed:ch50")


@functools.cache
def opened(network: str, device: str, trace: str) -> ServicesSession:
    """Opened once for all tests, each replay once: they are about the page."""
    comparison = Comparison.open(network, device, trace)
    once = functools.cache(comparison.outcome)

    def outcome(policy: str, repeat: int, _context: object = None) -> RepeatOutcome:
        return once(policy, repeat)

    comparison.outcome = outcome  # type: ignore[method-assign]
    return ServicesSession(comparison)


class CachedBackend(ServicesCompare):
    def open(self, network: str, device: str, trace: str) -> ServicesSession:
        return opened(network, device, trace)


@pytest.fixture
def compare(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> ComparePage:
    """The page with three policies, replayed five times each."""
    monkeypatch.setattr("workbench.gui.compare_services.ServicesCompare", CachedBackend)
    window.shell.settings.set_text("compare/policies", " ".join(POLICIES))
    window.shell.settings.set_text("compare/repeats", "5")
    window.show_page("compare")
    page = window.page("compare")
    assert isinstance(page, ComparePage)
    wait_until_settled(qtbot, page)
    return page
