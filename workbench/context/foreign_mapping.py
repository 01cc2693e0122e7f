"""Which column of a foreign table means what, in which unit; and a guess of it from the header."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.context.foreign_table import ForeignTable
from workbench.context.foreign_times import TIME_FORMS, guess_form

Formula = Literal["fair", "rest", "free_core"]
Missing = Literal["skip", "hold"]

FORMULAS: dict[Formula, str] = {
    "fair": "half of what others use, and all they leave: 1 - u / 2",
    "rest": "only what others leave: 1 - u",
    "free_core": "a core to itself while one is idle: cores - load, 1 at most",
}
"""How the share of a core follows from the load of other programs, u over all cores."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a column can be mapped to.

    Attributes:
        name: `time`, a column of the trace, or what one is computed from (`cpu_load`,
            `battery_voltage`).
        title: for people.
        units: unit name -> (factor, offset) that make the value in the trace's unit; for `time`
            and states the names alone matter.
        words: parts of header names that mean it.
    """

    name: str
    title: str
    units: dict[str, tuple[float, float]]
    words: tuple[str, ...]


_ONE = (1.0, 0.0)
_TARGETS = (
    Target(
        "time",
        "Time",
        dict.fromkeys(TIME_FORMS, _ONE),
        ("time", "timestamp", "datetime", "date", "clock", "zeit", "elapsed", "ts", "t"),
    ),
    Target(
        "battery_percent",
        "Battery level",
        {"%": _ONE, "0-1": (100.0, 0.0)},
        ("battery", "level", "soc", "charge", "capacity", "batt", "akku"),
    ),
    Target(
        "battery_voltage",
        "Battery voltage",
        {"mV": (0.001, 0.0), "V": _ONE, "uV": (1e-6, 0.0)},
        ("voltage", "volt", "mv", "spannung"),
    ),
    Target(
        "charging",
        "Charging",
        {"words": _ONE, "0/1": _ONE, "android": _ONE},
        ("charging", "plugged", "charger", "plug", "status"),
    ),
    Target(
        "temperature_c",
        "Temperature",
        {
            "C": _ONE,
            "0.1C": (0.1, 0.0),
            "mC": (0.001, 0.0),
            "F": (5 / 9, -160 / 9),
            "K": (1.0, -273.15),
        },
        ("temperature", "temp", "temperatur"),
    ),
    Target(
        "cpu_load",
        "CPU load",
        {"sum%": (0.01, 0.0), "%": (0.01, 0.0), "0-1": _ONE, "idle%": (-0.01, 1.0)},
        ("cpu", "load", "usage", "utilization", "utilisation"),
    ),
    Target("cpu_share", "CPU share", {"0-1": _ONE, "%": (0.01, 0.0)}, ("share",)),
    Target(
        "cpu_frequency_ratio",
        "CPU frequency",
        {"0-1": _ONE, "%": (0.01, 0.0), "of largest": _ONE},
        ("freq", "frequency", "mhz", "khz", "clock"),
    ),
    Target(
        "free_cache_kib",
        "Free cache",
        {"KiB": _ONE, "MiB": (1024.0, 0.0), "bytes": (1 / 1024, 0.0)},
        ("cache", "l2"),
    ),
    Target(
        "memory_available_mib",
        "Available memory",
        {"MiB": _ONE, "KiB": (1 / 1024, 0.0), "GiB": (1024.0, 0.0), "bytes": (2.0**-20, 0.0)},
        ("memory", "mem", "memavailable", "ram"),
    ),
    Target("thermal_status", "Thermal status", {"0-6": _ONE}, ("thermal",)),
    Target(
        "event_rate_hz",
        "Event rate",
        {"1/s": _ONE, "1/min": (1 / 60, 0.0)},
        ("event", "events", "rate", "inferences"),
    ),
    Target("latency_budget_ms", "Latency budget", {"ms": _ONE, "s": (1e3, 0.0)}, ("budget",)),
)
TARGETS: dict[str, Target] = {target.name: target for target in _TARGETS}
"""All targets by name, in the order in which they are offered."""

_ALIASES = {
    "battery": "battery_percent", "level": "battery_percent", "voltage": "battery_voltage",
    "temperature": "temperature_c", "temp": "temperature_c", "cpu": "cpu_load", "load": "cpu_load",
    "share": "cpu_share", "frequency": "cpu_frequency_ratio", "cache": "free_cache_kib",
    "memory": "memory_available_mib", "event_rate": "event_rate_hz", "t": "time",
    "latency_budget": "latency_budget_ms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """A target is read from this column, in this unit."""

    target: str
    column: str
    unit: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a table becomes a trace.

    Attributes:
        rules: one a target; among them `time`.
        zone: offset such as ``+08:00`` or a name such as ``Asia/Shanghai``: what local times mean.
        date: ``2026-01-31``, of the first row, where times have no date.
        cores: processor cores of the device.
        formula: how the CPU share follows from the load.
        cache_kib, cache_load_factor: size of the L2 cache, and the share of it that other programs
            are believed to hold at full load.
        event_rate_hz: written down for an application where no column tells it.
        missing: leave a row out where a value cannot be read, or hold the last value.
        title, device: what the trace says about itself; empty: from the file's name.
    """

    rules: tuple[ColumnRule, ...] = ()
    zone: str = "+00:00"
    date: str = "2000-01-01"
    cores: int = 8
    formula: Formula = "fair"
    cache_kib: float = 1024.0
    cache_load_factor: float = 0.6
    event_rate_hz: float = 1.0
    missing: Missing = "skip"
    title: str = ""
    device: str = ""

    def rule(self, target: str) -> ColumnRule | None:
        """The rule of a target, or None."""
        return next((rule for rule in self.rules if rule.target == target), None)


def parse_rule(text: str, names: Sequence[str]) -> ColumnRule | str:
    """Read ``TARGET=COLUMN`` or ``TARGET=COLUMN:UNIT``; a text instead says what is wrong.

    Without a unit, the unit is left empty: `fill_units` guesses it.
    """
    word, equals, rest = text.partition("=")
    target = _ALIASES.get(word.strip(), word.strip())
    if not equals or target not in TARGETS:
        return f"{text!r} names no target; write one of {', '.join(TARGETS)}, '=' and a column"
    if rest in names:
        return ColumnRule(target, rest, "")
    column, colon, unit = rest.rpartition(":")
    if colon and column in names:
        if unit in TARGETS[target].units:
            return ColumnRule(target, column, unit)
        known = ", ".join(TARGETS[target].units)
        return f"{unit!r} is no unit of {target}; known: {known}"
    return f"there is no column {rest!r}; the file has {', '.join(names)}"


def guess_rules(table: ForeignTable) -> tuple[ColumnRule, ...]:
    """The likely meaning of each column, from its name and its first values."""
    found: dict[str, tuple[int, str]] = {}
    for name in table.names:
        if not _tells_something(table, name):
            continue
        for target in TARGETS.values():
            score = _score(target, name)
            if score > found.get(target.name, (0, ""))[0]:
                found[target.name] = (score, name)
    used: dict[str, str] = {}
    for target_name, (score, name) in sorted(found.items(), key=lambda item: -item[1][0]):
        # A column serves one target: the one whose words fit best.
        if score and name not in used.values():
            used[target_name] = name
    if "time" not in used:
        timed = [name for name in table.names if guess_form(_first(table, name)) not in ("", "s")]
        if timed:
            used = {target: name for target, name in used.items() if name != timed[0]}
            used["time"] = timed[0]
    rules = [ColumnRule(target, used[target], "") for target in TARGETS if target in used]
    return tuple(fill_unit(table, rule) for rule in rules)


def fill_unit(table: ForeignTable, rule: ColumnRule) -> ColumnRule:
    """The rule with a unit: its own, or one guessed from the column's name and values."""
    if rule.unit:
        return rule
    return ColumnRule(rule.target, rule.column, guess_unit(table, rule.target, rule.column))


def guess_unit(table: ForeignTable, target: str, column: str) -> str:
    """The likely unit of a column for a target."""
    cells = _first(table, column)
    words = _words(column)
    if target == "time":
        return guess_form(cells, milliseconds="ms" in words) or "clock"
    values = [value for cell in cells if (value := table.number(cell)) is not None]
    middle = statistics.median(values) if values else 0.0
    top = max(values, default=0.0)
    units = TARGETS[target].units
    match target:
        case "battery_percent":
            return "0-1" if values and 0 < top <= 1.0 else "%"
        case "battery_voltage":
            return "V" if middle < 100 else "mV" if middle < 1e5 else "uV"
        case "charging":
            if not values:
                return "words"
            return "0/1" if top <= 1 else "android"
        case "temperature_c":
            if "k" in words or "kelvin" in words:
                return "K"
            if "f" in words or "fahrenheit" in words:
                return "F"
            return "mC" if middle > 1500 else "0.1C" if middle > 120 else "C"
        case "cpu_load":
            if "idle" in words:
                return "idle%"
            if "sum" in words or "total" in words or top > 100:
                return "sum%"
            return "0-1" if values and top <= 1.0 else "%"
        case "cpu_share":
            return "%" if top > 1.0 else "0-1"
        case "cpu_frequency_ratio":
            return "of largest" if top > 100 else "%" if top > 1.0 else "0-1"
    for unit in units:
        if _words(unit) & words or (unit == "bytes" and "byte" in words):
            return unit
    return next(iter(units))


def _first(table: ForeignTable, column: str, count: int = 300) -> list[str]:
    index = table.names.index(column)
    return [row[index] for row in table.rows[:count] if index < len(row)]


def _tells_something(table: ForeignTable, column: str) -> bool:
    """Whether any of the first cells holds more than a word for nothing."""
    empty = {"", "n/a", "na", "nan", "null", "none", "-", "unknown"}
    return any(cell.casefold() not in empty for cell in _first(table, column))


def _words(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return set(re.findall(r"[a-z0-9]+", spaced.casefold()))


def _score(target: Target, column: str) -> int:
    """How well a column's name fits: 3 a full word, 1 a part of one; earlier words count more."""
    words = _words(column)
    score = 0
    for index, wanted in enumerate(target.words):
        weight = 20 - index
        if wanted in words:
            score += 3 * weight
        elif len(wanted) > 3 and any(wanted in word for word in words):
            score += weight
    if target.name == "cpu_load" and words & {"freq", "frequency", "temp", "temperature", "mhz"}:
        return 0
    if target.name == "cpu_load" and not words & {"cpu"} and score < 3 * 19:
        return 0
    if target.name == "charging" and words == {"status"}:
        return 1
    if target.name == "charging" and words & {"screen", "state"} and "charging" not in words:
        return 0
    if target.name == "battery_percent" and words & {"voltage", "current", "temp", "temperature"}:
        return 0
    return score
