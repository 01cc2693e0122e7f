"""The simulated phone's physics: energy adds up, sensors report it as they are set to."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import SettingsError
from workbench.devices.profile import DeviceProfile
from workbench.devices.virtual.simulation.battery import load_current_ma, open_circuit_v
from workbench.devices.virtual.simulation.model import PhoneModel
from workbench.devices.virtual.simulation.settings import (
    AppUse,
    Charger,
    CurrentUnit,
    GaugeSettings,
    PhoneSettings,
    SensorFault,
)
from workbench.services.device_profiles import find_profile

QUIET = (AppUse("com.example.nothing", 0.0, 60, 100),)


@pytest.fixture(scope="module")
def redmi() -> DeviceProfile:
    return find_profile("redmi_3s")


def model_of(profile: DeviceProfile, **changes: object) -> PhoneModel:
    return PhoneModel(profile, PhoneSettings(apps=QUIET, **changes))  # type: ignore[arg-type]


def test_energy_is_what_leaves_the_battery(redmi: DeviceProfile) -> None:
    model = model_of(redmi)
    model.set_load("work", 1.0)
    assert model.battery is not None
    start, used_mj = model.battery.charge, 0.0
    for second in range(1, 601):
        before = model.battery.charge
        model.advance(second)
        volts = open_circuit_v(before)
        used_mj += (before - model.battery.charge) * model.battery.capacity_mah * 3.6 * volts * 1000
    lost_mj = used_mj - model.truth().delivered_mj  # in the internal resistance
    assert 0 < lost_mj < 0.05 * used_mj
    assert start > model.battery.charge


def test_load_on_one_core_costs_what_the_profile_says(redmi: DeviceProfile) -> None:
    idle, busy = model_of(redmi), model_of(redmi)
    busy.set_load("work", 1.0)
    for model in (idle, busy):
        model.advance(20)
    assert redmi.power is not None
    difference = busy.truth().power_mw - idle.truth().power_mw
    assert difference == pytest.approx(redmi.power.active_mw[-1])
    assert busy.clusters[0].khz == 1_401_000
    assert idle.clusters[0].khz == 960_000


def test_load_can_be_bound_to_a_cluster(redmi: DeviceProfile) -> None:
    model = model_of(redmi)
    model.set_load("bound", 2.0, heavy=True, cpus=(5, 6))
    model.set_load("free", 5.0)
    model.advance(10)
    fast, slow = (sum(cluster.busy) for cluster in model.clusters)
    assert fast == pytest.approx(4.0)
    assert slow == pytest.approx(3.0)  # two bound, and one that found no room on the fast one
    assert model.clusters[1].khz == 1_094_400
    model.set_load("bound", 0.0)
    model.set_load("free", 0.0)
    model.advance(11)
    assert sum(sum(cluster.busy) for cluster in model.clusters) == 0


@given(st.lists(st.floats(0.001, 20), min_size=1, max_size=12))
def test_it_does_not_matter_how_time_is_cut(cuts: list[float]) -> None:
    profile = find_profile("redmi_3s")
    whole, parts = model_of(profile), model_of(profile)
    for model in (whole, parts):
        model.set_load("work", 2.0)
    now = 0.0
    for cut in cuts:
        now += cut
        parts.advance(now)
    whole.advance(now)
    assert parts.now_s == pytest.approx(whole.now_s)
    assert parts.truth().delivered_mj == pytest.approx(whole.truth().delivered_mj, rel=0.02)


def test_the_same_seed_gives_the_same_phone(redmi: DeviceProfile) -> None:
    settings = PhoneSettings(seed=4)
    first, second = PhoneModel(redmi, settings), PhoneModel(redmi, settings)
    other = PhoneModel(redmi, PhoneSettings(seed=5))
    for model in (first, second, other):
        model.advance(300)
    assert first.truth() == second.truth()
    assert first.truth() != other.truth()


@pytest.mark.parametrize("period_s", [0.2, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("unit", list(CurrentUnit))
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_gauge_reports_means_in_its_own_manner(
    redmi: DeviceProfile, period_s: float, unit: CurrentUnit, sign: int
) -> None:
    gauge = GaugeSettings(period_s=period_s, unit=unit, sign=sign, noise_ma=0.0)
    model = model_of(redmi, gauge=gauge)
    model.set_load("work", 1.0)
    assert model.gauge is not None
    assert model.battery is not None
    readings = []
    for index in range(1, 41):
        model.advance(index * period_s + 1e-6)
        readings.append(int(model.gauge.current_text()))
    factor = 1000 if unit is CurrentUnit.MICROAMPERE else 1
    true = model.battery.current_ma * factor * sign
    assert statistics.fmean(readings[5:]) == pytest.approx(true, rel=0.03)
    assert all(reading * sign > 0 for reading in readings)


def test_the_gauge_changes_once_a_period(redmi: DeviceProfile) -> None:
    model = model_of(redmi, gauge=GaugeSettings(period_s=5.0))
    assert model.gauge is not None
    seen = []
    for step in range(1, 300):
        model.advance(step * 0.1)
        seen.append(model.gauge.current_text())
    assert len(set(seen)) == 6  # the first before any period is over, and five of them in 29.9 s


def test_a_broken_gauge(redmi: DeviceProfile) -> None:
    model = model_of(redmi)
    assert model.gauge is not None
    model.advance(10)
    model.gauge.fault = SensorFault.FROZEN
    frozen = model.gauge.current_text()
    model.set_load("work", 4.0)
    model.advance(60)
    assert model.gauge.current_text() == frozen
    model.gauge.fault = SensorFault.NAN
    assert (model.gauge.current_text(), model.gauge.voltage_text()) == ("nan", "nan")


def test_drift_and_offset_move_the_reading(redmi: DeviceProfile) -> None:
    plain = model_of(redmi, gauge=GaugeSettings(noise_ma=0.0))
    wrong = GaugeSettings(noise_ma=0.0, offset_ma=10.0, drift_ma_per_hour=20.0)
    moved = model_of(redmi, gauge=wrong)
    for model in (plain, moved):
        model.advance(3600)
    assert plain.gauge is not None
    assert moved.gauge is not None
    shift_ua = int(moved.gauge.current_text()) - int(plain.gauge.current_text())
    assert shift_ua == pytest.approx(-30_000, abs=100)  # negative while it discharges


def test_a_charger_feeds_the_phone_and_then_the_battery(redmi: DeviceProfile) -> None:
    model = model_of(redmi, battery_percent=90.0)
    assert model.battery is not None
    model.advance(10)
    assert model.battery.status == "Discharging"
    model.plug(Charger.AC)
    model.advance(20)
    assert model.battery.status == "Charging"
    assert model.battery.current_ma < 0
    model.advance(5 * 3600)
    assert model.battery.status == "Full"
    assert abs(model.battery.current_ma) < 20
    model.plug(Charger.NONE)
    model.advance(model.now_s + 10)
    assert model.battery.current_ma > 0


def test_all_cores_busy_heat_the_chip_until_it_throttles(redmi: DeviceProfile) -> None:
    model = model_of(redmi, ambient_c=35.0)
    model.set_load("work", 8.0)
    model.advance(600)
    assert model.thermal.status >= 1
    assert model.clusters[0].cap_khz < 1_401_000
    assert model.clusters[0].khz <= model.clusters[0].cap_khz
    model.set_load("work", 0.0)
    model.advance(2400)
    assert model.thermal.status == 0
    assert model.clusters[0].cap_khz == 1_401_000


def test_the_battery_runs_empty_and_no_further(redmi: DeviceProfile) -> None:
    model = model_of(redmi, battery_percent=0.5)
    model.set_load("work", 8.0)
    model.advance(3600)
    assert model.battery is not None
    assert model.battery.charge == 0.0
    assert model.battery.percent == 0


def test_a_board_has_no_battery() -> None:
    model = model_of(find_profile("raspberry_pi_4b"))
    model.advance(10)
    assert model.battery is None
    assert model.truth().current_ma is None
    assert model.truth().delivered_mj > 0


@given(st.floats(1, 8000), st.floats(0, 1))
def test_current_delivers_the_power(power_mw: float, charge: float) -> None:
    volts = open_circuit_v(charge)
    current_a = load_current_ma(power_mw, volts) / 1000
    assert (volts - current_a * 0.12) * current_a == pytest.approx(power_mw / 1000, rel=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GaugeSettings(period_s=0),
        lambda: GaugeSettings(sign=0),
        lambda: GaugeSettings(noise_ma=float("nan")),
        lambda: PhoneSettings(battery_percent=101),
        lambda: PhoneSettings(memory_mib=1),
        lambda: PhoneSettings(apps=()),
    ],
)
def test_settings_are_checked(make: object) -> None:
    with pytest.raises(SettingsError):
        make()  # type: ignore[operator]
