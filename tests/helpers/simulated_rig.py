"""The virtual phone's physics as a rig whose time does not have to be waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.devices.errors import DeviceGoneError
from workbench.devices.parsers import BatteryState
from workbench.devices.virtual.simulation.model import PhoneModel
from workbench.devices.virtual.simulation.settings import Charger, GaugeSettings, PhoneSettings
from workbench.profiling.energy.rig import BURNER, Tick, Work
from workbench.profiling.energy.streams import FloatArray
from workbench.services.device_profiles import find_profile


@dataclass(frozen=True, slots=True)
class SimulatedLoad:
    """What running a configuration does: its latency, and how many cores it keeps busy."""

    latency_ms: float
    cores: float = 1.0


def idle_phone(gauge: GaugeSettings, seed: int = 0) -> PhoneModel:
    """A Redmi 3S with nothing but its launcher on the screen."""
    model = PhoneModel(find_profile("redmi_3s"), PhoneSettings(gauge=gauge, seed=seed))
    model.forced_app = "com.android.launcher3"
    return model


class SimulatedRig:
    """A `Rig` over a `PhoneModel`; knows what each block really took.

    Args:
        loads: by key; `BURNER` keeps two cores busy unless told otherwise.
        on_second: called with the phone's time about once a second, to make things happen.
    """

    def __init__(
        self,
        model: PhoneModel,
        loads: Mapping[int, SimulatedLoad] | None = None,
        on_second: Callable[[float], None] = lambda t_s: None,
        poll_s: float = 0.2,
    ) -> None:
        self.model = model
        self.loads = {BURNER: SimulatedLoad(2.0, 2.0), **(loads or {})}
        self.faked = self.gone = self.is_open = False
        self.opened = 0
        self.spent_mj: dict[int, float] = {}
        """Energy beyond idling of each key's blocks, as it really was."""
        self.inferences: dict[int, int] = {}
        self._on_second, self._poll_s = on_second, poll_s
        self._rows: list[tuple[float, float, float, float]] = []

    def open(self, seconds: float) -> None:
        self.is_open = True
        self.opened += 1
        self._rows.clear()

    def close(self) -> None:
        self.is_open = False

    def idle(self, seconds: float, tick: Tick) -> tuple[float, float]:
        start_s = self.model.now_s
        self._run(start_s + seconds, tick)
        return start_s, self.model.now_s

    def load(self, key: int, seconds: float, tick: Tick) -> Work:
        self._run(self.model.now_s + 0.37, tick)  # the agent starts and loads
        load = self.loads[key]
        count = int(np.ceil(seconds * 1000 / load.latency_ms))
        start_s = self.model.now_s
        end_s = start_s + count * load.latency_ms / 1000
        self.model.set_load("work", load.cores, heavy=True)
        before_mj = self._big_mj()
        self._run(end_s, tick)
        self.model.set_load("work", 0.0)
        # Nothing else runs on the fast cores, so what they took is what the work took.
        self.spent_mj[key] = self.spent_mj.get(key, 0.0) + self._big_mj() - before_mj
        self.inferences[key] = self.inferences.get(key, 0) + count
        return Work(start_s, end_s, count)

    def truth_mj(self, key: int) -> float:
        """Energy of one inference, as it really was."""
        return self.spent_mj[key] / self.inferences[key]

    def battery(self) -> BatteryState:
        if self.gone:
            raise DeviceGoneError("asking for the battery")
        battery = self.model.battery
        assert battery is not None
        on = battery.charger is not Charger.NONE
        return BatteryState(
            battery.charge * 100, "charging" if on else "discharging",
            (str(battery.charger),) if on else (), battery.voltage_v * 1000, 30.0,
            round(battery.charge * battery.capacity_mah * 1000), "Li-ion", self.faked,
        )  # fmt: skip

    def take(self) -> FloatArray:
        rows = np.array(self._rows, dtype=float).reshape(-1, 4)
        self._rows.clear()
        return rows

    def _big_mj(self) -> float:
        return self.model.clusters[0].spent_mj

    def _run(self, to_s: float, tick: Tick) -> None:
        assert self.is_open
        battery, gauge = self.model.battery, self.model.gauge
        assert battery is not None
        assert gauge is not None
        turn = 0
        while self.model.now_s < to_s - 1e-6:
            self.model.advance(min(to_s, self.model.now_s + self._poll_s))
            if self.gone:
                raise DeviceGoneError("reading the sensor")
            charge_uah = round(battery.charge * battery.capacity_mah * 1000)
            self._rows.append(
                (self.model.now_s, float(gauge.current_text()), float(gauge.voltage_text()),
                 charge_uah)
            )  # fmt: skip
            tick(self.model.now_s)
            if turn % 5 == 0:
                self._on_second(self.model.now_s)
            turn += 1
