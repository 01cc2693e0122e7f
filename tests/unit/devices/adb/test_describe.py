"""What a phone says it is and can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.fake_adbd import FakeAdbd
from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.describe import describe_phone
from workbench.devices.adb.sections import parse_sections, run_sections
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions


def test_sections_keep_output_and_exit_codes_apart(phone: FakeAdbd) -> None:
    device = connect_tcp("127.0.0.1", phone.port, ())
    sections = run_sections(
        device, {"a": "printf x; exit 3", "b": "echo err >&2 # note", "c": "true"}
    )
    assert (sections["a"].exit_code, sections["a"].output) == (3, b"x")
    assert (sections["b"].exit_code, sections["b"].output) == (0, b"err\n")
    assert sections["c"].output == b""
    device.close()


def test_a_section_that_was_cut_off_is_missing() -> None:
    found = parse_sections(b"one\nM:0\ntwo", "M", ("first", "second"))
    assert list(found) == ["first"]
    assert found["first"].output == b"one\n"


def test_a_phones_rails_are_named_with_what_they_are_taken_for(
    phone: FakeAdbd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumpsys = tmp_path / "dumpsys"
    dumpsys.write_text(
        """#!/bin/sh
[ "$1" = android.hardware.power.stats.IPowerStats/default ] || exit 0
echo "============= PowerStats HAL 2.0 energy meter =============="
echo "        [S4M_VDD_CPUCL0]:CPU(LITTLE)        289995.53 mWs"
echo "             [VSYS_PWR_MODEM]:Modem        179646.99 mWs"
echo "========== End of PowerStats HAL 2.0 energy meter =========="
"""
    )
    dumpsys.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    device = connect_tcp("127.0.0.1", phone.port, ())
    described = describe_phone(device)
    device.close()
    assert described.rails.names == ("S4M_VDD_CPUCL0", "VSYS_PWR_MODEM")
    assert described.rails.t_s
    rails = next(c for c in described.capabilities if c.name == "power_rails")
    assert rails.available
    assert "for computing S4M_VDD_CPUCL0 (the processor's)" in rails.how


def test_nothing_is_invented_where_nothing_can_be_read(phone: FakeAdbd) -> None:
    phone.features = "cmd"  # this computer's shell knows no getprop and no dumpsys
    device = connect_tcp("127.0.0.1", phone.port, ())
    described = describe_phone(device)
    assert described.battery.percent is None
    assert described.thermal.status is None
    assert not described.simulated
    capabilities = {c.name: c for c in described.capabilities}
    for name in ("agent", "battery_percent", "battery_current", "energy_now", "thermal_status"):
        assert not capabilities[name].available
        assert capabilities[name].how
    device.close()


@pytest.fixture
def options() -> VirtualPhoneOptions:
    return VirtualPhoneOptions("redmi_3s", speed=100.0)


def test_a_whole_phone(options: VirtualPhoneOptions, keys: object) -> None:
    with VirtualPhone(options) as virtual:
        device = connect_tcp("127.0.0.1", virtual.port, keys)  # type: ignore[arg-type]
        described = describe_phone(device)
        assert described.simulated
        assert described.info.simulated
        assert [cluster.cpus for cluster in described.clusters] == [(0, 1, 2, 3), (4, 5, 6, 7)]
        assert described.clusters[0].max_khz == 1_401_000
        assert described.properties.sdk == 30
        assert described.battery.powered is False
        assert described.memory.available_kib
        capabilities = {c.name: c for c in described.capabilities}
        assert capabilities["battery_current"].available
        assert capabilities["energy_now"].available
        assert not capabilities["power_rails"].available
        assert "power.stats service is not there" in capabilities["power_rails"].how
        virtual.control("plug usb")
        charging = {c.name: c for c in describe_phone(device).capabilities}
        assert not charging["energy_now"].available
        assert "usb" in charging["energy_now"].how
        device.close()
