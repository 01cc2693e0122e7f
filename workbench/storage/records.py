"""What a project file holds, as plain records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Facts: TypeAlias = Mapping[str, Any]
"""What JSON can say: texts, finite numbers, booleans, None, lists and mappings of these."""
Array: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.int64]
RunKind = Literal["latency", "energy", "calibration"]
RUN_KINDS: tuple[RunKind, ...] = ("latency", "energy", "calibration")
DocumentKind = Literal["profile", "trace"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device that was seen.

    Attributes:
        identity: what tells it from every other, however it is connected.
        simulated: whether it is a virtual phone.
        description: what it told of itself when it was seen last.
        first_seen, last_seen: UTC, ISO 8601; filled in by the project.
    """

    identity: str
    title: str
    simulated: bool = False
    description: Facts = field(default_factory=dict)
    first_seen: str = ""
    last_seen: str = ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a device's sensor is to be read, found out on that device.

    Attributes:
        device: its identity.
        sensor: such as ``battery/current_now``.
        values: scale, sign, update period ... with the evidence.
        at: UTC, ISO 8601; filled in by the project where empty.
    """

    device: str
    sensor: str
    values: Facts
    at: str = ""


@dataclass(frozen=True, slots=True)
class NetworkReference:
    """A network that was measured: known by its contents, wherever its files lie.

    Attributes:
        space_sha256: signature of its design space.
        weights_sha256: of its weights file.
        name: what it was called.
        place: the folder it lay in when it was seen last; a hint only.
    """

    space_sha256: str
    weights_sha256: str
    name: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured: runs of two sessions belong together where all of it is the same.

    Attributes:
        device: identity of a device that was seen.
        name: such as ``quick``.
        total_blocks: how many blocks it takes.
        details: everything else that makes it what it is: rules, configurations, seed, threads ...
    """

    kind: RunKind
    device: str
    network: NetworkReference | None
    name: str
    total_blocks: int
    details: Facts

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name it."""
        network = None if self.network is None else self.network.weights_sha256
        space = None if self.network is None else self.network.space_sha256
        parts = (
            self.kind, self.device, space, network, self.name, self.total_blocks, self.details,
        )  # fmt: skip
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Run:
    """A measurement of a plan, over one session or several.

    Attributes:
        began, finished: UTC, ISO 8601; `finished` is None until every block is there.
        blocks: how many are there.
        running: whether a living process is at it.
        profile: id of the device profile that is or will be made of it; empty where none is.
        result: what it came to; empty until it is finished.
    """

    id: int
    plan: Plan
    began: str
    finished: str | None
    blocks: int
    running: bool
    profile: str
    result: Facts

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(1.0, self.blocks / self.plan.total_blocks) if self.plan.total_blocks else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Samples that were taken in one go.

    Attributes:
        position: what was measured, as the run's plan numbers it; below 0 for none of these.
        round: which turn of it, from 1.
        part: which of several of the same position and round, such as ``idle`` or ``load``.
        facts: everything about them that is no array.
        arrays: by name; float64 or int64, of any shape.
        at: UTC, ISO 8601; filled in by the project where empty.
    """

    position: int
    round: int
    arrays: Mapping[str, Array]
    facts: Facts = field(default_factory=dict)
    part: str = ""
    at: str = ""

    @property
    def key(self) -> tuple[int, int, str]:
        """What a run has only once."""
        return self.position, self.round, self.part


@dataclass(frozen=True, slots=True)
class Note:
    """Something to remember of a run, in the order in which it was noted.

    Attributes:
        kind: such as ``conditions``.
        at: UTC, ISO 8601; filled in by the project where empty.
    """

    kind: str
    content: Facts
    at: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A stretch of work on a run: when, and with which version of the program.

    Attributes:
        ended: None where it was killed, or is at work.
        resumed: how many blocks were there when it began.
    """

    began: str
    ended: str | None
    program: str
    machine: str
    resumed: int


@dataclass(frozen=True, slots=True)
class Document:
    """A device profile (a TOML file) or a context trace (a CSV file) of the project.

    Attributes:
        id: what the command line takes.
        content: the bytes of the file; empty in a listing.
        changed_ns: when it was written, since 1970; filled in by the project where 0.
        size: bytes of the content.
    """

    id: str
    title: str
    content: bytes
    changed_ns: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """How much there is in a project.

    Attributes:
        samples: elements of all arrays.
        sample_bytes: what these take.
        file_bytes: size of the file, its log included.
    """

    devices: int
    networks: int
    runs: int
    unfinished: int
    blocks: int
    samples: int
    sample_bytes: int
    profiles: int
    traces: int
    file_bytes: int
