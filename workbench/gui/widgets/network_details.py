"""The details card: data, licence, split, recipe and measured figures of a network."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QWidget

from workbench.core.provenance import Provenance
from workbench.gui.presenters.network_details import as_text, sections
from workbench.gui.widgets.basics import Card, ProvenancePill, label, row
from workbench.space.description import Network

_KEY_WIDTH_PX = 138


class NetworkDetails(Card):
    """Shows what a network is and how it came about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Details", parent)
        self._network: Network | None = None
        self._copy = QPushButton("Copy")
        self._copy.setProperty("role", "link")
        self._copy.setAccessibleName("Copy the details of the network")
        self._copy.clicked.connect(self._on_copy)
        self.head.addStretch(1)
        self.head.addWidget(self._copy)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setAccessibleName("Details of the network")
        self.body.addWidget(self._scroll, 1)

    def show_network(self, network: Network) -> None:
        """Show another network."""
        self._network = network
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        line = 0
        for section in sections(network):
            if line:
                grid.setRowMinimumHeight(line, 6)
                line += 1
            pill = None
            if section.mark:
                pill = ProvenancePill()
                pill.show_provenance(Provenance(section.mark))
            grid.addLayout(row(label(section.title, "strong"), pill, None), line, 0, 1, 2)
            for detail in section.details:
                line += 1
                key = label(detail.key, "secondary", wrap=True)
                key.setFixedWidth(_KEY_WIDTH_PX)
                key.setAlignment(Qt.AlignmentFlag.AlignTop)
                grid.addWidget(key, line, 0)
                grid.addWidget(self._value(detail.value, detail.key, detail.story), line, 1)
            line += 1
        grid.setRowStretch(line, 1)
        self._scroll.setWidget(inner)
        inner.setAutoFillBackground(False)

    @staticmethod
    def _value(text: str, key: str, story: str) -> QLabel:
        # Long words such as paths may break anywhere, or they would widen the card.
        value = label(text.replace("/", "/\u200b"), wrap=True, name=f"{key}: {text}")
        value.setAlignment(Qt.AlignmentFlag.AlignTop)
        value.setToolTip(story)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setMinimumWidth(60)
        return value

    def _on_copy(self) -> None:
        if self._network is not None:
            QGuiApplication.clipboard().setText(as_text(self._network))
