"""One line: what the authors publish, told apart from what was obtained here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from workbench.gui.presenters.published import STORY, Claim
from workbench.gui.widgets.basics import ProvenancePill, label, restyle
from workbench.gui.widgets.elided_label import ElidedLabel


class PublishedStrip(QFrame):
    """Two rows: published, and here; a column for each claim."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._claims: tuple[Claim, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 6, 12, 6)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)
        self._published = label("Published 2021", "secondary")
        self._published.setToolTip(STORY)
        self._here = label("Obtained here", "strong")
        self._grid.addWidget(self._published, 0, 0)
        self._grid.addWidget(self._here, 1, 0)
        self._cells: list[tuple[QLabel, QLabel, QLabel, ElidedLabel, ProvenancePill]] = []
        for index in range(3):
            figure, what = label("", "secondary"), label("", "small")
            here, note, pill = label("", "strong"), ElidedLabel(""), ProvenancePill()
            column = 1 + 4 * index
            self._grid.setColumnMinimumWidth(column, 58)
            self._grid.addWidget(figure, 0, column)
            self._grid.addWidget(what, 0, column + 1, 1, 2)
            self._grid.addWidget(here, 1, column)
            self._grid.addWidget(pill, 1, column + 1)
            self._grid.addWidget(note, 1, column + 2)
            self._grid.setColumnStretch(column + 2, 2)
            self._grid.setColumnMinimumWidth(column + 3, 12)
            for widget in (figure, what):
                widget.setToolTip(STORY)
            self._cells.append((figure, what, here, note, pill))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What is shown."""
        return self._claims

    def show_claims(self, claims: Sequence[Claim], policy: str) -> None:
        """Show what is published, and what `policy` comes to here."""
        self._claims = tuple(claims)
        self._here.setText(f"Here, {policy}" if policy else "Here")
        for claim, (figure, what, here, note, pill) in zip(claims, self._cells, strict=True):
            figure.setText(claim.published)
            what.setText(claim.what)
            here.setText(claim.here)
            note.setText(claim.note)
            for widget in (here, note):
                widget.setToolTip(claim.story)
            restyle(here, role="strong" if claim.provenance else "secondary")
            pill.setVisible(bool(claim.provenance))
            if claim.provenance:
                pill.show_provenance(claim.provenance, claim.story)
        self.setAccessibleName(
            "Published: "
            + "; ".join(f"{claim.published} {claim.what}" for claim in claims)
            + f". Here, {policy}: "
            + "; ".join(f"{claim.here} {claim.note} {claim.provenance}" for claim in claims)
        )
