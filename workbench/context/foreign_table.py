"""Reads a table that another program wrote: encoding, delimiter, decimal mark, header.

Nothing in such a file is trusted: texts are cut, cleaned of control characters and only ever shown
as plain text; sizes are limited.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.context.records import MAX_SAMPLES
from workbench.context.trace_file import MAX_FILE_BYTES
from workbench.core.errors import InputFileError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank"}
MAX_COLUMNS = 500
MAX_CELL = 200
"""Characters kept of a cell; no number or time is longer."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_POINT_NUMBER = re.compile(r"[+-]?\d+\.\d+", re.ASCII)
_SAMPLE_CHARACTERS = 16_384
_SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class TableSettings:
    """How to read the file; None: find out.

    Attributes:
        delimiter: one of `DELIMITERS`.
        decimal_comma: whether numbers are written as 3,7.
        has_header: whether the first row names the columns.
    """

    delimiter: str | None = None
    decimal_comma: bool | None = None
    has_header: bool | None = None


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """A table as text.

    Attributes:
        path: the file, for messages.
        names: one distinct, printable name a column.
        rows: cells as they stand in the file, stripped; rows may be shorter than `names`.
        lines: the line of the file that each row ends on.
        settings: how it was read, nothing left open.
        encoding: how the bytes were decoded.
    """

    path: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    settings: TableSettings
    encoding: str

    def column(self, name: str) -> list[str]:
        """All cells of a column; empty text where a row is too short.

        Raises:
            KeyError: when there is no such column.
        """
        if name not in self.names:
            raise KeyError(name)
        index = self.names.index(name)
        return [row[index] if index < len(row) else "" for row in self.rows]

    def number(self, cell: str) -> float | None:
        """The cell as a number, or None; thousands are not grouped."""
        text = cell.replace(",", ".") if self.settings.decimal_comma else cell
        return float(text) if _NUMBER.fullmatch(text) else None


def clean(text: str, limit: int = MAX_CELL) -> str:
    """The text as one printable line without blanks at its ends, cut to `limit` characters."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * limit])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def read_table(path: str | Path, settings: TableSettings | None = None) -> ForeignTable:
    """Read the file.

    Raises:
        InputFileError: when it cannot be read, is too large or holds no table.
    """
    source = Path(path)
    try:
        size = source.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputFileError(
                path,
                f"is {size / 2**20:,.0f} MiB; {MAX_FILE_BYTES // 2**20} MiB can be imported",
                "Split the file.",
            )
        data = source.read_bytes()
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
    return parse_table(data, path, settings)


def parse_table(
    data: bytes, path: str | Path, settings: TableSettings | None = None
) -> ForeignTable:
    """Make a table from the bytes of a file; `path` only serves the messages.

    Raises:
        InputFileError: as `read_table`.
    """
    text, encoding = _decode(data, path)
    wanted = settings or TableSettings()
    delimiter = wanted.delimiter or _delimiter(text)
    if delimiter not in DELIMITERS:
        raise InputFileError(
            path, "a delimiter must be a comma, semicolon, tab, bar or blank", "Choose one of them."
        )
    rows, lines = _rows(text, delimiter, path)
    if not rows:
        raise InputFileError(path, "holds no rows", "Choose a file with a table of samples.")
    names_count = max(len(row) for row in rows[:_SAMPLE_ROWS])
    if names_count < 2:
        raise InputFileError(
            path,
            "holds no table: only one column was found",
            "Choose the delimiter by hand, or check that this is a CSV file.",
            line=lines[0],
        )
    comma = wanted.decimal_comma
    if comma is None:
        comma = delimiter != "," and _has_decimal_commas(rows)
    table = ForeignTable(
        str(path), (), tuple(rows), tuple(lines), TableSettings(delimiter, comma), encoding
    )
    header = wanted.has_header
    if header is None:
        header = _has_header(table, text)
    names = _names(rows[0] if header else (), names_count)
    first = 1 if header else 0
    if len(rows) == first:
        raise InputFileError(
            path, "has a header but no rows below it", "Record or copy it again.", line=lines[0]
        )
    return replace(
        table,
        names=names,
        rows=tuple(rows[first:]),
        lines=tuple(lines[first:]),
        settings=TableSettings(delimiter, comma, header),
    )


def _decode(data: bytes, path: str | Path) -> tuple[str, str]:
    if not data.strip():
        raise InputFileError(path, "is empty", "Choose a file with a table of samples.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        if b"\0" in data[:4096]:
            raise InputFileError(
                path,
                "is not a text file",
                "A spreadsheet has to be saved as CSV; a compressed file unpacked first.",
            )
        encodings = ("utf-8-sig", "latin-1")
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding.removesuffix("-sig").upper()
        except UnicodeDecodeError:
            continue
    raise InputFileError(path, "is not readable UTF-16 text", "Save it as UTF-8.")


def _sample(text: str) -> str:
    """The first whole lines that are no comments."""
    lines = text[:_SAMPLE_CHARACTERS].splitlines()
    if len(text) > _SAMPLE_CHARACTERS and len(lines) > 1:
        lines.pop()
    return "\n".join(line for line in lines if line.strip() and not line.startswith("#"))


def _delimiter(text: str) -> str:
    """The sniffer's answer where it splits all rows alike, else the delimiter that does."""
    sample = _sample(text)
    lines = sample.split("\n")[:50]
    guesses = [",", ";", "\t", "|", " "]
    try:
        sniffed = csv.Sniffer().sniff("\n".join(lines)[:4096], "".join(guesses)).delimiter
        guesses.insert(0, sniffed)
    except csv.Error:
        pass

    def evenness(delimiter: str) -> tuple[float, int]:
        counts = Counter(line.count(delimiter) for line in lines)
        number, rows = counts.most_common(1)[0]
        return (rows / len(lines) if number else 0.0), number

    best = max(guesses, key=lambda delimiter: round(evenness(delimiter)[0], 1))
    # In a file with decimal commas the comma often splits as evenly as the real delimiter.
    if best == "," and evenness(";")[0] >= evenness(",")[0]:
        return ";"
    return best


def _rows(text: str, delimiter: str, path: str | Path) -> tuple[list[tuple[str, ...]], list[int]]:
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter == " "
    )
    try:
        for row in reader:
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            if len(row) > MAX_COLUMNS:
                raise InputFileError(
                    path,
                    f"has {len(row):,} columns; {MAX_COLUMNS} can be read",
                    "Check the delimiter.",
                    line=reader.line_num,
                )
            rows.append(tuple(cell.strip()[:MAX_CELL] for cell in row))
            lines.append(reader.line_num)
            if len(rows) > MAX_SAMPLES + 1:
                raise InputFileError(path, f"has more than {MAX_SAMPLES:,} rows", "Split the file.")
    except csv.Error as error:
        raise InputFileError(
            path, f"is no readable CSV ({error})", "Save it as CSV again.", line=reader.line_num
        ) from error
    return rows, lines


def _has_decimal_commas(rows: Sequence[tuple[str, ...]]) -> bool:
    cells = [cell for row in rows[:_SAMPLE_ROWS] for cell in row]
    commas = sum(bool(_COMMA_NUMBER.fullmatch(cell)) for cell in cells)
    points = sum(bool(_POINT_NUMBER.fullmatch(cell)) for cell in cells)
    return commas > points


def _has_header(table: ForeignTable, text: str) -> bool:
    first = table.rows[0]
    if any(table.number(cell) is not None or _looks_like_time(cell) for cell in first):
        return False
    body = table.rows[1:_SAMPLE_ROWS]
    if any(table.number(cell) is not None for row in body for cell in row):
        return True
    try:
        return csv.Sniffer().has_header(_sample(text)[:4096])
    except csv.Error:
        return True


def _looks_like_time(cell: str) -> bool:
    return re.match(r"\d{1,4}[:./-]\d{1,2}[:./-]\d{1,4}", cell, re.ASCII) is not None


def _names(header: Sequence[str], count: int) -> tuple[str, ...]:
    names: list[str] = []
    for index in range(count):
        name = clean(header[index], 80) if index < len(header) else ""
        name = name or f"column {index + 1}"
        number, distinct = 1, name
        while distinct in names:
            number += 1
            distinct = f"{name} ({number})"
        names.append(distinct)
    return tuple(names)
