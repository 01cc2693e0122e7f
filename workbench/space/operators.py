"""The retraining-free compression operators: cheaper replacements of one convolution layer.

An operator is a base (how the layer is factorised) and a width ratio (channel-wise scaling).
`ch50` is the base `identity` at half width; hybrids such as `svd+ch50` join both. Narrowed
operators keep the most important channels: channels are sorted by importance before the ensemble
is trained, so these are the leading ones, and the next layer takes the matching leading inputs.

Sources: fire - Iandola et al., "SqueezeNet" (2016); svd - Denton et al. (NIPS 2014); sparse -
Bagherinezhad et al., "LCNN" (CVPR 2017), with codes that are sparse in groups so that a dense
engine profits; dwsep - Howard et al., "MobileNets" (2017); mbv2 - Sandler et al. (CVPR 2018);
ch* - Yu et al., "Slimmable networks" (ICLR 2019); skip - Huang et al., "Stochastic depth" (2016).
The sizes chosen inside each (squeeze, rank, atoms, expansion) are this project's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import SettingsError
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.graph import Graph, GraphBuilder

RATIOS = {"ch75": 0.75, "ch50": 0.5, "ch25": 0.25}
MBV2_EXPANSION = 2
SPARSE_GROUPS = 4


def round_channels(channels: float) -> int:
    """Nearest multiple of 4, at least 4: engines pack four channels into one vector."""
    return max(4, int(channels / 4 + 0.5) * 4)


@dataclass(frozen=True, slots=True)
class OperatorBase:
    """How a layer is replaced, apart from its width.

    Attributes:
        build: adds the nodes; takes (builder, layer, out_channels, weight prefix, norm prefix) and
            returns the index of the output.
        scales: whether the output may be narrowed (a hybrid with ch75, ch50, ch25).
        own_weights_when_narrow: a narrowed variant has weights of its own, because its channels
            are not the leading ones of the full variant.
    """

    name: str
    family: str
    description: str
    build: Callable[[GraphBuilder, ConvLayer, int, str, str], int]
    scales: bool = True
    own_weights_when_narrow: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """One entry of a layer's operator set."""

    name: str
    base: OperatorBase
    ratio: float

    def out_channels(self, layer: ConvLayer) -> int:
        """Channels that leave `layer` under this operator."""
        return (
            layer.out_channels
            if self.ratio == 1
            else round_channels(layer.out_channels * self.ratio)
        )

    @property
    def weight_set(self) -> str:
        """Name of the stored weights this operator takes slices of."""
        if self.ratio != 1 and self.base.own_weights_when_narrow:
            return self.name
        return self.base.name

    def fits(self, layer: ConvLayer) -> str:
        """Empty when the operator can replace `layer`, else the reason why not."""
        if self.base.name == "skip":
            return "" if layer.shortcut else "the layer has no shortcut"
        if layer.kernel == (1, 1) and self.base.name in ("fire", "svd", "sparse", "dwsep"):
            return "the kernel is 1 x 1 already"
        if self.base.name == "sparse" and layer.out_channels % (2 * SPARSE_GROUPS):
            return f"channels are no multiple of {2 * SPARSE_GROUPS}"
        return ""


def _identity(b: GraphBuilder, layer: ConvLayer, out: int, weight: str, norm: str) -> int:
    return b.conv(
        -1, out, kernel=layer.kernel, stride=layer.stride, relu=True,
        weight=f"{weight}.conv", norm=f"{norm}.conv",
    )  # fmt: skip


def _fire(b: GraphBuilder, layer: ConvLayer, out: int, weight: str, norm: str) -> int:
    squeezed = b.conv(
        -1, round_channels(out / 4), relu=True, weight=f"{weight}.squeeze", norm=f"{norm}.squeeze"
    )
    narrow = b.conv(
        squeezed, out // 2, stride=layer.stride, relu=True,
        weight=f"{weight}.expand1", norm=f"{norm}.expand1",
    )  # fmt: skip
    wide = b.conv(
        squeezed, out - out // 2, kernel=layer.kernel, stride=layer.stride, relu=True,
        weight=f"{weight}.expand3", norm=f"{norm}.expand3",
    )  # fmt: skip
    return b.concat(narrow, wide)


def _svd(b: GraphBuilder, layer: ConvLayer, out: int, weight: str, norm: str) -> int:
    rank = round_channels(layer.out_channels / 4)
    reduced = b.conv(-1, rank, kernel=layer.kernel, stride=layer.stride, weight=f"{weight}.basis")
    return b.conv(reduced, out, relu=True, weight=f"{weight}.mix", norm=f"{norm}.mix")


def _sparse(b: GraphBuilder, layer: ConvLayer, out: int, weight: str, norm: str) -> int:
    atoms = b.conv(
        -1, layer.out_channels // 2, kernel=layer.kernel, stride=layer.stride,
        weight=f"{weight}.atoms",
    )  # fmt: skip
    return b.conv(
        atoms, out, groups=SPARSE_GROUPS, relu=True, weight=f"{weight}.codes", norm=f"{norm}.codes"
    )


def _dwsep(b: GraphBuilder, layer: ConvLayer, out: int, weight: str, norm: str) -> int:
    channels, _ = b.shape(-1)
    filtered = b.conv(
        -1, channels, kernel=layer.kernel, stride=layer.stride, groups=channels, relu=True,
        weight=f"{weight}.depthwise", norm=f"{norm}.depthwise",
    )  # fmt: skip
    return b.conv(filtered, out, relu=True, weight=f"{weight}.pointwise", norm=f"{norm}.pointwise")


def _mbv2(b: GraphBuilder, layer: ConvLayer, out: int, weight: str, norm: str) -> int:
    channels, _ = b.shape(-1)
    wide = MBV2_EXPANSION * channels
    expanded = b.conv(-1, wide, relu=True, weight=f"{weight}.expand", norm=f"{norm}.expand")
    filtered = b.conv(
        expanded, wide, kernel=layer.kernel, stride=layer.stride, groups=wide, relu=True,
        weight=f"{weight}.depthwise", norm=f"{norm}.depthwise",
    )  # fmt: skip
    return b.conv(filtered, out, weight=f"{weight}.project", norm=f"{norm}.project")


def _skip(b: GraphBuilder, layer: ConvLayer, out: int, weight: str, norm: str) -> int:
    return _shortcut(b, layer, out)


def _shortcut(b: GraphBuilder, layer: ConvLayer, out: int) -> int:
    source = -1 if layer.stride == (1, 1) else b.pool(-1, layer.stride)
    return b.channels(source, out)


BASES: dict[str, OperatorBase] = {
    base.name: base
    for base in (
        OperatorBase("identity", "none", "the backbone's layer", _identity),
        OperatorBase(
            "fire", "multi-branch channel merging",
            "1x1 squeeze, then 1x1 and k x k expand, concatenated", _fire,
            own_weights_when_narrow=True,
        ),
        OperatorBase(
            "svd", "low-rank factorisation",
            "k x k to a quarter of the channels, then 1x1 to all", _svd,
        ),
        OperatorBase(
            "sparse", "low-rank factorisation",
            "a dictionary of k x k atoms, then 1x1 codes that are sparse in groups", _sparse,
            scales=False,
        ),
        OperatorBase("dwsep", "factorisation", "depthwise k x k, then pointwise 1x1", _dwsep),
        OperatorBase(
            "mbv2", "factorisation",
            "inverted residual: 1x1 expand, depthwise k x k, linear 1x1 project", _mbv2,
        ),
        OperatorBase(
            "skip", "depth-wise scaling",
            "the layer is left out; its shortcut carries the input on", _skip, scales=False,
        ),
    )
}  # fmt: skip


@functools.cache
def operator(name: str) -> Operator:
    """The operator called `name`, such as ``fire``, ``ch50`` or ``svd+ch50``.

    Raises:
        SettingsError: when there is no such operator.
    """
    base, plus, width = name.partition("+")
    if base in RATIOS and not plus:
        base, width = "identity", base
    if base not in BASES or (plus and (width not in RATIOS or not BASES[base].scales)):
        raise SettingsError(
            f"There is no operator {name!r}.",
            f"Known: {', '.join([*BASES, *RATIOS])}, and hybrids such as fire+ch50.",
        )
    return Operator(name, BASES[base], RATIOS[width] if width else 1.0)


def layer_graph(backbone: Backbone, position: int, in_channels: int, name: str) -> Graph:
    """What layer `position` (0-based) computes under operator `name` from `in_channels`.

    Weight names read ``<layer>.<weight set>.<node>``, norms ``<layer>.<operator>.<node>``.

    Raises:
        SettingsError: when the operator does not fit the layer.
    """
    layer = backbone.layers[position]
    chosen = operator(name)
    if reason := chosen.fits(layer):
        raise SettingsError(f"{name} does not fit {layer.name}: {reason}.")
    out = chosen.out_channels(layer)
    builder = GraphBuilder(in_channels, backbone.input_size(position))
    end = chosen.base.build(
        builder, layer, out, f"{layer.name}.{chosen.weight_set}", f"{layer.name}.{name}"
    )
    if layer.shortcut and chosen.base.name != "skip":
        builder.add(end, _shortcut(builder, layer, out))
    return builder.build(out)


def head_graph(backbone: Backbone, in_channels: int) -> Graph:
    """The classifier behind the last layer."""
    builder = GraphBuilder(in_channels, backbone.input_size(len(backbone.layers)))
    builder.head(backbone.classes)
    return builder.build(backbone.classes)
