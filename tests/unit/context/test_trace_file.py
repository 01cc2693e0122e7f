"""Trace files: what is written is read back bit by bit; whatever else comes is explained."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.traces import make_info, make_trace
from workbench.context import COLUMNS, Trace, TraceInfo, read_trace, write_trace
from workbench.context import trace_file as module
from workbench.context.trace_file import parse_trace
from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance, Source
from workbench.core.resources import assets_root


def written(trace: Trace, folder: Path) -> str:
    path = folder / "written.csv"
    write_trace(trace, path)
    return path.read_text(encoding="utf-8")


def assert_same(left: Trace, right: Trace) -> None:
    assert left.info == right.info
    assert list(left.columns) == list(right.columns)
    for name in left.columns:
        assert left[name].tobytes() == right[name].tobytes(), name


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    count = draw(st.integers(1, 6))
    steps = draw(st.lists(st.floats(1e-3, 1e6), min_size=count, max_size=count))
    changes: dict[str, object] = {"t_s": np.cumsum(steps)}
    for name, spec in COLUMNS.items():
        if name == "t_s" or (name == "latency_budget_ms" and draw(st.booleans())):
            continue
        if spec.whole:
            values = st.integers(int(spec.low), int(spec.high)).map(float)
        else:
            values = st.floats(spec.low, spec.high)
        changes[name] = draw(st.lists(values, min_size=count, max_size=count))
    line = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
    sources = st.builds(Source, st.sampled_from(Provenance), line)
    info = make_info(
        title=draw(line),
        device=draw(line),
        description=draw(st.just("") | line),
        origin=draw(st.sampled_from(["recorded", "synthetic"])),
        column_sources=draw(st.dictionaries(st.sampled_from(list(COLUMNS)), sources, max_size=3)),
        notes=draw(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True), line)),
        gaps=draw(st.just(()) | st.just(((0.1, 0.30000000000000004), (5.0, 1e300)))),
    )
    return make_trace(count, info=info, **changes)


@given(trace=traces())
def test_a_written_trace_is_read_back_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory, trace: Trace
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.csv"
    write_trace(trace, path)
    assert_same(read_trace(path), trace)


@given(data=st.binary(max_size=400) | st.text(max_size=400).map(lambda s: s.encode("utf-8")))
def test_garbage_is_refused_with_a_clear_error(data: bytes) -> None:
    with pytest.raises(InputFileError):
        parse_trace(data, "garbage.csv")


@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_but_never_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    info = make_info(gaps=((1.0, 2.0),), notes={"cost": "1 ms"})
    good = written(make_trace(info=info), tmp_path_factory.getbasetemp()).encode()
    at = data.draw(st.integers(0, len(good) - 1))
    length = data.draw(st.integers(0, 12))
    pieces = [b"", b"\n", b",", b"nan", b"-1", b"\xff", b"#", b"1e999", b"\r", b'"', b"\x00", b"_"]
    patch = data.draw(st.sampled_from(pieces) | st.binary(max_size=4))
    damaged = good[:at] + patch + good[at + length :]
    try:
        trace = parse_trace(damaged, "damaged.csv")
    except InputFileError as error:
        assert "damaged.csv" in error.message
    else:
        assert np.isfinite(np.stack(list(trace.columns.values()))).all()


@given(data=st.data())
def test_every_truncated_file_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = written(make_trace(), tmp_path_factory.getbasetemp()).encode()
    end = data.draw(st.integers(0, len(good) - 1))
    with pytest.raises(InputFileError):
        parse_trace(good[:end], "truncated.csv")


HEADER = """\
# adaspring-trace 1
# title: By hand
# device: a phone
# origin: recorded
# start: 2026-03-02T09:00:00+01:00
# created: 2026-03-02T09:30:00+01:00
# generator: by hand
"""
NAMES = "t_s,battery_percent,free_cache_kib,cpu_share,event_rate_hz\n"
BY_HAND = HEADER + NAMES + "0,80,900,0.9,1\n1,80,900,0.9,1\n2,79,400,0.5,1\n"


def test_a_file_written_by_hand_gets_defaults_that_are_marked() -> None:
    trace = parse_trace(BY_HAND.encode(), "x.csv")
    assert trace["temperature_c"].tolist() == [25, 25, 25]
    assert trace.info.column_sources["temperature_c"].provenance is Provenance.ABSENT
    assert "latency_budget_ms" not in trace.columns


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("# adaspring", "\ufeff# adaspring")])
def test_files_saved_by_a_spreadsheet_are_read(change: tuple[str, str]) -> None:
    text = BY_HAND.replace(*change) if change[0] == "\n" else BY_HAND.replace(*change, 1)
    assert_same(parse_trace(text.encode(), "x.csv"), parse_trace(BY_HAND.encode(), "x.csv"))


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ("-trace 1", "-trace 2", 1, "version 2 of the format", "newer version"),
        ("# adaspring-trace 1\n", "", 1, "not a context trace", "first line"),
        ("# title: By hand\n", "", None, "does not say 'title'", "# title: ..."),
        ("# title: By hand", "# titel: By hand", 2, "unknown header entry 'titel'", "title"),
        ("# title: By hand", "# title", 2, "no colon", "name: text"),
        ("# device: a phone", "# title: again", 3, "'title' is there twice", "Remove"),
        ("origin: recorded", "origin: dreamt", 4, "origin is 'dreamt'", "synthetic"),
        ("09:00:00+01:00", "09:00:00", 5, "offset from UTC", "+01:00"),
        ("# origin", "# gap: 5 4\n# origin", 4, "gap from 5.0 s to 4.0 s", "sorted"),
        ("# origin", "# gap: soon\n# origin", 4, "a gap needs two times", "120 180"),
        ("# origin", "# column cpu_share: dreamt; x\n# origin", 4, "where the values", "measured"),
        ("# origin", "# rows: 4\n# origin", 4, "promises 4 samples, but the file has 3", "cut"),
        ("free_cache_kib", "free_cache_bytes", 8, "not in the unit", "free_cache_kib (KiB)"),
        ("battery_percent", "battery", 8, "not in the unit", "battery_percent (%)"),
        ("t_s", "t_ms", 8, "not in the unit", "t_s (s)"),
        ("event_rate_hz", "evnt_rate_hz", 8, "unknown column", "Did you mean event_rate_hz?"),
        (",event_rate_hz", "", 8, "event_rate_hz (inferences/s) is missing", "Add it"),
        ("cpu_share,event", "cpu_share,cpu_share,event", 8, "there twice", "Remove"),
        (NAMES, "", 8, "unknown column '0'", "Known columns"),
        (NAMES, "\n" + NAMES, 8, "column names is missing", "blank lines"),
        ("1,80,900", "1,nan,900", 10, "battery_percent is nan", "Leave the sample out"),
        ("1,80,900", "1,inf,900", 10, "battery_percent is inf", "Leave the sample out"),
        ("1,80,900", "1,1e999,900", 10, "battery_percent is inf", "Leave the sample out"),
        ("1,80,900", "1,,900", 10, "battery_percent is empty", "Leave the sample out"),
        ("1,80,900", "1,N/A,900", 10, "battery_percent is 'N/A'", "Leave the sample out"),
        ("1,80,900", "1,8_0,900", 10, "battery_percent is '8_0'", "Leave the sample out"),
        ("1,80,900", "1,-3,900", 10, "battery_percent is negative (-3)", "between 0 and 100 %"),
        ("1,80,900", "1,180,900", 10, "out of range (180)", "between 0 and 100 %"),
        ("1,80,900", "1,80,900,7", 10, "6 values where there are 5", "cut off"),
        ("1,80,900", "1;80;900", 10, "3 values where there are 5", "decimal marks"),
        ("1,80,900", "0,80,900", 10, "the time 0.0 s is there twice", "one sample"),
        ("1,80,900", "5,80,900", 11, "time goes back, from 5.0 s to 2.0 s", "Sort"),
        ("\n1,80", "\n\n1,80", 10, "a blank line", "Remove"),
        ("\n1,80", "\n# note a: b\n1,80", 10, "a header line between", "top"),
        ("0.5,1\n", "0.5,1", 11, "the last line is cut off", "Copy or record"),
        ("0,80,900,0.9,1\n1,80,900,0.9,1\n2,79,400,0.5,1\n", "", 8, "no samples", "Record"),
        (BY_HAND, "", None, "is empty", "Choose"),
        ("a phone", "a ph\udcffone", 3, "is not UTF-8 text", "Save the file as UTF-8"),
    ],
)
def test_each_fault_is_told_with_line_and_way_out(
    old: str, new: str, line: int | None, message: str, hint: str
) -> None:
    assert old in BY_HAND
    data = BY_HAND.replace(old, new, 1).encode("utf-8", "surrogateescape")
    with pytest.raises(InputFileError) as caught:
        parse_trace(data, "day.csv")
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.line == line
    assert caught.value.message.startswith("day.csv")


def test_a_missing_file_and_a_folder_are_explained(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(InputFileError, match="cannot be read"):
            read_trace(path)


def test_absurd_sizes_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "day.csv"
    path.write_text(BY_HAND)
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 100)
    with pytest.raises(InputFileError, match="a trace may have"):
        read_trace(path)
    monkeypatch.undo()
    monkeypatch.setattr(module, "MAX_SAMPLES", 2)
    with pytest.raises(InputFileError, match="2 are allowed"):
        read_trace(path)


def test_whole_numbers_are_written_without_a_point(tmp_path: Path) -> None:
    text = written(make_trace(2), tmp_path)
    assert text.splitlines()[-1] == "1,70,0,900,0.9,1,1024,25,0,2"


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "day.csv"
    write_trace(make_trace(), path)
    before = path.read_bytes()

    def broken(trace: Trace) -> list[str]:
        raise OSError("disk full")

    monkeypatch.setattr(module, "_header", broken)
    with pytest.raises(OSError, match="disk full"):
        write_trace(make_trace(7), path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["day.csv"]


def test_the_guide_names_every_column_and_entry() -> None:
    guide = (Path(__file__).parents[3] / "assets/guide/trace-format.md").read_text("utf-8")
    for name in (*COLUMNS, *TraceInfo.__dataclass_fields__):
        if name not in ("column_sources", "gaps", "notes"):
            assert f"`{name}`" in guide, name
    example = re.search(r"```csv\n(.*?)```", guide, re.DOTALL)
    assert example is not None
    assert len(parse_trace(example.group(1).encode(), "example")) == 3


@pytest.mark.parametrize(
    "path", sorted((assets_root() / "traces").glob("*.csv")), ids=lambda path: path.stem
)
def test_every_shipped_trace_is_valid_and_says_where_its_cache_comes_from(path: Path) -> None:
    trace = read_trace(path)
    assert trace.info.description
    source = trace.info.column_sources["free_cache_kib"]
    expected = {"recorded": Provenance.ESTIMATED, "synthetic": Provenance.SIMULATED}
    assert source.provenance is expected[trace.info.origin]
