"""The phone's clock: the best exchange counts; sleep and a clock that is set are told apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.devices.sampling.device_clock import (
    ClockOffset,
    DeviceTime,
    SampleTimes,
    align_clock,
)


class Exchanges:
    """A phone whose clock is 1,000 s behind, over a link that is slow at times."""

    def __init__(self, trips: list[tuple[float, float]], resolution_s: float = 0.0) -> None:
        self._trips: Iterator[tuple[float, float]] = iter(trips)
        self._resolution_s = resolution_s
        self.now_s = 5000.0

    def ask(self) -> DeviceTime:
        there_s, back_s = next(self._trips)
        self.now_s += there_s
        shown_s = self.now_s - 1000.0
        self.now_s += back_s
        return DeviceTime(shown_s, shown_s + 1e9, self._resolution_s)


def test_the_smallest_round_trip_counts() -> None:
    link = Exchanges([(0.5, 0.01), (0.004, 0.002), (0.01, 0.9)])
    offset = align_clock(link.ask, lambda: link.now_s, lambda: link.now_s + 1e9, 3)
    assert offset.uncertainty_s == pytest.approx(0.003)
    assert abs(offset.offset_s - 1000.0) <= offset.uncertainty_s + 1e-9
    assert offset.wall_offset_s == pytest.approx(-1000.0, abs=0.004)


def test_a_coarse_clock_is_known_less_well() -> None:
    link = Exchanges([(0.001, 0.001)], resolution_s=0.01)
    offset = align_clock(link.ask, lambda: link.now_s, lambda: link.now_s, 1)
    assert offset.uncertainty_s == pytest.approx(0.006)
    assert offset.offset_s == pytest.approx(999.995)


def times() -> SampleTimes:
    return SampleTimes(ClockOffset(100.0, 0.0, 0.01, None, 20))


def test_a_phone_that_slept_shows_the_right_time_afterwards() -> None:
    clock = times()
    assert clock.host_s(1.0, 51.0, 101.1) == 101.0
    # 30 s asleep: its clock stood still, its time of day went on, and the sample comes later.
    assert clock.host_s(2.0, 82.0, 132.1) == 132.0
    assert clock.host_s(3.0, 83.0, 133.1) == 133.0
    assert clock.set_times == 0


@pytest.mark.parametrize("jump_s", [500.0, -500.0])
def test_a_time_of_day_that_was_set_moves_no_sample(jump_s: float) -> None:
    clock = times()
    assert clock.host_s(1.0, 51.0, 101.1) == 101.0
    assert clock.host_s(2.0, 52.0 + jump_s, 102.1) == 102.0
    assert clock.host_s(3.0, 53.0 + jump_s, 103.1) == 103.0
    assert clock.set_times == 1


def test_a_stalled_link_moves_no_sample() -> None:
    clock = times()
    clock.host_s(1.0, 51.0, 101.1)
    assert clock.host_s(2.0, 52.0, 140.0) == 102.0
    assert clock.set_times == 0
