"""The lanes of a `LaneStack`: a filled curve, the curves of several policies, coloured spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGraphicsItem

from workbench.gui import theme
from workbench.gui.palette import contrast, mix, operator_colour, text_on
from workbench.gui.plots.decimate import Curve
from workbench.gui.plots.lane_label import LaneLabel
from workbench.gui.plots.pixel_items import (
    LevelLine,
    Shades,
    SpanRows,
    Spans,
    TimeGrid,
    translucent,
)
from workbench.gui.plots.time_view import TimeView

_MANY_POINTS = 400


def _cached_curve(**options: object) -> pg.PlotCurveItem:
    """A curve that is not stroked again when only the playhead moves over it."""
    item = pg.PlotCurveItem(**options)
    item.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
    return item


@dataclass(frozen=True, slots=True)
class LaneCurve:
    """One policy's curve in a lane."""

    name: str
    curve: Curve
    colour: str
    primary: bool = False


def _device_px(width: float) -> float:
    """A pen's width on this screen: pens of curves are counted in the screen's own pixels."""
    screen = QGuiApplication.primaryScreen()
    return width * (screen.devicePixelRatio() if screen is not None else 1.0)


class Lane:
    """Base of all lanes: a label, a view on the shared time, and a weight for its height."""

    def __init__(
        self,
        key: str,
        title: str,
        origin: Callable[[], float],
        *,
        stretch: int = 10,
        min_height_px: int = 30,
    ) -> None:
        self.key = key
        self.title = title
        self.stretch = stretch
        self.min_height_px = min_height_px
        self.label = LaneLabel(title)
        self.view = TimeView(key)
        self.view.setMinimumHeight(min_height_px)
        self._grid = TimeGrid(self.view, origin)
        self._drawn: dict[pg.PlotCurveItem, tuple[object, ...]] = {}

    def draw_range(self, start_s: float, end_s: float, pixels: int) -> None:
        """Show another span of time."""

    def _draw(self, item: pg.PlotCurveItem, curve: Curve, span: tuple[float, float, int]) -> None:
        """Give an item the points of a span, unless it shows them already."""
        wanted = (curve, *span)
        if self._drawn.get(item) != wanted:
            self._drawn[item] = wanted
            item.setData(*curve.visible(*span), connect="finite")

    def show_at(self, t_s: float) -> None:
        """Show the values at the playhead in the label."""

    def reading(self, t_s: float) -> str:
        """What the cross-hair says at a time; empty for nothing."""
        return ""

    def columns(self) -> list[tuple[str, Curve]]:
        """Curves for a CSV file: (heading, curve)."""
        return []

    def restyle(self) -> None:
        """The theme changed."""
        self.label.update()

    def _fit_height(self, low: float, high: float, *, from_zero: bool = False) -> None:
        low = min(0.0, low) if from_zero else low
        span = (high - low) or abs(high) or 1.0
        bottom = low if from_zero else low - 0.12 * span
        self.view.setYRange(bottom, high + 0.14 * span, padding=0)


class CurveLane(Lane):
    """One filled curve, such as the battery level."""

    def __init__(
        self,
        key: str,
        title: str,
        origin: Callable[[], float],
        *,
        tone: str,
        text: Callable[[float], tuple[str, str]],
        unit: str = "",
        stretch: int = 10,
    ) -> None:
        """`tone` names a token; `text` turns a value into (number, unit) for the label."""
        super().__init__(key, title, origin, stretch=stretch)
        self._tone = tone
        self._text = text
        self._unit = unit
        self._curve: Curve | None = None
        self._item = _cached_curve(antialias=True, fillLevel=0.0)
        self._look: tuple[str, float] = ("", 0.0)
        self.view.addItem(self._item, ignoreBounds=True)
        self.restyle()

    def set_curve(self, curve: Curve, low: float | None = None, high: float | None = None) -> None:
        """Show another curve; `low` and `high` fix the height where they are known."""
        self._curve = curve
        bottom = min(0.0, curve.low) if low is None else low
        top = curve.high if high is None else high
        self.view.setYRange(bottom, top + 0.1 * ((top - bottom) or 1.0), padding=0)
        self._item.setFillLevel(bottom)

    def draw_range(self, start_s: float, end_s: float, pixels: int) -> None:
        """Show another span of time."""
        if self._curve is not None:
            self._draw(self._item, self._curve, (start_s, end_s, pixels))
            self._set_pen()

    def show_at(self, t_s: float) -> None:
        """Show the value at the playhead."""
        if self._curve is not None:
            self.label.show_value(*self._text(self._curve.at(t_s)))

    def reading(self, t_s: float) -> str:
        """The value at the cross-hair."""
        return "" if self._curve is None else " ".join(self._text(self._curve.at(t_s))).strip()

    def columns(self) -> list[tuple[str, Curve]]:
        """The curve, headed by its key and unit."""
        heading = f"{self.key} [{self._unit}]" if self._unit else self.key
        return [] if self._curve is None else [(heading, self._curve)]

    def restyle(self) -> None:
        """Take up the theme's colours."""
        super().restyle()
        self._set_pen()
        self._item.setBrush(translucent(getattr(theme.tokens(), self._tone), 0.16))

    def _set_pen(self) -> None:
        # Wider than 1, Qt strokes a jagged line of many points ten times as long.
        drawn = self._item.xData
        width = 1.0 if drawn is not None and len(drawn) > _MANY_POINTS else _device_px(1.2)
        look = (getattr(theme.tokens(), self._tone), width)
        if look != self._look:
            self._look = look
            self._item.setPen(pg.mkPen(look[0], width=width))


class PolicyLane(Lane):
    """A figure of several policies at once, with a budget and the times it is broken."""

    def __init__(
        self,
        key: str,
        title: str,
        origin: Callable[[], float],
        *,
        text: Callable[[float], tuple[str, str]],
        unit: str = "",
        from_zero: bool = False,
        stretch: int = 10,
    ) -> None:
        super().__init__(key, title, origin, stretch=stretch)
        self._text = text
        self._unit = unit
        self._from_zero = from_zero
        self._curves: tuple[LaneCurve, ...] = ()
        self._items: dict[str, pg.PlotCurveItem] = {}
        self._budget: Curve | None = None
        self._budget_item = _cached_curve(antialias=False)
        self.view.addItem(self._budget_item, ignoreBounds=True)
        self._shades = Shades(self.view)
        self._budget_words = LevelLine(self.view, "warning")
        self.restyle()

    def set_curves(self, curves: Sequence[LaneCurve], budget: Curve | None = None) -> None:
        """Show the curves of these policies; the primary one is drawn thick and in front."""
        self._curves = tuple(curves)
        self._budget = budget
        for name in set(self._items) - {curve.name for curve in curves}:
            item = self._items.pop(name)
            self._drawn.pop(item, None)
            self.view.removeItem(item)
        for entry in curves:
            if entry.name not in self._items:
                item = _cached_curve(antialias=True)
                self._items[entry.name] = item
                self.view.addItem(item, ignoreBounds=True)
            self._items[entry.name].setZValue(10 if entry.primary else 1)
        shown = [entry.curve for entry in curves] + ([budget] if budget is not None else [])
        if shown:
            low = min(curve.low for curve in shown)
            high = max(curve.high for curve in shown)
            self._fit_height(low, high, from_zero=self._from_zero)
        self._budget_words.set_words("budget" if budget else "", budget.at if budget else None)
        self.restyle()

    def set_violations(
        self, spans: np.ndarray, caption: Callable[[float], str] | None = None
    ) -> None:
        """Shade times, shape (k, 2); `caption` names who breaks the budget at a time."""
        self._shades.set_spans(spans, caption)

    def draw_range(self, start_s: float, end_s: float, pixels: int) -> None:
        """Show another span of time."""
        for entry in self._curves:
            self._draw(self._items[entry.name], entry.curve, (start_s, end_s, pixels))
        if self._budget is not None:
            self._draw(self._budget_item, self._budget, (start_s, end_s, pixels))
        self._budget_item.setVisible(self._budget is not None)

    def show_at(self, t_s: float) -> None:
        """Show the primary policy's value at the playhead."""
        entry = self._primary()
        if entry is None:
            self.label.show_value("", "")
        else:
            self.label.show_value(*self._text(entry.curve.at(t_s)))

    def reading(self, t_s: float) -> str:
        """The primary policy's value at the cross-hair."""
        entry = self._primary()
        return "" if entry is None else " ".join(self._text(entry.curve.at(t_s))).strip()

    def columns(self) -> list[tuple[str, Curve]]:
        """All curves, headed by key, policy and unit."""
        unit = f" [{self._unit}]" if self._unit else ""
        columns = [(f"{self.key} {entry.name}{unit}", entry.curve) for entry in self._curves]
        if self._budget is not None:
            columns.append((f"{self.key} budget{unit}", self._budget))
        return columns

    def restyle(self) -> None:
        """Take up the theme's colours."""
        super().restyle()
        tokens = theme.tokens()
        for entry in self._curves:
            width = _device_px(2.0 if entry.primary else 1.0)
            colour = entry.colour if entry.primary else mix(entry.colour, tokens.panel, 0.2)
            self._items[entry.name].setPen(pg.mkPen(colour, width=width))
        self._budget_item.setPen(
            pg.mkPen(
                mix(tokens.warning, tokens.panel, 0.1),
                width=_device_px(1.0),
                style=Qt.PenStyle.DashLine,
            )
        )

    def _primary(self) -> LaneCurve | None:
        return next((entry for entry in self._curves if entry.primary), None)


class SpanLane(Lane):
    """The configuration lane."""

    ROW_PX = 22

    def __init__(
        self, key: str, title: str, origin: Callable[[], float], *, rows: int, footer: str = ""
    ) -> None:
        super().__init__(key, title, origin, stretch=5 * rows, min_height_px=8 + 14 * rows)
        self._rows = rows
        self._footer = footer
        self._spans: Spans | None = None
        self._item = SpanRows(self.view)
        self.view.setYRange(0, 1, padding=0)

    @property
    def opened(self) -> bool:
        """Whether each layer has a row of its own with words in it."""
        return self._item.opened

    def set_opened(self, opened: bool) -> None:
        """One row a layer, or all in one thin bar."""
        self._item.opened = opened
        self.stretch = 5 * self._rows if opened else 5
        self.min_height_px = 8 + 14 * self._rows if opened else 28
        self.view.setMinimumHeight(self.min_height_px)
        self._item.update()

    def set_spans(self, spans: Spans) -> None:
        """Show other spans."""
        self._spans = spans
        self._item.set_spans(spans)

    def show_at(self, t_s: float) -> None:
        """Show the operators at the playhead, each in its colour."""
        names = self._names_at(t_s)
        panel = theme.tokens().panel
        words = []
        for name in names if self.opened else ():
            colour = operator_colour(name)
            # Dark operator colours are lifted until they can be read as text.
            for _ in range(6):
                if contrast(colour, panel) >= 4.0:
                    break
                colour = mix(colour, text_on(panel), 0.2)
            words.append((name, colour))
        self.label.show_words(tuple(words), self._footer if self.opened else "")

    def reading(self, t_s: float) -> str:
        """The operators at the cross-hair."""
        return " · ".join(self._names_at(t_s))

    def _names_at(self, t_s: float) -> tuple[str, ...]:
        if self._spans is None or not self._spans.names:
            return ()
        index = self._spans.at(t_s)
        return self._spans.names[index] if index >= 0 else ()
