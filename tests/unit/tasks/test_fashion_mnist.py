"""The reader of Fashion-MNIST takes its files and tells damaged ones apart."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.synthetic import idx_bytes, write_fashion_mnist
from workbench.core.errors import InputFileError, SettingsError
from workbench.space.design_space import DesignSpace
from workbench.tasks.fashion_mnist import TASK, read_fashion_mnist
from workbench.tasks.findings import Reading
from workbench.tasks.idx import read_idx
from workbench.tasks.reading import read_data
from workbench.tasks.registry import task
from workbench.tasks.task import Dataset

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_fashion_mnist(tmp_path, 12, 7)
    return tmp_path


def _read(folder: Path) -> tuple[Dataset, list[str]]:
    reading = Reading(folder)
    dataset = read_fashion_mnist(folder, reading)
    return dataset, [str(finding) for finding in reading.findings]


def _replace(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, 1))


def test_values_labels_and_hashes(folder: Path) -> None:
    dataset, findings = _read(folder)
    raw = read_idx(folder / IMAGES, 3).values
    assert not findings
    assert dataset.train.images.shape == (12, 1, 28, 28)
    inputs = dataset.train.inputs(slice(None))
    assert inputs.dtype == np.float32
    np.testing.assert_allclose(inputs[:, 0] * 255, raw, atol=1e-4)
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz", 1).values
    assert np.array_equal(dataset.test.labels, labels)
    assert len(dataset.test) == 7
    assert set(dataset.card.files_sha256) == {path.name for path in folder.iterdir()}
    assert all(len(value) == 64 for value in dataset.card.files_sha256.values())


def test_the_recipe_has_the_space_that_was_planned() -> None:
    space = DesignSpace(TASK.backbone)
    assert space.count == 5184
    assert task("fashion_mnist") is TASK


def test_an_unknown_task_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="fashion_mnist"):
        task("flowers")


def test_a_missing_folder_says_where_the_data_come_from(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="is no folder") as caught:
        read_data(TASK, tmp_path / "none")
    assert "apt install dataset-fashion-mnist" in caught.value.hint


@pytest.mark.parametrize("name", [IMAGES, LABELS, "t10k-images-idx3-ubyte.gz"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputFileError, match=f"{name}: does not exist"):
        _read(folder)


def test_of_a_file_that_is_cut_off_the_whole_items_are_taken(folder: Path) -> None:
    path = folder / IMAGES
    whole = gzip.decompress(path.read_bytes())
    _replace(path, whole[: 16 + 5 * 784 + 3])
    dataset, findings = _read(folder)
    assert len(dataset.train) == 5
    assert findings == [f"{IMAGES}: is cut off after 5 of 12 images"]
    # Cut inside the compressed bytes, as a download that broke off.
    (folder / LABELS).write_bytes(gzip.compress(idx_bytes(np.arange(12, dtype=np.uint8)))[:-8])
    path.write_bytes(gzip.compress(whole, 1)[:-2000])
    dataset, findings = _read(folder)
    assert 0 < len(dataset.train) < 12
    assert len(findings) == 1


def test_a_damaged_checksum_is_told(folder: Path) -> None:
    path = folder / LABELS
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputFileError, match="no complete gzip file"):
        _read(folder)


def test_a_file_that_is_not_compressed_is_told(folder: Path) -> None:
    (folder / LABELS).write_bytes(idx_bytes(np.zeros(12, dtype=np.uint8)))
    with pytest.raises(InputFileError, match="no complete gzip file"):
        _read(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "too short"),
        (b"\0\0\x08", "too short"),
        (struct.pack(">HBBI", 0, 9, 1, 12) + bytes(12), "no IDX file of unsigned bytes"),
        (struct.pack(">HBBI", 1, 8, 1, 12) + bytes(12), "no IDX file of unsigned bytes"),
        (struct.pack(">HBBII", 0, 8, 2, 12, 1) + bytes(12), "2 dimensions instead of 1"),
        (struct.pack(">HBBI", 0, 8, 1, 11) + bytes(12), "holds 12 values, its header says 11"),
        (struct.pack(">HBBI", 0, 8, 1, 12), "holds 0 values, its header says 12"),
        (struct.pack(">HBBI", 0, 8, 1, 13) + bytes(12), "holds 13 labels for 12 images"),
        (struct.pack(">HBBI", 0, 8, 1, 4_000_000_000) + bytes(12), "holds 4000000000 labels"),
    ],
)
def test_wrong_contents_are_told(folder: Path, content: bytes, message: str) -> None:
    _replace(folder / LABELS, content)
    with pytest.raises(InputFileError, match=message):
        _read(folder)


def test_labels_must_fit_images_and_classes(folder: Path) -> None:
    _replace(folder / LABELS, idx_bytes(np.zeros(11, dtype=np.uint8)))
    with pytest.raises(InputFileError, match="holds 11 labels for 12 images"):
        _read(folder)
    labels = np.arange(12, dtype=np.uint8)
    _replace(folder / LABELS, idx_bytes(labels))
    dataset, findings = _read(folder)
    assert dataset.train.labels.tolist() == list(range(10))
    assert findings == [
        f"{LABELS}: item 11 has the label 10; the largest is 9",
        f"{LABELS}: item 12 has the label 11; the largest is 9",
    ]


def test_images_must_have_the_right_size(folder: Path) -> None:
    _replace(folder / IMAGES, idx_bytes(np.zeros((12, 28, 27), dtype=np.uint8)))
    with pytest.raises(InputFileError, match="28x27 instead of 28x28"):
        _read(folder)


@given(st.binary(max_size=200), st.integers(1, 3), st.booleans())
def test_garbage_never_gets_past_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, dimensions: int, compressed: bool
) -> None:
    path = tmp_path_factory.mktemp("garbage") / "file.gz"
    path.write_bytes(gzip.compress(content) if compressed else content)
    try:
        file = read_idx(path, dimensions)
    except InputFileError:
        return
    assert file.values.ndim == dimensions
    assert len(file.values) <= file.promised
    assert file.values.tobytes() == content[4 + 4 * dimensions :][: file.values.size]
