"""The sliders that change a replay's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from workbench.context.records import Trace
from workbench.gui.presenters.replay_view import Knob
from workbench.replay.records import ReplaySettings


class ReplayKnobs:
    """Knobs around a replay's default settings on one trace."""

    def __init__(self, defaults: ReplaySettings, trace: Trace) -> None:
        self._defaults = defaults
        self._trace = trace
        self.knobs = self._make()

    def _make(self) -> tuple[Knob, ...]:
        defaults = self._defaults
        budget_ms = defaults.default_budget_ms
        if "latency_budget_ms" in self._trace.columns:
            budget_ms = float(np.median(self._trace["latency_budget_ms"]))
        step_ms = float(f"{budget_ms / 40:.1g}")
        budget_ms = round(budget_ms / step_ms) * step_ms
        cache = defaults.triggers.cache_percent or 15.0
        battery = defaults.triggers.battery_points or 5.0
        return (
            Knob(
                "lambda2_floor", "Energy weight λ₂ ≥", "", 0.0, 1.0, 0.01,
                defaults.objective.lambda2_floor, 2,
                "Least weight of efficiency in the objective, however full the battery is.", "λ₂ ≥",
            ),
            Knob(
                "latency_budget_ms", "Latency budget", "ms", step_ms, 3 * budget_ms, step_ms,
                budget_ms, 2 if step_ms < 0.1 else 1 if step_ms < 1 else 0,
                "Longest time that one inference may take.", "Budget",
            ),
            Knob(
                "loss_limit_points", "Accuracy loss ≤", "pp", 0.5, 15.0, 0.5,
                defaults.objective.loss_limit_points, 1,
                "Accuracy that may be given up, in percentage points below the whole network.",
                "Loss ≤",
            ),
            Knob(
                "cache_percent", "Cache trigger", "%", 2.0, 60.0, 1.0, cache, 0,
                "Decide anew when the free cache changed by more than this.", "Cache",
            ),
            Knob(
                "battery_points", "Battery trigger", "pp", 1.0, 25.0, 1.0, battery, 0,
                "Decide anew when the charge moved by more than so many points.", "Battery",
            ),
        )  # fmt: skip

    def settings(self, values: Mapping[str, float]) -> ReplaySettings:
        """The settings that slider values stand for; a missing one stays at its default."""
        settings = self._defaults
        # An untouched budget leaves the trace's own, which may change over the day.
        budget = next(knob for knob in self.knobs if knob.key == "latency_budget_ms")
        wanted_ms = values.get(budget.key, budget.default)
        untouched = abs(wanted_ms - budget.default) < budget.step / 2
        return replace(
            settings,
            objective=replace(
                settings.objective,
                lambda2_floor=values.get("lambda2_floor", settings.objective.lambda2_floor),
                loss_limit_points=values.get(
                    "loss_limit_points", settings.objective.loss_limit_points
                ),
            ),
            triggers=replace(
                settings.triggers,
                cache_percent=values.get("cache_percent", settings.triggers.cache_percent),
                battery_points=values.get("battery_points", settings.triggers.battery_points),
            ),
            latency_budget_ms=None if untouched else wanted_ms,
        )
