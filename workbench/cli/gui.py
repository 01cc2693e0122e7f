"""`adaspring-workbench gui`: the window."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.project_option import project_option

PAGES = ("devices", "network", "profile", "traces", "replay", "compare", "export")


def _size(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    width, _, height = value.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise click.BadParameter(f"{value!r} is not a size such as 1440x900.", ctx, param)
    return int(width), int(height)


@click.command("gui")
@click.option("--network", metavar="NAME|FOLDER", default="", help="Network to start with.")
@click.option("--device-profile", metavar="NAME|FILE", default="", help="Device to start with.")
@click.option("--trace", metavar="NAME|FILE", default="", help="Context trace to start with.")
@project_option(writes=True)
@click.option("--page", type=click.Choice(PAGES), help="Page to show.  [default: the last one]")
@click.option("--theme", type=click.Choice(("dark", "light")), help="For this run.")
@click.option("--at", "clock", metavar="HH:MM[:SS]", help="Put the replay's playhead there.")
@click.option(
    "--screenshot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Draw the window into this PNG file, without a display, and end.",
)
@click.option(
    "--size",
    callback=_size,
    metavar="WxH",
    default="1440x900",
    show_default=True,
    help="Of the screenshot.",
)
@click.option("--scale", type=click.FloatRange(0.5, 4), help="Scale of the whole window.")
@click.option("--exit-when-usable", is_flag=True, help="End as soon as the first page is drawn.")
def command(
    network: str,
    device_profile: str,
    trace: str,
    page: str | None,
    theme: str | None,
    clock: str | None,
    screenshot: Path | None,
    size: tuple[int, int],
    scale: float | None,
    exit_when_usable: bool,
) -> int:
    """Open the window."""
    from workbench.gui.start import Start, run

    return run(
        Start(
            network=network,
            device=device_profile,
            trace=trace,
            page=page or "",
            theme=theme or "",
            clock=clock or "",
            screenshot=screenshot,
            size=size,
            scale=scale,
            exit_when_usable=exit_when_usable,
        )
    )
