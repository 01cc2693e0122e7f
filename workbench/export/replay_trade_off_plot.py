"""Accuracy against energy and latency: the policies among all configurations held throughout."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.export import plot_style as style
from workbench.export.label_places import place_labels
from workbench.export.replay_report import ReplayReport, SummaryLike, is_baseline
from workbench.space.tables import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 6.2
_PANEL = 6.0
_LABEL_HEIGHT = 0.34


def trade_off_plot(
    report: ReplayReport, formats: Sequence[str] = ("png", "svg")
) -> dict[str, bytes]:
    """Draw the trade-off; format -> file."""
    panels = 2 if report.has_energy else 1
    size = (0.9 + _PANEL * panels, _HEIGHT)
    return style.draw(size, lambda figure: _TradeOff(report, figure, size).paint(), formats)


class _TradeOff:
    def __init__(self, report: ReplayReport, figure: Figure, size: tuple[float, float]) -> None:
        self._report, self._figure, self._size = report, figure, size

    def paint(self) -> None:
        report, cloud = self._report, self._report.cloud
        self._header()
        kinds = ["energy", "latency"] if report.has_energy else ["latency"]
        for column, kind in enumerate(kinds):
            axes = self._axes(column)
            costs = None
            if cloud is not None:
                costs = cloud.energy_mj if kind == "energy" else cloud.latency_ms
            values = [_cost(summary, kind) for summary in report.outcome.summaries]
            source = report.sources[kind].provenance
            unit = "mJ" if kind == "energy" else "ms"
            axes.set_xlabel(
                f"{kind} of an inference, {unit}, mean of the trace ({source})", size=9.5
            )
            if column == 0:
                axes.set_ylabel(f"accuracy, % ({report.sources['accuracy'].provenance})", size=9.5)
            self._panel(axes, costs, values)

    def _axes(self, column: int) -> Axes:
        width, height = self._size
        axes = self._figure.add_axes(
            (
                (0.8 + _PANEL * column) / width,
                0.62 / height,
                (_PANEL - 0.45) / width,
                (height - 1.32 - 0.23 * len(self._lines())) / height,
            )
        )
        style.quiet(axes, bottom=True)
        axes.grid(True, zorder=0)
        return axes

    def _lines(self) -> list[str]:
        """What stands below the title."""
        report = self._report
        names = [report.input(role).title for role in ("network", "device profile")]
        lines = [" on ".join(names) + f", {int(report.outcome.inferences.sum()):,} inferences"]
        if report.cloud is not None:
            count = len(report.cloud.accuracy_percent)
            lines.append(
                f"Grey: each of {count:,} configurations held throughout; green: the best of them,"
                " limits aside. Below a policy: inferences that broke a limit."
            )
        columns = int(13.5 * self._size[0])
        return [part for line in lines for part in textwrap.wrap(line, columns)]

    def _header(self) -> None:
        width, height = self._size
        title = f"{self._report.input('trace').title}: what accuracy costs"
        texts: list[tuple[float, str, dict[str, Any]]] = [
            (0.42, title, {"size": 16, "weight": "semibold"})
        ]
        for row, line in enumerate(self._lines()):
            texts.append((0.67 + 0.23 * row, line, {"size": 9.5, "color": style.SECONDARY}))
        for below, text, options in texts:
            self._figure.text(0.3 / width, 1 - below / height, text, parse_math=False, **options)

    def _panel(self, axes: Axes, costs: FloatArray | None, values: Sequence[float]) -> None:
        report, cloud = self._report, self._report.cloud
        accuracies = [summary.accuracy_percent for summary in report.outcome.summaries]
        least = report.backbone_percent - report.settings["objective"]["loss_limit_points"]
        high = max(report.backbone_percent, *accuracies)
        if cloud is not None:
            high = max(high, float(cloud.accuracy_percent.max()))
        # The worst configurations are of no interest; the picture ends a little below the limit.
        low = min(least, *accuracies) - 0.35 * (high - min(least, *accuracies))
        right = max(values)
        curve: tuple[FloatArray, FloatArray] = (np.empty(0), np.empty(0))
        if costs is not None and cloud is not None:
            shown = cloud.accuracy_percent >= low
            curve = self._cloud(axes, costs[shown], cloud.accuracy_percent[shown])
            right = max(right, float(costs[shown].max()))
        axes.set_ylim(low, high + 0.08 * (high - low))
        axes.set_xlim(0, 1.06 * right)
        axes.axhline(least, color=style.WARNING, linewidth=1.1, linestyle=(0, (4, 2)), zorder=2)
        axes.annotate(
            f"least accuracy allowed, {least:.1f}%",
            (1, least),
            xycoords=("axes fraction", "data"),
            xytext=(-4, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            size=8,
            color=style.WARNING,
        )
        self._policies(axes, values, curve)

    def _cloud(
        self, axes: Axes, costs: FloatArray, accuracies: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Every configuration as a dot, and the front, whose points are returned."""
        axes.plot(
            costs,
            accuracies,
            linestyle="none",
            marker="o",
            markersize=2.4,
            markeredgewidth=0,
            color=style.SECONDARY,
            alpha=0.16,
            zorder=1,
            rasterized=True,  # thousands of dots would make the SVG slow to open
        )
        front = _front(costs, accuracies)
        curve = costs[front], accuracies[front]
        axes.plot(*curve, color=style.GOOD, linewidth=1.5, marker="o", markersize=3, zorder=2)
        return curve

    def _policies(
        self, axes: Axes, values: Sequence[float], curve: tuple[FloatArray, FloatArray]
    ) -> None:
        summaries = self._report.outcome.summaries
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        groups = _coincident(
            [(cost - left) / (right - left) for cost in values],
            [(summary.accuracy_percent - low) / (high - low) for summary in summaries],
        )
        self._names(axes, values, groups, curve)
        for group in groups:
            x = values[group[0]]
            for depth, index in enumerate(reversed(group)):
                name = summaries[index].name
                colour = style.colour_of(name)
                hollow = is_baseline(name)
                axes.plot(
                    [x],
                    [summaries[index].accuracy_percent],
                    marker="s" if hollow else "o",
                    # Rings around one another where policies came to the same.
                    markersize=9 + 5 * (len(group) - 1 - depth),
                    markerfacecolor=style.PAPER if hollow else colour,
                    markeredgecolor=colour if hollow else style.PAPER,
                    markeredgewidth=2 if hollow else 1.5,
                    linestyle="none",
                    zorder=6 + depth,
                )

    def _names(
        self,
        axes: Axes,
        values: Sequence[float],
        groups: list[list[int]],
        curve: tuple[FloatArray, FloatArray],
    ) -> None:
        summaries = self._report.outcome.summaries
        box, (width, height) = axes.get_position(), self._size
        panel = box.width * width, box.height * height
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        at = [(values[group[0]], summaries[group[0]].accuracy_percent) for group in groups]
        members = [[summaries[index] for index in group] for group in groups]
        widths = [max(0.082 * sum(len(item.name) + 2 for item in group), 1.0) for group in members]

        def inches(x: Any, y: Any) -> list[tuple[float, float]]:
            """Places in the panel of points in the units of the axes."""
            across = (np.asarray(x) - left) / (right - left) * panel[0]
            up = (np.asarray(y) - low) / (high - low) * panel[1]
            return list(zip(across.tolist(), up.tolist()))

        places = place_labels(
            inches(*zip(*at)),
            [(width, _LABEL_HEIGHT) for width in widths],
            panel,
            avoid=inches(*_along(*curve)),
        )
        for group, point, place, width in zip(members, at, places, widths):
            self._name(axes, group, point, place, width)

    def _name(
        self,
        axes: Axes,
        group: Sequence[SummaryLike],
        at: tuple[float, float],
        place: tuple[float, float],
        width: float,
    ) -> None:
        """Name the policies at `at`; the text's lower left corner lies `place` inches from it."""
        # Text beside its marker ends or begins there, however wide it comes out.
        on_left = place[0] + width <= 0
        x, y = 72 * (place[0] + width if on_left else place[0]), 72 * place[1]
        broken = {f"{100 * summary.violation_share:.0f}%" for summary in group}
        options: dict[str, Any] = {
            "xycoords": "data",
            "textcoords": "offset points",
            "va": "bottom",
            "ha": "right" if on_left else "left",
            "zorder": 5,
            "bbox": {"facecolor": style.PAPER, "alpha": 0.8, "linewidth": 0, "pad": 0.5},
        }
        if abs(place[1] + _LABEL_HEIGHT / 2) > _LABEL_HEIGHT:
            axes.annotate(
                "",
                at,
                xytext=(x, y + 36 * _LABEL_HEIGHT),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": style.SECONDARY, "linewidth": 0.7},
                zorder=4,
            )
        axes.annotate(
            ", ".join(summary.name for summary in group),
            at,
            xytext=(x, y + 12),
            size=9.5,
            weight="semibold",
            color=style.colour_of(group[0].name),
            **options,
        )
        axes.annotate(
            _over(broken),
            at,
            xytext=(x, y),
            size=8,
            color=style.BAD if broken != {"0%"} else style.GOOD,
            **options,
        )


def _over(shares: set[str]) -> str:
    return f"{', '.join(sorted(shares))} over a limit"


def _cost(summary: SummaryLike, kind: str) -> float:
    if kind == "latency":
        return summary.latency_mean_ms
    return summary.energy_per_inference_mj or 0.0


def _front(costs: FloatArray, accuracies: FloatArray) -> list[int]:
    """Configurations that none beats in both, cheapest first."""
    best, found = -np.inf, []
    for index in np.lexsort((-accuracies, costs)).tolist():
        if accuracies[index] > best:
            best = float(accuracies[index])
            found.append(index)
    return found


def _along(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points close to one another on the line through the given ones."""
    if len(x) < 2:
        return x, y
    at = np.arange(len(x), dtype=float)
    fine = np.linspace(0, len(x) - 1, 12 * (len(x) - 1) + 1)
    return np.interp(fine, at, x), np.interp(fine, at, y)


def _coincident(x: Sequence[float], y: Sequence[float], within: float = 0.012) -> list[list[int]]:
    """Indices of points, those that lie on one another together."""
    groups: list[list[int]] = []
    for index in range(len(x)):
        for group in groups:
            if abs(x[group[0]] - x[index]) < within and abs(y[group[0]] - y[index]) < within:
                group.append(index)
                break
        else:
            groups.append([index])
    return groups
