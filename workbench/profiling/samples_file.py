"""The raw samples of a measurement on disk: plain numpy arrays in one compressed file."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write
from workbench.core.provenance import Provenance
from workbench.profiling.samples import LatencySamples
from workbench.space.design_space import ConfigArray

SUFFIX = ".samples.npz"
MAX_SAMPLES = 200_000_000


@dataclass(frozen=True, slots=True, eq=False)
class KeptSamples:
    """Every timed inference of one measurement.

    Attributes:
        space_sha256: signature of the design space that was measured.
        plan: name of the run rules.
        min_runs: runs that the rules ask of each configuration.
        measured_at: UTC, ISO 8601, to the minute.
        trust_reasons: what speaks against the measurement as a whole.
        configurations: (n, decisions), those of the fit first.
        fitted: how many of them the table was fitted to.
        samples: of each configuration.
        provenance: measured, or simulated by a virtual phone.
    """

    space_sha256: str
    plan: str
    min_runs: int
    measured_at: str
    trust_reasons: tuple[str, ...]
    configurations: ConfigArray
    fitted: int
    samples: tuple[LatencySamples, ...]
    provenance: Provenance = Provenance.MEASURED


def samples_path(profile: Path) -> Path:
    """Where the raw samples of a device profile are kept."""
    return profile.with_suffix(SUFFIX)


def write_samples(path: Path, kept: KeptSamples) -> None:
    """Write raw samples; `sizes` in the file is (configurations, rounds).

    Raises:
        InputFileError: when the folder cannot be written.
    """
    blocks = [block for sample in kept.samples for block in sample.blocks]
    with atomic_write(path, "wb") as stream:
        np.savez_compressed(
            stream,
            space_sha256=np.array(kept.space_sha256),
            plan=np.array(kept.plan),
            min_runs=np.int64(kept.min_runs),
            measured_at=np.array(kept.measured_at),
            trust_reasons=np.array(kept.trust_reasons, dtype=np.str_),
            configurations=kept.configurations,
            fitted=np.int64(kept.fitted),
            provenance=np.array(kept.provenance.value),
            first_ms=np.array([sample.first_ms for sample in kept.samples]),
            cpu_share=np.array([sample.cpu_share for sample in kept.samples]),
            sizes=np.array([[len(b) for b in sample.blocks] for sample in kept.samples]),
            samples_ms=np.concatenate(blocks).astype(np.float32),
        )


def read_samples(path: Path) -> KeptSamples:
    """Read raw samples.

    Raises:
        InputFileError: when the file is missing or damaged, or of a version that did not say which
            network it measured.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if "space_sha256" not in arrays:
                raise InputFileError(
                    path,
                    "does not say which network it measured",
                    "An earlier version wrote it; measure again to replace it.",
                )
            return _checked({name: arrays[name] for name in arrays.files})
    except InputFileError:
        raise
    except FileNotFoundError as error:
        raise InputFileError(path, "is not there", "Measure again to write it.") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputFileError(
            path, "holds no samples that can be read", "Measure again to replace it.",
            detail=repr(error),
        ) from error  # fmt: skip


def _checked(arrays: dict[str, np.ndarray]) -> KeptSamples:
    """Records from arrays; ValueError or KeyError where they do not fit together."""
    configurations, sizes = arrays["configurations"], arrays["sizes"]
    first_ms, cpu_share, values = arrays["first_ms"], arrays["cpu_share"], arrays["samples_ms"]
    count, fitted = len(sizes), int(arrays["fitted"])
    if (
        configurations.ndim != 2
        or sizes.ndim != 2
        or not count == len(configurations) == len(first_ms) == len(cpu_share)
        or not 0 < fitted < count
        or not np.issubdtype(sizes.dtype, np.integer)
        or not np.issubdtype(values.dtype, np.floating)
        or sizes.min() < 1
        or int(sizes.sum()) != len(values)
        or len(values) > MAX_SAMPLES
        or not np.isfinite(values).all()
        or values.min() <= 0
    ):
        raise ValueError("the arrays do not fit together")
    ends = np.cumsum(sizes.ravel())[:-1]
    blocks = iter(np.split(values.astype(np.float64), ends))
    samples = tuple(
        LatencySamples(float(first), tuple(islice(blocks, sizes.shape[1])), float(share))
        for first, share in zip(first_ms, cpu_share, strict=True)
    )
    return KeptSamples(
        space_sha256=str(arrays["space_sha256"]),
        plan=str(arrays["plan"]),
        min_runs=int(arrays["min_runs"]),
        measured_at=str(arrays["measured_at"]),
        trust_reasons=tuple(str(reason) for reason in arrays["trust_reasons"]),
        configurations=configurations.astype(np.uint8),
        fitted=fitted,
        samples=samples,
        # Files from before there were virtual phones do not say.
        provenance=Provenance(str(arrays.get("provenance", Provenance.MEASURED.value))),
    )
