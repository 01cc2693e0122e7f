"""Weights survive the disk; damaged or foreign files are told from good ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.spaces import small_space
from workbench.core.errors import InputFileError
from workbench.network.checkpoint import Arrays, read_arrays, write_arrays
from workbench.network.parameters import initial_parameters
from workbench.network.weights_file import Weights, empty_statistics, read_weights, write_weights
from workbench.space.design_space import DesignSpace
from workbench.tasks.fashion_mnist import BACKBONE

SPACE = small_space()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    parameters = initial_parameters(SPACE, np.random.default_rng(1))
    target = tmp_path / "weights.safetensors"
    write_weights(target, Weights(parameters, empty_statistics(SPACE, 2)))
    return target


def _rewrite(path: Path, arrays: Arrays | None = None, **header: object) -> None:
    """Change some arrays (None removes one) and some entries of the header."""
    known, text = read_arrays(path)
    for name, array in (arrays or {}).items():
        if array is None:
            del known[name]
        else:
            known[name] = array
    changed = json.loads(text["network"]) | header
    write_arrays(path, known, {"network": json.dumps(changed)})


def test_round_trip(path: Path) -> None:
    parameters = initial_parameters(SPACE, np.random.default_rng(1))
    found = read_weights(path, SPACE)
    assert found.statistics.prefix_length == 2
    assert found.parameters.tensors().keys() == parameters.tensors().keys()
    for name, array in parameters.tensors().items():
        assert np.array_equal(found.parameters.tensors()[name], array), name
    again = path.with_name("again.safetensors")
    write_weights(again, found)
    assert again.read_bytes() == path.read_bytes()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="does not exist"):
        read_weights(tmp_path / "none.safetensors", SPACE)


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.1, 0.9, 0.9999])
def test_a_truncated_file_is_told(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputFileError, match="no complete safetensors file"):
        read_weights(path, SPACE)


def test_garbage_is_told(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(5000))
    with pytest.raises(InputFileError):
        read_weights(path, SPACE)


def test_a_missing_array_is_named(path: Path) -> None:
    _rewrite(path, {"weight/conv3.fire.squeeze": None})
    with pytest.raises(InputFileError, match=r"lacks the array 'weight/conv3\.fire\.squeeze'"):
        read_weights(path, SPACE)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_told(path: Path, value: float) -> None:
    _rewrite(path, {"head_bias": np.array([0, 1, value, 0, 0], dtype=np.float32)})
    with pytest.raises(InputFileError, match="'head_bias' holds values"):
        read_weights(path, SPACE)


def test_a_negative_variance_is_told(path: Path) -> None:
    name = "variance/conv1.identity.conv"
    _rewrite(path, {name: np.full(8, -1, dtype=np.float32)})
    with pytest.raises(InputFileError, match="holds values"):
        read_weights(path, SPACE)


def test_a_wrong_shape_or_type_is_told(path: Path) -> None:
    _rewrite(path, {"head_bias": np.zeros(4, dtype=np.float32)})
    with pytest.raises(InputFileError, match=r"float32\(4,\) instead of float32\(5,\)"):
        read_weights(path, SPACE)
    _rewrite(path, {"head_bias": np.zeros(5, dtype=np.float64)})
    with pytest.raises(InputFileError, match="float64"):
        read_weights(path, SPACE)


def test_weights_of_another_network_are_told(path: Path) -> None:
    with pytest.raises(InputFileError, match=r"lacks the array|instead of"):
        read_weights(path, DesignSpace(BACKBONE))


def test_a_newer_version_asks_for_an_update(path: Path) -> None:
    _rewrite(path, version=2)
    with pytest.raises(InputFileError, match="format version 2") as caught:
        read_weights(path, SPACE)
    assert caught.value.hint == "Update adaspring-workbench."


def test_other_safetensors_files_are_told(path: Path) -> None:
    write_arrays(path, {"a": np.zeros(3)}, {})
    with pytest.raises(InputFileError, match="no weights of this workbench"):
        read_weights(path, SPACE)
