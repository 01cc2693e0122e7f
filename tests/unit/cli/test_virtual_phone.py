"""`virtual-phone`: says where it listens, obeys its input, ends and clears up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.adb_host import AdbHost
from workbench.__main__ import main


def test_it_listens_obeys_and_clears_up(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench", "virtual-phone", "--json", "--port", "0"]
    command += ["--profile", "mi_5s", "--do", "plug usb", "--gauge-unit", "mA"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            place = json.loads(process.stdout.readline())
            assert place["provenance"] == "simulated"
            assert len(list(tmp_path.iterdir())) == 1
            with AdbHost(place["port"]) as host:
                host.connect()
                assert host.run("cat /sys/class/power_supply/usb/online")[0] == b"1\n"
                process.stdin.write("unplug\nnonsense\n")
                process.stdin.flush()
                assert process.stdout.readline() == "done\n"
                assert host.run("cat /sys/class/power_supply/usb/online")[0] == b"0\n"
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "error: There is no command 'nonsense'" in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--profile", "none_such"], "none_such"),
        (["--port", "5555"], "5555"),
        (["--port", "70000"], "70000"),
        (["--gauge-period", "0"], "gauge-period"),
        (["--speed", "nan"], "speed"),
        (["--battery", "101"], "battery"),
        (["--do", "nonsense"], "nonsense"),
    ],
)
def test_wrong_options_are_told(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["virtual-phone", *options]) == 2
    assert said in capsys.readouterr().err
