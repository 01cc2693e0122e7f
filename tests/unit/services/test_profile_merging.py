"""A hand-made list of configurations, measured alone and added to an earlier measurement."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.networks import five_layer_space
from tests.helpers.random_network import write_random_network
from tests.helpers.stored_runs import stored, write_stored
from workbench.core.errors import InputFileError, SettingsError
from workbench.devices.computer import ComputerDescription
from workbench.devices.profile_file import load_profile
from workbench.profiling.design import design_experiment, planned_design
from workbench.profiling.local import LocalMeasurement
from workbench.profiling.run_rules import PLANS, Plan
from workbench.profiling.samples import LatencySamples, judge
from workbench.services.profile_merging import adding_plan, plan_of, read_list, with_earlier
from workbench.services.profiling import write_measurement
from workbench.services.projects import open_project
from workbench.space.description import Network, read_network
from workbench.space.tables import latency_term_tables

PRICES = np.array([6e-8, 2e-7, 2.5e-7, 2.4e-7, 1e-7, 1.2e-6, 0.002, 1e-6])
COMPUTER = ComputerDescription("Plain CPU", 2, 2, 8192, "Linux 6", "x86_64", ())


@pytest.fixture(autouse=True)
def _own_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("networks") / "five"
    return read_network(write_random_network(folder, five_layer_space()))


def _measure(network: Network, plan: Plan, slower: float = 1.0) -> LocalMeasurement:
    """What a device whose latencies follow the term model would give, `slower` times as slow."""
    rng = np.random.default_rng(0)
    design = planned_design(network.space, plan, rng)
    every = np.concatenate([design.fit, design.held_out])
    truth = latency_term_tables(network.space).totals(every) @ PRICES * slower
    samples = tuple(
        LatencySamples(2 * ms, tuple(ms * rng.normal(1, 0.002, 20) for _ in range(6)), 1.0)
        for ms in truth
    )
    return LocalMeasurement(
        plan, design, samples, judge(samples, plan.rules), 9e9, None, "no counter", COMPUTER,
        "ncnn 1.0", "2026-01-02T03:04+00:00", 0,
    )  # fmt: skip


def _unmeasured(network: Network, path: Path) -> str:
    """A configuration with a pair that no fitted one held."""
    (calibration,) = load_profile(path).calibrations
    for row in network.space.all_configurations():
        previous = 0
        for decision, choice in enumerate(row):
            if calibration.measured[decision][previous][choice] == 0:
                return network.space.text(row)
            previous = choice
    raise AssertionError("every pair was measured")


def test_chosen_ones_are_part_of_a_whole_design(network: Network) -> None:
    space = network.space
    texts = [space.text(row) for row in space.all_configurations()[[7, 99, 7]]]
    plan = plan_of(network, "quick", 20, texts)
    design = planned_design(space, plan, np.random.default_rng(1))
    assert [space.text(row) for row in design.fit[1:3]] == texts[:2]
    assert len(design.fit) + len(design.held_out) == 20
    every = np.concatenate([design.fit, design.held_out])
    assert len(np.unique(every, axis=0)) == 20
    without = design_experiment(space, 16, 4, np.random.default_rng(1))
    assert not np.array_equal(without.fit[1:3], design.fit[1:3])


def test_a_list_is_added_to_what_was_measured(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    whole = plan_of(network, "quick", 20)
    write_stored(network, _measure(network, whole), path)
    text = _unmeasured(network, path)
    plan, earlier = adding_plan(network, "quick", None, [text], path)
    assert earlier is not None
    assert (plan.fit, plan.held_out) == (2, 0)
    with open_project() as project:
        both = with_earlier(stored(project, network, _measure(network, plan)), earlier)
        write_measurement(project, network, both, path)
    assert both.design.fit.shape[0] == whole.fit + 1
    assert both.design.held_out.shape[0] == whole.held_out
    (calibration,) = load_profile(path).calibrations
    assert (calibration.fitted_configurations, calibration.held_out_configurations) == (
        whole.fit + 1, whole.held_out,
    )  # fmt: skip
    previous = 0
    for decision, choice in enumerate(network.space.parse(text)):
        assert calibration.measured[decision][previous][choice] > 0
        previous = choice
    assert both.trust.mark == "trusted"
    # The same once more replaces the figures and adds no row.
    plan, earlier = adding_plan(network, "quick", None, [text], path)
    assert earlier is not None
    assert len(with_earlier(_measure(network, plan), earlier).samples) == len(both.samples)


def test_a_device_that_got_slower_is_said(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_stored(network, _measure(network, plan_of(network, "quick", 20)), path)
    plan, earlier = adding_plan(network, "quick", None, [_unmeasured(network, path)], path)
    assert earlier is not None
    both = with_earlier(_measure(network, plan, slower=1.2), earlier)
    assert "the backbone took" in both.trust.mark
    # What stands for the backbone is what was measured with all the others.
    assert np.array_equal(both.samples[0].all_ms, earlier.samples[0].all_ms)


def test_what_does_not_belong_together_is_refused(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_stored(network, _measure(network, plan_of(network, "quick", 20)), path)
    text = _unmeasured(network, path)
    with pytest.raises(SettingsError, match="under the rules 'quick'"):
        adding_plan(network, "standard", None, [text], path)
    with pytest.raises(SettingsError, match="measured as it is"):
        adding_plan(network, "quick", 30, [text], path)
    with pytest.raises(SettingsError, match="names 1 operators"):
        plan_of(network, "quick", None, ["ch75"])
    _, earlier = adding_plan(network, "quick", None, [text], path)
    assert earlier is not None
    held_out = [network.space.text(row) for row in earlier.configurations[earlier.fitted :]]
    plan, _ = adding_plan(network, "quick", None, held_out, path)
    with pytest.raises(SettingsError, match="held out"):
        with_earlier(_measure(network, plan), earlier)


def test_a_list_without_a_profile_is_part_of_a_whole_measurement(
    network: Network, tmp_path: Path
) -> None:
    text = network.space.text(network.space.all_configurations()[5])
    plan, earlier = adding_plan(network, "quick", 20, [text], tmp_path / "none.toml")
    assert earlier is None
    assert (plan.fit + plan.held_out, len(plan.chosen)) == (20, 1)
    assert dataclasses.replace(plan, chosen=()).rules == PLANS["quick"].rules


def test_lists_in_files(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# from a replay\nch75/fire\n\n ch50/skip # often\n", encoding="utf-8")
    assert read_list(path) == ("ch75/fire", "ch50/skip")
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(InputFileError, match="names no configuration"):
        read_list(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputFileError, match="cannot be read"):
        read_list(path)
