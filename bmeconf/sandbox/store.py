"""The account's data in one SQLite database.

In: documents (JSON objects) by kind and id. Out: the same documents, in order of creation.
One lock, one transaction at a time; an exception inside a transaction undoes all of it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bmeconf.sandbox.errors import SandboxBusy, SandboxError

Doc = dict[str, Any]

FORMAT = "1"

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE objects (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
  id TEXT NOT NULL, parent TEXT, name TEXT, doc TEXT NOT NULL, UNIQUE (kind, id));
CREATE INDEX objects_name ON objects (kind, name, parent);
CREATE TABLE hits (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  structure TEXT NOT NULL, name TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX hits_name ON hits (structure, name);
CREATE TABLE pending (n INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL,
  id TEXT NOT NULL, doc TEXT);
"""


class Store:
    """Documents of one account; `path` None keeps them in memory only."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._where = str(path) if path else ":memory:"
        try:
            self._db: sqlite3.Connection | None = sqlite3.connect(
                self._where, timeout=0.2, isolation_level=None, check_same_thread=False
            )
        except sqlite3.OperationalError as error:
            raise SandboxError(f"{self._where}: cannot open the sandbox's data: {error}") from None
        try:
            self.is_new = self._open(self._db)
        except BaseException:
            self.close()
            raise

    def _open(self, db: sqlite3.Connection) -> bool:
        try:
            # Exclusive: a second simulator on the same file must fail, not interleave.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
            stored_format = self.meta("format") if "meta" in tables else None
        except sqlite3.DatabaseError as error:
            raise self._trouble(error) from None
        if tables and stored_format != FORMAT:
            raise SandboxError(
                f"{self._where}: sandbox data of format {stored_format or 'unknown'}, this version"
                f" reads format {FORMAT}; reset the sandbox to start afresh"
            )
        return not tables

    def _trouble(self, error: sqlite3.DatabaseError) -> SandboxError:
        if "locked" in str(error):
            return SandboxBusy(
                f"{self._where}: another sandbox is running on this file; stop that one first"
            )
        return SandboxError(
            f"{self._where}: not a sandbox file ({error}); reset the sandbox to start afresh"
        )

    def create(self) -> None:
        """Create the tables; called inside the transaction that fills them."""
        for statement in _SCHEMA.split(";"):
            self.execute(statement)
        self.set_meta("format", FORMAT)

    def copy(self, other: Store) -> None:
        """Take over everything that another store has."""
        with other._lock:
            if self._db is not None and other._db is not None:
                other._db.backup(self._db)

    @property
    def file(self) -> str | None:
        """The absolute path of the database, None for one in memory."""
        return None if self._where == ":memory:" else os.path.abspath(self._where)

    def close(self) -> None:
        """Close the database; later transactions raise SandboxError."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit at the end, roll everything back on an exception."""
        with self._lock:
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                self.execute("ROLLBACK")
                raise

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement. Raises SandboxError once the store is closed."""
        if self._db is None:
            raise SandboxError("the sandbox is stopped")
        return self._db.execute(sql, values)

    def meta(self, name: str) -> str | None:
        """The value of a setting; None if it was never set."""
        row = self.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Set a setting."""
        self.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def get(self, kind: str, ident: str) -> Doc | None:
        """The document with an id; None if there is none."""
        return self._one("kind = ? AND id = ?", (kind, ident))

    def named(
        self, kind: str, name: str, parent: str | None = None, *, blind: bool = False
    ) -> Doc | None:
        """The oldest document of this name, under `parent` if given; None if missing.

        The name is exact, or `blind` to the case of its letters.
        """
        called = f"kind = ? AND name = ?{' COLLATE NOCASE' if blind else ''}"
        if parent is None:
            return self._one(called, (kind, name))
        return self._one(f"{called} AND parent = ?", (kind, name, parent))

    def _one(self, where: str, values: Sequence[object]) -> Doc | None:
        sql = f"SELECT doc FROM objects WHERE {where} ORDER BY seq LIMIT 1"
        row = self.execute(sql, values).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str, parent: str | None = None) -> list[Doc]:
        """The documents of a kind, oldest first, under `parent` if given."""
        sql = "SELECT doc FROM objects WHERE kind = ?1 AND (?2 IS NULL OR parent = ?2) ORDER BY seq"
        return [json.loads(row[0]) for row in self.execute(sql, (kind, parent))]

    def put(self, kind: str, doc: Doc) -> None:
        """Insert or overwrite the document with this `_id` (templates: `id`); its place stays."""
        self.execute(
            "INSERT INTO objects (kind, id, parent, name, doc) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET "
            "parent = excluded.parent, name = excluded.name, doc = excluded.doc",
            (
                kind,
                doc.get("_id") or doc["id"],
                doc.get("contactStructureId") or doc.get("contactId"),
                doc.get("key") or doc.get("name"),
                json.dumps(doc),
            ),
        )

    def delete(self, kind: str, ident: str) -> None:
        """Remove a document; does nothing if there is none."""
        self.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, ident))

    def clear(self, kinds: Iterable[str]) -> None:
        """Remove all documents of these kinds, and the whole search index."""
        for kind in kinds:
            self.execute("DELETE FROM objects WHERE kind = ?", (kind,))
        self.execute("DELETE FROM hits")
        self.execute("DELETE FROM pending")

    def count_by_list(self, kind: str) -> dict[str, int]:
        """List id -> the number of documents of `kind` with this id under `lists`."""
        sql = (
            "SELECT entry.value, count(*) FROM objects, json_each(objects.doc, '$.lists') AS entry "
            "WHERE kind = ? GROUP BY entry.value"
        )
        return dict(self.execute(sql, (kind,)).fetchall())

    def having_list(self, kind: str, list_id: str) -> list[Doc]:
        """Documents of `kind` with this id under `lists`."""
        sql = (
            "SELECT doc FROM objects WHERE kind = ? AND EXISTS "
            "(SELECT 1 FROM json_each(objects.doc, '$.lists') WHERE value = ?) ORDER BY seq"
        )
        return [json.loads(row[0]) for row in self.execute(sql, (kind, list_id))]
