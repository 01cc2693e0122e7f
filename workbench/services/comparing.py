"""Comparing policies over repeats of one trace, the same for window and command line."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workbench.context.records import Trace
from workbench.core.provenance import Provenance, Source
from workbench.export.replay_report import Cloud
from workbench.jobs import JobContext
from workbench.replay.records import ReplayResult, ReplaySettings
from workbench.search.policies import policy_names
from workbench.services.catalogue import find_network, find_trace
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.evolving import EvolutionMeter
from workbench.services.repeats import day_of_run, is_sample_day, run_figures
from workbench.services.replay_export import held_throughout
from workbench.services.replaying import Replayer, default_settings
from workbench.services.study_records import RunFigures


@dataclass(frozen=True, slots=True)
class RepeatOutcome:
    """One policy over one repeat."""

    policy: str
    run: RunFigures


class Comparison:
    """A network on a device with a trace, ready to be replayed under any policy, again and again.

    Repeats differ in when inferences arrive and in what random policies draw; those of the sample
    day also in the noise of the day. The first repeat is the trace itself with the seed that
    replays use unless they are told another.
    """

    def __init__(self, deployment: Deployment, trace: Trace) -> None:
        self.deployment = deployment
        self.trace = trace
        self.settings = default_settings(deployment)
        self.policies = policy_names(deployment.problem.space)
        self._replayer = Replayer(deployment)
        self._meter = EvolutionMeter(deployment.network)

    @classmethod
    def open(cls, network: str, device: str, trace: str) -> Comparison:
        """Load a network, a device profile and a trace.

        Raises:
            WorkbenchError: when one of them cannot be read.
        """
        return cls(deploy(find_network(network), find_profile(device)), find_trace(trace))

    def run(self, context: JobContext, pairs: Sequence[tuple[str, int]]) -> None:
        """Replay each (policy, repeat) and publish a `RepeatOutcome` as soon as it is known.

        Raises:
            SettingsError: for an unknown policy, or an objective that the profile cannot serve.
        """
        for number, (policy, repeat) in enumerate(pairs):
            context.progress(number / len(pairs), f"{policy}, repeat {repeat + 1}")
            context.publish(self.outcome(policy, repeat, context))
        context.progress(1.0)

    def outcome(self, policy: str, repeat: int, context: JobContext | None = None) -> RepeatOutcome:
        """One repeat of one policy."""
        settings = replace(self.settings, seed=self.settings.seed + repeat)
        if repeat and not self.deployment.problem.enumerable:
            # On a large space the optimum of each decision takes far longer than the replay.
            settings = replace(settings, with_gap=False)
        day = day_of_run(self.trace, self.settings.seed, repeat)
        result = self.replay((policy,), settings, context, day)
        chooser = self._replayer.policy(policy)
        figures = run_figures(result, self.deployment, chooser, self._meter)
        return RepeatOutcome(policy, RunFigures(repeat, figures))

    def replay(
        self,
        policies: Iterable[str],
        settings: ReplaySettings,
        context: JobContext | None = None,
        trace: Trace | None = None,
    ) -> ReplayResult:
        """A whole trace (this one unless another is given) under these policies."""
        check = None if context is None else context.check_cancelled
        return self._replayer.run(trace or self.trace, tuple(policies), settings, check)

    @functools.cached_property
    def held(self) -> Cloud | None:
        """Every configuration held throughout; None for spaces too large to tabulate."""
        if not self.deployment.problem.enumerable:
            return None
        plain = replace(self.settings, with_gap=False)
        return held_throughout(self.deployment, self.trace, self.replay(("backbone",), plain))

    def operators_of(self, index: int) -> tuple[str, ...]:
        """Operators of the configuration with this number in `held`."""
        space = self.deployment.problem.space
        return space.names(space.configuration(index))

    @property
    def subtitle(self) -> str:
        """Network, device and trace for people."""
        parts = (
            f"{self.deployment.network.description.title} on {self.deployment.profile.title}",
            self.trace.info.title,
            f"{self.settings.loop} loop",
        )
        return " · ".join(parts)

    @property
    def repeats_story(self) -> str:
        """What differs between repeats, in a sentence."""
        story = "Repeats differ in when inferences arrive and in what random policies draw"
        if is_sample_day(self.trace):
            return f"{story}, and in the noise of the day."
        return f"{story}; the context is the trace's own each time."

    @functools.cached_property
    def sources(self) -> dict[str, Source]:
        """Where figures come from, by the origin of a `Measure`."""
        where = "processor time of this computer while it replayed; the device was not asked"
        return {
            "accuracy": self.deployment.accuracy_source,
            "latency": self.deployment.latency_source,
            "energy": self.deployment.energy_source,
            "computer": Source(Provenance.MEASURED, where),
        }
