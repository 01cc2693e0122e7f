import numpy as np
import pytest

from workbench.core.errors import InputFileError, SettingsError
from workbench.core.provenance import Provenance
from workbench.search.problem import LATENCY, Context
from workbench.services.catalogue import (
    SAMPLE_NETWORK,
    SAMPLE_PROFILE,
    SAMPLE_TRACE,
    find_network,
    find_trace,
    list_networks,
    list_traces,
)
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile, list_profiles
from workbench.services.evolving import EvolutionMeter
from workbench.services.replaying import Replayer, default_settings
from workbench.services.searching import search_once


@pytest.fixture(scope="module")
def sample() -> Deployment:
    return deploy(find_network(SAMPLE_NETWORK), find_profile(SAMPLE_PROFILE))


def test_the_sample_project_ships() -> None:
    assert SAMPLE_NETWORK in {entry.id for entry in list_networks()}
    assert SAMPLE_TRACE in {entry.id for entry in list_traces()}
    assert SAMPLE_PROFILE in {entry.id for entry in list_profiles()}


def test_every_shipped_profile_can_be_deployed_and_says_that_it_is_estimated() -> None:
    network = find_network(SAMPLE_NETWORK)
    for entry in list_profiles():
        assert entry.profile is not None, entry.error
        deployment = deploy(network, entry.profile)
        assert deployment.latency_source.provenance is Provenance.ESTIMATED
        assert deployment.every.latency_ms.min() > 0
        assert deployment.default_budget_ms > 0
        expected = Provenance.ESTIMATED if deployment.has_energy else Provenance.ABSENT
        assert deployment.energy_source.provenance is expected


def test_the_shipped_network_reaches_its_accuracy() -> None:
    network = find_network(SAMPLE_NETWORK)
    measured = network.accuracy.measured
    assert network.description.accuracy_percent >= 91
    assert network.description.random_accuracy_percent >= 87
    assert network.description.random_configurations >= 300
    assert len(measured.configurations) >= 500
    assert measured.accuracy_percent.mean() >= 87
    assert network.accuracy.every_loss_points[0] == pytest.approx(0)


def test_names_that_do_not_exist_list_those_that_do() -> None:
    with pytest.raises(SettingsError) as caught:
        find_network("imagenet")
    assert SAMPLE_NETWORK in caught.value.hint
    with pytest.raises(SettingsError) as caught:
        find_trace("holiday")
    assert SAMPLE_TRACE in caught.value.hint


def test_paths_that_do_not_exist_are_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for find in (find_network, find_trace):
        with pytest.raises(InputFileError) as caught:
            find(tmp_path / "nothing.csv")
        assert "nothing.csv" in caught.value.message


def test_a_profile_without_power_optimises_intensity_in_open_loop() -> None:
    without = next(
        entry.profile
        for entry in list_profiles()
        if entry.profile is not None and entry.profile.power is None
    )
    deployment = deploy(find_network(SAMPLE_NETWORK), without)
    settings = default_settings(deployment)
    assert settings.objective.efficiency == "intensity"
    assert settings.loop == "open"
    trace = find_trace(SAMPLE_TRACE).crop(0, 600)
    result = Replayer(deployment).run(trace, ["runtime3c"], settings)
    assert result.summaries[0].energy_j is None


def test_a_search_reports_its_reasons(sample: Deployment) -> None:
    context = Context(0.5, 400 * 1024, 0.8, 1.0, 4.0)
    report = search_once(sample, context, sample.default_objective(), repeats=3)
    assert report.chosen.feasible
    assert report.gap is not None and report.gap < 0.05
    assert report.blockers == ()
    assert len(report.search_ms) == 3
    assert sample.problem.space.decode(report.code, 4) == report.chosen.configuration


def test_a_search_without_a_way_out_says_what_blocks(sample: Deployment) -> None:
    context = Context(0.5, 400 * 1024, 0.8, 1.0, 0.01)
    report = search_once(sample, context, sample.default_objective(), repeats=1)
    assert not report.chosen.feasible
    assert report.gap is None
    assert any("latency" in blocker.text() for blocker in report.blockers)


def test_the_default_budget_gives_the_backbone_a_little_room(sample: Deployment) -> None:
    backbone_ms = float(sample.problem.backbone_metrics[LATENCY])
    assert backbone_ms < sample.default_budget_ms < 1.3 * backbone_ms


def test_evolutions_are_measured_once(sample: Deployment) -> None:
    meter = EvolutionMeter(sample.network)
    first = meter.evolve_ms((0, 0, 0, 0))
    assert first is not None and first > 0
    assert meter.evolve_ms((0, 0, 0, 0)) == first


def test_every_configuration_is_listed_in_the_order_of_numbers(sample: Deployment) -> None:
    every = sample.every
    assert len(every.accuracy_percent) == sample.problem.space.count
    assert every.accuracy_percent[0] == pytest.approx(sample.network.description.accuracy_percent)
    assert np.array_equal(every.storage_bytes(), every.param_bytes + every.activation_bytes)
