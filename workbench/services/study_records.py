"""What a study is made of: its plan, its cells, and what a finished cell holds.

A cell is one policy on one task, platform and scenario with all its runs: independent of every
other cell, so that cells can be computed anywhere and in any order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from workbench.core.errors import SettingsError
from workbench.export.proxy_report import ProxyCheck
from workbench.export.replay_report import InputRecord
from workbench.export.study_report import (
    AbsentRow,
    PairSources,
    StudyPlatform,
    StudyReport,
    StudyScenario,
    StudyTask,
)

FORMAT_VERSION = 2
ScenarioId = Literal["case_study", "generated"]
CASE_STUDY: ScenarioId = "case_study"
GENERATED: ScenarioId = "generated"
EfficiencyChoice = Literal["auto", "energy", "latency", "intensity"]

DEFAULT_PLATFORMS = ("redmi_3s", "mi_5s", "jetson_nano")
DEFAULT_POLICIES = (
    "runtime3c",
    "exact",
    "ofa",
    "nsga2",
    "greedy",
    "random",
    "static",
    "fixed:fire",
    "fixed:mbv2",
    "fixed:svd",
    "fixed:sparse",
    "backbone",
)


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What a user asks for.

    Attributes:
        tasks: networks, by id or folder.
        platforms: device profiles, by id or file.
        policies: policies to compare.
        trace: the case study's day, by id or file.
        repeats: runs of the case study; 0 leaves it out.
        contexts: generated traces; 0 leaves them out.
        seed: of generated traces, arrivals of inferences and random policies.
        efficiency: what is weighed against accuracy; "auto": energy where the platform's profile
            has power, else arithmetic intensity.
    """

    tasks: tuple[str, ...]
    platforms: tuple[str, ...] = DEFAULT_PLATFORMS
    policies: tuple[str, ...] = DEFAULT_POLICIES
    trace: str = "sample_day"
    repeats: int = 5
    contexts: int = 20
    seed: int = 7
    efficiency: EfficiencyChoice = "auto"

    def __post_init__(self) -> None:
        for name in ("tasks", "platforms", "policies"):
            values = getattr(self, name)
            if not values:
                raise SettingsError(f"A study needs at least one of its {name}.")
            if len(set(values)) != len(values):
                raise SettingsError(f"A study's {name} name the same one twice.")
        if not (0 <= self.repeats <= 1000 and 0 <= self.contexts <= 1000):
            raise SettingsError("A study takes 0 to 1000 repeats and 0 to 1000 generated traces.")
        if self.repeats + self.contexts == 0:
            raise SettingsError("With 0 repeats and 0 generated traces there is nothing to run.")
        if self.seed < 0:
            raise SettingsError("A seed is 0 or more.")


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """Which cell."""

    task: str
    platform: str
    policy: str
    scenario: ScenarioId

    @property
    def text(self) -> str:
        """For messages."""
        return f"{self.policy} on {self.task}, {self.platform}, {self.scenario}"

    @property
    def file_name(self) -> str:
        """A name that any file system takes; different for different keys."""
        parts = (self.task, self.platform, self.policy, self.scenario)
        readable = "-".join(re.sub(r"[^a-z0-9_]+", "_", part.lower())[:40] for part in parts)
        return f"{readable}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:8]}.json"


@dataclass(frozen=True, slots=True)
class CellWork:
    """Everything a worker needs to compute a cell.

    Attributes:
        network, profile, trace: ids or paths, as the worker finds them.
        files_sha256: role -> SHA-256 of the files' hashes, so that a worker notices when it would
            read something else than the plan names.
        runs: numbers of the runs to compute.
        note: why there are fewer runs than the plan asks for; empty otherwise.
        fingerprint: SHA-256 of all that decides the result; a stored cell with another one is of
            another study.
    """

    key: CellKey
    network: str
    profile: str
    trace: str
    files_sha256: Mapping[str, str]
    runs: tuple[int, ...]
    seed: int
    efficiency: EfficiencyChoice
    note: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One run of a cell: `Measure` id to value; what is not known is not in it."""

    run: int
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CellResult:
    """A finished cell.

    Attributes:
        fingerprint: of the `CellWork`.
        computer: processor that searches and weight evolutions were timed on.
        took_s: wall time of the whole cell.
    """

    key: CellKey
    fingerprint: str
    runs: tuple[RunFigures, ...]
    note: str
    computer: str
    took_s: float


@dataclass(frozen=True, slots=True)
class StudyManifest:
    """What stands in a study's folder before the first cell: plan, inputs and cells.

    Attributes:
        program: version of the program.
        tasks, platforms, scenarios, sources: as in `StudyReport`.
        inputs: every file that figures rest on.
        cells: all cells, in the order of the tables.
        absent: rows that the study cannot have.
        proxies: as in `StudyReport`.
    """

    plan: StudyPlan
    program: str
    tasks: tuple[StudyTask, ...]
    platforms: tuple[StudyPlatform, ...]
    scenarios: tuple[StudyScenario, ...]
    sources: tuple[PairSources, ...]
    inputs: tuple[InputRecord, ...]
    cells: tuple[CellWork, ...]
    absent: tuple[AbsentRow, ...]
    proxies: tuple[ProxyCheck, ...]
    versions: Mapping[str, str]
    command: str


@dataclass(frozen=True, slots=True)
class CellFailure:
    """A cell that could not be computed; it is tried again when the study goes on."""

    key: CellKey
    message: str
    hint: str = ""
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Study:
    """A study as its folder holds it.

    Attributes:
        finished: cells with a result.
        missing: cells without one.
        problems: files among the cells that cannot be used, a sentence each; such cells are
            missing.
        report: rows and ratios of the finished cells.
    """

    folder: Path
    manifest: StudyManifest
    finished: tuple[CellResult, ...]
    missing: tuple[CellKey, ...]
    problems: tuple[str, ...]
    report: StudyReport

    @property
    def complete(self) -> bool:
        """Whether every cell is finished."""
        return not self.missing


def fingerprint_of(**decides: object) -> str:
    """SHA-256 of named plain values, whatever their order."""
    return hashlib.sha256(msgspec.json.encode(decides, order="sorted")).hexdigest()
