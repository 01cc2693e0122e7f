"""The agent on a phone: copies are checked, failures are told apart. The phone is made up."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from workbench.devices.agent.binaries import AgentBinary, read_manifest
from workbench.devices.agent.installed import (
    SILENCE_S,
    AgentCannotRunError,
    AgentKilledError,
    InstalledAgent,
)
from workbench.devices.agent.protocol import AgentError, End
from workbench.devices.device import RemoteStat, ShellResult
from workbench.devices.errors import DeviceError, DeviceTimeoutError, RemoteFileError
from workbench.jobs import JobCancelled

END = b'{"schema":1,"record":"end","elapsed_ns":1,"stopped_by":"plan"}'


class FakeStream:
    """Says its lines; None stands for a while of silence."""

    def __init__(self, lines: Sequence[bytes | None], code: int | None, stderr: bytes) -> None:
        self._lines = list(lines)
        self.exit_code, self.stderr_tail = code, stderr
        self.closed = False

    def lines(self, timeout_s: float) -> Iterator[bytes]:
        while self._lines:
            line = self._lines.pop(0)
            if line is None:
                raise DeviceTimeoutError("a line", timeout_s)
            yield line

    def __enter__(self) -> FakeStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


class FakePhone:
    """Files in memory. `damage`: how many copies arrive damaged; `tool`: it has sha256sum."""

    def __init__(self, damage: int = 0, tool: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.damage, self.tool, self.pushes = damage, tool, 0
        self.says: FakeStream | None = None

    def stat(self, path: str) -> RemoteStat | None:
        return RemoteStat(0o100644, 1, 0) if path in self.files else None

    def push_bytes(self, data: bytes, remote: str, *, mode: int) -> None:
        self.pushes += 1
        self.damage -= 1
        self.files[remote] = data if self.damage < 0 else data[:-1]

    def read_file(self, path: str) -> bytes:
        return self.files[path]

    def shell(self, command: Any, *, timeout_s: float = 30.0) -> ShellResult:
        assert command[0] == "sha256sum"
        if not self.tool:
            return ShellResult(127, b"", b"sha256sum: not found")
        told = hashlib.sha256(self.files[command[1]]).hexdigest()
        return ShellResult(0, f"{told}  {command[1]}\n".encode(), b"")

    def stream(self, command: Sequence[str]) -> FakeStream:
        assert command[0] == "/data/local/tmp/mine/adaspring-agent"
        assert self.says is not None
        return self.says


def _agent(phone: FakePhone) -> InstalledAgent:
    record = read_manifest().binaries["arm64-v8a"]
    binary = AgentBinary("arm64-v8a", None, record)  # type: ignore[arg-type]
    return InstalledAgent(phone, binary, "/data/local/tmp/mine")  # type: ignore[arg-type]


@pytest.mark.parametrize("tool", [True, False])
def test_what_arrives_damaged_is_copied_again(tool: bool) -> None:
    phone = FakePhone(damage=1, tool=tool)
    agent = _agent(phone)
    path = agent.put("a.bin", b"content")
    assert phone.files[path] == b"content"
    assert phone.pushes == 2
    agent.put("a.bin", b"content")
    assert phone.pushes == 2


@pytest.mark.parametrize("tool", [True, False])
def test_what_stays_damaged_is_refused(tool: bool) -> None:
    with pytest.raises(RemoteFileError, match="SHA-256 differs"):
        _agent(FakePhone(damage=9, tool=tool)).put("a.bin", b"content")


def test_a_file_that_is_there_is_kept_and_another_of_its_name_replaced() -> None:
    phone = FakePhone()
    phone.files["/data/local/tmp/mine/a.bin"] = b"content"
    _agent(phone).put("a.bin", b"content")
    assert phone.pushes == 0
    _agent(phone).put("a.bin", b"other")
    assert phone.pushes == 1


@pytest.mark.parametrize(
    ("lines", "code", "stderr", "error"),
    [
        ([], 126, b"sh: /x: can't execute: Permission denied", AgentCannotRunError),
        ([b"sh: /x: can't execute: Permission denied"], 126, b"", AgentCannotRunError),
        ([], 126, b"sh: /x: not executable: 64-bit ELF file", AgentCannotRunError),
        ([], 1, b"Exec format error", AgentCannotRunError),
        ([], 137, b"Killed", AgentKilledError),
        ([END], None, b"", AgentKilledError),
        ([], 0, b"", DeviceError),
        ([b'{"schema":1,"record":"error","code":"file","message":"broken"}'], 3, b"", AgentError),
        ([b'{"schema":1,"record":'], 0, b"", DeviceError),
    ],
)
def test_failures_are_told_apart(
    lines: list[bytes], code: int | None, stderr: bytes, error: type[DeviceError]
) -> None:
    phone = FakePhone()
    phone.says = FakeStream(lines, code, stderr)
    with pytest.raises(error) as caught:
        _agent(phone).run(["info"], timeout_s=10.0)
    assert type(caught.value) is error
    assert caught.value.hint
    assert phone.says.closed


def test_short_silences_are_waited_out_and_long_ones_end_it() -> None:
    phone = FakePhone()
    phone.says = FakeStream([None, None, b"", b"a warning", END], 0, b"")
    seconds = itertools.count(0.0, 5.0)
    found = _agent(phone).run(["bench"], timeout_s=99.0, clock=lambda: next(seconds))
    assert [type(record) for record in found] == [End]
    phone.says = FakeStream([None] * 20, 0, b"")
    with pytest.raises(DeviceTimeoutError, match=f"{SILENCE_S:g} s"):
        _agent(phone).run(["bench"], timeout_s=999.0, clock=lambda: next(seconds))
    assert phone.says.closed


def test_whoever_waits_can_stop_it() -> None:
    def stop() -> None:
        raise JobCancelled

    phone = FakePhone()
    phone.says = FakeStream([END], 0, b"")
    with pytest.raises(JobCancelled):
        _agent(phone).run(["bench"], timeout_s=9.0, go_on=stop)
    assert phone.says.closed
