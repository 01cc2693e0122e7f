"""`adaspring-workbench info`: versions and folders, for bug reports and for finding files."""

from __future__ import annotations

import json

import click

from workbench.services.environment import describe


@click.command("info")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Show versions and where data lies."""
    environment = describe()
    if as_json:
        click.echo(json.dumps(environment, indent=2))
        return
    for title, entries in environment.items():
        click.echo(click.style(title, bold=True))
        width = max(map(len, entries))
        for name, value in entries.items():
            click.echo(f"  {name:<{width}}  {value}")
