"""Sound files to log-mel pictures: 64 mel bands by 64 moments, about a second of sound.

The filter bank is the one of Kaldi, through ``kaldi-native-fbank``, which also runs on phones;
libsndfile reads the files and scipy resamples. Imported where used: only sound tasks pay for them.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.errors import WorkbenchError
from workbench.tasks.findings import FindingKind

Samples = npt.NDArray[np.float32]
Picture = npt.NDArray[np.float32]

RATE_HZ = 32_000
BANDS = 64
MOMENTS = 64
HOP = 512
"""Samples from one moment to the next: 16 ms."""
WINDOW_SAMPLES = MOMENTS * HOP
RANGE_DB = 80.0
"""What is further below the loudest point than that counts as silence."""
SUFFIXES = frozenset({".wav", ".flac", ".aif", ".aiff", ".ogg"})
LONGEST_S = 120.0
"""Only the beginning of longer files is read."""
QUIETEST = 1e-4
"""A file whose peak is lower (of 1) is silence."""

_FRAME_MS, _LOWEST_HZ = 32.0, 40.0


class SoundFileError(WorkbenchError):
    """A sound file that cannot be used; `kind` is a kind of finding."""

    def __init__(self, kind: FindingKind, what: str) -> None:
        super().__init__(what)
        self.kind = kind


def read_sound(path: Path, longest_s: float = LONGEST_S) -> Samples:
    """Samples of a file as one channel at `RATE_HZ`, the loudest one 1 or -1.

    Channels are averaged.

    Raises:
        SoundFileError: when the file is no sound file, cut off, empty or silent.
    """
    import soundfile

    try:
        _check_whole(path)
        with soundfile.SoundFile(path) as file:
            rate_hz = file.samplerate
            wanted = min(file.frames, int(longest_s * rate_hz))
            samples = file.read(wanted, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        reason = getattr(error, "error_string", "") or getattr(error, "strerror", "") or str(error)
        raise SoundFileError("unreadable", f"cannot be read as sound ({reason})") from error
    if len(samples) < wanted:
        raise SoundFileError(
            "truncated", f"is cut off after {len(samples):,} of {wanted:,} samples"
        )
    mono = samples.mean(axis=1)
    peak = float(np.abs(mono).max(initial=0.0))
    if not math.isfinite(peak):
        raise SoundFileError("unreadable", "holds values that are no numbers")
    if peak < QUIETEST:
        raise SoundFileError("unreadable", "holds no sound")
    resampled = _resampled(mono, rate_hz)
    scaled: Samples = (resampled / np.abs(resampled).max()).astype(np.float32)
    return scaled


def log_mel(samples: Samples) -> Picture:
    """(1, 64, 64) picture of the first `WINDOW_SAMPLES` samples; silence follows shorter ones.

    Rows are mel bands, the lowest first, columns moments. 1 is the loudest point of the picture, 0
    what lies `RANGE_DB` or more below it.
    """
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    frame = options.frame_opts
    frame.samp_freq, frame.dither, frame.preemph_coeff = RATE_HZ, 0.0, 0.0
    frame.frame_length_ms, frame.frame_shift_ms = _FRAME_MS, 1000 * HOP / RATE_HZ
    frame.window_type, frame.snip_edges = "hanning", False
    options.mel_opts.num_bins, options.mel_opts.low_freq = BANDS, _LOWEST_HZ
    options.use_log_fbank = False
    bank = kaldi_native_fbank.OnlineFbank(options)
    window = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
    window[: len(samples)] = samples[:WINDOW_SAMPLES]
    bank.accept_waveform(RATE_HZ, window)
    bank.input_finished()
    power = np.stack([bank.get_frame(moment) for moment in range(MOMENTS)], axis=1)
    loudest = max(float(power.max()), 1e-20)
    level_db = 10 * np.log10(np.maximum(power / loudest, 1e-20))
    picture: Picture = np.clip(1 + level_db / RANGE_DB, 0, 1).astype(np.float32)
    return picture[None]


def _resampled(samples: Samples, rate_hz: int) -> Samples:
    if rate_hz == RATE_HZ:
        return samples
    from scipy.signal import resample_poly

    common = math.gcd(rate_hz, RATE_HZ)
    resampled: Samples = resample_poly(samples, RATE_HZ // common, rate_hz // common)
    return resampled


def _check_whole(path: Path) -> None:
    """Refuse a WAV or AIFF file that is shorter than it says: libsndfile takes what is there."""
    with path.open("rb") as file:
        head = file.read(12)
    if len(head) < 12:
        raise SoundFileError("truncated", "is too short for a sound file")
    if head[:4] == b"RIFF":
        (length,) = struct.unpack("<I", head[4:8])
    elif head[:4] == b"FORM":
        (length,) = struct.unpack(">I", head[4:8])
    else:
        return
    size = path.stat().st_size
    # Programs that write to a pipe leave the length at its largest value or 0.
    if 0 < length < 0xFFFFFFFF - 8 and length + 8 > size + 1:
        raise SoundFileError("truncated", f"is cut off after {size:,} of {length + 8:,} bytes")
