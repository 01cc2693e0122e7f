"""`adaspring-workbench search`: one decision, with its reasons."""

from __future__ import annotations

import json
from collections.abc import Callable

import click
import numpy as np

from workbench.cli.parameters import aligned, charge, number
from workbench.cli.project_option import project_option
from workbench.search.policy_names import FIXED, POLICY_TEXTS
from workbench.search.problem import Context, Objective, Outcome
from workbench.services.catalogue import find_network
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.explaining import (
    binding_text,
    limits_of,
    needs,
    relaxations,
    runner_up,
    search_document,
    weights_text,
)
from workbench.services.searching import SearchReport, search_once

_USUAL = Objective()


@click.command("search")
@click.option("--network", metavar="NAME|FOLDER", required=True, help="Network to search in.")
@click.option("--device-profile", metavar="NAME|FILE", required=True, help="Device it runs on.")
@click.option("--battery", type=charge, required=True, help="As 0.53 or 53%.")
@click.option(
    "--cache-kb",
    type=number(0),
    help="L2 cache that is free now, in KiB.  [default: all of the device's]",
)
@click.option(
    "--latency-budget-ms",
    type=number(0, above=True),
    help="Longest time for one inference.  [default: 1.2 x the backbone's latency]",
)
@click.option(
    "--cpu-share",
    type=number(0, 1, above=True),
    default=1.0,
    show_default=True,
    help="Share of a core's time that the application gets.",
)
@click.option(
    "--frequency-ratio",
    type=number(0, 1, above=True),
    default=1.0,
    show_default=True,
    help="Clock as a share of the highest.",
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
    default=_USUAL.lambda2_floor,
    show_default=True,
    help="Least weight of efficiency, however full the battery.",
)
@click.option(
    "--accuracy-loss-points",
    type=number(0, above=True),
    default=_USUAL.loss_limit_points,
    show_default=True,
    help="Accuracy loss allowed, in percentage points.",
)
@click.option(
    "--policy",
    default="runtime3c",
    show_default=True,
    help=f"{', '.join(POLICY_TEXTS)} or {FIXED}OPERATOR.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    help="Of policies that draw: random, ofa, nsga2.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help="How often the search is repeated to measure its time; no longer than 5 s.",
)
@project_option(writes=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    network: str,
    device_profile: str,
    battery: float,
    cache_kb: float | None,
    latency_budget_ms: float | None,
    cpu_share: float,
    frequency_ratio: float,
    efficiency: str | None,
    lambda2_floor: float,
    accuracy_loss_points: float,
    policy: str,
    seed: int,
    repeats: int,
    as_json: bool,
) -> None:
    """Choose a configuration for one context and say why."""
    deployment = deploy(find_network(network), find_profile(device_profile))
    usual = deployment.default_objective()
    cache_bytes = deployment.profile.cache_bytes if cache_kb is None else cache_kb * 1024
    context = Context(
        battery=battery,
        free_cache_bytes=float(cache_bytes),
        cpu_share=cpu_share,
        frequency_ratio=frequency_ratio,
        latency_budget_ms=latency_budget_ms or deployment.default_budget_ms,
    )
    objective = Objective(
        lambda2_floor=lambda2_floor,
        loss_limit_points=accuracy_loss_points,
        efficiency=efficiency or usual.efficiency,  # type: ignore[arg-type]
    )
    report = search_once(deployment, context, objective, policy, seed, repeats)
    second = runner_up(deployment, report)
    if as_json:
        document = search_document(deployment, report, second)
        click.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))
        return
    for line in _explanation(deployment, report, second):
        click.echo(line)


def _explanation(deployment: Deployment, report: SearchReport, second: Outcome | None) -> list[str]:
    network, context = deployment.network, report.context
    space = network.space
    lines = [
        f"{network.description.title} on {deployment.profile.title}",
        f"battery {100 * context.battery:.0f}%, free cache {context.free_cache_bytes / 1024:.0f}"
        f" KiB, CPU share {context.cpu_share:g}, clock {100 * context.frequency_ratio:.0f}%,"
        f" budget {context.latency_budget_ms:g} ms",
        "",
    ]
    names = space.names(report.chosen.configuration)
    layers = network.description.backbone.layers[1:]
    chosen = "  ".join(
        f"{layer.name} {click.style(name, bold=True)}" for layer, name in zip(layers, names)
    )
    count = report.reference.feasible_count
    facts = [
        ("chosen", f"{chosen}  (code {report.code})"),
        ("weights", weights_text(report)),
        ("limits", binding_text(report)),
        ("gap", _gap_text(report)),
    ]
    if count is not None:
        facts.insert(3, ("feasible", f"{count:,} of {space.count:,} configurations"))
    p50, p99 = np.percentile(report.search_ms, (50, 99))
    facts.append(
        (
            "search",
            f"p50 {p50:.3f} ms, p99 {p99:.3f} ms over {len(report.search_ms)} runs"
            " (measured on this computer)",
        )
    )
    lines += [f"{click.style(f'{name:<10}', bold=True)}{text}" for name, text in facts]
    lines += ["", *_comparison(deployment, report, second)]
    if not report.chosen.feasible:
        lines += ["", *_blocked(report)]
    lines += ["", *_sources(deployment)]
    return lines


def _gap_text(report: SearchReport) -> str:
    if not report.chosen.feasible:
        return "none: the choice breaks a limit"
    if report.gap is None:
        return "not known"
    if report.reference.is_bound:
        return f"at most {100 * report.gap:.2f}% to a proven bound of the optimum"
    if report.gap == 0:
        return "0.00%: the optimum"
    return f"{100 * report.gap:.2f}% to the optimum (100% is a typical feasible configuration)"


def _comparison(deployment: Deployment, report: SearchReport, second: Outcome | None) -> list[str]:
    """The choice beside what it may use and what it beat."""
    columns = [("chosen", report.chosen)]
    if second is not None:
        better = second.objective < report.chosen.objective and report.chosen.feasible
        columns.append(("optimum" if better else "runner-up", second))
    columns.append(("backbone", report.backbone))
    backbone = deployment.network.description.accuracy_percent
    limits = {limit.name: f"{limit.allowed:.4g}" for limit in limits_of(report)}
    limits["accuracy"] = f"{backbone - report.objective.loss_limit_points:.2f}"

    def row(title: str, limit: str, text: Callable[[Outcome], str]) -> list[str]:
        return [title, limits.get(limit, ""), *(text(outcome) for _, outcome in columns)]

    def marked(text: str, name: str, outcome: Outcome) -> str:
        return f"{text}!" if name in outcome.violated else f"{text} "

    provenance = {
        "accuracy": deployment.accuracy_source.provenance,
        "latency": deployment.latency_source.provenance,
        "energy": deployment.energy_source.provenance,
    }
    rows = [
        ["", "limit", *(f"{name} " for name, _ in columns)],
        row(
            f"accuracy % ({provenance['accuracy']})",
            "accuracy",
            lambda o: marked(f"{backbone - o.loss_points:.2f}", "accuracy", o),
        ),
        row(
            f"latency ms ({provenance['latency']})",
            "latency",
            lambda o: marked(f"{o.latency_ms:.2f}", "latency", o),
        ),
    ]
    if deployment.has_energy:
        rows.append(
            row(f"energy mJ ({provenance['energy']})", "", lambda o: f"{o.energy_mj or 0:.3f} ")
        )
    rows += [
        row(
            "storage KiB",
            "storage",
            lambda o: marked(f"{o.storage_bytes / 1024:.0f}", "storage", o),
        ),
        row("arithmetic intensity E", "", lambda o: f"{o.intensity:.1f} "),
        row("objective J", "", lambda o: f"{o.objective:+.4f} "),
    ]
    lines = aligned(rows)
    space = deployment.network.space
    if second is not None:
        lines.append(f"{columns[1][0]}: {space.text(second.configuration)}")
    if any(outcome.violated for _, outcome in columns):
        lines.append("! breaks its limit")
    return lines


def _blocked(report: SearchReport) -> list[str]:
    """Why nothing is feasible and what would help."""
    if report.reference.objective is not None:
        return ["Feasible configurations exist; this policy did not choose one."]
    lines = ["Nothing meets every limit here; the choice is the least violating one."]
    lines += [f"  {text}" for blocker in report.blockers if (text := blocker.text())]
    options = relaxations(report.blockers)
    if options:
        lines.append(f"One of these makes it feasible: {'  or  '.join(options)}")
    elif report.blockers:
        needed = " ".join(needs(report))
        lines.append(f"No change of one limit is enough; together these are: {needed}")
    return lines


def _sources(deployment: Deployment) -> list[str]:
    named = {
        "accuracy": deployment.accuracy_source,
        "latency": deployment.latency_source,
        "energy": deployment.energy_source,
    }
    return [
        click.wrap_text(f"{name}: {source.summary()}", width=100, subsequent_indent="  ")
        for name, source in named.items()
    ]
