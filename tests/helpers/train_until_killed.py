"""A training run with a checkpoint after every step, in a process that a test kills.

Run as ``python train_until_killed.py FOLDER``.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.helpers.tiny_training import train

if __name__ == "__main__":
    # A clock on which every look is a quarter of an hour later makes every step write.
    ticks = itertools.count()
    train(Path(sys.argv[1]), clock=lambda: 900.0 * next(ticks))
