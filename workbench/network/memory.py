"""How many images go through a network at once, so that large ones do not fill the memory."""

from __future__ import annotations

_SMALL_PIXELS = 32 * 32
"""Images up to this size go through in full number."""


def images_at_once(input_shape: tuple[int, int, int], *, most: int, least: int) -> int:
    """So many that all their pixels are about as many as those of `most` small images."""
    pixels = input_shape[1] * input_shape[2]
    return min(most, max(least, most * _SMALL_PIXELS // pixels))
