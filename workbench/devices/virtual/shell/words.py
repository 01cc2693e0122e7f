"""Reads words of a shell script: quotes, parameters, substitutions, here-documents."""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.devices.virtual.shell.syntax import (
    Arithmetic,
    Parameter,
    Part,
    Script,
    Substitution,
    Text,
    Word,
)

DEPTH_LIMIT = 60

_ENDS_WORD = " \t\n;&|<>()"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[?$!#@*-]", re.ASCII)
_LONG_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$!#@*-]", re.ASCII)
_OPERATOR = re.compile(r":[-=+?]|##|%%|[-=+?#%]")


class ShellSyntaxError(Exception):
    """A script that is none; the message is what the shell prints after ``syntax error: ``.

    Attributes:
        incomplete: more lines could make it right, so an interactive shell asks for them.
    """

    def __init__(self, message: str, *, incomplete: bool = False) -> None:
        super().__init__(message)
        self.incomplete = incomplete


def literal(text: str) -> Word:
    """A word that stands for itself."""
    return (Text(text, True),)


class WordReader:
    """A position in a script, and what can be read from there."""

    def __init__(self, source: str, parse: Callable[[str, int], Script], depth: int) -> None:
        self._source = source
        self._at = 0
        self._parse = parse
        self._depth = depth

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self._at >= len(self._source)

    def enter(self) -> None:
        """One level deeper.

        Raises:
            ShellSyntaxError: when that is too deep.
        """
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise ShellSyntaxError("nested too deeply")

    def leave(self) -> None:
        """One level up again."""
        self._depth -= 1

    def unexpected(self) -> ShellSyntaxError:
        """The error for what stands here."""
        if self.at_end:
            return ShellSyntaxError("unexpected EOF", incomplete=True)
        match = re.match(r"\n|[;&|()<>]+|[^\s;&|()<>]+|.", self._source[self._at :])
        found = match[0] if match else ""
        return ShellSyntaxError(f"unexpected '{'newline' if found == chr(10) else found}'")

    def starts_with(self, mark: str) -> bool:
        """Whether this mark stands here."""
        return self._source.startswith(mark, self._at)

    def take_any(self, *marks: str) -> str:
        """Take the first of the marks that stands here; empty when none does."""
        for mark in marks:
            if self.starts_with(mark):
                self._at += len(mark)
                return mark
        return ""

    def expect(self, mark: str) -> None:
        """Take this mark; anything else is an error."""
        if not self.take_any(mark):
            raise self.unexpected()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take what the pattern matches here."""
        match = pattern.match(self._source, self._at)
        if match:
            self._at = match.end()
        return match

    def skip_blanks(self) -> None:
        """Pass spaces, continued lines and comments."""
        while not self.at_end:
            if self.starts_with("\\\n"):
                self._at += 2
            elif self._source[self._at] in " \t\r":
                self._at += 1
            elif self._source[self._at] == "#":
                end = self._source.find("\n", self._at)
                self._at = len(self._source) if end < 0 else end
            else:
                return

    def skip_lines(self) -> None:
        """Pass blanks, line ends and lone semicolons."""
        while True:
            self.skip_blanks()
            if self.starts_with("\n") or (self.starts_with(";") and not self.starts_with(";;")):
                self._at += 1
            else:
                return

    def peek_reserved(self) -> str:
        """The bare word that stands here; empty when there is none."""
        match = re.compile(r"[a-z]+|[{}!]").match(self._source, self._at)
        if match is None:
            return ""
        rest = self._source[match.end() : match.end() + 1]
        return match[0] if not rest or rest in _ENDS_WORD + "\r" else ""

    def take_reserved(self, name: str) -> bool:
        """Take this reserved word if it stands here."""
        if self.peek_reserved() != name:
            return False
        self._at += len(name)
        return True

    def expect_reserved(self, name: str) -> None:
        """Take this reserved word; anything else is an error."""
        self.skip_lines()
        if not self.take_reserved(name):
            raise self.unexpected()

    def word(self) -> Word | None:
        """The word that starts here; None where none does."""
        parts: list[Part] = []
        while not self.at_end and self._source[self._at] not in _ENDS_WORD:
            parts.extend(self._piece())
        return tuple(parts) if parts else None

    def here_document(self, end: Word, *, strip_tabs: bool) -> Word:
        """The lines after this one up to the one that is `end`; they are cut out of the script."""
        name = "".join(part.text for part in end if isinstance(part, Text))
        quoted = any(isinstance(part, Text) and part.quoted for part in end)
        start = self._source.find("\n", self._at) + 1
        if start == 0:
            raise ShellSyntaxError("here document without text", incomplete=True)
        lines = []
        at = start
        while at < len(self._source):
            stop = self._source.find("\n", at)
            stop = len(self._source) if stop < 0 else stop
            line = self._source[at:stop]
            at = stop + 1
            line = line.lstrip("\t") if strip_tabs else line
            if line == name:
                break
            lines.append(line + "\n")
        else:
            raise ShellSyntaxError(f"here document '{name}' unclosed", incomplete=True)
        self._source = self._source[:start] + self._source[at:]
        text = "".join(lines)
        return literal(text) if quoted else self._inner(text).quoted_text("")

    def _inner(self, source: str) -> WordReader:
        return WordReader(source, self._parse, self._depth)

    def quoted_text(self, end: str) -> Word:
        """Parts up to the mark `end` (or the end of the text), as between double quotes."""
        parts: list[Part] = []
        text = ""
        while True:
            if self.at_end:
                if end:
                    raise ShellSyntaxError("no closing quote", incomplete=True)
                break
            if end and self.take_any(end):
                break
            letter = self._source[self._at]
            if letter == "\\" and self._at + 1 < len(self._source):
                following = self._source[self._at + 1]
                self._at += 2
                if following != "\n":
                    text += following if following in '$`"\\' else "\\" + following
            elif letter in "$`":
                parts.append(Text(text, True))
                text = ""
                parts.extend(self._dollar(quoted=True))
            else:
                text += letter
                self._at += 1
        parts.append(Text(text, True))
        return tuple(parts)

    def _piece(self) -> Word:
        letter = self._source[self._at]
        if letter == "'":
            end = self._source.find("'", self._at + 1)
            if end < 0:
                raise ShellSyntaxError("no closing quote", incomplete=True)
            text = self._source[self._at + 1 : end]
            self._at = end + 1
            return literal(text)
        if letter == '"':
            self._at += 1
            return self.quoted_text('"')
        if letter == "\\":
            following = self._source[self._at + 1 : self._at + 2]
            self._at += 2
            return () if following == "\n" else literal(following)
        if letter in "$`":
            return self._dollar(quoted=False)
        match = re.compile(r"[^\s;&|<>()'\"\\$`]+").match(self._source, self._at)
        text = match[0] if match else letter
        self._at += len(text)
        return (Text(text, False),)

    def _dollar(self, *, quoted: bool) -> Word:
        if self.take_any("`"):
            return (Substitution(self._nested(self._until_backquote()), quoted),)
        if self.starts_with("$(("):
            inside = self._balanced(3, "))")
            if inside is not None:
                return (Arithmetic(self._inner(inside).quoted_text(""), quoted),)
        if self.starts_with("$("):
            inside = self._balanced(2, ")")
            if inside is None:
                raise ShellSyntaxError("no closing )", incomplete=True)
            return (Substitution(self._nested(inside), quoted),)
        self._at += 1
        if self.take_any("{"):
            return (self._braced(quoted),)
        match = self.match(_NAME)
        return (Parameter(match[0], "", (), quoted) if match else Text("$", quoted),)

    def _nested(self, source: str) -> Script:
        return self._parse(source, self._depth + 1)

    def _braced(self, quoted: bool) -> Part:
        if self.starts_with("#") and not self.starts_with("#}"):
            self._at += 1
            match = self.match(_LONG_NAME)
            if match is None:
                raise ShellSyntaxError("bad substitution")
            self.expect("}")
            return Parameter(match[0], "len", (), quoted)
        match = self.match(_LONG_NAME)
        if match is None:
            raise ShellSyntaxError("bad substitution")
        operator = self.match(_OPERATOR)
        word: list[Part] = []
        while not self.take_any("}"):
            if self.at_end or operator is None:
                raise ShellSyntaxError("bad substitution")
            if self._source[self._at] in _ENDS_WORD:
                word.append(Text(self._source[self._at], quoted))
                self._at += 1
            else:
                match_text = re.compile(r"[^\s;&|<>()'\"\\$`}]+").match(self._source, self._at)
                if match_text:
                    word.append(Text(match_text[0], False))
                    self._at = match_text.end()
                else:
                    word.extend(self._piece())
        return Parameter(match[0], operator[0] if operator else "", tuple(word), quoted)

    def _until_backquote(self) -> str:
        text = ""
        while not self.at_end:
            letter = self._source[self._at]
            self._at += 1
            if letter == "`":
                return text
            if letter == "\\" and self._source[self._at : self._at + 1] in ("`", "\\", "$"):
                letter = self._source[self._at]
                self._at += 1
            text += letter
        raise ShellSyntaxError("no closing `", incomplete=True)

    def _balanced(self, skip: int, end: str) -> str | None:
        """Text after the next `skip` letters up to its matching `end`; None where there is none."""
        at = self._at + skip
        start = at
        depth = 0
        quote = ""
        while at < len(self._source):
            letter = self._source[at]
            if quote == "'":
                quote = "" if letter == "'" else quote
            elif letter == "\\":
                at += 1
            elif quote == '"':
                quote = "" if letter == '"' else quote
            elif letter in "'\"":
                quote = letter
            elif letter == "(":
                depth += 1
            elif letter == ")":
                if depth == 0:
                    if not self._source.startswith(end, at):
                        return None
                    self._at = at + len(end)
                    return self._source[start:at]
                depth -= 1
            at += 1
        return None
