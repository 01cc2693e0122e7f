"""The check that nothing is left running finds what a test leaves, and nothing else."""

from __future__ import annotations

import gc
import multiprocessing
import threading
import time

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.helpers import leaks


def test_finds_a_thread_and_where_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE_S", 0.01)
    stop = threading.Event()
    before = leaks.snapshot()
    thread = threading.Thread(target=stop.wait, name="left alone")
    thread.start()
    try:
        (problem,) = leaks.new_threads(before)
    finally:
        stop.set()
        thread.join()
    assert "left alone" in problem
    assert "test_finds_a_thread_and_where_it_started" in problem
    assert leaks.new_threads(before) == []


def test_waits_for_a_thread_that_is_ending() -> None:
    before = leaks.snapshot()
    threading.Thread(target=time.sleep, args=(0.05,)).start()
    assert leaks.new_threads(before) == []


def test_finds_and_ends_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE_S", 0.01)
    before = leaks.snapshot()
    process = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    process.start()
    (problem,) = leaks.new_processes(before)
    assert str(process.pid) in problem
    assert not process.is_alive()


def test_finds_and_stops_a_running_timer_of_a_window(qtbot: QtBot) -> None:
    before = leaks.snapshot()
    window = QWidget()
    qtbot.addWidget(window)
    QTimer(window).start(1234)
    gc.collect()
    (problem,) = leaks.new_timers(before)
    assert "1234 ms of QWidget" in problem
    assert leaks.new_timers(before) == []


def test_a_window_that_is_deleted_takes_its_timer_along(qtbot: QtBot) -> None:
    before = leaks.snapshot()
    window = QWidget()
    QTimer(window).start(1234)
    window.close()
    window.deleteLater()
    assert leaks.new_timers(before) == []
