"""``summary.md`` and ``tables.md`` of a study, with the source of every figure."""

from __future__ import annotations

from workbench.core.provenance import Provenance
from workbench.export.markdown import inert, inputs_table, settings_table, table
from workbench.export.study_claims import claims
from workbench.export.study_report import Origin, StudyReport
from workbench.export.study_text import (
    TextTable,
    absent_table,
    headline,
    policy_tables,
    proxy_table,
    times_better,
    times_table,
)

_NO_PROXIES = """### How well proxies rank configurations

No device profile here has measurements of these networks, so nothing can be said.
`adaspring-workbench profile --network NETWORK` measures this computer, with `--device SERIAL` a
phone; the study run again then says it."""
_ORIGINS: tuple[Origin, ...] = ("accuracy", "latency", "energy", "cost")


def study_summary(report: StudyReport) -> str:
    """The page that says what was found."""
    parts = [_opening(report)]
    for scenario in report.scenarios:
        parts += [
            f"## {_capital(inert(scenario.title))}",
            inert(scenario.description),
            *_table(headline(report, scenario), heading=False),
            *_table(times_better(report, scenario)),
        ]
    parts += ["## Beside the published figures", _claims(report)]
    parts += _table(times_table(report))
    parts += _table(proxy_table(report)) or [_NO_PROXIES]
    parts += _table(absent_table(report))
    parts += [
        "## Where the figures come from",
        _sources(report),
        "## Inputs",
        inputs_table(report.inputs),
        "## Settings",
        settings_table(report.settings),
        "## Make it again",
        f"```sh\n{report.command}\n```",
        "The same inputs and seed give the same figures, times of search and weight evolution"
        " excepted. Versions: "
        + ", ".join(f"{name} {version}" for name, version in report.versions.items())
        + ".",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def study_tables(report: StudyReport) -> str:
    """Every policy on every task, platform and scenario."""
    parts = ["# All figures of the study", f"```sh\n{report.command}\n```"]
    for task in report.tasks:
        for platform in report.platforms:
            for scenario in report.scenarios:
                parts.append(
                    f"## {inert(task.title)} on {inert(platform.title)}, {inert(scenario.title)}"
                )
                for found in policy_tables(report, task.id, platform.id, scenario.id):
                    parts += _table(found)
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(report: StudyReport) -> str:
    text = (
        f"# Study: {len(report.tasks)} tasks, {len(report.platforms)} platforms,"
        f" {len(report.policies)} policies\n\n"
    )
    for task in report.tasks:
        stands_in = f", stands in for {task.stands_in}" if task.stands_in else ""
        paper = f" ({inert(task.paper + stands_in)})" if task.paper else ""
        text += (
            f"- `{task.id}`{paper}: {inert(task.title)}, {inert(task.data)}, whole network"
            f" {task.accuracy_percent:.2f}%\n"
        )
    for platform in report.platforms:
        text += f"- `{platform.id}`: {inert(platform.title)}, {inert(platform.soc)}\n"
    if report.pending:
        text += f"\n**Unfinished: {report.pending} cells are missing.**\n"
    return text + "".join(f"\n> {inert(problem)}\n" for problem in report.problems)


def _table(found: TextTable, *, heading: bool = True) -> list[str]:
    if not found.rows:
        return []
    columns = [inert(heading.text) for heading in found.heading]
    rows = [tuple(map(inert, row)) for row in found.rows]
    return [
        f"### {_capital(inert(found.title))}" if heading else "",
        table(columns, rows, align="l" * found.labels),
        inert(found.note),
    ]


def _claims(report: StudyReport) -> str:
    return "\n".join(f"- {inert(claim.text)}" for claim in claims(report))


def _sources(report: StudyReport) -> str:
    """What is measured, calibrated or estimated, equal stories told once."""
    lines = []
    for origin in _ORIGINS:
        stories: dict[str, list[str]] = {}
        for pair in report.sources:
            if origin not in pair.sources:
                continue
            source = pair.sources[origin]
            where = pair.task if origin == "accuracy" else f"{pair.task} on {pair.platform}"
            places = stories.setdefault(source.summary(), [])
            if where not in places:
                places.append(where)
        for story, places in stories.items():
            everywhere = len(stories) == 1
            scope = "" if everywhere else f" of {inert(', '.join(places))}"
            lines.append(f"- **{origin}**{scope}: {inert(story)}")
    timed = report.source("", "", "computer")
    lines.append(
        f"- **search and weight evolution**: {Provenance.MEASURED}, {inert(timed.story)}, while"
        " other cells were computed; in processor time"
    )
    return "\n".join(lines)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
