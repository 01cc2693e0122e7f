"""`adaspring-workbench import-trace`: make a context trace of another program's recording."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from workbench.cli.project_option import project_named, project_option
from workbench.context.foreign import FORMULAS, TARGETS, ImportResult, TableSettings
from workbench.context.foreign_table import DELIMITERS
from workbench.services.importing import (
    ImportDraft,
    import_foreign,
    open_foreign,
    trace_of,
    with_rules,
    write_import,
)
from workbench.services.trace_library import TraceLibrary

_DELIMITERS = {name: mark for mark, name in DELIMITERS.items()}


@click.command("import-trace")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "rules",
    multiple=True,
    metavar="TARGET=COLUMN[:UNIT]",
    help="What a column means; may be given several times. What is not given is guessed from the "
    "header; TARGET= takes a guess away. See --targets.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The trace to write. Without it and --project, only shows what would be written.",
)
@click.option("--targets", is_flag=True, help="List all targets and their units, and end.")
@click.option("--zone", help="What local times mean: +08:00 or Asia/Shanghai.  [this computer's]")
@click.option("--date", help="Date of the first row, where times have none: 2026-01-31.")
@click.option("--cores", type=int, default=8, show_default=True, help="Processor cores.")
@click.option(
    "--formula",
    type=click.Choice(list(FORMULAS)),
    default="fair",
    show_default=True,
    help="CPU share from the load u of others: "
    + "; ".join(f"{name}: {text}" for name, text in FORMULAS.items())
    + ".",
)
@click.option(
    "--l2-kib",
    "cache_kib",
    type=float,
    default=1024.0,
    show_default=True,
    help="Size of the L2 cache.",
)
@click.option(
    "--cache-load-factor",
    type=float,
    default=0.6,
    show_default=True,
    help="Share of it that others hold at full load (for the estimate).",
)
@click.option(
    "--event-rate",
    "event_rate_hz",
    type=float,
    default=1.0,
    show_default=True,
    help="Inferences a second, where no column tells them.",
)
@click.option(
    "--missing",
    type=click.Choice(["skip", "hold"]),
    default="skip",
    show_default=True,
    help="Leave rows with unreadable values out, or hold the last value.",
)
@click.option("--delimiter", type=click.Choice(list(_DELIMITERS)), help="[found out]")
@click.option("--decimal-comma/--decimal-point", default=None, help="[found out]")
@click.option(
    "--header/--no-header",
    default=None,
    help="Whether the first row names the columns.  [found out]",
)
@click.option("--title", default="", help="Name of the trace.  [the file's]")
@click.option("--device", default="", help="What it was recorded on.")
@project_option(writes=True)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
def command(
    file: Path,
    rules: tuple[str, ...],
    out: Path | None,
    targets: bool,
    zone: str | None,
    date: str | None,
    delimiter: str | None,
    decimal_comma: bool | None,
    header: bool | None,
    as_json: bool,
    **settings: Any,
) -> None:
    """Make a context trace of FILE, a CSV recording of another program.

    Example: import-trace phone.csv --map battery=Level --map temperature=Temp:0.1C
    --map cpu=CPU_Sum:sum% --cores 8 --zone +08:00 --out trace.csv
    """
    if targets:
        for target in TARGETS.values():
            click.echo(f"{target.name:22} {', '.join(target.units)}")
        return
    table_settings = TableSettings(
        _DELIMITERS[delimiter] if delimiter else None, decimal_comma, header
    )
    draft = with_rules(open_foreign(file, table_settings), rules)
    changed = {"zone": zone, "date": date} | settings
    mapping = replace(
        draft.mapping, **{name: value for name, value in changed.items() if value is not None}
    )
    draft = replace(draft, mapping=mapping)
    result = import_foreign(draft)
    if as_json:
        click.echo(json.dumps(_as_object(draft, result), indent=2, ensure_ascii=False))
    else:
        _show(draft, result)
    if out is not None or result.trace is None:
        write_import(result, file, out or Path())
        if not as_json:
            click.echo(f"wrote {out}")
    elif project_named():
        trace_id = TraceLibrary().add(trace_of(result, file))
        if not as_json:
            click.echo(f"trace {trace_id} of the project")


def _show(draft: ImportDraft, result: ImportResult) -> None:
    settings = draft.table.settings
    click.echo(
        f"{len(draft.table.rows):,} rows, {len(draft.table.names)} columns, "
        f"{DELIMITERS[settings.delimiter or ',']} between them, decimal "
        f"{'comma' if settings.decimal_comma else 'point'}, {draft.table.encoding}"
    )
    for rule in draft.mapping.rules:
        click.echo(f"  {rule.target:22} <- {rule.column} ({rule.unit})")
    for problem in result.problems:
        click.echo(f"{problem.severity}: {problem}")
    if result.trace is not None:
        trace = result.trace
        click.echo(
            f"{len(trace):,} samples over {trace.duration_s / 60:.1f} min from {trace.info.start}, "
            f"{result.left_out:,} rows left out"
        )
        for name, source in trace.info.column_sources.items():
            click.echo(f"  {name:22} {source.summary()}")


def _as_object(draft: ImportDraft, result: ImportResult) -> dict[str, object]:
    trace = result.trace
    return {
        "rows": result.rows,
        "left_out": result.left_out,
        "mapping": {rule.target: [rule.column, rule.unit] for rule in draft.mapping.rules},
        "problems": [
            {
                "severity": problem.severity,
                "message": problem.message,
                "lines": list(problem.lines),
                "count": problem.count,
            }
            for problem in result.problems
        ],
        "samples": None if trace is None else len(trace),
        "duration_s": None if trace is None else trace.duration_s,
        "start": None if trace is None else trace.info.start,
        "columns": {}
        if trace is None
        else {name: source.summary() for name, source in trace.info.column_sources.items()},
    }
