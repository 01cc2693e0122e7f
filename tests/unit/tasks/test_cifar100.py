"""CIFAR-100's python version: the real layout, damage, and pickles that ask for more."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.cifar_files import patch, pickled, table, write_archive, write_cifar100
from workbench.core.errors import InputFileError
from workbench.tasks.cifar100 import TASK
from workbench.tasks.cifar_pickle import unpickle
from workbench.tasks.reading import read_data
from workbench.tasks.task import Dataset


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_cifar100(tmp_path, 120, 100)


def _read(folder: Path) -> tuple[Dataset, list[str]]:
    dataset, report = read_data(TASK, folder)
    return dataset, [str(f) for f in report.findings if f.kind != "without samples"]


def test_pixels_labels_names_and_hashes(root: Path) -> None:
    dataset, findings = _read(root)
    assert not findings
    expected = table(120, 1)
    assert dataset.train.images.shape == (120, 3, 32, 32)
    assert dataset.train.images.dtype == np.uint8
    assert np.array_equal(dataset.train.images.reshape(120, -1), expected["data"])
    assert dataset.train.labels.tolist() == expected["fine_labels"]
    assert len(dataset.test) == 100
    assert dataset.classes[7] == "thing_7"
    assert set(dataset.card.files_sha256) == {"train", "test", "meta"}


def test_the_archive_and_the_folder_around_give_the_same(root: Path, tmp_path: Path) -> None:
    archive = tmp_path / "cifar-100-python.tar.gz"
    write_archive(root, archive)
    expected, _ = _read(root)
    around, _ = _read(tmp_path)
    assert np.array_equal(around.train.images, expected.train.images)
    for path in root.iterdir():
        path.unlink()
    root.rmdir()
    for place in (archive, tmp_path):
        found, findings = _read(place)
        assert not findings
        assert np.array_equal(found.test.images, expected.test.images)
        assert found.card == expected.card


def test_names_of_the_new_numpy_are_taken_too(tmp_path: Path) -> None:
    root = write_cifar100(tmp_path, 10, 10, "numpy._core.multiarray")
    assert len(_read(root)[0].train) == 10
    # As numpy itself writes them now.
    array = np.arange(3072 * 2, dtype=np.uint8).reshape(2, 3072)
    for value in (array, np.asfortranarray(array)):
        content = pickle.dumps({"data": value}, protocol=4)
        assert np.array_equal(unpickle(tmp_path, content)["data"], array)


def test_a_pickle_that_asks_for_more_is_refused_and_does_nothing(root: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(root / "harm"),)

    (root / "train").write_bytes(pickle.dumps({"data": Evil()}, protocol=2))
    with pytest.raises(InputFileError, match=r"asks for posix\.mkdir"):
        _read(root)
    assert not (root / "harm").exists()


@pytest.mark.parametrize("name", ["builtins.eval", "numpy.load", "numpy._core.multiarray.scalar"])
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    module, _, attribute = name.rpartition(".")
    content = b"\x80\x02c" + f"{module}\n{attribute}\n".encode() + b"."
    with pytest.raises(InputFileError, match=f"asks for {name}"):
        unpickle(tmp_path, content)


def test_arrays_that_lie_are_refused(tmp_path: Path) -> None:
    content = pickled({"data": np.zeros((2, 6), np.uint8)})
    for before, after, message in (
        (b"J\x06\0\0\0", b"J\x07\0\0\0", "not as large as it says"),
        (b"J\x06\0\0\0", b"J\xff\xff\xff\x7f", "not as large as it says"),
        (b"T\x02\0\0\0u1", b"T\x02\0\0\0O8", "other than an array of bytes"),
    ):
        assert before in content
        with pytest.raises(InputFileError, match=message):
            unpickle(tmp_path, content.replace(before, after, 1))


@given(st.binary(max_size=300))
def test_garbage_never_gets_past(content: bytes) -> None:
    for data in (content, b"\x80\x02" + content):
        try:
            unpickle(Path("train"), data)
        except InputFileError:
            continue


@pytest.mark.parametrize("name", ["train", "test"])
def test_missing_and_cut_off_files_are_told(root: Path, tmp_path: Path, name: str) -> None:
    path = root / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputFileError, match=f"{name}: is cut off"):
        _read(root)
    path.unlink()
    with pytest.raises(InputFileError, match=f"{name}: does not exist"):
        _read(root)
    archive = tmp_path / "cifar.tar.gz"
    write_archive(root, archive)
    with pytest.raises(InputFileError, match=f"holds no file cifar-100-python/{name}"):
        _read(archive)
    archive.write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(InputFileError, match="is no complete archive"):
        _read(archive)
    archive.write_bytes(content[:5000])
    with pytest.raises(InputFileError, match="is no complete archive"):
        _read(archive)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"data": None}, "holds no images"),
        ({"data": [1, 2]}, "holds no images"),
        ({"data": np.zeros((120, 784), np.uint8)}, "images of 784 bytes instead of 3,072"),
        ({"fine_labels": None}, "'fine_labels' is no list of whole numbers"),
        ({"fine_labels": ["a"] * 120}, "'fine_labels' is no list of whole numbers"),
        ({"fine_labels": [1] * 119}, "119 fine_labels for 120 images"),
        ({"coarse_labels": [1] * 7}, "7 coarse_labels for 120 images"),
    ],
)
def test_wrong_contents_are_told(root: Path, fields: dict[str, object], message: str) -> None:
    patch(root, "train", **fields)
    with pytest.raises(InputFileError, match=message):
        _read(root)


def test_wrong_labels_are_left_out(root: Path) -> None:
    fine = [5] * 60 + [6] * 58 + [100, -1]
    coarse = [1] * 60 + [2] * 58 + [0, 0]
    coarse[3] = 9
    patch(root, "train", fine_labels=fine, coarse_labels=coarse)
    dataset, findings = _read(root)
    assert len(dataset.train) == 117
    assert dataset.train.labels.tolist() == [5] * 59 + [6] * 58
    assert findings == [
        "train: item 119 has the label 100; the largest is 99",
        "train: item 120 has the label -1; the largest is 99",
        "train: item 4 is of class 5 and group 9; the others of that class are of group 1",
    ]


def test_without_names_classes_have_numbers(root: Path) -> None:
    patch(root, "meta", fine_label_names=["a", "b"])
    dataset, findings = _read(root)
    assert (dataset.classes[7], len(findings)) == ("class 7", 1)
    (root / "meta").unlink()
    dataset, findings = _read(root)
    assert dataset.classes[99] == "class 99"
    assert findings[0].startswith("meta: does not exist")
