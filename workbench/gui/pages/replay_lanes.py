"""The lanes of the Replay page, built from a `ReplayView`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.gui import theme
from workbench.gui.palette import policy_colour
from workbench.gui.plots.decimate import Curve, intervals
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.plots.lanes import CurveLane, Lane, LaneCurve, PolicyLane, SpanLane
from workbench.gui.plots.pixel_items import Spans
from workbench.gui.presenters.formats import fixed, significant
from workbench.gui.presenters.replay_view import PolicyView, ReplayView

_STEADY_TEMPERATURE_C = 1.0
"""A trace whose temperature moves less than this needs no lane for it."""


def _percent(value: float) -> tuple[str, str]:
    return fixed(value, 0), "%"


def _mebibytes(kib: float) -> tuple[str, str]:
    return (fixed(kib / 1024, 2), "MiB") if kib >= 100 else (fixed(kib, 0), "KiB")


def _share(value: float) -> tuple[str, str]:
    return fixed(value, 2), ""


def _celsius(value: float) -> tuple[str, str]:
    return fixed(value, 1), "°C"


def _milliseconds(value: float) -> tuple[str, str]:
    return significant(value), "ms"


def _millijoules(value: float) -> tuple[str, str]:
    return (significant(value), "mJ") if np.isfinite(value) else ("–", "not known")


class ReplayLanes:
    """Fills a `LaneStack` with one day and keeps its items from one run to the next."""

    def __init__(self, stack: LaneStack) -> None:
        self._stack = stack
        self._lanes: dict[str, Lane] = {}
        self._layout: tuple[object, ...] = ()
        self._error_points: float | None = None
        self._opened = True
        self._curves: dict[str, tuple[np.ndarray, Curve]] = {}

    @property
    def opened(self) -> bool:
        """Whether the configuration lane has a row for each layer."""
        return self._opened

    def set_opened(self, opened: bool) -> None:
        """Open or fold the configuration lane."""
        self._opened = opened
        lane = self._lanes.get("configuration")
        if isinstance(lane, SpanLane):
            lane.set_opened(opened)
            self._stack.fit_heights()
            self._stack.redraw()

    def show(self, view: ReplayView, primary: PolicyView, others: list[PolicyView]) -> None:
        """Show a day; `primary` is drawn thick and in front."""
        self._error_points = view.accuracy_error_points
        self._prepare(view)
        self._fill_context(view, primary)
        self._fill_configuration(view, primary)
        self._fill_policies(view, primary, others)
        self._stack.set_span(float(view.t_s[0]), view.end_s, view.origin_s)
        self._stack.redraw()

    # ---- building ------------------------------------------------------------------------------

    def _prepare(self, view: ReplayView) -> None:
        """Make the lanes anew only when another set of them is needed."""
        warm = "temperature_c" in view.context and (
            float(np.ptp(view.context["temperature_c"])) >= _STEADY_TEMPERATURE_C
        )
        layout = (warm, view.layers)
        if layout == self._layout:
            return
        self._layout = layout
        origin: Callable[[], float] = self._stack.origin
        first, last = view.layers[0], view.layers[-1]
        rows = len(view.layers)
        lanes: list[Lane] = [
            CurveLane("battery", "Battery", origin, tone="good", text=_percent, unit="%"),
            CurveLane(
                "free_cache", "Free cache", origin, tone="accent", text=_mebibytes, unit="KiB"
            ),
            CurveLane("cpu_share", "CPU share", origin, tone="lilac", text=_share),
        ]
        if warm:
            lanes.append(
                CurveLane(
                    "temperature", "Temperature", origin, tone="warning", text=_celsius, unit="°C"
                )
            )
        span_lane = SpanLane(
            "configuration", "Configuration", origin, rows=rows, footer=f"layers {first}–{last}"
        )
        span_lane.set_opened(self._opened)
        lanes += [
            span_lane,
            PolicyLane("accuracy", "Accuracy", origin, text=self._accuracy, unit="%", stretch=11),
            PolicyLane(
                "latency",
                "Latency",
                origin,
                text=_milliseconds,
                unit="ms",
                from_zero=True,
                stretch=13,
            ),
            PolicyLane(
                "energy",
                "Energy",
                origin,
                text=_millijoules,
                unit="mJ",
                from_zero=True,
                stretch=11,
            ),
        ]
        self._lanes = {lane.key: lane for lane in lanes}
        self._stack.set_lanes(lanes)

    def _accuracy(self, value: float) -> tuple[str, str]:
        error = self._error_points
        return fixed(value, 1), "%" if error is None else f"% ±{error:.1f}"

    def _fill_context(self, view: ReplayView, primary: PolicyView) -> None:
        columns: dict[str, tuple[np.ndarray, float | None, float | None]] = {
            "battery": (primary.battery_percent, 0.0, 100.0),
            "free_cache": (view.context["free_cache_kib"], 0.0, None),
            "cpu_share": (view.context["cpu_share"], 0.0, 1.0),
        }
        if "temperature" in self._lanes:
            columns["temperature"] = (view.context["temperature_c"], None, None)
        for key, (values, low, high) in columns.items():
            lane = self._lanes[key]
            if isinstance(lane, CurveLane):
                curve = self._curve(key, view.t_s, values, step=False)
                if key == "temperature":
                    low = curve.low - 1.0
                lane.set_curve(curve, low, high)

    def _fill_configuration(self, view: ReplayView, primary: PolicyView) -> None:
        lane = self._lanes["configuration"]
        if isinstance(lane, SpanLane):
            measured = view.measured
            known = measured is not None and measured.calibrated
            unmeasured = measured.unmeasured if measured is not None and known else None
            lane.set_spans(spans_of(primary, view.end_s, unmeasured))

    def _fill_policies(
        self, view: ReplayView, primary: PolicyView, others: list[PolicyView]
    ) -> None:
        tokens = theme.tokens()
        budget = None
        if np.isfinite(view.budget_ms).any():
            budget = self._curve("budget", view.t_s, view.budget_ms, step=True)
        for key in ("accuracy", "latency", "energy"):
            curves = [
                LaneCurve(
                    policy.name,
                    self._curve(f"{key} {policy.name}", view.t_s, _values(policy, key), step=True),
                    policy_colour(policy.name, tokens),
                    primary=policy is primary,
                )
                for policy in (*others, primary)
            ]
            lane = self._lanes[key]
            if isinstance(lane, PolicyLane):
                lane.set_curves(curves, budget if key == "latency" else None)
        latency = self._lanes["latency"]
        if isinstance(latency, PolicyLane):
            shown = [primary, *others]
            flags = np.logical_or.reduce([policy.over_budget for policy in shown])
            latency.set_violations(
                intervals(view.t_s, flags, view.end_s), _Culprits(view, shown).names_at
            )

    def _curve(self, key: str, t_s: np.ndarray, values: np.ndarray, *, step: bool) -> Curve:
        """The curve of these very arrays, made once: its pyramid is worth keeping."""
        known = self._curves.get(key)
        if known is not None and known[0] is values and known[1].t_s is t_s:
            return known[1]
        curve = Curve(t_s, values, step=step)
        self._curves[key] = (values, curve)
        return curve


class _Culprits:
    """Says who breaks the latency budget at a time."""

    def __init__(self, view: ReplayView, policies: list[PolicyView]) -> None:
        self._view = view
        self._policies = policies

    def names_at(self, t_s: float) -> str:
        """Such as ``static over budget``."""
        sample = self._view.sample_at(t_s)
        names = [policy.name for policy in self._policies if policy.over_budget[sample]]
        if not names:
            return ""
        few = ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
        return f"{few} over budget"


def spans_of(
    policy: PolicyView,
    end_s: float,
    unmeasured: Callable[[tuple[str, ...]], bool] | None = None,
) -> Spans:
    """The configuration lane of a policy: decisions that kept the configuration make no span.

    Args:
        unmeasured: tells configurations whose figures rest on nothing measured.
    """
    names = policy.decision_operators
    kept = [i for i, ops in enumerate(names) if i == 0 or ops != names[i - 1]]
    return Spans(
        start_s=policy.decision_t_s[kept],
        end_s=end_s,
        names=[names[i] for i in kept],
        marks_s=policy.decision_t_s,
        extrapolated=() if unmeasured is None else [unmeasured(names[i]) for i in kept],
    )


def _values(policy: PolicyView, key: str) -> np.ndarray:
    if key == "accuracy":
        return policy.accuracy_percent
    return policy.latency_ms if key == "latency" else policy.energy_mj
