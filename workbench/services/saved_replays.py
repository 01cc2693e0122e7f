"""Replays read back from the folder that `adaspring-workbench replay --out` or Export wrote."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import InputFileError
from workbench.core.files import read_text
from workbench.export.replay_document import FORMAT, VERSION
from workbench.export.replay_tables import STEP_COLUMNS
from workbench.replay.difference import Track
from workbench.services.replay_export import DOCUMENT

_LIMIT_BYTES = 64 * 2**20
_CHECK_EVERY = 20_000
_AGAIN = "Write the replay again: `adaspring-workbench replay --out DIR` keeps all its files."


@dataclass(frozen=True, slots=True)
class SavedReplay:
    """What a folder holds, without its samples.

    Attributes:
        about: network, device and trace for people.
        policies: those that took part.
        origin_s: time of day at t = 0, in seconds.
    """

    folder: Path
    about: str
    policies: tuple[str, ...]
    origin_s: float


def read_saved(folder: str | Path) -> SavedReplay:
    """What replay stands in a folder.

    Raises:
        InputFileError: when there is none, or its document cannot be used.
    """
    root = Path(folder)
    path = root / DOCUMENT
    if not path.is_file():
        raise InputFileError(root, f"holds no replay: it has no {DOCUMENT}", _AGAIN)
    try:
        found: Any = json.loads(read_text(path, limit_bytes=_LIMIT_BYTES))
        if found["format"] != FORMAT or found["version"] != VERSION:
            raise InputFileError(path, f"is no {FORMAT} of version {VERSION}", _AGAIN)
        inputs = found["inputs"]
        start = dt.datetime.fromisoformat(inputs["trace"]["start"])
        policies = tuple(str(one["policy"]) for one in found["policies"])
        titles = [str(inputs[role]["title"]) for role in ("network", "device_profile", "trace")]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputFileError(
            path, "does not hold what a replay's document should", _AGAIN, detail=repr(error)
        ) from error
    midnight = dt.datetime.combine(start.date(), dt.time.min, start.tzinfo)
    about = f"{titles[0]} on {titles[1]} · {titles[2]}"
    return SavedReplay(root, about, policies, (start - midnight).total_seconds())


def read_track(
    folder: str | Path, policy: str, check_cancelled: Callable[[], None] | None = None
) -> Track:
    """What one policy of a saved replay ran and decided.

    Args:
        check_cancelled: called now and then; raises to stop.

    Raises:
        InputFileError: when ``steps.csv`` or ``decisions.csv`` cannot be used, with the line.
    """
    root = Path(folder)
    steps = _steps(root / "steps.csv", policy, check_cancelled)
    configurations = list(dict.fromkeys(steps["configuration"]))
    number = {name: index for index, name in enumerate(configurations)}
    t_s = np.array(steps["t_s"])
    index, texts = _decisions(root / "decisions.csv", policy, t_s)
    return Track(
        name=policy,
        t_s=t_s,
        inferences=np.array(steps["inferences"], dtype=np.int64),
        configurations=tuple(tuple(name.split("/")) for name in configurations),
        configuration_id=np.array([number[n] for n in steps["configuration"]], dtype=np.int32),
        accuracy_percent=np.array(steps["accuracy_percent"]),
        latency_ms=np.array(steps["latency_ms"]),
        energy_mj=np.array(steps["energy_mj"]),
        broken=np.array([bool(text) for text in steps["violated"]]),
        decision_index=index,
        decision_text=texts,
    )


def _steps(
    path: Path, policy: str, check_cancelled: Callable[[], None] | None
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in STEP_COLUMNS}
    numbers = ("t_s", "inferences", "accuracy_percent", "latency_ms", "energy_mj")
    texts = ("configuration", "violated")
    for line, row in _rows(path, STEP_COLUMNS):
        if check_cancelled is not None and line % _CHECK_EVERY == 0:
            check_cancelled()
        if row["policy"] != policy:
            continue
        try:
            for name in numbers:
                found[name].append(float(row[name]) if row[name] else float("nan"))
        except ValueError as error:
            raise InputFileError(path, f"{error}", _AGAIN, line=line) from error
        for name in texts:
            found[name].append(row[name])
    times = np.array(found["t_s"])
    if not len(times):
        raise InputFileError(path, f"has no steps of {policy}", _AGAIN)
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise InputFileError(path, f"the times of {policy} do not rise", _AGAIN)
    known = np.array([found[name] for name in ("inferences", "accuracy_percent", "latency_ms")])
    if not np.isfinite(known).all():
        raise InputFileError(path, f"figures of {policy} are missing", _AGAIN)
    return found


def _decisions(path: Path, policy: str, t_s: Any) -> tuple[Any, tuple[str, ...]]:
    times, texts = [], []
    for line, row in _rows(path, ("policy", "t_s", "cause", "cause_text")):
        if row["policy"] == policy:
            try:
                times.append(float(row["t_s"]))
            except ValueError as error:
                raise InputFileError(path, f"{error}", _AGAIN, line=line) from error
            start = row["cause"] == "start"
            texts.append("start of the replay" if start else row["cause_text"])
    return np.searchsorted(t_s, np.array(times)), tuple(texts)


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a CSV file with at least these columns."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise InputFileError(path, f"has no column {missing[0]}", _AGAIN, line=1)
            for row in reader:
                if None in row or None in row.values():
                    raise InputFileError(path, "cells are missing", _AGAIN, line=reader.line_num)
                yield reader.line_num, row
    except OSError as error:
        raise InputFileError(path, f"cannot be read ({error.strerror})", _AGAIN) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputFileError(path, "is no table", _AGAIN, detail=str(error)) from error
