"""`adaspring-workbench replay`: a context trace under many policies, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from workbench.cli.following import EXIT_INTERRUPTED, follow
from workbench.cli.parameters import aligned, number
from workbench.cli.project_option import project_option
from workbench.context.records import Trace
from workbench.core.errors import SettingsError
from workbench.export.region_text import region_summary
from workbench.export.replay_document import replay_document
from workbench.export.replay_report import ReplayReport
from workbench.jobs import JobCancelled, JobContext, run_in_thread
from workbench.replay.records import PolicySummary, ReplayResult, ReplaySettings
from workbench.search.policy_names import FIXED, POLICY_TEXTS
from workbench.search.problem import Objective
from workbench.services.catalogue import (
    SAMPLE_NETWORK,
    SAMPLE_PROFILE,
    SAMPLE_TRACE,
    find_network,
    find_trace,
)
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.replay_command import TRIGGER_FLAGS, TRIGGER_OPTIONS, ReplayNames
from workbench.services.replay_export import (
    check_target,
    document_text,
    export_replay,
    replay_report,
)
from workbench.services.replaying import DEFAULT_POLICIES, Replayer, default_settings

_USUAL = Objective()
_SAMPLE = {"network": SAMPLE_NETWORK, "device_profile": SAMPLE_PROFILE, "trace": SAMPLE_TRACE}

_TRIGGER_HELP = {
    "--battery-trigger": "Decide anew when the charge moved by so many percentage points.",
    "--cache-trigger": "... when the free cache changed by so many percent.",
    "--cpu-share-trigger": "... when the CPU share changed by so many percent.",
    "--frequency-trigger": "... when the clock changed by so many percent.",
    "--event-rate-trigger": "... when the event rate changed by so many percent.",
    "--period": "... so many seconds after the last decision, whatever happens.",
    "--hold": "A change counts when it lasts so many seconds.",
    "--min-dwell": "No decision earlier than so many seconds after the last one.",
}

_FLAG_HELP = {
    "budget-trigger": "Decide anew when the latency budget changed.",
    "thermal-trigger": "... when the thermal status changed.",
    "charging-trigger": "... when the charger was plugged in or out.",
    "limits-trigger": "... when a limit that was met is broken.",
}


def _trigger_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `TRIGGER_OPTIONS` and `TRIGGER_FLAGS`; absent ones keep the default."""
    usual = ReplaySettings().triggers
    for flag, name in reversed(TRIGGER_FLAGS.items()):
        shown = "on" if getattr(usual, name) else "off"
        command = click.option(
            f"--{flag}/--no-{flag}",
            name,
            default=None,
            help=f"{_FLAG_HELP[flag]}  [default: {shown}]",
        )(command)
    for option, name in reversed(TRIGGER_OPTIONS.items()):
        value = getattr(usual, name)
        can_be_off = name not in ("hold_s", "min_dwell_s")
        command = click.option(
            option,
            name,
            type=number(0, above=name == "period_s", off=can_be_off),
            default=None,
            help=f"{_TRIGGER_HELP[option]}  [default: {'off' if value is None else f'{value:g}'}]",
        )(command)
    return command


@click.command("replay")
@click.option("--network", metavar="NAME|FOLDER", help="Network to replay.")
@click.option("--device-profile", metavar="NAME|FILE", help="Device it runs on.")
@click.option("--trace", metavar="NAME|FILE", help="Context trace to replay.")
@click.option(
    "--sample",
    is_flag=True,
    help="Use the shipped sample for what is not named:"
    f" {SAMPLE_NETWORK} on {SAMPLE_PROFILE} through {SAMPLE_TRACE}.",
)
@click.option(
    "--policy",
    "policies",
    metavar="POLICY",
    multiple=True,
    help=f"Policy to replay; may be given many times: {', '.join(POLICY_TEXTS)},"
    f" {FIXED}OPERATOR.  [default: {', '.join(DEFAULT_POLICIES)}]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for tables and plots; without it only the summary is printed.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="INTEGER",
    default=7,
    show_default=True,
    help="Of the arrivals of inferences and of policies that draw: random, ofa, nsga2.",
)
@click.option(
    "--loop",
    type=click.Choice(["open", "closed"]),
    help="Whether the energy of inferences is taken from the battery.  [default: closed where"
    " the profile has battery and power]",
)
@click.option(
    "--efficiency",
    type=click.Choice(["energy", "latency", "intensity"]),
    help="What is weighed against accuracy.  [default: energy where the profile has power,"
    " else intensity]",
)
@click.option(
    "--lambda2-floor",
    type=number(0, 1),
    help="Least weight of efficiency, however full the battery."
    f"  [default: {_USUAL.lambda2_floor:g}]",
)
@click.option(
    "--accuracy-loss-points",
    type=number(0, above=True),
    help=f"Accuracy loss allowed, in percentage points.  [default: {_USUAL.loss_limit_points:g}]",
)
@click.option("--mu", type=(number(0), number(0)), help="Weights of C/Sp and C/Sa in intensity.")
@click.option(
    "--latency-budget-ms",
    type=number(0, above=True),
    help="Longest time for one inference.  [default: the trace's, else --default-budget-ms]",
)
@click.option(
    "--default-budget-ms",
    type=number(0, above=True),
    help="Budget for a trace that has none.  [default: 1.2 x the backbone's latency]",
)
@click.option(
    "--headroom",
    "headroom_percent",
    type=number(0, 99),
    help="Plan with so many percent less cache and latency budget than there is."
    f"  [default: {ReplaySettings().headroom_percent:g}]",
)
@_trigger_options
@click.option("--gap/--no-gap", default=True, help="Compare every decision with the exact optimum.")
@click.option("--plots/--no-plots", default=True, help="Draw PNG and SVG plots into --out.")
@click.option(
    "--timings",
    is_flag=True,
    help="Also write timings.csv: processor time of each search; the only file that differs from"
    " run to run.",
)
@click.option("--force", is_flag=True, help="Replace files in --out that something else wrote.")
@project_option(writes=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def command(
    network: str | None,
    device_profile: str | None,
    trace: str | None,
    sample: bool,
    policies: tuple[str, ...],
    out: Path | None,
    plots: bool,
    timings: bool,
    force: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Replay a context trace under one or many policies.

    The same inputs and seed give the same files, byte for byte.
    """
    names = _names(network, device_profile, trace, sample)
    if out is None and (timings or force):
        raise click.UsageError("--timings and --force need --out.")
    if out is not None:
        check_target(out, force)
    plots = plots and out is not None
    deployment = deploy(find_network(names.network), find_profile(names.device_profile))
    samples = find_trace(names.trace)
    settings = _settings(deployment, options)
    chosen = policies or DEFAULT_POLICIES
    _say(f"replaying {len(samples):,} samples under {', '.join(dict.fromkeys(chosen))}")
    try:
        result: ReplayResult = follow(
            run_in_thread(
                _replay,
                {
                    "deployment": deployment,
                    "samples": samples,
                    "policies": chosen,
                    "settings": settings,
                },
                name="Replay",
            )
        )
    except JobCancelled:
        _say("stopped; nothing was written")
        return EXIT_INTERRUPTED
    report = replay_report(result, deployment, samples, names, plots=plots)
    document = replay_document(report, {})
    if out is not None:
        written = export_replay(
            report,
            out,
            plots=plots,
            timings=timings,
            force=force,
            progress=lambda name: _say(f"writing {name}"),
        )
        document = written.document
    if as_json:
        click.echo(document_text(document), nl=False)
        return 0
    for line in _table(result, deployment):
        click.echo(line)
    for line in _region(report):
        click.echo(line)
    return 0


def _region(report: ReplayReport) -> list[str]:
    """What was extrapolated, and how to measure it."""
    region = report.region
    if region is None:
        return []
    lines = region_summary(region)
    if lines and region["measure"]["command"]:
        lines.append(f"To measure what is missing: {region['measure']['command']}")
    return ["", *lines] if lines else []


def _say(text: str) -> None:
    """Progress, apart from the results on standard output."""
    click.echo(text, err=True)


def _replay(
    context: JobContext,
    deployment: Deployment,
    samples: Trace,
    policies: Sequence[str],
    settings: ReplaySettings,
) -> ReplayResult:
    """The replay as a job: how far it is, and Ctrl+C between two decisions."""
    return Replayer(deployment).run(
        samples,
        policies,
        settings,
        context.check_cancelled,
        lambda name, share: context.progress(share, name),
    )


def _names(
    network: str | None, device_profile: str | None, trace: str | None, sample: bool
) -> ReplayNames:
    given = {"network": network, "device_profile": device_profile, "trace": trace}
    if sample:
        given = {name: value or _SAMPLE[name] for name, value in given.items()}
    missing = [f"--{name.replace('_', '-')}" for name, value in given.items() if not value]
    if missing:
        raise click.UsageError(
            f"Missing {', '.join(missing)}. With --sample the shipped sample stands in for it;"
            " `adaspring-workbench list networks|profiles|traces` shows what there is."
        )
    return ReplayNames(**{name: value or "" for name, value in given.items()})


def _settings(deployment: Deployment, options: dict[str, Any]) -> ReplaySettings:
    """The deployment's defaults, changed by the options that were given."""
    settings = default_settings(deployment)
    given = {name: value for name, value in options.items() if _is_given(name)}
    triggers = {*TRIGGER_OPTIONS.values(), *TRIGGER_FLAGS.values()} & given.keys()
    objective = {
        field: given[option]
        for option, field in (
            ("efficiency", "efficiency"),
            ("lambda2_floor", "lambda2_floor"),
            ("accuracy_loss_points", "loss_limit_points"),
            ("mu", "mu"),
        )
        if option in given
    }
    direct = {
        name: given[name]
        for name in ("loop", "latency_budget_ms", "default_budget_ms", "headroom_percent")
        if name in given
    }
    if direct.get("loop") == "closed" and deployment.engine.battery_mj is None:
        raise SettingsError(
            f"{deployment.profile.title} has no battery or no known power, so its battery cannot"
            " follow the energy of inferences.",
            "Use --loop open, or a device profile with battery and power.",
        )
    return replace(
        settings,
        seed=options["seed"],
        with_gap=options["gap"],
        objective=replace(settings.objective, **objective),
        triggers=replace(settings.triggers, **{name: given[name] for name in triggers}),
        **direct,
    )


def _is_given(name: str) -> bool:
    """Whether an option stands on the command line; None can be a value, for ``off``."""
    source = click.get_current_context().get_parameter_source(name)
    return source not in (None, ParameterSource.DEFAULT)


def _table(result: ReplayResult, deployment: Deployment) -> list[str]:
    """The outcome of every policy, aligned, with the provenance of each column."""
    accuracy, latency, energy = (
        f"({source.provenance})"
        for source in (
            deployment.accuracy_source,
            deployment.latency_source,
            deployment.energy_source,
        )
    )
    columns: list[tuple[str, str, str, Callable[[PolicySummary], str]]] = [
        ("accuracy", "%", accuracy, lambda s: f"{s.accuracy_percent:.2f}"),
        ("latency mean", "ms", latency, lambda s: f"{s.latency_mean_ms:.2f}"),
        ("p99", "ms", latency, lambda s: f"{s.latency_p99_ms:.2f}"),
    ]
    if deployment.has_energy:
        columns.append(("energy", "J", energy, lambda s: f"{s.energy_j or 0:.1f}"))
    columns += [
        ("battery left", "%", "", lambda s: f"{s.battery_end_percent:.1f}"),
        ("limits broken", "% of inferences", "", lambda s: f"{100 * s.violation_share:.1f}"),
        ("switches", "", "", lambda s: f"{s.switches}"),
        ("gap mean", "%", "", lambda s: _percent(s.gap_mean)),
    ]
    rows = [("policy", *(title for title, _, _, _ in columns))]
    rows.append(("", *(unit for _, unit, _, _ in columns)))
    rows.append(("", *(provenance for _, _, provenance, _ in columns)))
    rows += [(s.name, *(text(s) for _, _, _, text in columns)) for s in result.summaries]
    return aligned(rows, headings=3)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"
