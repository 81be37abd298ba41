"""The document of `explain`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bmeconf.guide import Topic
from bmeconf.model import EXPLAIN_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.render.documents.failure import failure
from bmeconf.render.documents.values import members


def of_topics(
    topics: Sequence[Topic], exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The topics as data; `error` is why they could not be given out as they are."""
    if error:
        return failure(EXPLAIN_FORMAT, error)
    return {
        "format": EXPLAIN_FORMAT,
        "exit_code": exit_code,
        "topics": [
            {**members(topic, "name", "sort", "group", "text"), "facts": dict(topic.facts)}
            for topic in topics
        ],
    }
