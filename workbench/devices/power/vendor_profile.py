"""A phone's own power profile: the current that its vendor states for each clock of its cores.

It lies as `res/xml/power_profile.xml` in `framework-res.apk`, or in an overlay of the vendor's that
takes its place (https://source.android.com/docs/core/power/values). It is a model of the vendor's,
not a measurement. Nothing in it is trusted: sizes are bounded, figures checked.
"""

from __future__ import annotations

import io
import math
import re
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.devices.device import Device
from workbench.devices.errors import RemoteFileError, clean
from workbench.devices.parsers.text import finite, lines_of

ENTRY = "res/xml/power_profile.xml"
FRAMEWORK = "/system/framework/framework-res.apk"
MAX_XML_BYTES = 1 << 20
MAX_APK_BYTES = 192 << 20
MAX_OVERLAYS = 40
MAX_VALUES = 200
MAX_MA = 20_000.0

_OVERLAYS = "ls -d /vendor/overlay/*.apk /product/overlay/*.apk /odm/overlay/*.apk 2>/dev/null"
_PATH = re.compile(r"/(?:vendor|product|odm)/overlay/[A-Za-z0-9_.+-]{1,120}\.apk", re.ASCII)
_OF_FRAMEWORK = re.compile(r"(?i)framework|android|power")
_NO_COMMAND = 127


@dataclass(frozen=True, slots=True)
class VendorCluster:
    """What a vendor states for one cluster.

    Attributes:
        khz: clocks, ascending.
        busy_ma: current that one busy core adds at each of these, its cluster's share with it.
    """

    khz: tuple[float, ...]
    busy_ma: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class VendorPower:
    """A vendor's power profile.

    Attributes:
        clusters: in the file's order, which is none that could be relied on.
        path: of the package that held it.
    """

    clusters: tuple[VendorCluster, ...]
    path: str


@dataclass(frozen=True, slots=True)
class FoundVendorPower:
    """The profile, or None and the reason."""

    power: VendorPower | None
    reason: str


def find_vendor_power(device: Device, *, timeout_s: float = 60.0) -> FoundVendorPower:
    """Look for a phone's own power profile, in the vendor's overlays first.

    Raises:
        DeviceError: the link broke, or the phone does not answer.
    """
    listed = lines_of(device.shell(_OVERLAYS, timeout_s=timeout_s).stdout)
    overlays = [p for p in listed if _PATH.fullmatch(p) and _OF_FRAMEWORK.search(p)]
    reason = f"{FRAMEWORK} holds no power profile"
    for path in (*overlays[:MAX_OVERLAYS], FRAMEWORK):
        try:
            raw = _entry(device, path, timeout_s, pull=path == FRAMEWORK)
        except RemoteFileError as error:
            reason = error.message
            continue
        if raw is None:
            continue
        try:
            return FoundVendorPower(VendorPower(parse_vendor_power(decode(raw)), path), "")
        except ValueError as error:
            reason = f"the power profile in {path} cannot be used ({clean(str(error), 120)})"
    return FoundVendorPower(None, reason)


def _entry(device: Device, path: str, timeout_s: float, *, pull: bool) -> bytes | None:
    """The packed file of a package; None where it has none."""
    told = device.shell(["unzip", "-p", path, ENTRY], timeout_s=timeout_s, max_bytes=MAX_XML_BYTES)
    if told.exit_code == 0 and told.stdout:
        return told.stdout
    if told.exit_code != _NO_COMMAND or not pull:
        return None
    # Phones before Android 9 have no unzip: the whole package is copied.
    stat = device.stat(path, timeout_s=timeout_s)
    if stat is None or stat.size_bytes > MAX_APK_BYTES:
        what = "No such file" if stat is None else f"is too large ({stat.size_bytes >> 20} MiB)"
        raise RemoteFileError(path, what)
    with tempfile.TemporaryDirectory(prefix="adaspring-") as folder:
        local = Path(folder) / "framework-res.apk"
        device.pull(path, local, timeout_s=300.0)
        return from_package(local.read_bytes())


def from_package(content: bytes) -> bytes | None:
    """The power profile's packed file in a package; None where it has none or is no package."""
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as package,
            package.open(ENTRY) as stream,
        ):
            raw = stream.read(MAX_XML_BYTES + 1)
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, zlib.error, OSError):
        return None
    return raw if len(raw) <= MAX_XML_BYTES else None


def decode(raw: bytes) -> bytes:
    """The text of a packed XML file, which Android keeps in a binary form of its own.

    Raises:
        ValueError: it cannot be read.
    """
    if raw.lstrip()[:1] == b"<":
        return raw
    if len(raw) > MAX_XML_BYTES or not raw.startswith(b"\x03\x00\x08\x00"):
        raise ValueError("it is no packed XML file")
    from pyaxmlparser.axmlprinter import AXMLPrinter  # slow to load

    try:
        text: bytes = AXMLPrinter(raw).get_xml()
    except Exception as error:  # a damaged file raises whatever the library stumbles over
        raise ValueError(f"it is damaged: {error!r}") from error
    return text


def parse_vendor_power(xml: bytes) -> tuple[VendorCluster, ...]:
    """Clusters of a power profile, in any of the forms that Android has had.

    One busy core adds its own current, and as it is the first, its cluster's and that of a
    processor that is awake at all.

    Raises:
        ValueError: there is no current by clock in it.
    """
    from xml.etree import ElementTree

    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise ValueError("it declares entities")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError(f"it is no XML ({error})") from error
    items: dict[str, float] = {}
    arrays: dict[str, tuple[float, ...]] = {}
    for element in root.iter():
        name = element.get("name") or ""
        if element.tag == "item":
            value = finite(element.text)
            if value is not None and 0 <= value <= MAX_MA:
                items.setdefault(name, value)
        elif element.tag == "array":
            values = [finite(each.text) for each in element.iter("value")]
            if values and len(values) <= MAX_VALUES and None not in values:
                arrays.setdefault(name, tuple(v for v in values if v is not None))
    found = [c for number in range(16) if (c := _cluster(number, items, arrays)) is not None]
    if not found and (one := _made("cpu.speeds", "cpu.active", 0.0, arrays)) is not None:
        found = [one]
    if not found:
        raise ValueError("it states no current by clock")
    return tuple(found)


def _cluster(
    number: int, items: Mapping[str, float], arrays: Mapping[str, tuple[float, ...]]
) -> VendorCluster | None:
    newer = _made(
        f"cpu.core_speeds.cluster{number}", f"cpu.core_power.cluster{number}",
        items.get(f"cpu.cluster_power.cluster{number}", 0.0) + items.get("cpu.active", 0.0), arrays,
    )  # fmt: skip
    if newer is not None:
        return newer
    return _made(f"cpu.speeds.cluster{number}", f"cpu.active.cluster{number}", 0.0, arrays)


def _made(
    speeds: str, currents: str, base_ma: float, arrays: Mapping[str, tuple[float, ...]]
) -> VendorCluster | None:
    khz, busy_ma = arrays.get(speeds, ()), arrays.get(currents, ())
    pairs = sorted(zip(khz, busy_ma))
    sound = all(0 < k < 1e8 and 0 < ma + base_ma <= MAX_MA for k, ma in pairs)
    if not pairs or len(khz) != len(busy_ma) or not sound or len(set(khz)) != len(khz):
        return None
    # Vendors who state 0.1 or 1 everywhere have stated nothing.
    if math.isclose(pairs[0][1], pairs[-1][1]) and len(pairs) > 1:
        return None
    return VendorCluster(tuple(k for k, _ in pairs), tuple(ma + base_ma for _, ma in pairs))
