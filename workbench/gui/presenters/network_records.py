"""What the Network page shows of a layer, an operator and a figure: records and their text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.provenance import Source
from workbench.gui.presenters.formats import significant

KIB = 1024.0


def millions(count: float) -> str:
    """A count in millions, three digits at most."""
    return significant(count / 1e6, 3 if count >= 1e5 else 2)


def kib(size_bytes: float) -> str:
    """Bytes in KiB, two digits at least."""
    value = size_bytes / KIB
    return f"{value:,.0f}" if value >= 10 else significant(value, 2)


def times(ratio: float, smaller: str, larger: str) -> tuple[str, str]:
    """How a cost compares with the backbone's (`ratio` of 0.5: ``2.0× smaller``), and its tone."""
    if abs(ratio - 1) < 0.005:
        return "as the backbone", ""
    if ratio < 1:
        return f"{significant(1 / ratio, 2 if ratio <= 0.91 else 3)}× {smaller}", "good"
    return f"{significant(ratio, 2 if ratio >= 1.1 else 3)}× {larger}", "bad"


@dataclass(frozen=True, slots=True)
class OperatorCell:
    """One operator that a layer may take.

    Attributes:
        macs, param_bytes: of this layer alone, after the operator before it.
        macs_share: `macs` against the layer's own at full size.
        loss_points: accuracy lost by this one change, in points; negative where it gains.
        measured: whether that loss was measured, not predicted.
        story: makes the text on what the operator does and changes in the whole network; made on
            demand, because a deep network has hundreds of operators.
    """

    choice: int
    name: str
    macs: int
    param_bytes: int
    macs_share: float
    loss_points: float
    measured: bool
    chosen: bool
    story: Callable[[], str]

    @property
    def loss_text(self) -> str:
        """Such as ``−0.8``; ``≈`` marks a prediction."""
        value = -self.loss_points
        digits = f"{abs(value):.1f}"
        sign = "" if digits == "0.0" else "−" if value < 0 else "+"
        return f"{'' if self.measured else '≈'}{sign}{digits}"

    @property
    def cost_text(self) -> str:
        """Such as ``1.94 M · 41 KiB``."""
        return f"{millions(self.macs)} M · {kib(self.param_bytes)} KiB"


@dataclass(frozen=True, slots=True)
class LayerCard:
    """One layer (or the head) under the configuration that is shown.

    Attributes:
        decision: number of the choice it takes; None where there is nothing to choose.
        operator: name of the operator in force.
        full_channels, out_channels: width at full size and now.
        macs_share: share of the whole network's multiply-accumulates, 0..1.
    """

    name: str
    decision: int | None
    operator: str
    in_shape: tuple[int, int, int]
    out_shape: tuple[int, int, int]
    full_channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    shortcut: bool
    macs: int
    param_bytes: int
    macs_share: float
    note: str
    cells: tuple[OperatorCell, ...]

    @property
    def shape_text(self) -> str:
        """Such as ``48 × 14 × 14``."""
        return " × ".join(str(size) for size in self.out_shape)

    @property
    def kernel_text(self) -> str:
        """Such as ``3×3, stride 2``."""
        if self.kernel == (0, 0):
            return "pool, linear"
        same = self.stride[0] == self.stride[1]
        stride = str(self.stride[0]) if same else f"{self.stride[0]}×{self.stride[1]}"
        text = f"{self.kernel[0]}×{self.kernel[1]}"
        return text if self.stride == (1, 1) else f"{text}, stride {stride}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number about a configuration, as text, with where it comes from.

    Attributes:
        tone: of the comparison: good, bad or empty.
        share: against the backbone; None where it is not known.
        source: None for what is counted and therefore exact.
    """

    key: str
    caption: str
    value: str
    unit: str
    comparison: str
    tone: str
    share: float | None
    source: Source | None
    story: str

    @property
    def spoken(self) -> str:
        """Everything in one sentence, for screen readers."""
        mark = "" if self.source is None else f", {self.source.provenance}"
        return f"{self.caption}: {self.value} {self.unit}{mark}. {self.comparison}"
