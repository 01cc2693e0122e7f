"""Devices whose context can be recorded, and starting it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.devices.computer import describe_computer
from workbench.devices.sampling.shell_source import MAX_RATE_HZ as SHELL_RATE_HZ
from workbench.jobs import Job, JobContext, run_in_thread
from workbench.services.devices import FoundDevice, clean, list_devices
from workbench.services.phone_recording import PhoneRecordingSettings, record_phone
from workbench.services.phone_recording_records import MAX_RATE_HZ as PHONE_RATE_HZ
from workbench.services.phone_recording_records import MIN_RATE_HZ as PHONE_MIN_RATE_HZ
from workbench.services.profiling_setup import LOCAL
from workbench.services.project_recording import record_into_project
from workbench.services.recording import MAX_RATE_HZ, RecordingSettings, record_local


@dataclass(frozen=True, slots=True)
class RecordingDevice:
    """A device to record.

    Attributes:
        key: `LOCAL`, a serial number or HOST:PORT.
        title: what to call it.
        story: what will be read there, and how.
        reason: why it cannot be recorded now; empty when it can.
        least_hz, most_hz: samples a second that it can give.
        simulated: whether it is a virtual phone.
    """

    key: str
    title: str
    story: str
    reason: str = ""
    least_hz: float = PHONE_MIN_RATE_HZ
    most_hz: float = PHONE_RATE_HZ
    simulated: bool = False

    @property
    def is_phone(self) -> bool:
        """Whether it is reached over ADB."""
        return self.key != LOCAL


def this_computer() -> RecordingDevice:
    """This computer, which can always be recorded."""
    return RecordingDevice(
        LOCAL,
        "This computer",
        f"{describe_computer().cpu_model}. Processor load, memory, and battery and temperature"
        " where there are such, are read; the free cache is estimated from the load.",
        least_hz=0.01,
        most_hz=MAX_RATE_HZ,
    )


def find_recording_devices(
    context: JobContext, addresses: tuple[str, ...] = ()
) -> tuple[RecordingDevice, ...]:
    """This computer, and the phones that can be found now.

    Args:
        addresses: phones to reach directly, as HOST:PORT.

    Raises:
        SettingsError: an address, or the ADB server's in the environment, is none.
    """
    context.check_cancelled()
    return (this_computer(), *map(phone_to_record, list_devices(addresses).devices))


def phone_to_record(found: FoundDevice) -> RecordingDevice:
    """A phone of the list, with the reason where it cannot be recorded."""
    known, reason, story, most_hz = found.description, "", "", PHONE_RATE_HZ
    if known is None:
        reason = found.to_do or found.meaning or found.state_text
    else:
        agent = next((c for c in known.capabilities if c.name == "agent"), None)
        how = "Sampled on the phone by the agent"
        if agent is not None and not agent.available:
            most_hz = SHELL_RATE_HZ
            how = (
                f"Sampled by a loop in the phone's shell, at {SHELL_RATE_HZ:g} Hz at most"
                f" (the agent cannot be used: {agent.how})"
            )
        missing = [
            word
            for name, word in (
                ("cpu_load", "processor load"),
                ("battery_percent", "battery"),
                ("temperature", "temperature"),
            )
            if any(c.name == name and not c.available for c in known.capabilities)
        ]
        without = f" It does not tell its {' and '.join(missing)}." if missing else ""
        story = (
            f"{how}; its clock is aligned with this computer's. A link that breaks is made anew,"
            f" and the gap marked.{without}"
        )
    return RecordingDevice(
        key=found.serial,
        title=found.model or found.serial,
        story=story,
        reason=reason,
        most_hz=most_hz,
        simulated=found.simulated,
    )


def start_recording(device: str, settings: RecordingSettings, path: Path) -> Job:
    """Record a device into the project in use; cancelling ends the recording and keeps it.

    Args:
        path: where it is written meanwhile, as `TraceLibrary.new_path` gives it.

    The job's result is a `RecordingSummary`, of a phone a `PhoneRecordingSummary`.

    Raises:
        SettingsError: the rate does not suit the device.
    """
    if device == LOCAL:
        return run_in_thread(
            record_into_project,
            {"record": record_local, "settings": settings, "path": path},
            name="Record this computer",
        )
    return run_in_thread(
        record_into_project,
        {
            "record": record_phone,
            "name": device,
            "settings": PhoneRecordingSettings(settings),
            "path": path,
        },
        name=f"Record {clean(device, 60)}",
    )
