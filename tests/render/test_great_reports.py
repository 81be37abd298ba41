"""Reports too great for a comment still tell how it ended, what failed and where to look."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.apply.model import APPLIED, BLOCKED, FAILED, NOT_ATTEMPTED, Outcome, Proof, Result
from bmeconf.model import DRIFT_FORMAT, PROBLEMS_FORMAT, Place, Problem
from bmeconf.model.errors import Interrupted, InvalidInput
from bmeconf.render import Page, PageItem, Section, markdown
from bmeconf.render import page as pages
from bmeconf.render.page import result as result_page
from bmeconf.render.page.plan import task_list
from tests.support import plans
from tests.support.driver import Account, Project
from tests.support.formats import told
from tests.support.strategies import examples

MANY = 1600
LISTS = "version: 1\nlists:\n" + "".join(
    f'  - name: "Customers of region {n:05}, newsletter"\n' for n in range(MANY)
)
MORE = re.compile(r"([\d,]+) more not named here; the json has them all")


def drift_of(*sections: Section, **more: Any) -> Page:
    """A page of these sections."""
    return Page(DRIFT_FORMAT, "Drift", "a", "Bad.", "bad", sections=sections, **more)


def named(text: str) -> int:
    return sum(line.startswith(("- `", "- [ ]")) for line in text.splitlines())


def test_the_drift_of_a_wiped_account_is_told(account: Account, project: Project) -> None:
    account.switch(hour_limit=10**9, month_quota=10**9)
    project.write("a.yaml", LISTS)
    formats = ("--format", "markdown", "--output", "text=out.txt", "--output", "json=out.json")
    ran = project.run("drift", *formats)
    assert ran.code == 2, ran.err
    said, text = (project.folder / "out.txt").read_text(), ran.out
    assert f"{MANY:,} differences" in said or f"{MANY} differences" in said
    assert len(text.encode()) <= markdown.COMMENT_ROOM
    assert "not as declared" in text
    assert f"| {MANY:,} |" in text
    more = MORE.search(text)
    assert more
    assert named(text) > 100
    assert named(text) + int(more[1].replace(",", "")) == MANY


def great(count: int) -> Page:
    """A page whose last item is its only error."""
    lost = tuple(
        PageItem("-", f"lists/{'name ' * 8}{n}", "drift", "is gone", level="warning", must=True)
        for n in range(count)
    )
    error = PageItem("!", "lists/Last", "duplicate", "is there twice", level="error", must=True)
    tasks = task_list(plans.plan([f"Mail {n}" for n in range(40)]))
    sections = (
        Section("Drift", lost),
        Section("For people to do", tasks=tasks),
        Section("Findings", (error,)),
    )
    return drift_of(*sections, counts=(("drift", count),), fingerprint="sha256:1234")


def test_errors_come_first_and_tasks_are_not_crowded_out() -> None:
    page = great(5000)
    for room in (65_536, 12_000, 3_000):
        text = markdown.render(page, room)
        assert len(text.encode()) <= room
        assert "`lists/Last`" in text
        assert "sha256:1234" in text
        assert "**Bad.**" in text
        assert "- [ ] `campaigns/Mail 0" in text
        more = MORE.search(text)
        assert more
        assert named(text) + int(more[1].replace(",", "")) == 5001 + len(page.sections[1].tasks)


def test_what_somebody_agrees_to_is_told_whole_or_not_at_all() -> None:
    with pytest.raises(InvalidInput, match="does not fit"):
        markdown.render(great(5000)._replace(binding=True))
    assert pages.of_plan(plans.plan(["a"]), "production").binding


@examples(20)
@given(
    st.lists(st.text(max_size=300) | st.sampled_from(plans.HOSTILE), min_size=1, max_size=60),
    st.integers(2000, 20_000),
)
def test_whatever_the_names_the_room_is_kept(names: list[str], room: int) -> None:
    items = tuple(
        PageItem("-", n, "drift", n, level="warning", must=True, notes=(n,)) for n in names
    )
    page = drift_of(Section("Drift", items))
    text = markdown.render(page, room)
    assert len(text.encode()) <= room
    assert "**Bad.**" in text


WORDS = (
    *("delete", "create", "update", "drift", "a", "bb", "frozen", "blocked", "rewritten"),
    *("maybe_renamed", "unknown_sender_domain", "a_long_word_of_a_state", "recipients_missing"),
)
"""States of which more are in a section than it counts apart, some much longer than others."""


@st.composite
def sections(draw: st.DrawFn, title: str) -> Section:
    runs = st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from(("", "lists/", "campaigns/", f"lists/{'x' * 300}")),
        st.sampled_from((1, 9, 12, 101)),
        st.sampled_from(("", "is gone", "w" * 400)),
        st.sampled_from(("", "warning", "error")),
        st.booleans(),
    )
    items = tuple(
        PageItem("!", f"{kind}{n}" if kind else "", state, head, level=level, must=must)
        for state, kind, count, head, level, must in draw(st.lists(runs, max_size=16))
        for n in range(count)
    )
    tasks = task_list(plans.plan([f"Mail {n}" for n in range(40)]))
    return Section(title, items, tasks if draw(st.booleans()) else ())


@examples(8)
@given(sections("One"), sections("Two"), st.integers(300, 20_000), st.booleans())
def test_whatever_is_counted_the_room_is_kept(
    one: Section, two: Section, room: int, binding: bool
) -> None:
    page = drift_of(one, two, binding=binding)
    try:
        text = markdown.render(page, room)
    except InvalidInput:
        return
    assert len(text.encode()) <= room


def test_longer_words_that_become_the_most_common_have_room() -> None:
    short, long = WORDS[3:9], [f"{'long' * 8}{n}" for n in range(8)]
    runs = [(word, n) for n in range(60) for word in short]
    runs += [(word, n) for n in range(50) for word in long]
    items = tuple(PageItem("!", f"lists/{n}", word, "x") for word, n in runs)
    page = drift_of(Section("Drift", items))
    for room in range(12_000, 20_000, 303):
        assert len(markdown.render(page, room).encode()) <= room


def test_groups_of_one_size_are_counted_in_the_order_of_the_page() -> None:
    words = ("update", "create", "frozen", "drift", "blocked")
    items = tuple(PageItem("!", "", word, "w" * 200) for word in words for _ in range(50))
    page = drift_of(Section("Drift", items))
    counts = "50 × create, 50 × frozen, 50 × drift, 50 × blocked, 49 × update not named here.\n"
    assert counts in markdown.render(page, 500)


def crowded(*items: PageItem) -> str:
    """What names the items where there is no room for the messages of all."""
    more = [
        PageItem("-", f"lists/{n}", "drift", "is gone " * 20 + f"{n}", level="warning", must=True)
        for n in range(100)
    ]
    tasks = task_list(plans.plan(["Mail"]))
    section = Section("Drift", (*items, *more), tasks)
    text = markdown.render(drift_of(section, binding=True), 6000)
    assert "is gone" not in text
    return text


def test_without_an_address_the_message_names_an_item() -> None:
    text = crowded(
        PageItem("!", "", "frozen", "nothing *is* written", must=True),
        PageItem("!", "", "frozen", "", must=True),
    )
    assert "- `!` nothing \\*is\\* written\n" in text
    assert "- `!` frozen\n" in text


def test_two_long_addresses_are_told_apart() -> None:
    ends = [f"lists/{'x' * 400}{n}" for n in range(2)]
    gone = [PageItem("-", end, "drift", "is lost", must=True) for end in ends]
    text = crowded(*gone)
    page = drift_of(Section("Drift", (*gone,)), Section("Long", text="w" * 3000))
    with_messages = markdown.render(page, 2000)
    assert "is lost" in with_messages
    for end in ends:
        assert f"- `-` `{end}`" in text
        assert f"- `-` `{end}`" in with_messages


def test_a_manual_step_keeps_its_state() -> None:
    (task,) = task_list(plans.plan(["Mail"]))
    assert f"- [ ] `{task.address}` ({task.state})\n" in crowded()


def ended(states: list[str], stopped: bool = True) -> Result:
    made = plans.plan([f"name {n}" for n in range(len(states))], findings=False)
    made = replace(made, manual=())
    outcomes = tuple(Outcome(s, state) for s, state in zip(made.steps, states, strict=True))
    why = Interrupted("interrupted after 3 steps") if stopped else None
    return Result(made, outcomes, Proof(), True, 9, why, ".bmeconf/journal/1.jsonl", account="prod")


@pytest.mark.parametrize("rest", [NOT_ATTEMPTED, BLOCKED, FAILED])
def test_an_apply_that_stopped_tells_what_it_wrote_and_why(rest: str) -> None:
    result = ended([APPLIED] * 3 + [FAILED] + [rest] * (MANY - 4))
    page = result_page.of_result(result, ["bmeconf apply --resume .bmeconf/journal/1.jsonl"])
    text = markdown.render(page)
    words = told("markdown", text)
    for expected in (
        f"Not done (partly applied): 3 of {MANY} steps applied.",
        "interrupted after 3 steps",
        "the journal is .bmeconf/journal/1.jsonl",
        "bmeconf apply --resume .bmeconf/journal/1.jsonl",
        result.plan.fingerprint,
        f"`{result.outcomes[3].step.address}`",
    ):
        assert "".join(expected.split()) in words, expected


def test_an_apply_of_a_great_plan_that_fails_early(account: Account, project: Project) -> None:
    account.switch(hour_limit=10**9, month_quota=10**9)
    project.write("a.yaml", LISTS)
    account.faults({"kind": "month-limit", "method": "POST", "path": "*lists*", "skip": 3})
    ran = project.run("apply", "--auto-approve", "--quiet", "--output", "markdown=out.md")
    text = (project.folder / "out.md").read_text()
    assert "does not fit" not in text
    assert "steps applied.**" in text
    assert ran.code == 8, ran.err[-500:]
    assert "--resume" in text
    assert "Fingerprint: `" in text


def problems(count: int) -> list[Problem]:
    notes = [
        Problem(Place("a.yaml", n + 1), "", f"Unknown list {n} {'y' * 60}", "unknown_list", "note")
        for n in range(count)
    ]
    return [*notes, Problem(Place("z.yaml", 3, 5), "", 'unknown key "nmae"')]


@pytest.mark.parametrize("count", [3, 500, 3000])
def test_the_only_error_is_named_and_first(count: int) -> None:
    error = InvalidInput("1 error in the manifests")
    for page in (
        pages.of_problems(problems(count)),
        pages.of_failure(PROBLEMS_FORMAT, error, problems(count)),
    ):
        text = markdown.render(page)
        assert "nmae" in text
        assert "z.yaml:3" in text
        notes = text.find("Unknown list")
        assert notes == -1 or text.index("nmae") < notes


def test_of_many_errors_the_first_are_told() -> None:
    found = [
        Problem(Place("a.yaml", n + 1), "", f"unknown key {n} {'q' * 700}") for n in range(1000)
    ]
    text = markdown.render(pages.of_problems(found))
    assert "1,000 errors" in text or "1000 errors" in text
    assert "unknown key 0 q" in text
    assert MORE.search(text)


def test_a_plan_that_fits_nowhere_is_still_on_stdout(
    account: Account, project: Project, tmp_path: Path
) -> None:
    made = plans.plan([f"{'long ' * 120}{n}" for n in range(300)])
    plans.saved(tmp_path, made)
    show = Project(tmp_path)
    show.write("out.md", "what an earlier run left")
    options = ("--output", "markdown=out.md", "--output", "html=out.html")
    ran = show.run("show", "plan.json", *options)
    assert ran.code == 3
    assert "does not fit in 65,536 bytes" in ran.err
    assert made.fingerprint in ran.out
    assert made.fingerprint in (tmp_path / "out.html").read_text()
    comment = (tmp_path / "out.md").read_text()
    assert comment.startswith("<!-- bmeconf:plan account=")
    assert "does not fit" in comment
    assert "earlier run" not in comment
    ran = show.run("show", "plan.json", "--format", "json", *options)
    assert (ran.code, ran.json["exit_code"]) == (3, 3)
    assert len(ran.json["steps"]) == 300


def test_a_plan_of_many_errors_ends_as_invalid_and_is_told(
    account: Account, project: Project
) -> None:
    account.switch(hour_limit=10**9, month_quota=10**9)
    mails = "".join(
        f"  - {{name: '{'long ' * 20}{n}', from: news@pending.example}}\n" for n in range(500)
    )
    project.write("a.yaml", f"version: 1\ncampaigns:\n{mails}")
    assert project.run("plan").code == 7
    ran = project.run("plan", "--format", "json", "--output", "markdown=out.md")
    assert (ran.code, ran.json["exit_code"]) == (3, 3)
    assert ran.json["steps"]
    assert "does not fit" in ran.err
    ran = project.run("plan", "--output", "markdown=out.md")
    assert ran.code == 3
    assert "apply refuses this plan" in ran.out or "500" in ran.out
