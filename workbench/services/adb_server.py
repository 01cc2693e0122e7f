"""Starting an ADB server, only ever because the user asked for it."""

from __future__ import annotations

import shutil
import subprocess

from workbench.devices.adb.server import AdbServer
from workbench.devices.errors import AdbServerError, clean
from workbench.jobs import JobContext

START_S = 30.0


def server_program() -> str | None:
    """The `adb` program of this computer; None where there is none."""
    return shutil.which("adb")


def cannot_start(server: AdbServer | None = None) -> str:
    """Why no server can be started from here; empty when one can."""
    server = AdbServer() if server is None else server
    if not server.address.local:
        return f"ADB_SERVER_SOCKET names another computer ({server.address}): start it there."
    if server_program() is None:
        return "There is no adb program on this computer (Debian: apt-get install adb)."
    return ""


def start_adb_server(context: JobContext, server: AdbServer | None = None) -> int:
    """Run ``adb start-server``; returns the version of the server that answers then.

    The server goes on after the workbench ends, as adb's own does, and owns the phones on USB.

    Raises:
        AdbServerError: there is no adb program, or no server answers afterwards.
    """
    server = AdbServer() if server is None else server
    context.check_cancelled()
    reason = cannot_start(server)
    program = server_program()
    if reason or program is None:
        raise AdbServerError("No ADB server can be started from here.", reason)
    context.progress(None, "starting the ADB server")
    try:
        done = subprocess.run(
            [program, "start-server"],
            stdin=subprocess.DEVNULL,
            # The daemon inherits what it is given and would hold a pipe open for ever.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=START_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdbServerError(
            "The ADB server did not start.",
            "Run `adb start-server` in a terminal.",
            clean(str(error)),
        ) from error
    try:
        return server.version()
    except AdbServerError as error:
        raise AdbServerError(
            f"`adb start-server` ended with {done.returncode}, and no server answers.",
            "Run it in a terminal to see why.",
            error.detail,
        ) from error
