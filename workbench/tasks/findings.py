"""What is wrong in a data folder: collected while it is read instead of ending the reading.

A reader gets a `Reading` and calls `leave_out` for each file or row that it cannot use. Only where
nothing is left to read (no such folder, another data set) it raises InputFileError.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from workbench.core.errors import WorkbenchError
from workbench.tasks.pixels import Pixels, forgetful_pixels, new_pixels, pixel_bytes

FindingKind = Literal[
    "missing", "truncated", "unreadable", "mislabelled", "wrong size", "without samples"
]
"""``without samples`` is a class that has none for training or none for testing."""

NAMED = 3
"""Findings that an error's message names; its detail lists them."""
LISTED = 1000
"""Findings that an error's detail lists."""
_PROGRESS_EVERY_S = 0.1


class Reporter(Protocol):
    """What reading needs of a job's context."""

    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        """Report how far the work is."""

    def check_cancelled(self) -> None:
        """Raise when the work should stop."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that cannot be used.

    Attributes:
        path: of the file, relative to the data folder where it lies inside.
        kind: what sort of fault it is.
        what: the rest of a sentence that starts with the path, such as ``is cut off``.
        items: samples that are left out because of it.
        line: of a text file, from 1.
    """

    path: str
    kind: FindingKind
    what: str
    items: int = 1
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.path}, line {self.line}" if self.line is not None else self.path
        return f"{where}: {self.what}"


@dataclass(frozen=True, slots=True)
class DataReport:
    """What reading a data folder came to.

    Attributes:
        folder: as the user named it.
        shape: of one input of the network.
        classes: names of the classes that are left.
        train, test: samples that can be used.
        findings: what cannot be used, in the order in which it was met.
        pixel_bytes: that the decoded pictures take; 0 where the files are no pictures.
        blocked: why nothing can be trained on the rest; empty when it can.
    """

    task: str
    folder: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    train: int
    test: int
    findings: tuple[Finding, ...] = ()
    blocked: tuple[str, ...] = ()
    pixel_bytes: int = 0

    @property
    def left_out(self) -> int:
        """Samples that are left out."""
        return sum(finding.items for finding in self.findings)

    @property
    def items(self) -> int:
        """All samples, used and left out."""
        return self.train + self.test + self.left_out

    @property
    def counts(self) -> dict[FindingKind, int]:
        """Findings of each kind, the most frequent first."""
        return dict(Counter(finding.kind for finding in self.findings).most_common())

    def summary(self) -> str:
        """How much is wrong, in one sentence without a full stop."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items())
        return f"{self.left_out:,} of {self.items:,} samples cannot be used ({kinds})"


class BadDataError(WorkbenchError):
    """A folder with things that cannot be used, and nobody has said yet to leave them out.

    Attributes:
        report: what is wrong.
    """

    def __init__(self, report: DataReport) -> None:
        self.report = report
        more = len(report.findings) - NAMED
        named = [f"  {finding}" for finding in report.findings[:NAMED]]
        named += [f"  … and {more:,} more"] * (more > 0)
        listed = [str(finding) for finding in report.findings[:LISTED]]
        listed += [f"… and {len(report.findings) - LISTED:,} more"] * (len(listed) == LISTED)
        super().__init__(
            "\n".join([f"{report.folder}: {report.summary()}:", *named]),
            "Put them right, or train on the rest with --skip-bad-data. `adaspring-workbench"
            f" check-data --task {report.task} --data …` lists them all.",
            "\n".join(listed),
        )


class UnfitDataError(WorkbenchError):
    """Data that the recipe of a task cannot be trained on."""

    def __init__(self, report: DataReport) -> None:
        left_out = f" {report.summary().capitalize()}." if report.findings else ""
        super().__init__(
            f"{report.folder}: {'; '.join(report.blocked)}.{left_out}",
            "`adaspring-workbench check-data` says all that is known of a folder; the guide's page"
            " on training shows the layout it should have.",
            "\n".join([*report.blocked, *map(str, report.findings[:LISTED])]),
        )


class Reading:
    """Handed to the reader of a task: takes its findings and its progress, and has room for pixels.

    Args:
        scratch: folder for pixels that memory does not hold; None forgets all pixels, for reading
            that only looks.

    Attributes:
        folder: that is read.
        findings: so far.
        pixel_bytes: that the decoded pictures take.
    """

    def __init__(
        self,
        folder: Path,
        reporter: Reporter | None = None,
        clock: Callable[[], float] = time.monotonic,
        scratch: Path | None = None,
    ) -> None:
        self.folder = folder
        self.findings: list[Finding] = []
        self.pixel_bytes = 0
        self._scratch = scratch
        self._reporter, self._clock = reporter, clock
        self._reported_s = -_PROGRESS_EVERY_S

    def leave_out(
        self,
        path: Path | str,
        kind: FindingKind,
        what: str,
        *,
        items: int = 1,
        line: int | None = None,
    ) -> None:
        """Note that a file, a record of it or a class is not used.

        Args:
            path: of the file; absolute, or relative to the folder.
            what: the rest of a sentence that starts with the path.
            items: how many samples are lost with it.
            line: of a text file, from 1.
        """
        place = Path(path)
        if place.is_relative_to(self.folder):
            place = place.relative_to(self.folder)
        self.findings.append(Finding(str(place), kind, what, items, line))

    def pixels(self, counts: Sequence[int], shape: tuple[int, ...]) -> list[Pixels]:
        """A (count, *shape) array to be filled for each part of a data set.

        Raises:
            InputFileError: when they fit neither into memory nor on the disk.
        """
        total = sum(counts)
        self.pixel_bytes = pixel_bytes(total, shape)
        if self._scratch is None:
            whole = forgetful_pixels(total, shape)
        else:
            whole = new_pixels(total, shape, self._scratch)
        ends = np.cumsum(counts).tolist()
        return [whole[end - count : end] for count, end in zip(counts, ends)]

    def progress(self, done: int, total: int, message: str = "Reading the data") -> None:
        """Say how far the reading is, and stop here when the user wants it; cheap to call often.

        Raises:
            JobCancelled: when the job was asked to stop.
        """
        now_s = self._clock()
        if self._reporter is None or now_s - self._reported_s < _PROGRESS_EVERY_S:
            return
        self._reported_s = now_s
        self._reporter.check_cancelled()
        self._reporter.progress(done / total if total else None, message)
