"""Start of the program: `adaspring-workbench`, or `python -m workbench`.

Only click is imported here. Commands are imported when they run, so `--help` is quick and neither
torch nor Qt is loaded by a command that does not need it.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

import click

from workbench import __version__
from workbench.cli import COMMANDS, DEFAULT_COMMAND
from workbench.cli.group import LazyGroup
from workbench.core.errors import WorkbenchError

PROGRAM = "adaspring-workbench"

EXIT_BUG = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE


@dataclass(slots=True)
class Options:
    """Options of the whole program, readable in a command as `ctx.obj`."""

    debug: bool = False


@click.group(
    cls=LazyGroup,
    specs=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "--version", prog_name=PROGRAM)
@click.option("--debug", is_flag=True, envvar="ADASPRING_DEBUG", help="Show tracebacks of errors.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """A workbench for networks that adapt themselves to the device they run on.

    Without a command it opens the window.
    """
    ctx.ensure_object(Options).debug = debug
    if ctx.invoked_subcommand is None:
        assert isinstance(ctx.command, click.Group)
        name, command, rest = ctx.command.resolve_command(ctx, [DEFAULT_COMMAND])
        if command is not None:
            with command.make_context(name, rest, parent=ctx) as command_ctx:
                command.invoke(command_ctx)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the process's exit code.

    Every error that reaches a user of the command line is printed here and nowhere else:
    2 for bad input or a wrong call, 130 after Ctrl-C, 1 for an error in the program itself.

    Args:
        argv: arguments without the program's name; the process's own when None.
    """
    options = Options()
    try:
        result = cli.main(
            args=None if argv is None else list(argv),
            prog_name=PROGRAM,
            standalone_mode=False,
            obj=options,
        )
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output left (`... | head`); Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except WorkbenchError as error:
        _show(options, error, error.message, error.hint, error.detail)
        return EXIT_BAD_INPUT
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _show(options, error, f"{where}{error.strerror or error}", "")
        return EXIT_BAD_INPUT
    except Exception as error:
        hint = f"This is a bug. `{PROGRAM} --debug ...` shows where; please report it."
        _show(options, error, f"{type(error).__name__}: {error}", hint)
        return EXIT_BUG
    return result if isinstance(result, int) else 0


def _show(
    options: Options, error: BaseException, message: str, hint: str, detail: str = ""
) -> None:
    """Print an error on standard error; with --debug also its detail and traceback."""
    if options.debug:
        traceback.print_exception(error)
        if detail:
            click.echo(detail, err=True)
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


if __name__ == "__main__":
    sys.exit(main())
