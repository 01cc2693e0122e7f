"""How commands leave the flow of a script."""

from __future__ import annotations


class Exit(Exception):
    """``exit``: ends the shell."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Return(Exception):
    """``return``: ends a function."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class LoopControl(Exception):
    """``break`` or, when it `goes_on`, ``continue``; for so many nested loops."""

    def __init__(self, levels: int, *, goes_on: bool) -> None:
        super().__init__(levels)
        self.levels = levels
        self.goes_on = goes_on
