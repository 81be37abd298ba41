"""The edit of manifests that a page proposes, for `git apply`. Pure."""

from __future__ import annotations

from bmeconf.render.model import Page


def render(page: Page) -> str:
    """The page's patch; where it has none, a remark, which is no patch."""
    if page.patch is None:
        return f"# {page.title}: no patch; only `drift` of one account that was read has one\n"
    return page.patch
