"""Texts that are kept up to date: a comment for each plan, an issue while there is drift.

A marker alone proves nothing, since anybody can write it: only texts of the token's own author
count as ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bmeconf.forge.model import Forge, Text
from bmeconf.model.errors import InvalidInput

OWN_MARK = re.compile(r"\A<!-- bmeconf:[^\n]*-->\n")
NEXT = re.compile(r"\nNext:\n\n(`{3,})sh\n[^\n]*\n\1\Z")
COMMAND = re.compile(r"^/", re.MULTILINE)
"""The begin of a line that GitLab would carry out, as `/close`."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
PLAN, DRIFT = "plan", "drift"


def marker(kind: str, name: str) -> str:
    """The first line of a text about a project: `kind` is PLAN or DRIFT.

    Raises:
        InvalidInput: the name could end the marker.
    """
    if not NAME.fullmatch(name):
        raise InvalidInput(f"--name {name}: letters, digits and . _ - only", "name it otherwise")
    return f"<!-- bmeconf:{kind} account={name} -->"


def body(mark: str, report: str, otherwise: str, origin: str, largest: int) -> str:
    """A report below its marker, or `otherwise` where it is empty; then a line on its origin.

    The next command at the end of a report is left out: it is not for readers of a comment. What is
    larger than `largest` bytes is replaced by a reference to the run. No line is a command of a
    forge, and the end is bare, as GitLab keeps it.
    """
    text = NEXT.sub("", OWN_MARK.sub("", report.strip())).strip() or otherwise
    text = COMMAND.sub(" /", text.replace("\r", ""))
    footer = f"<sub>{origin}</sub>"
    notice = "The report is too long for a comment: the summary of the run has it."
    parts = ((mark, text, footer), (mark, text), (mark, notice, footer))
    return next(whole for whole in map(_joined, parts) if len(whole.encode()) <= largest)


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(parts)


def keep_comment(forge: Forge, change: str, mark: str, text: str, *, is_news: bool) -> str:
    """Show a text on a pull or merge request; what was done, in a word.

    Where it is no news, it only takes the place of one that stands there.
    """
    mine = _ours(forge.comments(change), mark, forge)
    if mine is None and is_news:
        _check(forge.add_comment(change, text), mark, forge)
        return "written"
    if mine is not None and mine.body != text:
        forge.edit_comment(change, mine.id, text)
        return "updated"
    return "left as it is"


def keep_issue(forge: Forge, mark: str, title: str, text: str) -> tuple[str, str]:
    """Open an issue or update it; without a `title`, close it. Its id, empty for none; a word."""
    mine = _ours(forge.issues(), mark, forge)
    if mine is not None:
        forge.edit_issue(mine.id, text, title)
        return mine.id, "updated" if title else "closed"
    if not title:
        return "", "not needed"
    made = forge.open_issue(title, text)
    _check(made, mark, forge)
    return made.id, "opened"


def _ours(texts: Iterable[Text], mark: str, forge: Forge) -> Text | None:
    return next((text for text in texts if _is_ours(text, mark, forge)), None)


def _is_ours(text: Text, mark: str, forge: Forge) -> bool:
    return text.author == forge.author and text.body.lstrip().startswith(mark)


def _check(made: Text, mark: str, forge: Forge) -> None:
    """Raise InvalidInput where the next run would not know a new text, and would write another."""
    if not _is_ours(made, mark, forge):
        raise InvalidInput(
            f"the token writes as {made.author}, not as {forge.author}: the next run would not"
            " recognise this text, and write it again",
            f"set author: {made.author}",
        )
