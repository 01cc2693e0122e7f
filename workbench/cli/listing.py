"""`adaspring-workbench list`: what can be named on the command line."""

from __future__ import annotations

import json

import click

from workbench.cli.project_option import project_option
from workbench.core.errors import WorkbenchError
from workbench.services.catalogue import find_network, find_trace, list_networks, list_traces
from workbench.services.device_profiles import list_profiles


@click.command("list")
@click.argument("kind", type=click.Choice(["networks", "profiles", "traces"]))
@project_option(writes=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def command(kind: str, as_json: bool) -> None:
    """List networks, device profiles or context traces, your own first.

    A file that cannot be used is listed with what is wrong with it.
    """
    rows = {"networks": _networks, "profiles": _profiles, "traces": _traces}[kind]()
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    if not rows:
        click.echo(f"There are no {kind}.")
        return
    table = [("name", "from", "what")]
    table += [(row["name"], row["from"], row["what"]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    for index, (name, origin, what) in enumerate(table):
        line = f"{name:<{widths[0]}}  {origin:<{widths[1]}}  {what}"
        click.echo(click.style(line, bold=True) if index == 0 else line)


def _networks() -> list[dict[str, str]]:
    rows = []
    for entry in list_networks():
        try:
            network = find_network(entry.path)
        except WorkbenchError as error:
            what = f"cannot be used: {error.message}"
        else:
            what = (
                f"{network.description.title}; {network.description.accuracy_percent:.2f}%,"
                f" {network.space.count:,} configurations"
            )
        rows.append(_row(entry.id, entry.shipped, what))
    return rows


def _profiles() -> list[dict[str, str]]:
    rows = []
    for entry in list_profiles():
        if entry.profile is None:
            what = f"cannot be used: {entry.error.message if entry.error else ''}"
        else:
            profile = entry.profile
            kind = (profile.calibrations[0] if profile.calibrations else profile.latency).provenance
            energy = "energy" if profile.power is not None else "no energy"
            what = f"{profile.title} ({profile.soc}); latency {kind}, {energy}"
        rows.append(_row(entry.id, entry.shipped, what))
    return rows


def _traces() -> list[dict[str, str]]:
    rows = []
    for entry in list_traces():
        try:
            trace = find_trace(entry.path)
        except WorkbenchError as error:
            what = f"cannot be used: {error.message}"
        else:
            hours = trace.duration_s / 3600
            what = f"{trace.info.title}; {trace.info.kind}, {len(trace):,} samples, {hours:.1f} h"
        rows.append(_row(entry.id, entry.shipped, what))
    return rows


def _row(name: str, shipped: bool, what: str) -> dict[str, str]:
    return {"name": name, "from": "shipped" if shipped else "you", "what": what}
