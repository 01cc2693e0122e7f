"""The command line's start: what it imports, how it shows errors, which exit codes it gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from workbench import __main__, __version__
from workbench.cli import COMMANDS
from workbench.core.errors import WorkbenchError


@pytest.fixture
def failing_command(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """A command `fail` that raises whatever stands in the list."""
    errors: list[BaseException] = []

    @click.command("fail")
    def fail() -> None:
        raise errors[0]

    original = __main__.cli.get_command
    monkeypatch.setattr(
        __main__.cli,
        "get_command",
        lambda ctx, name: fail if name == "fail" else original(ctx, name),
    )
    yield errors


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--help"]) == 0
    output = capsys.readouterr().out
    for name in COMMANDS:
        assert name in output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([name, "--help"]) == 0
    assert name in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_unknown_command_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["no-such-command"]) == 2
    assert "no-such-command" in capsys.readouterr().err


def test_workbench_error_shows_message_and_hint_only(
    failing_command: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_command.append(WorkbenchError("The trace is empty.", "Record it again.", "0 bytes"))
    assert __main__.main(["fail"]) == 2
    assert capsys.readouterr().err == "error: The trace is empty.\nhint: Record it again.\n"


def test_debug_adds_detail_and_traceback(
    failing_command: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_command.append(WorkbenchError("The trace is empty.", "Record it again.", "0 bytes"))
    assert __main__.main(["--debug", "fail"]) == 2
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "0 bytes" in shown


def test_interrupt(
    failing_command: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_command.append(KeyboardInterrupt())
    assert __main__.main(["fail"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_system_error_names_the_file(
    failing_command: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_command.append(PermissionError(13, "Permission denied", "day.csv"))
    assert __main__.main(["fail"]) == 2
    assert capsys.readouterr().err == "error: day.csv: Permission denied\n"


def test_bug_has_its_own_exit_code(
    failing_command: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_command.append(ZeroDivisionError("division by zero"))
    assert __main__.main(["fail"]) == 1
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in shown
    assert "--debug" in shown
    assert "Traceback" not in shown


def test_info_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["info", "--json"]) == 0
    environment = json.loads(capsys.readouterr().out)
    assert environment["versions"]["adaspring-workbench"] == __version__
    assert os.path.isdir(environment["folders"]["assets"])
    assert environment["versions"]["torch"].startswith("2.13")


@pytest.mark.parametrize("arguments", [["--help"], ["info"]])
def test_neither_help_nor_info_imports_torch_or_qt(arguments: list[str]) -> None:
    script = (
        "import sys; from workbench.__main__ import main; main(sys.argv[1:]);"
        "sys.exit(sorted({'torch', 'PySide6', 'ncnn', 'scipy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
