"""Every path of the page."""

from __future__ import annotations

from bmeconf.sandbox.page import account, campaign_forms, contacts, lists
from bmeconf.sandbox.page.answers import Path

PATHS: tuple[Path, ...] = (
    Path("/", account.overview),
    Path("/requests", account.requests),
    Path("/style.css", account.style),
    Path("/icon.svg", account.icon),
    *lists.PATHS,
    *contacts.PATHS,
    *campaign_forms.PATHS,
)
