"""The figures of a configuration as tiles: value, where it comes from, and how it compares."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.presenters.network_records import Figure
from workbench.gui.widgets.basics import ProvenancePill, label, restyle, value_label

_COLUMNS = 4


class ShareBar(QWidget):
    """A thin bar: a value against the backbone's, which the tick marks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share: float | None = None
        self._tone = ""
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.manager().changed.connect(self._restyle)

    def show_share(self, share: float | None, tone: str) -> None:
        """Show a share of the backbone's value."""
        if (share, tone) != (self._share, self._tone):
            self._share, self._tone = share, tone
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(80, 6)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw track, bar and tick."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0, 2, self.width(), 2)
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(track, 1, 1)
        if self._share is not None:
            # Beyond the backbone the whole bar shrinks to one that ends at the larger value.
            longest = max(1.0, self._share)
            colours = {"good": tokens.good, "bad": tokens.bad}
            painter.setBrush(QColor(colours.get(self._tone, tokens.accent)))
            bar = QRectF(0, 2, max(2.0, self.width() * self._share / longest), 2)
            painter.drawRoundedRect(bar, 1, 1)
            painter.setBrush(QColor(tokens.secondary))
            tick = min(self.width() - 1.0, self.width() / longest)
            painter.drawRect(QRectF(tick - 0.5, 0, 1, 6))
        painter.end()

    def _restyle(self, _tokens: Tokens) -> None:
        self.update()


class FigureTile(QWidget):
    """One `Figure`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = label("", "small")
        self._pill = ProvenancePill()
        self._caption.setMinimumWidth(30)
        self._value = value_label()
        # The sheet gives all labels one size; only a sheet of its own changes that.
        self._value.setStyleSheet("font-size: 18px;")
        self._unit = label("", "small")
        self._comparison = label("", "small")
        self._comparison.setStyleSheet("font-size: 11px; font-weight: 400;")
        self._bar = ShareBar()
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._caption)
        head.addWidget(self._pill)
        head.addStretch(1)
        value = QHBoxLayout()
        value.setSpacing(5)
        value.addWidget(self._value)
        value.addWidget(self._unit, 0, Qt.AlignmentFlag.AlignBottom)
        value.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addLayout(value)
        layout.addWidget(self._bar)
        layout.addWidget(self._comparison)
        self._figure: Figure | None = None

    @property
    def figure(self) -> Figure | None:
        """What is shown."""
        return self._figure

    def show_figure(self, figure: Figure) -> None:
        """Show a figure."""
        self._figure = figure
        self._caption.setText(figure.caption)
        self._value.setText(figure.value)
        self._unit.setText(figure.unit)
        self._comparison.setText(figure.comparison)
        restyle(self._comparison, role=figure.tone or "small")
        self._bar.show_share(figure.share, figure.tone)
        self._pill.setVisible(figure.source is not None)
        if figure.source is not None:
            self._pill.show_provenance(figure.source.provenance, figure.source.story)
        self.setToolTip(figure.story)
        self.setAccessibleName(figure.spoken)
        self.setAccessibleDescription(figure.story)


class FigureTiles(QWidget):
    """All figures, four in a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: dict[str, FigureTile] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * theme.GRID_PX)
        self._grid.setVerticalSpacing(10)

    def tile(self, key: str) -> FigureTile:
        """One figure's tile."""
        return self._tiles[key]

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show these figures; tiles are made once for each key."""
        for index, figure in enumerate(figures):
            if figure.key not in self._tiles:
                tile = FigureTile()
                self._tiles[figure.key] = tile
                self._grid.addWidget(tile, index // _COLUMNS, index % _COLUMNS)
                self._grid.setColumnStretch(index % _COLUMNS, 1)
            self._tiles[figure.key].show_figure(figure)
