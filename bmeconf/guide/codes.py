"""The codes that can be looked up, out of the page that explains them and the tables of others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bmeconf.guide import pages
from bmeconf.guide.topic import Topic
from bmeconf.mail.lint import CODES
from bmeconf.probe import QUESTIONS

PAGE = "codes"
ENTRY = re.compile(
    r"^### `(?P<code>\w+)`\n\n(?P<text>.*?)\n\n→ (?P<remedy>.*?)(?=\n\n#|\s*\Z)",
    re.MULTILINE | re.DOTALL,
)
"""A code, what it means, and what to do."""
WHEN = re.compile(r"^\*(?P<when>[^*]+)\.\*\s+")
HEADING = re.compile(r"^## (?P<heading>[^\n]+)$", re.MULTILINE)
LINT = "Lint of mails"
SET = "policy: {lint: {CODE: off}} in bmeconf.yaml; for one campaign lint: {CODE: off, reason: ...}"


def of_findings() -> Iterator[Topic]:
    """The topics of the page, in its order."""
    text = pages.page(PAGE)
    headings = [(match.start(), match["heading"]) for match in HEADING.finditer(text)]
    for match in ENTRY.finditer(text):
        heading = next(name for start, name in reversed(headings) if start < match.start())
        body = match["text"]
        when = WHEN.match(body)
        facts = [("When", when["when"])] if when else []
        body = body[when.end() :] if when else body
        facts.append(("What to do", _line(match["remedy"])))
        yield Topic(match["code"], "code", heading, _line(body), tuple(facts))


def of_lint() -> Iterator[Topic]:
    """The codes of lint."""
    for code, entry in CODES.items():
        facts = (
            ("When", f"{entry.level.capitalize()} of validate and plan"),
            ("What to do", entry.mend),
            ("To silence it", SET.replace("CODE", code)),
        )
        yield Topic(code, "code", LINT, f"{entry.finds} {entry.more}", facts)


def of_probe() -> Iterator[Topic]:
    """The questions that `probe` asks."""
    for code, question in QUESTIONS.items():
        facts = [
            ("Open question", f"{question.contract} of the API contract"),
            ("Asked", question.asked),
        ]
        facts += [("In bmeconf", question.client)] if question.client else []
        facts += [("In the simulator", question.simulator)] if question.simulator else []
        yield Topic(code, "question", "Questions of probe", question.words, tuple(facts))


def _line(text: str) -> str:
    return " ".join(text.split())
