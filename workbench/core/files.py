"""Writing files so that a crash never leaves half of one behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from workbench.core.errors import InputFileError


@contextlib.contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary file beside `path` and rename it over `path` when the block succeeds.

    Text is written as UTF-8 with "\\n" line ends, so that the same data gives the same bytes on
    every system. When the block raises, the temporary file is removed and `path` is untouched.

    Args:
        mode: "w" for text or "wb" for bytes.

    Raises:
        InputFileError: when the folder does not exist or cannot be written.
    """
    target = Path(path)
    text = {"encoding": "utf-8", "newline": "\n"} if "b" not in mode else {}
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise InputFileError(
            path, f"cannot be written ({error.strerror})", "Choose a folder that can be written."
        ) from error
    try:
        with os.fdopen(handle, mode, **text) as stream:  # type: ignore[call-overload]
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_text(path: str | Path, *, limit_bytes: int = 256 * 2**20) -> str:
    """Read a UTF-8 text file.

    Raises:
        InputFileError: when the file is missing, too large, unreadable or not UTF-8.
    """
    source = Path(path)
    try:
        size = source.stat().st_size
        if size > limit_bytes:
            raise InputFileError(
                path,
                f"is {size / 2**20:.0f} MiB, more than the {limit_bytes / 2**20:.0f} MiB allowed",
                "Check that this is the right file.",
            )
        return source.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputFileError(
            path, f"is not UTF-8 text (byte {error.start})", "Check that this is the right file."
        ) from error
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in lower-case hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
