"""Links from the places of manifests to the forge that shows them, where CI names it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from bmeconf.model import Place
from bmeconf.render.model import Page, Section


def forge_url(environ: Mapping[str, str], here: str) -> str:
    """Where GitHub or GitLab shows the files below the absolute folder `here`, in this commit.

    Ends with a slash; empty where the environment does not tell it.
    """
    repository = f"{environ.get('GITHUB_SERVER_URL', '')}/{environ.get('GITHUB_REPOSITORY', '')}"
    for url, commit, top in (
        (f"{repository}/blob/", "GITHUB_SHA", "GITHUB_WORKSPACE"),
        (f"{environ.get('CI_PROJECT_URL', '')}/-/blob/", "CI_COMMIT_SHA", "CI_PROJECT_DIR"),
    ):
        parts, folder = urlsplit(url), _slashed(environ.get(top, ""))
        known = parts.scheme == "https" and parts.netloc and environ.get(commit, "").isalnum()
        if known and folder and _slashed(here).startswith(folder):
            return f"{url}{environ[commit]}/{_escaped(_slashed(here).removeprefix(folder))}"
    return ""


def linked(page: Page, base: str) -> Page:
    """`page`, with a link below the URL `base` for each place; as it is for an empty base."""
    if not base:
        return page

    def section(section: Section) -> Section:
        return section._replace(
            items=tuple(i._replace(link=_link(i.place, base)) for i in section.items),
            tasks=tuple(t._replace(link=_link(t.place, base)) for t in section.tasks),
        )

    sections = tuple(map(section, page.sections))
    return page._replace(sections=sections, parts=tuple(linked(part, base) for part in page.parts))


def _link(place: Place | None, base: str) -> str:
    """The URL of a place, empty where it is not below the base."""
    file = place.file.replace("\\", "/") if place else ""
    if place is None or file.startswith(("/", "..")) or ":" in file:
        return ""
    return f"{base}{_escaped(file)}" + (f"#L{place.line}" if place.line else "")


def _slashed(folder: str) -> str:
    """A folder in the spelling of URLs, with a slash at the end; empty for none."""
    return folder.replace("\\", "/").rstrip("/") + "/" if folder else ""


def _escaped(path: str) -> str:
    """A path as part of a URL, byte by byte where its name is not UTF-8."""
    return quote(path, errors="surrogateescape")
