"""Probes of this computer, on counters and clocks that are made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.profiling.host_probes import (
    COPIES,
    RaplCounter,
    find_rapl,
    frequency_caps,
    measure_power,
    memory_bandwidth,
)


def test_bandwidth_counts_what_is_read_and_written() -> None:
    ticks = iter(range(0, 10_000_000 * 2 * COPIES, 10_000_000))
    # 1 MiB in and 1 MiB out in 10 ms.
    assert memory_bandwidth(2**20, lambda: next(ticks)) == pytest.approx(2 * 2**20 / 0.010)


def test_frequency_caps_are_read_where_they_are(tmp_path: Path) -> None:
    assert frequency_caps(tmp_path) == ()
    for cpu, cap in (("cpu0", "1800000"), ("cpu1", "2400000")):
        (tmp_path / cpu / "cpufreq").mkdir(parents=True)
        (tmp_path / cpu / "cpufreq" / "scaling_max_freq").write_text(f"{cap}\n")
    assert frequency_caps(tmp_path) == ("1800000", "2400000")


def test_missing_and_closed_counters_say_why(tmp_path: Path) -> None:
    assert find_rapl(tmp_path)[0] is None
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    counter, reason = find_rapl(tmp_path)
    assert counter is None
    assert "cannot be read" in reason
    (zone / "max_energy_range_uj").write_text("1000\n")
    (zone / "energy_uj").write_text("990\n")
    counter, reason = find_rapl(tmp_path)
    assert counter is not None
    assert reason == ""
    assert counter.read_uj() == 990
    assert counter.spent_uj(990, 20) == 30  # it started again from 0


class FakePackage:
    """A package that takes 5 W idle and `busy_w` more under load, with scatter."""

    def __init__(self, busy_w: float, scatter_w: float) -> None:
        self.now_ns, self.energy_uj = 0, 0.0
        self.busy_w, self.scatter_w = busy_w, scatter_w
        self.rng = np.random.default_rng(1)

    def spend(self, seconds: float, busy: bool) -> None:
        power_w = 5.0 + self.busy_w * busy + self.rng.normal(0, self.scatter_w)
        self.now_ns += int(seconds * 1e9)
        self.energy_uj += seconds * power_w * 1e6


class FakeCounter(RaplCounter):
    """Reads a `FakePackage`."""

    def __init__(self, package: FakePackage) -> None:
        super().__init__(Path("unused"), 10**18)
        object.__setattr__(self, "package", package)

    def read_uj(self) -> int:
        return int(self.package.energy_uj)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("scatter_w", "resolved"), [(0.05, True), (20.0, False)])
def test_power_is_load_less_idle(scatter_w: float, resolved: bool) -> None:
    package = FakePackage(2.5, scatter_w)
    reading = measure_power(
        FakeCounter(package),
        lambda s: package.spend(s, True),
        lambda s: package.spend(s, False),
        clock_ns=lambda: package.now_ns,
    )
    assert reading.resolved is resolved
    assert reading.low_mw <= reading.active_mw <= reading.high_mw
    if resolved:
        assert reading.active_mw == pytest.approx(2500, rel=0.05)
