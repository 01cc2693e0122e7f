"""What of a task's recipe a user may choose: the size of the inputs, how many classes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """Choices beside the recipe's own; None leaves it as it is.

    Attributes:
        input_size: side of the network's square input, in pixels.
        max_classes: classes to take, the first in the order of their names.
    """

    input_size: int | None = None
    max_classes: int | None = None


NO_OPTIONS = TaskOptions()
"""All as the recipe says."""
