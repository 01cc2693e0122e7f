"""A folder of results that appears whole: written aside, then moved into its place."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from workbench.core.errors import InputFileError


@contextlib.contextmanager
def output_folder(
    target: str | Path,
    names: Collection[str],
    is_ours: Callable[[Path], bool],
    force: bool = False,
) -> Iterator[Path]:
    """Give a temporary folder to write into; when the block succeeds it becomes `target`.

    A folder that holds nothing but earlier results is replaced as a whole. Where it holds other
    files too, these stay and only files called `names` are replaced, one rename after the other.
    When the block raises, `target` is as it was and the temporary folder is gone.

    Args:
        names: every file that results may consist of; what is not written this time is removed.
        is_ours: whether a folder holds earlier results, so that files of these names may go.
        force: replace files of these names whoever wrote them.

    Raises:
        InputFileError: when the folder cannot be made, or holds foreign files of these names.
    """
    path = Path(target).absolute()
    check_output_folder(path, names, is_ours, force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise _not_writable(path, error) from error
    try:
        yield aside
        os.chmod(aside, 0o777 & ~_umask())
        try:
            _put_in_place(aside, path.resolve(), names)
        except OSError as error:
            raise _not_writable(path, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_output_folder(
    target: str | Path,
    names: Collection[str],
    is_ours: Callable[[Path], bool],
    force: bool = False,
) -> None:
    """Raise what `output_folder` would raise, before any work is done for it."""
    path = Path(target)
    if path.exists() and not path.is_dir():
        raise InputFileError(path, "is no folder", "Choose another place for the results.")
    if not path.is_dir() or force or is_ours(path):
        return
    taken = sorted(name for name in names if (path / name).exists())
    if taken:
        raise InputFileError(
            path,
            f"holds {', '.join(taken)}, which this program did not write",
            "Choose another folder, or replace them with --force.",
        )


def _put_in_place(aside: Path, path: Path, names: Collection[str]) -> None:
    if not path.exists():
        os.rename(aside, path)
        return
    if all(entry.name in names for entry in path.iterdir()) and _swap(aside, path):
        return
    for name in names:
        if (aside / name).exists():
            os.replace(aside / name, path / name)
        else:
            (path / name).unlink(missing_ok=True)


def _swap(aside: Path, path: Path) -> bool:
    """Exchange two folders and remove the old one; False where the folder cannot be moved."""
    if path.samefile(Path.cwd()):
        return False  # a shell that stands in it would be left in a removed folder
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    try:
        os.rename(path, old)
    except OSError:  # a mount point, or a parent folder that cannot be written
        os.rmdir(old)
        return False
    try:
        os.rename(aside, path)
    except OSError:
        os.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return True


def _not_writable(path: Path, error: OSError) -> InputFileError:
    reason = error.strerror or str(error)
    return InputFileError(
        path, f"cannot be written ({reason})", "Choose a folder that can be written."
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
