"""The plan of a measurement in words: presets, what will be measured, how long it takes."""

from __future__ import annotations

import shlex

from workbench.gui.presenters.formats import duration
from workbench.profiling.energy.plan import MIN_REPEATS
from workbench.profiling.run_rules import RunRules
from workbench.services.phone_energy import energy_counts
from workbench.services.profiling_setup import (
    ProfilingDevice,
    ProfilingPreview,
    ProfilingRequest,
)
from workbench.services.projects import default_project, project_in_use

PRESET_TITLES = {
    "quick": "Quick",
    "standard": "Standard",
    "mlperf": "MLPerf-like",
    "sustained": "Sustained",
}


def preset_text(rules: RunRules) -> str:
    """What a preset means."""
    if rules.agreement is not None:
        return (
            f"{rules.block_runs:,} samples and {rules.block_s:g} s in each of {rules.rounds} tries,"
            f" {rules.pause_s / 60:g} minutes apart, which must agree within"
            f" {rules.agreement:.0%} (p90); what misses a rule is invalid"
        )
    if rules.sustained:
        return "30 minutes without a rest: does the ranking of configurations change with heat?"
    order = "mirrored order (ABBA), so that drift cancels" if rules.mirrored else "random order"
    return (
        f"{rules.min_runs} runs and {rules.min_s:g} s of each or more, in {rules.rounds} blocks"
        f" that take turns, {order}"
    )


def measured_items(
    preview: ProfilingPreview, device: ProfilingDevice
) -> tuple[tuple[str, str, bool], ...]:
    """(what, how, whether) of everything that a measurement covers."""
    rules = preview.plan.rules
    count = preview.request.threads
    threads = "one thread" if count == 1 else f"{count} threads"
    power = device.power or f"not measured: {device.power_reason}"
    energy = ("Power", power, device.power is not None)
    request = preview.request
    if request.energy:
        fitted, held_out = energy_counts(request.plan)
        energy = (
            "Energy",
            f"of {fitted} configurations and {held_out} held out, by the phone's own sensor: load"
            f" blocks of {device.block_s:.0f} s between idle ones, {MIN_REPEATS} of each",
            True,
        )
    fit = f"{preview.plan.fit} chosen where the table would be least certain"
    if preview.plan.chosen:
        fit = f"{len(preview.plan.chosen)} by hand, {preview.plan.fit} in all"
    checked = (
        "Fit and check",
        f"{fit}; {preview.plan.held_out} at random, held out to check it",
        True,
    )
    if preview.added_to:
        checked = (
            "Added",
            f"{len(preview.plan.chosen)} by hand, with the backbone to compare; the table is"
            f" fitted anew to them and to what was measured {preview.added_to}",
            True,
        )
    return (
        (
            "Latency",
            f"p50, p90 and spread of whole configurations; batch 1, {threads}, "
            f"{rules.warm_up_runs} runs of warm-up",
            True,
        ),
        checked,
        (
            "Memory",
            device.memory_reason or "bandwidth of one thread that copies a large array",
            not device.memory_reason,
        ),
        energy,
    )


def duration_text(preview: ProfilingPreview) -> str:
    """How long it takes, about."""
    return f"about {duration(preview.expected_s)}"


def command(request: ProfilingRequest) -> str:
    """The command that measures the same in a terminal."""
    words = ["adaspring-workbench", "profile", "--device", request.device]
    if project_in_use() != default_project():
        words += ["--project", str(project_in_use())]
    words += ["--network", request.network, "--plan", request.plan]
    if request.configurations is not None:
        words += ["--configurations", str(request.configurations)]
    if request.chosen:
        words += ["--configuration", ",".join(request.chosen)]
    if request.threads != 1:
        words += ["--threads", str(request.threads)]
    if request.cores != "big":
        words += ["--cores", request.cores]
    if request.energy:
        words.append("--energy")
    if request.seed:
        words += ["--seed", str(request.seed)]
    return shlex.join(words)


def blocked_reason(
    device: ProfilingDevice | None, network: str, problem: str, running: bool
) -> str:
    """Why it cannot start; empty when it can."""
    if running:
        return ""
    if device is None:
        return "There is no device that can be measured."
    if device.reason:
        return f"{device.title} cannot be measured: {device.reason}."
    if not network:
        return "Choose a network in the bar above."
    return problem


def advice(device: ProfilingDevice | None, others: list[str]) -> str:
    """What to do before starting."""
    if device is None:
        return ""
    if device.simulated:
        return "A virtual phone: its figures are those of a simulation and are marked so."
    if device.is_phone:
        return "Leave the phone alone meanwhile. What was measured is kept if it is broken off."
    if others:
        return f"{', '.join(others)} would take the processor meanwhile; wait for it, or stop it."
    return "Close other programs first: they take the processor and spoil the figures."


def ended_text(how: str) -> str:
    """What a measurement left behind that was ``cancelled`` or ``failed``."""
    begin = "Cancelled." if how == "cancelled" else "The measurement broke off."
    return f"{begin} No profile was written; starting again goes on where it stopped."
