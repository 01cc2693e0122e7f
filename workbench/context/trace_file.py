"""Reading and writing traces: one CSV file with units in its column names and a header of facts.

The format is described for users in `assets/guide/trace-format.md`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from workbench.context.columns import (
    COLUMNS,
    FloatArray,
    problem_with_names,
    problem_with_values,
)
from workbench.context.records import MAX_SAMPLES, Trace, TraceError, TraceInfo, complete_columns
from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write
from workbench.core.provenance import Provenance, Source

FORMAT = "adaspring-trace"
VERSION = 1
MAX_FILE_BYTES = 256 * 2**20
MAX_HEADER_LINES = 20_000

_TEXT_ENTRIES = ("title", "device", "origin", "start", "created", "generator", "description")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ROWS_PER_BLOCK = 50_000
_ROWS_PER_READ = 10_000


def write_trace(trace: Trace, path: str | Path) -> None:
    """Write `trace`; `read_trace` gives back the same facts and bit-identical numbers.

    Raises:
        InputFileError: when the file cannot be written.
    """
    texts = [_texts(values) for values in trace.columns.values()]
    with atomic_write(path) as stream:
        stream.write("\n".join(_header(trace)) + "\n")
        for start in range(0, len(trace), _ROWS_PER_BLOCK):
            block = [column[start : start + _ROWS_PER_BLOCK].tolist() for column in texts]
            stream.writelines(f"{','.join(row)}\n" for row in zip(*block, strict=True))


def _header(trace: Trace) -> list[str]:
    info = trace.info
    lines = [f"# {FORMAT} {VERSION}"]
    lines += [f"# {name}: {getattr(info, name)}" for name in _TEXT_ENTRIES if getattr(info, name)]
    lines.append(f"# rows: {len(trace)}")
    for column, source in info.column_sources.items():
        lines.append(f"# column {column}: {source.provenance}; {source.story}")
    lines += [f"# gap: {begin!r} {end!r}" for begin, end in info.gaps]
    lines += [f"# note {name}: {text}" for name, text in info.notes.items()]
    lines.append(",".join(trace.columns))
    return lines


def _texts(values: FloatArray) -> npt.NDArray[np.object_]:
    """Shortest texts that read back as the same numbers, each distinct value formatted once."""
    distinct, positions = np.unique(values, return_inverse=True)
    texts = np.array([repr(value).removesuffix(".0") for value in distinct.tolist()], dtype=object)
    return texts[positions]


def read_trace(path: str | Path) -> Trace:
    """Read and check a trace.

    Columns that have a default and are not in the file are filled with it and marked as absent.

    Raises:
        InputFileError: naming the file, the line where there is one, and the way out.
    """
    source = Path(path)
    try:
        size = source.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputFileError(
                path,
                f"is {size / 2**20:,.0f} MiB; a trace may have {MAX_FILE_BYTES // 2**20} MiB",
                "Split it, or record at a lower rate.",
            )
        data = source.read_bytes()
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
    return parse_trace(data, path)


def parse_trace(data: bytes, path: str | Path) -> Trace:
    """Make a trace from the bytes of a file; `path` only serves the error messages.

    Raises:
        InputFileError: as `read_trace`.
    """
    return _Parser(_decode(data, path), path).trace()


def _decode(data: bytes, path: str | Path) -> str:
    if not data:
        raise InputFileError(path, "is empty", "Choose a trace file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputFileError(
            path,
            "is not UTF-8 text",
            "Save the file as UTF-8; a compressed file must be unpacked first.",
            line=line,
        ) from error


class _Parser:
    """Holds the lines of one file; line numbers in messages count from 1."""

    def __init__(self, text: str, path: str | Path) -> None:
        self._path = path
        self._lines = text.split("\n")
        self._entries: dict[str, str] = {}
        self._notes: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._gaps: list[tuple[float, float]] = []
        self._entry_lines: dict[str, int] = {}

    def trace(self) -> Trace:
        self._read_first_line()
        names_index = self._read_header()
        names = self._read_names(names_index)
        table = self._read_table(names_index + 1, names)
        columns = {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(names)}
        problem = problem_with_values(columns)
        if problem is not None:
            line = names_index + 2 + problem.row if problem.row is not None else None
            self._fail(problem.message, problem.hint, line)
        for name, spec in COLUMNS.items():
            if name not in columns and spec.default is not None:
                self._sources[name] = Source(
                    Provenance.ABSENT, f"not in the file; {spec.default:g} assumed"
                )
        info = self._info()
        try:
            return Trace(info, complete_columns(columns))
        except TraceError as error:
            self._fail(error.message, error.hint, None)

    def _fail(self, message: str, hint: str, line: int | None) -> NoReturn:
        raise InputFileError(self._path, message, hint, line=line)

    def _read_first_line(self) -> None:
        match = re.fullmatch(rf"#\s*{FORMAT}\s+(\d{{1,9}})\s*", self._lines[0])
        if match is None:
            self._fail(
                "this is not a context trace",
                f"Its first line must be '# {FORMAT} {VERSION}'. Recordings of other programs "
                "have to be imported: adaspring-workbench import-trace.",
                1,
            )
        version = int(match.group(1))
        if version > VERSION:
            self._fail(
                f"has version {version} of the format; this program reads up to {VERSION}",
                "Install a newer version of the workbench.",
                1,
            )
        if version < 1:
            self._fail(f"there is no version {version} of the format", "Use version 1.", 1)

    def _read_header(self) -> int:
        """Read the entries; returns the index of the line with the column names."""
        for index, line in enumerate(self._lines[1 : MAX_HEADER_LINES + 1], start=1):
            if not line.startswith("#"):
                return index
            self._read_entry(line[1:].strip(), index + 1)
        self._fail(
            "the line with the column names is missing",
            f"It must follow the '#' lines, of which there may be {MAX_HEADER_LINES:,}.",
            min(len(self._lines), MAX_HEADER_LINES + 1),
        )

    def _read_entry(self, entry: str, line: int) -> None:
        key, colon, text = entry.partition(":")
        key, text = key.strip(), text.strip()
        if not colon:
            self._fail("this header line has no colon", "Write it as '# name: text'.", line)
        word, _, name = key.partition(" ")
        if key == "gap":
            self._read_gap(text, line)
            return
        if key in self._entry_lines:
            self._fail(f"'{key}' is there twice", "Remove one of the two lines.", line)
        self._entry_lines[key] = line
        if key in _TEXT_ENTRIES or key == "rows":
            self._entries[key] = text
        elif word == "note" and name:
            self._notes[name] = text
        elif word == "column" and name:
            self._read_source(name, text, line)
        else:
            self._fail(
                f"unknown header entry '{key}'",
                "Facts of your own are written as '# note NAME: TEXT'. Known entries: "
                + ", ".join((*_TEXT_ENTRIES, "rows", "column NAME", "gap", "note NAME"))
                + ".",
                line,
            )

    def _read_gap(self, text: str, line: int) -> None:
        parts = text.split()
        if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):
            self._fail("a gap needs two times in seconds", "Write it as '# gap: 120 180'.", line)
        self._gaps.append((float(parts[0]), float(parts[1])))
        self._entry_lines["gap"] = line

    def _read_source(self, column: str, text: str, line: int) -> None:
        word, _, story = text.partition(";")
        kinds = [str(kind) for kind in Provenance]
        if word.strip() not in kinds or not story.strip():
            self._fail(
                f"'{text}' does not say where the values of {column} come from",
                f"Write '# column {column}: KIND; how', KIND one of {', '.join(kinds)}.",
                line,
            )
        if column not in COLUMNS:
            self._fail(f"unknown column '{column}'", f"Known: {', '.join(COLUMNS)}.", line)
        self._sources[column] = Source(Provenance(word.strip()), story.strip())

    def _read_names(self, index: int) -> list[str]:
        line = self._lines[index]
        if not line.strip():
            self._fail(
                "the line with the column names is missing",
                "It must follow the '#' lines, without blank lines between.",
                index + 1,
            )
        names = [name.strip() for name in line.split(",")]
        problem = problem_with_names(names)
        if problem is not None:
            self._fail(problem.message, problem.hint, index + 1)
        return names

    def _read_table(self, first: int, names: list[str]) -> FloatArray:
        """The numbers, shape (samples, columns); on any doubt a slow pass finds the line."""
        rows = self._lines[first:]
        if rows and not rows[-1]:
            rows.pop()
        elif rows:
            self._fail(
                "the last line is cut off: it does not end with a line break",
                "Copy or record the file again, or remove this line.",
                first + len(rows),
            )
        if not rows:
            self._fail("there are no samples", "Record or copy it again.", first)
        if len(rows) > MAX_SAMPLES:
            self._fail(
                f"has {len(rows):,} samples; {MAX_SAMPLES:,} are allowed",
                "Split it, or record at a lower rate.",
                None,
            )
        self._check_row_count(len(rows))
        try:
            # In blocks: loadtxt keeps the interpreter to itself, and a window must stay alive.
            blocks = [
                np.loadtxt(
                    rows[start : start + _ROWS_PER_READ],
                    delimiter=",",
                    comments=None,
                    ndmin=2,
                    dtype=np.float64,
                )
                for start in range(0, len(rows), _ROWS_PER_READ)
            ]
            table = np.concatenate(blocks)
        except (ValueError, OverflowError):
            table = None
        if table is None or table.shape != (len(rows), len(names)):
            table = self._read_slowly(rows, first, names)
        return table

    def _check_row_count(self, count: int) -> None:
        text = self._entries.get("rows")
        if text is None:
            return
        line = self._entry_lines["rows"]
        if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
            self._fail(f"rows is '{text}'", "It must be a whole number.", line)
        if int(text) != count:
            self._fail(
                f"the header promises {int(text):,} samples, but the file has {count:,}",
                "The file was cut off: copy or record it again. If it was edited on purpose, "
                "remove the line '# rows'.",
                line,
            )

    def _read_slowly(self, rows: list[str], first: int, names: list[str]) -> FloatArray:
        table: list[list[float]] = []
        for number, row in enumerate(rows, start=first + 1):
            cells = [cell.strip() for cell in row.split(",")]
            if not row.strip():
                self._fail("a blank line between the samples", "Remove it.", number)
            if row.startswith("#"):
                self._fail("a header line between the samples", "Move it to the top.", number)
            if len(cells) != len(names):
                self._fail(
                    f"{len(cells)} values where there are {len(names)} columns",
                    "The line was cut off, or has commas as decimal marks.",
                    number,
                )
            for name, cell in zip(names, cells, strict=True):
                if not _NUMBER.fullmatch(cell):
                    what = f"{name} is '{cell[:40]}'" if cell else f"{name} is empty"
                    self._fail(
                        f"{what}, which is not a number",
                        "Leave the sample out where a value could not be read.",
                        number,
                    )
            table.append([float(cell) for cell in cells])
        return np.array(table, dtype=np.float64)

    def _info(self) -> TraceInfo:
        for name in _TEXT_ENTRIES:
            if not self._entries.get(name) and name != "description":
                self._fail(
                    f"the header does not say '{name}'", f"Add a line '# {name}: ...'.", None
                )
        fields: dict[str, Any] = {name: self._entries.get(name, "") for name in _TEXT_ENTRIES}
        try:
            return TraceInfo(
                **fields,
                column_sources=self._sources,
                gaps=tuple(self._gaps),
                notes=self._notes,
            )
        except TraceError as error:
            self._fail(error.message, error.hint, self._entry_lines.get(error.entry))
