"""What can go wrong between the workbench and a phone, each with what to do about it."""

from __future__ import annotations

from workbench.core.errors import WorkbenchError


def clean(text: str, limit: int = 300) -> str:
    """A phone's text made fit for one line of a message: no control characters, not endless.

    Escape sequences in a model name must not reach a terminal.
    """
    one_line = " ".join(text.split())
    kept = "".join(char for char in one_line if char.isprintable())
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


class DeviceError(WorkbenchError):
    """Base of everything that can go wrong with a device."""


class DeviceTimeoutError(DeviceError):
    """A call did not finish before its deadline."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(
            f"{what}: no answer within {seconds:g} s.",
            "Check the cable or the Wi-Fi, wake the phone up, and try again.",
        )
        self.seconds = seconds


class DeviceGoneError(DeviceError):
    """The link to the phone is gone. The device object cannot be used again: make a new one."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(
            f"{what}: the connection to the phone was lost.",
            "Check the cable or the Wi-Fi; connect again once the phone is listed.",
            detail,
        )


class DeviceUnauthorizedError(DeviceError):
    """The phone does not trust this computer's key."""


class DeviceProtocolError(DeviceError):
    """The phone answered something that is not ADB, or broke its rules."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(
            f"{what}: the answer makes no sense.",
            "Unplug the phone or switch USB debugging off and on, then connect again. "
            "Check that the address is that of a phone.",
            detail,
        )


class ServiceRefusedError(DeviceError):
    """The phone does not offer what was asked for, or ended it at once."""


class DeviceNotFoundError(DeviceError):
    """There is no such device now."""


class CommandFailedError(DeviceError):
    """A command on the phone ended with an exit code other than 0."""

    def __init__(self, command: str, exit_code: int, said: str) -> None:
        said = clean(said)
        super().__init__(
            f"{clean(command, 80)} failed on the phone with exit code {exit_code}"
            + (f": {said}" if said else "."),
            "See the detail for the whole command.",
            command,
        )
        self.exit_code = exit_code


class RemoteFileError(DeviceError):
    """A file on the phone that cannot be read or written."""

    def __init__(self, path: str, said: str, hint: str = "") -> None:
        self.path = path
        super().__init__(f"{clean(path)} on the phone: {clean(said)}", hint or _hint_for(said))


class AdbServerError(DeviceError):
    """No ADB server answers, or it refuses."""


def _hint_for(said: str) -> str:
    lower = said.lower()
    if "no space" in lower:
        return "The phone's storage is full: delete something on it and try again."
    if "permission denied" in lower or "read-only" in lower:
        return "The shell user may not go there; /data/local/tmp is always open to it."
    if "no such file" in lower:
        return "Check the path."
    return ""
