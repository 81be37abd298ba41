"""The error of a pull that writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.model.errors import InvalidInput

MOST_NAMED = 20


def nothing_written(reason: str, lines: Sequence[str], remedy: str) -> InvalidInput:
    """The error for `reason`, with the first of the `lines` that it is about."""
    shown = [f"  {line}" for line in lines[:MOST_NAMED]]
    more = len(lines) - MOST_NAMED
    shown += [f"  and {more:,} more"] if more > 0 else []
    return InvalidInput("\n".join([f"nothing was written: {reason}", *shown]), remedy)
