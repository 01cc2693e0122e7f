"""What the user works on: the network, the device profile and the trace in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance
from workbench.gui.settings import Settings


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen: what it is called and how far its numbers can be trusted."""

    key: str
    label: str
    detail: str = ""
    provenance: Provenance | None = None
    story: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    """Further columns for a page that lists them."""


KINDS = ("network", "device", "trace")

Choices = Mapping[str, Sequence[Choice]]
"""Kind -> what there is of it."""


class Catalogue(Protocol):
    """Where the choices come from."""

    def quick(self) -> Choices:
        """Names alone, without reading large files; for the start of the window."""
        ...

    def full(self) -> Choices:
        """The same choices with details; may take a while, called on a worker thread."""
        ...


class Workspace(QObject):
    """Holds what is chosen, remembers it, and says when it changes."""

    changed = Signal(str)
    """The kind of which another one is in use: ``network``, ``device`` or ``trace``."""
    relisted = Signal(str)
    """The kind of which the list or its details changed."""

    def __init__(self, catalogue: Catalogue, settings: Settings, parent: QObject | None = None):
        super().__init__(parent)
        self.catalogue = catalogue
        self._settings = settings
        self._choices: dict[str, tuple[Choice, ...]] = {}
        self._current: dict[str, Choice | None] = dict.fromkeys(KINDS)
        self._revisions = dict.fromkeys(KINDS, 0)
        self._opened: dict[str, Choice] = {}

    def load(self, **wanted: str) -> None:
        """Read the catalogue and take up the last choices; `wanted` (kind -> key) goes first.

        A wanted key may also be the path of a file or folder outside of the catalogue.

        Raises:
            WorkbenchError: when the catalogue cannot be read, or `wanted` is not in it.
        """
        for kind, found in self.catalogue.quick().items():
            asked = wanted.get(kind, "")
            if asked and Path(asked).exists() and asked not in [choice.key for choice in found]:
                path = Path(asked).resolve()
                asked = str(path)
                self._opened[kind] = Choice(asked, path.stem, "", None, asked)
            choices = self._choices[kind] = self._with_opened(kind, found)
            key = asked or self._settings.text(f"workspace/{kind}")
            current = next((choice for choice in choices if choice.key == key), None)
            if asked and current is None:
                known = ", ".join(choice.key for choice in choices) or "none"
                raise SettingsError(f"There is no {kind} called '{asked}'.", f"There is: {known}.")
            self._current[kind] = current or (choices[0] if choices else None)

    def take(self, listed: Choices, wanted: Mapping[str, str] | None = None) -> None:
        """Take up new lists, such as those with details; what is in use stays in use.

        Args:
            wanted: kind -> key of what is to be in use instead, where there is such a thing.
        """
        for kind, found in listed.items():
            before = self._current[kind]
            found = self._choices[kind] = self._with_opened(kind, found)
            key = "" if before is None else before.key
            other = (wanted or {}).get(kind, "")
            if other and any(choice.key == other for choice in found):
                key = other
                self._settings.set_text(f"workspace/{kind}", key)
            same = [choice for choice in found if choice.key == key]
            first = same or list(found[:1])
            self._current[kind] = first[0] if first else None
            self.relisted.emit(kind)
            stays = before is not None and same and same[0].key == before.key
            if not stays and self._current[kind] is not before:
                self.changed.emit(kind)

    def _with_opened(self, kind: str, found: Sequence[Choice]) -> tuple[Choice, ...]:
        """The choices and the file that was opened by its path, if any."""
        opened = self._opened.get(kind)
        return tuple(found) if opened is None else (opened, *found)

    def choices(self, kind: str) -> tuple[Choice, ...]:
        """All there is of one kind."""
        return self._choices.get(kind, ())

    def current(self, kind: str) -> Choice | None:
        """What is in use; None where there is nothing to choose from."""
        return self._current[kind]

    def choose(self, kind: str, key: str) -> None:
        """Use another network, device profile or trace. Unknown keys are ignored."""
        for choice in self.choices(kind):
            if choice.key == key and choice != self._current[kind]:
                self._current[kind] = choice
                self._settings.set_text(f"workspace/{kind}", key)
                self.changed.emit(kind)

    def revision(self, kind: str) -> int:
        """How often what is in use was changed in place: another number means to read it again."""
        return self._revisions[kind]

    def touch(self, kind: str) -> None:
        """What is in use has the same key and other contents."""
        self._revisions[kind] += 1
        self.changed.emit(kind)
