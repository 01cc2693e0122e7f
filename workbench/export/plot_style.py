"""The look of exported plots, and saving them so that the same plot gives the same bytes.

matplotlib is imported lazily and without pyplot, so that no global figure or backend state is
touched. The shipped typeface makes plots independent of the fonts that a machine has.
"""

from __future__ import annotations

import contextlib
import functools
import io
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.palette import LIGHT, mix, operator_colour, policy_colour
from workbench.core.resources import assets_root
from workbench.space.tables import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SECONDARY, GRID = LIGHT.text, LIGHT.secondary, LIGHT.line
GOOD, WARNING, BAD = LIGHT.good, LIGHT.warning, LIGHT.bad
PAPER, ACCENT, LILAC = LIGHT.panel, LIGHT.accent, LIGHT.lilac
PNG_DPI = 160

_FONT = "Inter"
_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200,
    86400, 172800, 604800,
)  # fmt: skip
_lock = threading.Lock()


def colour_of(policy: str) -> str:
    """A policy's colour on white paper, as in the light window."""
    return policy_colour(policy, LIGHT)


def fill_of(operator: str) -> str:
    """An operator's colour as an area."""
    return operator_colour(operator)


def pale(colour: str, share: float = 0.8) -> str:
    """`colour` mixed with so much of the paper's white."""
    return mix(colour, PAPER, share)


@contextlib.contextmanager
def _style() -> Iterator[None]:
    import matplotlib

    _load_fonts()
    # rc_context changes settings of the process, so plots are drawn one at a time.
    with (
        _lock,
        matplotlib.rc_context(
            {
                "font.family": _FONT,
                "font.size": 9,
                "text.color": INK,
                "axes.edgecolor": GRID,
                "axes.labelcolor": SECONDARY,
                "axes.linewidth": 0.8,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "xtick.color": SECONDARY,
                "ytick.color": SECONDARY,
                "xtick.labelsize": 8.5,
                "ytick.labelsize": 8,
                "xtick.major.size": 0,
                "ytick.major.size": 0,
                "grid.color": GRID,
                "grid.linewidth": 0.7,
                "lines.solid_capstyle": "butt",
                "lines.solid_joinstyle": "round",
                "path.simplify": True,
                "agg.path.chunksize": 0,
                # Without these, ids in the SVG would be random and its glyphs font-dependent.
                "svg.hashsalt": "adaspring-workbench",
                "svg.fonttype": "path",
            }
        ),
    ):
        yield


@functools.cache
def _load_fonts() -> None:
    from matplotlib import font_manager

    for name in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
        font_manager.fontManager.addfont(assets_root() / "fonts" / name)


def draw(
    size_inches: tuple[float, float], paint: Callable[[Figure], None], formats: Sequence[str]
) -> dict[str, bytes]:
    """Paint a figure and give its files: format ("png", "svg") -> bytes, always the same ones."""
    from matplotlib.figure import Figure

    with _style(), warnings.catch_warnings():
        # A title may hold letters that the font lacks; boxes stand for them.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(figsize=size_inches, facecolor=PAPER)
        paint(figure)
        files = {}
        for kind in formats:
            buffer = io.BytesIO()
            metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
            figure.savefig(buffer, format=kind, dpi=PNG_DPI, metadata=metadata)
            files[kind] = buffer.getvalue()
    return files


def quiet(axes: Axes, *, left: bool = False, bottom: bool = False) -> None:
    """Leave only the spines that are named, and no ticks where there is no spine."""
    for side, shown in (("left", left), ("bottom", bottom), ("top", False), ("right", False)):
        axes.spines[side].set_visible(shown)
    axes.set_facecolor("none")


def time_ticks(first_s: float, last_s: float, most: int = 11) -> list[tuple[float, str]]:
    """(seconds since midnight, label) of round times of day between two of them.

    Later midnights are labelled with the number of the day.
    """
    span = max(last_s - first_s, 1e-3)
    step = next((step for step in _STEPS_S if span / step <= most), _STEPS_S[-1])
    ticks = []
    for number in range(int(np.ceil(first_s / step)), int(np.floor(last_s / step)) + 1):
        at = number * step
        hours, rest = divmod(at, 3600)
        clock = f"{hours % 24:02d}:{rest // 60:02d}"
        if step < 60:
            clock += f":{rest % 60:02d}"
        midnight = at > 0 and at % 86400 == 0
        ticks.append((float(at), f"day {at // 86400 + 1}" if midnight else clock))
    return ticks


class Bins:
    """Samples gathered into equal spans of time, for curves of more samples than pixels.

    Args:
        t_s: (samples,) ascending times.
        count: how many spans at most.
    """

    def __init__(self, t_s: FloatArray, count: int) -> None:
        if len(t_s) <= 2 * count:
            starts = np.arange(len(t_s))
        else:
            edges = np.linspace(t_s[0], t_s[-1], count, endpoint=False)
            starts = np.unique(np.searchsorted(t_s, edges))
        self._starts = starts
        self._sizes = np.diff(starts, append=len(t_s))
        self.t_s: FloatArray = t_s[starts]

    def mean(self, values: FloatArray) -> FloatArray:
        """(spans,) mean of (samples,) values."""
        total: FloatArray = np.add.reduceat(values, self._starts)
        return total / self._sizes

    def low(self, values: FloatArray) -> FloatArray:
        """(spans,) least value."""
        least: FloatArray = np.minimum.reduceat(values, self._starts)
        return least

    def high(self, values: FloatArray) -> FloatArray:
        """(spans,) largest value."""
        most: FloatArray = np.maximum.reduceat(values, self._starts)
        return most


def runs_of(values: Any) -> list[tuple[int, int, int]]:
    """(begin, end, value) of every stretch of equal values in a (samples,) array of integers."""
    array = np.asarray(values)
    changes = np.flatnonzero(array[1:] != array[:-1]) + 1
    begins = np.concatenate(([0], changes)).tolist()
    ends = np.concatenate((changes, [len(array)])).tolist()
    return [(begin, end, int(array[begin])) for begin, end in zip(begins, ends)]
