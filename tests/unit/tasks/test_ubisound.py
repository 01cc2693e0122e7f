"""Class folders of sound files: cut into seconds, split, and checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.sound_files import tone, write_sound
from workbench.core.errors import InputFileError
from workbench.tasks.findings import Reading
from workbench.tasks.reading import read_data
from workbench.tasks.task import Dataset
from workbench.tasks.ubisound import TASK, read_ubisound


def _read(folder: Path) -> tuple[Dataset, list[str]]:
    reading = Reading(folder)
    dataset = read_ubisound(folder, reading)
    return dataset, [str(finding) for finding in reading.findings]


def _folder(root: Path, files: int = 10, offset: float = 0) -> Path:
    for place, name in enumerate(("bell", "dog")):
        for number in range(files):
            hertz = 400 + 1000 * place + 10 * number + offset
            write_sound(root / name / f"{number:02}.wav", tone(hertz, 0.4))
    return root


def test_classes_are_the_folders_and_every_fifth_file_is_tested(tmp_path: Path) -> None:
    dataset, findings = _read(_folder(tmp_path))
    assert findings == []
    assert dataset.classes == ("bell", "dog")
    assert dataset.train.images.shape == (16, 1, 64, 64)
    assert sorted(dataset.train.labels.tolist()) == [0] * 8 + [1] * 8
    assert sorted(dataset.test.labels.tolist()) == [0, 0, 1, 1]
    # The part that training keeps back for its figures is the last one.
    assert set(dataset.train.labels[-6:].tolist()) == {0, 1}
    # The tone of a class lies in its pictures.
    bands = dataset.train.images[:, 0, :, 5].argmax(axis=1)
    assert bands[dataset.train.labels == 0].max() < bands[dataset.train.labels == 1].min()


def test_a_split_of_its_own_is_kept(tmp_path: Path) -> None:
    _folder(tmp_path / "train", 6)
    _folder(tmp_path / "test", 3, 500)
    write_sound(tmp_path / "test" / "rain" / "1.wav", tone(2000, 0.5))
    dataset, report = read_data(TASK, tmp_path)
    assert (len(dataset.train), len(dataset.test)) == (12, 7)
    assert dataset.classes == ("bell", "dog", "rain")
    assert str(report.findings[-1]) == "rain: the class has no samples for training"
    assert "folders train and test" in dataset.card.split


def test_long_files_give_a_picture_a_second_without_the_silent_ones(tmp_path: Path) -> None:
    _folder(tmp_path)
    sound = np.concatenate([tone(700, 2.0), np.zeros(3 * 16_000), tone(700, 0.5)])
    write_sound(tmp_path / "dog" / "long.wav", sound)
    write_sound(tmp_path / "dog" / "longest.wav", tone(900, 30.0))
    dataset, findings = _read(tmp_path)
    assert findings == []
    # 2 s and 0.5 s of sound reach into 4 of 6 windows; of the longest file 10 are taken.
    assert len(dataset.train) + len(dataset.test) == 20 + 4 + 10


def test_broken_sounds_are_left_out_and_equal_ones_count_once(tmp_path: Path) -> None:
    _folder(tmp_path)
    (tmp_path / "dog" / "00.wav").write_text("a text that is named like a sound")
    whole = (tmp_path / "bell" / "00.wav").read_bytes()
    (tmp_path / "bell" / "01.wav").write_bytes(whole[:4000])
    (tmp_path / "bell" / "02.wav").write_bytes(whole)
    (tmp_path / "bell" / "notes.txt").write_text("not a sound, nobody says it is")
    dataset, findings = _read(tmp_path)
    assert sorted(findings)[0].startswith("bell/01.wav: is cut off after 4,000 of")
    assert sorted(findings)[1].startswith("dog/00.wav: cannot be read as sound")
    assert len(findings) == 2
    assert len(dataset.train) + len(dataset.test) == 17


def test_a_folder_without_class_folders_says_how_it_should_look(tmp_path: Path) -> None:
    write_sound(tmp_path / "loose.wav", tone(500, 0.2))
    with pytest.raises(InputFileError, match="no class folders") as caught:
        _read(tmp_path)
    assert "dog/1.wav" in caught.value.hint


def test_one_class_or_few_samples_block_the_training(tmp_path: Path) -> None:
    for number in range(5):
        write_sound(tmp_path / "dog" / f"{number}.wav", tone(500 + number, 0.2))
    _, report = read_data(TASK, tmp_path)
    assert any("at least 2" in reason for reason in report.blocked)
    assert any("samples for training" in reason for reason in report.blocked)
