"""Where the names of markers go in a plot, so that they can all be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle in inches."""

    left: float
    bottom: float
    width: float
    height: float

    def overlap(self, other: _Box) -> float:
        """Area that both cover."""
        wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        high = min(self.bottom + self.height, other.bottom + other.height) - max(
            self.bottom, other.bottom
        )
        return max(wide, 0.0) * max(high, 0.0)


def place_labels(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    panel: tuple[float, float],
    radius: float = 0.11,
    avoid: Sequence[tuple[float, float]] = (),
) -> list[tuple[float, float]]:
    """Where labels go so that they cover neither markers nor one another, where there is room.

    Args:
        points: (x, y) of the markers, in inches from the panel's lower left corner.
        sizes: (width, height) of the labels, in inches.
        panel: (width, height) of the panel.
        radius: of a marker.
        avoid: further points that had better not be covered, such as those of a curve.

    Returns:
        For each point the place of its label's lower left corner, in inches from the point.
    """
    markers = [_Box(x - radius, y - radius, 2 * radius, 2 * radius) for x, y in points]
    curve = [_Box(x - 0.03, y - 0.03, 0.06, 0.06) for x, y in avoid]
    inside = _Box(0, 0, *panel)
    placed: list[_Box] = []
    places = []
    for (x, y), (width, height) in zip(points, sizes):
        best: tuple[float, tuple[float, float]] | None = None
        for rank, (dx, dy) in enumerate(_candidates(width, height, radius)):
            box = _Box(x + dx, y + dy, width, height)
            covered = sum(box.overlap(other) for other in (*markers, *placed, *curve))
            outside = width * height - box.overlap(inside)
            cost = covered + 2 * outside + 1e-4 * rank
            if best is None or cost < best[0]:
                best = (cost, (dx, dy))
        assert best is not None
        places.append(best[1])
        placed.append(_Box(x + best[1][0], y + best[1][1], width, height))
    return places


def _candidates(width: float, height: float, radius: float) -> list[tuple[float, float]]:
    """Places around a marker, the best first: beside it, then above and below, then farther."""
    right, left = radius + 0.06, -radius - 0.06 - width
    steps = [-0.5, 0.1, -1.1, 0.7, -1.7, 1.4, -2.4, 2.1, -3.1]
    return [
        (dx, step * (height + 0.03))
        for step in steps
        for dx in (right, left, -width / 2)
        if dx in (right, left) or not -1.3 < step < 0.5
    ]
