"""Small folders in the layout of UCI-HAR."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

NAMES = ("WALKING", "WALKING_UPSTAIRS", "WALKING_DOWNSTAIRS", "SITTING", "STANDING", "LAYING")
FILES = [f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"]


def write_uci_har(
    folder: Path, people: Mapping[str, tuple[int, ...]], rows_each: int = 6
) -> dict[str, dict[str, np.ndarray]]:
    """Write a folder; returns part, then signal, to (rows, 128) values.

    Args:
        people: part (``train``, ``test``) to its people.
        rows_each: windows of each person; the activities take turns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{number} {name}" for number, name in enumerate(NAMES, start=1)]
    (folder / "activity_labels.txt").write_text("\n".join(lines) + "\n")
    written: dict[str, dict[str, np.ndarray]] = {}
    for seed, (part, persons) in enumerate(people.items()):
        signals = folder / part / "Inertial Signals"
        signals.mkdir(parents=True)
        rows = rows_each * len(persons)
        subjects = np.repeat(persons, rows_each)
        (folder / part / f"subject_{part}.txt").write_text("".join(f"{s}\n" for s in subjects))
        labels = [1 + row % 6 for row in range(rows)]
        (folder / part / f"y_{part}.txt").write_text("".join(f"{label}\n" for label in labels))
        rng = np.random.default_rng(seed)
        written[part] = {}
        for name in FILES:
            values = rng.normal(size=(rows, 128))
            text = "\n".join("".join(f"{v: 16.7e}" for v in row) for row in values) + "\n"
            (signals / f"{name}_{part}.txt").write_text(text)
            written[part][name] = values
    return written
