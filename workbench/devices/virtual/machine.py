"""The simulated phone: its parts, joined."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path

from workbench.devices.profile import DeviceProfile
from workbench.devices.virtual import control
from workbench.devices.virtual.auth import Authenticator
from workbench.devices.virtual.clock import Clock
from workbench.devices.virtual.commands import COMMANDS
from workbench.devices.virtual.faults import Faults
from workbench.devices.virtual.filesystem import VirtualFiles
from workbench.devices.virtual.native import NativePrograms
from workbench.devices.virtual.processes import ProcessTable
from workbench.devices.virtual.properties import banner, make_properties
from workbench.devices.virtual.shell.streams import Source, source_of
from workbench.devices.virtual.simulation.model import PhoneModel
from workbench.devices.virtual.simulation.settings import PhoneSettings
from workbench.devices.virtual.system_files import SystemFiles

BOOTED_FOR_S = 600.0
"""How long the phone has been running when it is made."""

_BLOCK_BYTES = 1 << 18
_RESIDENT = (
    (1, "init", "root", 9_000),
    (412, "surfaceflinger", "system", 28_000),
    (430, "zygote64", "root", 90_000),
    (455, "adbd", "shell", 6_000),
    (901, "system_server", "system", 230_000),
    (1204, "com.android.systemui", "u0_a31", 160_000),
)


class Machine:
    """Everything of the phone but its connections.

    Args:
        folder: an empty private folder of this computer; see `filesystem`.
        programs: SHA-256 of the programs that may run on this computer; None allows any.
        wall_start_s: Unix time on the phone's clock when it is made.
    """

    def __init__(
        self,
        profile: DeviceProfile,
        settings: PhoneSettings,
        clock: Clock,
        folder: Path,
        *,
        programs: frozenset[str] | None,
        wall_start_s: float,
    ) -> None:
        self.profile = profile
        self.settings = settings
        self.clock = clock
        self.random = random.Random(settings.seed + 2)
        self.model = PhoneModel(profile, settings)
        self.properties = make_properties(profile, settings)
        self.processes = ProcessTable(clock, self._on_work)
        self.program_names = frozenset({*COMMANDS, "sh"})
        self.settings_table: dict[str, str] = {}
        self.faked_battery: dict[str, str] | None = None
        self.execution_denied = False
        self.clock_jump_s = 0.0
        self.state = "device"
        self.accepts_from_s = 0.0
        """Until then connections are refused, as while a phone boots."""
        self.drop_connections: Callable[[], None] = lambda: None
        """Set by the server that the phone's connections belong to."""
        self._wall_start_s = wall_start_s
        self._booted_s = -BOOTED_FOR_S
        self.boot_id = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        self._charged_until_s = 0.0
        for pid, command, user, kib in _RESIDENT:
            self.processes.add_resident(pid, command, user, kib)
        self._apps = {
            app.package: self.processes.add_resident(
                1500 + index, app.package, f"u0_a{100 + index}", app.resident_mib * 1024
            )
            for index, app in enumerate(settings.apps)
        }
        self.faults = Faults(self.random.randbytes)
        self.authenticator = Authenticator(self.random.randbytes)
        generated = SystemFiles(self)
        self.files = VirtualFiles(folder / "files", generated, settings.storage_bytes, self.wall_s)
        self.native = NativePrograms(self, generated, folder / "programs", programs)

    def wall_s(self) -> float:
        """Unix time on the phone's clock."""
        return self._wall_start_s + self.clock.now_s() + self.clock_jump_s

    @property
    def boot_wall_s(self) -> float:
        """Unix time of the last start, by the phone's clock."""
        return self.wall_s() - self.uptime_s()

    def uptime_s(self) -> float:
        """Seconds since the last start."""
        return self.clock.now_s() - self._booted_s

    def catch_up(self) -> None:
        """Bring the simulation to the present."""
        self.model.advance(self.clock.now_s())
        passed_s = self.model.now_s - self._charged_until_s
        self._charged_until_s = self.model.now_s
        app = self._apps.get(self.model.app.package)
        if app is not None:
            app.cpu_s += self.model.app.cores * passed_s

    def memory_kib(self) -> tuple[int, int]:
        """Installed and available memory."""
        total = self.settings.memory_mib * 1024
        taken = sum(process.resident_kib for process in self.processes.all()) // 3
        return total, max(total // 20, total * 6 // 10 - taken)

    def may_read(self, path: str) -> bool:
        """Whether the shell user may read a file."""
        return path not in self.settings.unreadable

    def may_execute(self, path: str) -> bool:
        """Whether files may be run where this one lies."""
        return path.startswith("/data/local/tmp/") and not self.execution_denied

    def open_source(self, path: str) -> Source:
        """A file to read, piece by piece.

        Raises:
            OSError: when it cannot be read.
        """
        if path == "/dev/zero":
            return Source(self._zeros)
        if path == "/dev/urandom":
            return Source(self._noise)
        if not self.files.is_writable(path):
            return source_of(self.files.read(path))
        stream = self.files.open_read(path)

        async def fetch() -> bytes:
            piece = b"" if stream.closed else stream.read(_BLOCK_BYTES)
            if not piece:
                stream.close()
            return piece

        return Source(fetch, stream.close)

    def banner(self) -> str:
        """What a host is told when it connects."""
        return banner(self.properties, shell_v2=self.settings.shell_v2, state=self.state)

    def control(self, line: str) -> str:
        """Change the phone from outside; see `control.apply`. Returns an answer for its user.

        Raises:
            ControlError: when the line says nothing that can be done.
        """
        return control.apply(self, line)

    def reboot(self, seconds: float) -> None:
        """End all processes and connections; new ones are refused for so long."""
        now_s = self.clock.now_s()
        self.boot_id = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        self._booted_s = self.accepts_from_s = now_s + seconds
        self.faked_battery = None
        self.settings_table.clear()
        for process in self.processes.all():
            self.processes.kill(process.pid, 9)
        self.drop_connections()

    def _on_work(self, cpu_s: float) -> None:
        self.model.advance(self.clock.now_s())
        self.model.add_work(cpu_s)

    async def _zeros(self) -> bytes:
        return bytes(_BLOCK_BYTES)

    async def _noise(self) -> bytes:
        return self.random.randbytes(4096)
