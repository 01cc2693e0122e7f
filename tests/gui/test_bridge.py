"""Events of jobs reach those who listen, as long as they are there."""

from __future__ import annotations

import shiboken6
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from workbench.gui.bridge import JobBridge
from workbench.jobs import Done, JobContext, JobEvent, JobManager, run_in_thread


class Listener(QLabel):
    """Shows what a job found."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = 0

    def on_event(self, event: JobEvent) -> None:
        """Needs the widget itself."""
        self.ended += isinstance(event, Done)
        self.setText(str(event))


def nothing(_context: JobContext) -> None:
    """A job that is over at once."""


def test_a_closed_widget_hears_nothing_and_the_others_do(qtbot: QtBot) -> None:
    bridge = JobBridge(JobManager())
    closed, open_one = Listener(), Listener()
    qtbot.addWidget(open_one)
    for listener in (closed, open_one):
        bridge.watch(run_in_thread(nothing, {}, name="nothing"), listener.on_event)
    shiboken6.delete(closed)
    qtbot.waitUntil(lambda: open_one.ended == 1 and not bridge.running())
    assert closed.ended == 0
    bridge.stop_all()
