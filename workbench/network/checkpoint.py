"""Checkpoints of a training run: arrays as safetensors, the rest as JSON, never pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write

Arrays = dict[str, npt.NDArray[Any]]

CHECKPOINT_FILE = "checkpoint.safetensors"
_STATE_KEY = "state"


def write_arrays(path: Path, arrays: Arrays, metadata: dict[str, str] | None = None) -> None:
    """Write arrays and text in one file, atomically."""
    data = save({name: np.ascontiguousarray(a) for name, a in arrays.items()}, metadata)
    with atomic_write(path, "wb") as stream:
        stream.write(data)


def read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays and text of a safetensors file.

    Raises:
        InputFileError: when the file is missing, truncated or no safetensors file.
    """
    if not path.is_file():
        raise InputFileError(path, "does not exist", "Check the path.")
    try:
        with safe_open(path, framework="numpy") as stream:
            arrays = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118
            return arrays, stream.metadata() or {}
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise InputFileError(
            path,
            "is no complete safetensors file",
            "Copy the file again, or train the network again.",
            detail=str(error),
        ) from error


def write_checkpoint(folder: Path, arrays: Arrays, state: dict[str, Any]) -> None:
    """Write one checkpoint; the one before is replaced only when this one is whole."""
    write_arrays(folder / CHECKPOINT_FILE, arrays, {_STATE_KEY: json.dumps(state)})


def read_checkpoint(folder: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and the state of the last checkpoint.

    Raises:
        InputFileError: when there is none or it is damaged.
    """
    path = folder / CHECKPOINT_FILE
    arrays, metadata = read_arrays(path)
    try:
        state = json.loads(metadata[_STATE_KEY])
    except (KeyError, json.JSONDecodeError) as error:
        raise InputFileError(
            path, "is no checkpoint of a training run", "Start again without --resume."
        ) from error
    return arrays, state


def has_checkpoint(folder: Path) -> bool:
    """Whether a run can be resumed from this folder."""
    return (folder / CHECKPOINT_FILE).is_file()
