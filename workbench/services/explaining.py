"""A search's decision in words: what it weighs, what binds, what it beat, what would help."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.search.exact import Blocker, Enumeration
from workbench.search.problem import Outcome, Situation
from workbench.services.deployment import Deployment
from workbench.services.searching import SearchReport

_EFFICIENCY = {"energy": "energy", "latency": "latency", "intensity": "arithmetic intensity"}
_BINDS = 0.95
"""A limit counts as binding when more than this part of it is used."""

_OPTIONS = {
    "latency": "--latency-budget-ms",
    "storage": "--cache-kb",
    "accuracy": "--accuracy-loss-points",
}
_FACTORS = {"latency": 1.0, "storage": 1 / 1024, "accuracy": 1.0}
"""From the unit of a `Blocker` to that of its option."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One constraint and how much of it the choice uses, in the unit that people read.

    Attributes:
        name: "latency", "storage" or "accuracy".
    """

    name: str
    unit: str
    used: float
    allowed: float

    @property
    def share(self) -> float:
        """Used part of what is allowed; infinite where nothing is."""
        return self.used / self.allowed if self.allowed else math.inf


def limits_of(report: SearchReport) -> tuple[Limit, ...]:
    """The three constraints as the choice meets them."""
    chosen, context = report.chosen, report.context
    return (
        Limit("latency", "ms", chosen.latency_ms, context.latency_budget_ms),
        Limit("storage", "KiB", chosen.storage_bytes / 1024, context.free_cache_bytes / 1024),
        Limit("accuracy", "points", chosen.loss_points, report.objective.loss_limit_points),
    )


def runner_up(deployment: Deployment, report: SearchReport) -> Outcome | None:
    """The best feasible configuration but the chosen one; None where there is none.

    On spaces too large to enumerate it is not looked for.
    """
    problem = deployment.problem
    if not problem.enumerable:
        return None
    situation = Situation(problem, report.context, report.objective)
    evaluation = Enumeration(situation).evaluation
    objective = np.where(evaluation.violation > 0, np.inf, evaluation.objective)
    objective[problem.space.index(report.chosen.configuration)] = np.inf
    row = int(objective.argmin())
    if not np.isfinite(objective[row]):
        return None
    return situation.outcome(problem.space.configuration(row))


def weights_text(report: SearchReport) -> str:
    """Why accuracy and efficiency weigh what they weigh."""
    battery, floor = report.context.battery, report.objective.lambda2_floor
    why = (
        f"the floor of {floor:g}, the battery is at {100 * battery:.0f}%"
        if report.lambda2 == floor
        else f"1 - battery of {100 * battery:.0f}%"
    )
    return (
        f"accuracy loss {report.lambda1:.2f},"
        f" {_EFFICIENCY[report.objective.efficiency]} {report.lambda2:.2f} ({why})"
    )


def binding_text(report: SearchReport) -> str:
    """Which limits hold the choice back, or are broken."""
    limits = limits_of(report)
    broken = [limit for limit in limits if limit.name in report.chosen.violated]
    if broken:
        return "broken: " + "; ".join(_against(limit) for limit in broken)
    tight = [limit for limit in limits if limit.share > _BINDS]
    if not tight:
        nearest = max(limits, key=lambda limit: limit.share)
        return f"no limit is tight; the nearest is {_against(nearest)}"
    return "; ".join(_against(limit) for limit in tight)


def _against(limit: Limit) -> str:
    share = f", {100 * limit.share:.0f}%" if math.isfinite(limit.share) else ""
    return f"{limit.name} {limit.used:.4g} of {limit.allowed:.4g} {limit.unit}{share}"


def relaxations(blockers: tuple[Blocker, ...]) -> tuple[str, ...]:
    """Changes of one limit, as options, of which each makes the search feasible."""
    return tuple(
        _option(blocker.constraint, blocker.least_with_others * _FACTORS[blocker.constraint])
        for blocker in blockers
        if blocker.least_with_others is not None and blocker.least_with_others > blocker.limit
    )


def needs(report: SearchReport) -> tuple[str, ...]:
    """Options that make room for the choice, one for each limit that it breaks."""
    return tuple(
        _option(limit.name, limit.used)
        for limit in limits_of(report)
        if limit.name in report.chosen.violated
    )


def _option(constraint: str, value: float) -> str:
    return f"{_OPTIONS[constraint]} {_rounded_up(value)}"


def _rounded_up(value: float) -> str:
    """Three significant digits, never below `value`."""
    if value <= 0:
        return "0"
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return f"{math.ceil(value / step * (1 - 1e-12)) * step:.6g}"


def search_document(
    deployment: Deployment, report: SearchReport, second: Outcome | None
) -> dict[str, Any]:
    """The decision as plain data, for programs to read."""
    space = deployment.network.space

    def plain(outcome: Outcome) -> dict[str, Any]:
        return {
            "configuration": space.text(outcome.configuration),
            "code": space.encode(outcome.configuration),
            "objective": outcome.objective,
            "accuracy_percent": deployment.network.description.accuracy_percent
            - outcome.loss_points,
            "accuracy_measured": deployment.network.accuracy.is_measured(outcome.configuration),
            "accuracy_loss_points": outcome.loss_points,
            "latency_ms": outcome.latency_ms,
            "energy_mj": outcome.energy_mj,
            "storage_bytes": outcome.storage_bytes,
            "macs": outcome.macs,
            "param_bytes": outcome.param_bytes,
            "activation_bytes": outcome.activation_bytes,
            "arithmetic_intensity": outcome.intensity,
            "feasible": outcome.feasible,
            "violated": list(outcome.violated),
        }

    p50, p99 = np.percentile(report.search_ms, (50, 99)).tolist()
    return {
        "format": "adaspring-search",
        "version": 1,
        "network": deployment.network.name,
        "device_profile": deployment.profile.id,
        "policy": report.policy,
        "context": {
            "battery": report.context.battery,
            "free_cache_bytes": report.context.free_cache_bytes,
            "cpu_share": report.context.cpu_share,
            "frequency_ratio": report.context.frequency_ratio,
            "latency_budget_ms": report.context.latency_budget_ms,
        },
        "objective": {
            "efficiency": report.objective.efficiency,
            "lambda2_floor": report.objective.lambda2_floor,
            "loss_limit_points": report.objective.loss_limit_points,
            "mu": list(report.objective.mu),
        },
        "lambda1": report.lambda1,
        "lambda2": report.lambda2,
        "chosen": plain(report.chosen),
        "runner_up": None if second is None else plain(second),
        "optimum": plain(report.exact),
        "optimum_is_proven": not report.reference.is_bound,
        "backbone": plain(report.backbone),
        "gap": report.gap,
        "feasible_configurations": report.reference.feasible_count,
        "configurations": space.count,
        "blockers": [text for blocker in report.blockers if (text := blocker.text())],
        "relaxations": list(relaxations(report.blockers)),
        "search_ms": {
            "p50": p50,
            "p99": p99,
            "runs": len(report.search_ms),
            "provenance": "measured",
        },
        "sources": {
            "accuracy": deployment.accuracy_source.summary(),
            "latency": deployment.latency_source.summary(),
            "energy": deployment.energy_source.summary(),
        },
    }
