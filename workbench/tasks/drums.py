"""Drum sounds: single strokes from Hydrogen's drum kits, a stand-in for acoustic events.

Source: Debian's package ``hydrogen-drumkits``. What a sound is follows from the name that its kit
gives the instrument. The kits of the test part were made by other people than those of the training
part: kits of one maker share drums, rooms and sometimes files.
"""

from __future__ import annotations

import re
from pathlib import Path

from workbench.core.errors import InputFileError
from workbench.space.description import DataCard
from workbench.tasks.drumkit import Drumkit, read_drumkit
from workbench.tasks.findings import Reading
from workbench.tasks.sounds import (
    INPUTS,
    SOUND_TRAINING,
    Sound,
    digest_of,
    sound_backbone,
    sound_splits,
)
from workbench.tasks.task import Dataset, Task

KIT_FILE = "drumkit.xml"
PATTERNS = {
    "kick": re.compile(r"\bkick\b|\bbass ?drum\b"),
    "snare": re.compile(r"snare"),
    "rim": re.compile(r"\bstick\b|\brim ?click\b"),
    "tom": re.compile(r"\btom(hi\d?)?\b"),
    "hi-hat": re.compile(r"\bo?hh\b|\bhi-?\s?hat\b|\bhat\b"),
    "ride": re.compile(r"\bride\b"),
    "crash": re.compile(r"\bcrash(\d+inch)?\b|\bsplash\b|\bchina\b"),
}
"""Class to what the names of its instruments match, in small letters. An instrument that matches
none or two (crash/ride cymbals) is not used: clap, tambourine, cowbell, conga, bongo, djembe and
others have fewer than 20 sounds or come from one or two makers."""
CLASSES = tuple(PATTERNS)
TRAIN_KITS = (
    "BJA_Pacific",
    "ElectricEmpireKit",
    "ForzeeStereo",
    "HardElectro1",
    "Millo-Drums_v.1",
    "Millo_MultiLayered2",
    "Millo_MultiLayered3",
    "VariBreaks",
    "rumpf_kit_z01_h2",
)
TEST_KITS = ("Audiophob", "ColomboAcousticDrumkit", "The Black Pearl 1.0")
LICENCES = (
    "by kit: GPL-2 (ForzeeStereo, Millo, The Black Pearl), GPL-2+ (ElectricEmpireKit, HardElectro1,"
    " VariBreaks; ColomboAcousticDrumkit with an exception for compositions), CC BY-SA 3.0 US"
    " (BJA_Pacific), CC BY 3.0 (rumpf_kit), CC0 (Audiophob)"
)


def read_drums(folder: Path, reading: Reading) -> Dataset:
    """Read the kits below a folder; a kit is known by the name of its folder.

    Raises:
        InputFileError: when there is no kit.
    """
    kits = {path.parent: path for path in sorted(folder.rglob(KIT_FILE))}
    if not kits:
        raise InputFileError(folder, f"holds no {KIT_FILE}", TASK.data_hint)
    for name in sorted({*TRAIN_KITS, *TEST_KITS} - {kit.name for kit in kits}):
        reading.leave_out(name, "missing", "is no kit of this folder", items=0)
    sounds: list[Sound] = []
    hashes: dict[str, str] = {}
    for kit in kits:
        if kit.name in TRAIN_KITS or kit.name in TEST_KITS:
            found = _sounds_of(kit, reading)
            sounds += found
            hashes[f"{kit.name} ({len(found)} sounds)"] = digest_of(
                [kits[kit], *(sound.path for sound in found)]
            )
    card = DataCard(
        name="Drum sounds (Hydrogen drum kits)",
        version="Debian hydrogen-drumkits 2017.09.19~dfsg-1",
        licence=LICENCES,
        files_sha256=hashes,
        split=(
            "by maker of the kit: never trained on are " + ", ".join(TEST_KITS) + "; equal"
            " files count once"
        ),
        inputs=INPUTS,
    )
    return Dataset(*sound_splits(sounds, reading, most=1), CLASSES, card)


def label_of(instrument: str) -> int | None:
    """Class of an instrument by its name; None where no class or more than one fits."""
    name = instrument.lower()
    fitting = [index for index, label in enumerate(CLASSES) if PATTERNS[label].search(name)]
    return fitting[0] if len(fitting) == 1 else None


def _sounds_of(kit: Path, reading: Reading) -> list[Sound]:
    """The sounds of a kit that belong to a class, in the order of their files."""
    try:
        described = read_drumkit(kit / KIT_FILE)
    except InputFileError as error:
        reading.leave_out(kit / KIT_FILE, "unreadable", error.reason)
        return []
    labels = _labels(described)
    sounds = []
    for name, label in sorted(labels.items()):
        path = kit / name
        # A name such as ../other/file leads out of the kit: what it names was not asked for.
        if path.resolve().parent != kit.resolve():
            reading.leave_out(kit / KIT_FILE, "mislabelled", f"names a file elsewhere, {name!r}")
        elif not path.is_file():
            reading.leave_out(path, "missing", f"is missing, {KIT_FILE} names it")
        else:
            sounds.append(Sound(path, label, kit.name in TEST_KITS))
    return sounds


def _labels(kit: Drumkit) -> dict[str, int]:
    """File name to class; a file that instruments of two classes use is ambiguous."""
    labels: dict[str, set[int]] = {}
    for instrument in kit.instruments:
        if (label := label_of(instrument.name)) is not None:
            for name in instrument.files:
                labels.setdefault(name, set()).add(label)
    return {name: found.pop() for name, found in labels.items() if len(found) == 1}


TASK = Task(
    name="drums",
    title="Acoustic events (drum sounds)",
    backbone=sound_backbone("drums", len(CLASSES)),
    training=SOUND_TRAINING,
    read=read_drums,
    data_hint=(
        "Debian and Ubuntu have the data: `apt install hydrogen-drumkits` puts it into"
        " /usr/share/hydrogen/data/drumkits."
    ),
    usual_folder="/usr/share/hydrogen/data/drumkits",
)
