"""What a task is: its data, its backbone and how that is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.core.split import Split
from workbench.space.backbone import Backbone
from workbench.space.description import DataCard
from workbench.space.recipe import TrainingSettings


@dataclass(frozen=True, slots=True)
class Dataset:
    """Training and test part of a data set; the test part is never trained on."""

    train: Split
    test: Split
    classes: tuple[str, ...]
    card: DataCard


@dataclass(frozen=True, slots=True)
class Task:
    """A classification task.

    Attributes:
        name: as the command line takes it.
        title: as people read it.
        backbone: the network at full size and the operators of each layer.
        read: reads the data set from a folder; raises InputFileError.
        data_hint: how a developer gets the data.
    """

    name: str
    title: str
    backbone: Backbone
    training: TrainingSettings
    read: Callable[[Path], Dataset]
    data_hint: str
