"""Latencies as they come, block by block, kept in the project as soon as each is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from workbench.devices.agent.protocol import State
from workbench.profiling.samples import LatencySamples
from workbench.storage import Block, ProjectError, RunRecorder


@dataclass(frozen=True, slots=True, eq=False)
class LatencyBlock:
    """Counted runs of a configuration in one round.

    Attributes:
        position: row among the configurations, those of the fit first.
        round: from 1.
        first_ns: the very first inference after loading.
        ns: (runs,) every counted latency.
        cpu_ns, elapsed_ns: processor and wall time of the counted runs.
        load_ns: what loading took; 0 where it was not timed.
        before, after: clocks, their caps and temperatures; None where they were not read.
    """

    position: int
    round: int
    first_ns: int
    ns: npt.NDArray[np.int64]
    cpu_ns: int
    elapsed_ns: int
    load_ns: int = 0
    before: State | None = None
    after: State | None = None

    def stored(self) -> Block:
        """As the project keeps it."""
        facts: dict[str, Any] = {
            "first_ns": self.first_ns, "cpu_ns": self.cpu_ns, "elapsed_ns": self.elapsed_ns,
            "load_ns": self.load_ns, "before": msgspec.to_builtins(self.before),
            "after": msgspec.to_builtins(self.after),
        }  # fmt: skip
        return Block(self.position, self.round, {"ns": self.ns}, facts)

    @classmethod
    def read(cls, block: Block) -> LatencyBlock:
        """From what the project keeps. Raises: ValueError, KeyError: it is none of latencies."""
        ns, facts = block.arrays["ns"], block.facts
        if ns.dtype != np.int64 or ns.ndim != 1 or not ns.size or ns.min() <= 0:
            raise ValueError("no latencies")
        counts = {name: int(facts[name]) for name in ("first_ns", "cpu_ns", "elapsed_ns")}
        before = msgspec.convert(facts["before"], State | None)
        after = msgspec.convert(facts["after"], State | None)
        return cls(
            block.position, block.round, ns=ns.astype(np.int64), load_ns=int(facts["load_ns"]),
            before=before, after=after, **counts,
        )  # fmt: skip


class BlockBook:
    """The blocks of a measurement so far.

    Attributes:
        blocks: by (position, round).
    """

    def __init__(self) -> None:
        self.blocks: dict[tuple[int, int], LatencyBlock] = {}

    def add(self, block: LatencyBlock) -> None:
        """Take a block."""
        self.blocks[block.position, block.round] = block

    def has(self, position: int, turn: int) -> bool:
        """Whether a block is there."""
        return (position, turn) in self.blocks

    def missing(self, position: int, rounds: int) -> bool:
        """Whether a configuration lacks any of its blocks."""
        return not all(self.has(position, turn) for turn in range(1, rounds + 1))

    def samples(self, position: int, rounds: int) -> LatencySamples:
        """Samples of a configuration over its first rounds."""
        return samples_of([self.blocks[position, turn] for turn in range(1, rounds + 1)])


class RunBook(BlockBook):
    """A book that stands in the project; what an earlier session measured is in it.

    Raises:
        ProjectError: what is there cannot be read.
    """

    def __init__(self, run: RunRecorder, project: Path) -> None:
        super().__init__()
        self.run = run
        for stored in run.blocks.values():
            super().add(read_block(stored, project))

    def add(self, block: LatencyBlock) -> None:
        """Keep a block; it is on the disk when this returns. Raises: ProjectError."""
        self.run.add(block.stored())
        super().add(block)

    def samples(self, position: int, rounds: int) -> LatencySamples:
        """Samples of a configuration, which know where they stand."""
        plain = super().samples(position, rounds)
        return LatencySamples(
            plain.first_ms, plain.blocks, plain.cpu_share, (self.run.id, position)
        )


def samples_of(blocks: list[LatencyBlock]) -> LatencySamples:
    """Samples of one configuration from its blocks."""
    wall_ns = max(1, sum(block.elapsed_ns for block in blocks))
    share = min(1.0, sum(block.cpu_ns for block in blocks) / wall_ns)
    return LatencySamples(
        blocks[0].first_ns / 1e6, tuple(block.ns / 1e6 for block in blocks), share
    )


def read_block(stored: Block, project: Path) -> LatencyBlock:
    """A block of latencies. Raises: ProjectError: it is none, `project` being its file."""
    try:
        return LatencyBlock.read(stored)
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
        raise ProjectError(
            project,
            "holds a block of latencies that cannot be read",
            "Restore a copy of the project, or remove the run and measure again.",
            detail=repr(error),
        ) from error
