"""Replaying a trace, the same from the window and from the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from workbench.context.records import Trace
from workbench.replay.records import ReplayResult, ReplaySettings
from workbench.search.policies import Policy, make_policy
from workbench.search.policy_names import SLOW_POLICIES
from workbench.services.deployment import Deployment

DEFAULT_POLICIES = ("runtime3c", "exact", "static", "fixed:fire", "backbone")


def default_settings(deployment: Deployment) -> ReplaySettings:
    """Settings that suit the deployment: its budget, and energy where the profile has it."""
    return ReplaySettings(
        objective=deployment.default_objective(),
        default_budget_ms=deployment.default_budget_ms,
        loop="closed" if deployment.engine.battery_mj is not None else "open",
    )


class Replayer:
    """Replays on one deployment; searchers are prepared once and used again."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._policies: dict[str, Policy] = {}

    def run(
        self,
        trace: Trace,
        policies: Sequence[str],
        settings: ReplaySettings,
        check_cancelled: Callable[[], None] | None = None,
        progress: Callable[[str, float], None] | None = None,
    ) -> ReplayResult:
        """Replay `trace` under the named policies.

        Args:
            check_cancelled: called before every decision; raises to stop.
            progress: called there with the policy's name and the share of the work behind it.

        Raises:
            SettingsError: for an unknown policy, or an objective that the profile cannot serve.
        """
        chosen = [self.policy(name) for name in dict.fromkeys(policies)]
        told = None if progress is None else _WholeWork(chosen, progress)
        return self.deployment.engine.run(trace, chosen, settings, check_cancelled, told)

    def policy(self, name: str) -> Policy:
        """The policy of that name, prepared.

        Raises:
            SettingsError: when there is none.
        """
        if name not in self._policies:
            self._policies[name] = make_policy(name, self.deployment.problem)
        return self._policies[name]


class _WholeWork:
    """Turns shares of each policy's day into shares of the whole work.

    Beside policies that take long the others take no time.
    """

    def __init__(self, policies: Sequence[Policy], progress: Callable[[str, float], None]) -> None:
        self._progress = progress
        names = [policy.name for policy in policies]
        slow = [name in SLOW_POLICIES for name in names]
        weights = [float(one or not any(slow)) for one in slow]
        self._weights = dict(zip(names, weights))
        self._before = dict(zip(names, accumulate(weights, initial=0.0)))
        self._total = sum(weights)

    def __call__(self, name: str, share: float) -> None:
        self._progress(name, (self._before[name] + share * self._weights[name]) / self._total)
