"""Power rails of a device: which there are, which stand for computing, and what they take.

A rail's meter lies behind the charger and is calibrated by its maker: unlike the battery's gauge it
needs neither a search for unit and sign nor an unplugged cable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.devices.capabilities import Capability
from workbench.devices.errors import clean
from workbench.devices.parsers.rails import (
    ENERGY_FILE,
    HWMON_FILES,
    IIO_FILES,
    RailEnergy,
    RailPower,
    parse_energy_meter,
    parse_rail_files,
)
from workbench.devices.parsers.text import finite, lines_of

SERVICE = "android.hardware.power.stats.IPowerStats/default"
CAPABILITY = "power_rails"

_GLOBS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/sys/bus/iio/devices/*", (ENERGY_FILE,)),
    ("/sys/class/hwmon/hwmon*", HWMON_FILES),
    ("/sys/bus/i2c/drivers/ina3221x/*/iio*", IIO_FILES),
)
_PATHS = " ".join(f"{glob}/{name}" for glob, names in _GLOBS for name in names)
RAIL_COMMANDS: Mapping[str, str] = {
    "rails_at": "cat /proc/uptime",
    "rails_meter": f"dumpsys {SERVICE}",
    "rails_files": f"grep '' {_PATHS} /dev/null",
}
"""Shell lines whose outputs `read_rails` takes."""

_INPUTS = ("VDD_IN", "POM_5V_IN")
"""What feeds a whole Jetson board: the other rails are parts of it."""


@dataclass(frozen=True, slots=True)
class RailReading:
    """Rails of a device at one moment.

    Attributes:
        t_s: seconds since the device's start; None: it does not tell.
        energies: counters; `powers` is empty where there are some.
        powers: present powers, where there are no counters.
        source: what they were read from; empty where there are none.
        reason: why there are none; empty where there are some.
    """

    t_s: float | None
    energies: tuple[RailEnergy, ...]
    powers: tuple[RailPower, ...]
    source: str
    reason: str

    @property
    def names(self) -> tuple[str, ...]:
        """All rails, in the device's order."""
        energies = tuple(rail.name for rail in self.energies)
        return energies + tuple(rail.name for rail in self.powers)


@dataclass(frozen=True, slots=True)
class ComputeRails:
    """The rails that stand for the energy of computing.

    Attributes:
        names: their powers are added.
        what: which these are, in words.
    """

    names: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class RailsPower:
    """What the rails for computing took.

    Attributes:
        rails: which.
        power_mw: their sum.
        seconds: over which it is a mean by the counters; 0: the meter's present value.
    """

    rails: ComputeRails
    power_mw: float
    seconds: float


def read_rails(output: Mapping[str, bytes]) -> RailReading:
    """The rails in the outputs of `RAIL_COMMANDS`; each may be missing."""
    words = b" ".join(output.get("rails_at", b"").split()[:1]).decode("ascii", "replace")
    t_s = finite(words)
    files = parse_rail_files(output.get("rails_files", b""))
    if files.energies:
        # Before the service: the driver tells whole uWs and the meter's own time.
        return RailReading(t_s, files.energies, (), ENERGY_FILE, "")
    said = output.get("rails_meter")
    energies = parse_energy_meter(said or b"")
    if energies:
        return RailReading(t_s, energies, (), "power.stats service", "")
    if files.powers:
        return RailReading(t_s, (), files.powers, "INA3221", "")
    refused = "; ".join(f"{path}: {clean(why, 40)}" for path, why in files.refused.items())
    service = "" if said is None else f"{_service(said)}; "
    return RailReading(
        t_s, (), (), "", clean(service + (refused or "no INA3221 power meter is listed"), 240)
    )


def compute_rails(reading: RailReading) -> ComputeRails | None:
    """Which rails to add for the energy of computing; None where there are none.

    The processor's, by the subsystem or the rail's name. Without one the board's input, which holds
    all others; without that the sum of all.
    """
    feeds = [(rail.name, rail.subsystem) for rail in reading.energies]
    feeds += [(rail.name, "") for rail in reading.powers]
    processor = tuple(name for name, subsystem in feeds if "CPU" in f"{subsystem} {name}".upper())
    if processor:
        return ComputeRails(processor, "the processor's")
    whole_board = tuple(name for name in reading.names if name.upper() in _INPUTS)[:1]
    if whole_board:
        return ComputeRails(whole_board, "the board's input: no rail is named for the processor")
    if reading.names:
        return ComputeRails(reading.names, "the sum of all: no rail is named for the processor")
    return None


def rails_power(before: RailReading | None, after: RailReading) -> RailsPower | None:
    """What the rails for computing took between two readings.

    Counters give a mean over the time between; None where that cannot be told: there is no reading
    before, a counter went back (it starts again at 0 with the device), or the meter repeated its
    last values. Without counters it is the power of the reading after.
    """
    rails = compute_rails(after)
    if rails is None:
        return None
    if after.powers:
        by_name = {rail.name: rail.power_mw for rail in after.powers}
        return RailsPower(rails, sum(by_name[name] for name in rails.names), 0.0)
    if before is None:
        return None
    earlier = {rail.name: rail for rail in before.energies}
    pairs = [(earlier.get(r.name), r) for r in after.energies if r.name in rails.names]
    energy_uws, power_uw, spans_s = 0.0, 0.0, []
    for old, new in pairs:
        if old is None or new.energy_uws < old.energy_uws:
            return None
        seconds = _seconds(before, after, old, new)
        if seconds is None:
            return None
        energy_uws += new.energy_uws - old.energy_uws
        power_uw += (new.energy_uws - old.energy_uws) / seconds
        spans_s.append(seconds)
    if energy_uws <= 0:
        return None
    return RailsPower(rails, power_uw / 1000, sum(spans_s) / len(spans_s))


def rails_capability(reading: RailReading) -> Capability:
    """What a device's rails are and which is taken for what, or why there are none."""
    rails = compute_rails(reading)
    if rails is None:
        return Capability(CAPABILITY, False, reading.reason)
    others = [name for name in reading.names if name not in rails.names]
    rest = f"; not counted: {', '.join(others)}" if others else ""
    kind = "energy counters" if reading.energies else "present power"
    return Capability(
        CAPABILITY,
        True,
        f"{reading.source}, {kind}; for computing {' + '.join(rails.names)} ({rails.what}){rest}",
    )


def local_rails(root: Path = Path("/")) -> RailReading:
    """The rails of this computer: a Jetson's, where the workbench runs on one."""
    printed: list[str] = []
    for glob, names in _GLOBS:
        for folder in sorted(root.glob(glob.removeprefix("/"))):
            for name in names:
                path = folder / name
                try:
                    text = path.read_text("utf-8", "replace") if path.exists() else ""
                except OSError as error:
                    printed.append(f"grep: {path}: {error.strerror}")
                else:
                    printed += [f"{path}:{line}" for line in text.splitlines()]
    return read_rails({"rails_files": "\n".join(printed).encode()})


def _service(said: bytes) -> str:
    """Why the service told no rails."""
    text = "\n".join(lines_of(said)).strip()
    if not text or "Can't find service" in text or "not found" in text:
        return "the power.stats service is not there"
    if "PowerStats HAL" in text:
        return "the power.stats service has no energy meter"
    return f"the power.stats service says {clean(text, 80)!r}"


def _seconds(
    before: RailReading, after: RailReading, old: RailEnergy, new: RailEnergy
) -> float | None:
    """Time between two values of a counter, by the meter's clock where it tells it."""
    if old.t_ms is not None and new.t_ms is not None:
        seconds = (new.t_ms - old.t_ms) / 1000
    elif before.t_s is not None and after.t_s is not None:
        seconds = after.t_s - before.t_s
    else:
        return None
    return seconds if seconds > 0 else None
