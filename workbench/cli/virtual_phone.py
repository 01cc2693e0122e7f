"""`adaspring-workbench virtual-phone`: a simulated phone that ADB connects to."""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import replace
from types import FrameType

import click

from workbench.cli.parameters import number
from workbench.core.errors import WorkbenchError
from workbench.devices.virtual import Charger, CurrentUnit, GaugeSettings, PhoneSettings
from workbench.services.virtual_phone import (
    VirtualPhone,
    VirtualPhoneOptions,
    known_programs,
)

DEFAULT_PORT = 5801


@click.command("virtual-phone")
@click.option("--profile", default="redmi_3s", show_default=True, help="Device to imitate.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port on this computer; 0 chooses a free one.",
)
@click.option("--serial", default=PhoneSettings().serial, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
@click.option(
    "--speed",
    type=number(0, 10_000, above=True),
    default=1.0,
    show_default=True,
    help="Simulated seconds in a real one.",
)
@click.option(
    "--battery",
    "battery_percent",
    type=number(0, 100),
    default=80.0,
    show_default=True,
    help="Charge at the start, in percent.",
)
@click.option("--charger", type=click.Choice(["none", "usb", "ac"]), default="none")
@click.option(
    "--gauge-period",
    type=number(0.01, 600),
    default=1.0,
    show_default=True,
    help="Seconds between two readings of the fuel gauge.",
)
@click.option("--gauge-unit", type=click.Choice(["uA", "mA"]), default="uA", show_default=True)
@click.option(
    "--gauge-sign",
    type=click.Choice(["negative", "positive"]),
    default="negative",
    show_default=True,
    help="Of the current while the battery discharges.",
)
@click.option("--gauge-noise", type=number(0, 1000), default=1.0, show_default=True, help="In mA.")
@click.option("--api-level", type=click.IntRange(23, 99), default=30, show_default=True)
@click.option("--abi", "abis", multiple=True, help="Instruction set it claims to run; repeatable.")
@click.option(
    "--storage",
    "storage_mib",
    type=click.IntRange(0, 1 << 20),
    default=512,
    show_default=True,
    help="Size of its disk, in MiB.",
)
@click.option("--old-shell", is_flag=True, help="As before Android 7: no exit codes, CR LF.")
@click.option("--unreadable", multiple=True, metavar="PATH", help="File it hides; repeatable.")
@click.option(
    "--any-program",
    is_flag=True,
    help="Run whatever is pushed on this computer, not only the workbench's agent.",
)
@click.option(
    "--do",
    "commands",
    multiple=True,
    metavar="COMMAND",
    help="Change or fault at the start, such as 'keys deny' or 'drop 40'; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON line.")
def command(
    profile: str,
    port: int,
    serial: str,
    seed: int,
    speed: float,
    battery_percent: float,
    charger: str,
    gauge_period: float,
    gauge_unit: str,
    gauge_sign: str,
    gauge_noise: float,
    api_level: int,
    abis: tuple[str, ...],
    storage_mib: int,
    old_shell: bool,
    unreadable: tuple[str, ...],
    any_program: bool,
    commands: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a simulated phone on this computer until Ctrl+C.

    ADB connects to it as to a phone with wireless debugging. While it runs, lines on standard
    input change it or make it misbehave: `help` lists them. Everything it reports is simulated.
    """
    settings = PhoneSettings(
        serial=serial,
        seed=seed,
        api_level=api_level,
        shell_v2=not old_shell,
        battery_percent=battery_percent,
        charger=Charger(charger),
        gauge=GaugeSettings(
            period_s=gauge_period,
            unit=CurrentUnit(gauge_unit),
            sign=-1 if gauge_sign == "negative" else 1,
            noise_ma=gauge_noise,
        ),
        storage_bytes=storage_mib << 20,
        unreadable=unreadable,
    )
    if abis:
        settings = replace(settings, abis=abis)
    options = VirtualPhoneOptions(
        profile=profile,
        port=port,
        settings=settings,
        speed=speed,
        programs=None if any_program else known_programs(),
        commands=commands,
    )
    with VirtualPhone(options) as phone:
        _announce(phone, profile, serial, as_json=as_json)
        _follow(phone)


def _announce(phone: VirtualPhone, profile: str, serial: str, *, as_json: bool) -> None:
    if as_json:
        place = {"address": phone.address, "port": phone.port, "profile": profile}
        click.echo(json.dumps({**place, "serial": serial, "provenance": "simulated"}))
    else:
        click.echo(f"virtual phone {profile} (simulated) listens on {phone.address}")
        click.echo(f"connect: adb connect {phone.address}")
        click.echo("Ctrl+C ends it; `help` lists what can be changed meanwhile")
    sys.stdout.flush()


def _follow(phone: VirtualPhone) -> None:
    """Carry out lines from standard input until Ctrl+C or a signal to end."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        for line in sys.stdin:
            if not line.strip():
                continue
            try:
                click.echo(phone.control(line))
            except WorkbenchError as error:
                click.echo(f"error: {error}", err=True)
            sys.stdout.flush()
        threading.Event().wait()  # without input there is still a phone
    except KeyboardInterrupt:
        click.echo("virtual phone ended", err=True)
