"""The search index: a second, possibly late copy of the contacts.

In: contacts as they are written. Out: the contacts that a search finds already. The API
searches a separate index (API contract 4.2.1), so that writes show late; the switch
`search_lag_ms` sets the delay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from bmeconf.sandbox.store import Doc, Store


def note(store: Store, ident: str, doc: Doc | None, now: float, lag_ms: int = 0) -> None:
    """Index a written contact, or its removal (`doc` None), after the lag."""
    if lag_ms:
        text = None if doc is None else json.dumps(doc)
        store.execute(
            "INSERT INTO pending (due, id, doc) VALUES (?, ?, ?)",
            (now + lag_ms / 1000, ident, text),
        )
        return
    store.execute("DELETE FROM pending WHERE id = ?", (ident,))
    _apply(store, ident, doc)


def settle(store: Store, now: float) -> None:
    """Index all writes whose lag is over."""
    rows = store.execute("SELECT id, doc FROM pending WHERE due <= ? ORDER BY n", (now,)).fetchall()
    for ident, text in rows:
        _apply(store, ident, None if text is None else json.loads(text))
    if rows:
        store.execute("DELETE FROM pending WHERE due <= ?", (now,))


def _apply(store: Store, ident: str, doc: Doc | None) -> None:
    if doc is None:
        store.execute("DELETE FROM hits WHERE id = ?", (ident,))
        return
    store.execute(
        "INSERT INTO hits (id, structure, name, doc) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, doc = excluded.doc",
        (ident, doc["contactStructureId"], doc["key"], json.dumps(doc)),
    )


def count(store: Store, where: str, values: Sequence[object]) -> int:
    """The number of indexed contacts that meet an SQL condition."""
    row = store.execute(f"SELECT count(*) FROM hits WHERE {where}", values).fetchone()
    return int(row[0])


def select(store: Store, where: str, values: Sequence[object], start: int, size: int) -> list[Doc]:
    """Indexed contacts that meet an SQL condition: `size` of them (-1: all) from `start`."""
    rows = store.execute(
        f"SELECT doc FROM hits WHERE {where} ORDER BY seq LIMIT ? OFFSET ?", (*values, size, start)
    )
    return [json.loads(row[0]) for row in rows]
