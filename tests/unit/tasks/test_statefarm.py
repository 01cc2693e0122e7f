"""StateFarm's folders and list: split by driver; list and files must agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.picture_folders import write_statefarm
from workbench.core.errors import InputFileError
from workbench.tasks.reading import read_data
from workbench.tasks.registry import task
from workbench.tasks.statefarm import LIST_FILE

TASK = task("statefarm")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_statefarm(tmp_path)
    return tmp_path


def _read(folder: Path):  # type: ignore[no-untyped-def]
    dataset, report = read_data(TASK, folder, scratch=folder)
    return dataset, report, [str(finding) for finding in report.findings]


def test_drivers_for_testing_are_never_trained_on(folder: Path) -> None:
    dataset, _, findings = _read(folder)
    assert not findings
    assert dataset.train.images.shape == (80, 3, 72, 96)
    assert np.bincount(dataset.train.labels).tolist() == [8] * 10
    assert np.bincount(dataset.test.labels).tolist() == [2] * 10
    assert dataset.card.split == "by driver: 1 of 5 (p000) never trained on"
    assert LIST_FILE in dataset.card.files_sha256
    # Drivers keep their side when pictures are added.
    lines = (folder / LIST_FILE).read_text().splitlines()
    (folder / LIST_FILE).write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    again = _read(folder)[0]
    assert sorted(again.test.images.reshape(20, -1).sum(1).tolist()) == sorted(
        dataset.test.images.reshape(20, -1).sum(1).tolist()
    )


def test_mirrored_drivers_would_be_other_classes() -> None:
    assert not TASK.training.flip


def test_list_and_files_must_agree(folder: Path) -> None:
    images = folder / "imgs" / "train"
    (images / "c0" / "img_1.jpg").unlink()
    (images / "c1" / "img_3.jpg").rename(images / "c2" / "img_3.jpg")
    (images / "c4" / "extra.jpg").write_bytes((images / "c4" / "img_9.jpg").read_bytes())
    (images / "c5" / "img_11.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    with (folder / LIST_FILE).open("a") as stream:
        stream.write("p003,c12,img_99.jpg\np003,c4,img_9.jpg\nnonsense\n")
    dataset, report, findings = _read(folder)
    assert set(findings) == {
        "imgs/train/c0/img_1.jpg: is in the list, but does not exist",
        f"{LIST_FILE}, line 4: says img_3.jpg is of c1; it lies in c2",
        f"imgs/train/c4/extra.jpg: is not in {LIST_FILE}, so nobody knows whose picture it is",
        "imgs/train/c5/img_11.jpg: is cut off",
        f"{LIST_FILE}, line 102: is no row of driver, class and picture",
        f"{LIST_FILE}, line 103: names img_9.jpg again",
        f"{LIST_FILE}, line 104: is no row of driver, class and picture",
    }
    assert len(dataset.train) + len(dataset.test) == 97
    assert report.counts["mislabelled"] == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not start with subject,classname,img"),
        (b"img,classname\n", "does not start with subject,classname,img"),
        (b"subject,classname,img\n\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_list_that_is_none_is_told(folder: Path, content: bytes, message: str) -> None:
    (folder / LIST_FILE).write_bytes(content)
    with pytest.raises(InputFileError, match=message):
        _read(folder)


def test_missing_parts_are_told(folder: Path) -> None:
    (folder / LIST_FILE).unlink()
    with pytest.raises(InputFileError, match=f"{LIST_FILE}: cannot be read"):
        _read(folder)
    with pytest.raises(InputFileError, match="imgs/train: does not exist") as caught:
        _read(folder / "imgs")
    assert "Kaggle" in caught.value.hint


def test_one_driver_cannot_be_split(folder: Path) -> None:
    write_statefarm(folder / "one", drivers=1)
    blocked = _read(folder / "one")[1].blocked
    assert any("0 samples for testing" in reason for reason in blocked)
