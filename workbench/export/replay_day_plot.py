"""The day of a replay as one picture: context, configurations, outcome and broken limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.core.palette import text_on
from workbench.export import plot_style as style
from workbench.export.day_canvas import LEFT, WIDTH, DayCanvas, round_up
from workbench.export.replay_report import ReplayReport, RunLike, is_baseline
from workbench.space.tables import FloatArray

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TOP, _BOTTOM = 1.12, 0.78
_GAP = 0.16
_LANE, _TALL_LANE = 0.72, 1.05
_LIMITS = (("latency", style.BAD), ("storage", style.WARNING), ("accuracy", style.LILAC))


@dataclass(frozen=True, slots=True)
class _Lane:
    """A strip of the picture: its kind, height in inches, and the run of a configuration lane."""

    kind: str
    height: float
    run: RunLike | None = None


def day_plot(report: ReplayReport, formats: Sequence[str] = ("png", "svg")) -> dict[str, bytes]:
    """Draw the day; format -> file."""
    lanes = _lanes(report)
    inner = sum(lane.height for lane in lanes) + _GAP * (len(lanes) - 1)
    height = inner + _TOP + _BOTTOM
    return style.draw(
        (WIDTH, height), lambda figure: _Day(report, figure, height, lanes).paint(), formats
    )


def _lanes(report: ReplayReport) -> list[_Lane]:
    layers = report.space.decisions
    runs = report.outcome.runs
    lanes = [_Lane("battery", _LANE), _Lane("cache", _LANE), _Lane("cpu", _LANE * 0.8)]
    for position, run in enumerate(runs):
        row, most = (0.19, 2.4) if position == 0 else (0.085, 1.2)
        height = min(row * layers, most) if _switches(run) or position == 0 else 0.2
        lanes.append(_Lane("configuration", height, run))
    lanes += [_Lane("accuracy", _LANE), _Lane("latency", _TALL_LANE)]
    if report.has_energy:
        lanes.append(_Lane("energy", _TALL_LANE))
    lanes.append(_Lane("limits", 0.15 * len(runs)))
    return lanes


class _Day:
    def __init__(
        self, report: ReplayReport, figure: Figure, height: float, lanes: Sequence[_Lane]
    ) -> None:
        self._report, self._outcome, self._lanes = report, report.outcome, lanes
        self._canvas = DayCanvas(report, figure, height)

    def paint(self) -> None:
        self._header()
        top = self._canvas.height - _TOP
        painters = {
            "battery": self._battery,
            "cache": self._cache,
            "cpu": self._cpu,
            "configuration": self._configuration,
            "accuracy": self._accuracy,
            "latency": self._latency,
            "energy": self._energy,
            "limits": self._limits,
        }
        for index, lane in enumerate(self._lanes):
            axes = self._canvas.axes(top, lane.height)
            painters[lane.kind](axes, lane)
            top -= lane.height + _GAP
            if index == len(self._lanes) - 1:
                self._canvas.time_axis(axes)
        self._operator_legend()

    # -- frame -----------------------------------------------------------------------------------

    def _header(self) -> None:
        report, outcome = self._report, self._outcome
        names = [report.input(role).title for role in ("network", "device profile")]
        self._canvas.say(
            0.3, self._canvas.height - 0.42, report.input("trace").title, size=16, weight="semibold"
        )
        facts = (
            " on ".join(names),
            f"{int(outcome.inferences.sum()):,} inferences",
            f"{report.settings['loop']} loop",
            f"seed {report.settings['seed']}",
            f"{report.trace.info.kind} context",
        )
        self._canvas.say(
            0.3, self._canvas.height - 0.66, "  ·  ".join(facts), color=style.SECONDARY, size=9.5
        )
        x = LEFT
        for run in outcome.runs:
            y = self._canvas.height - 0.93
            self._canvas.figure.add_artist(self._line(x, y, run))
            self._canvas.say(x + 0.32, y, run.name, size=9, va="center")
            x += 0.32 + 0.073 * len(run.name) + 0.26

    def _stroke(self, run: RunLike) -> tuple[str, float]:
        """Colour and width of a policy's curves; the first policy's are drawn over the others.

        A policy that adapts may choose the same as the first: a wide pale line stays visible.
        """
        colour = style.colour_of(run.name)
        if run is self._outcome.runs[0]:
            return colour, 1.7
        return (colour, 1.1) if is_baseline(run.name) else (style.pale(colour, 0.5), 3.8)

    def _line(self, x: float, y: float, run: RunLike) -> Artist:
        from matplotlib.lines import Line2D

        colour, width = self._stroke(run)
        return Line2D(
            (x / WIDTH, (x + 0.24) / WIDTH),
            (y / self._canvas.height, y / self._canvas.height),
            color=colour,
            linewidth=1.3 * width,
        )

    def _operator_legend(self) -> None:
        from matplotlib.patches import Rectangle

        space = self._report.space
        used = {
            name
            for run in self._outcome.runs
            for configuration in run.configurations
            for name in space.names(configuration)
        }
        known = list(dict.fromkeys(name for names in space.operators for name in names))
        x, y = LEFT, 0.24
        for name in known:
            if name not in used:
                continue
            self._canvas.figure.add_artist(
                Rectangle(
                    (x / WIDTH, (y - 0.06) / self._canvas.height),
                    0.14 / WIDTH,
                    0.14 / self._canvas.height,
                    facecolor=style.fill_of(name),
                )
            )
            self._canvas.say(x + 0.21, y, name, size=8.5, va="center", color=style.SECONDARY)
            x += 0.21 + 0.075 * len(name) + 0.26

    # -- curves ----------------------------------------------------------------------------------

    def _policies(self, axes: Axes, values: Sequence[FloatArray], band: bool) -> None:
        """All policies' curves, the first one's on top and widest."""
        for position, (run, series) in enumerate(zip(self._outcome.runs, values)):
            first = position == 0
            colour, width = self._stroke(run)
            z = 6 if first else 3 if width > 2 else 4
            self._canvas.curve(axes, series, colour, width=width, z=z, band=band and first)

    # -- lanes -----------------------------------------------------------------------------------

    def _battery(self, axes: Axes, lane: _Lane) -> None:
        series = [run.battery_percent for run in self._outcome.runs]
        self._canvas.area(axes, series[0], style.GOOD, 100)
        for run, values in zip(self._outcome.runs[1:], series[1:]):
            if np.abs(values - series[0]).max() >= 0.5:
                self._canvas.curve(
                    axes, values, style.colour_of(run.name), width=1.0, z=3, band=False
                )
        ends = [float(values[-1]) for values in series]
        end = (
            f"{ends[0]:.1f}" if max(ends) - min(ends) < 0.05 else f"{min(ends):.1f}–{max(ends):.1f}"
        )
        axes.text(
            0.995,
            0.88 if max(ends) < 70 else 0.12,
            f"{end}% left",
            transform=axes.transAxes,
            ha="right",
            va="top" if max(ends) < 70 else "bottom",
            size=8.5,
            zorder=5,
        )
        self._canvas.label(axes, "Battery", f"%, {self._report.sources['battery'].provenance}")

    def _cache(self, axes: Axes, lane: _Lane) -> None:
        values = self._report.trace["free_cache_kib"]
        self._canvas.area(axes, values, style.ACCENT, round_up(float(values.max())))
        self._canvas.label(axes, "Free cache", "KiB, from the trace")

    def _cpu(self, axes: Axes, lane: _Lane) -> None:
        self._canvas.area(axes, self._report.trace["cpu_share"], style.LILAC, 1.0)
        self._canvas.label(axes, "CPU share", "of a core, from the trace")

    def _configuration(self, axes: Axes, lane: _Lane) -> None:
        run = lane.run
        assert run is not None
        axes.set_yticks([])
        if run is not self._outcome.runs[0] and not _switches(run):
            self._held(axes, run)
            return
        layers = self._report.space.backbone.layers
        detail = _counted(_switches(run), "switch", "switches")
        if run is self._outcome.runs[0]:
            detail = f"{layers[1].name} (top) to {layers[-1].name}\n{detail}"
            self._switch_marks(axes, run)
        self._canvas.label(axes, run.name, detail, style.colour_of(run.name))
        rows = np.array(run.configurations)
        axes.set_ylim(self._report.space.decisions, 0)
        named = lane.height / self._report.space.decisions > 0.15
        for layer, names in enumerate(self._report.space.operators):
            chosen = rows[:, layer][run.configuration_id]
            for begin, end, choice in style.runs_of(chosen):
                span = float(self._canvas.edges[begin]), float(self._canvas.edges[end])
                self._operator(axes, layer, span, names[choice], named)

    def _operator(
        self, axes: Axes, row: float, span: tuple[float, float], name: str, named: bool
    ) -> None:
        """One operator of one row, from one time of day to another."""
        left, width = span[0], span[1] - span[0]
        colour = style.fill_of(name)
        gap = min(0.012 * self._canvas.seconds_per_inch, width * 0.2)
        axes.broken_barh(
            [(left, width - gap)], (row + 0.07, 0.86), facecolor=colour, linewidth=0, zorder=2
        )
        if named and width / self._canvas.seconds_per_inch > 0.075 * len(name) + 0.12:
            axes.text(
                left + 0.06 * self._canvas.seconds_per_inch,
                row + 0.53,
                name,
                size=7.5,
                color=text_on(colour),
                va="center",
                zorder=3,
            )

    def _held(self, axes: Axes, run: RunLike) -> None:
        """A policy that never switches: the names of its operators, once."""
        self._canvas.label(axes, run.name, "", style.colour_of(run.name))
        axes.set_ylim(1, 0)
        names = self._report.space.names(run.configurations[0])
        start, end = float(self._canvas.edges[0]), float(self._canvas.edges[-1])
        at = start
        for name in names:
            width = (0.075 * len(name) + 0.16) * self._canvas.seconds_per_inch
            if at + width > end:
                break
            self._operator(axes, 0, (at, at + width), name, True)
            at += width
        axes.plot(
            [at + 0.1 * self._canvas.seconds_per_inch, end],
            [0.5, 0.5],
            color=style.GRID,
            linewidth=1.2,
            zorder=1,
        )

    def _switch_marks(self, axes: Axes, run: RunLike) -> None:
        switches = [
            float(self._canvas.edges[begin]) for begin, _, _ in style.runs_of(run.configuration_id)
        ]
        axes.plot(
            switches[1:],
            [-0.06] * (len(switches) - 1),
            linestyle="none",
            marker="v",
            markersize=4,
            color=style.INK,
            clip_on=False,
            zorder=4,
        )

    def _accuracy(self, axes: Axes, lane: _Lane) -> None:
        report = self._report
        series = [run.accuracy_at_samples for run in self._outcome.runs]
        self._policies(axes, series, band=False)
        least = report.backbone_percent - report.settings["objective"]["loss_limit_points"]
        self._canvas.limit(axes, least, f"least allowed {least:.1f}%", above=False)
        low = min(least, *(float(values.min()) for values in series))
        high = max(report.backbone_percent, *(float(values.max()) for values in series))
        margin = 0.12 * (high - low) or 1.0
        axes.set_ylim(low - 1.6 * margin, high + margin)
        axes.set_yticks([round(least, 1), round(report.backbone_percent, 1)])
        self._canvas.label(axes, "Accuracy", f"%, {report.sources['accuracy'].provenance}")

    def _latency(self, axes: Axes, lane: _Lane) -> None:
        series = [run.latency_ms for run in self._outcome.runs]
        self._policies(axes, series, band=True)
        budget = self._outcome.latency_budget_ms
        top = round_up(1.05 * float(max(budget.max(), *(v.max() for v in series))))
        if budget.min() == budget.max():
            self._canvas.limit(axes, float(budget[0]), f"budget {budget[0]:g} ms", above=True)
        else:
            self._canvas.curve(axes, budget, style.WARNING, width=1.2, z=7, band=False)
        axes.set_ylim(0, top)
        axes.set_yticks([0, top / 2, top])
        axes.broken_barh(
            self._canvas.spans(self._outcome.runs[0].over_latency),
            (0, top),
            facecolor=style.pale(style.BAD, 0.85),
            linewidth=0,
            zorder=0.5,
        )
        self._canvas.label(axes, "Latency", f"ms, {self._report.sources['latency'].provenance}")

    def _energy(self, axes: Axes, lane: _Lane) -> None:
        series = [run.energy_mj for run in self._outcome.runs]
        self._policies(axes, series, band=True)
        top = round_up(1.05 * float(max(np.nanmax(values) for values in series)))
        axes.set_ylim(0, top)
        axes.set_yticks([0, top / 2, top])
        self._canvas.label(
            axes, "Energy", f"mJ an inference,\n{self._report.sources['energy'].provenance}"
        )

    def _limits(self, axes: Axes, lane: _Lane) -> None:
        """A row a policy, coloured where a limit is broken."""
        runs = self._outcome.runs
        axes.set_ylim(len(runs), 0)
        axes.set_yticks(
            [row + 0.5 for row in range(len(runs))], [run.name for run in runs], size=7.5
        )
        for row, run in enumerate(runs):
            axes.axhspan(row + 0.14, row + 0.86, color=style.pale(style.GRID, 0.55), zorder=1)
            over_accuracy = run.over_accuracy[run.configuration_id]
            which = np.select([run.over_latency, run.over_storage, over_accuracy], [1, 2, 3], 0)
            for code, (_, colour) in enumerate(_LIMITS, start=1):
                axes.broken_barh(
                    self._canvas.spans(which == code),
                    (row + 0.14, 0.72),
                    facecolor=colour,
                    linewidth=0,
                    zorder=2,
                )
        self._canvas.label(axes, "Limits broken")
        box = axes.get_position()
        for line, (name, colour) in enumerate(_LIMITS):
            self._canvas.say(
                0.3,
                box.y1 * self._canvas.height - 0.19 - 0.145 * line,
                f"{name}" + (", else" if line < 2 else ""),
                color=colour,
                size=8,
                va="top",
            )


def _switches(run: RunLike) -> int:
    return len(style.runs_of(run.configuration_id)) - 1


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
