"""Globs on addresses, as in `contacts/*@acme.example`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bmeconf.kinds import KINDS, Singleton
from bmeconf.model import Address


def named(glob: str, addresses: Iterable[Address]) -> set[Address]:
    """The addresses that a glob names: the one that it spells out, else those it matches."""
    known = set(addresses)
    exact = {address for address in known if str(address) == glob}
    return exact or {address for address in known if matches(glob, address)}


def matches(glob: str, address: Address) -> bool:
    """Whether a glob matches an address: `*` is any text, `/` included; kinds are spelled out."""
    kind, slash, name = glob.partition("/")
    if kind != address.kind:
        return False
    if isinstance(KINDS[kind], Singleton):
        return not slash
    name = KINDS[kind].canonical(name)
    pattern = ".*".join(re.escape(part) for part in name.split("*"))
    with_id = f"{address.name}#{address.id}" if address.id else address.name
    return any(re.fullmatch(pattern, text, re.DOTALL) for text in (with_id, address.name))
