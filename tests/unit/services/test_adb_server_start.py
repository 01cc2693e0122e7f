"""An ADB server is started because the user asked for it, and only where that is possible."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.helpers.contexts import RecordingContext
from workbench.devices.adb.server import AdbServer, ServerAddress
from workbench.devices.errors import AdbServerError
from workbench.services import adb_server
from workbench.services.adb_server import cannot_start, start_adb_server


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_another_computers_server_is_not_started() -> None:
    away = AdbServer(ServerAddress("192.0.2.7", 5037))
    assert "start it there" in cannot_start(away)
    with pytest.raises(AdbServerError, match="No ADB server can be started"):
        start_adb_server(RecordingContext(), away)


def test_without_the_program_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adb_server, "server_program", lambda: None)
    assert "no adb program" in cannot_start(AdbServer(ServerAddress()))


def test_a_program_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "adb"
    program.write_text("#!/bin/sh\nexit 3\n", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setattr(adb_server, "server_program", lambda: str(program))
    nobody = AdbServer(ServerAddress("127.0.0.1", _closed_port()))
    assert cannot_start(nobody) == ""
    with pytest.raises(AdbServerError, match="ended with 3, and no server answers"):
        start_adb_server(RecordingContext(), nobody)


def test_a_server_that_answers_tells_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "adb"
    asked = tmp_path / "asked"
    program.write_text(f'#!/bin/sh\necho "$@" > {asked}\n', encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setattr(adb_server, "server_program", lambda: str(program))
    monkeypatch.setattr(AdbServer, "version", lambda _self, timeout_s=2.0: 41)
    assert start_adb_server(RecordingContext(), AdbServer(ServerAddress())) == 41
    assert asked.read_text(encoding="ascii").strip() == "start-server"
