"""What a study found beside what AdaSpring publishes (Liu et al., IMWUT 2021)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.export.study_report import Interval, StudyRatio, StudyReport, is_hand_crafted

SEARCHER = "runtime3c"
PUBLISHED_LATENCY_TIMES = 3.1
PUBLISHED_ENERGY_TIMES = 4.2
PUBLISHED_EVOLUTION_MS = 6.2


@dataclass(frozen=True, slots=True)
class Claim:
    """A published figure and what this study has in its place.

    Attributes:
        title: what is compared.
        published: the published figure.
        found: this study's; None where it has none.
        unit: of both.
        story: where and how it was found, or why it was not.
    """

    title: str
    published: float
    found: float | None
    unit: str
    story: str

    @property
    def text(self) -> str:
        """One sentence."""
        found = "no figure" if self.found is None else f"{self.found:.2f} {self.unit}"
        return f"{self.title}: published {self.published:g} {self.unit}, here {found}. {self.story}"


def claims(report: StudyReport) -> tuple[Claim, ...]:
    """The three published figures against this study's."""
    ratios = [
        ratio
        for ratio in report.ratios
        if ratio.policy == SEARCHER and is_hand_crafted(ratio.baseline)
    ]
    return (
        _times(
            report, ratios, "times less latency than hand-crafted compression, at most",
            PUBLISHED_LATENCY_TIMES, lambda ratio: ratio.latency_times, "latency",
        ),
        _times(
            report, ratios, "times less energy than hand-crafted compression, at most",
            PUBLISHED_ENERGY_TIMES, lambda ratio: ratio.energy_times, "energy",
        ),
        _evolution(report),
    )  # fmt: skip


def _times(
    report: StudyReport,
    ratios: Sequence[StudyRatio],
    title: str,
    published: float,
    value: Callable[[StudyRatio], Interval | None],
    origin: str,
) -> Claim:
    known = [(found, ratio) for ratio in ratios if (found := value(ratio)) is not None]
    if not known:
        story = f"The study has no {origin} of {SEARCHER} and a hand-crafted policy together."
        return Claim(title, published, None, "×", story)
    best, ratio = max(known, key=lambda pair: pair[0].mean)
    least = min(found.mean for found, _ in known)
    middle = math.exp(sum(math.log(found.mean) for found, _ in known) / len(known))
    provenances = sorted(
        {
            str(report.source(r.task, r.platform, "energy" if origin == "energy" else "latency")
                .provenance)
            for _, r in known
        }
    )  # fmt: skip
    bounds = "" if best.low is None else f" (95%: {best.low:.2f} to {best.high:.2f})"
    story = (
        f"That is {ratio.task} on {ratio.platform} against {ratio.baseline}{bounds}, with"
        f" {ratio.accuracy_points.mean:+.2f} points of accuracy and"
        f" {ratio.violation_points.mean:+.1f} points of inferences that break a limit."
        f" Over all {len(known)} comparisons the geometric mean is {middle:.2f} ×, the least"
        f" {least:.2f} ×; {origin} is {' or '.join(provenances)}, not measured on the paper's"
        " devices."
    )
    return Claim(title, published, best.mean, "×", story)


def _evolution(report: StudyReport) -> Claim:
    title = "runtime evolution (search + weight evolution), at most"
    rows = [
        row for row in report.rows if row.policy == SEARCHER and "runtime_max_ms" in row.figures
    ]
    if not rows:
        story = f"The study timed no weight evolution under {SEARCHER}."
        return Claim(title, PUBLISHED_EVOLUTION_MS, None, "ms", story)
    longest = max(row.figures["runtime_max_ms"].mean for row in rows)
    medians = [row.figures["runtime_p50_ms"].mean for row in rows]
    story = (
        f"The longest of all switches; medians of the rows go from {min(medians):.2f} to"
        f" {max(medians):.2f} ms. Measured on {', '.join(report.computers)}, not on a phone."
    )
    return Claim(title, PUBLISHED_EVOLUTION_MS, longest, "ms", story)
