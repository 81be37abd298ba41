"""A question that the vendor's documents leave open. Pure."""

from __future__ import annotations

from dataclasses import dataclass

READ, WRITE, NEVER = "reading", "writing", "never"
"""How the answer to a question can be had."""
TOLERANT = "none: each form is read"


@dataclass(frozen=True)
class Question:
    """One question: its stable `code`, and `words` that end in a question mark.

    `contract` is its number among the open questions of the API contract (`#8`), or a section.
    `asked` says with which requests, or why it is not asked. `client` says what the answer
    changes in what bmeconf does; empty where it only serves the documents.
    """

    code: str
    words: str
    contract: str
    asked: str
    client: str = ""
    way: str = READ
    switch: bool = True

    @property
    def simulator(self) -> str:
        """What the answer changes in the simulator; empty for nothing."""
        return f"the switch {self.code}" if self.switch else ""
