"""Importing recordings that other programs made."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from dataclasses import dataclass, replace
from pathlib import Path

from workbench import __version__
from workbench.context import Trace, write_trace
from workbench.context.foreign import (
    ColumnRule,
    ForeignTable,
    ImportResult,
    Mapping,
    TableSettings,
    convert,
    guess_rules,
    parse_rule,
    read_table,
)
from workbench.context.foreign_mapping import fill_unit
from workbench.context.trace_file import FORMAT
from workbench.core.errors import InputFileError, SettingsError
from workbench.devices.local import FALLBACK_L2_KIB

GENERATOR = f"adaspring-workbench {__version__} import-trace"


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """A file that was read, and how it would be understood."""

    table: ForeignTable
    mapping: Mapping


def open_foreign(
    path: str | Path,
    settings: TableSettings | None = None,
    *,
    modified: dt.datetime | None = None,
) -> ImportDraft:
    """Read a file and guess what its columns mean.

    Times without a date are taken to begin on the date in the file's name, or else on the day on
    which it was written last; local times in this computer's zone. The user can change both.

    Raises:
        InputFileError: when it cannot be read or holds no table.
    """
    if is_trace_file(path):
        raise InputFileError(
            path, "is a context trace already", "Use it as it is: --trace takes its path."
        )
    table = read_table(path, settings)
    moment = modified or dt.datetime.fromtimestamp(Path(path).stat().st_mtime).astimezone()
    offset = moment.strftime("%z")
    mapping = Mapping(
        rules=guess_rules(table),
        zone=f"{offset[:3]}:{offset[3:5]}",
        date=_date_in(Path(path).stem) or moment.date().isoformat(),
        cache_kib=float(FALLBACK_L2_KIB),
    )
    return ImportDraft(table, mapping)


def is_trace_file(path: str | Path) -> bool:
    """Whether this is a file of the workbench's own format, which needs no mapping."""
    try:
        with open(path, "rb") as stream:
            return FORMAT.encode() in stream.readline(200)
    except OSError:
        return False


def _date_in(name: str) -> str:
    """A date such as 2026-01-31 or 20260131 in a file's name; empty where there is none."""
    match = re.search(r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)", name, re.ASCII)
    if match is not None:
        with contextlib.suppress(ValueError):
            return dt.date(*map(int, match.groups())).isoformat()
    return ""


def with_rules(draft: ImportDraft, texts: tuple[str, ...]) -> ImportDraft:
    """The draft with mappings such as ``battery=Level`` or ``temperature=Temp:0.1C`` changed.

    ``TARGET=`` takes a target's column away.

    Raises:
        SettingsError: when a text makes no sense for this file.
    """
    rules = {rule.target: rule for rule in draft.mapping.rules}
    for text in texts:
        if text.endswith("="):
            known = parse_rule(text + draft.table.names[0], draft.table.names)
            if isinstance(known, ColumnRule):
                rules.pop(known.target, None)
                continue
        parsed = parse_rule(text, draft.table.names)
        if isinstance(parsed, str):
            raise SettingsError(f"--map {text}: {parsed}.", "Write TARGET=COLUMN or =COLUMN:UNIT.")
        rules[parsed.target] = fill_unit(draft.table, parsed)
    return replace(draft, mapping=replace(draft.mapping, rules=tuple(rules.values())))


def import_foreign(draft: ImportDraft, *, now: dt.datetime | None = None) -> ImportResult:
    """Make the trace of a draft; every problem is in the result, nothing is written."""
    moment = now or dt.datetime.now().astimezone()
    return convert(
        draft.table,
        draft.mapping,
        created=moment.isoformat(timespec="seconds"),
        generator=GENERATOR,
    )


def trace_of(result: ImportResult, path: str | Path) -> Trace:
    """The trace of a result.

    Raises:
        InputFileError: naming the first error, with all others as its detail.
    """
    if result.trace is not None:
        return result.trace
    first = result.errors[0]
    raise InputFileError(
        path,
        first.message,
        "Change the mapping: --map TARGET=COLUMN:UNIT.",
        line=first.lines[0] if first.lines else None,
        detail="\n".join(str(problem) for problem in result.problems),
    )


def write_import(result: ImportResult, source: str | Path, out: str | Path) -> Trace:
    """Write the trace of a result to `out` and return it.

    Raises:
        InputFileError: when there is none, or the file cannot be written.
    """
    trace = trace_of(result, source)
    write_trace(trace, out)
    return trace
