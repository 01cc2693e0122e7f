"""``getprop``: what the phone says about itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workbench.devices.parsers.text import whole

SIMULATED_PROPERTY = "ro.adaspring.simulated"
"""Set to 1 by a virtual phone, so that nobody takes its figures for measured ones."""

_ENTRY = re.compile(r"^\[([^\]\n]+)\]: \[(.*?)\]$(?=\n\[|\n*\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DeviceProperties:
    """System properties of a phone, with names for those the workbench uses."""

    values: Mapping[str, str]

    def get(self, *names: str) -> str | None:
        """The first of these properties that is set and not empty."""
        return next((self.values[name] for name in names if self.values.get(name)), None)

    @property
    def model(self) -> str | None:
        """Model as the vendor writes it."""
        return self.get("ro.product.model", "ro.product.odm.model", "ro.product.vendor.model")

    @property
    def manufacturer(self) -> str | None:
        """Manufacturer as the vendor writes it."""
        return self.get("ro.product.manufacturer", "ro.product.brand")

    @property
    def soc(self) -> str | None:
        """System on chip; the board platform where Android is too old to name it."""
        return self.get("ro.soc.model", "ro.board.platform", "ro.hardware")

    @property
    def android_release(self) -> str | None:
        """Android version such as ``6.0.1``."""
        return self.get("ro.build.version.release")

    @property
    def sdk(self) -> int | None:
        """API level."""
        return whole(self.get("ro.build.version.sdk"))

    @property
    def abis(self) -> tuple[str, ...]:
        """Instruction sets it runs, best first: what a binary is chosen by."""
        text = self.get("ro.product.cpu.abilist")
        if text is None:
            found = (self.get("ro.product.cpu.abi"), self.get("ro.product.cpu.abi2"))
            return tuple(abi for abi in found if abi)
        return tuple(abi.strip() for abi in text.split(",") if abi.strip())

    @property
    def serial(self) -> str | None:
        """Serial number as the phone itself tells it; stays the same over USB and Wi-Fi."""
        return self.get("ro.serialno", "ro.boot.serialno")

    @property
    def simulated(self) -> bool:
        """Whether this is a virtual phone of the workbench."""
        return self.get(SIMULATED_PROPERTY) == "1"


def parse_properties(output: bytes) -> DeviceProperties:
    """Parse ``getprop``: lines of ``[name]: [value]``; a value may hold line ends."""
    text = output.decode("utf-8", "replace").replace("\r\n", "\n")
    return DeviceProperties(
        MappingProxyType({match[1]: match[2] for match in _ENTRY.finditer(text)})
    )
