"""One thing that can be looked up. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """What there is to know of a name: a `sort` (`code`, `field`, `question`), and words.

    `group` is the heading that it stands under; `facts` are short texts, each under its label.
    """

    name: str
    sort: str
    group: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
