"""How both sides of a difference stand, in every report that shows one and in each format."""

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
PLANNED, APART = False, True
PLAN, SHOW, DRIFT = ("plan",), ("show", "p.json"), ("drift", "--fail-on", "manual")
APPLY = ("apply", "--auto-approve")
Case = tuple[str, tuple[str, ...], str, bool]
CASES: Mapping[str, Case] = {
    "a plan": ("pending", PLAN, "", PLANNED),
    "a plan that undoes an edit": ("drift", PLAN, "", PLANNED),
    "a saved plan": ("pending", SHOW, "", PLANNED),
    "an apply": ("pending", APPLY, "", PLANNED),
    "what is not applied yet": ("pending", DRIFT, "Not applied yet", APART),
    "drift": ("drift", DRIFT, "Drift", APART),
    "a conflict": ("conflict", DRIFT, "Conflicts", APART),
    "known drift": ("known", DRIFT, "Known drift", APART),
    "no draft": ("frozen", DRIFT, "No drafts any more", APART),
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


def reports(case: str, project: Project, account: Account) -> tuple[list[str], Seen, str]:
    """What the command of a case says: as plain texts, and as a page with its source."""
    what, command, title, _ = CASES[case]
    happen(project, account, what)
    project.run("plan", "--out", "p.json")
    outputs = [w for f in ("markdown", "html", "junit") for w in ("--output", f"{f}=out.{f}")]
    texts = [project.run(*command, *outputs).out]
    texts += [(project.folder / f"out.{f}").read_text("utf-8") for f in ("markdown", "junit")]
    plain = [t.replace("&gt;", ">").replace("&lt;", "<").replace("\\", "") for t in texts]
    source = (project.folder / "out.html").read_text("utf-8")
    assert all(title in text for text in (*plain, source))
    return plain, Seen(source), source


def looks(seen: Seen, one: str, before: str, other: str, after: str) -> None:
    """Both mails and both lines of an inbox stand on the page, each under its name."""
    words = " ".join("".join(seen.words).split())
    legend = f"dashed in “{one}”, solid in “{other}”."
    tick = "Lay one over the other: what is alike turns white."
    assert f"{legend} {tick} {one} {other} Pictures" in words
    assert re.search(f"{one} \\W* {before} {other} \\W* {after}", words), words
    # Each side on a wide screen and on a phone.
    sides = [before, before, after, after]
    assert [side in frame for side, frame in zip(sides, seen.frames, strict=True)] == [True] * 4


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][3] is PLANNED])
def test_a_plan_shows_what_is_before_what_will_be(
    case: str, project: Project, account: Account
) -> None:
    texts, seen, _ = reports(case, project, account)
    for text in texts:
        assert re.search(f"{LIVE}\\W+→\\W+{GIT}", text), text
        assert re.search(f"^ *-<p>{LIVE}\n *\\+<p>{GIT}", text, re.MULTILINE), text
    assert f"Before: {LIVE} → After: {GIT}" in " ".join("".join(seen.words).split())
    looks(seen, "Before", LIVE, "After", GIT)


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][3] is APART])
def test_drift_shows_two_sides_and_no_change(case: str, project: Project, account: Account) -> None:
    texts, seen, source = reports(case, project, account)
    for text in texts:
        both = f"in Git: \\W*{GIT}\\W*, in the account: \\W*{LIVE}"
        assert re.search(both, text), text
        assert re.search(f"^ *< <p>{GIT}\n *> <p>{LIVE}", text, re.MULTILINE), text
        assert "< In Git, > In the account" in text
        assert not re.search(f"{GIT}.*→|→.*{LIVE}|^ *[-+]<p>|```diff", text, re.MULTILINE), text
    assert f"in Git: {GIT} in the account: {LIVE}" in " ".join("".join(seen.words).split())
    looks(seen, "In Git", GIT, "In the account", LIVE)
    assert not re.search("<(ins|del)>", source)
    # In the mails too neither side has the colour of what goes or comes.
    assert "rgb(173 32 24" not in source
    assert "rgb(23 112 63" not in source
    assert not re.search(r'class="card [^"]*(gone|fails)', source)


@pytest.mark.parametrize(
    ("what", "sign", "head"),
    [
        ("create", "+", "is not created yet"),
        ("delete", "-", "is declared absent, and is there still"),
        ("gone", "-", "is gone from the account"),
        ("back", "!", "is declared absent, and is there"),
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
