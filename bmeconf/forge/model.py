"""What a pipeline asks of a forge, in the words of neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Text(NamedTuple):
    """A comment or an issue: its id in the API, who wrote it, and what it says."""

    id: str
    author: str
    body: str


class Entry(NamedTuple):
    """A file at the tip of a branch: what is in it, and the version that a commit replaces."""

    content: bytes
    version: str


class Forge(Protocol):
    """One repository of a forge, with one token. Every method raises ForgeFailed.

    `largest` is how many bytes a text may have. `author` is whom the token writes as.
    """

    largest: int

    @property
    def author(self) -> str:
        """Whose texts are our own."""
        ...

    def comments(self, change: str) -> Iterator[Text]:
        """The comments on a pull or merge request."""
        ...

    def add_comment(self, change: str, body: str) -> Text:
        """A new comment."""
        ...

    def edit_comment(self, change: str, id: str, body: str) -> None:
        """Another body for a comment."""
        ...

    def issues(self) -> Iterator[Text]:
        """The open issues."""
        ...

    def open_issue(self, title: str, body: str) -> Text:
        """A new issue."""
        ...

    def edit_issue(self, id: str, body: str, title: str = "") -> None:
        """Another body for an issue, and another title; it is closed without one."""
        ...

    def tip(self, path: str, branch: str) -> Entry | None:
        """A file at the tip of a branch, or at a commit; None where there is none."""
        ...

    def commit(
        self, path: str, branch: str, content: bytes, before: Entry | None, message: str
    ) -> None:
        """A commit with another content of one file, in place of what was there `before`."""
        ...

    def set_status(self, commit: str, name: str, is_pending: bool, words: str) -> None:
        """The status of a commit under a name: pending, or a success."""
        ...

    def again(self, work: Callable[[], T]) -> T:
        """The result of `work`, which looks before it writes, once the forge answers."""
        ...
