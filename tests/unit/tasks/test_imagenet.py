"""ImageNet's folders: the layouts people have them in, and what can be wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.picture_folders import SYNSETS, write_imagenet
from workbench.core.errors import InputFileError, SettingsError
from workbench.space.design_space import DesignSpace
from workbench.space.tables import COST_METRICS, cost_tables
from workbench.tasks.imagenet import backbone
from workbench.tasks.options import TaskOptions
from workbench.tasks.reading import read_data
from workbench.tasks.registry import task

SMALL = task("imagenet", TaskOptions(input_size=32))


def _read(folder: Path, max_classes: int | None = None):  # type: ignore[no-untyped-def]
    small = task("imagenet", TaskOptions(input_size=32, max_classes=max_classes))
    dataset, report = read_data(small, folder, scratch=folder)
    return dataset, report, [str(finding) for finding in report.findings]


def test_training_and_validation_folders(tmp_path: Path) -> None:
    write_imagenet(tmp_path, 7, 3)
    dataset, report, findings = _read(tmp_path)
    assert not findings
    assert dataset.classes == SYNSETS
    assert dataset.train.images.shape == (42, 3, 32, 32)
    assert np.bincount(dataset.train.labels).tolist() == [7] * 6
    assert np.bincount(dataset.test.labels).tolist() == [3] * 6
    assert report.pixel_bytes == 60 * 3 * 32 * 32
    assert "val/ is never trained on" in dataset.card.split
    again = _read(tmp_path)[0]
    assert np.array_equal(again.train.images, dataset.train.images)
    assert again.card == dataset.card


def test_one_folder_of_classes_is_split_the_same_way_each_time(tmp_path: Path) -> None:
    write_imagenet(tmp_path, 12, 0, classes=3, flat=True)
    dataset = _read(tmp_path)[0]
    assert np.bincount(dataset.train.labels).tolist() == [9] * 3
    assert np.bincount(dataset.test.labels).tolist() == [3] * 3
    assert "every 5th picture" in dataset.card.split


def test_classes_are_capped_and_the_head_follows(tmp_path: Path) -> None:
    write_imagenet(tmp_path, 4, 2)
    dataset, report, findings = _read(tmp_path, max_classes=4)
    assert not findings
    assert dataset.classes == SYNSETS[:4]
    assert "4 of 6 classes" in dataset.card.split
    assert SMALL.backbone_for(len(report.classes)).classes == 4


def test_faults_are_collected(tmp_path: Path) -> None:
    write_imagenet(tmp_path, 5, 2, classes=3)
    first = tmp_path / "train" / SYNSETS[0]
    (first / f"{SYNSETS[0]}_1.JPEG").write_bytes(b"")
    (first / f"{SYNSETS[0]}_2.JPEG").rename(first / f"{SYNSETS[1]}_99.JPEG")
    (tmp_path / "train" / SYNSETS[3]).mkdir()
    (tmp_path / "val" / SYNSETS[2]).rename(tmp_path / "val" / SYNSETS[5])
    dataset, report, findings = _read(tmp_path)
    assert len(dataset.train) == 13
    assert set(findings) == {
        f"train/{SYNSETS[0]}/{SYNSETS[0]}_1.JPEG: is empty",
        f"train/{SYNSETS[0]}/{SYNSETS[1]}_99.JPEG: is named after {SYNSETS[1]}",
        f"val/{SYNSETS[5]}: is of a class without pictures for training",
        f"{SYNSETS[3]}: the class has no samples for training or testing",
        f"{SYNSETS[2]}: the class has no samples for testing",
    }
    assert report.left_out == 1 + 1 + 2


def test_layouts_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="holds no class folders") as caught:
        _read(tmp_path)
    assert "train/<class>" in caught.value.hint
    write_imagenet(tmp_path, 2, 1, classes=2)
    for name in SYNSETS[:2]:
        for number, path in enumerate((tmp_path / "val" / name).iterdir()):
            path.rename(tmp_path / "val" / f"{name}_{number}.JPEG")
        (tmp_path / "val" / name).rmdir()
    with pytest.raises(InputFileError, match="val: holds no class folders") as caught:
        _read(tmp_path)
    assert "Sort its pictures" in caught.value.hint


def test_options_without_sense_are_refused() -> None:
    for options, message in (
        (TaskOptions(input_size=16), "32 to 512 pixels, not 16"),
        (TaskOptions(input_size=2000), "32 to 512 pixels"),
        (TaskOptions(max_classes=1), "at least 2 classes"),
    ):
        with pytest.raises(SettingsError, match=message):
            task("imagenet", options)
    with pytest.raises(SettingsError, match="they are for imagenet"):
        task("cifar100", TaskOptions(input_size=64))


def test_the_space_cannot_be_enumerated_and_fits_a_phone() -> None:
    space = DesignSpace(backbone())
    assert space.decisions >= 12
    assert space.count > 1e9
    cost = dict(zip(COST_METRICS, cost_tables(space).totals(np.zeros((1, 12), np.uint8))[0]))
    assert cost["macs"] < 700e6
    assert {"fire", "svd", "sparse", "dwsep", "mbv2", "ch75", "ch50", "ch25", "skip"} < {
        name for names in space.operators for name in names
    }
