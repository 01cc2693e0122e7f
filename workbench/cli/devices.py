"""`adaspring-workbench devices`: the phones that can be found, their states, what they can do."""

from __future__ import annotations

import json
import queue
from typing import Any

import click

from workbench.devices.power.rails import compute_rails
from workbench.services.devices import (
    DeviceListEvent,
    DeviceOverview,
    FoundDevice,
    clean,
    connect_address,
    disconnect_address,
    list_devices,
    pair,
    watch_devices,
)

SCHEMA = "adaspring-devices"
SCHEMA_VERSION = 1


@click.command("devices")
@click.option(
    "--direct",
    "addresses",
    multiple=True,
    metavar="HOST:PORT",
    help="Reach this phone without an ADB server; repeatable.",
)
@click.option("--connect", metavar="HOST:PORT", help="Let the ADB server connect to a phone first.")
@click.option("--disconnect", metavar="HOST:PORT", help="Let the ADB server drop a phone first.")
@click.option(
    "--pair",
    "pair_with",
    metavar="HOST:PORT",
    help="Pair with a phone that shows this address and a code (Android 11 and later).",
)
@click.option("--code", metavar="DIGITS", help="The pairing code; asked for when it is left out.")
@click.option("--details", is_flag=True, help="Show what each phone can do, with the reasons.")
@click.option("--watch", is_flag=True, help="Show phones as they come and go, until Ctrl+C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object, a line each change.")
def command(
    addresses: tuple[str, ...],
    connect: str | None,
    disconnect: str | None,
    pair_with: str | None,
    code: str | None,
    details: bool,
    watch: bool,
    as_json: bool,
) -> None:
    """List phones: their states, and what to do where one cannot be used.

    Phones come from the ADB server (see ADB_SERVER_SOCKET), or from USB directly where none runs;
    none is ever started or ended here.
    """
    if pair_with is not None:
        digits = code if code is not None else click.prompt("Pairing code", err=True)
        click.echo(pair(pair_with, digits.strip()), err=True)
    if disconnect is not None:
        click.echo(disconnect_address(disconnect), err=True)
    if connect is not None:
        click.echo(connect_address(connect), err=True)
    if watch:
        _watch(as_json)
        return
    overview = list_devices(addresses, on_waiting=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(_record(overview), indent=1, ensure_ascii=False))
        return
    _print(overview, details)


def _watch(as_json: bool) -> None:
    events: queue.Queue[DeviceListEvent] = queue.Queue()
    tracker = watch_devices(events.put)
    try:
        while True:
            try:
                event = events.get(timeout=0.2)  # an endless wait would swallow Ctrl+C
            except queue.Empty:
                continue
            if as_json:
                click.echo(json.dumps(_event_record(event), ensure_ascii=False))
                continue
            if event.server_error is not None:
                click.echo(f"{event.server_error.message} {event.server_error.hint}")
            elif not event.devices:
                click.echo("no devices")
            for device in event.devices:
                to_do = f": {device.advice.to_do}" if device.advice.to_do else ""
                click.echo(f"{device.serial}  {device.state}  {device.model}{to_do}")
            click.echo()
    finally:
        tracker.close()


def _event_record(event: DeviceListEvent) -> dict[str, Any]:
    error = event.server_error
    return {
        "server_problem": None if error is None else error.message,
        "devices": [
            {
                "serial": device.serial,
                "state": str(device.state),
                "model": device.model,
                "to_do": device.advice.to_do,
            }
            for device in event.devices
        ],
    }


def _print(overview: DeviceOverview, details: bool) -> None:
    server = overview.server
    if server.running:
        click.echo(f"ADB server at {server.address}, version {server.version}")
    else:
        click.echo(server.problem)
        direct = overview.usb_direct
        if direct.available:
            click.echo("Phones on USB are looked for directly.")
        else:
            click.echo(f"Phones on USB cannot be reached directly: {direct.how}")
        click.echo(f"hint: {server.hint}")
    if not overview.devices:
        click.echo(
            "No devices. Plug a phone in with USB debugging on, name one with --direct or "
            "--connect HOST:PORT, or start `adaspring-workbench virtual-phone`."
        )
        return
    click.echo()
    rows = [("serial", "through", "state", "device"), *map(_row, overview.devices)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for index, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        click.echo(click.style(line, bold=True) if index == 0 else line)
    for device in overview.devices:
        if device.to_do or not device.state.usable:
            click.echo(f"\n{device.serial}: {device.meaning}")
            if device.to_do:
                click.echo(f"  {device.to_do}")
        if details and device.description is not None:
            click.echo(f"\n{click.style(device.serial, bold=True)}")
            width = max(len(c.name) for c in device.description.capabilities)
            for capability in device.description.capabilities:
                mark = "+" if capability.available else "-"
                click.echo(f"  {mark} {capability.name:<{width}}  {capability.how}")


def _row(device: FoundDevice) -> tuple[str, str, str, str]:
    parts = [device.model or "unknown model"]
    if device.description is not None:
        properties = device.description.properties
        if properties.android_release:
            parts.append(f"Android {clean(properties.android_release, 20)}")
        parts += [clean(abi, 20) for abi in properties.abis[:1]]
    if device.simulated:
        parts.append("simulated")
    return device.serial, str(device.transport), str(device.state), ", ".join(parts)


def _record(overview: DeviceOverview) -> dict[str, Any]:
    server = overview.server
    return {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "server": {
            "address": server.address,
            "running": server.running,
            "version": server.version,
            "problem": server.problem,
            "hint": server.hint,
        },
        "usb_direct": {
            "available": overview.usb_direct.available,
            "how": overview.usb_direct.how,
        },
        "devices": [_device_record(device) for device in overview.devices],
    }


def _device_record(device: FoundDevice) -> dict[str, Any]:
    record: dict[str, Any] = {
        "serial": device.serial,
        "transport": str(device.transport),
        "state": str(device.state),
        "state_text": device.state_text,
        "meaning": device.meaning,
        "to_do": device.to_do,
        "model": device.model,
        "simulated": None,
    }
    described = device.description
    if described is None:
        return record
    properties = described.properties
    battery = described.battery
    rails = compute_rails(described.rails)
    return record | {
        "simulated": described.simulated,
        "provenance": "simulated" if described.simulated else "measured",
        "android": properties.android_release,
        "api_level": properties.sdk,
        "soc": properties.soc,
        "abis": list(properties.abis),
        "clusters": [
            {
                "cpus": list(cluster.cpus),
                "max_mhz": None if cluster.max_khz is None else cluster.max_khz / 1000,
                "cap_mhz": None if cluster.cap_khz is None else cluster.cap_khz / 1000,
                "governor": cluster.governor,
            }
            for cluster in described.clusters
        ],
        "battery": {
            "percent": battery.percent,
            "status": battery.status,
            "powered_by": None if battery.powered_by is None else list(battery.powered_by),
            "temperature_c": battery.temperature_c,
            "faked": battery.faked,
        },
        "thermal_status": described.thermal.status,
        "rails": {
            "names": list(described.rails.names),
            "for_computing": None if rails is None else list(rails.names),
            "source": described.rails.source,
            "reason": described.rails.reason,
        },
        "capabilities": [
            {"name": c.name, "available": c.available, "how": c.how} for c in described.capabilities
        ],
    }
