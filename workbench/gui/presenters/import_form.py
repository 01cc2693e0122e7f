"""Reading and converting a foreign file for the import dialog; nothing here knows Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.context import Trace, read_trace
from workbench.context.foreign import TARGETS, ColumnRule, ImportResult, Mapping, TableSettings
from workbench.context.foreign_mapping import guess_unit
from workbench.context.foreign_table import DELIMITERS
from workbench.context.foreign_times import TIME_FORMS
from workbench.gui.presenters.formats import duration
from workbench.jobs import JobContext
from workbench.services.importing import ImportDraft, import_foreign, is_trace_file, open_foreign

PREVIEW_ROWS = 8

UNIT_TITLES = {
    "sum%": "%, sum over cores",
    "idle%": "% idle",
    "0-1": "0 to 1",
    "0/1": "0 or 1",
    "0.1C": "0.1 °C",
    "C": "°C",
    "mC": "0.001 °C",
    "F": "°F",
    "uV": "µV",
    "android": "Android's number",
    "of largest": "share of the largest",
}


FORMULA_TITLES = {
    "fair": "fair part: 1 − u / 2",
    "rest": "only the rest: 1 − u",
    "free_core": "a free core: cores − load",
}


@dataclass(frozen=True, slots=True)
class ImportState:
    """A file as it is understood, and what would come of it."""

    draft: ImportDraft
    result: ImportResult


def unit_title(target: str, unit: str) -> str:
    """A unit in words."""
    if target == "time":
        return TIME_FORMS[unit]
    return UNIT_TITLES.get(unit, unit)


def open_file(
    _context: JobContext, path: str, settings: TableSettings | None = None
) -> ImportState | Trace:
    """Read a file, guess its mapping and convert it; for a worker thread.

    A trace of the workbench itself is given back as it is.
    """
    if is_trace_file(path):
        return read_trace(path)
    draft = open_foreign(path, settings)
    return ImportState(draft, import_foreign(draft))


def convert_again(_context: JobContext, draft: ImportDraft) -> ImportState:
    """Convert with a changed mapping; for a worker thread."""
    return ImportState(draft, import_foreign(draft))


def with_column(draft: ImportDraft, target: str, column: str, unit: str = "") -> ImportDraft:
    """The draft with a target read from another column, or from none (empty `column`)."""
    rules = {rule.target: rule for rule in draft.mapping.rules}
    if column:
        unit = unit or guess_unit(draft.table, target, column)
        rules[target] = ColumnRule(target, column, unit)
    else:
        rules.pop(target, None)
    ordered = tuple(rules[name] for name in TARGETS if name in rules)
    return with_settings(draft, rules=ordered)


def with_settings(draft: ImportDraft, **changes: object) -> ImportDraft:
    """The draft with other settings of its mapping."""
    mapping: Mapping = replace(draft.mapping, **changes)  # type: ignore[arg-type]
    return replace(draft, mapping=mapping)


def table_text(state: ImportState) -> str:
    """Such as ``242 rows · 9 columns · comma · decimal point · UTF-8``."""
    table = state.draft.table
    settings = table.settings
    return " · ".join(
        (
            f"{len(table.rows):,} rows",
            f"{len(table.names)} columns",
            f"{DELIMITERS[settings.delimiter or ',']} between them",
            "decimal comma" if settings.decimal_comma else "decimal point",
            table.encoding,
        )
    )


def outcome_text(state: ImportState) -> str:
    """What the import would give."""
    result = state.result
    if result.trace is None:
        count = len(result.errors)
        return "It cannot be imported yet: " + (
            "one thing has to be put right." if count == 1 else f"{count} things to put right."
        )
    left_out = f", {result.left_out:,} rows left out" if result.left_out else ""
    return (
        f"{len(result.trace):,} samples over {duration(result.trace.duration_s)} "
        f"from {result.trace.info.start[:16].replace('T', ' ')}{left_out}"
    )
