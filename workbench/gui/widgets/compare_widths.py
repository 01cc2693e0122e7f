"""How wide the columns of the comparison are: figures whole, then intervals, then room for all."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtGui import QFontMetricsF

from workbench.gui import theme
from workbench.gui.presenters.compare_cells import Cell

PAD_PX = 6
_POLICY_PX = (114, 176)
"""Least and most width of the policies' names."""
_MARK_PX = 8
_HALF_GAP_PX = 5


def column_widths(
    columns: Sequence[Sequence[Cell]], headings: Sequence[int], available: int
) -> list[int]:
    """Width of the policies' column and of each column of figures.

    Args:
        columns: the cells of each column of figures.
        headings: what the words above each take.
        available: width of the table; where it is too little the table scrolls.
    """
    plain = QFontMetricsF(theme.font(theme.TEXT_PX, bold=True, tabular=True))
    small = QFontMetricsF(theme.font(theme.SMALL_PX, tabular=True))
    least, whole = [], []
    for heading, cells in zip(headings, columns, strict=True):
        text = wide = 0.0
        for cell in cells:
            own = plain.horizontalAdvance(cell.text) + (_MARK_PX if cell.best else 0)
            half = small.horizontalAdvance(cell.half) + _HALF_GAP_PX if cell.half else 0
            text, wide = max(text, own), max(wide, own + half)
        least.append(max(heading, math.ceil(text) + 2 * PAD_PX))
        whole.append(math.ceil(wide) + 2 * PAD_PX)
    spare = max(0, available - sum(least) - _POLICY_PX[0])
    policy = min(_POLICY_PX[1], _POLICY_PX[0] + round(0.3 * spare))
    spare = max(0, available - sum(least) - policy)
    # Columns that have an interval to show take what is left first.
    for index, need in enumerate(whole):
        more = min(spare, max(0, need - least[index]))
        least[index], spare = least[index] + more, spare - more
    each, rest = divmod(spare, max(1, len(least)))
    return [policy, *(wide + each + (1 if i < rest else 0) for i, wide in enumerate(least))]
