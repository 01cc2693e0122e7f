"""Importing foreign recordings: times, units, missing values, and one list of problems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.context import read_trace, write_trace
from workbench.context.foreign import ImportResult, Mapping, TableSettings, convert, guess_rules
from workbench.context.foreign_mapping import ColumnRule, parse_rule
from workbench.context.foreign_table import ForeignTable, parse_table
from workbench.context.foreign_times import clock_seconds, guess_form, parse_zone, unwrap_days
from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance

# The layout of a logger that samples a phone over ADB: time of day, tenths of a degree, a load
# summed over cores, and N/A where a reading failed. The values are made up.
PHONE = """Time,Level,Temp,Voltage,Current_uA,WiFi_RSSI,Brightness,Screen_State,CPU_Sum_UserSys
23:57:10,91,305,4101,N/A,-70,80,Awake,40
23:58:12,91,306,4098,N/A,-71,80,Awake,296
23:59:14,N/A,N/A,N/A,N/A,N/A,N/A,Unknown,0
00:00:16,90,311,4090,N/A,-66,80,Awake,160
00:01:18,90,318,4088,N/A,-66,80,Dozing,800
"""


def table_of(text: str, **settings: object) -> ForeignTable:
    return parse_table(text.encode(), "log.csv", TableSettings(**settings))  # type: ignore[arg-type]


def imported(text: str, *rules: str, **changes: object) -> ImportResult:
    table = table_of(text)
    parsed = []
    for rule in rules:
        found = parse_rule(rule, table.names)
        assert isinstance(found, ColumnRule), found
        parsed.append(found)
    base = Mapping(rules=tuple(parsed) or guess_rules(table), zone="+08:00", date="2026-01-31")
    mapping = replace(base, **changes)  # type: ignore[arg-type]
    return convert(table, mapping, created="2026-02-01T00:00:00+00:00", generator="a test")


def texts(result: ImportResult, severity: str) -> list[str]:
    return [str(problem) for problem in result.problems if problem.severity == severity]


# ---- the whole way -----------------------------------------------------------------------------


def test_a_phone_log_is_understood_without_being_told() -> None:
    result = imported(PHONE)
    trace = result.trace
    assert trace is not None and (result.rows, result.left_out) == (5, 1)
    assert trace.info.start == "2026-01-31T23:57:10.000+08:00"
    assert trace.t_s.tolist() == [0.0, 62.0, 186.0, 248.0]
    assert trace["battery_percent"].tolist() == [91, 91, 90, 90]
    assert trace["temperature_c"].tolist() == [30.5, 30.6, 31.1, 31.8]
    # 40 % of eight cores is a load of 0.05; an application gets the rest and half of that.
    assert trace["cpu_share"].tolist() == [0.975, 0.815, 0.9, 0.5]
    assert trace["free_cache_kib"][0] == pytest.approx(1024 * (1 - 0.6 * 0.05), abs=0.05)


def test_what_was_left_out_and_noticed_is_listed_with_lines() -> None:
    result = imported(PHONE)
    assert texts(result, "warning") == ["line 4: no value in 'Level' ('N/A'), left out"]
    assert texts(result, "note")[0] == "line 5: the time passes midnight; a new day begins"


def test_every_column_says_where_it_comes_from() -> None:
    trace = imported(PHONE).trace
    assert trace is not None
    sources = trace.info.column_sources
    assert sources["battery_percent"].provenance is Provenance.MEASURED
    assert "'Level'" in sources["battery_percent"].story
    assert sources["cpu_share"].provenance is Provenance.ESTIMATED
    assert sources["free_cache_kib"].provenance is Provenance.ESTIMATED
    for name in ("event_rate_hz", "charging", "memory_available_mib", "thermal_status"):
        assert sources[name].provenance is Provenance.ABSENT
        assert "assumed" in sources[name].story or "chosen" in sources[name].story


def test_an_imported_trace_survives_its_file(tmp_path: Path) -> None:
    trace = imported(PHONE, title="A phone").trace
    assert trace is not None
    write_trace(trace, tmp_path / "t.csv")
    again = read_trace(tmp_path / "t.csv")
    assert again.info == trace.info
    assert np.array_equal(again["cpu_share"], trace["cpu_share"])


# ---- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "form", "start"),
    [
        ("15:08:53", "15:09:53", "clock", "2026-01-31T15:08:53.000+08:00"),
        ("3:08:53 pm", "3:09:53 PM", "clock", "2026-01-31T15:08:53.000+08:00"),
        ("2026-01-31 15:08:53", "2026-01-31 15:09:53", "iso", "2026-01-31T15:08:53.000+08:00"),
        ("2026-01-31T07:08:53Z", "2026-01-31T07:09:53Z", "iso", "2026-01-31T15:08:53.000+08:00"),
        ("31.01.2026 15:08:53", "31.01.2026 15:09:53", "dmy", "2026-01-31T15:08:53.000+08:00"),
        ("01/31/2026 15:08:53", "01/31/2026 15:09:53", "mdy", "2026-01-31T15:08:53.000+08:00"),
        ("1769843333", "1769843393", "epoch_s", "2026-01-31T15:08:53.000+08:00"),
        ("1769843333000", "1769843393000", "epoch_ms", "2026-01-31T15:08:53.000+08:00"),
        ("12", "72", "s", "2026-01-31T00:00:12.000+08:00"),
    ],
)
def test_times_of_each_form(first: str, second: str, form: str, start: str) -> None:
    text = f"Time,Level\n{first},90\n{second},89\n"
    assert guess_form([first, second]) == form
    trace = imported(text).trace
    assert trace is not None
    assert (trace.info.start, trace.t_s.tolist()) == (start, [0.0, 60.0])


def test_a_named_zone_knows_summer_time() -> None:
    text = "Time,Level\n2026-03-29 01:30:00,90\n2026-03-29 03:30:00,89\n"
    trace = imported(text, zone="Europe/Berlin").trace
    assert trace is not None
    assert trace.t_s.tolist() == [0.0, 3600.0]


def test_unsorted_and_repeated_rows_are_put_right_and_reported() -> None:
    text = "Time,Level\n10:00:00,90\n10:02:00,88\n10:01:00,89\n10:02:00,87\n"
    result = imported(text)
    assert result.trace is not None
    assert result.trace.t_s.tolist() == [0, 60, 120]
    assert result.trace["battery_percent"].tolist() == [90, 89, 88]
    assert texts(result, "warning") == [
        "line 4: the time goes back; the rows were sorted",
        "line 5: a moment that is there already; left out",
    ]


def test_a_long_step_is_marked_as_a_gap() -> None:
    rows = [f"{t},{90 - i}" for i, t in enumerate((0, 60, 120, 1120, 1180))]
    result = imported("s,Level\n" + "\n".join(rows), "time=s:s", "battery=Level:%")
    assert result.trace is not None
    assert result.trace.info.gaps == ((120.0, 1120.0),)
    assert any("1 gap" in text for text in texts(result, "note"))


@given(
    start=st.integers(0, 86_399),
    steps=st.lists(st.integers(-3000, 80_000), min_size=1, max_size=30),
)
def test_days_are_unwrapped(start: int, steps: list[int]) -> None:
    true = np.cumsum([start, *steps])
    found = unwrap_days([float(t % 86_400) for t in true])
    assert found == (true - true[0] + start % 86_400).tolist()


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_none(text: str) -> None:
    seconds = clock_seconds(text)
    assert seconds is None or 0 <= seconds < 86_400


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "+99:00", "\0"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError):
        parse_zone(zone)
    assert imported(PHONE, zone=zone).trace is None


# ---- tables ------------------------------------------------------------------------------------


def test_semicolons_and_decimal_commas() -> None:
    text = "Zeit;Akku;Temperatur\n10:00:00;90,5;30,4\n10:01:00;90,0;30,6\n"
    table = table_of(text)
    assert table.settings == TableSettings(";", True, True)
    trace = imported(text, "time=Zeit:clock", "battery=Akku:%", "temp=Temperatur:C").trace
    assert trace is not None
    assert trace["battery_percent"].tolist() == [90.5, 90.0]
    assert trace["temperature_c"].tolist() == [30.4, 30.6]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    table = table_of(PHONE.replace(",", delimiter))
    assert table.settings.delimiter == delimiter
    assert len(table.names) == 9


def test_a_file_without_header_gets_names() -> None:
    table = table_of("0,90,30.1\n60,89,30.2\n")
    assert table.settings.has_header is False
    assert table.names == ("column 1", "column 2", "column 3")
    assert len(table.rows) == 2


def test_comments_blank_lines_and_marks_keep_the_line_numbers() -> None:
    table = parse_table(b"\xef\xbb\xbf# by a tool\n\nTime,Level\n\n10:00,90\n", "x.csv")
    assert table.names == ("Time", "Level")
    assert table.lines == (5,)


def test_names_are_made_distinct_and_printable() -> None:
    table = table_of("a,a,,<b>x</b>\x07\n1,2,3,4\n")
    assert table.names == ("a", "a (2)", "column 3", "<b>x</b>")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04\0\0", "not a text file"),
        (b"one\ntwo\nthree\n", "only one column"),
        (b"Time,Level\n", "no rows below"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputFileError, match=message):
        parse_table(data, "x.csv")


@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_a_clear_error(data: bytes) -> None:
    try:
        table = parse_table(data, "x.csv")
    except InputFileError:
        return
    mapping = Mapping(rules=guess_rules(table))
    result = convert(table, mapping, created="2026-02-01T00:00:00+00:00", generator="a test")
    assert (result.trace is None) == bool(result.errors)


# ---- columns -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "cell", "target", "value"),
    [
        ("battery=x:0-1", "0.5", "battery_percent", 50.0),
        ("temp=x:F", "86", "temperature_c", 30.0),
        ("temp=x:K", "303.15", "temperature_c", 30.0),
        ("temp=x:mC", "30000", "temperature_c", 30.0),
        ("cpu=x:idle%", "80", "cpu_share", 0.9),
        ("cpu=x:0-1", "0.2", "cpu_share", 0.9),
        ("share=x:%", "70", "cpu_share", 0.7),
        ("memory=x:bytes", "1073741824", "memory_available_mib", 1024.0),
        ("charging=x:words", "Full", "charging", 1.0),
        ("charging=x:android", "3", "charging", 0.0),
        ("event_rate=x:1/min", "120", "event_rate_hz", 2.0),
        ("latency_budget=x:s", "0.02", "latency_budget_ms", 20.0),
    ],
)
def test_units(rule: str, cell: str, target: str, value: float) -> None:
    trace = imported(f"t,x\n0,{cell}\n1,{cell}\n", "time=t:s", rule).trace
    assert trace is not None
    assert trace[target][0] == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(("formula", "share"), [("fair", 0.75), ("rest", 0.5), ("free_core", 1.0)])
def test_formulas_of_the_share(formula: str, share: float) -> None:
    trace = imported(
        "t,x\n0,200\n1,200\n", "time=t:s", "cpu=x:sum%", cores=4, formula=formula
    ).trace
    assert trace is not None
    assert trace["cpu_share"].tolist() == [share, share]


def test_more_load_than_cores_is_a_warning_and_never_a_share_of_nothing() -> None:
    result = imported("t,x\n0,900\n1,0\n", "time=t:s", "cpu=x:sum%", cores=4, formula="rest")
    assert result.trace is not None
    assert result.trace["cpu_share"].tolist() == [0.01, 1.0]
    assert any("more than 4 cores" in text for text in texts(result, "warning"))


def test_a_battery_is_estimated_from_the_voltage() -> None:
    trace = imported("t,v\n0,4200\n1,3300\n", "time=t:s", "voltage=v:mV").trace
    assert trace is not None
    assert trace["battery_percent"].tolist() == [100.0, 0.0]
    assert trace.info.column_sources["battery_percent"].provenance is Provenance.ESTIMATED


def test_missing_values_can_be_held() -> None:
    text = "t,b\n0,90\n1,\n2,n/a\n3,87\n"
    result = imported(text, "time=t:s", "battery=b:%", missing="hold")
    assert result.trace is not None
    assert result.trace["battery_percent"].tolist() == [90, 90, 90, 87]
    assert texts(result, "note") == ["lines 3, 4: no value in 'b'; the last one is held"]


def test_values_out_of_range_are_reported_with_their_lines() -> None:
    result = imported("t,b\n0,90\n1,900\n2,89\n", "time=t:s", "battery=b:%")
    assert result.trace is not None and len(result.trace) == 2
    assert "line 3: 'b' is out of range" in texts(result, "warning")[0]


def test_many_lines_of_one_kind_become_one_entry() -> None:
    text = "t,b\n" + "".join(f"{i},{'' if i % 2 else 90}\n" for i in range(40))
    result = imported(text, "time=t:s", "battery=b:%")
    assert texts(result, "warning") == [
        "lines 3, 5, 7, 9 and 16 more: no value in 'b' (''), left out"
    ]


@pytest.mark.parametrize(
    ("rules", "changes", "message"),
    [
        (("battery=b:%",), {}, "no column is chosen for the time"),
        (("time=t:iso", "battery=b:%"), {}, "no times of the form 'iso'"),
        (("time=t:s", "battery=c:%"), {}, "nothing that can be read as battery_percent"),
        (("time=t:s",), {"cores": 0}, "choose 1 to 1024"),
        (("time=t:clock",), {"date": "yesterday"}, "no date"),
        (("time=t:s",), {"event_rate_hz": -1.0}, "event rate"),
    ],
)
def test_what_keeps_it_from_being_a_trace(
    rules: tuple[str, ...], changes: dict[str, object], message: str
) -> None:
    result = imported("t,b,c\n0,90,N/A\n1,89,N/A\n", *rules, **changes)
    assert result.trace is None
    assert message in str(result.errors[0])


def test_a_rule_with_a_wrong_column_or_unit_says_what_there_is() -> None:
    assert "no column 'Lvl'" in str(parse_rule("battery=Lvl", ("Time", "Level")))
    assert "known: %, 0-1" in str(parse_rule("battery=Level:volts", ("Time", "Level")))
    assert "names no target" in str(parse_rule("colour=Level", ("Time", "Level")))


def test_a_column_of_nothing_is_not_guessed() -> None:
    rules = {rule.target: rule for rule in guess_rules(table_of(PHONE))}
    assert rules["battery_percent"].column == "Level"
    assert (rules["temperature_c"].column, rules["temperature_c"].unit) == ("Temp", "0.1C")
    assert (rules["cpu_load"].column, rules["cpu_load"].unit) == ("CPU_Sum_UserSys", "sum%")
    assert "Current_uA" not in {rule.column for rule in rules.values()}
