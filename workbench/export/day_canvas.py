"""The frame of a day plot: strips under one time axis, their labels, curves and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.export import plot_style as style
from workbench.export.replay_report import BoolArray, ReplayReport
from workbench.space.tables import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 13.0
LEFT, RIGHT = 2.15, 0.35
_BINS = 1200


class DayCanvas:
    """Draws into a figure whose places are given in inches from its lower left corner.

    Attributes:
        edges: (samples + 1,) seconds since midnight at which samples begin and the last one ends.
        seconds_per_inch: scale of the time axis.
    """

    def __init__(self, report: ReplayReport, figure: Figure, height: float) -> None:
        self.figure, self.height = figure, height
        midnight = report.moment(0.0)
        clock_s = midnight.hour * 3600 + midnight.minute * 60 + midnight.second
        t_s = report.outcome.t_s
        self._bins = style.Bins(t_s, _BINS)
        step = t_s[-1] - t_s[-2] if len(t_s) > 1 else 1.0
        # The last sample stands for as long as the one before it did.
        self.edges: FloatArray = np.append(t_s, t_s[-1] + step) + clock_s
        self._x = np.append(self._bins.t_s + clock_s, self.edges[-1])
        self.seconds_per_inch = float(self.edges[-1] - self.edges[0]) / (WIDTH - LEFT - RIGHT)
        self._ticks = style.time_ticks(float(self.edges[0]), float(self.edges[-1]))

    def axes(self, top: float, height: float) -> Axes:
        """A strip below `top`."""
        axes = self.figure.add_axes(
            (
                LEFT / WIDTH,
                (top - height) / self.height,
                (WIDTH - LEFT - RIGHT) / WIDTH,
                height / self.height,
            )
        )
        style.quiet(axes)
        axes.set_xlim(float(self.edges[0]), float(self.edges[-1]))
        axes.set_xticks([])
        for at, _ in self._ticks:
            axes.axvline(at, color=style.GRID, linewidth=0.6, zorder=0)
        return axes

    def time_axis(self, axes: Axes) -> None:
        """Write times of day below a strip."""
        axes.set_xticks([at for at, _ in self._ticks], [text for _, text in self._ticks])

    def say(self, x: float, y: float, text: str, **options: Any) -> None:
        """Write text."""
        self.figure.text(x / WIDTH, y / self.height, text, parse_math=False, **options)

    def label(self, axes: Axes, title: str, detail: str = "", colour: str = style.INK) -> None:
        """Title and unit in the gutter beside a lane."""
        box = axes.get_position()
        top = box.y1 * self.height
        self.say(0.3, top, title, weight="semibold", size=9.5, va="top", color=colour)
        if detail:
            self.say(0.3, top - 0.19, detail, color=style.SECONDARY, size=8, va="top")

    def curve(
        self, axes: Axes, values: FloatArray, colour: str, *, width: float, z: float, band: bool
    ) -> None:
        """A curve of (samples,) values; `band` adds their range below it."""
        if band:
            axes.fill_between(
                self._x,
                _held(self._bins.low(values)),
                _held(self._bins.high(values)),
                color=colour,
                alpha=0.14,
                linewidth=0,
                zorder=z - 0.5,
                step="post",
            )
        axes.plot(
            self._x,
            _held(self._bins.mean(values)),
            color=colour,
            linewidth=width,
            zorder=z,
            drawstyle="steps-post",
        )

    def area(self, axes: Axes, values: FloatArray, colour: str, top: float) -> None:
        """A filled curve from 0 to `top`."""
        mean = _held(self._bins.mean(values))
        axes.fill_between(self._x, mean, color=style.pale(colour, 0.84), linewidth=0, zorder=1)
        axes.plot(self._x, mean, color=colour, linewidth=1.3, zorder=2)
        axes.set_ylim(0, top)
        axes.set_yticks([0, top / 2, top])

    def limit(self, axes: Axes, value: float, text: str, *, above: bool) -> None:
        """A dashed line with its name above or below it."""
        axes.axhline(value, color=style.WARNING, linewidth=1.1, linestyle=(0, (4, 2)), zorder=7)
        axes.annotate(
            text,
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(-4, 3 if above else -3),
            textcoords="offset points",
            ha="right",
            va="bottom" if above else "top",
            size=8,
            color=style.WARNING,
            zorder=8,
            bbox={"facecolor": style.PAPER, "alpha": 0.85, "linewidth": 0, "pad": 1},
        )

    def spans(self, mask: BoolArray) -> list[tuple[float, float]]:
        """(start, width) of every stretch in which a (samples,) mask is set, in times of day."""
        return [
            (float(self.edges[begin]), float(self.edges[end] - self.edges[begin]))
            for begin, end, broken in style.runs_of(mask)
            if broken
        ]


def _held(values: FloatArray) -> FloatArray:
    """Values with the last one once more, which lasts until the end of its sample."""
    return np.append(values, values[-1])


def round_up(value: float) -> float:
    """The next of 1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    for step in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8):
        if value <= step * power * (1 + 1e-9):
            return float(step * power)
    return float(10 * power)
