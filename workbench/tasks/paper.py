"""Which task is which of the five that AdaSpring was published with, and what stands in for it.

The names D1 to D5 and their data sets are given as they are commonly quoted; see the README.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaperTask:
    """One of the published tasks.

    Attributes:
        id: D1 to D5.
        data: name of the published data set.
        task: name of the task here that reads it.
        stand_in: shipped network on other data of that sort; empty where none ships.
    """

    id: str
    data: str
    task: str
    stand_in: str = ""


PAPER_TASKS = (
    PaperTask("D1", "CIFAR-100", "cifar100", "fashion_mnist"),
    PaperTask("D2", "ImageNet", "imagenet"),
    PaperTask("D3", "UbiSound", "ubisound", "drums"),
    PaperTask("D4", "UCI-HAR", "har", "hapt"),
    PaperTask("D5", "StateFarm", "statefarm"),
)
