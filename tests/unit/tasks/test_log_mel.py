"""Sound files become log-mel pictures; files that cannot be used say why."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.sound_files import tone, write_sound
from workbench.tasks.log_mel import (
    BANDS,
    RATE_HZ,
    WINDOW_SAMPLES,
    SoundFileError,
    log_mel,
    read_sound,
)


def _band_of(hertz: float) -> float:
    """Where a frequency lies among the bands, by Kaldi's mel scale from 40 Hz to half the rate."""
    low, high, here = (1127 * math.log1p(f / 700) for f in (40, RATE_HZ / 2, hertz))
    return (here - low) / (high - low) * (BANDS + 1) - 1


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0, 9000.0])
def test_a_tone_is_a_line_in_the_band_of_its_frequency(hertz: float) -> None:
    picture = log_mel(tone(hertz, 1.1, RATE_HZ).astype(np.float32))
    assert picture.shape == (1, 64, 64)
    assert picture.dtype == np.float32
    assert picture.max() == pytest.approx(1)
    assert picture.min() >= 0
    assert abs(picture[0, :, 30].argmax() - _band_of(hertz)) <= 1


def test_levels_are_decibels_below_the_loudest_point() -> None:
    samples = np.concatenate([tone(1000, 0.5, RATE_HZ), tone(1000, 0.5, RATE_HZ, 0.005)])
    picture = log_mel(samples.astype(np.float32))
    # A hundredth of the amplitude is 40 dB of the 80 dB that the picture spans.
    assert picture[0, :, 50].max() == pytest.approx(0.5, abs=0.01)


def test_short_sounds_end_in_silence() -> None:
    picture = log_mel(tone(1000, 0.3, RATE_HZ).astype(np.float32))
    assert picture[0, :, :15].max() > 0.9
    assert picture[0, :, 25:].max() == 0


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 32_000, 44_100, 48_000])
def test_every_rate_gives_the_same_length_and_pitch(tmp_path: Path, rate_hz: int) -> None:
    path = write_sound(tmp_path / "a.wav", tone(1000, 0.8, rate_hz), rate_hz)
    samples = read_sound(path)
    assert len(samples) == pytest.approx(0.8 * RATE_HZ, abs=4)
    assert np.abs(samples).max() == pytest.approx(1)
    assert abs(log_mel(samples)[0, :, 20].argmax() - _band_of(1000)) <= 1


@pytest.mark.parametrize("suffix", ["flac", "aiff", "ogg"])
def test_channels_are_averaged_in_every_format(tmp_path: Path, suffix: str) -> None:
    both = np.stack([tone(500, 0.5), np.zeros(8000)], axis=1)
    samples = read_sound(write_sound(tmp_path / f"a.{suffix}", both))
    assert samples.shape == (int(0.5 * RATE_HZ),)
    assert abs(log_mel(samples)[0, :, 10].argmax() - _band_of(500)) <= 1


def test_only_the_beginning_of_a_long_file_is_read(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", tone(500, 4.0))
    assert len(read_sound(path, 1.5)) == int(1.5 * RATE_HZ)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3000])


def _head_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8])


def _text(path: Path) -> None:
    path.write_text("this is no sound at all, but a file of more than twelve bytes")


@pytest.mark.parametrize(
    ("suffix", "harm", "kind", "why"),
    [
        ("wav", _cut, "truncated", "is cut off after"),
        ("aiff", _cut, "truncated", "is cut off after"),
        ("wav", _head_only, "truncated", "too short"),
        ("wav", _text, "unreadable", "cannot be read as sound"),
        ("flac", _text, "unreadable", "cannot be read as sound"),
        ("wav", Path.unlink, "unreadable", "No such file"),
    ],
)
def test_broken_files(tmp_path: Path, suffix: str, harm, kind: str, why: str) -> None:
    path = write_sound(tmp_path / f"a.{suffix}", tone(500, 0.5))
    harm(path)
    with pytest.raises(SoundFileError, match=why) as caught:
        read_sound(path)
    assert caught.value.kind == kind


def test_a_cut_flac_is_no_sound_of_full_length(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 32_000)
    path = write_sound(tmp_path / "a.flac", noise)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(SoundFileError):
        read_sound(path)


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(4000), "holds no sound"),
        (np.zeros(0), "holds no sound"),
        (np.full(4000, np.nan), "no numbers"),
        (np.full(4000, np.inf), "no numbers"),
    ],
)
def test_files_without_sound(tmp_path: Path, samples: np.ndarray, why: str) -> None:
    path = write_sound(tmp_path / "a.wav", samples, subtype="FLOAT")
    with pytest.raises(SoundFileError, match=why):
        read_sound(path)


def test_a_whole_window_has_a_moment_a_hop() -> None:
    assert WINDOW_SAMPLES == 64 * 512
    click = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
    click[40 * 512 + 256] = 1
    assert log_mel(click)[0].mean(axis=0).argmax() == 40
