"""Sorting channels changes no function; low-rank operators start nearest to the trained layer."""

from __future__ import annotations

import numpy as np
import torch

from tests.helpers.spaces import small_space
from tests.helpers.synthetic import patterns
from workbench.network.ensemble import Ensemble
from workbench.network.initialise import prepare_ensemble, shortcut_groups
from workbench.network.parameters import (
    Parameters,
    initial_parameters,
    layer_graphs,
    tensor_shapes,
)

SPACE = small_space()


def _parameters() -> Parameters:
    rng = np.random.default_rng(1)
    parameters = initial_parameters(SPACE, rng)
    for norm, gamma in parameters.gamma.items():
        gamma *= rng.uniform(0.2, 2.0, gamma.shape).astype(np.float32)
        parameters.beta[norm] += rng.normal(0, 0.2, gamma.shape).astype(np.float32)
    return parameters


def _scores(parameters: Parameters) -> np.ndarray:
    images = torch.from_numpy(patterns(SPACE.backbone.input_shape, 5, 16, 1).images)
    ensemble = Ensemble(SPACE, parameters)
    with torch.no_grad():
        return ensemble.rest(ensemble.stem(images), SPACE.backbone_configuration)[1].numpy()


def test_every_graph_finds_its_weights() -> None:
    shapes = tensor_shapes(SPACE)
    for graph in layer_graphs(SPACE):
        for node in graph.nodes:
            if node.weight:
                stored = shapes[f"weight/{node.weight}"]
                assert stored[2:] == node.weight_shape[2:]
                assert all(a >= b for a, b in zip(stored, node.weight_shape))
            if node.norm:
                assert shapes[f"gamma/{node.norm}"][0] >= node.out_channels


def test_the_whole_network_stays_the_same_and_its_channels_are_sorted() -> None:
    parameters = _parameters()
    before = _scores(parameters)
    prepare_ensemble(SPACE, parameters)
    np.testing.assert_allclose(_scores(parameters), before, atol=2e-5 * np.abs(before).max())
    # conv4 stands last, its channels beyond those of conv3 are only its own.
    importance = np.abs(parameters.gamma["conv4.identity.conv"]) * np.abs(
        parameters.weights["head"]
    ).sum(axis=0)
    assert (np.diff(importance[16:]) <= 0).all()


def test_shortcuts_tie_channels_together() -> None:
    assert shortcut_groups(SPACE.backbone) == [[1, 2, 3]]


def test_low_rank_operators_start_from_the_best_approximation() -> None:
    parameters = _parameters()
    prepare_ensemble(SPACE, parameters)
    trained = parameters.weights["conv3.identity.conv"].reshape(16, -1)
    basis = parameters.weights["conv3.svd.basis"]
    mix = parameters.weights["conv3.svd.mix"]
    found = mix[:, :, 0, 0] @ basis.reshape(len(basis), -1)
    values = np.linalg.svd(trained, compute_uv=False)
    best = np.sqrt((values[len(basis) :] ** 2).sum())
    np.testing.assert_allclose(np.linalg.norm(found - trained), best, rtol=1e-4)
    for group in range(4):
        rows = slice(group * 4, group * 4 + 4)
        codes = parameters.weights["conv3.sparse.codes"][rows, :, 0, 0]
        atoms = parameters.weights["conv3.sparse.atoms"].reshape(8, -1)[group * 2 : group * 2 + 2]
        values = np.linalg.svd(trained[rows], compute_uv=False)
        error = np.linalg.norm(codes @ atoms - trained[rows])
        np.testing.assert_allclose(error, np.sqrt((values[2:] ** 2).sum()), rtol=1e-4)


def test_operators_on_the_backbones_weights_take_over_its_norms() -> None:
    parameters = _parameters()
    prepare_ensemble(SPACE, parameters)
    whole = parameters.gamma["conv3.identity.conv"]
    for norm in ("conv3.ch50.conv", "conv3.svd.mix", "conv3.svd+ch50.mix", "conv3.sparse.codes"):
        narrow = parameters.gamma[norm]
        assert np.array_equal(narrow, whole[: len(narrow)]), norm
