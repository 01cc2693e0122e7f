"""The Compare page: how well proxies rank what was measured."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance
from workbench.export.proxy_report import ProxyCheck, ProxyRank, Tau
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.compare import ComparePage


def test_without_measurements_the_proxies_say_where_to_measure(
    qtbot: QtBot, window: MainWindow, compare: ComparePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare.proxy_checks.runner, "_check", lambda: ())
    compare.show_view("proxies")
    wait_until_settled(qtbot, compare)
    view = compare.ui.proxies
    assert view._states.currentWidget() is view.empty
    view.empty.acted.emit()
    assert window.current_page == "profile"


def test_each_measured_device_has_a_card_of_rank_correlations(
    qtbot: QtBot, compare: ComparePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = (
        ProxyRank("macs", "C", "more is slower", Tau(0.5, 0.3, 0.7, 16), Tau(0.6, 0.5, 0.7, 76)),
        ProxyRank("latency_table", "table", "more is slower", Tau(0.9, 0.8, 0.95, 16), None),
    )
    found = ProxyCheck(
        "mine", "My phone", "invented", Provenance.MEASURED, "quick", "2026-01-02", (), ranks
    )
    monkeypatch.setattr(compare.proxy_checks.runner, "_check", lambda: (found, found))
    compare.show_view("proxies")
    wait_until_settled(qtbot, compare)
    cards = compare.ui.proxies.cards
    assert len(cards) == 2
    assert [row.values for row in cards[0].plot.rows] == [("0.50", "0.60"), ("0.90", "–")]
    compare.ui.proxies.copy_csv()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 1 + 2 * 3
    assert compare.ui.subtitle.text() == ""


def test_measurements_that_cannot_be_read_can_be_tried_again(
    qtbot: QtBot, compare: ComparePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> tuple[ProxyCheck, ...]:
        raise InputFileError("my.adaspring", "is damaged", "Restore a copy.")

    monkeypatch.setattr(compare.proxy_checks.runner, "_check", broken)
    compare.show_view("proxies")
    wait_until_settled(qtbot, compare)
    view = compare.ui.proxies
    assert view.error._message.text() == "my.adaspring: is damaged"
    monkeypatch.setattr(compare.proxy_checks.runner, "_check", lambda: ())
    view.error.retry.click()
    wait_until_settled(qtbot, compare)
    assert not view.error.isVisible() and not view.checks
