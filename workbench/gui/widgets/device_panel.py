"""The right half of the Devices page: what the selected device is, can do, and is doing now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.devices import DeviceDetails
from workbench.gui.widgets.basics import Card, ProvenancePill, label, row
from workbench.gui.widgets.device_details import CapabilityLines, FactLines
from workbench.gui.widgets.device_strips import COMPUTER_STRIPS
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.flow import WrapLayout
from workbench.gui.widgets.live_strips import LiveStrips, Strip

_BESIDE_FROM_PX = 700


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the panel.

    Attributes:
        key: what is emitted.
        blocked: why it cannot be used now; empty when it can.
        tip: what it does.
        words: another text than the usual.
    """

    key: str
    blocked: str = ""
    tip: str = ""
    words: str = ""


_BUTTONS = {
    "profile": "Profile",
    "record": "Record a trace",
    "calibrate": "Calibrate the sensor",
    "use": "Use this profile",
    "open": "Open its profile",
    "leave": "Disconnect",
}
_PRIMARY = ("profile", "use")


class DevicePanel(QWidget):
    """Shows `DeviceDetails`; emits which action is wanted."""

    asked = Signal(str)
    """Key of the action."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel("", role="title")
        self._subtitle = label("", "secondary", wrap=True)
        self._pill = ProvenancePill()
        self._advice = label("", "warning", wrap=True)
        self._note = label("", "small", wrap=True)
        self.buttons = {key: _Button(key, words) for key, words in _BUTTONS.items()}
        self._facts = FactLines()
        self._facts_card = Card("What it is")
        self._facts_story = label("", "small")
        self.strips = LiveStrips(COMPUTER_STRIPS)
        self._live_card = Card("Live")
        self._live_story = label("", "small")
        self._capabilities = CapabilityLines()
        self._capabilities_card = Card("What it can tell")
        self._build()
        for button in self.buttons.values():
            button.asked.connect(self.asked)

    def show_details(self, details: DeviceDetails, *, live: str) -> None:
        """Show a device; `live` says how its strips are filled and is empty where they are not."""
        self._title.setText(details.title)
        self._title.setToolTip(details.title)
        self._subtitle.setText(details.subtitle)
        self._pill.setVisible(details.mark is not None)
        if details.mark is not None:
            self._pill.show_provenance(details.mark, details.story)
        self._facts_story.setText(details.story if details.mark is None else "")
        self._advice.setText(details.advice)
        self._advice.setVisible(bool(details.advice))
        self._facts.show_facts(details.facts)
        self._live_card.setVisible(bool(live))
        self._live_story.setText(live)
        self._content.setStretch(0, 3 if live else 0)
        self._capabilities.show_capabilities(details.capabilities)
        self._capabilities_card.setVisible(bool(details.capabilities))
        self._lay_out()

    def show_strips(self, strips: Sequence[Strip]) -> None:
        """Show these quantities live; what they held is forgotten."""
        self.strips.set_strips(strips)

    def show_actions(self, actions: Sequence[Action], note: str = "") -> None:
        """Show these buttons and no others; `note` says what is going on."""
        wanted: Mapping[str, Action] = {action.key: action for action in actions}
        for key, button in self.buttons.items():
            action = wanted.get(key)
            button.setVisible(action is not None)
            if action is not None:
                button.setEnabled(not action.blocked)
                button.setToolTip(action.blocked or action.tip)
                button.setText(action.words or _BUTTONS[key])
        reasons = dict.fromkeys(action.blocked for action in actions if action.blocked)
        self._note.setText(" ".join([*reasons, note]).strip())
        self._note.setVisible(bool(self._note.text()))

    @property
    def title(self) -> str:
        """Name of what is shown."""
        return self._title.text()

    @property
    def note(self) -> str:
        """Why something cannot be done."""
        return self._note.text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Facts beside the strips where there is room, else below them."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        beside = self.width() >= _BESIDE_FROM_PX
        directions = QBoxLayout.Direction
        wanted = directions.LeftToRight if beside else directions.TopToBottom
        if self._middle.direction() != wanted:
            self._middle.setDirection(wanted)

    def _build(self) -> None:
        head = Card()
        self._subtitle.setMinimumWidth(60)
        line = row(self._title, self._pill)
        line.addStretch(1)
        head.body.addLayout(line)
        head.body.addWidget(self._subtitle)
        head.body.addWidget(self._advice)
        actions = QWidget()
        wrapped = WrapLayout(actions, theme.GRID_PX)
        for button in self.buttons.values():
            wrapped.addWidget(button)
        head.body.addWidget(actions)
        head.body.addWidget(self._note)
        self._facts_card.head.addWidget(self._facts_story)
        self._facts_card.head.addStretch(1)
        self._facts_card.body.addWidget(self._facts)
        self._facts_card.body.addStretch(1)
        self._live_card.head.addWidget(self._live_story)
        self._live_card.head.addStretch(1)
        self._live_card.body.addWidget(self.strips, 1000)
        self._live_card.body.addStretch(1)  # strips have a largest height, facts may be taller
        self._capabilities_card.body.addWidget(self._capabilities)
        self._middle = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._middle.setSpacing(10)
        self._middle.addWidget(self._facts_card, 4)
        self._middle.addWidget(self._live_card, 5)
        inner = QWidget()
        content = self._content = QVBoxLayout(inner)
        content.setContentsMargins(0, 0, 0, 0)
        content.setSpacing(10)
        content.addLayout(self._middle, 3)
        content.addWidget(self._capabilities_card)
        content.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(10)
        outer.addWidget(head)
        outer.addWidget(scroll, 1)
        self.setMinimumWidth(theme.GRID_PX * 40)


class _Button(QPushButton):
    """Emits the key of its action."""

    asked = Signal(str)

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self._key = key
        if key in _PRIMARY:
            self.setProperty("role", "primary")
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        self.asked.emit(self._key)
