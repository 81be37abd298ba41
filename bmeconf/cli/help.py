"""`help`: the pages of the guide, offline; on a terminal a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

import click

from bmeconf import guide
from bmeconf.cli.streams import say, say_paged
from bmeconf.cli.usage import GroupedCommand


@click.command(cls=GroupedCommand)
@click.argument("topic", default="")
def help(topic: str) -> int:
    """Read the guide: manifests, plans, drift, guards, CI; offline.

    Without a TOPIC, all pages are listed. On a terminal a page is shown by PAGER.

    \b
    bmeconf help manifests
    bmeconf help exit-codes
    """
    if topic:
        say_paged(guide.offline(topic))
    else:
        say("".join(_list()).rstrip("\n"))
    return 0


def _list() -> Iterator[str]:
    titles = guide.titles()
    width = max(map(len, titles))
    yield from (f"{name:<{width}}  {title}\n" for name, title in titles.items())
    yield "\nbmeconf help TOPIC shows a page; bmeconf COMMAND --help the options of a command.\n"
