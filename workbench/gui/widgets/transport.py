"""The transport bar: to the start, play, to the next decision, speed, and the time as a field."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.presenters.formats import clock, parse_clock
from workbench.gui.presenters.player import SPEEDS
from workbench.gui.widgets.basics import label

_SPEED_WORDS = {1: "real time", 60: "1 min a second", 600: "10 min a second", 3600: "1 h a second"}


class Transport(QWidget):
    """Emits what the user wants; shows what it is told."""

    start_asked = Signal()
    play_asked = Signal()
    previous_asked = Signal()
    next_asked = Signal()
    speed_chosen = Signal(int)
    time_entered = Signal(float)
    """A time of day in seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playing = False
        self._time = 0.0
        self._start = self._button("transport", "To the start  (Home)", self.start_asked)
        self._back = self._button("transport", "Previous decision  (P)", self.previous_asked)
        self._play = self._button("play", "Play or pause  (Space)", self.play_asked)
        self._step = self._button("transport", "Next decision  (N)", self.next_asked)
        self._speed = QComboBox()
        self._speed.setAccessibleName("Speed")
        self._speed.setToolTip("Seconds of the trace in a second  ([ slower, ] faster)")
        for speed in SPEEDS:
            self._speed.addItem(f"{speed:,}×", speed)
            words = _SPEED_WORDS.get(speed)
            if words:
                self._speed.setItemData(self._speed.count() - 1, words, 3)
        self._speed.setMinimumWidth(84)
        self._clock = QLineEdit()
        self._clock.setProperty("role", "clock")
        self._clock.setAccessibleName("Time of day; type one and press Enter to go there")
        self._clock.setToolTip("Type a time such as 14:19 and press Enter to go there")
        self._clock.setFont(theme.font(14, tabular=True))
        self._clock.setFixedWidth(84)
        self._end = label("", "secondary")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for button in (self._start, self._back, self._play, self._step):
            layout.addWidget(button)
        layout.addSpacing(8)
        layout.addWidget(self._speed)
        layout.addSpacing(8)
        layout.addWidget(self._clock)
        layout.addWidget(self._end)
        self._speed.currentIndexChanged.connect(self._on_speed)
        self._clock.editingFinished.connect(self._on_time)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    def show_time(self, time_of_day_s: float) -> None:
        """Show where the playhead is, unless the user is typing."""
        self._time = time_of_day_s
        if not self._clock.hasFocus():
            self._clock.setText(clock(time_of_day_s))

    def show_end(self, time_of_day_s: float) -> None:
        """Show where the trace ends."""
        self._end.setText(f"/ {clock(time_of_day_s, with_seconds=False)}")

    def show_playing(self, playing: bool) -> None:
        """Show whether the replay runs."""
        if playing != self._playing:
            self._playing = playing
            self._restyle(theme.tokens())

    def show_speed(self, speed: int) -> None:
        """Show the speed in use."""
        index = self._speed.findData(speed)
        if index >= 0:
            self._speed.setCurrentIndex(index)

    def _button(self, role: str, tip: str, signal: object) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", role)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(16, 16))
        button.clicked.connect(signal)
        return button

    def _on_speed(self, index: int) -> None:
        self.speed_chosen.emit(int(self._speed.itemData(index)))

    def _on_time(self) -> None:
        try:
            wanted = parse_clock(self._clock.text())
        except ValueError:
            self._clock.setText(clock(self._time))
            return
        if clock(wanted) != clock(self._time):
            self.time_entered.emit(wanted)

    def _restyle(self, _tokens: Tokens) -> None:
        manager = theme.manager()
        self._start.setIcon(manager.icon("to-start", tone="text"))
        self._back.setIcon(manager.icon("previous", tone="text"))
        self._step.setIcon(manager.icon("next", tone="text"))
        self._play.setIcon(manager.icon("pause" if self._playing else "play", tone="on_accent"))
        self._play.setAccessibleName("Pause" if self._playing else "Play")
