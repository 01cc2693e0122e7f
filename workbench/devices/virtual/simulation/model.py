"""The simulated phone as physics: load -> clocks -> power -> battery and heat -> what sensors say.

It knows nothing of ADB or of real time: `advance` lets simulated time pass. The same seed and the
same calls give the same phone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.devices.profile import DeviceProfile
from workbench.devices.virtual.simulation.battery import Battery, FuelGauge
from workbench.devices.virtual.simulation.processor import CpuCluster, make_clusters
from workbench.devices.virtual.simulation.settings import AppUse, Charger, PhoneSettings
from workbench.devices.virtual.simulation.thermal import Thermal

HEAVY_CORES = 0.5
"""A task of this load keeps a core of the fastest cluster; lighter ones go to the last."""

_STEP_S = 0.5
"""Longest step: well below the time in which clocks are capped and the chip warms up."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened, which no measurement on the phone can read exactly.

    Attributes:
        t_s: simulated time.
        delivered_mj: energy that the phone took since its start.
        cpu_mj: the processor's part of it.
        cluster_mj: of each cluster's cores, in the profile's order.
        power_mw: power now.
        current_ma: net current of the battery now, positive while discharging; None without one.
        chip_c: temperature of the chip.
    """

    t_s: float
    delivered_mj: float
    cpu_mj: float
    cluster_mj: tuple[float, ...]
    power_mw: float
    current_ma: float | None
    chip_c: float


@dataclass(frozen=True, slots=True)
class _Load:
    """Processor time that something takes, in cores, and where: a cluster, or where it fits."""

    cores: float
    heavy: bool
    cluster: int | None


class PhoneModel:
    """State of the simulated phone at `now_s`."""

    def __init__(self, profile: DeviceProfile, settings: PhoneSettings) -> None:
        self.profile = profile
        self.settings = settings
        self.now_s = 0.0
        self.clusters: tuple[CpuCluster, ...] = make_clusters(profile)
        self.thermal = Thermal(settings.ambient_c)
        self.screen_on = True
        self.brightness = 128
        self.forced_app: str | None = None
        self.power_mw = 0.0
        self.cpu_mj = 0.0
        self.delivered_mj = 0.0
        self._random = random.Random(settings.seed)
        self._loads: dict[str, _Load] = {}
        self._work_s = 0.0
        self._wobble = 1.0
        self._next_wobble_s = 0.0
        self.battery: Battery | None = None
        self.gauge: FuelGauge | None = None
        if profile.battery is not None:
            self.battery = Battery(profile.battery.capacity_mah, settings.battery_percent / 100)
            self.battery.charger = settings.charger
            self.gauge = FuelGauge(settings.gauge, random.Random(settings.seed + 1))
            self._step(1e-6)
            self.gauge.start(self.battery)

    @property
    def cpus(self) -> int:
        """Number of cores."""
        return sum(len(cluster.cpus) for cluster in self.clusters)

    @property
    def app(self) -> AppUse:
        """The app in the foreground."""
        apps = self.settings.apps
        if self.forced_app is not None:
            known = {app.package: app for app in apps}
            return known.get(self.forced_app, AppUse(self.forced_app, 0.3, 60, 200))
        rest = self.now_s % sum(app.seconds for app in apps)
        for app in apps:
            rest -= app.seconds
            if rest < 0:
                return app
        return apps[-1]

    def set_load(
        self, name: str, cores: float, *, heavy: bool = False, cpus: Sequence[int] = ()
    ) -> None:
        """From now on something takes so much processor time, in cores; 0 ends it.

        Args:
            heavy: it runs on the fastest cluster, however little it takes.
            cpus: it runs on the cluster of the first of these; empty leaves it to the phone.
        """
        self._loads.pop(name, None)
        if cores > 0:
            clusters = enumerate(self.clusters)
            place = next((i for i, cluster in clusters if cpus and cpus[0] in cluster.cpus), None)
            self._loads[name] = _Load(cores, heavy or cores >= HEAVY_CORES, place)

    def add_work(self, cpu_s: float) -> None:
        """Something takes so much processor time, on one core, as soon as it can."""
        self._work_s += cpu_s

    def plug(self, charger: Charger) -> None:
        """Plug a charger in, or pull it out."""
        if self.battery is not None:
            self.battery.charger = charger

    def advance(self, to_s: float) -> None:
        """Let time pass up to `to_s`; an earlier time changes nothing."""
        while self.now_s < to_s - 1e-9:
            step = min(to_s - self.now_s, _STEP_S)
            if self.gauge is not None:
                step = min(step, max(1e-6, self.gauge.next_update_s - self.now_s))
            self._step(step)

    def truth(self) -> Truth:
        """What really happened up to now."""
        current = None if self.battery is None else self.battery.current_ma
        return Truth(
            self.now_s, self.delivered_mj, self.cpu_mj,
            tuple(cluster.spent_mj for cluster in self.clusters),
            self.power_mw, current, self.thermal.chip_c,
        )  # fmt: skip

    def _step(self, seconds: float) -> None:
        self._place_loads(seconds)
        for cluster in self.clusters:
            highest = len(cluster.frequencies_khz) - 1
            cluster.cap = max(0, highest - self.thermal.steps_down)
        cpu_mw = sum(cluster.step(seconds) for cluster in self.clusters)
        screen_mw = self.settings.screen_mw * self.brightness / 255 if self.screen_on else 0.0
        self.power_mw = cpu_mw + screen_mw + self.settings.base_mw
        self.cpu_mj += cpu_mw * seconds
        self.delivered_mj += self.power_mw * seconds
        self.thermal.step(cpu_mw, self.power_mw, seconds)
        self.now_s += seconds
        if self.battery is not None and self.gauge is not None:
            self.battery.step(self.power_mw, seconds)
            self.gauge.step(self.battery, self.now_s, seconds)

    def _place_loads(self, seconds: float) -> None:
        if self.now_s >= self._next_wobble_s:
            # An app's load is never steady; a new level about once a second.
            self._wobble = self._random.uniform(0.6, 1.4)
            self._next_wobble_s = self.now_s + 1.0
        served_s = min(self._work_s, seconds)
        self._work_s -= served_s
        app_cores = self.app.cores * self._wobble if self.screen_on else 0.02
        loads = [
            _Load(cores, cores >= HEAVY_CORES, None) for cores in (served_s / seconds, app_cores)
        ]
        loads += self._loads.values()
        free = [load for load in loads if load.cluster is None]
        heavy = sum(load.cores for load in free if load.heavy)
        light = sum(load.cores for load in free if not load.heavy)
        for index, cluster in enumerate(self.clusters):
            bound = sum(load.cores for load in loads if load.cluster == index)
            taken = min(heavy, max(0.0, len(cluster.cpus) - bound))
            heavy -= taken
            last = index == len(self.clusters) - 1
            cluster.place(bound + taken, light if last else 0.0)
