"""The agent on a device: put there once, run with a deadline on every line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.devices.agent.binaries import PROGRAM, AgentBinary, agent_for
from workbench.devices.agent.protocol import AgentRecord, End, Info, records
from workbench.devices.device import Device
from workbench.devices.errors import DeviceError, clean

FOLDER = "/data/local/tmp/adaspring"
"""Everything that the workbench leaves on a device lies here."""

_FIRST_LINE_S = 20.0


class AgentStoppedError(DeviceError):
    """The agent ended without its last line: it was killed, or could not be started."""

    def __init__(self, exit_code: int | None, said: bytes) -> None:
        words = clean(said[-500:].decode("utf-8", "replace"))
        how = "was killed" if exit_code is None or exit_code > 128 else f"ended with {exit_code}"
        hint = "The phone may have run out of memory or gone to sleep; start again."
        if exit_code in (126, 127):
            how = "cannot be run"
            hint = "The phone forbids it, or the agent was built for another processor."
        super().__init__(f"The agent on the device {how}" + (f": {words}." if words else "."), hint)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class RemoteAgent:
    """The agent on a device, ready to run.

    Attributes:
        path: of the program on the device.
        binary: which one it is.
        info: what it said about the device when it was installed.
    """

    device: Device
    path: str
    binary: AgentBinary
    info: Info

    def run(self, arguments: Sequence[str], *, line_timeout_s: float) -> Iterator[AgentRecord]:
        """Run a command; gives its records as they come. Closing the iterator ends the command.

        Args:
            line_timeout_s: longest silence between two lines; `bench` writes about once a second.

        Raises:
            AgentError: the agent says that it failed.
            AgentStoppedError: it ended without its last line.
            DeviceError: the device does not answer, or the link broke.
        """
        return _run(self.device, self.path, arguments, line_timeout_s)


def install_agent(
    device: Device,
    abis: Sequence[str],
    folder: Path | None = None,
    *,
    timeout_s: float = 120.0,
) -> RemoteAgent:
    """Put the agent for these ABIs on the device, unless it is there, and see that it runs.

    The program's name holds its hash, so another version never runs in its place.

    Args:
        abis: of the property ``ro.product.cpu.abilist``, best first.
        folder: of the binaries; those shipped when None.

    Raises:
        WorkbenchError: no binary fits the device.
        RemoteFileError: it cannot be written there.
        AgentStoppedError: it is there and does not run.
        DeviceError: the device does not answer, or the link broke.
    """
    binary = agent_for(abis, folder)
    path = f"{FOLDER}/{PROGRAM}-{binary.record.sha256[:16]}"
    stat = device.stat(path)
    fresh = stat is None or stat.size_bytes != binary.record.size_bytes
    if fresh:
        device.push(binary.path, path, mode=0o755, timeout_s=timeout_s)
    try:
        return RemoteAgent(device, path, binary, _info(device, path))
    except AgentStoppedError:
        if fresh:
            raise
        # Of the right size and yet broken: a disk that was full, or a mode that was changed.
        device.push(binary.path, path, mode=0o755, timeout_s=timeout_s)
        return RemoteAgent(device, path, binary, _info(device, path))


def _info(device: Device, path: str) -> Info:
    for record in _run(device, path, ("info",), _FIRST_LINE_S):
        if isinstance(record, Info):
            return record
    raise AgentStoppedError(0, b"it said nothing about the device")


def _run(
    device: Device, path: str, arguments: Sequence[str], line_timeout_s: float
) -> Iterator[AgentRecord]:
    with device.stream([path, *arguments]) as stream:
        ended = False
        other: list[bytes] = []

        def lines() -> Iterator[bytes]:
            for line in stream.lines(line_timeout_s):
                # On phones without shell_v2 messages for people stand among the records.
                if line.lstrip().startswith(b"{") or not line.strip():
                    yield line
                elif len(other) < 20:
                    other.append(line)

        for record in records(lines()):
            ended = ended or isinstance(record, End | Info)
            yield record
        if not ended:
            raise AgentStoppedError(stream.exit_code, stream.stderr_tail or b" ".join(other))
