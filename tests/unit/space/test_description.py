"""The reader of network folders: whole ones are read back, anything else is one clear error."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.network_folder import write_network
from workbench.core.errors import InputFileError
from workbench.space.description import read_network


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("networks") / "invented")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "invented"))


def test_reads_back_what_was_written(folder: Path) -> None:
    network = read_network(folder)
    lines = (folder / "accuracy.csv").read_text().splitlines()
    assert len(network.accuracy.measured.configurations) == len(lines) - 1
    text, value = lines[5].split(",")
    chosen = network.space.parse(text)
    assert network.accuracy.is_measured(chosen)
    loss = network.accuracy.every_loss_points[network.space.index(chosen)]
    assert loss == pytest.approx(92.0 - float(value))


def test_a_description_without_confusion_is_read_and_one_with_it_too(folder: Path) -> None:
    assert read_network(folder).description.class_accuracy_percent == ()
    _edit(lambda d: d.update(confusion=_confusion(9_200)))(folder)
    accuracies = read_network(folder).description.class_accuracy_percent
    assert accuracies == (92.0, *[None] * 9)


def test_missing_folder_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="is no network"):
        read_network(tmp_path / "nowhere")


def _edit(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "network.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return edit


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return edit


def _cut(name: str, keep: float, whole_lines: bool = False) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        text = text[: int(keep * len(text))]
        path.write_text(text[: text.rindex("\n") + 1] if whole_lines else text)

    return edit


def _confusion(right: int, wrong: int | None = None) -> list[list[int]]:
    """Of 10,000 images of two classes so many right; eight classes without images."""
    counts = [[0] * 10 for _ in range(10)]
    counts[0][0], counts[0][1] = right, 10_000 - right if wrong is None else wrong
    return counts


BROKEN: dict[str, tuple[Callable[[Path], None], str, int | None, str]] = {
    "truncated description": (_cut("network.json", 0.5), "network.json", None, "not complete"),
    "newer version": (_edit(lambda d: d.update(version=2)), "network.json", None, "version 2"),
    "other file": (_edit(lambda d: d.pop("format")), "network.json", None, "does not describe"),
    "NaN": (_replace("network.json", "92.0", "NaN"), "network.json", None, "not complete JSON"),
    "accuracy of 920%": (_replace("network.json", "92.0", "920.0"), "network.json", None, "0-100%"),
    "label missing": (_edit(lambda d: d["labels"].pop()), "network.json", None, "label"),
    "unknown operator": (
        _replace("network.json", '"dwsep"', '"dwsepp"'), "network.json", None, "dwsepp",
    ),
    "predictor too small": (
        _edit(lambda d: d["predictor_tables"].pop()), "network.json", None, "predictor",
    ),
    "text for a number": (
        _edit(lambda d: d.update(test_images="many")), "network.json", None, "test_images",
    ),
    "confusion of other classes": (
        _edit(lambda d: d.update(confusion=[[9200, 800], [0, 0]])),
        "network.json", None, "confusion matrix",
    ),
    "confusion of another accuracy": (
        _edit(lambda d: d.update(confusion=_confusion(9_100))),
        "network.json", None, "confusion matrix",
    ),
    "confusion of more images": (
        _edit(lambda d: d.update(confusion=_confusion(9_200, 900))),
        "network.json", None, "confusion matrix",
    ),
    "no accuracies": (
        lambda folder: (folder / "accuracy.csv").unlink(), "accuracy.csv", None, "cannot be read",
    ),
    "empty accuracies": (
        lambda folder: (folder / "accuracy.csv").write_text(""), "accuracy.csv", 1, "start with",
    ),
    "cut inside a line": (_cut("accuracy.csv", 0.5), "accuracy.csv", None, "cut off"),
    "cut between lines": (_cut("accuracy.csv", 0.5, True), "accuracy.csv", None, "promises 1"),
    "unknown column": (
        _replace("accuracy.csv", "accuracy_percent", "accuracy"), "accuracy.csv", 1, "start with",
    ),
    "NaN accuracy": (
        lambda folder: _set_line(folder, 3, "identity/identity/identity/identity,nan"),
        "accuracy.csv", 3, "0-100%",
    ),
    "negative accuracy": (
        lambda folder: _set_line(folder, 4, "fire/fire/fire/fire,-3"), "accuracy.csv", 4, "0-100%",
    ),
    "too few operators": (
        lambda folder: _set_line(folder, 5, "fire/fire,90"), "accuracy.csv", 5, "no valid",
    ),
    "twice": (
        lambda folder: _set_line(folder, 6, (folder / "accuracy.csv").read_text().split("\n")[1]),
        "accuracy.csv", 6, "twice",
    ),
}  # fmt: skip


def _set_line(folder: Path, number: int, text: str) -> None:
    path = folder / "accuracy.csv"
    lines = path.read_text().split("\n")
    lines[number - 1] = text
    path.write_text("\n".join(lines))


@pytest.mark.parametrize("case", BROKEN)
def test_broken_network_names_file_line_and_way_out(case: str, folder: Path) -> None:
    break_it, name, line, words = BROKEN[case]
    break_it(folder)
    with pytest.raises(InputFileError) as caught:
        read_network(folder)
    error = caught.value
    assert Path(error.path) == folder / name
    if line is not None:
        assert error.line == line
        assert f"line {line}" in error.message
    assert words in error.message
    assert error.hint


def test_malformed_json_names_its_line(folder: Path) -> None:
    path = folder / "network.json"
    lines = path.read_text().split("\n")
    lines[7] = lines[7].replace(":", ";", 1) if ":" in lines[7] else lines[7] + "?"
    path.write_text("\n".join(lines))
    with pytest.raises(InputFileError) as caught:
        read_network(folder)
    assert caught.value.line == 8


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.binary(max_size=300))
def test_garbage_for_a_description_is_one_clear_error(whole: Path, data: bytes) -> None:
    _try_description(whole, data)


@given(_JSON, st.data())
@settings(max_examples=150)
def test_any_value_anywhere_in_a_description_is_accepted_or_one_clear_error(
    whole: Path, value: Any, data: st.DataObject
) -> None:
    content: Any = json.loads((whole / "network.json").read_text())
    inside = content
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(inside[key], (dict, list)) and inside[key] and data.draw(st.booleans()):
            inside = inside[key]
            continue
        inside[key] = value
        break
    _try_description(whole, json.dumps(content).encode())


def _try_description(whole: Path, data: bytes) -> None:
    folder = whole.parent / "fuzzed"
    folder.mkdir(exist_ok=True)
    (folder / "network.json").write_bytes(data)
    shutil.copy(whole / "accuracy.csv", folder)
    _read(folder)


@given(st.binary(max_size=300), st.booleans(), st.integers(0, 2000))
def test_garbage_in_accuracies_is_one_clear_error(
    whole: Path, garbage: bytes, overwrite: bool, at: int
) -> None:
    folder = whole.parent / "fuzzed-accuracy"
    folder.mkdir(exist_ok=True)
    shutil.copy(whole / "network.json", folder)
    data = (whole / "accuracy.csv").read_bytes()
    after = at + len(garbage) if overwrite else at
    (folder / "accuracy.csv").write_bytes(data[:at] + garbage + data[after:])
    _read(folder)


def _read(folder: Path) -> None:
    try:
        read_network(folder)
    except InputFileError as error:
        assert error.message.startswith(str(folder))
        assert error.hint
