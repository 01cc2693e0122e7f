"""From measured medians to a device profile on disk; the timings are made up."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.contexts import RecordingContext
from tests.helpers.networks import five_layer_space
from tests.helpers.profiles import plain_profile
from tests.helpers.random_network import write_random_network
from tests.helpers.spaces import small_space
from tests.helpers.stored_runs import stored, write_stored
from workbench.core.errors import InputFileError, SettingsError
from workbench.core.provenance import Provenance
from workbench.devices.computer import ComputerDescription
from workbench.devices.profile import latency_source, latency_tables
from workbench.devices.profile_file import load_profile, save_profile
from workbench.jobs import JobCancelled
from workbench.profiling.design import design_experiment
from workbench.profiling.host_probes import PowerReading
from workbench.profiling.kept_samples import samples_of_run
from workbench.profiling.live import RunStarted
from workbench.profiling.local import LocalMeasurement
from workbench.profiling.run_rules import PLANS, Plan, RunRules
from workbench.profiling.samples import LatencySamples, judge
from workbench.services import profile_merging, profiling
from workbench.services.measured_samples import measured_samples
from workbench.services.projects import open_project
from workbench.space.description import Network, read_network
from workbench.space.design_space import DesignSpace
from workbench.space.tables import latency_term_tables

PRICES = np.array([6e-8, 2e-7, 2.5e-7, 2.4e-7, 1e-7, 1.2e-6, 0.002, 1e-6])
PLAN = Plan(RunRules("test", min_s=0.0, rounds=3, mirrored=False, min_runs=3), 60, 16)
COMPUTER = ComputerDescription("Plain CPU", 2, 2, 8192, "Linux 6", "x86_64", ())


def _measurement(space: DesignSpace, power: PowerReading | None = None) -> LocalMeasurement:
    rng = np.random.default_rng(0)
    design = design_experiment(space, PLAN.fit, PLAN.held_out, rng)
    every = np.concatenate([design.fit, design.held_out])
    truth = latency_term_tables(space).totals(every) @ PRICES
    samples = tuple(
        LatencySamples(2 * ms, tuple(ms * rng.normal(1, 0.005, 9) for _ in range(3)), 1.0)
        for ms in truth
    )
    return LocalMeasurement(
        PLAN, design, samples, judge(samples, PLAN.rules), 9e9, power,
        "no counter" if power is None else "a counter", COMPUTER, "ncnn 1.0",
        "2026-01-02T03:04+00:00", 0,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _own_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("networks") / "five"
    return read_network(write_random_network(folder, five_layer_space()))


def test_profile_predicts_what_was_measured(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "this_computer.toml"
    summary = write_stored(network, _measurement(network.space), path)
    profile = load_profile(path)
    tables = latency_tables(profile, network.space)
    every = network.space.all_configurations()
    truth = latency_term_tables(network.space).totals(every) @ PRICES
    errors = np.abs(tables.totals(every)[:, 0] / truth - 1)
    assert np.median(errors) < 0.01
    assert summary.relative_error < 0.01
    assert summary.within_10_percent == 1.0
    assert summary.runs == 76 * 27
    assert summary.trust == "trusted"


def test_every_part_says_where_it_comes_from(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_stored(network, _measurement(network.space), path)
    profile = load_profile(path)
    assert profile.id == "mine"
    assert profile.power is None
    assert profile.memory.provenance is Provenance.MEASURED
    assert profile.clusters[0].provenance is Provenance.ESTIMATED  # no L2 size was stated
    source = latency_source(profile, network.space)
    assert source.provenance is Provenance.CALIBRATED
    for part in ("Plain CPU", "Linux 6", "ncnn 1.0", "plan test", "2026-01-02", "one thread"):
        assert part in source.story
    other = latency_source(profile, small_space())
    assert other.provenance is Provenance.ESTIMATED
    assert "Power: no counter." in profile.notes


def test_measured_power_is_kept(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    reading = PowerReading(2500.0, 2400.0, 2600.0)
    write_stored(network, _measurement(network.space, reading), path)
    power = load_profile(path).power
    assert power is not None
    assert power.active_mw == (2500.0,)
    assert power.provenance is Provenance.MEASURED
    assert "2400 to 2600 mW" in power.story


def test_raw_samples_are_kept(network: Network, tmp_path: Path) -> None:
    measurement = _measurement(network.space)
    path = tmp_path / "mine.toml"
    summary = write_stored(network, measurement, path)
    with open_project() as project:
        assert summary.project == project.path
        run = project.runs.get(summary.run)
        assert run.finished is not None
        kept = samples_of_run(project, run)
    np.testing.assert_array_equal(kept.configurations[:60], measurement.design.fit)
    assert kept.fitted == 60
    assert sum(len(sample.all_ms) for sample in kept.samples) == 76 * 27
    for now, then in zip(kept.samples, measurement.samples, strict=True):
        np.testing.assert_allclose(now.all_ms, then.all_ms, atol=1e-6)
    found = measured_samples(load_profile(path).calibrations[0])
    assert found is not None and found[0].id == summary.run


def test_a_second_network_joins_the_first(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_stored(network, _measurement(network.space), path)
    other = read_network(write_random_network(tmp_path / "other", small_space()))
    write_stored(other, _measurement(other.space), path)
    write_stored(other, _measurement(other.space), path)  # replaces its own
    profile = load_profile(path)
    assert [c.network for c in profile.calibrations] == ["five", "other"]


def test_tables_of_another_machine_are_not_taken_over(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_stored(network, _measurement(network.space), path)
    other = read_network(write_random_network(tmp_path / "other", small_space()))
    elsewhere = dataclasses.replace(
        _measurement(other.space), computer=dataclasses.replace(COMPUTER, cpu_model="New CPU")
    )
    write_stored(other, elsewhere, path)
    assert [c.network for c in load_profile(path).calibrations] == ["other"]


def test_breaking_off_leaves_nothing(network: Network, tmp_path: Path) -> None:
    def stop() -> None:
        raise JobCancelled

    with open_project() as project, pytest.raises(JobCancelled):
        measurement = stored(project, network, _measurement(network.space))
        profiling.write_measurement(project, network, measurement, tmp_path / "mine.toml", stop)
    assert not list(tmp_path.glob("*.toml"))


def test_what_cannot_work_is_refused_before_measuring(network: Network, tmp_path: Path) -> None:
    folder = network.folder
    with pytest.raises(SettingsError, match="plan 'thorough'"):
        profiling.start_local_profiling(folder, "thorough")
    with pytest.raises(SettingsError, match="no network"):
        profiling.start_local_profiling("nothing_like_it")
    with pytest.raises(SettingsError, match="does not suit"):
        profiling.start_local_profiling(folder, out=tmp_path / "My Profile.toml")
    with pytest.raises(InputFileError, match="folder does not exist"):
        profiling.start_local_profiling(folder, out=tmp_path / "no" / "mine.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("schema_version = 9\n")
    with pytest.raises(InputFileError, match="version 9"):
        profiling.start_local_profiling(folder, out=broken)


def test_measures_through_the_real_engine(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = RunRules("tiny", min_s=0.0, rounds=3, mirrored=True, min_runs=3, warm_up_runs=1)
    monkeypatch.setitem(PLANS, "quick", Plan(rules, 12, 3))
    monkeypatch.setattr("workbench.profiling.local.memory_bandwidth", lambda: 1e9)
    monkeypatch.setattr("workbench.profiling.local.find_rapl", lambda: (None, "not tried"))
    path = tmp_path / "this_computer.toml"
    context = RecordingContext()
    summary = profiling.profile_here(context, str(network.folder), "quick", str(path), 0)
    profile = load_profile(path)
    assert summary.runs >= 15 * 3
    assert summary.backbone.p50_ms > 0
    assert summary.backbone.runs >= 3
    assert profile.calibrations[0].fitted_configurations == 12
    assert "ncnn" in profile.calibrations[0].story
    assert any("warming up" in text for _, text in context.reports)


def test_an_existing_profile_is_untouched_by_a_cancelled_session(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.profiling.local.memory_bandwidth", lambda: 1e9)
    path = tmp_path / "mine.toml"
    save_profile(plain_profile(), path)
    context = RecordingContext(stop_after=3)
    with pytest.raises(JobCancelled):
        profiling.profile_here(context, str(network.folder), "quick", str(path), 0)
    assert load_profile(path) == plain_profile()
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["mine.toml"]


def test_a_cancelled_session_goes_on_where_it_stopped(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = RunRules("tiny", min_s=0.0, rounds=3, mirrored=True, min_runs=3, warm_up_runs=1)
    monkeypatch.setitem(profile_merging.PLANS, "quick", Plan(rules, 12, 3))
    monkeypatch.setattr("workbench.profiling.local.memory_bandwidth", lambda: 1e9)
    monkeypatch.setattr("workbench.profiling.local.find_rapl", lambda: (None, "not tried"))
    path = tmp_path / "mine.toml"

    def profile(context: RecordingContext, seed: int = 0) -> profiling.ProfilingSummary:
        return profiling.profile_here(context, str(network.folder), "quick", str(path), seed)

    first = StopAtBlock(19)
    with pytest.raises(JobCancelled):
        profile(first)
    with open_project() as project:
        (run,) = project.runs.list(unfinished=True)
        assert (run.blocks, run.plan.total_blocks, run.profile) == (19, 45, "mine")
        kept = {block.key: block.arrays["ns"] for block in project.runs.blocks(run.id)}
    other = RecordingContext()
    profile(other, seed=1)
    assert sum(isinstance(record, RunStarted) for record in other.records) == 45
    second = RecordingContext()
    summary = profile(second)
    started = [(r.position, r.round) for r in second.records if isinstance(r, RunStarted)]
    assert len(started) == 45 - 19
    assert not {(*key, "") for key in started} & set(kept)
    assert "19 blocks from an earlier session" in load_profile(path).calibrations[0].story
    assert summary.run == run.id
    with open_project() as project:
        assert project.runs.list(unfinished=True) == ()
        whole = {block.key: block.arrays["ns"] for block in project.runs.blocks(run.id)}
    assert all((whole[key] == ns).all() for key, ns in kept.items())


class StopAtBlock(RecordingContext):
    """Asks to stop when the so-many-th block starts."""

    def __init__(self, block: int) -> None:
        super().__init__()
        self._left = block

    def publish(self, record: object) -> None:
        super().publish(record)
        self._left -= isinstance(record, RunStarted)

    @property
    def cancelled(self) -> bool:
        return self._left <= 0
