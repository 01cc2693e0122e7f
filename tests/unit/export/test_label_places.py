"""Labels of markers do not cover one another while there is room."""

from __future__ import annotations

import pytest

from workbench.export.label_places import place_labels

PANEL = (5.0, 4.0)


def boxes(
    points: list[tuple[float, float]], size: tuple[float, float]
) -> list[tuple[float, float, float, float]]:
    places = place_labels(points, [size] * len(points), PANEL)
    return [(x + dx, y + dy, *size) for (x, y), (dx, dy) in zip(points, places)]


def cover(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return all(a[i] < b[i] + b[i + 2] and b[i] < a[i] + a[i + 2] for i in (0, 1))


@pytest.mark.parametrize("step", [0.0, 0.05, 0.2])
def test_crowded_markers_get_labels_apart(step: float) -> None:
    points = [(2.0 + step * i, 2.0 + 0.7 * step * i) for i in range(5)]
    placed = boxes(points, (1.0, 0.34))
    for index, one in enumerate(placed):
        assert not any(cover(one, other) for other in placed[index + 1 :])


def test_label_at_the_right_edge_goes_to_the_left() -> None:
    ((left, _, width, _),) = boxes([(4.8, 2.0)], (1.0, 0.34))
    assert left + width <= 4.8


def test_curve_is_left_visible() -> None:
    curve = [(2.0 + 0.05 * i, 2.0) for i in range(60)]
    ((dx, dy),) = place_labels([(2.0, 2.0)], [(1.0, 0.34)], PANEL, avoid=curve)
    assert dx < 0 or dy > 0 or dy + 0.34 < 0
