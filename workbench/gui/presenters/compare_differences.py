"""Where two runs differ, as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.gui.presenters.compare_backend import Contender, Differing
from workbench.gui.presenters.formats import clock, duration, fixed, significant, table_csv
from workbench.gui.presenters.replay_view import Knob
from workbench.replay.difference import Difference, Side

HEADINGS = ("Time", "Why", "Configuration", "Accuracy, %", "Latency, ms", "Energy, mJ", "Broken")


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of both runs; `better` is 0 or 1 for the side that is better, else -1."""

    first: str
    second: str
    better: int = -1


@dataclass(frozen=True, slots=True)
class SpanRow:
    """One span in which the two differ.

    Attributes:
        time: when it begins; `lasts`: how long, and how many inferences.
        why: what made each of them decide, the first and the second; empty where it did not.
        figures: of `HEADINGS` from accuracy on.
        cost: what the first comes to more than the second.
    """

    t_s: float
    time: str
    lasts: str
    why: tuple[str, str]
    operators: tuple[tuple[str, ...], tuple[str, ...]]
    figures: tuple[Pair, ...]
    cost: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One sum; `tone` is good, bad or empty for the first run."""

    caption: str
    value: str
    unit: str
    note: str
    tone: str = ""
    story: str = ""


@dataclass(frozen=True, slots=True)
class RunningSum:
    """What the first comes to more than the second, as it adds up.

    Attributes:
        points: (t_s, sum so far), from the start of the trace to its end.
    """

    title: str
    unit: str
    points: tuple[tuple[float, float], ...]

    @property
    def total(self) -> float:
        """The sum at the end."""
        return self.points[-1][1] if self.points else 0.0


@dataclass(frozen=True)
class DifferenceView:
    """Everything that the list of differences shows."""

    differing: Differing
    rows: tuple[SpanRow, ...]
    tiles: tuple[Tile, ...]

    @property
    def sums(self) -> tuple[RunningSum, ...]:
        """Energy (where it is known), computing time and wrong answers as they add up."""
        comparison = self.differing.comparison
        found = []
        if comparison.totals.energy_j is not None:
            energy = [span.energy_j or 0.0 for span in comparison.spans]
            found.append(self._running("Energy so far", "J", energy))
        busy = [span.busy_s for span in comparison.spans]
        wrong = [span.wrong for span in comparison.spans]
        found.append(self._running("Computing so far", "s", busy))
        found.append(self._running("Wrong answers so far, expected", "", wrong))
        return tuple(found)

    def _running(self, title: str, unit: str, costs: Sequence[float]) -> RunningSum:
        """Within a span the sum is drawn as if it rose evenly."""
        points, total = [(0.0, 0.0)], 0.0
        for span, cost in zip(self.differing.comparison.spans, costs, strict=True):
            points.append((span.t_s, total))
            total += cost
            points.append((span.end_s, total))
        return RunningSum(title, unit, (*points, (self.end_s, total)))

    @property
    def end_s(self) -> float:
        """When the trace ends."""
        return self.differing.comparison.end_s

    def row_at(self, t_s: float) -> int:
        """Index of the span at a time; -1 where the two are alike."""
        spans = self.differing.comparison.spans
        return next((i for i, span in enumerate(spans) if span.t_s <= t_s < span.end_s), -1)

    def csv(self) -> str:
        """Every span with every digit."""
        heading = ["t_s", "time_of_day", "end_s", "inferences"]
        for side in ("first", "second"):
            heading += [
                f"{side}_{name}"
                for name in (
                    "configuration", "why", "accuracy_percent", "latency_ms", "energy_mj",
                    "broken_percent",
                )
            ]  # fmt: skip
        heading += ["more_wrong_answers", "more_busy_s", "more_energy_j"]
        rows = []
        for span in self.differing.comparison.spans:
            cells: list[object] = [f"{span.t_s:g}", clock(span.t_s + self.differing.origin_s)]
            cells += [f"{span.end_s:g}", span.inferences]
            for one in (span.first, span.second):
                cells += ["/".join(one.operators), one.why]
                cells += [f"{one.accuracy_percent:.6g}", f"{one.latency_ms:.6g}"]
                cells += ["" if one.energy_mj is None else f"{one.energy_mj:.6g}"]
                cells += [f"{100 * one.broken_share:.6g}"]
            energy = "" if span.energy_j is None else f"{span.energy_j:.6g}"
            rows.append([*cells, f"{span.wrong:.6g}", f"{span.busy_s:.6g}", energy])
        return table_csv(heading, rows)


def difference_view(differing: Differing) -> DifferenceView:
    """What is shown of a difference."""
    rows = tuple(_row(span, differing) for span in differing.comparison.spans)
    return DifferenceView(differing, rows, _tiles(differing))


def settings_text(contender: Contender, knobs: tuple[Knob, ...]) -> str:
    """The settings that are not at their defaults, such as ``λ₂ ≥ 0.60``."""
    by_key = {knob.key: knob for knob in knobs}
    parts = [
        f"{by_key[key].short or by_key[key].label} {by_key[key].text(value)}"
        for key, value in contender.values
        if key in by_key
    ]
    return ", ".join(parts)


def _row(span: Difference, differing: Differing) -> SpanRow:
    time = clock(span.t_s + differing.origin_s)
    lasts = f"{duration(span.end_s - span.t_s)}, {span.inferences:,} inferences"
    figures = (
        _pair(span.first.accuracy_percent, span.second.accuracy_percent, 2, 1),
        _pair(span.first.latency_ms, span.second.latency_ms, None, -1),
        _pair(span.first.energy_mj, span.second.energy_mj, None, -1),
        _pair(100 * span.first.broken_share, 100 * span.second.broken_share, 0, -1, "%"),
    )
    names = (differing.first.policy, differing.second.policy)
    spoken = [f"{time}, {lasts}"]
    for name, side, number in zip(names, (span.first, span.second), range(2), strict=True):
        spoken.append(_spoken(name, side, [(p.first, p.second)[number] for p in figures]))
    cost = _cost(span)
    return SpanRow(
        span.t_s,
        time,
        lasts,
        (span.first.why, span.second.why),
        (span.first.operators, span.second.operators),
        figures,
        cost,
        ". ".join([*spoken, f"In sum: {cost}"]),
    )


def _spoken(name: str, side: Side, figures: list[str]) -> str:
    words = ", ".join(
        f"{heading.lower()} {figure}" for heading, figure in zip(HEADINGS[3:], figures, strict=True)
    )
    why = f" because of {side.why}" if side.why else ""
    return f"{name} runs {' '.join(side.operators)}{why}: {words}"


def _pair(
    first: float | None, second: float | None, decimals: int | None, better: int, unit: str = ""
) -> Pair:
    texts = [
        "–"
        if value is None
        else (significant(value, 3) if decimals is None else fixed(value, decimals))
        + (f" {unit}" if unit else "")
        for value in (first, second)
    ]
    if first is None or second is None or texts[0] == texts[1]:
        return Pair(texts[0], texts[1])
    return Pair(texts[0], texts[1], 0 if better * (first - second) > 0 else 1)


def _cost(span: Difference) -> str:
    parts = []
    if span.energy_j is not None:
        parts.append(f"{signed(span.energy_j)} J")
    parts.append(f"{signed(span.busy_s)} s")
    parts.append(f"{signed(span.wrong)} wrong")
    return ", ".join(parts)


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, such as ``−0.31``."""
    if not math.isfinite(value):
        return "–"
    if value == 0 or abs(value) < 1e-9:
        return "0"
    return f"{'−' if value < 0 else '+'}{significant(abs(value), digits)}"


def signed_count(value: int) -> str:
    """A whole number with its sign."""
    return "0" if value == 0 else f"{'−' if value < 0 else '+'}{abs(value):,}"


def _tiles(differing: Differing) -> tuple[Tile, ...]:
    totals = differing.comparison.totals
    first, second = differing.first.policy, differing.second.policy
    who = f"{first} against {second}" if first != second else "the first against the second"

    def tone(value: float) -> str:
        return "" if abs(value) < 1e-9 else "good" if value < 0 else "bad"

    tiles = [
        Tile(
            "They differ", fixed(100 * totals.time_share, 0), "% of the time",
            f"{totals.spans:,} spans, {100 * totals.inference_share:.0f} % of inferences",
            story="Spans in which two different configurations run, the same two throughout.",
        )
    ]  # fmt: skip
    if totals.energy_j is not None:
        tiles.append(
            Tile(
                "Energy", signed(totals.energy_j, 3), "J", who, tone(totals.energy_j),
                "Energy that the first takes more, over all spans.",
            )
        )  # fmt: skip
    tiles += [
        Tile(
            "Computing", signed(totals.busy_s, 3), "s", who, tone(totals.busy_s),
            "Latency of all inferences that the first takes more, over all spans.",
        ),
        Tile(
            "Wrong answers", signed(totals.wrong, 3), "", "expected, " + who, tone(totals.wrong),
            "Inferences times the difference in accuracy, over all spans.",
        ),
        Tile(
            "Limits broken", signed_count(totals.broken), "inferences", who, tone(totals.broken),
            "Inferences that broke a limit under the first, less those under the second.",
        ),
    ]  # fmt: skip
    return tuple(tiles)
