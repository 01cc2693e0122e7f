"""Makes a context trace from a table that another program recorded.

`read_table` reads the text, `guess_rules` says what the columns likely mean, `convert` makes the
trace and one list of everything that was wrong, with line numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.context.columns import COLUMNS, FloatArray
from workbench.context.foreign_columns import ColumnMaker
from workbench.context.foreign_mapping import (
    FORMULAS,
    TARGETS,
    ColumnRule,
    Formula,
    Mapping,
    guess_rules,
    parse_rule,
)
from workbench.context.foreign_report import Findings, ImportProblem, ImportResult
from workbench.context.foreign_table import ForeignTable, TableSettings, clean, read_table
from workbench.context.foreign_times import ZoneError, parse_zone, reader, unwrap_days
from workbench.context.records import Trace, TraceError, TraceInfo, complete_columns
from workbench.core.provenance import Source

__all__ = [
    "FORMULAS",
    "TARGETS",
    "ColumnRule",
    "ForeignTable",
    "Formula",
    "ImportProblem",
    "ImportResult",
    "Mapping",
    "TableSettings",
    "convert",
    "guess_rules",
    "parse_rule",
    "read_table",
]

GAP_FACTOR = 3.0
"""A step this many times the usual one is marked as a gap."""

_WORDS = {
    "charging": 1.0, "charge": 1.0, "full": 1.0, "true": 1.0, "yes": 1.0, "on": 1.0, "ac": 1.0,
    "usb": 1.0, "wireless": 1.0, "plugged": 1.0, "discharging": 0.0, "not charging": 0.0,
    "false": 0.0, "no": 0.0, "off": 0.0, "none": 0.0, "unplugged": 0.0, "battery": 0.0,
}  # fmt: skip
_ANDROID = {2.0: 1.0, 3.0: 0.0, 4.0: 0.0, 5.0: 1.0}
"""`BatteryManager`: 2 charging, 3 discharging, 4 not charging, 5 full."""


def convert(table: ForeignTable, mapping: Mapping, *, created: str, generator: str) -> ImportResult:
    """Make the trace.

    Args:
        created: moment of the import, ISO 8601 with the offset from UTC.
        generator: what the trace names as its maker.
    """
    found = Findings()
    try:
        trace, left_out = _Converter(table, mapping, found).trace(created, generator)
    except _Stop:
        trace, left_out = None, len(table.rows)
    except TraceError as error:
        found.add("error", f"{error.message}. {error.hint}")
        trace, left_out = None, len(table.rows)
    return ImportResult(trace, found.problems(), len(table.rows), left_out)


class _Stop(Exception):
    """An error was found that makes going on senseless."""


class _Converter:
    def __init__(self, table: ForeignTable, mapping: Mapping, found: Findings) -> None:
        self._table = table
        self._mapping = mapping
        self._found = found
        self._lines = np.array(table.lines, dtype=np.int64)
        self._zone: dt.tzinfo = dt.UTC
        self._keep = np.ones(len(table.rows), dtype=np.bool_)
        self._maker = ColumnMaker(mapping, found)
        self._notes = self._maker.notes

    def trace(self, created: str, generator: str) -> tuple[Trace, int]:
        self._check()
        times, start = self._times()
        values = {
            rule.target: self._values(rule) for rule in self._mapping.rules if rule.target != "time"
        }
        if not self._keep.any():
            self._fail("no row is left. Check the columns and units chosen")
        order = self._order(times)
        table_rows = len(self._table.rows)
        t_s = times[order] - times[order[0]]
        start = (start + dt.timedelta(seconds=float(times[order[0]]))).astimezone(self._zone)
        columns = self._maker.columns({name: column[order] for name, column in values.items()}, t_s)
        info = self._info(start, created, generator, t_s)
        return Trace(info, complete_columns(columns)), table_rows - len(order)

    # ---- checks --------------------------------------------------------------------------------

    def _fail(self, message: str, lines: Sequence[int] = ()) -> None:
        self._found.add("error", message, lines)
        raise _Stop

    def _check(self) -> None:
        mapping = self._mapping
        for rule in mapping.rules:
            target = TARGETS.get(rule.target)
            if target is None or rule.unit not in target.units:
                self._found.add("error", f"{rule.target} in {rule.unit!r} is not known")
            elif rule.column not in self._table.names:
                self._found.add("error", f"there is no column {clean(rule.column, 60)!r}")
        if mapping.rule("time") is None:
            self._found.add("error", "no column is chosen for the time")
        if not 1 <= mapping.cores <= 1024:
            self._found.add("error", f"{mapping.cores} processor cores: choose 1 to 1024")
        if not 1.0 <= mapping.cache_kib <= 2**20:
            self._found.add("error", "the L2 cache must have 1 to 1,048,576 KiB")
        if not 0.0 <= mapping.cache_load_factor <= 1.0:
            self._found.add("error", "the cache load factor must lie between 0 and 1")
        if not 0.0 <= mapping.event_rate_hz <= 1000.0:
            self._found.add("error", "the event rate must lie between 0 and 1000 a second")
        if self._found.failed:
            raise _Stop

    # ---- times ---------------------------------------------------------------------------------

    def _times(self) -> tuple[FloatArray, dt.datetime]:
        """Seconds since a start moment in the file's order, NaN where unreadable; that moment."""
        rule = self._mapping.rule("time")
        assert rule is not None
        try:
            zone = self._zone = parse_zone(self._mapping.zone)
            day = dt.date.fromisoformat(self._mapping.date)
        except ZoneError as error:
            self._fail(str(error))
        except ValueError:
            self._fail(f"{clean(self._mapping.date, 40)!r} is no date such as 2026-01-31")
        cells = self._table.column(rule.column)
        read = reader(rule.unit, zone)
        seconds = np.array([_or_nan(read(cell)) for cell in cells])
        good = np.isfinite(seconds)
        if not good.any():
            self._fail(
                f"column {rule.column!r} holds no times of the form "
                f"'{rule.unit}'; the first is {clean(cells[0], 40)!r}",
                self._lines[:1].tolist(),
            )
        self._leave_out(~good, "no time", rule.column, cells)
        midnight = dt.datetime(day.year, day.month, day.day, tzinfo=zone)
        if rule.unit == "clock":
            days = np.array(unwrap_days(seconds[good].tolist()))
            seconds[good] = days
            passed = np.flatnonzero(np.diff(np.floor(days / 86_400.0)) > 0) + 1
            if passed.size:
                where = self._lines[np.flatnonzero(good)[passed]].tolist()
                self._found.add("note", "the time passes midnight; a new day begins", where)
            self._notes["date"] = f"{self._mapping.date} is assumed for the first row"
            return seconds, midnight
        if rule.unit in ("s", "ms"):
            self._notes["date"] = f"the start is assumed to be midnight of {self._mapping.date}"
            return seconds, midnight
        first = float(np.floor(seconds[good].min()))
        if not 0 <= first < 4e9:
            self._fail(f"the times of column {rule.column!r} are not between 1970 and 2096")
        return seconds - first, dt.datetime.fromtimestamp(first, tz=dt.UTC)

    def _order(self, times: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Rows to keep, in order of time, one for each moment."""
        kept = np.flatnonzero(self._keep)
        back = np.flatnonzero(np.diff(times[kept]) < 0) + 1
        if back.size:
            where = self._lines[kept[back]].tolist()
            self._found.add("warning", "the time goes back; the rows were sorted", where)
        order = kept[np.argsort(times[kept], kind="stable")]
        again = np.zeros(len(order), dtype=np.bool_)
        # Trace files keep milliseconds at least; closer moments are one.
        again[1:] = np.diff(times[order]) < 1e-4
        if again.any():
            where = np.sort(self._lines[order[again]]).tolist()
            self._found.add("warning", "a moment that is there already; left out", where)
        return order[~again]

    # ---- values --------------------------------------------------------------------------------

    def _values(self, rule: ColumnRule) -> FloatArray:
        """A column in the trace's unit, by row of the file."""
        cells = self._table.column(rule.column)
        if rule.target == "charging" and rule.unit == "words":
            raw = [_or_nan(_WORDS.get(cell.casefold())) for cell in cells]
        else:
            raw = [_or_nan(self._table.number(cell)) for cell in cells]
        values = np.array(raw)
        if not np.isfinite(values).any():
            self._fail(
                f"column {rule.column!r} holds nothing that can be read as {rule.target} in "
                f"{rule.unit}; the first value is {clean(cells[0], 40)!r}",
                self._lines[:1].tolist(),
            )
        if rule.target == "charging" and rule.unit == "android":
            values = np.array([_or_nan(_ANDROID.get(value)) for value in values.tolist()])
        elif rule.unit == "of largest":
            values = values / np.nanmax(values)
        factor, offset = TARGETS[rule.target].units[rule.unit]
        # Rounded, so that 304 tenths are 30.4 and not 30.400000000000002.
        values = np.round(values * factor + offset, 6)
        low, high = _range(rule.target)
        strange = np.isfinite(values) & ((values < low - 1e-9) | (values > high + 1e-9))
        if strange.any():
            self._found.add(
                "warning",
                f"{rule.column!r} is out of range as {rule.target} in {rule.unit} "
                f"({low:g} to {high:g}); counted as unreadable",
                self._lines[strange].tolist(),
            )
            values[strange] = np.nan
        if self._mapping.missing == "hold":
            values = self._held(values, rule)
        known = np.isfinite(values) | strange
        self._leave_out(~known, "no value", rule.column, cells)
        self._keep &= np.isfinite(values)
        return values

    def _held(self, values: FloatArray, rule: ColumnRule) -> FloatArray:
        """The last readable value for each unreadable one; the first for those before it."""
        good = np.isfinite(values)
        if good.all() or not good.any():
            return values
        self._found.add(
            "note",
            f"no value in {rule.column!r}; the last one is held",
            self._lines[~good & self._keep].tolist(),
        )
        last = np.maximum.accumulate(np.where(good, np.arange(len(values)), -1))
        return np.asarray(values[np.where(last < 0, int(np.argmax(good)), last)])

    def _leave_out(
        self,
        rows: np.ndarray[tuple[int], np.dtype[np.bool_]],
        what: str,
        column: str,
        cells: Sequence[str],
    ) -> None:
        """Take rows out and report them as one problem, with the first cell as the example."""
        gone = np.flatnonzero(rows & self._keep)
        if gone.size:
            example = clean(cells[int(gone[0])], 30)
            message = f"{what} in {column!r} ({example!r}), left out"
            self._found.add("warning", message, self._lines[gone].tolist())
        self._keep &= ~rows

    # ---- facts ---------------------------------------------------------------------------------

    def _info(self, start: dt.datetime, created: str, generator: str, t_s: FloatArray) -> TraceInfo:
        mapping = self._mapping
        file_name = clean(Path(self._table.path).name, 80) or "a file"
        stem = clean(Path(self._table.path).stem, 80) or "Imported recording"
        self._notes["imported_from"] = file_name
        self._notes["imported_rows"] = f"{len(t_s):,} of {len(self._table.rows):,}"
        return TraceInfo(
            title=clean(mapping.title, 80) or stem,
            device=clean(mapping.device, 80) or "not stated",
            origin="recorded",
            start=start.isoformat(timespec="milliseconds"),
            created=created,
            generator=generator,
            description=f"Imported from {file_name}, which another program recorded.",
            column_sources={
                name: Source(source.provenance, clean(source.story, 300))
                for name, source in self._maker.sources.items()
            },
            gaps=_gaps(t_s, self._found),
            notes=self._notes,
        )


def _range(target: str) -> tuple[float, float]:
    if target in COLUMNS:
        # A share of 0 is read and lifted to the least that a trace may hold.
        low = 0.0 if COLUMNS[target].low == 0.01 else COLUMNS[target].low
        return low, COLUMNS[target].high
    return (2.0, 5.0) if target == "battery_voltage" else (0.0, 1024.0)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _gaps(t_s: FloatArray, found: Findings) -> tuple[tuple[float, float], ...]:
    """Spans without samples: steps far above the usual one."""
    if len(t_s) < 3:
        return ()
    steps = np.diff(t_s)
    usual_s = float(np.median(steps))
    wide = np.flatnonzero(steps > GAP_FACTOR * usual_s + 1.0)
    if wide.size:
        found.add(
            "note",
            f"{wide.size} {'gap' if wide.size == 1 else 'gaps'} of more than "
            f"{GAP_FACTOR:g} times the usual {usual_s:g} s between samples; marked",
        )
    rounded = np.round(t_s, 4)
    return tuple((float(rounded[i]), float(rounded[i + 1])) for i in wide.tolist())
