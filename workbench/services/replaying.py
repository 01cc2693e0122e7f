"""Replaying a trace, the same from the window and from the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.context.records import Trace
from workbench.replay.records import ReplayResult, ReplaySettings
from workbench.search.policies import Policy, make_policy
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
    ) -> ReplayResult:
        """Replay `trace` under the named policies.

        Raises:
            SettingsError: for an unknown policy, or an objective that the profile cannot serve.
        """
        chosen = [self.policy(name) for name in dict.fromkeys(policies)]
        return self.deployment.engine.run(trace, chosen, settings, check_cancelled)

    def policy(self, name: str) -> Policy:
        """The policy of that name, prepared.

        Raises:
            SettingsError: when there is none.
        """
        if name not in self._policies:
            self._policies[name] = make_policy(name, self.deployment.problem)
        return self._policies[name]
