"""Debian's ADB server on a port and with a home folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.devices.adb.server import AdbServer, ServerAddress


def adb_program() -> str | None:
    """Path of the `adb` program; None where it is not installed."""
    return shutil.which("adb")


@contextmanager
def running_server(home: Path) -> Iterator[AdbServer]:
    """An ADB server that ends with the block; nobody else's is touched."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, "HOME": str(home), "ADB_MDNS_AUTO_CONNECT": "0"}
    environment.pop("ADB_SERVER_SOCKET", None)
    process = subprocess.Popen(
        [str(adb_program()), "-P", str(port), "nodaemon", "server"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = AdbServer(ServerAddress("127.0.0.1", port))
    try:
        until_s = time.monotonic() + 20
        while not server.running():
            assert time.monotonic() < until_s, "Debian's adb server does not answer"
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(10)
