"""Device profiles and traces in a project: whole files, kept compressed."""

from __future__ import annotations

import time
import zlib

from workbench.core.errors import SettingsError
from workbench.storage.connection import Connection, ProjectError
from workbench.storage.records import Document, DocumentKind

LIMIT_BYTES = 2**30
"""No document is larger; one that claims to be is damaged."""


class Documents:
    """The documents of one kind."""

    def __init__(self, connection: Connection, kind: DocumentKind) -> None:
        self._connection, self._kind = connection, kind

    def list(self) -> tuple[Document, ...]:
        """All of them by id, without their content."""
        with self._connection.reading() as connection:
            rows = connection.execute(
                "SELECT name, title, changed_ns, size FROM document WHERE kind = ? ORDER BY name",
                (self._kind,),
            ).fetchall()
        return tuple(
            Document(name, title, b"", changed, size) for name, title, changed, size in rows
        )

    def read(self, document_id: str) -> Document:
        """One of them.

        Raises:
            SettingsError: there is none of that id.
            ProjectError: it is damaged.
        """
        with self._connection.reading() as connection:
            row = connection.execute(
                "SELECT title, content, changed_ns, size FROM document WHERE kind = ? AND name = ?",
                (self._kind, document_id),
            ).fetchone()
        if row is None:
            raise SettingsError(f"There is no {self._kind} {document_id!r} in the project.")
        title, packed, changed_ns, size = row
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(packed, min(size, LIMIT_BYTES) + 1)
        except zlib.error as error:
            raise self._damaged(document_id, str(error)) from error
        if len(content) != size:
            raise self._damaged(document_id, f"{len(content)} of {size} bytes")
        return Document(document_id, title, content, changed_ns, size)

    def save(self, document: Document) -> Document:
        """Put one in, in place of one of the same id; returns what is listed of it.

        Raises:
            ProjectError: it cannot be written.
        """
        changed_ns = document.changed_ns or time.time_ns()
        size = len(document.content)
        packed = zlib.compress(document.content, 6)
        with self._connection.writing() as connection:
            connection.execute(
                "INSERT INTO document (kind, name, title, changed_ns, size, content)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET"
                " title = excluded.title, changed_ns = excluded.changed_ns, size = excluded.size,"
                " content = excluded.content",
                (self._kind, document.id, document.title, changed_ns, size, packed),
            )
        return Document(document.id, document.title, b"", changed_ns, size)

    def remove(self, document_id: str) -> None:
        """Take one out; one that is not there is no error.

        Raises:
            ProjectError: it cannot be written.
        """
        with self._connection.writing() as connection:
            connection.execute(
                "DELETE FROM document WHERE kind = ? AND name = ?", (self._kind, document_id)
            )

    def _damaged(self, document_id: str, detail: str) -> ProjectError:
        return ProjectError(
            self._connection.path,
            f"holds a damaged {self._kind}, {document_id!r}",
            "Restore a copy of the project, or make it again.",
            detail=detail,
        )
