"""Stored documents of every kind: creation, versions, lookup, names of copies.

In: documents. Out: new documents; documents passed in are never changed.
"""

from __future__ import annotations

from typing import Any

from bmeconf.sandbox import clock, ids
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import ApiError, invalid, not_found, stale
from bmeconf.sandbox.store import Doc, Store


def new(now: float, **values: Any) -> Doc:
    """A new document of `values`, with an id, timestamps and `__v` 0."""
    stamp = clock.iso(now)
    return {"_id": ids.new(), **values, "createdAt": stamp, "updatedAt": stamp, "__v": 0}


def changed(doc: Doc, now: float, **values: Any) -> Doc:
    """The document after one write: `__v` one higher, `updatedAt` now."""
    return {**doc, **values, "updatedAt": clock.iso(now), "__v": doc["__v"] + 1}


def check_version(doc: Doc, values: Doc, *, required: bool = True) -> None:
    """Compare the `__v` of a body. Raises ValidationError (missing) or ConcurrencyError."""
    if "__v" not in values:
        if required:
            raise invalid("__v", "is required")
        return
    if values["__v"] != doc["__v"]:
        raise stale()


def find(store: Store, kind: str, ident: str, missing: ApiError | None = None) -> Doc:
    """The document, or the `missing` error (404 RecordNotFound by default)."""
    doc = store.get(kind, ident.lower())
    if doc is None:
        raise missing or not_found(kind.capitalize())
    return doc


def addressed(call: Call, kind: str, missing: ApiError | None = None) -> Doc:
    """The document whose id the path of `call` has. Raises `missing`, or ApiError 404."""
    return find(call.store, kind, call.args[f"{kind}_id"], missing)


def copy_name(name: str, taken: set[str]) -> str:
    """`Copy of X`, with a number if a document has that name already."""
    first = f"Copy of {name}"
    names = (first if n == 1 else f"{first} ({n})" for n in range(1, len(taken) + 2))
    return next(candidate for candidate in names if candidate not in taken)
