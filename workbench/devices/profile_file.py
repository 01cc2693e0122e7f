"""Reading and writing device profiles as TOML files."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write, read_text
from workbench.devices.profile import SCHEMA_VERSION, DeviceProfile

SIZE_LIMIT_BYTES = 8 * 2**20

_GUIDE = "The guide's page on device profiles describes the format."
_HEADER = re.compile(r"^\s*(\[\[?)([^\[\]]+)\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")
_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(\d+|\.\.\.)\]")


def load_profile(path: str | Path) -> DeviceProfile:
    """Read and check a device profile.

    Raises:
        InputFileError: when the file cannot be read, is no TOML, does not fit the schema, or was
            written by a newer version of the program.
    """
    return parse_profile(read_text(path, limit_bytes=SIZE_LIMIT_BYTES), path)


def parse_profile(text: str, path: str | Path) -> DeviceProfile:
    """A device profile from the text of a TOML file; `path` is named in errors.

    Raises:
        InputFileError: as `load_profile`.
    """
    data = _parse_toml(text, path)
    _check_version(data, text, path)
    if where := _not_finite(data, "$"):
        raise InputFileError(
            path, f"{_readable(where)} is not a finite number", _GUIDE, line=_line(text, where)
        )
    try:
        return msgspec.convert(data, DeviceProfile)
    except (msgspec.ValidationError, OverflowError) as error:
        reason, _, where = str(error).partition(" - at `")
        where = where.rstrip("`")
        what = f"{_readable(where)}: {reason}" if where else reason
        raise InputFileError(path, what, _GUIDE, line=_line(text, where)) from error


def format_profile(profile: DeviceProfile) -> str:
    """The text of the TOML file that holds `profile`."""
    import tomli_w  # only writers pay for it

    # Defaults are left out, but the version always stands first.
    data = {"schema_version": profile.schema_version, **msgspec.to_builtins(profile)}
    return tomli_w.dumps(data, indent=2)


def save_profile(profile: DeviceProfile, path: str | Path) -> None:
    """Write a device profile; the file appears whole or not at all.

    Raises:
        InputFileError: when the folder cannot be written.
    """
    text = format_profile(profile)
    with atomic_write(path) as stream:
        stream.write(text)


def _parse_toml(text: str, path: str | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = re.search(r"\(at line (\d+)", str(error))
        reason = re.sub(r" \(at [^)]*\)$", "", str(error)) or "it is nested too deeply"
        raise InputFileError(
            path,
            f"is not valid TOML: {reason}",
            "Correct the line, or take a shipped device profile as a pattern.",
            line=int(found[1]) if found else None,
        ) from error


def _check_version(data: dict[str, Any], text: str, path: str | Path) -> None:
    version = data.get("schema_version")
    line = _line(text, "$.schema_version")
    if type(version) is not int or version < 1:
        raise InputFileError(
            path, "schema_version is missing or no positive whole number", _GUIDE, line=line
        )
    if version > SCHEMA_VERSION:
        raise InputFileError(
            path,
            f"has schema version {version}; this program knows versions up to {SCHEMA_VERSION}",
            "Update adaspring-workbench, or use a profile written for this version.",
            line=line,
        )


def _not_finite(value: Any, where: str) -> str:
    """Path of the first NaN or infinity in parsed TOML; empty where there is none."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else where
    children: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        children = [(f"{where}.{key}", child) for key, child in value.items()]
    elif isinstance(value, list):
        children = [(f"{where}[{position}]", child) for position, child in enumerate(value)]
    return next((found for path, child in children if (found := _not_finite(child, path))), "")


def _readable(where: str) -> str:
    return where.removeprefix("$").removeprefix(".") or "the file"


def _line(text: str, where: str) -> int | None:
    """Best guess of the line on which a path such as ``$.clusters[1].cores`` stands.

    None where the path's table or key is not found, as in files with inline tables.
    """
    steps = [name or int(number) if number != "..." else 0 for name, number in _steps(where)]
    best = None
    table: list[str | int] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header[2].strip()
            table = [*name.split(".")]
            if header[1] == "[[":
                table.append(seen.get(name, 0))
                seen[name] = seen.get(name, 0) + 1
            if steps[: len(table)] == table:
                best = number
        elif (key := _KEY.match(line)) and steps[: len(table) + 1] == [*table, key[1]]:
            return number
    return best


def _steps(where: str) -> list[tuple[str, str]]:
    return [(m[1] or "", m[2] or "") for m in _STEP.finditer(where.removeprefix("$"))]
