"""A training run as the Train view shows it: what to train, whether it can start, its curves."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.gui.presenters.formats import duration

CURVES = ("largest", "random", "smallest")
LIVE_KEYS = {
    "largest": "train_largest_percent",
    "random": "train_random_percent",
    "smallest": "train_small_percent",
}
"""Accuracies on training batches, smoothed; they come with every step."""
KEPT_BACK_KEYS = {name: f"{name}_percent" for name in CURVES}
"""Accuracies on images that are kept back; they come now and then."""
_CHECKPOINT = Path("training", "checkpoint.safetensors")
MAX_POINTS = 4000


@dataclass(frozen=True, slots=True)
class TaskChoice:
    """A task that can be trained.

    Attributes:
        usual_folder: where a package puts its data; empty where there is none.
        input_size: side of its inputs where the user may choose another; None where not.
    """

    name: str
    title: str
    data_hint: str
    usual_folder: str = ""
    input_size: int | None = None


@dataclass(frozen=True, slots=True)
class TrainingForm:
    """What the user filled in.

    Attributes:
        minutes: time for training; None takes the recipe's epochs.
        skip_bad_data: train on the rest where some of the data cannot be used.
        input_size, max_classes: what of the recipe is wanted otherwise; None leaves it.
    """

    task: str
    data: str
    out: str
    minutes: float | None
    resume: bool
    skip_bad_data: bool = False
    input_size: int | None = None
    max_classes: int | None = None

    def blocked(self, data_hint: str) -> str:
        """Why it cannot start; empty when it can."""
        if missing := self.data_missing(data_hint):
            return missing
        if not self.out.strip():
            return "Choose a folder for the network."
        out = Path(self.out).expanduser()
        if out.exists() and not out.is_dir():
            return f"{self.out} is a file; choose a folder for the network."
        return ""

    def data_missing(self, data_hint: str) -> str:
        """Why there is nothing to read; empty when there is."""
        if not self.task:
            return "Choose a task."
        if not self.data.strip():
            return f"Choose the folder with the data. {data_hint}"
        if not Path(self.data).expanduser().exists():
            return f"There is no data folder {self.data}. {data_hint}"
        return ""

    @property
    def can_resume(self) -> bool:
        """Whether the output folder holds a checkpoint to go on from."""
        return bool(self.out.strip()) and (Path(self.out).expanduser() / _CHECKPOINT).is_file()

    def warning(self) -> str:
        """What starting would overwrite; empty when nothing."""
        if not self.out.strip():
            return ""
        if (Path(self.out).expanduser() / "network.json").is_file():
            return "The output folder holds a network; a finished run replaces it."
        if self.can_resume and not self.resume:
            return "The output folder holds an unfinished run; starting anew replaces it."
        return ""

    def command(self) -> str:
        """The command that does the same in a terminal."""
        words = ["adaspring-workbench", "train", "--task", self.task]
        words += ["--data", self.data or "DATA", "--out", self.out or "OUT"]
        if self.input_size is not None:
            words += ["--input-size", str(self.input_size)]
        if self.max_classes is not None:
            words += ["--max-classes", str(self.max_classes)]
        if self.minutes is not None:
            words += ["--minutes", f"{self.minutes:g}"]
        if self.resume:
            words.append("--resume")
        if self.skip_bad_data:
            words.append("--skip-bad-data")
        return shlex.join(words)


@dataclass(slots=True)
class Curve:
    """One curve over training steps."""

    steps: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, step: float, value: float, *, changes_only: bool = False) -> None:
        """Append a point; with `changes_only` a value is taken only when it is a new one."""
        if changes_only and self.values and self.values[-1] == value:
            return
        self.steps.append(step)
        self.values.append(value)
        if len(self.steps) > MAX_POINTS:
            # Every second point of the older half: the shape stays, the end stays sharp.
            half = len(self.steps) // 2
            self.steps[:half] = self.steps[:half:2]
            self.values[:half] = self.values[:half:2]

    @property
    def last(self) -> float | None:
        """The newest value."""
        return self.values[-1] if self.values else None


class TrainingLog:
    """The live figures of one run."""

    def __init__(self) -> None:
        self.loss = Curve()
        self.live = {name: Curve() for name in CURVES}
        self.kept_back = {name: Curve() for name in CURVES}
        self.step = 0
        self.steps = 0

    def add(self, detail: Mapping[str, float]) -> bool:
        """Take the figures of one progress report; False when it brought none."""
        if "step" not in detail:
            return False
        step = detail["step"]
        if step < self.step:
            return False
        self.step, self.steps = int(step), int(detail.get("steps", self.steps))
        if "train_loss" in detail:
            self.loss.add(step, detail["train_loss"])
        for name in CURVES:
            if LIVE_KEYS[name] in detail:
                self.live[name].add(step, detail[LIVE_KEYS[name]])
            if KEPT_BACK_KEYS[name] in detail:
                self.kept_back[name].add(step, detail[KEPT_BACK_KEYS[name]], changes_only=True)
        return True


def status_text(message: str, log: TrainingLog, fraction: float | None, eta_s: float | None) -> str:
    """One line: what is being done, how far, how long."""
    parts = [message or "Working"]
    if log.steps and log.step < log.steps:
        parts.append(f"step {log.step:,} of {log.steps:,}")
    if fraction is not None:
        parts.append(f"{100 * fraction:.0f} %")
    if eta_s is not None:
        parts.append(f"{duration(eta_s)} left")
    return " · ".join(parts)


def result_text(result: Mapping[str, object]) -> str:
    """What a finished run reached."""
    return (
        f"Whole network {_number(result, 'accuracy_percent'):.2f} %, random configurations"
        f" {_number(result, 'random_accuracy_percent'):.2f} % on average; measured on"
        f" {_number(result, 'test_images'):,.0f} test samples,"
        f" {_number(result, 'measured_configurations'):,.0f} configurations."
    )


def _number(result: Mapping[str, object], key: str) -> float:
    value = result.get(key)
    return float(value) if isinstance(value, (int, float)) else float("nan")


def free_folder(parent: Path, task: str) -> Path:
    """A folder for the next network of a task that is not there yet."""
    for number in range(1, 1000):
        path = parent / (f"my_{task}" if number == 1 else f"my_{task}_{number}")
        if not path.exists():
            return path
    return parent / f"my_{task}"
