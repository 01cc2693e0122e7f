"""Measure the accuracy of many configurations on held-out data, as folded networks.

Configurations that begin with the same choices share the work of those layers. The work is cut into
units (some images, one choice of the first decision); finished units are kept in a file, so that an
interrupted measurement goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.core.split import Split
from workbench.network.checkpoint import read_arrays, write_arrays
from workbench.network.evolution import Evolver
from workbench.network.memory import images_at_once
from workbench.network.running import TorchNetwork
from workbench.network.threads import one_core_each
from workbench.network.training import Reporter
from workbench.network.weights_file import Weights
from workbench.space.accuracy import MeasuredAccuracy
from workbench.space.design_space import ConfigArray, DesignSpace

IMAGES_AT_ONCE = 250
"""Few enough for the outputs of a layer to stay near the processor; large images go in fewer."""
_LEAST_AT_ONCE = 16
WRITE_EVERY_S = 30.0
_LOOK_EVERY_S = 0.5

_Trie = dict[int, "int | _Trie"]
_Counts = npt.NDArray[np.int64]


def measure_accuracy(
    space: DesignSpace,
    weights: Weights,
    data: Split,
    configurations: ConfigArray,
    reporter: Reporter,
    *,
    partial: Path | None = None,
    threads: int = 2,
    clock: Callable[[], float] = time.monotonic,
) -> MeasuredAccuracy:
    """Accuracy of (n, decisions) different configurations on `data`.

    Args:
        partial: file for finished units; removed once all are done.

    Raises:
        InputFileError: when `partial` is damaged.
    """
    return _Evaluation(space, weights, data, configurations, reporter, partial, threads).run(clock)


@contextlib.contextmanager
def _set_when_left_early(stopped: threading.Event) -> Iterator[None]:
    """Tell units that are under way to give up; the pool waits for them."""
    try:
        yield
    except BaseException:
        stopped.set()
        raise


class _Evaluation:
    def __init__(
        self,
        space: DesignSpace,
        weights: Weights,
        data: Split,
        configurations: ConfigArray,
        reporter: Reporter,
        partial: Path | None,
        threads: int,
    ) -> None:
        self.space, self.data, self.reporter, self.partial = space, data, reporter, partial
        self.configurations, self.threads = configurations, threads
        self.evolvers = [Evolver(space, weights) for _ in range(threads)]
        self.trie: _Trie = {}
        for row, choices in enumerate(configurations.tolist()):
            node = self.trie
            for choice in choices[:-1]:
                node = node.setdefault(choice, {})  # type: ignore[assignment]
            node[choices[-1]] = row
        shape = space.backbone.input_shape
        self.at_once = images_at_once(shape, most=IMAGES_AT_ONCE, least=_LEAST_AT_ONCE)
        starts = range(0, len(data), self.at_once)
        self.units = [(start, choice) for start in starts for choice in sorted(self.trie)]
        self.right: _Counts = np.zeros(len(configurations), dtype=np.int64)
        self.done = np.zeros(len(self.units), dtype=bool)
        self.key = self._key(weights)
        self.stopped = threading.Event()

    def run(self, clock: Callable[[], float]) -> MeasuredAccuracy:
        """Do the units that are left and return the result."""
        self._resume()
        written = clock()
        try:
            with one_core_each(self.threads) as pool, _set_when_left_early(self.stopped):
                left = iter(np.flatnonzero(~self.done).tolist())
                running: dict[Future[_Counts], tuple[int, Evolver]] = {}
                for evolver in self.evolvers:
                    self._submit(pool, running, left, evolver)
                while running:
                    self.reporter.check_cancelled()
                    for future in wait(running, _LOOK_EVERY_S, FIRST_COMPLETED).done:
                        unit, evolver = running.pop(future)
                        self.right += future.result()
                        self.done[unit] = True
                        self._submit(pool, running, left, evolver)
                    self.reporter.progress(
                        float(self.done.mean()), "Measuring accuracy", {"units": len(self.units)}
                    )
                    if clock() - written > WRITE_EVERY_S:
                        self._write()
                        written = clock()
        except BaseException:
            self._write()
            raise
        if self.partial is not None:
            self.partial.unlink(missing_ok=True)
        percent = 100.0 * self.right / len(self.data)
        return MeasuredAccuracy(self.configurations, percent, len(self.data))

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        running: dict[Future[_Counts], tuple[int, Evolver]],
        left: Iterator[int],
        evolver: Evolver,
    ) -> None:
        if (unit := next(left, None)) is not None:
            running[pool.submit(self._unit, evolver, *self.units[unit])] = (unit, evolver)

    def _unit(self, evolver: Evolver, start: int, first: int) -> _Counts:
        part = slice(start, start + self.at_once)
        images = torch.from_numpy(self.data.inputs(part))
        labels = torch.from_numpy(self.data.labels[part])
        x = TorchNetwork(evolver.stem)(images.contiguous(memory_format=torch.channels_last))
        right: _Counts = np.zeros(len(self.configurations), dtype=np.int64)
        self._descend(evolver, x, labels, (), {first: self.trie[first]}, right)
        return right

    def _descend(
        self,
        evolver: Evolver,
        x: Tensor,
        labels: Tensor,
        prefix: tuple[int, ...],
        trie: _Trie,
        right: _Counts,
    ) -> None:
        for choice, following in trie.items():
            if self.stopped.is_set():
                return
            y = TorchNetwork(evolver.layer(prefix, choice))(x)
            if isinstance(following, int):
                scores = TorchNetwork(evolver.head(choice))(y)
                right[following] = int((scores.argmax(1) == labels).sum())
            else:
                self._descend(evolver, y, labels, (*prefix, choice), following, right)

    # -- what is kept ------------------------------------------------------------------------

    def _key(self, weights: Weights) -> str:
        """Identifies weights, data and configurations, so that no foreign part is taken over."""
        digest = hashlib.sha256(np.ascontiguousarray(self.configurations).tobytes())
        for array in weights.parameters.tensors().values():
            digest.update(array.tobytes())
        for array in weights.statistics.mean.values():
            digest.update(array.tobytes())
        digest.update(self.data.labels.tobytes())
        digest.update(str(self.units).encode())
        return digest.hexdigest()

    def _resume(self) -> None:
        if self.partial is None or not self.partial.is_file():
            return
        arrays, metadata = read_arrays(self.partial)
        if metadata.get("key") == self.key:
            self.right, self.done = arrays["right"], arrays["done"]

    def _write(self) -> None:
        if self.partial is not None:
            write_arrays(self.partial, {"right": self.right, "done": self.done}, {"key": self.key})
