"""The project file: one SQLite database with all that was measured and made in a project.

`Project` opens it; what goes in and comes out are the frozen records of `records`, and no SQL
stands outside this package.

Discipline: a `Project` owns one connection and belongs to the thread that opened it; others open
their own, which is cheap. Any number of readers and one writer at a time work on a file, in any
number of processes (write-ahead log). Writing transactions are short - one call, one transaction -
and on the disk when the call returns, so that a crash loses at most what was being written.
"""

from workbench.storage.connection import ProjectError
from workbench.storage.project import Project
from workbench.storage.records import (
    Block,
    Calibration,
    Contents,
    Device,
    Document,
    NetworkReference,
    Note,
    Plan,
    Run,
    Session,
)
from workbench.storage.runs import RunRecorder

__all__ = [
    "Block",
    "Calibration",
    "Contents",
    "Device",
    "Document",
    "NetworkReference",
    "Note",
    "Plan",
    "Project",
    "ProjectError",
    "Run",
    "RunRecorder",
    "Session",
]
