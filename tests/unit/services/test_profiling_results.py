"""Setting a measurement up, opening its result again, and its raw runs as a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.contexts import RecordingContext
from tests.helpers.random_network import write_random_network
from tests.helpers.spaces import small_space
from tests.helpers.stored_runs import write_stored
from tests.unit.services.test_profiling import _measurement
from workbench.core.errors import InputFileError, SettingsError
from workbench.jobs import JobCancelled
from workbench.services.profiling_results import (
    CSV_COLUMNS,
    ProfilingResult,
    export_samples_csv,
    open_result,
)
from workbench.services.profiling_setup import (
    LOCAL,
    ProfilingDevice,
    ProfilingRequest,
    preview_profiling,
    profiling_devices,
    start_profiling,
)
from workbench.services.projects import default_project, open_project
from workbench.space.description import Network, read_network

DEVICE = ProfilingDevice(LOCAL, "this_computer", "This computer", "a CPU", power_reason="none")


@pytest.fixture(autouse=True)
def _own_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("networks") / "small"
    return read_network(write_random_network(folder, small_space()))


def _open(network: Network, path: Path) -> ProfilingResult:
    result = open_result(RecordingContext(), network.folder, path)
    assert result is not None
    return result


def test_a_measurement_opens_again_as_it_was(network: Network, tmp_path: Path) -> None:
    measurement, path = _measurement(network.space), tmp_path / "mine.toml"
    summary = write_stored(network, measurement, path)
    runs = _open(network, path).runs
    assert runs is not None
    assert runs.fitted == 60
    np.testing.assert_allclose(runs.measured_ms, measurement.medians_ms(), atol=1e-6)
    assert np.median(np.abs(runs.held_out_errors)) == pytest.approx(
        summary.relative_error, rel=0.02
    )
    assert [run.runs for run in runs.runs] == [27] * 76
    assert all(run.complete for run in runs.runs)
    assert runs.trust.mark == "trusted"
    assert runs.backbone.p50_ms == pytest.approx(summary.backbone.p50_ms, abs=1e-6)


def test_tables_of_two_networks_keep_their_own_runs(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_stored(network, _measurement(network.space), path)
    other = read_network(write_random_network(tmp_path / "other", _one_layer_less()))
    second = write_stored(other, _measurement(other.space), path)
    first = _open(network, path).runs
    assert first is not None and first.run != second.run
    with pytest.raises(InputFileError, match="another network"):
        export_samples_csv(RecordingContext(), first.run, other.folder, tmp_path / "x.csv")


def test_a_profile_without_its_raw_runs_says_why(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    run_id = write_stored(network, _measurement(network.space), path).run
    with open_project() as project, project._connection.writing() as rows:
        rows.execute("DELETE FROM block WHERE position = 3 AND round = 2")
    assert "not all samples can be read" in _open(network, path).runs_missing
    with open_project() as project:
        project.runs.remove(run_id)
    assert "not in this project" in _open(network, path).runs_missing
    default_project().write_text("nonsense")
    assert "no project file" in _open(network, path).runs_missing
    default_project().unlink()
    assert "not in this project" in _open(network, path).runs_missing


def _one_layer_less():  # type: ignore[no-untyped-def]
    from workbench.space.backbone import Backbone
    from workbench.space.design_space import DesignSpace

    whole = small_space().backbone
    return DesignSpace(Backbone("less", whole.input_shape, whole.layers[:3], whole.classes))


def test_nothing_measured_is_no_error(network: Network, tmp_path: Path) -> None:
    assert open_result(RecordingContext(), network.folder, "this_computer") is None
    assert open_result(RecordingContext(), network.folder, "redmi_3s") is None


def test_raw_runs_as_a_table(network: Network, tmp_path: Path) -> None:
    measurement, path = _measurement(network.space), tmp_path / "mine.toml"
    run_id = write_stored(network, measurement, path).run
    out = tmp_path / "runs.csv"
    assert export_samples_csv(RecordingContext(), run_id, network.folder, out) == 76 * 27
    head, first, *rest = out.read_text().splitlines()
    assert head == ",".join(CSV_COLUMNS)
    assert len(rest) == 76 * 27 - 1
    number, names, group, turn, run, ms, provenance = first.split(",")
    assert provenance == "measured"
    assert (number, group, turn, run) == ("0", "fit", "1", "1")
    assert names == network.space.text(measurement.design.fit[0])
    assert float(ms) == pytest.approx(measurement.samples[0].all_ms[0], abs=1e-6)
    assert "held out" in rest[-1]


def test_a_cancelled_export_leaves_no_file(network: Network, tmp_path: Path) -> None:
    path, out = tmp_path / "mine.toml", tmp_path / "runs.csv"
    run_id = write_stored(network, _measurement(network.space), path).run
    with pytest.raises(JobCancelled):
        export_samples_csv(RecordingContext(stop_after=3), run_id, network.folder, out)
    assert not list(tmp_path.glob("*runs.csv*"))


def test_the_preview_is_what_will_be_measured(network: Network) -> None:
    request = ProfilingRequest(LOCAL, str(network.folder), "quick", 40, seed=3)
    preview = preview_profiling(RecordingContext(), request, DEVICE, "redmi_3s")
    again = preview_profiling(RecordingContext(), request, DEVICE)
    assert len(preview.planned.configurations) == 40
    assert preview.planned.fitted == preview.plan.fit == 32
    np.testing.assert_array_equal(preview.planned.configurations, again.planned.configurations)
    assert preview.expected_ms is not None and (preview.expected_ms > 0).all()
    assert again.expected_ms is None
    assert 40 * 3 < preview.expected_s < 40 * 3 + 60


def test_what_cannot_be_measured_is_refused(network: Network) -> None:
    (here,) = profiling_devices()
    assert here.reason == ""
    assert (here.power is None) == bool(here.power_reason)
    with pytest.raises(SettingsError, match="do not suit"):
        start_profiling(ProfilingRequest("a_phone", str(network.folder), "quick", 3))
    with pytest.raises(SettingsError, match="do not suit"):
        start_profiling(ProfilingRequest(LOCAL, str(network.folder), "quick", 3))
    with pytest.raises(SettingsError, match="no run 7"):
        export_samples_csv(RecordingContext(), 7, network.folder, Path("x.csv"))
