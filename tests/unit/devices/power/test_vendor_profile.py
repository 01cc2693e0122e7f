"""A phone's own power profile: found, unpacked, checked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.helpers.packed_xml import pack
from workbench.devices.device import RemoteStat, ShellResult
from workbench.devices.power.vendor_profile import (
    ENTRY,
    FRAMEWORK,
    decode,
    find_vendor_power,
    from_package,
    parse_vendor_power,
)

MODERN = """<device name="Android"><item name="screen.on">98.6</item>
<item name="cpu.active">4</item><item name="cpu.cluster_power.cluster1">3</item>
<array name="cpu.clusters.cores"><value>4</value><value>2</value></array>
<array name="cpu.core_speeds.cluster0"><value>300000</value><value>1800000</value></array>
<array name="cpu.core_power.cluster0"><value>8</value><value>40</value></array>
<array name="cpu.core_speeds.cluster1"><value>2400000</value><value>800000</value></array>
<array name="cpu.core_power.cluster1"><value>190</value><value>35</value></array></device>"""
OLD = """<device name="Android"><array name="cpu.speeds"><value>400000</value><value>1200000</value>
</array><array name="cpu.active"><value>66.6</value><value>118.2</value></array></device>"""


def test_a_core_pays_for_itself_its_cluster_and_being_awake() -> None:
    little, big = parse_vendor_power(decode(pack(MODERN)))
    assert little.khz == (300000, 1800000)
    assert little.busy_ma == (12, 44)
    assert big.khz == (800000, 2400000)
    assert big.busy_ma == (42, 197)


def test_an_old_profile_has_one_cluster() -> None:
    (cluster,) = parse_vendor_power(decode(pack(OLD)))
    assert cluster.busy_ma == (66.6, 118.2)


@pytest.mark.parametrize(
    "xml",
    [
        "<device/>",
        OLD.replace("118.2", "nan"),
        OLD.replace("118.2", "-5"),
        OLD.replace("118.2", "66.6"),
        OLD.replace("<value>118.2</value>", ""),
        OLD.replace("1200000", "400000"),
        OLD.replace("118.2", "1e9"),
        "<device>",
        '<!DOCTYPE d [<!ENTITY a "b">]><device>&a;</device>',
    ],
)
def test_figures_that_cannot_be_are_refused(xml: str) -> None:
    with pytest.raises(ValueError, match="it "):
        parse_vendor_power(xml.encode())


def test_a_damaged_file_is_refused() -> None:
    whole = pack(MODERN)
    for raw in (b"", b"\0" * 40, whole[:60], whole[: len(whole) // 2], b"PK\x03\x04"):
        with pytest.raises(ValueError, match="it "):
            parse_vendor_power(decode(raw))


def _package(entries: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, content in entries.items():
            package.writestr(name, content)
    return stream.getvalue()


class _Phone(SimpleNamespace):
    """Answers what is asked of it, by the first words."""

    def shell(self, command: Any, **_: Any) -> ShellResult:
        if isinstance(command, str):
            return ShellResult(0, self.overlays, b"")
        path = command[2]
        if not self.has_unzip:
            return ShellResult(127, b"", b"unzip: not found")
        found = from_package(self.files[path])
        return ShellResult(0 if found else 11, found or b"", b"")

    def stat(self, path: str, **_: Any) -> RemoteStat | None:
        return RemoteStat(0o100644, len(self.files[path]), 0) if path in self.files else None

    def pull(self, path: str, local: Path, **_: Any) -> None:
        local.write_bytes(self.files[path])


OVERLAY = "/vendor/overlay/framework-res__auto_generated_rro_vendor.apk"


def test_the_vendors_overlay_comes_before_the_framework() -> None:
    files = {OVERLAY: _package({ENTRY: pack(MODERN)}), FRAMEWORK: _package({ENTRY: pack(OLD)})}
    listed = f"/vendor/overlay/x;reboot.apk\n/vendor/overlay/Wallpaper.apk\n{OVERLAY}\n".encode()
    found = find_vendor_power(_Phone(files=files, overlays=listed, has_unzip=True))
    assert found.power is not None
    assert (found.power.path, len(found.power.clusters)) == (OVERLAY, 2)


def test_without_unzip_the_framework_is_copied() -> None:
    files = {FRAMEWORK: _package({ENTRY: pack(OLD)})}
    found = find_vendor_power(_Phone(files=files, overlays=b"", has_unzip=False))
    assert found.power is not None
    assert found.power.path == FRAMEWORK


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_package({"x": b""}), "holds no power profile"),
        (_package({ENTRY: pack("<device/>")}), "states no current by clock"),
        (b"no package", "holds no power profile"),
    ],
)
def test_where_there_is_none_the_reason_is_told(content: bytes, reason: str) -> None:
    phone = _Phone(files={FRAMEWORK: content}, overlays=b"", has_unzip=False)
    found = find_vendor_power(phone)
    assert found.power is None
    assert reason in found.reason
    assert (
        "No such file" in find_vendor_power(_Phone(files={}, overlays=b"", has_unzip=False)).reason
    )
