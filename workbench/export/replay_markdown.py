"""``summary.md``: the outcome of a replay for people, with the source of every figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.provenance import Source
from workbench.export.markdown import inert, inputs_table, settings_table, table
from workbench.export.region_text import region_table, unmeasured_list
from workbench.export.replay_report import ReplayReport, SummaryLike, comparisons


def replay_markdown(report: ReplayReport) -> str:
    """The page as GitHub-flavoured Markdown."""
    parts = [
        _opening(report),
        "## Outcome",
        _outcome(report),
        _reading(report),
        *_comparison(report),
        *_region(report),
        "## Where the figures come from",
        _sources(report.sources),
        "## Inputs",
        inputs_table(report.inputs),
        "## Settings",
        settings_table(report.settings),
        "## Make it again",
        f"```sh\n{report.command}\n```",
        "The same inputs, settings and seed give the same bytes. Versions: "
        + ", ".join(f"{name} {version}" for name, version in report.versions.items())
        + ".",
    ]
    return "\n\n".join(parts) + "\n"


def _opening(report: ReplayReport) -> str:
    network, profile, trace = (
        report.input(role) for role in ("network", "device profile", "trace")
    )
    first, last = (report.moment(report.outcome.t_s[row]) for row in (0, -1))
    return (
        f"# {inert(trace.title)}: {inert(network.title)} on {inert(profile.title)}\n\n"
        f"{len(report.outcome.t_s):,} context samples, {first:%H:%M} to {last:%H:%M},"
        f" {int(report.outcome.inferences.sum()):,} inferences drawn with seed"
        f" {report.settings['seed']}; {report.settings['loop']} loop;"
        f" the context is {report.trace.info.kind}."
    )


def _outcome(report: ReplayReport) -> str:
    accuracy, latency, energy = (
        str(report.sources[name].provenance) for name in ("accuracy", "latency", "energy")
    )
    columns: list[tuple[str, Any]] = [
        (f"accuracy, % ({accuracy})", lambda s: f"{s.accuracy_percent:.2f}"),
        (f"latency mean, ms ({latency})", lambda s: f"{s.latency_mean_ms:.2f}"),
        ("p50, ms", lambda s: f"{s.latency_p50_ms:.2f}"),
        ("p90, ms", lambda s: f"{s.latency_p90_ms:.2f}"),
        ("p99, ms", lambda s: f"{s.latency_p99_ms:.2f}"),
    ]
    if report.has_energy:
        columns += [
            (f"energy, J ({energy})", lambda s: _known(s.energy_j, ".1f")),
            ("per inference, mJ", lambda s: _known(s.energy_per_inference_mj, ".3f")),
        ]
    columns += [
        ("battery at end, %", lambda s: f"{s.battery_end_percent:.1f}"),
        ("limits broken, % of inferences", _violations),
        ("decisions", lambda s: str(s.decisions)),
        ("switches", lambda s: str(s.switches)),
        ("gap mean / max, %", _gap),
    ]
    rows = [
        (f"`{summary.name}`", *(text(summary) for _, text in columns))
        for summary in report.outcome.summaries
    ]
    return table(("policy", *(heading for heading, _ in columns)), rows)


def _violations(summary: SummaryLike) -> str:
    if not summary.violation_share:
        return "0"
    shares = {
        "latency": summary.over_latency_share,
        "storage": summary.over_storage_share,
        "accuracy": summary.over_accuracy_share,
    }
    parts = [f"{name} {100 * share:.1f}" for name, share in shares.items() if share]
    return f"{100 * summary.violation_share:.1f} ({', '.join(parts)})"


def _gap(summary: SummaryLike) -> str:
    if summary.gap_mean is None or summary.gap_max is None:
        return "–"
    return f"{100 * summary.gap_mean:.2f} / {100 * summary.gap_max:.2f}"


def _reading(report: ReplayReport) -> str:
    text = (
        "Means, percentiles and shares are over inferences. An inference breaks a limit when it"
        " takes longer than the latency budget, when parameters and activations do not fit into"
        " the free cache, or when the configuration loses more accuracy than allowed. The gap is"
        " (J − J\\*) / (J_median − J\\*) over decisions: 0 is the optimum."
    )
    if not report.has_energy:
        text += " There is no energy: " + inert(report.sources["energy"].story) + "."
    return text


def _comparison(report: ReplayReport) -> list[str]:
    found = comparisons(report.outcome.summaries)
    if not found:
        return []
    rows = [
        (
            f"`{item.policy}`",
            f"`{item.baseline}`",
            f"{item.latency_times:.2f} ×",
            "–" if item.energy_times is None else f"{item.energy_times:.2f} ×",
            f"{item.accuracy_points:+.2f}",
            f"{item.violation_points:+.1f}",
        )
        for item in found
    ]
    latency, energy = (str(report.sources[name].provenance) for name in ("latency", "energy"))
    heading = (
        "policy",
        "against",
        f"times less latency ({latency})",
        f"times less energy ({energy})",
        "accuracy, points",
        "limits broken, points",
    )
    return [
        "## Times better than hand-crafted compression and the whole network",
        table(heading, rows, align="ll"),
        "Ratios of means over all inferences of the trace; above 1 is better. Accuracy above 0 and"
        " limits broken below 0 are better.",
    ]


def _region(report: ReplayReport) -> list[str]:
    region = report.region
    if region is None:
        return []
    parts = ["## Outside of what was measured"]
    if not region["calibrated"]:
        parts.append(
            "This network was not measured on this device: every latency, and what follows from"
            " it, is estimated."
        )
    else:
        parts += [
            table(*region_table(region)),
            "Figures of a configuration rest on the pairs of neighbouring operators that it holds."
            " Where no measured configuration held a pair, its cost comes from the term model;"
            " where the context differs from that of the measurement, from the cost model.",
        ]
    if region["measure"]["configurations"]:
        parts += [
            "\n".join(f"- {line}" for line in unmeasured_list(region)),
            "To measure what is missing (`SERIAL` is the device's, as `devices` lists it):",
            f"```sh\n{region['measure']['command']}\n```",
        ]
    return parts


def _sources(sources: Mapping[str, Source]) -> str:
    return "\n".join(f"- **{name}**: {inert(source.summary())}" for name, source in sources.items())


def _known(value: float | None, spec: str) -> str:
    return "–" if value is None else format(value, spec)
