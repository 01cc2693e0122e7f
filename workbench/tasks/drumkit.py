"""Reader of ``drumkit.xml``, the description of a drum kit of the sequencer Hydrogen."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import InputFileError
from workbench.core.files import read_text

LIMIT_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument: its name, and the files of its layers (loudest and softest strokes)."""

    name: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drumkit:
    """A kit: name, licence as its maker states it (may be empty) and instruments with sounds."""

    name: str
    licence: str
    instruments: tuple[Instrument, ...]


def read_drumkit(path: Path) -> Drumkit:
    """Read a kit; namespaces are ignored, because older files have none.

    Raises:
        InputFileError: when the file is missing, no complete XML, declares a document type (as
            files made to exhaust a reader do) or describes no kit.
    """
    hint = "Unpack the drum kits again."
    parser = ElementTree.XMLParser(target=_NoDoctype())
    text = read_text(path, limit_bytes=LIMIT_BYTES)
    try:
        parser.feed(text)
        root = parser.close()
    except ElementTree.ParseError as error:
        raise InputFileError(
            path, f"is no complete XML ({error})", hint, line=error.position[0]
        ) from error
    except _DoctypeError as error:
        raise InputFileError(path, "declares a document type, which no kit does", hint) from error
    if _local(root) != "drumkit_info":
        raise InputFileError(path, "does not describe a drum kit", hint)
    instruments = (
        Instrument(
            _text(element, "name"),
            tuple(dict.fromkeys(_texts(element, "filename"))),
        )
        for element in root.iter()
        if _local(element) == "instrument"
    )
    return Drumkit(
        _text(root, "name") or path.parent.name,
        _text(root, "license"),
        tuple(instrument for instrument in instruments if instrument.files),
    )


class _DoctypeError(Exception):
    pass


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, *_declaration: object) -> None:
        """Refuse before an entity can be declared."""
        raise _DoctypeError


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element, name: str) -> str:
    """Text of the first direct child of that name."""
    return next((_clean(child) for child in element if _local(child) == name), "")


def _texts(element: ElementTree.Element, name: str) -> list[str]:
    """Texts of all descendants of that name that are not empty."""
    found = (_clean(child) for child in element.iter() if _local(child) == name)
    return [text for text in found if text]


def _clean(element: ElementTree.Element) -> str:
    return (element.text or "").strip()
