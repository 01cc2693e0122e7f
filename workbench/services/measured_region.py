"""Where a replay leaves what was measured of its device, and what to measure to come back.

A calibrated table knows which pairs of neighbouring operators any measured configuration held;
what it says of other pairs comes from the term model. And it was measured on a core of its own, at
certain clocks and temperatures, with everything in the cache: figures for other contexts follow
from the cost model. Both are extrapolated, and here they are counted.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.context.records import Trace
from workbench.devices.profile import Calibration, DeviceProfile, calibration_of
from workbench.replay.records import PolicyRun, ReplayResult
from workbench.search.problem import STORAGE
from workbench.services.deployment import Deployment
from workbench.services.device_profiles import LOCAL_ID
from workbench.services.environment import APP_NAME
from workbench.services.projects import project_to_name
from workbench.space.design_space import Configuration, DesignSpace

Flags = npt.NDArray[np.bool_]

CLOCK_TOLERANCE = 0.02
TEMPERATURE_TOLERANCE_C = 5.0
SHARE_BOUND = 0.95
"""Measured runs had the core for at least so much of the time, or were marked questionable."""

CONTEXTS = ("clock", "temperature", "share", "cache")
"""Ways in which a context leaves what was measured: another clock or temperature, other programs on
the core, a working set larger than the free cache."""

MAX_LISTED = 24
"""Configurations that are proposed to be measured at once, those of most inferences first."""


@dataclass(frozen=True, slots=True)
class UnmeasuredConfiguration:
    """A configuration whose figures rest on pairs that nobody measured.

    Attributes:
        text: such as ``ch75/fire/identity/svd``.
        pairs: what is missing, such as ``fire after ch75 at layer 3``; empty where the device was
            not measured with this network at all.
        inferences: how many the replay ran on it.
        decisions: how often it was chosen.
    """

    text: str
    pairs: tuple[str, ...]
    inferences: int
    decisions: int


@dataclass(frozen=True, slots=True)
class RunRegion:
    """How far one policy's run stayed in the measured region.

    Attributes:
        configurations: that were not measured, most inferences first.
        configuration_share: inferences on those, 0..1.
        context_shares: for each of `CONTEXTS` that can be told the share of inferences.
        context_share: inferences outside in any of these ways.
        decisions, extrapolated_decisions: all, and those that chose such a configuration.
    """

    policy: str
    inferences: int
    configurations: tuple[UnmeasuredConfiguration, ...]
    configuration_share: float
    context_shares: dict[str, float]
    context_share: float
    decisions: int
    extrapolated_decisions: int


@dataclass(frozen=True, slots=True)
class ReplayRegion:
    """A whole replay against the measured region of its device profile.

    Attributes:
        calibrated: whether the network was measured on the device at all.
        device: title of the profile.
        runs: in the order of the replay's.
        to_measure: configurations whose measurement brings the replay back, as texts.
        command: measures them; the device's serial number is to be filled in.
    """

    calibrated: bool
    device: str
    runs: tuple[RunRegion, ...]
    to_measure: tuple[str, ...]
    command: str

    @property
    def complete(self) -> bool:
        """Whether every configuration that ran was measured."""
        return not self.to_measure

    def document(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "calibrated": self.calibrated,
            "policies": [
                {
                    "policy": run.policy,
                    "inferences_on_unmeasured_configurations": run.configuration_share,
                    "inferences_in_unmeasured_contexts": run.context_share,
                    "contexts": run.context_shares,
                    "decisions": run.decisions,
                    "decisions_for_unmeasured_configurations": run.extrapolated_decisions,
                    "configurations": [
                        {
                            "configuration": each.text,
                            "inferences": each.inferences,
                            "decisions": each.decisions,
                            "unmeasured_pairs": list(each.pairs),
                        }
                        for each in run.configurations
                    ],
                }
                for run in self.runs
            ],
            "measure": {"configurations": list(self.to_measure), "command": self.command},
        }


class MeasuredRegion:
    """What was measured of a network on a device, against one trace.

    Attributes:
        calibrated: whether the network was measured on the device at all.
    """

    def __init__(self, deployment: Deployment, trace: Trace) -> None:
        self._deployment, self._trace = deployment, trace
        calibration = calibration_of(deployment.profile, deployment.network.space)
        self.calibrated = calibration is not None
        self._missing = pairs_missing(calibration, deployment.network.space)
        self._contexts = _contexts(calibration, trace)

    def pairs_missing(self, configuration: Configuration) -> tuple[str, ...] | None:
        """Pairs of a configuration that were not measured; None where all were."""
        return self._missing(configuration)

    def contexts_at(self, sample: int, storage_bytes: float) -> tuple[str, ...]:
        """Which of `CONTEXTS` a sample leaves, for a configuration of that working set."""
        if not self.calibrated:
            return ()
        found = [name for name in self._contexts if self._contexts[name][sample]]
        if storage_bytes > self._trace["free_cache_kib"][sample] * 1024:
            found.append("cache")
        return tuple(name for name in CONTEXTS if name in found)

    def of(self, result: ReplayResult) -> ReplayRegion:
        """Count what a replay of the trace ran outside."""
        counted = result.inferences
        weights = counted if counted.sum() else np.ones_like(counted)
        runs = tuple(self._run(run, weights) for run in result.runs)
        counts: dict[str, int] = {}
        for run in runs:
            for each in run.configurations:
                counts[each.text] = counts.get(each.text, 0) + each.inferences
        wanted = tuple(sorted(counts, key=lambda text: -counts[text]))[:MAX_LISTED]
        deployment = self._deployment
        return ReplayRegion(
            calibrated=self.calibrated,
            device=deployment.profile.title,
            runs=runs,
            to_measure=wanted,
            command=measure_command(deployment.profile, deployment.network.folder.name, wanted),
        )

    def _run(self, run: PolicyRun, weights: npt.NDArray[np.int64]) -> RunRegion:
        space, total = self._deployment.network.space, int(weights.sum())
        counts = np.bincount(run.configuration_id, weights, len(run.configurations))
        chosen: dict[Configuration, int] = {}
        for decision in run.decisions:
            configuration = decision.chosen.configuration
            chosen[configuration] = chosen.get(configuration, 0) + 1
        unmeasured = [
            UnmeasuredConfiguration(
                space.text(configuration), pairs, int(count), chosen.get(configuration, 0)
            )
            for configuration, count in zip(run.configurations, counts.tolist())
            if (pairs := self._missing(configuration)) is not None
        ]
        unmeasured.sort(key=lambda each: -each.inferences)
        outside = dict(self._contexts)
        if self.calibrated:
            metrics = [self._deployment.problem.metrics_of(c) for c in run.configurations]
            storage = np.array([row[STORAGE] for row in metrics])[run.configuration_id]
            outside["cache"] = storage > self._trace["free_cache_kib"] * 1024
        share = {
            name: float(weights[outside[name]].sum() / total)
            for name in CONTEXTS
            if name in outside
        }
        anywhere = np.zeros(len(weights), dtype=bool)
        for flags in outside.values():
            anywhere |= flags
        return RunRegion(
            policy=run.name,
            inferences=total,
            configurations=tuple(unmeasured),
            configuration_share=sum(each.inferences for each in unmeasured) / total,
            context_shares=share,
            context_share=float(weights[anywhere].sum() / total),
            decisions=len(run.decisions),
            extrapolated_decisions=sum(each.decisions for each in unmeasured),
        )


def pairs_missing(
    calibration: Calibration | None, space: DesignSpace
) -> Callable[[Configuration], tuple[str, ...] | None]:
    """For a configuration the pairs that were not measured; None where all were.

    Where the device was not measured with this network, nothing was: an empty list.
    """
    layers = [layer.name for layer in space.backbone.layers[1:]]

    def missing(configuration: Configuration) -> tuple[str, ...] | None:
        if calibration is None:
            return ()
        found, previous = [], 0
        for decision, choice in enumerate(configuration):
            if not calibration.measured[decision][previous][choice]:
                after = space.operators[decision - 1][previous] if decision else ""
                name = space.operators[decision][choice]
                before = f" after {after}" if after else ""
                found.append(f"{name}{before} at {layers[decision]}")
            previous = choice
        return tuple(found) or None

    return missing


def measure_command(profile: DeviceProfile, network: str, configurations: tuple[str, ...]) -> str:
    """The command that measures these on the profile's device and adds them to its table."""
    if not configurations:
        return ""
    device = "local" if profile.id == LOCAL_ID else "SERIAL"
    words = [APP_NAME, "profile", "--device", device, "--network", network]
    project = project_to_name(profile.id)
    if project is not None:
        words += ["--project", project.name]
    return shlex.join([*words, "--configuration", ",".join(configurations)])


def _contexts(calibration: Calibration | None, trace: Trace) -> dict[str, Flags]:
    """(samples,) for each way that does not depend on the configuration: is the sample outside."""
    if calibration is None:
        return {}
    low, high = calibration.clock_ratio or (1.0, 1.0)
    clock = trace["cpu_frequency_ratio"]
    found = {
        "clock": (clock < low - CLOCK_TOLERANCE) | (clock > high + CLOCK_TOLERANCE),
        "share": trace["cpu_share"] < SHARE_BOUND,
    }
    if calibration.temperature_c is not None and "temperature_c" in trace.columns:
        cold, warm = calibration.temperature_c
        heat = trace["temperature_c"]
        found["temperature"] = (heat < cold - TEMPERATURE_TOLERANCE_C) | (
            heat > warm + TEMPERATURE_TOLERANCE_C
        )
    return found
