"""Prepare the weights of a plainly trained backbone for ensemble training.

Channels are sorted by importance, so that the leading ones are worth most to a narrowed layer, and
the low-rank operators start from the singular value decomposition of the trained weights. Numpy
only.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from workbench.network.parameters import HEAD, Array, Parameters, layer_graphs
from workbench.space.backbone import Backbone
from workbench.space.design_space import DesignSpace
from workbench.space.operators import SPARSE_GROUPS

Permutation = npt.NDArray[np.intp]


def prepare_ensemble(space: DesignSpace, parameters: Parameters) -> None:
    """Sort channels, initialise low-rank operators and copy the norms; changes `parameters`.

    The whole network computes the same function before and after.
    """
    sort_channels(space.backbone, parameters)
    for layer in space.backbone.layers[1:]:
        _initialise_low_rank(parameters, layer.name)
    _copy_norms(space, parameters)


def sort_channels(backbone: Backbone, parameters: Parameters) -> None:
    """Permute the backbone's channels so that importance falls with the index."""
    for group in shortcut_groups(backbone):
        importance = [_importance(backbone, parameters, position) for position in group]
        widths = [len(values) for values in importance]
        bounds = sorted({0, *widths})
        order: list[npt.NDArray[np.intp]] = []
        # Layers joined by shortcuts add channel c to channel c, so they share one order; where
        # their widths differ, channels stay inside the part that the same layers have.
        for start, stop in itertools.pairwise(bounds):
            shared = sum(values[start:stop] for values in importance if len(values) >= stop)
            order.append(start + np.argsort(-np.asarray(shared), kind="stable"))
        permutation = np.concatenate(order)
        for position, width in zip(group, widths):
            _permute_outputs(backbone, parameters, position, permutation[:width])


def shortcut_groups(backbone: Backbone) -> list[list[int]]:
    """Positions of layers whose channels are tied by shortcuts; layer 1 keeps its order."""
    groups: list[list[int]] = []
    for position, layer in enumerate(backbone.layers):
        if position and layer.shortcut:
            groups[-1].append(position)
        else:
            groups.append([position])
    return [group for group in groups if 0 not in group]


def _importance(backbone: Backbone, parameters: Parameters, position: int) -> Array:
    """(channels,) how much the next layer takes from each channel: |gamma| times outgoing L1."""
    name = backbone.layers[position].name
    following = _following_weight(backbone, position)
    outgoing = np.abs(np.moveaxis(parameters.weights[following], 1, 0)).reshape(
        parameters.weights[following].shape[1], -1
    )
    scale = np.abs(parameters.gamma[f"{name}.identity.conv"])
    importance: Array = scale * outgoing.sum(axis=1)
    return importance


def _following_weight(backbone: Backbone, position: int) -> str:
    if position + 1 == len(backbone.layers):
        return HEAD
    return f"{backbone.layers[position + 1].name}.identity.conv"


def _permute_outputs(
    backbone: Backbone, parameters: Parameters, position: int, order: Permutation
) -> None:
    name = f"{backbone.layers[position].name}.identity.conv"
    parameters.weights[name] = parameters.weights[name][order].copy()
    parameters.gamma[name] = parameters.gamma[name][order].copy()
    parameters.beta[name] = parameters.beta[name][order].copy()
    following = _following_weight(backbone, position)
    parameters.weights[following] = parameters.weights[following][:, order].copy()


def _initialise_low_rank(parameters: Parameters, layer: str) -> None:
    trained = parameters.weights[f"{layer}.identity.conv"]
    if f"{layer}.svd.basis" in parameters.weights:
        basis, mix = _factorise(trained, len(parameters.weights[f"{layer}.svd.basis"]))
        parameters.weights[f"{layer}.svd.basis"] = basis
        parameters.weights[f"{layer}.svd.mix"] = mix
    if f"{layer}.sparse.atoms" in parameters.weights:
        atoms = len(parameters.weights[f"{layer}.sparse.atoms"]) // SPARSE_GROUPS
        parts = [_factorise(part, atoms) for part in np.split(trained, SPARSE_GROUPS)]
        parameters.weights[f"{layer}.sparse.atoms"] = np.concatenate([part[0] for part in parts])
        parameters.weights[f"{layer}.sparse.codes"] = np.concatenate([part[1] for part in parts])


def _factorise(weight: Array, rank: int) -> tuple[Array, Array]:
    """(rank, in, h, w) basis and (out, rank, 1, 1) mix whose product is nearest to `weight`."""
    left, values, right = np.linalg.svd(weight.reshape(len(weight), -1), full_matrices=False)
    # A layer of fewer than `rank` outputs cannot use more directions than it has.
    found = min(rank, len(values))
    root = np.sqrt(values[:found])
    basis = np.zeros((rank, *weight.shape[1:]), dtype=np.float32)
    mix = np.zeros((len(weight), rank, 1, 1), dtype=np.float32)
    basis[:found] = (root[:, None] * right[:found]).reshape(found, *weight.shape[1:])
    mix[:, :found, 0, 0] = left[:, :found] * root
    return basis, mix


def _copy_norms(space: DesignSpace, parameters: Parameters) -> None:
    """Norms of operators that start from the backbone's weights start from its scale and shift."""
    for graph in layer_graphs(space):
        for node in graph.nodes:
            if not node.norm or not _from_backbone(node.weight):
                continue
            layer = node.norm.partition(".")[0]
            for group in (parameters.gamma, parameters.beta):
                width = len(group[node.norm])
                group[node.norm] = group[f"{layer}.identity.conv"][:width].copy()


def _from_backbone(weight: str) -> bool:
    parts: Sequence[str] = weight.split(".")[1:]
    return tuple(parts) in {("identity", "conv"), ("svd", "mix"), ("sparse", "codes")}
