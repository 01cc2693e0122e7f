"""The right half of the Devices page: what the selected device is, can do, and is doing now."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.devices.local import LocalReading
from workbench.gui import theme
from workbench.gui.presenters.devices import DeviceDetails
from workbench.gui.widgets.basics import Card, ProvenancePill, label, row
from workbench.gui.widgets.device_details import CapabilityLines, FactLines
from workbench.gui.widgets.live_strips import LiveStrips, Strip

STRIPS = (
    Strip("load", "Load of others", "%", 0, 100, 0, "warning"),
    Strip("share", "CPU share", "", 0, 1, 2, "lilac"),
    Strip("memory", "Free memory", "GiB", 0, None, 1, "accent"),
    Strip("cache", "Free cache", "KiB", 0, None, 0, "good"),
)
_BESIDE_FROM_PX = 700


def strip_values(reading: LocalReading) -> dict[str, float | None]:
    """The values of `STRIPS` in a reading."""
    return {
        "load": 100 * reading.other_load,
        "share": reading.cpu_share,
        "memory": reading.memory_available_mib / 1024,
        "cache": reading.free_cache_kib,
    }


class DevicePanel(QWidget):
    """Shows `DeviceDetails`; emits which action is wanted."""

    profile_asked = Signal()
    record_asked = Signal()
    use_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "title")
        self._subtitle = label("", "secondary", wrap=True)
        self._pill = ProvenancePill()
        self._advice = label("", "warning", wrap=True)
        self._note = label("", "small", wrap=True)
        self.profile = QPushButton("Profile")
        self.profile.setProperty("role", "primary")
        self.record = QPushButton("Record a trace")
        self.use = QPushButton("Use this profile")
        self.use.setProperty("role", "primary")
        self._facts = FactLines()
        self._facts_card = Card("What it is")
        self.strips = LiveStrips(STRIPS)
        self._live_card = Card("Live")
        self._capabilities = CapabilityLines()
        self._capabilities_card = Card("What it can tell")
        self._build()
        self.profile.clicked.connect(self.profile_asked)
        self.record.clicked.connect(self.record_asked)
        self.use.clicked.connect(self.use_asked)

    def show_details(self, details: DeviceDetails, *, live: bool) -> None:
        """Show a device; `live` where its strips are filled."""
        self._title.setText(details.title)
        self._subtitle.setText(details.subtitle)
        self._pill.setVisible(details.mark is not None)
        if details.mark is not None:
            self._pill.show_provenance(details.mark, details.story)
        self._advice.setText(details.advice)
        self._advice.setVisible(bool(details.advice))
        self._facts.show_facts(details.facts)
        self._live_card.setVisible(live)
        self._content.setStretch(0, 3 if live else 0)
        self._capabilities.show_capabilities(details.capabilities)
        self._capabilities_card.setVisible(bool(details.capabilities))
        self._lay_out()

    def show_actions(
        self, kind: str, note: str, *, can_profile: bool = True, in_use: bool = False
    ) -> None:
        """Show what can be done with a ``computer``, ``phone`` or ``profile``; `note` says why not.

        Args:
            can_profile: whether the device can be measured now.
            in_use: whether the profile that is shown is the one in use.
        """
        device = kind != "profile"
        for button in (self.profile, self.record):
            button.setVisible(device)
            button.setToolTip("" if kind == "computer" else note)
        self.profile.setEnabled(device and can_profile)
        self.record.setEnabled(kind == "computer")
        self.use.setVisible(not device)
        self.use.setEnabled(not in_use)
        self.use.setText("In use" if in_use else "Use this profile")
        self._note.setText(note)
        self._note.setVisible(bool(note))

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
        wanted = directions.LeftToRight if beside else directions.BottomToTop
        if self._middle.direction() != wanted:
            self._middle.setDirection(wanted)

    def _build(self) -> None:
        head = Card()
        self._subtitle.setMinimumWidth(60)
        line = row(self._title, self._pill, None, self.record, self.profile, self.use)
        head.body.addLayout(line)
        head.body.addWidget(self._subtitle)
        head.body.addWidget(self._advice)
        head.body.addWidget(self._note)
        self._facts_card.body.addWidget(self._facts)
        self._facts_card.body.addStretch(1)
        self._live_card.head.addWidget(
            label("two readings a second, the last two minutes", "small")
        )
        self._live_card.head.addStretch(1)
        self._live_card.body.addWidget(self.strips, 1)
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
