"""A declared variable in a file that a manifest names goes out as it is written, with a warning."""

from __future__ import annotations

import pytest

from tests.support.driver import Account, Project
from tests.support.files import write

PROJECT = """\
version: 1
accounts:
  eu: {base_url: %s, api_key_env: BMECONF_API_KEY, vars: {hero: Sale, domain: acme.example}}
"""
NEWS = "version: 1\ncampaigns: [{name: News, subject: '${hero}', %s}]\n"
BODY, PLAIN = NEWS % "body: {file: n.html}", NEWS % "plain_text: {file: n.html}"


@pytest.mark.parametrize(
    ("manifest", "text", "places"),
    [
        (BODY, "<p>\n ${hero}</p>", ["2:2"]),
        (PLAIN, "${hero} and ${domain}, ${hero}", ["1:1", "1:13"]),
        (BODY, "<p>$${hero} ${other} ${ hero } ${hero {hero} $hero</p>", []),
        (BODY, "$$${hero}", []),
        (NEWS % "body: {html: '<p>${hero}'}", "${hero}", []),
    ],
    ids=["a body", "a plain text", "what is no variable", "an escape", "a manifest"],
)
def test_a_variable_that_is_not_filled_in_is_told(
    project: Project, account: Account, manifest: str, text: str, places: list[str]
) -> None:
    files = {"bmeconf.yaml": PROJECT % account.sandbox.url, "m.yaml": manifest, "n.html": text}
    write(project.folder, files)
    for command in ("validate", "plan", "drift"):
        ran = project.run(command)
        told = [line for line in (ran.out + ran.err).splitlines() if "goes out as it is" in line]
        assert [line.partition(": ")[0] for line in told] == [f"n.html:{p}" for p in places]
        assert all("warning: campaigns/News: ${" in line for line in told)


def test_it_is_a_warning_for_the_accounts_that_declare_it(project: Project) -> None:
    url = "https://localhost"
    other = f"  us: {{base_url: '{url}', api_key_env: K}}\n"
    manifest = BODY.replace("${hero}", "Hi")
    files = {"bmeconf.yaml": PROJECT % url + other, "m.yaml": manifest, "n.html": "${hero}"}
    write(project.folder, files)
    (problem,) = project.run("validate", "--format", "json").ok().json["problems"]
    assert (problem["code"], problem["level"]) == ("unfilled_variable", "warning")
    assert problem["message"].endswith("(account eu)")
