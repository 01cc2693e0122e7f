"""Parser of the phone's shell: the part of POSIX's language that scripts over ADB use."""

from __future__ import annotations

import re

from workbench.devices.virtual.shell.syntax import (
    AndOr,
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Redirect,
    Redirected,
    Script,
    Simple,
    While,
    Word,
)
from workbench.devices.virtual.shell.words import (
    ShellSyntaxError,
    WordReader,
    literal,
)

SIZE_LIMIT = 1 << 18

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?==)", re.ASCII)
_FUNCTION = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[ \t]*\([ \t]*\)", re.ASCII)
_REDIRECT = re.compile(r"(\d*)(<<-?|<&|>&|>>|>\||<|>)|(&>)", re.ASCII)
_RESERVED = frozenset(
    [
        "if",
        "then",
        "elif",
        "else",
        "fi",
        "while",
        "until",
        "do",
        "done",
        "for",
        "in",
        "case",
        "esac",
        "{",
        "}",
        "!",
    ]
)


def parse_script(source: str) -> Script:
    """Parse a whole script.

    Raises:
        ShellSyntaxError: when it is none, too long or nested too deeply.
    """
    if len(source) > SIZE_LIMIT:
        raise ShellSyntaxError("script too long")
    parser = _Parser(source)
    script = parser.script(())
    if not parser.words.at_end:
        raise parser.words.unexpected()
    return script


def _parse_nested(source: str, depth: int) -> Script:
    parser = _Parser(source, depth)
    script = parser.script(())
    if not parser.words.at_end:
        raise parser.words.unexpected()
    return script


class _Parser:
    def __init__(self, source: str, depth: int = 0) -> None:
        self.words = WordReader(source, _parse_nested, depth)

    def script(self, ends: tuple[str, ...]) -> Script:
        """Commands up to one of the reserved words or marks `ends`, which is not taken."""
        words = self.words
        words.enter()
        found: list[AndOr] = []
        while True:
            words.skip_lines()
            if words.at_end or words.starts_with(")") or words.starts_with(";;"):
                break
            if words.peek_reserved() in ends:
                break
            found.append(self._and_or())
        words.leave()
        return tuple(found)

    def _and_or(self) -> AndOr:
        first = self._pipeline()
        rest = []
        while True:
            self.words.skip_blanks()
            if not (op := self.words.take_any("&&", "||")):
                break
            self.words.skip_lines()
            rest.append((op, self._pipeline()))
        background = False
        if not self.words.starts_with(";;"):
            background = self.words.take_any("&", ";", "\n") == "&"
        return AndOr(first, tuple(rest), background)

    def _pipeline(self) -> Pipeline:
        self.words.skip_blanks()
        negated = self.words.take_reserved("!")
        commands = [self._command()]
        while True:
            self.words.skip_blanks()
            if self.words.starts_with("||") or not self.words.take_any("|"):
                break
            self.words.skip_lines()
            commands.append(self._command())
        return Pipeline(tuple(commands), negated)

    def _command(self) -> Command:
        words = self.words
        words.skip_blanks()
        command = self._compound()
        if command is None:
            return self._simple()
        redirects = []
        while redirect := self._redirect():
            redirects.append(redirect)
        return Redirected(command, tuple(redirects)) if redirects else command

    def _compound(self) -> Command | None:
        words = self.words
        if words.take_any("("):
            script = self.script(())
            words.expect(")")
            return Group(script, subshell=True)
        if match := words.match(_FUNCTION):
            words.skip_lines()
            return Function(match[1], self._command())
        name = words.peek_reserved()
        if name == "{":
            words.take_reserved("{")
            script = self.script(("}",))
            words.expect_reserved("}")
            return Group(script, subshell=False)
        if name == "if":
            return self._if()
        if name in ("while", "until"):
            words.take_reserved(name)
            condition = self.script(("do",))
            return While(condition, self._do(), until=name == "until")
        if name == "for":
            return self._for()
        if name == "case":
            return self._case()
        if name in _RESERVED:
            raise words.unexpected()
        return None

    def _if(self) -> If:
        words = self.words
        branches = []
        words.take_reserved("if")
        while True:
            condition = self.script(("then",))
            words.expect_reserved("then")
            branches.append((condition, self.script(("elif", "else", "fi"))))
            if not words.take_reserved("elif"):
                break
        otherwise = self.script(("fi",)) if words.take_reserved("else") else None
        words.expect_reserved("fi")
        return If(tuple(branches), otherwise)

    def _do(self) -> Script:
        self.words.expect_reserved("do")
        body = self.script(("done",))
        self.words.expect_reserved("done")
        return body

    def _for(self) -> For:
        words = self.words
        words.take_reserved("for")
        words.skip_blanks()
        match = words.match(re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII))
        if match is None:
            raise words.unexpected()
        words.skip_lines()
        items: list[Word] | None = None
        if words.take_reserved("in"):
            items = []
            while (word := self._next_word()) is not None:
                items.append(word)
        words.skip_lines()
        return For(match[0], None if items is None else tuple(items), self._do())

    def _case(self) -> Case:
        words = self.words
        words.take_reserved("case")
        subject = self._next_word()
        words.skip_lines()
        if subject is None:
            raise words.unexpected()
        words.expect_reserved("in")
        branches = []
        words.skip_lines()
        while not words.take_reserved("esac"):
            words.take_any("(")
            patterns = []
            while True:
                pattern = self._next_word()
                if pattern is None:
                    raise words.unexpected()
                patterns.append(pattern)
                words.skip_blanks()
                if not words.take_any("|"):
                    break
            words.expect(")")
            branches.append((tuple(patterns), self.script(("esac",))))
            words.take_any(";;")
            words.skip_lines()
        return Case(subject, tuple(branches))

    def _simple(self) -> Simple:
        words = self.words
        assignments: list[tuple[str, Word]] = []
        found: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            words.skip_blanks()
            if redirect := self._redirect():
                redirects.append(redirect)
            elif not found and (match := words.match(_ASSIGNMENT)):
                words.expect("=")
                assignments.append((match[0], words.word() or literal("")))
            elif (word := self._next_word()) is not None:
                found.append(word)
            else:
                break
        if not (assignments or found or redirects):
            raise words.unexpected()
        return Simple(tuple(assignments), tuple(found), tuple(redirects))

    def _next_word(self) -> Word | None:
        self.words.skip_blanks()
        return self.words.word()

    def _redirect(self) -> Redirect | None:
        words = self.words
        words.skip_blanks()
        match = words.match(_REDIRECT)
        if match is None:
            return None
        if match[3]:
            word = self._next_word()
            if word is None:
                raise words.unexpected()
            return Redirect(1, "&>", word)
        op = match[2]
        descriptor = int(match[1]) if match[1] else (0 if op[0] == "<" else 1)
        if descriptor > 9:
            raise ShellSyntaxError(f"bad file descriptor {descriptor}")
        word = self._next_word()
        if word is None:
            raise words.unexpected()
        if op.startswith("<<"):
            word = words.here_document(word, strip_tabs=op.endswith("-"))
            op = "<<"
        return Redirect(descriptor, ">" if op == ">|" else op, word)


__all__ = ["ShellSyntaxError", "parse_script"]
