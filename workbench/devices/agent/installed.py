"""The agent on a phone: put there, checked, run, and removed again."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence

from workbench.devices.agent.binaries import PROGRAM, AgentBinary, agent_for
from workbench.devices.agent.protocol import (
    AgentError,
    AgentRecord,
    End,
    Failure,
    Info,
    decode,
)
from workbench.devices.device import Device, ShellStream
from workbench.devices.errors import DeviceError, DeviceTimeoutError, RemoteFileError, clean

POLL_S = 1.0
"""Longest wait for a line without asking whether to go on."""
SILENCE_S = 60.0
"""The agent speaks about once a second, and after its warm-up of ten runs. A link that carries
nothing for so long is taken as lost: a phone that fell asleep or out of range closes nothing."""
_SAID_LINES = 20
_KILLED = (None, 129, 137, 143)
_NO_COMMAND = 127
_SHA256 = re.compile(rb"([0-9a-f]{64})\b")


class AgentCannotRunError(DeviceError):
    """The phone does not let the agent run."""


class AgentKilledError(DeviceError):
    """The agent was ended before it was done."""


def nothing() -> None:
    """Goes on without asking."""


class InstalledAgent:
    """The agent in a folder of its own on a phone.

    Args:
        folder: absolute path; nobody else's files lie in it, for `remove_agent` deletes it.

    Attributes:
        about: what the agent says of the processor; set by `install`.
        program: path of it on the phone.
    """

    about: Info

    def __init__(self, device: Device, binary: AgentBinary, folder: str) -> None:
        self.device = device
        self.binary = binary
        self.folder = folder
        self.program = f"{folder}/{PROGRAM}"
        self._checked: set[str] = set()

    @classmethod
    def install(cls, device: Device, abis: Sequence[str], folder: str) -> InstalledAgent:
        """Make the folder, copy the agent that fits these ABIs, and see that it runs.

        A copy that is there already and whole is kept.

        Raises:
            WorkbenchError: no agent fits the phone.
            RemoteFileError: the phone cannot hold it.
            AgentCannotRunError: the phone does not run it.
            DeviceError: as `Device`.
        """
        agent = cls(device, agent_for(abis), folder)
        made = device.shell(f"mkdir -p {folder} && chmod 700 {folder}")
        if made.exit_code:
            raise RemoteFileError(folder, (made.stderr or made.stdout).decode("utf-8", "replace"))
        agent.put(PROGRAM, agent.binary.path.read_bytes(), mode=0o755)
        agent.about = agent.info()
        return agent

    def put(self, name: str, content: bytes, *, mode: int = 0o600) -> str:
        """Copy a file into the folder unless it is there; returns its path on the phone.

        Raises:
            RemoteFileError: the phone cannot hold it, or it arrives damaged twice.
        """
        path = f"{self.folder}/{name}"
        wanted = hashlib.sha256(content).hexdigest()
        if path in self._checked:
            return path
        there = self.device.stat(path) is not None
        for pushed in (False, True, True):
            if pushed:
                self.device.push_bytes(content, path, mode=mode)
            if (there or pushed) and self._sha256(path) == wanted:
                self._checked.add(path)
                return path
        raise RemoteFileError(
            path,
            "arrived damaged (its SHA-256 differs)",
            "Try another cable or port, or Wi-Fi; the phone's storage may be failing.",
        )

    def clear(self, pattern: str) -> None:
        """Delete the folder's files whose names fit a shell pattern such as ``*.bin``."""
        self._checked.clear()
        self.device.shell(f"rm -f {self.folder}/{pattern}")

    def info(self) -> Info:
        """What the agent says of the processor.

        Raises: as `run`.
        """
        found = [r for r in self.run(["info"], timeout_s=30.0) if isinstance(r, Info)]
        if not found:
            raise DeviceError("The agent's answer cannot be read.", "Run the same again.")
        return found[0]

    def run(
        self,
        arguments: Sequence[str],
        *,
        timeout_s: float,
        go_on: Callable[[], None] = nothing,
        clock: Callable[[], float] = time.monotonic,
    ) -> list[AgentRecord]:
        """Run a command to its end; returns all that it said.

        Args:
            go_on: called at least every `POLL_S`; what it raises ends the agent and comes through.

        Raises:
            AgentError: the agent failed and says why.
            AgentCannotRunError: the phone does not run it.
            AgentKilledError: it was ended before it was done.
            DeviceTimeoutError: it was not done in time.
            DeviceError: the link broke, or a line is damaged.
        """
        records: list[AgentRecord] = []
        said: list[bytes] = []
        with self.device.stream([self.program, *arguments]) as stream:
            for line in _lines(stream, clock() + timeout_s, timeout_s, go_on, clock):
                if not line.startswith(b"{"):  # phones without shell_v2 mix stderr in
                    said = [*said, line][-_SAID_LINES:]
                    continue
                record = decode(line)
                if isinstance(record, Failure):
                    raise AgentError(record.code, record.message)
                if record is not None:
                    records.append(record)
            code, complaint = stream.exit_code, b"\n".join([*said, stream.stderr_tail])
        whole = records and isinstance(records[-1], End | Info)
        if code != 0 or not whole:
            raise self._failed(code, complaint.decode("utf-8", "replace"))
        return records

    def _sha256(self, path: str) -> str:
        told = self.device.shell(["sha256sum", path], timeout_s=60.0)
        if told.exit_code == _NO_COMMAND:  # Android 6 and older have none
            return hashlib.sha256(self.device.read_file(path)).hexdigest()
        found = _SHA256.match(told.stdout)
        return found[1].decode() if found else ""

    def _failed(self, code: int | None, complaint: str) -> DeviceError:
        lower = complaint.lower()
        if "not executable" in lower or "exec format" in lower or "bad elf" in lower:
            return AgentCannotRunError(
                f"The phone cannot run the agent that is built for {self.binary.abi}, although it"
                " says that it runs such programs.",
                "Its system may be an emulation or damaged; try another phone.",
                clean(complaint),
            )
        if "permission denied" in lower or "can't execute" in lower or code in (126, _NO_COMMAND):
            return AgentCannotRunError(
                f"The phone does not let programs run from {self.folder.rpartition('/')[0]}.",
                "Some vendors and managed (work) phones forbid it: ask who manages the phone to"
                " allow developer tools, or take another phone.",
                clean(complaint),
            )
        if code in _KILLED:
            return AgentKilledError(
                "The agent was ended on the phone before it was done.",
                "The phone may be short of memory or hot: close apps, let it cool down, and run"
                " the same command again.",
                clean(complaint),
            )
        return DeviceError(
            f"The agent on the phone failed with exit code {code}.",
            "Run the same command again.",
            clean(complaint),
        )


def remove_agent(device: Device, folder: str) -> None:
    """Delete the agent's folder with all in it. Raises: DeviceError."""
    device.shell(["rm", "-rf", "--", folder])


def _lines(
    stream: ShellStream,
    until_s: float,
    limit_s: float,
    go_on: Callable[[], None],
    clock: Callable[[], float],
) -> Iterator[bytes]:
    heard_s = clock()
    while True:
        go_on()
        try:
            for line in stream.lines(POLL_S):
                heard_s = clock()
                yield line
                go_on()
            return
        except DeviceTimeoutError:
            now_s = clock()
            if now_s >= until_s or now_s - heard_s >= SILENCE_S:
                waited_s = limit_s if now_s >= until_s else SILENCE_S
                raise DeviceTimeoutError("the agent", waited_s) from None
