"""Topics of the guide -> Page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bmeconf.guide import Topic
from bmeconf.model import EXPLAIN_FORMAT, counted
from bmeconf.render.model import Page, PageItem, Section, Table

HEADS = ("Name", "What it is")
ASK = "bmeconf explain NAME tells more of one."


def of_topics(topics: Sequence[Topic]) -> Page:
    """All that there is to know of some topics."""
    sections = (Section(topic.group, (_item(topic),)) for topic in topics)
    return _page(tuple(sections), f"{counted(len(topics), 'name')} explained.")


def of_list(topics: Sequence[Topic]) -> Page:
    """A line for each topic, by group."""
    groups = groupby(topics, key=lambda topic: topic.group)
    sections = (Section(group, tables=(_table([*own]),)) for group, own in groups)
    return _page(tuple(sections), f"{counted(len(topics), 'name')}. {ASK}")


def _page(sections: tuple[Section, ...], verdict: str) -> Page:
    return Page(EXPLAIN_FORMAT, "Explain", "", verdict, "good", sections=sections)


def _item(topic: Topic) -> PageItem:
    notes = tuple(f"{label}: {_text(text)}" for label, text in topic.facts)
    return PageItem("=", topic.name, topic.sort, _text(topic.text), notes=notes)


def _table(topics: Sequence[Topic]) -> Table:
    return Table(HEADS, tuple((topic.name, _text(topic.text)) for topic in topics))


def _text(text: str) -> str:
    """Markdown as plain words: what can be looked up uses no more of it than code."""
    return text.replace("`", "")
