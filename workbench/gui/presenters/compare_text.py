"""The comparison as text: CSV with every digit, Markdown and LaTeX as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.core.files import atomic_write
from workbench.export.markdown import inert, table
from workbench.export.study_latex import latex_table
from workbench.export.study_report import INTERVAL_METHOD, StudyRow
from workbench.export.study_text import Heading, TextTable
from workbench.gui.presenters.compare_board import Board
from workbench.gui.presenters.compare_columns import Column
from workbench.gui.presenters.formats import table_csv


def board_csv(board: Board) -> str:
    """A row a policy; each figure with its bounds, and where it comes from in the heading."""
    columns = board.columns
    heading = ["policy", "repeats"]
    for column in columns:
        heading += [column.key, f"{column.key}_low", f"{column.key}_high"]
    heading += [f"{origin}_provenance" for origin in board.sources]
    rows = []
    for row in board.rows:
        cells: list[object] = [row.policy, row.runs]
        for column in columns:
            figure = row.figures.get(column.key)
            bounds = ("", "", "") if figure is None else (figure.mean, figure.low, figure.high)
            cells += ["" if value in (None, "") else f"{value:.6g}" for value in bounds]
        rows.append([*cells, *(str(source.provenance) for source in board.sources.values())])
    return table_csv(heading, rows)


def board_markdown(board: Board) -> str:
    """The table with intervals, best figures in bold, and where figures come from below it."""
    best = {column.key: board.best(column) for column in board.columns}

    def cell(row: StudyRow, column: Column) -> str:
        text = _cell(row, column)
        return f"**{text}**" if row.policy in best[column.key] else text

    rows = [
        [f"`{row.policy}`", *(cell(row, column) for column in board.columns)] for row in board.rows
    ]
    heading = ["policy", *(_heading(board, column) for column in board.columns)]
    parts = [inert(board.about), table(heading, rows), _note(board)]
    parts.append(
        "\n".join(
            f"- **{name}**: {inert(source.summary())}" for name, source in board.sources.items()
        )
    )
    return "\n\n".join(parts) + "\n"


def board_latex(board: Board) -> str:
    """The table as a LaTeX float."""
    columns = board.columns
    headings = [Heading("policy")]
    for column in columns:
        source = board.sources.get(column.origin)
        mark = "" if source is None else str(source.provenance)
        headings.append(Heading(column.title, column.measure.unit, mark))
    rows = tuple((row.policy, *(_cell(row, column) for column in columns)) for row in board.rows)
    return latex_table(TextTable("policies", board.about, tuple(headings), rows, 1, _note(board)))


FORMATS: Mapping[str, tuple[str, Callable[[Board], str]]] = {
    "csv": ("Comma-separated values (*.csv)", board_csv),
    "md": ("Markdown (*.md)", board_markdown),
    "tex": ("LaTeX (*.tex)", board_latex),
}
"""File ending -> filter of a file dialog, and writer."""


def write_board(board: Board, path: Path) -> None:
    """Write the comparison into a file, in the format that its ending names.

    Raises:
        InputFileError: when the file cannot be written.
    """
    _, write = FORMATS[path.suffix.removeprefix(".")]
    write_text(write(board), path)


def write_text(text: str, path: Path) -> None:
    """Write a text file, whole or not at all.

    Raises:
        InputFileError: when the file cannot be written.
    """
    with atomic_write(path) as stream:
        stream.write(text)


def _cell(row: StudyRow, column: Column) -> str:
    figure = row.figures.get(column.key)
    if figure is None:
        return "–"
    return f"{column.text(figure.mean)} {column.half_text(figure)}".rstrip()


def _heading(board: Board, column: Column) -> str:
    source = board.sources.get(column.origin)
    return column.heading if source is None else f"{column.heading} ({source.provenance})"


def _note(board: Board) -> str:
    if board.repeats < 2:
        return "One run, so there are no intervals."
    text = f"± is half of the {INTERVAL_METHOD}, {board.repeats} of them."
    return f"{text} {board.repeats_story}".strip()
