"""The decision card as text: why now, what was chosen, what it beat, how good it is."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.export.region_text import percent
from workbench.gui.presenters.formats import clock, fixed, significant
from workbench.gui.presenters.replay_view import (
    EVOLUTION_LIMIT_MS,
    DecisionView,
    Figures,
    MeasuredView,
    PolicyView,
    ReplayView,
)

MAX_OTHERS = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of the table."""

    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Evolution:
    """Search and weight evolution against the limit; None where not measured."""

    search_ms: float | None
    evolve_ms: float | None
    limit_ms: float = EVOLUTION_LIMIT_MS

    @property
    def total_ms(self) -> float | None:
        """Both together, as far as known."""
        known = [ms for ms in (self.search_ms, self.evolve_ms) if ms is not None]
        return sum(known) if known else None

    def headline(self) -> str:
        """Such as ``0.83 ms of 6.2 ms``."""
        if self.total_ms is None:
            return "not measured"
        return f"{significant(self.total_ms)} ms of {self.limit_ms:g} ms"


@dataclass(frozen=True, slots=True)
class Card:
    """All that the decision card shows."""

    title: str
    time: str
    why: str
    operators: tuple[str, ...]
    weights: str
    feasible: str
    gap: str
    gap_tone: str
    exact: str
    blocked: str
    extrapolated: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    evolution: Evolution


def build_card(view: ReplayView, primary: PolicyView, others: list[PolicyView], t_s: float) -> Card:
    """The card for the decision of `primary` that is in force at a time.

    Args:
        others: policies to compare with; the first few are shown.
    """
    index = max(0, primary.decision_at(t_s))
    decision = primary.describe(index)
    sample = view.sample_at(decision.t_s)
    columns: list[tuple[str, Figures]] = [("now", decision.now)]
    if decision.before is not None:
        columns.append(("before", decision.before))
    for policy in others[:MAX_OTHERS]:
        columns.append((policy.name.removeprefix("fixed:"), policy.figures_at(sample)))
    gap, tone = _gap(decision)
    count = decision.feasible_count
    return Card(
        title=f"Decision {index + 1:,} of {len(primary.decision_operators):,}",
        time=clock(decision.t_s + view.origin_s),
        why=decision.why,
        operators=decision.operators,
        weights=(
            f"λ₁ {decision.lambda1:.2f}   λ₂ {decision.lambda2:.2f}   "
            f"battery {decision.battery_percent:.0f} %"
        ),
        feasible="" if count is None else f"{count:,} of {view.configurations:,} configurations",
        gap=gap,
        gap_tone=tone,
        exact=_exact(decision, view.layers),
        blocked=decision.blocked,
        extrapolated=decision.extrapolated,
        headings=tuple(heading for heading, _ in columns),
        rows=_rows([figures for _, figures in columns]),
        evolution=Evolution(decision.search_ms, decision.evolve_ms),
    )


MEASURE_TIP = "Takes these configurations to the Profile page."


def measured_text(measured: MeasuredView | None, policy: str) -> str:
    """What is said of a day that left what was measured; empty where it did not."""
    if measured is None or not measured.to_measure:
        return ""
    if not measured.calibrated:
        return "not measured on this device: measure…"
    share = measured.shares.get(policy, 0.0)
    if not share:
        return "other policies extrapolated: measure…"
    return f"{percent(share)} extrapolated: measure…"


def _gap(decision: DecisionView) -> tuple[str, str]:
    if decision.blocked:
        return "nothing feasible", "bad"
    if decision.gap is None:
        return "not known", ""
    if decision.gap <= 0:
        return "none, this is the optimum", "good"
    bound = "at most " if decision.gap_is_bound else ""
    tone = "good" if decision.gap <= 0.02 else "warning"
    return f"{bound}{significant(decision.gap * 100)} %", tone


def _exact(decision: DecisionView, layers: tuple[int, ...]) -> str:
    """How the exact optimum differs, layer by layer."""
    exact = decision.exact_operators
    if exact is None or exact == decision.operators:
        return ""
    changes = [
        f"{theirs} at layer {layer}"
        for layer, ours, theirs in zip(layers, decision.operators, exact, strict=True)
        if ours != theirs
    ]
    return "exact: " + ", ".join(changes)


def _rows(columns: list[Figures]) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    rows = [
        ("accuracy %", tuple(_accuracy(figures) for figures in columns)),
        ("latency ms", tuple(_latency(figures) for figures in columns)),
    ]
    if any(figures.energy_mj is not None for figures in columns):
        rows.append(("energy mJ", tuple(_energy(figures) for figures in columns)))
    rows.append(("storage KiB", tuple(_storage(figures) for figures in columns)))
    return tuple(rows)


def _accuracy(figures: Figures) -> Cell:
    return Cell(fixed(figures.accuracy_percent, 1), "accuracy" in figures.over)


def _latency(figures: Figures) -> Cell:
    return Cell(significant(figures.latency_ms), "latency" in figures.over)


def _energy(figures: Figures) -> Cell:
    return Cell("–" if figures.energy_mj is None else significant(figures.energy_mj))


def _storage(figures: Figures) -> Cell:
    return Cell(fixed(figures.storage_kib, 0), "storage" in figures.over)
