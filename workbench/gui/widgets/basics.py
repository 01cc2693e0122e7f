"""Labels, cards, rules and pills: the vocabulary that pages are put together from."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.core.provenance import Provenance
from workbench.gui import theme

_TONES = {
    Provenance.MEASURED: "good",
    Provenance.CALIBRATED: "accent",
    Provenance.ESTIMATED: "warning",
    Provenance.SIMULATED: "",
    Provenance.ABSENT: "",
}

_MEANINGS = {
    Provenance.MEASURED: "Read on the very thing it describes, under stated rules.",
    Provenance.CALIBRATED: "From a model fitted to measurements of that thing.",
    Provenance.ESTIMATED: "From a model that was never checked against that very thing.",
    Provenance.SIMULATED: "Reported by something that imitates a device.",
    Provenance.ABSENT: "Not known.",
}


def label(text: str, role: str = "", *, name: str = "", wrap: bool = False) -> QLabel:
    """A plain-text label in a role of the style sheet (``title``, ``secondary``, ...)."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        result.setProperty("role", role)
    if name:
        result.setAccessibleName(name)
    result.setWordWrap(wrap)
    return result


def value_label(text: str = "", *, size_px: int = theme.TEXT_PX, bold: bool = True) -> QLabel:
    """A label for a number that changes: digits of one width, so that it does not jitter."""
    result = label(text)
    result.setFont(theme.font(size_px, bold=bold, tabular=True))
    return result


def tone_of(provenance: Provenance) -> str:
    """The tone that a provenance is marked in: good, accent, warning, or empty for none."""
    return _TONES[provenance]


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and make the style sheet look at them again."""
    changed = False
    for key, value in properties.items():
        if widget.property(key) != value:
            widget.setProperty(key, value)
            changed = True
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def link_button(text: str, tip: str) -> QPushButton:
    """A button that looks like a link, as narrow as its words."""
    button = QPushButton(text)
    button.setProperty("role", "link")
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return button


def rule() -> QFrame:
    """A thin line between two blocks."""
    result = QFrame()
    result.setProperty("role", "rule")
    return result


def row(*widgets: QWidget | None, spacing: int = theme.GRID_PX) -> QHBoxLayout:
    """Widgets side by side; None stands for a stretch."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout


class Card(QFrame):
    """A panel with a border, an optional heading, and room beside the heading."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 10, 12, 12)
        self.body.setSpacing(theme.GRID_PX)
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.GRID_PX)
        self.heading = label(title, "heading")
        if title:
            self.setAccessibleName(title)
            self.head.addWidget(self.heading)
            self.body.addLayout(self.head)


class Pill(QLabel):
    """A short word in a rounded outline; `tone` is good, accent, warning, bad or empty."""

    def __init__(self, text: str = "", tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "pill")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_state(self, text: str, tone: str, story: str = "") -> None:
        """Change the word, its colour and its tool tip."""
        self.setText(text)
        self.setToolTip(story)
        self.setAccessibleName(f"{text}. {story}" if story else text)
        restyle(self, tone=tone)


class ProvenancePill(Pill):
    """The mark beside a number that says how far it can be trusted, its story in the tool tip."""

    def show_provenance(self, provenance: Provenance | str, story: str = "") -> None:
        """Show one of the provenances."""
        kind = Provenance(provenance)
        text = f"{_MEANINGS[kind]}\n\n{story}" if story else _MEANINGS[kind]
        self.show_state(str(kind), _TONES[kind], text)
