"""`check-data` reads as training would and trains nothing."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.synthetic import idx_bytes, write_fashion_mnist
from workbench.__main__ import main

LABELS = "train-labels-idx1-ubyte.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    write_fashion_mnist(data, 300, 60)
    labels = (np.arange(300) % 10).astype(np.uint8)
    labels[:30] = 77
    (data / LABELS).write_bytes(gzip.compress(idx_bytes(labels)))
    return data


def test_findings_are_shown_listed_and_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = folder.parent / "findings.csv"
    arguments = ["check-data", "--task", "fashion_mnist", "--data", str(folder)]
    assert main([*arguments, "--list", str(table)]) == 2
    shown = capsys.readouterr().out
    assert "270 samples for training, 60 for testing" in shown
    assert "30 of 360 samples cannot be used (30 mislabelled)" in shown
    assert "10 more; --list FILE writes them all" in shown
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 30
    assert rows[4] == {
        "path": LABELS, "line": "", "kind": "mislabelled", "samples": "1",
        "what": "item 5 has the label 77; the largest is 9",
    }  # fmt: skip
    assert main([*arguments, "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert (report["left_out"], report["counts"]) == (30, {"mislabelled": 30})


def test_a_whole_folder_ends_with_0_and_a_wrong_one_with_a_message(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_fashion_mnist(folder, 300, 60)
    arguments = ["check-data", "--task", "fashion_mnist", "--data"]
    assert main([*arguments, str(folder)]) == 0
    assert main([*arguments, str(folder / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err
    write_fashion_mnist(folder, 20, 60)
    assert main([*arguments, str(folder)]) == 2
    assert "cannot be trained on: has 20 samples for training" in capsys.readouterr().out
