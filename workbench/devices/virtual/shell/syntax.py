"""What a shell script is made of, once parsed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text; quoted text is neither split nor matched against file names."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name op word}``; op "", len or one of ``:- - := = :+ + :? ? # ## % %%``."""

    name: str
    op: str
    word: Word
    quoted: bool


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(script)`` or the same in backquotes."""

    script: Script
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((expression))``; the expression may hold parameters."""

    word: Word
    quoted: bool


Part = Text | Parameter | Substitution | Arithmetic
Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """One of ``< > >> >& <& <<``; for the last, the word is the text itself."""

    descriptor: int
    op: str
    word: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments, a command with its arguments, and redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``{ script; }``, or ``( script )`` when it is a subshell."""

    script: Script
    subshell: bool


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what to run, first to last, and what to run when none holds."""

    branches: tuple[tuple[Script, Script], ...]
    otherwise: Script | None


@dataclass(frozen=True, slots=True)
class While:
    """``while``, or ``until`` when `until`."""

    condition: Script
    body: Script
    until: bool


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; over the positional parameters when `words` is None."""

    name: str
    words: tuple[Word, ...] | None
    body: Script


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in pattern|pattern) script;; esac``."""

    word: Word
    branches: tuple[tuple[tuple[Word, ...], Script], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """``name() command``."""

    name: str
    body: Command


@dataclass(frozen=True, slots=True)
class Redirected:
    """A compound command with redirections."""

    command: Command
    redirects: tuple[Redirect, ...]


Command = Simple | Group | If | While | For | Case | Function | Redirected


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``; `negated` when it starts with ``!``."""

    commands: tuple[Command, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class AndOr:
    """Pipelines joined by ``&&`` and ``||``; each operator stands before its pipeline."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...]
    background: bool


Script = tuple[AndOr, ...]
