"""Curves thinned for the screen: no peak is lost, and few points are left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbench.gui.plots import ticks
from workbench.gui.plots.clipboard import curves_csv, table_csv
from workbench.gui.plots.decimate import Curve, intervals, merge_close
from workbench.gui.plots.pixel_items import polygon

LONG = 345_600


def long_curve(*, step: bool = False) -> Curve:
    rng = np.random.default_rng(1)
    values = rng.normal(size=LONG)
    values[123_456] = 50.0
    values[222_222] = -50.0
    return Curve(np.arange(LONG) / 4, values, step=step)


@pytest.mark.parametrize("pixels", [100, 800, 1600])
@pytest.mark.parametrize("step", [False, True])
def test_a_long_curve_keeps_its_peaks_with_few_points(pixels: int, step: bool) -> None:
    t_s, values = long_curve(step=step).visible(0, LONG / 4, pixels)
    assert values.max() == 50.0
    assert values.min() == -50.0
    assert values.size <= 4 * pixels + 8
    assert (np.diff(t_s) >= 0).all()


def test_zoomed_in_the_samples_themselves_are_drawn() -> None:
    curve = long_curve()
    t_s, values = curve.visible(30_860.0, 30_870.0, 800)
    assert values.max() == 50.0
    assert t_s[0] <= 30_860.0
    assert t_s[-1] >= 30_870.0
    assert np.isin(t_s, curve.t_s).all()


@given(
    values=hnp.arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6)),
    pixels=st.integers(8, 60),
    share=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_what_is_drawn_spans_what_is_there(
    values: np.ndarray, pixels: int, share: tuple[float, float]
) -> None:
    times = np.cumsum(np.linspace(0.1, 2.0, values.size))
    low, high = sorted(share)
    start, end = low * times[-1], high * times[-1]
    inside = values[(times >= start) & (times <= end)]
    t_s, drawn = Curve(times, values).visible(start, end, pixels)
    assert t_s.size == drawn.size > 0
    if inside.size:
        assert drawn.max() >= inside.max()
        assert drawn.min() <= inside.min()


def test_a_step_holds_its_value_until_the_next() -> None:
    curve = Curve(np.array([0.0, 1.0, 2.0]), np.array([5.0, 5.0, 7.0]), step=True)
    t_s, values = curve.visible(0.0, 2.0, 100)
    assert list(zip(t_s.tolist(), values.tolist(), strict=True)) == [
        (0.0, 5.0), (2.0, 5.0), (2.0, 7.0),
    ]  # fmt: skip
    assert curve.at(1.5) == 5.0
    assert curve.at(2.0) == 7.0
    assert np.isnan(curve.at(-1.0))


def test_an_empty_curve_draws_nothing() -> None:
    t_s, values = Curve(np.empty(0), np.empty(0)).visible(0, 1, 100)
    assert t_s.size == values.size == 0


def test_gaps_do_not_spoil_the_extremes() -> None:
    curve = long_curve()
    curve.values[1000:2000] = np.nan
    gappy = Curve(curve.t_s, curve.values)
    _, values = gappy.visible(0, LONG / 4, 500)
    assert np.nanmax(values) == 50.0


def test_rows_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError):
        Curve(np.arange(3.0), np.arange(4.0))


def test_intervals_are_where_flags_hold() -> None:
    times = np.arange(6.0)
    flags = np.array([True, False, True, True, False, True])
    assert intervals(times, flags, 7.0).tolist() == [[0, 1], [2, 4], [5, 7]]
    assert intervals(times[:0], flags[:0], 7.0).shape == (0, 2)


def test_close_spans_become_one() -> None:
    spans = np.array([[0.0, 1.0], [1.5, 2.0], [9.0, 10.0]])
    assert merge_close(spans, 1.0).tolist() == [[0.0, 2.0], [9.0, 10.0]]


def test_ticks_stand_on_round_times_of_day() -> None:
    origin = 9 * 3600 + 120.0
    step = ticks.step_for(28_800, 700)
    words = [ticks.text(t, step, origin) for t in ticks.positions(0, 28_800, step, origin)]
    assert words[0] == "10:00"
    assert words[-1] == "17:00"


def test_a_plot_without_a_width_does_not_ask_for_thousands_of_ticks() -> None:
    step = ticks.step_for(28_800, 0)
    assert len(ticks.positions(0, 28_800, step)) < 5


def test_seconds_show_when_zoomed_in() -> None:
    step = ticks.step_for(60, 700)
    assert ticks.text(65.0, step, 3600.0) == "01:01:05"


def test_csv_has_units_and_a_row_a_sample_in_view() -> None:
    curves = [
        ("battery [%]", Curve(np.array([0.0, 10.0, 20.0]), np.array([86.0, 85.0, 84.0]))),
        ("late", Curve(np.array([15.0]), np.array([1.5]))),
    ]
    lines = curves_csv(curves, 5.0, 20.0, 32_400.0).splitlines()
    assert lines[0] == "t_s,time_of_day,battery [%],late"
    assert lines[1:] == [
        "10.000,09:00:10,85,",
        "15.000,09:00:15,85,1.5",
        "20.000,09:00:20,84,1.5",
    ]
    assert curves_csv([], 0, 1, 0) == ""


def test_a_table_quotes_what_needs_it() -> None:
    assert table_csv(("a", "b"), [("x,y", 1)]) == 'a,b\n"x,y",1\n'


def test_an_empty_polygon_is_safe() -> None:
    assert polygon(np.empty(0), np.empty(0)).isEmpty()
    assert polygon(np.array([1.0]), np.array([2.0])).at(0).toTuple() == (1.0, 2.0)
