"""Under which conditions a phone was measured, and what they say against the measurement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from workbench.core.errors import SettingsError
from workbench.devices.adb.describe import PhoneDescription
from workbench.devices.agent.protocol import Frequency, State
from workbench.devices.errors import clean
from workbench.devices.parsers import CpuCluster
from workbench.profiling.latency_blocks import LatencyBlock
from workbench.profiling.run_rules import RunRules
from workbench.profiling.samples import LatencySamples, Trust, judge

CORES = ("big", "little", "all")
"""Where a network may run: on the fastest cluster, on the slowest, or where the system likes."""
TEMPERATURE_BOUND_C = 1.0
"""How far from its start the temperature may move under rules that check it."""


class Conditions(msgspec.Struct, frozen=True):
    """A phone's state at the start or the end of a session; None: it does not tell.

    Attributes:
        at: UTC, ISO 8601.
        caps_mhz: of each cluster, the fastest first.
        powered_by: chargers that deliver power.
    """

    at: str
    battery_percent: float | None
    powered_by: tuple[str, ...] | None
    battery_c: float | None
    thermal_status: int | None
    caps_mhz: tuple[float | None, ...]
    governors: tuple[str | None, ...]

    def describe(self) -> str:
        """One line for notes, such as ``83% battery, not charging, 31.2 °C, ...``."""
        parts = []
        if self.battery_percent is not None:
            parts.append(f"battery {self.battery_percent:.0f}%")
        if self.powered_by is not None:
            by = f"charging ({', '.join(self.powered_by)})"
            parts.append(by if self.powered_by else "not charging")
        if self.battery_c is not None:
            parts.append(f"{self.battery_c:.1f} °C")
        if self.thermal_status is not None:
            parts.append(f"thermal status {self.thermal_status}")
        caps = [f"{mhz:.0f}" for mhz in self.caps_mhz if mhz is not None]
        if caps:
            parts.append(f"clocks capped at {', '.join(caps)} MHz")
        return ", ".join(parts) or "nothing told"


def conditions_of(phone: PhoneDescription, now: dt.datetime) -> Conditions:
    """The part of a description that changes while a phone is measured."""
    battery = phone.battery
    by = battery.powered_by
    return Conditions(
        at=now.isoformat(timespec="seconds"),
        battery_percent=battery.percent,
        powered_by=None if by is None else tuple(clean(name, 20) for name in by),
        battery_c=battery.temperature_c,
        thermal_status=None if phone.thermal.faked else phone.thermal.status,
        caps_mhz=tuple(c.cap_khz / 1000 if c.cap_khz else None for c in phone.clusters),
        governors=tuple(clean(c.governor, 40) if c.governor else None for c in phone.clusters),
    )


def chosen_cluster(clusters: Sequence[CpuCluster], cores: str) -> int | None:
    """Which of the clusters, the fastest first, a placement means; None leaves it to the system.

    Raises:
        SettingsError: there is no such placement, or the phone does not tell its clusters.
    """
    if cores not in CORES:
        raise SettingsError(f"There are no cores {cores!r}.", f"Known: {', '.join(CORES)}.")
    if cores == "all":
        return None
    if not clusters:
        raise SettingsError(
            "The phone does not tell which of its cores are fast.", "Take --cores all."
        )
    return 0 if cores == "big" else len(clusters) - 1


def judge_phone(
    samples: Sequence[LatencySamples],
    rules: RunRules,
    blocks: Iterable[LatencyBlock],
    conditions: Sequence[Conditions],
    cpus: Sequence[int],
) -> Trust:
    """Check measured configurations against their rules and the phone's conditions.

    Args:
        cpus: processors that the networks ran on; empty for all.
    """
    states = [state for block in blocks for state in (block.before, block.after)]
    clocks: dict[str, list[Frequency]] = {}
    for state in filter(None, states):
        for clock in state.frequencies:
            if not cpus or _numbers(clock.related_cpus) & set(cpus):
                clocks.setdefault(clock.policy, []).append(clock)
    caps = {name: {c.cap_khz for c in seen} for name, seen in clocks.items()}
    trust = judge(samples, rules, any(len(known) > 1 for known in caps.values()))
    reasons = [*trust.reasons, *_heat(clocks.values(), conditions)]
    by = {name for each in conditions for name in each.powered_by or ()}
    if by:
        reasons.append(f"the phone was being charged ({', '.join(sorted(by))})")
    known_c = [each.battery_c for each in conditions if each.battery_c is not None]
    if rules.gates and known_c:
        moved_c = max(abs(value - known_c[0]) for value in known_c)
        if moved_c > TEMPERATURE_BOUND_C:
            reasons.append(f"the battery's temperature moved by {moved_c:.1f} °C")
    return replace(trust, reasons=tuple(reasons))


@dataclass(frozen=True, slots=True)
class MeasuredRange:
    """Between what a phone's state moved during a measurement; None: it does not tell.

    Attributes:
        clock_ratio: cap on the clock over the full clock.
        temperature_c: of the battery.
    """

    clock_ratio: tuple[float, float] | None = None
    temperature_c: tuple[float, float] | None = None

    def widened(self, other: MeasuredRange) -> MeasuredRange:
        """The range of two measurements together."""
        return MeasuredRange(
            _union(self.clock_ratio, other.clock_ratio),
            _union(self.temperature_c, other.temperature_c),
        )


UNKNOWN_RANGE = MeasuredRange()


def _union(
    one: tuple[float, float] | None, two: tuple[float, float] | None
) -> tuple[float, float] | None:
    if one is None or two is None:
        return one or two
    return min(one[0], two[0]), max(one[1], two[1])


def measured_range(
    blocks: Iterable[LatencyBlock], conditions: Sequence[Conditions], cpus: Sequence[int]
) -> MeasuredRange:
    """Caps around the blocks, and temperatures at the ends of the sessions.

    Args:
        cpus: processors that the networks ran on; empty for all.
    """
    ratios = [
        clock.cap_khz / clock.hardware_max_khz
        for block in blocks
        for state in (block.before, block.after)
        if state is not None
        for clock in state.frequencies
        if clock.cap_khz and clock.hardware_max_khz
        if not cpus or _numbers(clock.related_cpus) & set(cpus)
    ]
    known_c = [each.battery_c for each in conditions if each.battery_c is not None]
    return MeasuredRange(
        (round(min(ratios), 4), round(min(1.0, max(ratios)), 4)) if ratios else None,
        (min(known_c), max(known_c)) if known_c else None,
    )


def cap_of(state: State, cpus: Sequence[int]) -> int | None:
    """Lowest cap in kHz on the clocks of these processors (empty: of all); None: not told."""
    caps = [
        clock.cap_khz
        for clock in state.frequencies
        if clock.cap_khz and (not cpus or _numbers(clock.related_cpus) & set(cpus))
    ]
    return min(caps, default=None)


def _heat(clocks: Iterable[list[Frequency]], conditions: Sequence[Conditions]) -> list[str]:
    worst = max((each.thermal_status or 0 for each in conditions), default=0)
    if worst:
        return [f"the phone throttled (thermal status {worst})"]
    for seen in clocks:
        known = [(c.cap_khz, c.hardware_max_khz) for c in seen if c.cap_khz and c.hardware_max_khz]
        cap_khz, full_khz = min(known, default=(None, None))
        if cap_khz and full_khz and cap_khz < full_khz:
            return [
                f"the phone throttled (clock capped at {cap_khz / 1000:.0f} of"
                f" {full_khz / 1000:.0f} MHz)"
            ]
    return []


def _numbers(text: str | None) -> set[int]:
    """Processors of ``related_cpus``, such as ``0 1 2 3`` or ``0-3``."""
    found: set[int] = set()
    for word in (text or "").replace(",", " ").split():
        first, _, last = word.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found.update(range(int(first), min(int(last or first), 1023) + 1))
    return found
