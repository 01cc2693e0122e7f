"""The user's traces: ids, shipped ones that stay, removal that can be taken back, edits' notes."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.traces import make_info, make_trace
from workbench.context import read_trace, write_trace
from workbench.core.errors import InputFileError, SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.services import trace_library as module
from workbench.services.projects import VARIABLE, document_path, open_project, use_project
from workbench.services.projects import library as library_folder
from workbench.services.trace_editing import cropped, figures_of, resampled, sources_of
from workbench.services.trace_library import TraceLibrary, copy_title


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TraceLibrary:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return TraceLibrary()


def ids(library: TraceLibrary) -> list[str]:
    return [summary.id for summary in library.list() if not summary.shipped]


def test_a_new_trace_gets_an_id_from_its_title(library: TraceLibrary) -> None:
    trace = make_trace(info=make_info(title="Läufer: A/B ../../x"))
    assert library.add(trace) == "laufer_a_b_x"
    assert library.add(trace) == "laufer_a_b_x_2"
    assert library.free_id("???") == "trace"
    assert library.free_id("Sample day") == "sample_day_2"  # the shipped one is not hidden
    with open_project() as project:
        assert [kept.id for kept in project.traces.list()] == ["laufer_a_b_x", "laufer_a_b_x_2"]
    assert not library.folder.exists()


def test_a_summary_tells_what_a_list_shows(library: TraceLibrary) -> None:
    info = make_info(title="Walk", origin="recorded")
    library.add(make_trace(101, info))
    own = next(summary for summary in library.list() if not summary.shipped)
    assert (own.title, own.origin, own.samples, own.duration_s) == ("Walk", "recorded", 101, 100.0)
    assert own.outline[0] == 80.0 and own.outline[-1] == 70.0
    assert own.sources is not None
    assert own.sources["cpu_share"].provenance is Provenance.MEASURED


def test_files_that_did_not_change_are_not_read_again(
    library: TraceLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_id = library.add(make_trace())
    first = library.list()
    read: list[Path] = []
    monkeypatch.setattr(module, "read_trace", lambda path: read.append(path) or read_trace(path))
    assert library.list() == first and read == []
    library.replace(trace_id, make_trace(9))
    library.list()
    assert read == [document_path("trace", trace_id)]


def test_a_broken_file_is_in_the_list_with_its_error(library: TraceLibrary) -> None:
    library.new_path("x").write_text("nonsense")
    broken = next(summary for summary in library.list() if summary.id == "x")
    assert "not a context trace" in broken.error


@pytest.mark.parametrize("action", ["remove", "rename", "replace"])
def test_shipped_traces_stay_as_they_are(library: TraceLibrary, action: str) -> None:
    arguments = {"remove": (), "rename": ("New",), "replace": (make_trace(),)}[action]
    with pytest.raises(SettingsError, match="came with the program"):
        getattr(library, action)("sample_day", *arguments)


def test_what_is_removed_can_be_brought_back(library: TraceLibrary) -> None:
    trace_id = library.add(make_trace())
    path = document_path("trace", trace_id)
    before = path.read_bytes()
    library.remove(trace_id)
    assert ids(library) == []
    assert not path.exists()
    library.restore(trace_id)
    assert path.read_bytes() == before
    with pytest.raises(SettingsError, match="another trace"):
        library.restore(trace_id)


def test_a_trace_outside_of_projects_is_changed_where_it_lies(library: TraceLibrary) -> None:
    path = library.new_path("old")
    write_trace(make_trace(), path)
    library.rename("old", "Renamed")
    assert read_trace(path).info.title == "Renamed"
    library.remove("old")
    assert not path.exists()
    library.restore("old")
    assert library.read("old").info.title == "Renamed"


def test_a_recording_moves_into_the_project(library: TraceLibrary) -> None:
    path = library.new_path("walk")
    write_trace(make_trace(5), path)
    kept = library.adopt(path)
    assert not path.exists()
    assert len(read_trace(kept)) == 5
    assert ids(library) == ["walk"]


def test_traces_of_a_project_are_listed_while_it_is_in_use(
    library: TraceLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(make_trace(info=make_info(title="Mine")))
    monkeypatch.setenv(VARIABLE, "")
    use_project(tmp_path / "other.adaspring", create=True)
    library.add(make_trace(info=make_info(title="Other")))
    assert ids(library) == ["other"]
    use_project(None)
    assert ids(library) == ["mine"]
    shutil.rmtree(library_folder("trace").parent)  # only a cache
    assert ids(library) == ["mine"]


def test_what_was_removed_long_ago_is_cleared(library: TraceLibrary) -> None:
    old, new = library.add(make_trace()), library.add(make_trace())
    library.remove(old)
    kept = library.folder / module.REMOVED_FOLDER / f"{old}.csv"
    long_ago = time.time() - module.KEEP_REMOVED_S - 60
    os.utime(kept, (long_ago, long_ago))
    library.remove(new)
    with pytest.raises(InputFileError):
        library.restore(old)


def test_copies_are_numbered(library: TraceLibrary) -> None:
    assert copy_title("Walk", []) == "Walk (copy)"
    assert copy_title("Walk (copy)", ["Walk (copy)"]) == "Walk (copy 2)"
    trace_id = library.duplicate("computer_2026-11-23")
    assert library.read(trace_id).info.title.endswith("(copy)")


def test_renaming_keeps_the_id_and_the_numbers(library: TraceLibrary) -> None:
    trace = make_trace()
    trace_id = library.add(trace)
    library.rename(trace_id, "New name")
    after = library.read(trace_id)
    assert after.info.title == "New name"
    assert np.array_equal(after["battery_percent"], trace["battery_percent"])


# ---- edits -------------------------------------------------------------------------------------


def test_edits_leave_a_note() -> None:
    edited = resampled(cropped(make_trace(100), 10, 50), 0.5)
    assert len(edited) == 21
    assert edited.info.notes["edits"] == "cropped to 09:00:10-09:00:50; resampled to 0.5 Hz"


def test_figures_weigh_by_time_and_leave_charging_out_of_the_drain() -> None:
    trace = make_trace(
        3,
        t_s=[0, 3600, 7200],
        battery_percent=[80, 70, 90],
        charging=[0, 1, 1],
        event_rate_hz=[1, 3, 9],
    )
    figures = figures_of(trace)
    by_name = {column.name: column for column in figures.columns}
    assert figures.drain_percent_per_hour == pytest.approx(10.0)
    assert by_name["battery_percent"].mean == pytest.approx((75 + 80) / 2)
    assert by_name["event_rate_hz"].mean == pytest.approx(2.0)  # a rate is held, not interpolated
    assert by_name["cpu_share"].constant


def test_columns_without_a_source_of_their_own_follow_the_origin() -> None:
    absent = Source(Provenance.ABSENT, "no sensor")
    info = make_info(origin="recorded", column_sources={"temperature_c": absent})
    sources = sources_of(make_trace(info=info))
    assert sources["temperature_c"] is absent
    assert sources["battery_percent"].provenance is Provenance.MEASURED
    assert sources_of(make_trace())["battery_percent"].provenance is Provenance.SIMULATED
