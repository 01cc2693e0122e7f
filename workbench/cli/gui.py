"""`adaspring-workbench gui`: the window."""

from __future__ import annotations

from pathlib import Path

import click

PAGES = ("devices", "network", "profile", "traces", "replay", "compare", "export")


class _Size(click.ParamType):
    name = "WxH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        width, _, height = str(value).partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            self.fail(f"{value!r} is not a size such as 1440x900.", param, ctx)
        return int(width), int(height)


@click.command("gui")
@click.option("--network", metavar="NAME|FOLDER", default="", help="Network to start with.")
@click.option("--device-profile", metavar="NAME|FILE", default="", help="Device to start with.")
@click.option("--trace", metavar="NAME|FILE", default="", help="Context trace to start with.")
@click.option("--page", type=click.Choice(PAGES), help="Page to show.  [default: the last one]")
@click.option("--theme", type=click.Choice(("dark", "light")), help="For this run.")
@click.option("--at", "clock", metavar="HH:MM[:SS]", help="Put the replay's playhead there.")
@click.option(
    "--screenshot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Draw the window into this PNG file, without a display, and end.",
)
@click.option(
    "--size", type=_Size(), default="1440x900", show_default=True, help="Of the screenshot."
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
