"""Which process is at work on a run: the note that a killed one leaves behind does not count."""

from __future__ import annotations

import json
import os
import platform

_SAME_S = 10.0
"""The system tells the start of a process to within a change of its clock."""


def this_process() -> str:
    """A text that names this process."""
    pid = os.getpid()
    return json.dumps([platform.node(), pid, _began_s(pid)])


def alive(owner: str | None) -> bool:
    """Whether the process of `this_process` still runs; one of another computer counts as ended."""
    if not owner:
        return False
    try:
        node, pid, began_s = json.loads(owner)
        now_s = _began_s(int(pid))
        return node == platform.node() and now_s > 0 and abs(now_s - float(began_s)) < _SAME_S
    except (ValueError, TypeError):
        return False


def _began_s(pid: int) -> float:
    """When a process began, in seconds since 1970; 0 where there is none."""
    import psutil  # only writers pay for it

    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return 0.0
