"""Settings of a replay as command-line options, and the command that makes a replay again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.replay.records import ReplaySettings
from workbench.services.environment import APP_NAME
from workbench.services.projects import project_to_name

TRIGGER_OPTIONS = {
    "--battery-trigger": "battery_points",
    "--cache-trigger": "cache_percent",
    "--cpu-share-trigger": "cpu_share_percent",
    "--frequency-trigger": "frequency_percent",
    "--event-rate-trigger": "event_rate_percent",
    "--period": "period_s",
    "--hold": "hold_s",
    "--min-dwell": "min_dwell_s",
}
"""Options that take a number; where `TriggerSettings` allows None, also the word ``off``."""

TRIGGER_FLAGS = {
    "budget-trigger": "on_budget",
    "thermal-trigger": "on_thermal_status",
    "charging-trigger": "on_charging",
    "limits-trigger": "on_limits",
}
"""Triggers that are on or off: ``--NAME`` and ``--no-NAME``."""


@dataclass(frozen=True, slots=True)
class ReplayNames:
    """Network, device profile and trace as a user named them: an id of the catalogue or a path."""

    network: str
    device_profile: str
    trace: str


def portable_name(id_or_path: str) -> str:
    """An id or relative path as it is; of an absolute path the file's name alone.

    What is exported must not hold folders of one machine; the SHA-256 beside it identifies the
    file.
    """
    return Path(id_or_path).name if os.path.isabs(id_or_path) else id_or_path


def replay_command(
    names: ReplayNames,
    policies: Sequence[str],
    settings: ReplaySettings,
    defaults: ReplaySettings,
    *,
    plots: bool = True,
) -> str:
    """The command line that makes a replay again, its output in ``replay/``.

    Args:
        defaults: what the command uses where an option is not given; only differences are named.
    """
    words = [APP_NAME, "replay"]
    words += ["--network", portable_name(names.network)]
    words += ["--device-profile", portable_name(names.device_profile)]
    words += ["--trace", portable_name(names.trace)]
    project = project_to_name(names.device_profile, names.trace)
    if project is not None:
        words += ["--project", project.name]
    for policy in policies:
        words += ["--policy", policy]
    words += ["--seed", str(settings.seed)]
    words += _differences(settings, defaults)
    if not plots:
        words.append("--no-plots")
    return shlex.join([*words, "--out", "replay"])


def _differences(settings: ReplaySettings, defaults: ReplaySettings) -> list[str]:
    objective, usual = settings.objective, defaults.objective
    pairs = {
        "--loop": (settings.loop, defaults.loop),
        "--efficiency": (objective.efficiency, usual.efficiency),
        "--lambda2-floor": (objective.lambda2_floor, usual.lambda2_floor),
        "--accuracy-loss-points": (objective.loss_limit_points, usual.loss_limit_points),
        "--latency-budget-ms": (settings.latency_budget_ms, defaults.latency_budget_ms),
        "--headroom": (settings.headroom_percent, defaults.headroom_percent),
        "--default-budget-ms": (settings.default_budget_ms, defaults.default_budget_ms),
        **{
            option: (getattr(settings.triggers, name), getattr(defaults.triggers, name))
            for option, name in TRIGGER_OPTIONS.items()
        },
    }
    words = []
    for option, (value, default) in pairs.items():
        if value != default:
            words += [option, "off" if value is None else str(value)]
    if objective.mu != usual.mu:
        words += ["--mu", *map(str, objective.mu)]
    for flag, name in TRIGGER_FLAGS.items():
        value = getattr(settings.triggers, name)
        if value != getattr(defaults.triggers, name):
            words.append(f"--{flag}" if value else f"--no-{flag}")
    if settings.with_gap != defaults.with_gap:
        words.append("--gap" if settings.with_gap else "--no-gap")
    return words
