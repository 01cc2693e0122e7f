"""Cyclic garbage is destroyed on the GUI thread, never on a worker's."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from workbench.gui.collector import GuiThreadCollector


class Node:
    """Waits in a cycle; notes where it is destroyed."""

    def __init__(self, where: list[str]) -> None:
        self.where = where
        self.me = self

    def __del__(self) -> None:
        self.where.append(threading.current_thread().name)


def litter(where: list[str]) -> None:
    """Make far more garbage than starts a collection by itself."""
    for _ in range(20_000):
        Node(where)


def test_workers_do_not_collect_and_the_gui_thread_does(qapp: QApplication) -> None:
    owner = QObject()
    collector = GuiThreadCollector(owner)
    where: list[str] = []
    worker = threading.Thread(target=litter, args=(where,), name="worker")
    worker.start()
    worker.join()
    assert where == []
    collector.collect_if_due()
    assert set(where) == {threading.current_thread().name}
    owner.deleteLater()


def test_the_application_has_one_collector(qapp: QApplication) -> None:
    from workbench.gui.app import make_application

    make_application()
    make_application()
    assert len(qapp.findChildren(GuiThreadCollector)) == 1
    assert not gc.isenabled()
