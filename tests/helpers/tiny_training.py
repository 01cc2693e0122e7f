"""Training of the small space on made-up images: seconds, every operator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from tests.helpers.spaces import small_space
from tests.helpers.synthetic import patterns
from workbench.network.training import TrainingResult, train_ensemble
from workbench.space.recipe import TrainingSettings

SPACE = small_space()
TRAIN = patterns(SPACE.backbone.input_shape, 5, 640, 1)
TEST = patterns(SPACE.backbone.input_shape, 5, 200, 2)
SETTINGS = TrainingSettings(
    plain_epochs=1, epochs=6, batch=32, learning_rate=0.1, validation_images=64
)


class Recorder:
    """Keeps reports; raises KeyboardInterrupt after a number of steps."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.reports: list[tuple[float | None, str, dict[str, float]]] = []
        self.stop_after = stop_after

    def progress(
        self, fraction: float | None, message: str = "", detail: Mapping[str, float] | None = None
    ) -> None:
        """Keep the report."""
        self.reports.append((fraction, message, dict(detail or {})))

    def check_cancelled(self) -> None:
        """Stop when it is time."""
        if self.stop_after is not None and len(self.reports) >= self.stop_after:
            raise KeyboardInterrupt


def train(
    folder: Path,
    recorder: Recorder | None = None,
    *,
    resume: bool = False,
    minutes: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    settings: TrainingSettings = SETTINGS,
) -> TrainingResult:
    """One run in float32, the same on every call."""
    torch.set_num_threads(1)
    return train_ensemble(
        SPACE,
        TRAIN,
        settings,
        folder,
        recorder or Recorder(),
        seed=3,
        resume=resume,
        minutes=minutes,
        precision="float32",
        clock=clock,
    )
