"""Which side of a difference stands first, in every report that shows one and in each format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.driver import Account, Project
from tests.support.formats import Seen

GIT, LIVE, FIRST = "Out of Git", "By hand", "At first"
FIELDS = ("subject", "body", "lists")
IN_GIT, IN_ACCOUNT, PLANNED = ("In Git", "In the account"), ("In the account", "In Git"), None
PLAN, SHOW, DRIFT = ("plan",), ("show", "p.json"), ("drift", "--fail-on", "manual")
APPLY = ("apply", "--auto-approve")
Case = tuple[str, tuple[str, ...], str, tuple[str, str] | None]
CASES: Mapping[str, Case] = {
    "a plan": ("pending", PLAN, "", PLANNED),
    "a plan that undoes an edit": ("drift", PLAN, "", PLANNED),
    "a saved plan": ("pending", SHOW, "", PLANNED),
    "an apply": ("pending", APPLY, "", PLANNED),
    "what is not applied yet": (
        "pending",
        DRIFT,
        "Not applied yet (in the account → in Git)",
        IN_ACCOUNT,
    ),
    "drift": ("drift", DRIFT, "Drift (in Git → in the account)", IN_GIT),
    "a conflict": ("conflict", DRIFT, "Conflicts (in Git → in the account)", IN_GIT),
    "known drift": ("known", DRIFT, "Known drift (in Git → in the account)", IN_GIT),
    "no draft": ("frozen", DRIFT, "No drafts any more (in Git → in the account)", IN_GIT),
}


def draft(words: str) -> dict[str, Any]:
    """A draft of which all says `words`, and the lists that it may go to."""
    name = "Customers" if words == GIT else "Newsletter"
    mine = {"name": "Mine", "subject": words, "body": {"html": f"<p>{words}"}, "lists": [name]}
    return {"lists": [{"name": "Newsletter"}, {"name": "Customers"}], "campaigns": [mine]}


def happen(project: Project, account: Account, what: str) -> None:
    """Both sides of the draft differ, since Git moved, or the account did, or both."""
    project.deploy(**draft({"pending": LIVE, "conflict": FIRST}.get(what, GIT)))
    if what != "pending":
        lists = account.list_ids("Newsletter")
        account.edit("campaigns", "Mine", subject=LIVE, body=f"<p>{LIVE}", lists=lists)
    project.declare(**draft(GIT))
    if what == "frozen":
        account.schedule(campaign="Mine")
    if what == "known":
        why = {"address": "campaigns/Mine", "reason": "r", "owner": "o", "expires": "2999-12-31"}
        policy = {"known_drift": [{**why, "field": field} for field in FIELDS]}
        project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": policy}))


@pytest.mark.parametrize("case", CASES)
def test_first_stands_what_was_first(case: str, project: Project, account: Account) -> None:
    what, command, title, sides = CASES[case]
    happen(project, account, what)
    project.run("plan", "--out", "p.json")
    outputs = [w for f in ("markdown", "html", "junit") for w in ("--output", f"{f}=out.{f}")]
    texts = [project.run(*command, *outputs).out]
    texts += [(project.folder / f"out.{f}").read_text("utf-8") for f in ("markdown", "junit")]
    before, after = (GIT, LIVE) if sides == IN_GIT else (LIVE, GIT)
    for text in texts:
        plain = text.replace("&gt;", ">").replace("&lt;", "<").replace("\\", "")
        assert re.search(f"{before}\\W+→\\W+{after}", plain), text
        assert re.search(f"^ *-<p>{before}\n *\\+<p>{after}", plain, re.MULTILINE), text
        assert title in plain
    seen = Seen((project.folder / "out.html").read_text("utf-8"))
    one, other = sides or ("Before", "After")
    words = " ".join("".join(seen.words).split())
    assert f"{one}: {before} → {other}: {after}" in words
    legend = f"dashed in “{one}”, solid in “{other}”."
    tick = "Lay one over the other: what is alike turns white."
    assert f"{legend} {tick} {one} {other} Pictures" in words
    assert re.search(f"{one} \\W* {before} {other} \\W* {after}", words), words
    # Each side on a wide screen and on a phone.
    sides = [before, before, after, after]
    assert [side in frame for side, frame in zip(sides, seen.frames, strict=True)] == [True] * 4
    assert title in words


@pytest.mark.parametrize(
    ("what", "sign", "head"),
    [
        ("create", "+", "is not created yet"),
        ("delete", "-", "is declared absent, and is there still"),
        ("gone", "-", "is gone from the account"),
        ("back", "+", "is declared absent, and is there"),
    ],
)
def test_a_sign_says_what_becomes_or_became_of_it(
    what: str, sign: str, head: str, project: Project, account: Account
) -> None:
    mine, absent = {"name": "Mine"}, {"name": "Mine", "state": "absent"}
    others = [{"name": "Newsletter"}]
    project.deploy(lists=[*others, *([] if what == "create" else [mine])])
    if what == "gone":
        account.remove("lists", "Mine")
    if what == "back":
        project.declare(lists=[*others, absent])
        project.apply("--allow-delete", "lists/Mine")
        account.add("lists", name="Mine")
    project.declare(lists=[*others, absent if what in ("delete", "back") else mine])
    shown = project.run("drift", "--fail-on", "manual").out
    assert re.search(rf"\n\{sign} (note: )?lists/Mine ", shown), shown
    assert head in " ".join(shown.split())
