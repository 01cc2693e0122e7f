"""`adaspring-workbench calibrate`: find out how to read a phone's current sensor."""

from __future__ import annotations

import json

import click

from workbench.cli.following import follow
from workbench.cli.project_option import project_option
from workbench.jobs import JobCancelled, JobEvent, LogLine
from workbench.services.sensor_calibration import SensorCalibrated, start_sensor_calibration


@click.command("calibrate")
@click.option(
    "--device", required=True, metavar="SERIAL|HOST:PORT", help="The phone, as `devices` lists it."
)
@project_option(writes=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def command(device: str, as_json: bool) -> None:
    """Calibrate a phone's current sensor: its unit, its sign, how often it updates.

    Takes 5 minutes, and 20 more with a slow sensor. The phone must run on battery: connect it over
    Wi-Fi. The result is kept and used by later measurements of energy. Ctrl+C breaks off.
    """
    try:
        found: SensorCalibrated = follow(start_sensor_calibration(device), _warning)
    except JobCancelled:
        raise KeyboardInterrupt from None
    calibration = found.calibration
    if as_json:
        record = {
            "device": found.title,
            "provenance": calibration.provenance.value,
            "sensor": calibration.sensor,
            "unit": calibration.unit,
            "discharge_sign": calibration.discharge_sign,
            "period_s": calibration.period_s,
            "resolution_ma": calibration.resolution_ma,
            "confidence": calibration.confidence.value,
            "evidence": list(calibration.evidence),
            "reasons": list(calibration.reasons),
            "path": str(found.path),
        }
        click.echo(json.dumps(record, indent=2))
        return
    if found.simulated:
        click.echo(f"SIMULATED: {found.title}; nothing of it was measured")
    sign = "negative" if calibration.discharge_sign < 0 else "positive"
    click.echo(
        f"{calibration.sensor}: {calibration.unit}, {sign} while discharging, a new reading every"
        f" {calibration.period_s:.3g} s, in steps of {calibration.resolution_ma:.3g} mA"
    )
    reasons = f" ({'; '.join(calibration.reasons)})" if calibration.reasons else ""
    click.echo(f"confidence {calibration.confidence}{reasons}")
    for sentence in calibration.evidence:
        click.echo(f"- {sentence}")
    click.echo(f"kept in {found.path}")


def _warning(event: JobEvent) -> str | None:
    """Warnings stay on the screen."""
    return event.text if isinstance(event, LogLine) and event.level != "info" else None
