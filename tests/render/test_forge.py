"""Places of manifests are links to the forge that shows them, where CI names it."""

from __future__ import annotations

import pytest

from bmeconf.render import forge_url
from tests.support.driver import Project

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GITHUB = {
    "GITHUB_SERVER_URL": "https://git.acme.example",
    "GITHUB_REPOSITORY": "acme/mail",
    "GITHUB_SHA": COMMIT,
    "GITHUB_WORKSPACE": "/work",
}
GITLAB = {
    "CI_PROJECT_URL": "https://lab.acme.example/acme/mail",
    "CI_COMMIT_SHA": COMMIT,
    "CI_PROJECT_DIR": "/work",
}
ON_GITHUB = f"https://git.acme.example/acme/mail/blob/{COMMIT}/"


@pytest.mark.parametrize(
    ("environ", "here", "url"),
    [
        (GITHUB, "/work", ON_GITHUB),
        (GITHUB, "/work/my mail", f"{ON_GITHUB}my%20mail/"),
        (GITLAB, "/work", f"https://lab.acme.example/acme/mail/-/blob/{COMMIT}/"),
        (GITHUB, "/elsewhere", ""),
        ({**GITHUB, "GITHUB_SERVER_URL": "javascript:alert(1)//"}, "/work", ""),
        ({**GITHUB, "GITHUB_SHA": "../.."}, "/work", ""),
        ({}, "/work", ""),
        (GITHUB, "/work/m\udcff", f"{ON_GITHUB}m%FF/"),
    ],
)
def test_where_a_forge_shows_a_folder(environ: dict[str, str], here: str, url: str) -> None:
    assert forge_url(environ, here) == url


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_a_plan_in_ci_links_each_change_to_its_manifest(project: Project, format: str) -> None:
    project.write("a (b).yaml", "version: 1\nlists:\n  - {name: Autumn}\n")
    env = {**GITHUB, "GITHUB_WORKSPACE": str(project.folder)}
    link = f"{ON_GITHUB}a%20%28b%29.yaml#L3"
    assert link in project.run("plan", "--format", format, **env).ok().out
    assert "git.acme.example" not in project.run("plan", "--format", format).ok().out
