"""Ensemble training: one set of weights for every configuration of a design space.

A step trains the whole network, some random small configurations and some random ones on the same
batch (the "sandwich rule" of Yu and Huang, "Universally slimmable networks", ICCV 2019). The whole
network learns from the labels, the others from the labels, from the whole network's answer and
from its feature maps. Training starts with the backbone alone; then its channels are sorted by
importance and the low-rank operators are made from its weights.

A run writes checkpoints and goes on from the last one after it was ended in whatever way. Random
choices of a step depend on the seed and the step's number alone, so a resumed run does what an
uninterrupted one would have done.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from workbench.core.errors import InputFileError, SettingsError, WorkbenchError
from workbench.core.split import Split
from workbench.network.augment import check_augmentation
from workbench.network.batches import Batches
from workbench.network.checkpoint import (
    CHECKPOINT_FILE,
    Arrays,
    has_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from workbench.network.ensemble import Ensemble, accuracy_on_batches
from workbench.network.initialise import prepare_ensemble
from workbench.network.parameters import Parameters, initial_parameters, tensor_shapes
from workbench.network.sandwich import Sandwich
from workbench.network.threads import one_core_each
from workbench.space.design_space import Configuration, DesignSpace
from workbench.space.recipe import TrainingSettings
from workbench.space.tables import cost_tables

Precision = Literal["auto", "float32", "bfloat16"]

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_MOMENTUM = 0.9
_WARM_UP = 0.05
_CHECKPOINT_EVERY_S = 60.0
_LIVE_CONFIGURATIONS = 6
_SMOOTHING = 0.98
_TIMED_STEPS = 3
_PASSES_AT_ONCE = 2
_PLAIN_SHARE = 0.06
"""Share of a time budget that the backbone alone gets (at most `plain_epochs`)."""


class Reporter(Protocol):
    """What training needs of a job's context."""

    def progress(
        self, fraction: float | None, message: str = "", detail: dict[str, float] | None = None
    ) -> None:
        """Report how far the work is."""

    def check_cancelled(self) -> None:
        """Raise when the work should stop."""


class TrainingDivergedError(WorkbenchError):
    """The loss is no longer a finite number."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"The training diverged: at step {step} the loss is no longer a number.",
            "Go on from the last checkpoint with --resume, or start with another --seed;"
            " a recipe of your own may need a lower learning rate.",
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Schedule:
    """How many steps a run takes, fixed when it starts.

    Attributes:
        plain_steps: steps of the backbone alone.
        ensemble_steps: steps of the ensemble.
        precision: type of the activations.
        seed: of every random choice.
    """

    plain_steps: int
    ensemble_steps: int
    precision: str
    seed: int

    @property
    def steps(self) -> int:
        """All steps."""
        return self.plain_steps + self.ensemble_steps


@dataclasses.dataclass(frozen=True, slots=True)
class TrainingResult:
    """A finished run.

    Attributes:
        seconds: spent in steps, over all parts of a resumed run.
    """

    parameters: Parameters
    schedule: Schedule
    seconds: float


def train_ensemble(
    space: DesignSpace,
    data: Split,
    settings: TrainingSettings,
    folder: Path,
    reporter: Reporter,
    *,
    seed: int,
    minutes: float | None = None,
    resume: bool = False,
    precision: Precision = "auto",
    clock: Callable[[], float] = time.monotonic,
) -> TrainingResult:
    """Train on `data`, with checkpoints in `folder`.

    Args:
        minutes: fit the number of steps to that much time; None takes the recipe's epochs.
        resume: go on from the checkpoint in `folder` where there is one.
        clock: seconds; only for the budget and for when checkpoints are written.

    Raises:
        SettingsError: when the data are too few or do not fit the backbone.
        InputFileError: when the checkpoint is damaged.
        TrainingDivergedError: when the loss is no longer finite.
    """
    if data.images.shape[1:] != space.backbone.input_shape:
        raise SettingsError(
            f"The data are {data.images.shape[1:]}, the backbone takes"
            f" {space.backbone.input_shape}.",
            "Check that the recipe and the data belong together.",
        )
    check_augmentation(settings, data.images.shape[1:])
    if len(data) < 2 * settings.batch:
        raise SettingsError(
            f"{len(data)} training samples are too few for batches of {settings.batch}."
        )
    with one_core_each(_PASSES_AT_ONCE) as pool:
        run = _Run(space, data, settings, folder, reporter, clock, pool)
        if resume and has_checkpoint(folder):
            run.resume()
        else:
            run.start(seed, minutes, precision)
        return run.finish()


class _Run:
    def __init__(
        self,
        space: DesignSpace,
        data: Split,
        settings: TrainingSettings,
        folder: Path,
        reporter: Reporter,
        clock: Callable[[], float],
        pool: ThreadPoolExecutor,
    ) -> None:
        self.space, self.settings, self.folder = space, settings, folder
        self.reporter, self.clock = reporter, clock
        self.batches = Batches(data, settings)
        self.sandwich = Sandwich(settings, pool)
        self.costs = cost_tables(space)
        self.full: Configuration = space.backbone_configuration
        self.live = self._live_configurations()
        self.step, self.seconds = 0, 0.0
        self.figures: dict[str, float] = {}
        self.schedule: Schedule
        self.ensemble: Ensemble
        self.optimiser: torch.optim.SGD

    # -- beginning ---------------------------------------------------------------------------

    def start(self, seed: int, minutes: float | None, precision: Precision) -> None:
        """Initialise and fix the schedule."""
        parameters = initial_parameters(self.space, np.random.default_rng([seed, 1]))
        self.ensemble = Ensemble(self.space, parameters)
        if precision == "auto" or minutes is not None:
            self.reporter.progress(0.0, "Measuring this machine's speed")
        if precision == "auto":
            precision = min(("float32", "bfloat16"), key=lambda p: self._step_seconds(p, False))
        self.schedule = Schedule(*self._steps(minutes, precision), precision, seed)
        self.ensemble.dtype = _DTYPES[precision]
        self._new_optimiser()
        if not self.schedule.plain_steps:
            self._begin_ensemble()

    def _steps(self, minutes: float | None, precision: str) -> tuple[int, int]:
        """Plain and ensemble steps that the recipe's epochs or a number of minutes give."""
        plain_steps = round(self.settings.plain_epochs * self.batches.per_epoch)
        if minutes is None:
            return plain_steps, max(1, round(self.settings.epochs * self.batches.per_epoch))
        budget_s = minutes * 60
        plain_s = self._step_seconds(precision, False)
        plain_steps = min(plain_steps, int(_PLAIN_SHARE * budget_s / plain_s))
        ensemble_s = self._step_seconds(precision, True)
        return plain_steps, max(1, int((budget_s - plain_steps * plain_s) / ensemble_s))

    def _step_seconds(self, precision: str, ensemble: bool) -> float:
        """Seconds of one step, without changing a weight."""
        self.ensemble.dtype = _DTYPES[precision]
        self._gradients(0, 0, ensemble)
        self.ensemble.clear_gradients()
        start = time.perf_counter()
        for step in range(_TIMED_STEPS):
            self._gradients(0, step, ensemble)
            self.ensemble.clear_gradients()
        return (time.perf_counter() - start) / _TIMED_STEPS

    def resume(self) -> None:
        """Take over the last checkpoint."""
        arrays, state = read_checkpoint(self.folder)
        self._check(arrays)
        try:
            self.schedule = Schedule(**state["schedule"])
            self.step, self.seconds = int(state["step"]), float(state["seconds"])
            self.figures = {str(name): float(value) for name, value in state["figures"].items()}
            dtype = _DTYPES[self.schedule.precision]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._foreign() from error
        self.ensemble = Ensemble(self.space, Parameters.from_tensors(arrays), dtype)
        self._new_optimiser()
        for name, tensor in self.ensemble.tensors.items():
            momentum = torch.from_numpy(arrays[f"momentum/{name}"])
            self.optimiser.state[tensor]["momentum_buffer"].copy_(momentum)

    def _check(self, arrays: Arrays) -> None:
        for name, shape in tensor_shapes(self.space).items():
            for array in (arrays.get(name), arrays.get(f"momentum/{name}")):
                if array is None or array.shape != shape or not np.isfinite(array).all():
                    raise self._foreign()

    def _foreign(self) -> InputFileError:
        return InputFileError(
            self.folder / CHECKPOINT_FILE,
            "is no checkpoint of this network",
            "Resume with the task that the run was started with, or start again without --resume.",
        )

    def _new_optimiser(self) -> None:
        decayed: list[Tensor] = []
        free: list[Tensor] = []
        for name, tensor in self.ensemble.tensors.items():
            (decayed if name.startswith("weight/") else free).append(tensor)
        self.optimiser = torch.optim.SGD(
            [
                {"params": decayed, "weight_decay": self.settings.weight_decay},
                {"params": free, "weight_decay": 0.0},
            ],
            lr=self.settings.learning_rate,
            momentum=_MOMENTUM,
            nesterov=True,
        )
        # Made here and not from the first gradient, whose memory layout may be another one: a
        # resumed run must round as an uninterrupted one does.
        for tensor in self.ensemble.tensors.values():
            self.optimiser.state[tensor]["momentum_buffer"] = torch.zeros_like(tensor)

    def _begin_ensemble(self) -> None:
        parameters = self.ensemble.parameters()
        prepare_ensemble(self.space, parameters)
        self.ensemble.load(parameters)
        self._new_optimiser()

    # -- steps -------------------------------------------------------------------------------

    def finish(self) -> TrainingResult:
        """Run all steps that are left."""
        written = mark = self.clock()
        schedule = self.schedule
        try:
            while self.step < schedule.steps:
                self.reporter.check_cancelled()
                self._one_step()
                now = self.clock()
                self.seconds += now - mark
                mark = now
                if now - written > _CHECKPOINT_EVERY_S:
                    self.checkpoint()
                    written = mark = self.clock()
        except TrainingDivergedError:
            raise
        except BaseException:
            # Cancelled or interrupted between two steps: nothing trained is lost.
            self.checkpoint()
            raise
        self.checkpoint()
        return TrainingResult(self.ensemble.parameters(), schedule, self.seconds)

    def checkpoint(self) -> None:
        """Write everything that a later process needs to go on."""
        arrays: Arrays = dict(self.ensemble.parameters().tensors())
        for name, tensor in self.ensemble.tensors.items():
            arrays[f"momentum/{name}"] = self.optimiser.state[tensor]["momentum_buffer"].numpy()
        state: dict[str, Any] = {
            "schedule": dataclasses.asdict(self.schedule),
            "step": self.step,
            "seconds": self.seconds,
            "figures": self.figures,
        }
        write_checkpoint(self.folder, arrays, state)

    def _one_step(self) -> None:
        schedule = self.schedule
        plain = self.step < schedule.plain_steps
        done, total = (
            (self.step, schedule.plain_steps)
            if plain
            else (self.step - schedule.plain_steps, schedule.ensemble_steps)
        )
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * _learning_rate_factor(done / total)
        self.ensemble.clear_gradients()
        self._smooth(self._gradients(schedule.seed, self.step, not plain))
        tensors = self.ensemble.tensors.values()
        norm = float(torch.nn.utils.clip_grad_norm_(tensors, self.settings.clip))
        if not math.isfinite(norm + self.figures["train_loss"]):
            raise TrainingDivergedError(self.step)
        self.optimiser.step()
        self.step += 1
        if self.step == schedule.plain_steps:
            self._begin_ensemble()
        self._report()

    def _gradients(self, seed: int, step: int, ensemble: bool) -> dict[str, float]:
        images, labels = self.batches.batch(seed, step)
        chosen = self._sample(seed, step) if ensemble else []
        return self.sandwich.gradients(self.ensemble, images, labels, chosen)

    def _sample(self, seed: int, step: int) -> list[tuple[str, Configuration]]:
        rng = np.random.default_rng([seed, 3, step])
        chosen: list[tuple[str, Configuration]] = []
        for _ in range(self.settings.small_passes):
            draws = self.space.random_configurations(rng, self.settings.small_draws)
            smallest = int(self.costs.totals(draws)[:, 0].argmin())
            chosen.append(("small_percent", tuple(draws[smallest].tolist())))
        for row in self.space.random_configurations(rng, self.settings.random_passes).tolist():
            chosen.append(("random_percent", tuple(row)))
        return chosen

    # -- figures -----------------------------------------------------------------------------

    def _live_configurations(self) -> list[Configuration]:
        rng = np.random.default_rng(0)
        rows = self.space.random_configurations(rng, 2000)
        smallest = rows[int(self.costs.totals(rows)[:, 0].argmin())]
        chosen = [smallest, *rows[:_LIVE_CONFIGURATIONS]]
        return [self.full, *(tuple(row.tolist()) for row in chosen)]

    def _smooth(self, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            name = f"train_{name}"
            before = self.figures.get(name, value)
            self.figures[name] = _SMOOTHING * before + (1 - _SMOOTHING) * value

    def _report(self) -> None:
        schedule = self.schedule
        if self.step % max(1, self.batches.per_epoch // 2) == 0 or self.step == schedule.steps:
            largest, smallest, *others = accuracy_on_batches(
                self.ensemble, self.batches.kept, self.live
            )
            self.figures |= {
                "largest_percent": largest,
                "smallest_percent": smallest,
                "random_percent": sum(others) / len(others),
            }
        plain = self.step <= schedule.plain_steps
        self.reporter.progress(
            self.step / schedule.steps,
            "Training the backbone" if plain else "Training the ensemble",
            {"step": self.step, "steps": schedule.steps, **self.figures},
        )


def _learning_rate_factor(fraction: float) -> float:
    if fraction < _WARM_UP:
        return max(fraction / _WARM_UP, 0.02)
    return 0.5 * (1 + math.cos(math.pi * (fraction - _WARM_UP) / (1 - _WARM_UP)))
