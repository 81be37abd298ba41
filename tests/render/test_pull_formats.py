"""A pull in every format: its files, what it leaves out, and no data of the account as markup."""

from __future__ import annotations

import pytest

from tests.support.driver import Account, Project
from tests.support.formats import FORMATS, told

HOSTILE = "\u202e::error::x\x1b[2J <script>alert(1)</script> ##[error] | `code` @all"


def with_hostile_list(account: Account) -> None:
    state = account.state()
    state["lists"][0]["name"] = HOSTILE
    account.set(state)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_of_a_pull(format: str, project: Project, account: Account) -> None:
    with_hostile_list(account)
    ran = project.run("pull", "--format", format, "--output", f"{format}=out").ok()
    assert ran.out == (project.folder / "out").read_text(encoding="utf-8")
    words = told(format, ran.out)
    if format == "github":
        assert "Pulled:thestructure,3lists,2campaigns,in11files." in words
    else:
        assert "manifests/campaigns/Welcome.html" in words
    assert "script" in words


@pytest.mark.parametrize("format", FORMATS)
def test_a_hostile_name_is_text_in(format: str, project: Project, account: Account) -> None:
    with_hostile_list(account)
    out = project.run("pull", "--format", format).ok().out
    assert not {"\x1b", "\u202e"} & {*out}
    assert "##[" not in out or format == "json"
    assert not any(line.lstrip().startswith("::error::") for line in out.splitlines())
    assert "<script" not in out or format not in ("html", "junit")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_why_nothing_was_pulled(format: str, project: Project) -> None:
    project.write("manifests/lists.yaml", "version: 1\nlists: [{name: Mine}]\n")
    ran = project.run("pull", "--format", format, "--output", f"{format}=out")
    assert ran.code == 3
    text = (project.folder / "out").read_text(encoding="utf-8")
    assert "1filetherealready,withothercontent" in told(format, text)
    assert (ran.out == text) == (format != "text")
