"""The file that the agent evolves networks from."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.spaces import small_space
from workbench.core.errors import InputFileError
from workbench.network.ensemble_file import MAGIC, VERSION, ensemble_bytes, write_ensemble
from workbench.network.parameters import initial_parameters
from workbench.network.weights_file import Weights, empty_statistics

SPACE = small_space()


def weights(seed: int = 1) -> Weights:
    return Weights(
        initial_parameters(SPACE, np.random.default_rng(seed)), empty_statistics(SPACE, 1)
    )


def test_header_and_settings() -> None:
    content = ensemble_bytes(SPACE, weights())
    magic, version, size, checksum = struct.unpack("<8sIII", content[:20])
    body = content[20:]
    assert (magic, version, size) == (MAGIC, VERSION, len(body))
    assert checksum == zlib.crc32(body)
    words = np.frombuffer(body, "<i4")
    assert words[:6].tolist() == [*SPACE.backbone.input_shape, 5, SPACE.decisions, 1]
    assert words[6 : 6 + SPACE.decisions].tolist() == list(SPACE.sizes)


def test_weights_are_stored_once() -> None:
    given = weights()
    parameters, statistics = given.parameters, given.statistics
    arrays = [*parameters.weights.values(), parameters.head_bias]
    tables = 2 * sum(mean.size for mean in statistics.mean.values())
    floats = sum(array.size for array in arrays) + tables
    words = np.frombuffer(ensemble_bytes(SPACE, given)[20:], "<i4")
    assert words[-floats - 1] == floats
    stored = words[-floats:].view("<f4")
    start = 0
    for array in arrays:
        np.testing.assert_array_equal(stored[start : start + array.size], array.ravel())
        start += array.size


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    write_ensemble(tmp_path / "one.bin", SPACE, weights())
    write_ensemble(tmp_path / "two.bin", SPACE, weights())
    assert (tmp_path / "one.bin").read_bytes() == (tmp_path / "two.bin").read_bytes()
    assert ensemble_bytes(SPACE, weights(2)) != ensemble_bytes(SPACE, weights())
    with pytest.raises(InputFileError):
        write_ensemble(tmp_path / "absent" / "file.bin", SPACE, weights())
