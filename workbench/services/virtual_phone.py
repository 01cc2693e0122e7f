"""Virtual phones that run beside the program, each on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from workbench.devices.agent.binaries import read_manifest
from workbench.devices.virtual import (
    HOST,
    Clock,
    PhoneServer,
    PhoneSettings,
    RunningClock,
    Truth,
)
from workbench.services.device_profiles import find_profile

START_SECONDS = 30.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VirtualPhoneOptions:
    """What kind of virtual phone to start.

    Attributes:
        profile: id or file of the device profile that is imitated.
        port: on this computer; 0 chooses a free one.
        speed: simulated seconds in a real one.
        programs: SHA-256 of the programs that it may run on this computer; None allows any.
        commands: controls to carry out before it listens, such as ``plug ac``.
    """

    profile: str | Path
    port: int = 0
    settings: PhoneSettings = field(default_factory=PhoneSettings)
    speed: float = 1.0
    programs: frozenset[str] | None = frozenset()
    commands: tuple[str, ...] = ()


def known_programs() -> frozenset[str]:
    """SHA-256 of the programs that a virtual phone runs unasked: the workbench's own agent."""
    return frozenset(record.sha256 for record in read_manifest().binaries.values())


class VirtualPhone:
    """A running virtual phone; `close` ends it, as does leaving a ``with`` block.

    Args:
        clock: the phone's time; one that runs at `options.speed` when None.

    Raises:
        WorkbenchError: an unknown profile, a port that cannot be used, a wrong control.
    """

    def __init__(self, options: VirtualPhoneOptions, clock: Clock | None = None) -> None:
        profile = find_profile(options.profile)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"virtual phone {profile.id}", daemon=True
        )
        self._thread.start()
        self._server: PhoneServer | None = None

        async def start() -> int:
            self._server = PhoneServer(
                profile,
                options.settings,
                clock=clock or RunningClock(options.speed),
                programs=options.programs,
            )
            for line in options.commands:
                self._server.machine.control(line)
            return await self._server.start(options.port)

        try:
            self.port = self._call(start())
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> str:
        """``host:port`` for ``adb connect``."""
        return f"{HOST}:{self.port}"

    def control(self, line: str) -> str:
        """Change the phone while it runs, such as ``plug ac``; returns its answer.

        Raises:
            ControlError: when the line is no command.
        """

        async def run() -> str:
            return self._phone.machine.control(line)

        return self._call(run())

    def truth(self) -> Truth:
        """Energy and temperatures as they really are."""

        async def read() -> Truth:
            self._phone.machine.catch_up()
            return self._phone.machine.model.truth()

        return self._call(read())

    def close(self) -> None:
        """End the phone and everything that it runs; its files are removed."""
        if self._loop.is_closed():
            return
        if self._server is not None:
            self._call(self._server.close())
        self._call(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _phone(self) -> PhoneServer:
        assert self._server is not None
        return self._server

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)
