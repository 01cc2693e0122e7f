"""Threads that each keep one core busy with torch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch


def one_core_each(threads: int) -> ThreadPoolExecutor:
    """A pool whose threads run torch without further threads of their own.

    The number of OpenMP threads belongs to the thread that asks for them and starts out as the
    number of cores: without this, threads would fight over cores, and sums would come out
    differently with the thread that happens to compute them.
    """
    torch.set_num_threads(1)
    return ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
