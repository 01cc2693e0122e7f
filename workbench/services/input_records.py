"""Networks, device profiles and traces as inputs of a result: names, hashes and facts."""

from __future__ import annotations

from pathlib import Path

from workbench.context.records import Trace
from workbench.core.errors import InputFileError
from workbench.core.files import sha256_of
from workbench.devices.profile import DeviceProfile
from workbench.export.replay_report import InputRecord
from workbench.services.catalogue import network_path, trace_path
from workbench.services.device_profiles import profile_path
from workbench.services.replay_command import portable_name
from workbench.space.description import ACCURACY_FILE, DESCRIPTION_FILE, WEIGHTS_FILE, Network


def network_record(id_or_path: str, network: Network) -> InputRecord:
    """A network's record.

    Raises:
        SettingsError, InputFileError: when its files are no longer there.
    """
    folder = network_path(id_or_path)
    files = [
        folder / name
        for name in (DESCRIPTION_FILE, ACCURACY_FILE, WEIGHTS_FILE)
        if (folder / name).is_file()
    ]
    return InputRecord(
        "network",
        portable_name(id_or_path),
        network.description.title,
        _hashes(*files),
        {
            "configurations": network.space.count,
            "measured_configurations": len(network.accuracy.measured.configurations),
            "accuracy_percent": network.description.accuracy_percent,
            "task": network.description.task,
            "data": network.description.data.name,
        },
    )


def profile_record(id_or_path: str, profile: DeviceProfile) -> InputRecord:
    """A device profile's record.

    Raises:
        SettingsError, InputFileError: when its file is no longer there.
    """
    return InputRecord(
        "device profile",
        portable_name(id_or_path),
        profile.title,
        _hashes(profile_path(id_or_path)),
        {"soc": profile.soc},
    )


def trace_record(id_or_path: str, trace: Trace) -> InputRecord:
    """A trace's record.

    Raises:
        SettingsError, InputFileError: when its file is no longer there.
    """
    info = trace.info
    return InputRecord(
        "trace",
        portable_name(id_or_path),
        info.title,
        _hashes(trace_path(id_or_path)),
        {
            "origin": info.origin,
            "device": info.device,
            "start": info.start,
            "duration_s": trace.duration_s,
            "generator": info.generator,
        },
    )


def _hashes(*files: Path) -> dict[str, str]:
    try:
        return {path.name: sha256_of(path) for path in files}
    except OSError as error:
        raise InputFileError(
            error.filename or files[0],
            f"cannot be read ({error.strerror})",
            "Check the path and its permissions.",
        ) from error
