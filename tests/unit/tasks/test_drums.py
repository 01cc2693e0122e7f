"""Drum kits: what an instrument's name says, splits by maker, and broken kits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.sound_files import tone, write_kit, write_sound
from workbench.core.errors import InputFileError
from workbench.tasks.drumkit import read_drumkit
from workbench.tasks.drums import (
    CLASSES,
    TEST_KITS,
    TRAIN_KITS,
    label_of,
    read_drums,
)
from workbench.tasks.findings import Reading
from workbench.tasks.task import Dataset

NAMESPACE = "http://www.hydrogen-music.org/drumkit"


def _read(folder: Path) -> tuple[Dataset, list[str]]:
    reading = Reading(folder)
    dataset = read_drums(folder, reading)
    return dataset, [str(finding) for finding in reading.findings]


def _kits(root: Path) -> Path:
    """All kits, each with a kick of two layers and a snare, all different."""
    for number, name in enumerate((*TRAIN_KITS, *TEST_KITS)):
        kit = root / "usr" / "share" / name
        write_kit(kit, {"Kick": ("k1.flac", "k2.flac"), "Snare Jazz": ("s1.wav",)}, NAMESPACE)
        for file, hertz in (("k1.flac", 80), ("k2.flac", 100), ("s1.wav", 900)):
            write_sound(kit / file, tone(hertz + number, 0.3))
    return root


@pytest.mark.parametrize(
    ("instrument", "label"),
    [
        ("BassDrum", "kick"),
        ("c3 - bass drum 1", "kick"),
        ('Kick (Tama Superstar 22")', "kick"),
        ("Snare Rimshot (Pearl Free Floating Maple 14x3.5)", "snare"),
        ("Pearl Side Stick", "rim"),
        ("Rim Click (Pearl)", "rim"),
        ("Closed HH", "hi-hat"),
        ("Hi Hat Opened", "hi-hat"),
        ("Sabian Hat Semi-Open", "hi-hat"),
        ("tomhi4", "tom"),
        ("Floor Tom", "tom"),
        ("Ride Bell", "ride"),
        ("crash20inch--2", "crash"),
        ("Zildjian Splash Choke", "crash"),
        ("Crash/Ride Bow (Paiste Rude Crash/Ride 18)", None),
        ("Custom", None),
        ("Tambourine (Pearl PTM-10GH)", None),
        ("Sample: beats_08-37.flac", None),
        ("Hand Clap", None),
    ],
)
def test_names_of_instruments(instrument: str, label: str | None) -> None:
    found = label_of(instrument)
    assert (None if found is None else CLASSES[found]) == label


def test_kits_are_split_by_their_makers(tmp_path: Path) -> None:
    dataset, findings = _read(_kits(tmp_path))
    assert findings == []
    assert dataset.train.labels.tolist() == [0, 0, 1] * len(TRAIN_KITS)
    assert dataset.test.labels.tolist() == [0, 0, 1] * len(TEST_KITS)
    assert dataset.train.images.shape[1:] == (1, 64, 64)
    assert "Audiophob (3 sounds)" in dataset.card.files_sha256
    for name in TEST_KITS:
        assert name in dataset.card.split


def test_a_sound_counts_once_and_not_under_two_classes(tmp_path: Path) -> None:
    kit = _kits(tmp_path) / "usr" / "share" / TRAIN_KITS[0]
    write_kit(
        kit,
        {"Tom Low": ("t.wav",), "Tom Hi": ("t.wav",), "Kick": ("k1.flac",), "Ride": ("k1.flac",)},
    )
    write_sound(kit / "t.wav", tone(200, 0.3))
    dataset, findings = _read(tmp_path)
    assert findings == []
    assert np.bincount(dataset.train.labels, minlength=7).tolist() == [
        2 * (len(TRAIN_KITS) - 1), len(TRAIN_KITS) - 1, 0, 1, 0, 0, 0
    ]  # fmt: skip


def test_what_is_wrong_with_kits_is_told(tmp_path: Path) -> None:
    root = _kits(tmp_path) / "usr" / "share"
    (root / TRAIN_KITS[1] / "s1.wav").unlink()
    (root / TRAIN_KITS[2] / "k1.flac").write_text("a text and no sound, long enough to be read")
    write_kit(root / TRAIN_KITS[3], {"Snare": ("../../../../etc/hosts",)})
    (root / TRAIN_KITS[4] / "drumkit.xml").write_text("<drumkit_info><name>cut")
    for path in (root / TRAIN_KITS[5]).iterdir():
        path.unlink()
    _, findings = _read(tmp_path)
    place = "usr/share"
    assert [finding for finding in findings if "cannot be read as sound" in finding]
    rest = [finding for finding in findings if "cannot be read as sound" not in finding]
    assert rest == [
        f"{TRAIN_KITS[5]}: is no kit of this folder",
        f"{place}/{TRAIN_KITS[1]}/s1.wav: is missing, drumkit.xml names it",
        f"{place}/{TRAIN_KITS[3]}/drumkit.xml: names a file elsewhere, '../../../../etc/hosts'",
        f"{place}/{TRAIN_KITS[4]}/drumkit.xml: is no complete XML (no element found: line 1,"
        " column 23)",
    ]


def test_a_folder_without_kits_says_where_they_come_from(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"holds no drumkit.xml") as caught:
        _read(tmp_path)
    assert "hydrogen-drumkits" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><drumkit_info>&a;</drumkit_info>', "document type"),
        ("<kit/>", "does not describe a drum kit"),
        ("", "is no complete XML"),
        ("<drumkit_info>", "is no complete XML"),
        ("<drumkit_info>&#0;</drumkit_info>", "is no complete XML"),
    ],
)
def test_broken_descriptions(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "drumkit.xml"
    path.write_text(text)
    with pytest.raises(InputFileError, match=why):
        read_drumkit(path)


def test_namespaces_do_not_matter(tmp_path: Path) -> None:
    for namespace in ("", NAMESPACE):
        path = write_kit(tmp_path / f"kit{namespace[:4]}", {"A & B": ("x.wav", "x.wav")}, namespace)
        kit = read_drumkit(path)
        assert kit.licence == "GPL"
        assert [(i.name, i.files) for i in kit.instruments] == [("A & B", ("x.wav",))]
