"""UCI-HAR's own files: windows, labels and people; what is broken is left out and counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.uci_har_files import write_uci_har
from workbench.core.errors import InputFileError
from workbench.tasks.findings import Reading
from workbench.tasks.reading import read_data
from workbench.tasks.task import Dataset
from workbench.tasks.uci_har import TASK, read_uci_har

PEOPLE = {"train": (1, 3, 5), "test": (2, 4)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "UCI HAR Dataset"
    write_uci_har(folder, PEOPLE)
    return folder


def _read(folder: Path) -> tuple[Dataset, list[str]]:
    reading = Reading(folder)
    dataset = read_uci_har(folder, reading)
    return dataset, [str(finding) for finding in reading.findings]


def test_windows_labels_and_split(tmp_path: Path) -> None:
    written = write_uci_har(tmp_path / "UCI HAR Dataset", PEOPLE)
    dataset, findings = _read(tmp_path)
    assert findings == []
    assert dataset.train.images.shape == (18, 9, 1, 128)
    assert dataset.test.images.shape == (12, 9, 1, 128)
    assert dataset.train.labels.tolist() == [row % 6 for row in range(18)]
    expected = written["test"]["total_acc_y"][7]
    np.testing.assert_allclose(dataset.test.images[7, 1, 0], expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        dataset.test.images[:, 6, 0], written["test"]["body_acc_x"], rtol=1e-6, atol=1e-9
    )
    assert len(dataset.card.files_sha256) == 22
    assert dataset.classes[1] == "walking upstairs"


def test_the_data_fit_the_recipe(root: Path) -> None:
    _, report = read_data(TASK, root)
    assert report.shape == TASK.backbone.input_shape
    assert not [reason for reason in report.blocked if "recipe's network" in reason]


def _change(path: Path, line: int, text: str) -> None:
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1.0", "holds 1 values instead of 128"),
        ("", "holds 0 values instead of 128"),
        (" ".join(["1"] * 129), "holds 129 values instead of 128"),
        (" ".join(["1"] * 127 + ["nan"]), "holds values that are no numbers"),
        (" ".join(["1"] * 127 + ["x"]), "holds values that are no numbers"),
    ],
)
def test_a_broken_window_is_left_out(root: Path, text: str, fault: str) -> None:
    path = root / "train" / "Inertial Signals" / "body_gyro_z_train.txt"
    _change(path, 4, text)
    dataset, findings = _read(root)
    assert findings == [f"train/Inertial Signals/body_gyro_z_train.txt, line 4: {fault}"]
    assert len(dataset.train) == 17
    assert dataset.train.labels.tolist() == [row % 6 for row in range(18) if row != 3]


def test_a_window_broken_in_two_files_counts_once(root: Path) -> None:
    for name in ("total_acc_x", "total_acc_y"):
        _change(root / "test" / "Inertial Signals" / f"{name}_test.txt", 2, "1 2 3")
    _, report = read_data(TASK, root)
    assert report.left_out == 1
    assert len(report.findings) == 2


def test_cut_off_files_lose_the_rows_behind_the_cut(root: Path) -> None:
    path = root / "train" / "Inertial Signals" / "body_acc_x_train.txt"
    path.write_text("\n".join(path.read_text().splitlines()[:13]) + "\n")
    (root / "test" / "y_test.txt").write_text("1\n2\n3\n")
    dataset, findings = _read(root)
    assert findings == [
        "train/Inertial Signals/body_acc_x_train.txt: has 13 of 18 lines",
        "test/y_test.txt: has 3 of 12 lines",
    ]
    assert (len(dataset.train), len(dataset.test)) == (13, 3)


def test_a_missing_signal_leaves_nothing_of_its_part(root: Path) -> None:
    (root / "test" / "Inertial Signals" / "total_acc_z_test.txt").unlink()
    _, report = read_data(TASK, root)
    assert (report.train, report.test, report.left_out) == (18, 0, 12)
    assert str(report.findings[0]) == "test/Inertial Signals/total_acc_z_test.txt: is missing"
    assert any("samples for testing" in reason for reason in report.blocked)


def test_unknown_labels_and_people_on_both_sides(root: Path) -> None:
    _change(root / "train" / "y_train.txt", 5, "9")
    _change(root / "train" / "y_train.txt", 6, "sitting")
    subjects = root / "test" / "subject_test.txt"
    for line in (1, 2):
        _change(subjects, line, "3")
    dataset, findings = _read(root)
    assert findings == [
        "train/y_train.txt, line 6: holds no number",
        "train/y_train.txt, line 5: has the label 9, which activity_labels.txt does not name",
        "test/subject_test.txt: has windows of person 3, who is in the training part",
    ]
    assert (len(dataset.train), len(dataset.test)) == (16, 10)


def test_the_names_of_the_labels_decide(root: Path) -> None:
    path = root / "activity_labels.txt"
    text = path.read_text().replace("4 SITTING", "4 STANDING").replace("5 STANDING", "5 SITTING")
    path.write_text(text)
    dataset, findings = _read(root)
    assert findings == []
    assert dataset.classes[dataset.train.labels[3]] == "standing"
    path.unlink()
    dataset, findings = _read(root)
    assert findings == ["activity_labels.txt: is missing; the usual numbers are taken"]
    assert dataset.classes[dataset.train.labels[3]] == "sitting"


def test_bytes_that_are_no_text_are_named(root: Path) -> None:
    (root / "train" / "subject_train.txt").write_bytes(b"\xff\xfe\x00")
    _, findings = _read(root)
    assert findings[0].startswith("train/subject_train.txt: ")


def test_another_folder_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="Inertial Signals"):
        read_uci_har(tmp_path, Reading(tmp_path))
