"""Everything that can be looked up, and what a name means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bmeconf.guide import codes, fields
from bmeconf.guide.topic import Topic
from bmeconf.kinds import KINDS
from bmeconf.model import did_you_mean
from bmeconf.model.errors import InvalidInput


def every() -> Iterator[Topic]:
    """All topics, those of one group together."""
    yield from codes.of_findings()
    yield from codes.of_lint()
    yield from fields.of_files()
    yield from codes.of_probe()


def named(name: str) -> Sequence[Topic]:
    """The topics that a name means: a code, a question, a key by its path or its last part.

    `campaign.subject` means `campaigns.subject`.

    Raises:
        InvalidInput: it means none.
    """
    topics = [*every()]
    first, dot, rest = name.partition(".")
    plural = next((kind for kind, each in KINDS.items() if each.noun == first), first)
    wanted = f"{plural}{dot}{rest}"
    found = [t for t in topics if t.name in (name, wanted) or t.name.endswith(f".{name}")]
    if not found:
        hint = did_you_mean(wanted, (topic.name for topic in topics))
        raise InvalidInput(
            f'there is no code and no key "{name}"{hint}',
            "`bmeconf explain` lists all of them",
        )
    return found
