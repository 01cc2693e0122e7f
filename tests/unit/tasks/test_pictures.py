"""Picture files become pixels of one size; each sort of damage is told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.picture_folders import picture
from workbench.core.errors import InputFileError
from workbench.tasks import pixels
from workbench.tasks.findings import Reading
from workbench.tasks.pictures import Fault, Picture, decode, picture_files, read_pictures

SIZE = (24, 32)


def _halves(mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue, 100 x 50."""
    array = np.zeros((50, 100, 3), np.uint8)
    array[:, :50, 0] = array[:, 50:, 2] = 255
    return Image.fromarray(array).convert(mode)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp"])
def test_pixels_are_channels_first_in_the_wanted_size(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    _halves().save(path)
    for crop in (True, False):
        found = decode(path, SIZE, crop=crop)
        assert isinstance(found, np.ndarray)
        assert (found.shape, found.dtype) == ((3, *SIZE), np.uint8)
        red, _, blue = found.mean(1)
        assert (red[:10] > 200).all() and (blue[-10:] > 200).all()
        assert (red[-10:] < 50).all() and (blue[:10] < 50).all()


def test_cropping_keeps_proportions_and_squeezing_keeps_edges(tmp_path: Path) -> None:
    array = np.zeros((40, 120, 3), np.uint8)
    array[:, :20] = 255  # an edge that lies outside the square around the middle
    Image.fromarray(array).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png", (24, 24), crop=True).max() == 0  # type: ignore[union-attr]
    assert decode(tmp_path / "a.png", (24, 24), crop=False).max() == 255  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "LA", "RGBA", "1"])
def test_other_colour_modes_become_three_channels(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    _halves().convert(mode).save(path)
    assert decode(path, SIZE, crop=True).shape == (3, *SIZE)  # type: ignore[union-attr]


def _damage(tmp_path: Path, name: str, content: bytes) -> Fault:
    path = tmp_path / name
    path.write_bytes(content)
    found = decode(path, SIZE, crop=True)
    assert isinstance(found, Fault)
    return found


def test_damage_is_told_apart(tmp_path: Path) -> None:
    for suffix in ("jpg", "png"):
        path = tmp_path / f"good.{suffix}"
        picture(1, np.random.default_rng(1), (200, 300)).save(path)
        content = path.read_bytes()
        assert _damage(tmp_path, f"cut.{suffix}", content[: len(content) // 2]).kind == "truncated"
        assert _damage(tmp_path, f"html.{suffix}", b"<html>404</html>").kind == "unreadable"
        assert _damage(tmp_path, f"empty.{suffix}", b"") == Fault("truncated", "is empty")
    assert decode(tmp_path / "none.jpg", SIZE, crop=True) == Fault("missing", "does not exist")
    Image.new("RGB", (9, 50)).save(tmp_path / "tiny.png")
    assert decode(tmp_path / "tiny.png", SIZE, crop=True) == Fault("wrong size", "is 9 x 50 pixels")
    Image.new("1", (17_000, 5_000)).save(tmp_path / "huge.png")
    found = decode(tmp_path / "huge.png", SIZE, crop=True)
    assert found == Fault("wrong size", "is 17000 x 5000 pixels")


def test_files_are_found_by_suffix_in_order(tmp_path: Path) -> None:
    for name in ("b/2.JPEG", "b/10.jpg", "a.png", "boxes.txt", ".hidden.jpg", "b/images/x.webp"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [path.relative_to(tmp_path).as_posix() for path in picture_files(tmp_path)]
    assert found == ["a.png", "b/10.jpg", "b/2.JPEG", "b/images/x.webp"]


@pytest.fixture
def part(tmp_path: Path) -> list[Picture]:
    pictures = []
    for number in range(30):
        path = tmp_path / f"{number:02d}.png"
        Image.new("RGB", (32, 32), (number, 0, 0)).save(path)
        pictures.append(Picture(path, number))
    pictures[7].path.write_bytes(b"no picture")
    return pictures


@pytest.mark.parametrize("in_memory", [2**30, 0])
def test_pixels_and_labels_stay_together(
    part: list[Picture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(pixels, "IN_MEMORY_BYTES", in_memory)
    before = sorted(tmp_path.iterdir())
    reading = Reading(tmp_path, scratch=tmp_path)
    train, test = read_pictures((part[:20], part[20:]), SIZE, reading, crop=True)
    assert isinstance(train.images, np.memmap) == (in_memory == 0)
    assert [str(f) for f in reading.findings] == ["07.png: is no picture that can be read"]
    assert sorted(train.labels.tolist()) == [n for n in range(20) if n != 7]
    assert sorted(test.labels.tolist()) == list(range(20, 30))
    assert train.labels.tolist() != sorted(train.labels.tolist())  # by chance, not by class
    for split in (train, test):
        assert split.images[:, 0, 5, 5].tolist() == split.labels.tolist()
    assert reading.pixel_bytes == 30 * 3 * 24 * 32
    assert sorted(tmp_path.iterdir()) == before  # the mapped file has no name


def test_only_looking_takes_the_memory_of_one_picture(part: list[Picture], tmp_path: Path) -> None:
    split = read_pictures((part,), SIZE, Reading(tmp_path), crop=True)[0]
    assert split.images.shape == (29, 3, *SIZE)
    assert split.images.strides[0] == 0
    assert len(split.labels) == 29


def test_a_full_disk_is_told_before_anything_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(
        InputFileError, match=r"GB free; 9,000,000,000 decoded images take"
    ) as error:
        Reading(tmp_path, scratch=tmp_path).pixels([9_000_000_000], (3, 224, 224))
    assert "--max-classes" in error.value.hint
