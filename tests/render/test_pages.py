"""What pages are made of: tasks for people, the words of a body, tables and plots as text."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.mail import compare_lines, visible_lines
from bmeconf.model import Address, Change, Manual
from bmeconf.render import (
    Field,
    Line,
    Page,
    PageItem,
    Product,
    Section,
    Series,
    Table,
    figures,
    html,
    rendered,
    safe,
)
from bmeconf.render import page as pages
from bmeconf.render import text as texts
from bmeconf.render.page.plan import field, task_list
from bmeconf.render.page.tasks import task_of
from tests.support import plans

AT = datetime.fromisoformat("2026-12-01T09:00:00+01:00")
EARLIER = AT - timedelta(days=9)
TODO = Manual(
    Address("campaigns", "Winter"), "schedule", "todo", AT, "marketing", "look", {}, {}
)  # fmt: skip


def test_a_task_says_what_to_enter_in_both_zones() -> None:
    task = task_of(TODO, EARLIER, lists=("News", "Press"))
    assert task.what == "schedule it for 2026-12-01 09:00 (UTC+01:00)"
    assert dict(task.enter) == {
        "Campaign": "Winter",
        "Date": "2026-12-01",
        "Time": "09:00 (UTC+01:00)",
    }
    assert dict(task.facts) == {
        "recipients": "News, Press",
        "the same in UTC": "2026-12-01 08:00 UTC",
    }
    assert task.where[0] == "Wait until the plan is applied: that makes the campaign."
    assert task.where[2] == "Open the campaign."
    assert "the lists named as its recipients" in task.where[3]
    assert (task.owner, task.note, task.fails) == ("marketing", "look", False)
    assert task.live == "no such campaign yet"


def test_a_task_of_a_campaign_that_is_there_waits_for_nothing_and_says_utc_once() -> None:
    there = TODO._replace(due=AT.astimezone(UTC), observed={"id": "5" * 24, "status": "draft"})
    task = task_of(there, EARLIER)
    assert task.where[0] == "In the web app, open Campaigns."
    assert task.live == "a draft"
    assert task.facts == ()


@pytest.mark.parametrize(
    ("apart", "told"),
    [
        (timedelta(days=9, hours=3), "in 9 days"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(hours=5, minutes=20), "in 5 hours"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(days=-2, hours=-1), "2 days ago"),
        (timedelta(minutes=-59), "59 minutes ago"),
    ],
)
def test_a_task_says_how_far_off_it_is(apart: timedelta, told: str) -> None:
    now = AT.astimezone(UTC) - apart
    assert task_of(TODO, now).distance == told


@pytest.mark.parametrize(
    ("state", "observed", "what", "click", "fails"),
    [
        ("overdue", {"status": "draft"}, "should have been scheduled", "Choose Schedule...", True),
        ("undone", {"status": "draft"}, "is a draft again", "Choose Schedule...", True),
        (
            "wrong",
            {"status": "scheduled", "scheduled_at": "2026-12-02T08:00:00Z"},
            "is scheduled for 2026-12-02 09:00 (UTC+01:00), which is not 2026-12-01 09:00",
            "Take its schedule back",
            True,
        ),
        ("wrong", {"status": "sent"}, "does not show for when", "decide what should happen", True),
        ("done", {"status": "scheduled"}, "scheduled for 2026-12-01 09:00", "", False),
    ],
)
def test_a_task_says_where_it_stands(
    state: str, observed: dict[str, str], what: str, click: str, fails: bool
) -> None:
    task = task_of(TODO._replace(state=state, observed=observed), EARLIER)
    assert what in task.what
    assert click in " ".join(task.where)
    assert bool(task.where) == (state != "done")
    assert task.fails == fails
    box = texts.Sheet().task(task)[0].text
    assert box.startswith("[x] " if state == "done" else "[ ] ")


@pytest.mark.parametrize("observed", [{"status": "draft"}, {"status": "scheduled"}])
def test_nobody_is_told_to_enter_a_time_that_is_over(observed: dict[str, str]) -> None:
    overdue = TODO._replace(state="overdue", observed=observed)
    task = task_of(overdue, AT + timedelta(days=2), lists=("News",))
    assert task.enter == ()
    assert "Enter" not in " ".join(task.where)
    assert task.facts == (("recipients", "News"),)


def shown_tasks(format: str) -> str:
    """Two campaigns to be scheduled alike, and one whose schedule is to be taken back."""
    wrong = {"status": "scheduled", "scheduled_at": "2026-12-02T08:00:00Z"}
    manual = [
        TODO._replace(address=Address("campaigns", name), observed=observed, state=state)
        for name, observed, state in (
            ("Autumn", {"status": "draft"}, "todo"),
            ("Winter", {"status": "draft"}, "todo"),
            ("Spring", wrong, "wrong"),
        )
    ]
    tasks = tuple(task_of(each, EARLIER, ("News", "Press")) for each in manual)
    page = Page(
        "bmeconf.drift/1", "Drift", "a", "", "good", sections=(Section("By hand", (), tasks),)
    )
    return "\n".join(line.text for line in rendered(Product(page, {}), format))


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_steps_that_are_done_alike_are_explained_once(format: str) -> None:
    shown = shown_tasks(format)
    assert shown.count("Choose Schedule") == 1
    assert shown.count("Confirm.") == 2
    assert shown.count("recipients: ") == 3
    how = shown[shown.index("How to do it") :]
    assert how.index("campaigns/Autumn") < how.index("campaigns/Winter") < how.index("Choose")


def test_on_a_page_each_step_has_its_own_explanation_folded() -> None:
    shown = shown_tasks("html")
    assert shown.count("<summary>How to do it") == 2
    assert shown.count(" open><summary>What to do now") == 1
    assert shown.count("Confirm.") == 3
    assert shown.count("<dt>recipients</dt><dd>News, Press</dd>") == 3


def test_tasks_that_are_done_come_last() -> None:
    made = plans.plan(["a" * n for n in range(1, 40)])
    states = [task.state == "done" for task in task_list(made)]
    assert True in states
    assert states == sorted(states)


# --- the words of a body


def compared(before: str, after: str) -> str:
    rows = compare_lines(visible_lines(before), visible_lines(after))
    marks = {"same": "{}", "gone": "[-{}-]", "new": "[+{}+]"}
    return "\n".join(
        f"… {row.left_out}"
        if row.left_out
        else "".join(marks[part.kind].format(part.text) for part in row.parts)
        for row in rows
    )


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("<p>One two three 4</p>", "<p>One two <b>2</b> 4</p>", "One two [-three -][+2 +]4"),
        ("<p>a</p><p>b</p>", "<p>a</p>", "a\n[-b-]"),
        ("", "<h1>New</h1>", "[+New+]"),
        ("<p>same</p><a href=x>", "<p>same</p><a href=y>", "same"),
        ("<script>var a</script><p>x</p>", "<style>p{}</style><p>x</p>", "x"),
        ("<p>x <img alt=Hero></p>", "<p>x</p>", "x [-[picture: Hero]-]"),
        ("<p>Archer &amp; Sons</p>", "<p>Archer &amp;\n  Sons</p>", "Archer & Sons"),
        ("<p>nothing alike</p>", "<p>quite another</p>", "[-nothing alike-] [+quite another+]"),
    ],
)  # fmt: skip
def test_the_words_that_came_and_went(before: str, after: str, shown: str) -> None:
    assert compared(before, after) == shown


def test_what_stays_is_told_in_short() -> None:
    before = "".join(f"<p>line {n}</p>" for n in range(20))
    assert compared(before, before.replace("line 10<", "other words<")).split("\n") == [
        "… 9",
        "line 9",
        "[-line 10-] [+other words+]",
        "line 11",
        "… 8",
    ]


@given(st.text(alphabet="<>/!-[]&;#p ab\"'=?"))
def test_any_markup_can_be_compared(text: str) -> None:
    rows = compare_lines(visible_lines(text), visible_lines("<p>a</p>"))
    assert all(row.parts or row.left_out for row in rows)


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("1 < 2 & 3", ["1 < 2 & 3"]),
        ("<![broken[ words", []),
        ("a<b href='", ["a"]),
        ("<svg><title>a</title><text>b</text></svg>", ["b"]),
        ("<table>a<tr><td>b<td>c", ["a", "b", "c"]),
        ("<noscript><p>a</p></noscript><noembed>b</noembed>", ["a"]),
        ("<template>a</template><textarea><b></textarea>", ["<b>"]),
        ("<!-- a --!>b<!-->c", ["bc"]),
    ],
)
def test_the_text_is_the_one_that_a_browser_shows(markup: str, shown: list[str]) -> None:
    assert visible_lines(markup) == shown


def test_great_bodies_take_no_time() -> None:
    before = "<br>".join("the same words" for _ in range(20_000))
    start = time.process_time()
    compare_lines(visible_lines(before), visible_lines(before + "<br>more"))
    words = " ".join(f"w{n}" for n in range(20_000))
    compare_lines([words], [words + " more"])
    assert time.process_time() - start < 10


# --- pages of items


def test_an_inbox_shows_only_what_is_known() -> None:
    item = PageItem("~", "campaigns/A", "update", "", (Field("subject", "Old", "New <b>"),))
    page = pages.of_plan(plans.plan(["a"]), "x")._replace(sections=())
    section = pages.of_plan(plans.plan(["a"]), "x").sections[0]._replace(items=(item,))
    shown = html.render(page._replace(sections=(section,)))
    assert shown.count('class="inbox') == 2
    assert 'class="sender"' not in shown
    assert "New &lt;b&gt;" in shown
    listed = item._replace(address="lists/A")
    shown = html.render(page._replace(sections=(section._replace(items=(listed,)),)))
    assert 'class="inbox' not in shown


# --- tables and plots


@given(
    st.lists(st.tuples(st.text(), st.text(max_size=30), st.text(max_size=9)), min_size=1),
)
def test_a_table_stays_on_the_page(rows: list[tuple[str, str, str]]) -> None:
    lines = [line.text for line in figures.table(Table(("Name", "B", "N"), tuple(rows), (2,)))]
    assert all(figures.columns(line) <= 160 for line in lines)
    assert len(lines) >= len(rows) + 2


def test_numbers_stand_below_one_another() -> None:
    table = Table(("Name", "Sent"), (("a", "1,200"), ("日本", "3")), (1,))
    assert [line.text for line in figures.table(table)] == [
        "Name   Sent",
        "----  -----",
        "a     1,200",
        "日本      3",
    ]


@given(st.lists(st.floats(-10, 1e6), max_size=300))
def test_a_plot_is_narrow(values: list[float]) -> None:
    series = Series("T", tuple(f"d{n}" for n in range(len(values))), tuple(values), "%")
    lines = [line.text for line in figures.plot(series)]
    assert all(len(line) <= 80 for line in lines)


def test_bars_grow_with_their_values() -> None:
    series = Series("T", ("a", "b", "c", "d"), (0, 0.01, 5, 10))
    bars = [line.text.count("█") * 2 + line.text.count("▌") for line in figures.plot(series)[1:]]
    assert bars[0] == 0
    assert bars[1] == 1
    assert all(one < other for one, other in pairwise(bars))


# --- fields that change


def change_lines(change: Change) -> list[Line]:
    """One field that changes, as a plan shows it."""
    return list(texts.Sheet().field(field(change)))


def test_long_values_are_wrapped_and_kept_whole() -> None:
    words = " ".join(f"word{n}" for n in range(60))
    shown = [line.text for line in change_lines(Change(("subject",), "Old", words))]
    assert all(len(line) <= safe.WIDTH for line in shown)
    assert " ".join(" ".join(shown).split()).count("word59") == 1


def test_a_long_body_is_cut_and_says_so() -> None:
    before = "\n".join(f"line {n}" for n in range(200))
    after = "\n".join(f"other {n}" for n in range(200))
    shown = [line.text for line in change_lines(Change(("body",), before, after))]
    assert len(shown) == figures.MOST_LINES + 2
    assert "--format json" in shown[-1]


def test_a_difference_in_a_long_line_can_be_seen() -> None:
    before, after = (f"<p>{'filler ' * 50}now {price} EUR</p>" for price in ("10", "99"))
    shown = [line.text for line in change_lines(Change(("body",), before, after))]
    assert any("10 EUR" in line and line.lstrip().startswith("-…") for line in shown)
    assert any("99 EUR" in line and line.lstrip().startswith("+…") for line in shown)
    assert all(len(line) <= safe.WIDTH for line in shown)


def test_recipients_are_told_apart() -> None:
    one, two = Address("lists", "A, B"), (Address("lists", "A"), Address("lists", "B"))
    twin = Address("lists", "A", "66f1a6e4520cdb563bf80b19")
    shown = [
        change_lines(Change(("lists",), (one,), two)),
        change_lines(Change(("lists",), (twin,), two)),
    ]
    assert [line.text for lines in shown for line in lines] == [
        '    lists: ["A, B"] → ["A", "B"]',
        '    lists: ["A"#66f1a6e4520cdb563bf80b19] → ["A", "B"]',
    ]
