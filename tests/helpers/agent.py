"""Running the agent's shipped binaries on this computer, natively or under qemu."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.devices.agent.binaries import agent_for

Record = dict[str, Any]

_EMULATORS = {
    "arm64-v8a": ("qemu-aarch64-static", "qemu-aarch64"),
    "armeabi-v7a": ("qemu-arm-static", "qemu-arm"),
}
_NATIVE = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64-v8a"}


class Agent:
    """One binary of the agent; skips the test where this computer cannot run it."""

    def __init__(self, abi: str) -> None:
        self._prefix: list[str] = []
        if platform.system() != "Linux":
            pytest.skip("the agent runs on Linux and Android only")
        if _NATIVE.get(platform.machine()) != abi:
            found = [path for name in _EMULATORS.get(abi, ()) if (path := shutil.which(name))]
            if not found:
                pytest.skip(
                    f"nothing runs {abi} programs here; Debian: apt install qemu-user-static"
                )
            self._prefix = found[:1]
        self.path = agent_for([abi]).path

    def run(self, *arguments: str | Path) -> tuple[int, list[Record]]:
        """Exit status and the lines of a command."""
        done = self._done(*arguments)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines() if line]

    def lines(self, *arguments: str | Path) -> list[bytes]:
        """Lines of a command as it prints them."""
        return self._done(*arguments).stdout.splitlines()

    def _done(self, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self._prefix, str(self.path), *map(str, arguments)],
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip

    def records(self, *arguments: str | Path) -> list[Record]:
        """Lines of a command that must succeed, the schema checked."""
        status, lines = self.run(*arguments)
        assert status == 0, lines
        assert {line["schema"] for line in lines} == {1}
        return lines


def native_abi() -> str:
    """The ABI of this computer."""
    return _NATIVE.get(platform.machine(), "x86_64")


def of_kind(lines: list[Record], record: str) -> list[Record]:
    """The lines that are such a record."""
    return [line for line in lines if line["record"] == record]
