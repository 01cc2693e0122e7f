"""When a battery's current is not the phone's: charging, and faked battery states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.devices.parsers.battery import BatteryState
from workbench.profiling.energy.errors import ChargingError
from workbench.profiling.energy.sensor import CHARGING_HINT

FAKED_HINT = "Run `adb shell dumpsys battery reset` on the phone, then measure again."


@dataclass(frozen=True, slots=True)
class BatteryProblem:
    """Why energy cannot be measured now, and the way out."""

    reason: str
    hint: str


def battery_problem(state: BatteryState) -> BatteryProblem | None:
    """What forbids measuring energy in this state; None when nothing does."""
    if state.faked:
        return BatteryProblem(
            "the battery state is faked (dumpsys battery says UPDATES STOPPED)", FAKED_HINT
        )
    if state.powered:
        chargers = ", ".join(state.powered_by or ())
        return BatteryProblem(
            f"the phone is powered by {chargers}, so the battery's current is net of charging",
            CHARGING_HINT,
        )
    if state.status in ("charging", "full") and state.powered is None:
        return BatteryProblem(f"the battery says that it is {state.status}", CHARGING_HINT)
    return None


def require_on_battery(state: BatteryState) -> None:
    """Refuse to start a measurement while charging.

    Raises:
        ChargingError: with the reason and the way out.
    """
    problem = battery_problem(state)
    if problem is not None:
        raise ChargingError(f"Energy cannot be measured: {problem.reason}.", problem.hint)


@dataclass(frozen=True, slots=True)
class BadSpan:
    """A stretch of time in which readings do not count.

    Attributes:
        start_s, end_s: by the device's clock.
        reason: for the trust mark.
    """

    start_s: float
    end_s: float
    reason: str


def bad_spans(t_s: Sequence[float], states: Sequence[BatteryState]) -> tuple[BadSpan, ...]:
    """When a run was charging or faked, from battery states read along with it.

    A charger plugged in between two states may have been there since the first of them, so each
    bad state spoils the time from the state before to the state after.

    Args:
        t_s: when each state was read, ascending.
        states: as many.

    Raises:
        ValueError: when there is not one time a state.
    """
    if len(t_s) != len(states):
        raise ValueError("there must be one time for each battery state")
    spans: list[BadSpan] = []
    last = len(t_s) - 1
    for index, state in enumerate(states):
        problem = battery_problem(state)
        if problem is None:
            continue
        start_s, end_s = t_s[max(0, index - 1)], t_s[min(last, index + 1)]
        if spans and spans[-1].reason == problem.reason and start_s <= spans[-1].end_s:
            spans[-1] = BadSpan(spans[-1].start_s, end_s, problem.reason)
        else:
            spans.append(BadSpan(start_s, end_s, problem.reason))
    return tuple(spans)
