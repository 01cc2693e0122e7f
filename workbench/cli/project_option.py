"""The option ``--project`` of the commands that read from a project or write into one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workbench.services.projects import VARIABLE, use_project

_NAMED = "workbench.project_named"


def project_option(*, writes: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that makes a project the one in use while the command runs.

    Args:
        writes: whether the command puts something in; it then makes the file where there is none.
    """

    def choose(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
        if path is None:
            return
        ctx.meta[_NAMED] = True
        before = os.environ.get(VARIABLE)
        ctx.call_on_close(lambda: _restore(before))
        use_project(path, create=writes)

    text = "It is made where it is missing." if writes else "Its profiles and traces can be named."
    return click.option(
        "--project",
        type=click.Path(dir_okay=False, path_type=Path),
        expose_value=False,
        callback=choose,
        help=f"Project file to use.  {text}  [default: ${VARIABLE}, or your default project]",
    )


def project_named() -> bool:
    """Whether the command that runs was given the option."""
    return bool(click.get_current_context().meta.get(_NAMED))


def _restore(before: str | None) -> None:
    os.environ.pop(VARIABLE, None)
    if before is not None:
        os.environ[VARIABLE] = before
