"""What AdaSpring's authors publish, beside what was obtained here."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.export.study_claims import (
    PUBLISHED_ENERGY_TIMES,
    PUBLISHED_EVOLUTION_MS,
    PUBLISHED_LATENCY_TIMES,
)
from workbench.export.study_report import Interval, StudyRatio, is_hand_crafted
from workbench.gui.presenters.compare_board import Board
from workbench.gui.presenters.formats import significant

SOURCE = "AdaSpring, IMWUT 5(1), article 24, 2021"
STORY = (
    f"As the abstract states them ({SOURCE}): up to {PUBLISHED_LATENCY_TIMES:g} times lower latency"
    f" and up to {PUBLISHED_ENERGY_TIMES:g} times better energy efficiency than hand-crafted"
    f" compression, at most {PUBLISHED_EVOLUTION_MS:g} ms for a runtime evolution; on the authors'"
    " networks, phones and baselines. Nothing of it was measured with this program."
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One published figure and what stands here for it.

    Attributes:
        published: such as ``up to 3.1×``.
        here: such as ``up to 2.9×``; a dash where there is none.
        note: against what, or how it was taken.
        provenance: of `here`; empty where there is none.
    """

    what: str
    published: str
    here: str
    note: str
    provenance: str
    story: str


def claims(board: Board, policy: str) -> tuple[Claim, ...]:
    """Latency, energy and evolution time of a policy, each the best or worst as published."""
    hand_crafted = [times for times in board.times_of(policy) if is_hand_crafted(times.baseline)]
    return (
        _times_claim(
            board, "lower latency", PUBLISHED_LATENCY_TIMES, "latency",
            [(times, times.latency_times) for times in hand_crafted],
        ),
        _times_claim(
            board, "better energy", PUBLISHED_ENERGY_TIMES, "energy",
            [(times, times.energy_times) for times in hand_crafted],
        ),
        _evolution_claim(board, policy),
    )  # fmt: skip


def _times_claim(
    board: Board,
    what: str,
    published: float,
    origin: str,
    found: list[tuple[StudyRatio, Interval | None]],
) -> Claim:
    known = [(times.baseline, interval) for times, interval in found if interval is not None]
    says = f"up to {published:g}×"
    if not found:
        return Claim(what, says, "–", "no hand-crafted policy", "", "Add a fixed: policy.")
    if not known:
        return Claim(what, says, "–", f"no {origin} in this profile", "", "")
    baseline, best = max(known, key=lambda pair: pair[1].mean)
    source = board.sources.get(origin)
    each = "\n".join(f"{name}: {times_text(interval)}" for name, interval in known)
    return Claim(
        what,
        says,
        f"up to {significant(best.mean, 2)}×" if best.mean > 1 else f"{significant(best.mean, 2)}×",
        f"against {baseline}" if best.mean > 1 else f"at best, against {baseline}",
        "" if source is None else str(source.provenance),
        each if source is None else f"{each}\n{source.summary()}",
    )


def _evolution_claim(board: Board, policy: str) -> Claim:
    row = board.row(policy)
    longest = None if row is None else row.figures.get("runtime_max_ms")
    says = f"≤ {PUBLISHED_EVOLUTION_MS:g} ms"
    if longest is None:
        why = "not replayed"
        if row is not None:
            switches = row.figures.get("switches")
            never = switches is None or switches.mean == 0
            why = "it never switches" if never else "the network's weights are not there"
        return Claim("evolution", says, "–", why, "", "")
    source = board.sources.get("computer")
    return Claim(
        "evolution",
        says,
        f"{significant(longest.mean, 2)} ms",
        "slowest switch, on this computer",
        "" if source is None else str(source.provenance),
        "Search and weight evolution of the slowest switch of all repeats. On a phone it takes"
        " longer than on this computer.",
    )


def times_text(interval: Interval | None) -> str:
    """Such as ``2.9× (2.8 to 3.0)``."""
    if interval is None:
        return "–"
    text = f"{significant(interval.mean, 2)}×"
    if interval.low is None or interval.high is None:
        return text
    return f"{text} ({significant(interval.low, 3)} to {significant(interval.high, 3)})"
