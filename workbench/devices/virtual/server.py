"""The virtual phone on the network: listens on this computer only, one task a host."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.devices.profile import DeviceProfile
from workbench.devices.virtual.clock import Clock, RunningClock
from workbench.devices.virtual.connection import Connection, Site
from workbench.devices.virtual.machine import Machine
from workbench.devices.virtual.services import find_service
from workbench.devices.virtual.simulation.settings import PhoneSettings

HOST = "127.0.0.1"
EMULATOR_PORTS = range(5555, 5586)
"""An ADB server that runs attaches to phones on these ports by itself, so they are not used."""

CONNECTION_LIMIT = 64


class PhoneServer:
    """A virtual phone that hosts can connect to.

    Args:
        profile: the device that is imitated.
        settings: what the profile leaves open.
        clock: the phone's time.
        programs: SHA-256 of the programs that may run on this computer; None allows any.
    """

    def __init__(
        self,
        profile: DeviceProfile,
        settings: PhoneSettings,
        *,
        clock: Clock | None = None,
        programs: frozenset[str] | None = frozenset(),
        wall_time_s: Callable[[], float] = time.time,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="adaspring-virtual-phone-"))
        clock = clock or RunningClock()
        self.machine = Machine(
            profile,
            settings,
            clock,
            self._folder,
            programs=programs,
            wall_start_s=wall_time_s() - clock.now_s(),
        )
        self.machine.drop_connections = self.drop_connections
        self._site = Site(
            banner=self.machine.banner,
            find_service=lambda name: find_service(self.machine, name),
            authenticator=self.machine.authenticator,
            faults=self.machine.faults,
            clock=clock,
        )
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen; returns the port, which is chosen when it is given as 0.

        Raises:
            WorkbenchError: a port that may not or cannot be used.
        """
        if port in EMULATOR_PORTS:
            raise WorkbenchError(
                f"Port {port} cannot be used by a virtual phone.",
                f"ADB servers attach to ports {EMULATOR_PORTS[0]}-{EMULATOR_PORTS[-1]} by"
                " themselves; choose another one.",
            )
        try:
            self._server = await asyncio.start_server(self._on_connect, HOST, port)
        except (OSError, OverflowError) as error:
            raise WorkbenchError(
                f"Port {port} of this computer cannot be listened on.",
                "Another program may use it; choose another one.",
                str(error),
            ) from error
        return int(self._server.sockets[0].getsockname()[1])

    def drop_connections(self) -> None:
        """Break all connections."""
        for connection in self._connections:
            connection.abort()

    async def close(self) -> None:
        """End everything and clear the phone's files away."""
        if self._server is not None:
            self._server.close()
        self.machine.faults.clear()
        self.drop_connections()
        # Ended by their broken link and not cancelled, which asyncio would report as an error.
        if tasks := tuple(self._connections.values()):
            await asyncio.wait(tasks)
        await self.machine.processes.end_all()
        if self._server is not None:
            with suppress(OSError):
                await self._server.wait_closed()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _on_connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        booting = self.machine.clock.now_s() < self.machine.accepts_from_s
        if booting or len(self._connections) >= CONNECTION_LIMIT:
            writer.transport.abort()
            return
        connection = Connection(reader, writer, self._site)
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        try:
            await connection.serve()
        finally:
            del self._connections[connection]
