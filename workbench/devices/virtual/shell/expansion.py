"""Expansion of words: parameters, substitutions, arithmetic, splitting, file names."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Awaitable, Callable

from workbench.devices.virtual.shell.arithmetic import ArithmeticFailure, evaluate
from workbench.devices.virtual.shell.state import ShellState
from workbench.devices.virtual.shell.syntax import (
    Arithmetic,
    Parameter,
    Script,
    Substitution,
    Text,
    Word,
)

Substitute = Callable[[Script], Awaitable[str]]

LENGTH_LIMIT = 1 << 22
"""Longest word: a script that doubles a variable again and again must not fill the memory."""

_GLOB = re.compile(r"[*?\[]")
# Stands for a literal letter that would otherwise be a pattern; no text over ADB holds it.
_ESCAPE = "\ue000"


class ExpansionError(Exception):
    """A word that cannot be expanded; the message is what the shell prints."""


class Expander:
    """Expands words for one state of a shell.

    Args:
        substitute: runs a script and returns what it wrote, without the line ends at its end.
    """

    def __init__(self, state: ShellState, substitute: Substitute) -> None:
        self._state = state
        self._substitute = substitute

    async def fields(self, words: tuple[Word, ...]) -> list[str]:
        """The arguments that a list of words stands for."""
        found: list[str] = []
        for word in words:
            for field in await self._split(word):
                found.extend(self._match_files(_limited(field)))
        return found

    async def text(self, word: Word) -> str:
        """One word as text: neither split nor matched against file names."""
        return _limited("".join([await self._part_text(part) for part in word]))

    async def pattern(self, word: Word) -> str:
        """A word as a pattern of `fnmatch`, in which quoted letters stand for themselves."""
        pieces = []
        for part in word:
            text = await self._part_text(part)
            pieces.append(_quote_pattern(text) if part.quoted else text)
        return "".join(pieces)

    async def _part_text(self, part: Text | Parameter | Substitution | Arithmetic) -> str:
        if isinstance(part, Text):
            return part.text
        if isinstance(part, Substitution):
            return await self._substitute(part.script)
        if isinstance(part, Arithmetic):
            try:
                return str(evaluate(await self.text(part.word), self._state.variables))
            except ArithmeticFailure as error:
                raise ExpansionError(str(error)) from error
        return await self._parameter(part)

    async def _split(self, word: Word) -> list[str]:
        """Fields of a word; letters that must not be matched are marked."""
        fields: list[str] = []
        current: str | None = None
        for part in word:
            if isinstance(part, Parameter) and part.name == "@" and part.quoted and not part.op:
                arguments = [_mark(argument) for argument in self._state.arguments]
                for index, argument in enumerate(arguments):
                    if index:
                        fields.append(current or "")
                        current = ""
                    current = (current or "") + argument
                continue
            text = await self._part_text(part)
            if part.quoted:
                current = (current or "") + _mark(text)
            elif isinstance(part, Text):
                current = (current or "") + text
            else:
                pieces = text.split()
                if not pieces:
                    if text and current is not None:
                        fields.append(current)
                        current = None
                    continue
                if text[0].isspace() and current is not None:
                    fields.append(current)
                    current = None
                pieces[0] = (current or "") + pieces[0]
                current = pieces.pop()
                fields.extend(pieces)
                if text[-1].isspace():
                    fields.append(current)
                    current = None
        if current is not None:
            fields.append(current)
        return fields

    def _match_files(self, field: str) -> list[str]:
        plain = field.replace(_ESCAPE, "")
        unescaped = re.sub(f"{_ESCAPE}.", "", field, flags=re.DOTALL)
        if not _GLOB.search(unescaped):
            return [plain]
        found = self._glob(field)
        return found or [plain]

    def _glob(self, field: str) -> list[str]:
        absolute = field.startswith("/")
        paths = ["/" if absolute else ""]
        for step in filter(None, field.split("/")):
            following = []
            bare = step.replace(_ESCAPE, "")
            for path in paths:
                if not _GLOB.search(step):
                    following.append(posixpath.join(path, bare))
                    continue
                pattern = re.sub(f"{_ESCAPE}(.)", r"[\1]", step, flags=re.DOTALL)
                for name in self._names(path):
                    hidden = name.startswith(".") and not step.startswith(".")
                    if not hidden and fnmatch.fnmatchcase(name, pattern):
                        following.append(posixpath.join(path, name))
            paths = following
        return [path for path in paths if _exists(self._state, path)]

    def _names(self, path: str) -> list[str]:
        files = self._state.machine.files
        try:
            return files.list(files.resolve(path or ".", self._state.folder))
        except OSError:
            return []

    async def _parameter(self, part: Parameter) -> str:
        value = self._value(part.name)
        if part.op == "":
            return value or ""
        if part.op == "len":
            return str(len(value or ""))
        empty = not value if part.op.startswith(":") else value is None
        kind = part.op[-1]
        if kind == "-":
            return await self.text(part.word) if empty else value or ""
        if kind == "+":
            return "" if empty else await self.text(part.word)
        if kind == "=":
            if empty:
                self._state.variables[part.name] = await self.text(part.word)
            return self._value(part.name) or ""
        if kind == "?":
            if empty:
                reason = await self.text(part.word) or "parameter null or not set"
                raise ExpansionError(f"{part.name}: {reason}")
            return value or ""
        return _trim(value or "", await self.pattern(part.word), part.op)

    def _value(self, name: str) -> str | None:
        state = self._state
        if name.isdecimal():
            index = int(name)
            if index == 0:
                return state.name
            return state.arguments[index - 1] if index <= len(state.arguments) else None
        special = {
            "?": str(state.status),
            "$": str(state.process.pid),
            "!": str(state.last_background) if state.last_background else "",
            "#": str(len(state.arguments)),
            "@": " ".join(state.arguments),
            "*": " ".join(state.arguments),
            "-": "e" if state.exit_on_error else "",
        }
        if name == "PWD":
            return state.folder
        if name == "RANDOM":
            return str(state.machine.random.randrange(32768))
        if name == "EPOCHREALTIME":
            return f"{state.machine.wall_s():.6f}"
        return special.get(name, state.variables.get(name))


def _limited(text: str) -> str:
    if len(text) > LENGTH_LIMIT:
        raise ExpansionError("argument too long")
    return text


def _exists(state: ShellState, path: str) -> bool:
    try:
        state.machine.files.stat(state.machine.files.resolve(path, state.folder))
    except OSError:
        return False
    return True


def _mark(text: str) -> str:
    return re.sub(r"([*?\[\]])", f"{_ESCAPE}\\1", text)


def _quote_pattern(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)


def _trim(value: str, pattern: str, op: str) -> str:
    """``${name#pattern}`` and its kin: cut off the shortest or (doubled) the longest match."""
    lengths: list[int] = list(range(len(value) + 1))
    if len(op) == 2:
        lengths.reverse()
    for length in lengths:
        if op[0] == "#":
            if fnmatch.fnmatchcase(value[:length], pattern):
                return value[length:]
        elif fnmatch.fnmatchcase(value[len(value) - length :], pattern):
            return value[: len(value) - length]
    return value
