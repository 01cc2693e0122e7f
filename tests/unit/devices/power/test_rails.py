"""Power rails as devices print them: parsed, chosen, and turned into power."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.devices.parsers.rails import RailEnergy, parse_energy_meter, parse_rail_files
from workbench.devices.power.rails import (
    RAIL_COMMANDS,
    RailReading,
    compute_rails,
    local_rails,
    rails_capability,
    rails_power,
    read_rails,
)

CPU = ("S2M_VDD_CPUCL2", "S3M_VDD_CPUCL1", "S4M_VDD_CPUCL0")
METER = b"""
============= PowerStats HAL 2.0 state residencies ==============
            Entity                State         Total time     Total entries   Last entry tstamp
              AoC           ECTRL_SLEEP             1234 ms              56             7890 ms
========== End of PowerStats HAL 2.0 state residencies ==========

============= PowerStats HAL 2.0 energy consumers ==============
CPUCL0       :      289995.53 mWs
========== End of PowerStats HAL 2.0 energy consumers ==========

============= PowerStats HAL 2.0 energy meter ==============
                           Channel    Cumulative Energy
      [PPVAR_VSYS_PWR_DISP]:Display        611687.45 mWs
          [S2M_VDD_CPUCL2]:CPU(BIG)        124265.86 mWs
          [S3M_VDD_CPUCL1]:CPU(MID)        170096.35 mWs
       [S4M_VDD_CPUCL0]:CPU(LITTLE)        289995.53 mWs
                    [S1M_VDD_MIF]:MIF        196512.89 mWs
========== End of PowerStats HAL 2.0 energy meter ==========
"""
DELTA = b"""
============= PowerStats HAL 2.0 energy meter ==============
Elapsed time: 5004 ms
                           Channel    Cumulative Energy (      Delta   )
          [S2M_VDD_CPUCL2]:CPU(BIG)        124265.86 mWs (       812.25)
                 VSYS_PWR_MODEM        179646.99 mWs (        -1.00)
========== End of PowerStats HAL 2.0 energy meter ==========
"""
DRIVER = b"""\
/sys/bus/iio/devices/iio:device0/energy_value:t=16086645
/sys/bus/iio/devices/iio:device0/energy_value:CH0(T=16086645)[PPVAR_VSYS_PWR_DISP], 611687448
/sys/bus/iio/devices/iio:device0/energy_value:CH3(T=16086645)[S2M_VDD_CPUCL2], 124265856
/sys/bus/iio/devices/iio:device1/energy_value:CH5(T=16086640)[S10M_VDD_TPU], 3161249
grep: /sys/class/hwmon/hwmon*/name: No such file or directory
"""
HWMON = b"""\
/sys/class/hwmon/hwmon0/name:thermal_fan_est
/sys/class/hwmon/hwmon3/name:ina3221
/sys/class/hwmon/hwmon3/in1_label:VDD_IN
/sys/class/hwmon/hwmon3/in2_label:VDD_CPU_GPU_CV
/sys/class/hwmon/hwmon3/in3_label:VDD_SOC
/sys/class/hwmon/hwmon3/in1_input:5072
/sys/class/hwmon/hwmon3/in2_input:5064
/sys/class/hwmon/hwmon3/in3_input:5064
/sys/class/hwmon/hwmon3/curr1_input:1000
/sys/class/hwmon/hwmon3/curr2_input:250
/sys/class/hwmon/hwmon3/curr3_input:-8
/sys/class/hwmon/hwmon1/name:nct6775
/sys/class/hwmon/hwmon1/in1_input:900
/sys/class/hwmon/hwmon1/curr1_input:900
"""
IIO = b"""\
/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_0:POM_5V_IN
/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_1:POM_5V_GPU
/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_2:NC
/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power0_input:2043
/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power1_input:123
/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power2_input:4
"""


def _read(**output: bytes) -> RailReading:
    return read_rails({f"rails_{name}": text for name, text in output.items()})


def test_the_services_meter_without_its_other_sections() -> None:
    rails = parse_energy_meter(METER)
    assert [rail.name for rail in rails] == ["PPVAR_VSYS_PWR_DISP", *CPU, "S1M_VDD_MIF"]
    assert rails[1] == RailEnergy("S2M_VDD_CPUCL2", "CPU(BIG)", pytest.approx(124_265_860))  # type: ignore[arg-type]


def test_the_column_of_changes_and_names_without_a_subsystem() -> None:
    rails = parse_energy_meter(DELTA.replace(b"\n", b"\r\n"))
    assert [(rail.name, rail.subsystem) for rail in rails] == [
        ("S2M_VDD_CPUCL2", "CPU(BIG)"), ("VSYS_PWR_MODEM", ""),
    ]  # fmt: skip


def test_the_drivers_file_tells_the_meters_own_time() -> None:
    rails = parse_rail_files(DRIVER).energies
    assert [rail.name for rail in rails] == [
        "PPVAR_VSYS_PWR_DISP",
        "S2M_VDD_CPUCL2",
        "S10M_VDD_TPU",
    ]
    assert rails[1] == RailEnergy("S2M_VDD_CPUCL2", "", 124_265_856.0, 16_086_645)


def test_an_ina3221_as_hwmon_and_no_other_chip() -> None:
    powers = parse_rail_files(HWMON).powers
    assert {rail.name: rail.power_mw for rail in powers} == {
        "VDD_IN": 5072.0, "VDD_CPU_GPU_CV": 1266.0, "VDD_SOC": pytest.approx(-40.512),
    }  # fmt: skip


def test_an_ina3221_as_iio_without_what_is_not_connected() -> None:
    powers = parse_rail_files(IIO).powers
    assert {rail.name: rail.power_mw for rail in powers} == {"POM_5V_IN": 2043, "POM_5V_GPU": 123}


@given(data=st.data(), sample=st.sampled_from([METER, DELTA, DRIVER, HWMON, IIO]))
def test_garbage_gives_bounded_rails_or_none(data: st.DataObject, sample: bytes) -> None:
    cut = data.draw(st.integers(0, len(sample)))
    noise = data.draw(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
    digits = data.draw(st.integers().map(lambda number: str(number).encode()))
    for text in (sample[:cut] + noise + sample[cut:], sample.replace(b"1", digits), noise):
        for found in (_read(meter=text), _read(files=text), _read(at=text, meter=text, files=text)):
            assert len(found.names) <= 64
            assert all(name.isascii() and name.isprintable() for name in found.names)
            assert all(0 <= rail.energy_uws <= 1e15 for rail in found.energies)
            assert bool(found.names) != bool(found.reason)
            capability = rails_capability(found)
            assert capability.how and capability.available == bool(found.names)


def test_the_processors_rails_stand_for_computing() -> None:
    found = compute_rails(_read(meter=METER))
    assert found is not None and found.names == CPU
    jetson = compute_rails(_read(files=HWMON))
    assert jetson is not None and jetson.names == ("VDD_CPU_GPU_CV",)
    how = rails_capability(_read(meter=METER)).how
    assert "for computing S2M_VDD_CPUCL2 + S3M_VDD_CPUCL1 + S4M_VDD_CPUCL0" in how
    assert how.endswith("not counted: PPVAR_VSYS_PWR_DISP, S1M_VDD_MIF")


def test_without_them_the_boards_input_is_taken_before_the_sum() -> None:
    nano = compute_rails(_read(files=IIO))
    assert nano is not None and nano.names == ("POM_5V_IN",)
    assert "board's input" in nano.what
    summed = compute_rails(_read(files=IIO.replace(b"POM_5V_IN", b"VDD_SOC")))
    assert summed is not None and summed.names == ("VDD_SOC", "POM_5V_GPU")
    assert "sum of all" in summed.what


def test_two_readings_give_a_mean_and_a_jetson_its_present_power() -> None:
    before = _read(at=b"100.00 50.00\n", meter=METER)
    after = _read(at=b"105.00 51.00\n", meter=METER.replace(b"124265.86", b"126765.86"))
    found = rails_power(before, after)
    assert found is not None and found.rails.names == CPU
    assert (found.power_mw, found.seconds) == (pytest.approx(500.0), 5.0)
    assert rails_power(None, after) is None
    board = rails_power(None, _read(files=HWMON))
    assert board is not None and (board.power_mw, board.seconds) == (1266.0, 0.0)


def test_the_meters_own_clock_counts_where_it_is_told() -> None:
    later = DRIVER.replace(b"T=16086645", b"T=16088645").replace(b"124265856", b"125265856")
    found = rails_power(_read(at=b"1.0 1.0", files=DRIVER), _read(at=b"9.0 9.0", files=later))
    assert found is not None and (found.power_mw, found.seconds) == (pytest.approx(500.0), 2.0)


def test_a_reset_a_repeat_and_a_missing_clock_give_nothing() -> None:
    first = _read(at=b"100.00 50.00", meter=METER)
    # Another rail grew by more than the one that began anew fell.
    reset = METER.replace(b"124265.86", b"3.10").replace(b"289995.53", b"589995.53")
    more = METER.replace(b"124265.86", b"126765.86")
    assert rails_power(first, _read(at=b"105.00 50.00", meter=reset)) is None
    assert rails_power(first, _read(at=b"105.00 50.00", meter=METER)) is None
    assert rails_power(first, _read(at=b"100.00 50.00", meter=more)) is None
    assert rails_power(first, _read(at=b"cat: denied", meter=more)) is None
    fewer = dataclasses.replace(first, energies=first.energies[:2])
    assert rails_power(fewer, _read(at=b"105.00 50.00", meter=more)) is None


@pytest.mark.parametrize(
    ("meter", "files", "reason"),
    [
        (b"Can't find service: x\n", b"", "service is not there; no INA3221 power meter is listed"),
        (METER[: METER.index(b"energy meter")], b"", "has no energy meter"),
        (b"Permission Denial: can't dump", b"", 'says "Permission Denial'),
        (
            b"",
            b"grep: /sys/bus/iio/devices/iio:device0/energy_value: Permission denied\n",
            "iio:device0/energy_value: Permission denied",
        ),
    ],
)
def test_absent_with_the_reason(meter: bytes, files: bytes, reason: str) -> None:
    capability = rails_capability(_read(meter=meter, files=files))
    assert not capability.available
    assert reason in capability.how
    assert rails_capability(_read(files=b"")).how == "no INA3221 power meter is listed"


def test_a_jetson_that_the_workbench_runs_on(tmp_path: Path) -> None:
    for line in HWMON.decode().splitlines():
        name, _, value = line.partition(":")
        path = tmp_path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    assert set(local_rails(tmp_path).names) == {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}
    assert local_rails(tmp_path / "nothing").reason == "no INA3221 power meter is listed"


def test_the_command_prints_what_is_parsed(tmp_path: Path) -> None:
    folder = tmp_path / "iio:device0"
    folder.mkdir()
    (folder / "energy_value").write_text("t=5\nCH3(T=5)[S2M_VDD_CPUCL2], 761330\n")
    line = RAIL_COMMANDS["rails_files"].replace("/sys/bus/iio/devices", str(tmp_path))
    said = subprocess.run(["sh", "-c", f"{line} 2>&1"], capture_output=True, check=False).stdout
    assert RailEnergy("S2M_VDD_CPUCL2", "", 761_330.0, 5) in parse_rail_files(said).energies
