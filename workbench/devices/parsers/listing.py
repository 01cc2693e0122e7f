"""Many small files read by one command: ``grep "" FILES /dev/null`` prints ``path:line`` each.

One process instead of one a file: starting a process takes a phone several milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workbench.devices.parsers.text import lines_of

_LINE = re.compile(r"(/[^:\x00]+):(.*)", re.DOTALL)
_ERROR = re.compile(r"(?:grep|cat|toybox|toolbox|sh)[^/]*?[:'] ?'?(/[^:']+)'?: (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileListing:
    """Contents of small files.

    Attributes:
        values: path -> its lines joined with "\\n".
        errors: path -> why it could not be read, in the device's words.
    """

    values: Mapping[str, str]
    errors: Mapping[str, str]

    def get(self, path: str) -> str | None:
        """The content of `path`, None where it was not read."""
        return self.values.get(path)

    def matching(self, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
        """(match, content) of every path that `pattern` matches as a whole."""
        for path, value in self.values.items():
            match = pattern.fullmatch(path)
            if match is not None:
                yield match, value


def parse_listing(output: bytes) -> FileListing:
    """Parse the output of ``grep "" FILES /dev/null 2>&1``.

    Error lines of grep, cat, toybox and toolbox go into `errors`; globs that matched nothing
    (the path in the error still holds a star) are left out.
    """
    values: dict[str, list[str]] = {}
    errors: dict[str, str] = {}
    for line in lines_of(output):
        found = _LINE.fullmatch(line)
        if found is not None:
            values.setdefault(found[1], []).append(found[2].strip())
            continue
        failed = _ERROR.fullmatch(line)
        if failed is not None and "*" not in failed[1]:
            errors[failed[1]] = failed[2].strip()
    joined = {path: "\n".join(lines) for path, lines in values.items()}
    return FileListing(MappingProxyType(joined), MappingProxyType(errors))
