"""A gallery of mails -> HTML pages: one for each campaign, and one of all. Pure.

As in `html`, every text is made harmless on its way out. A mail is shown in frames that may run,
load, send and open nothing. Where the pages are served, one script of our own reloads them, and
nothing else may run.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from bmeconf import __version__
from bmeconf.model import Problem, counted, seen
from bmeconf.preview import Gallery, Link, Mail, Preview, schemes
from bmeconf.render import frames, html, values
from bmeconf.render.page import preview as page

MOST_COVERS = 24
"""Campaigns of which the page of all shows the mail."""
MOST_WORDS = 40
"""Words of a body that an inbox shows where there is no preview text."""
LEVELS = ("error", "warning", "note")
RELOAD = (
    'const shown=document.documentElement.dataset.version;new EventSource("/changes").onmessage='
    "(e)=>{if(e.data!==shown)location.reload()}"
)
HASH = base64.b64encode(hashlib.sha256(RELOAD.encode()).digest()).decode()
WATCHED = f"{frames.POLICY}; script-src 'sha256-{HASH}'; connect-src 'self'"
"""The policy of pages that reload."""


class Screen(NamedTuple):
    """One frame: a mail on a light or a dark screen of a width, in pixels as the height."""

    name: str
    dark: bool
    width: int
    height: int


def pages(gallery: Gallery, version: str = "") -> dict[str, str]:
    """The pages by their file names; with a `version` they reload when another one is shown."""
    shared = {"gallery": gallery, **_shared(version)}
    index = _template("index").render(**shared, covers=len(gallery.previews) <= MOST_COVERS)
    each = {
        preview.page: _template("campaign").render(**shared, preview=preview)
        for preview in gallery.previews
    }
    return {"index.html": index, **each}


def trouble(title: str, text: str, problems: Sequence[Problem], version: str = "") -> str:
    """The page in place of those that cannot be made, or are not there."""
    return _template("trouble").render(
        title=title, text=text, problems=_ordered(problems), **_shared(version)
    )


def _template(name: str) -> html.Template:
    return html.TEMPLATES.get_template(f"preview/{name}.html")


def _shared(version: str) -> Mapping[str, object]:
    return {
        "policy": WATCHED if version else frames.POLICY,
        "reload": Markup(RELOAD) if version else "",
        "version": version,
        "program": __version__,
    }


# --- filters of the templates


def mail_frame(mail: Mail, dark: bool) -> Markup:
    """The body of a mail as the document of a frame, as a light or a dark program shows it."""
    return _framed(mail.body, dark)


@functools.lru_cache(4)
def _framed(body: str, dark: bool) -> Markup:
    # A page has each of the two several times.
    shown, style = schemes.in_scheme(body, dark)
    return frames.framed(f"{style}html{{scrollbar-width:none}}", shown)


def screens(mail: Mail, dark: bool) -> list[Screen]:
    """The frames that show a mail side by side."""
    return [Screen(name, dark, width, height(mail, name)) for name, width in frames.WIDTHS.items()]


def height(mail: Mail, name: str) -> int:
    """About how high a mail is on a screen, within what fits beside others."""
    return frames.height(mail.words, mail.body.count("<img src=data:"), frames.WIDTHS[name])


def has_dark(mail: Mail) -> bool:
    """True for a mail with colours of its own for dark screens."""
    return schemes.has_dark(mail.body)


def views(preview: Preview) -> list[frames.View]:
    """The ways to look at what differs: in the dark too, if a side has colours for that."""
    bodies = [preview.mail.body]
    for change in preview.live.changes if preview.live else ():
        bodies += (side for side in (change.before, change.after) if isinstance(side, str))

    def seen_in(dark: bool, body: str) -> str:
        shown, style = schemes.in_scheme(preview.as_seen(body), dark)
        return f"<style>{style}body{{background:none;color:canvastext}}</style>{shown}"

    light = frames.View(as_seen=functools.partial(seen_in, False))
    if not any(map(schemes.has_dark, bodies)):
        return [light]
    dark = functools.partial(seen_in, True)
    return [light, frames.View("How it looks on a dark screen", dark, night=True)]


def teaser(mail: Mail) -> str:
    """What an inbox shows behind the subject: the preview text, else how the mail begins."""
    words = " ".join(mail.words).split()[:MOST_WORDS]
    return seen(mail.preview_text or " ".join(words))


def clock(preview: Preview) -> str:
    """The time of day at which the mail is to arrive."""
    return f"{preview.due:%H:%M}" if preview.due else "now"


def levels(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """How many findings there are, by level, each in words."""
    found = Counter(problem.level for problem in problems)
    return [(level, counted(found[level], level)) for level in LEVELS if found[level]]


def _ordered(problems: Sequence[Problem]) -> list[Problem]:
    """Problems with the gravest first."""
    return sorted(problems, key=lambda problem: LEVELS.index(problem.level))


def odd(links: Sequence[Link]) -> list[Link]:
    """The links that are worth a look."""
    return [link for link in links if link.odd]


FILTERS = (
    *(mail_frame, screens, height, has_dark, views, teaser, clock, levels, odd, seen),
    *(page.differences, page.standings),
)
html.TEMPLATES.filters |= {filter.__name__: filter for filter in FILTERS}
html.TEMPLATES.filters |= {"ordered": _ordered, "moment": values.zoned}
