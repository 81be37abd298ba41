"""`drift --adopt` of names that were changed by hand, and all that refers to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.driver import LOCK, Account, Project
from tests.support.git import commit

BEGIN = """\
version: 1
structure: {fields: [{label: City}], tags: [VIP]}
"""
MANIFEST = (
    BEGIN
    + """\
lists:
  - name: Press        # journalists
  - {name: "Partners", protect: true}
  - {name: Everyone, copy_of: Press}
  - name: Both
    merge_of:
    - Partners   # friends
    - 'Press'
contacts:
  - email: ann@example.com
    lists:
      - Partners
      # since May
      - Press # by hand
contact_files:
  - {csv: c.csv, email: E, lists: L, defaults: {tags: [VIP]}}
campaigns:
  - name: News  # the first
    subject: Old
    body: {html: "<p>Press</p>"}
    lists: [ "Press" ]
  - {name: Next, copy_of: News, subject: x}
"""
)
TABLE = "E,L\nbob@example.com,Press;Both\neve@example.com, Both\n"
Hand = Callable[[Account], object]


def renamed(kind: str, old: str, new: str, **values: object) -> Hand:
    return lambda account: account.edit(kind, old, name=new, **values)


def put(project: Project, **files: str) -> Project:
    project.write("c.csv", TABLE)
    for name, text in {"m": MANIFEST, **files}.items():
        project.write(f"{name}.yaml", text)
    project.apply()
    return project


def adopted(project: Project) -> dict[str, str]:
    """What is left, with the reason; the rest is adopted, so that nothing differs any more."""
    document = project.run("drift", "--adopt", "--format", "json").json
    left = {f"{i['address']} {i['field']}": i["reason"] for i in document["adoption"]["left"]}
    told = {f"{i['address']} {i['field']}" for i in document["items"]}
    taken = {f"{i['address']} {i['field']}" for i in document["adoption"]["adopted"]}
    assert taken | left.keys() == told
    assert not taken & left.keys()
    again = project.run("drift", "--format", "json").json
    assert {f"{i['address']} {i['field']}" for i in again["items"]} == left.keys()
    if not left:
        assert project.plan()["steps"] == []
        assert {f["code"] for f in again["findings"]} <= {"empty_audience"}
        assert project.apply()["steps"] == []
    return left


def text(project: Project, name: str = "m.yaml") -> str:
    return (project.folder / name).read_text("utf-8")


def test_all_that_refers_to_a_name_follows_and_all_else_stays(
    project: Project, account: Account
) -> None:
    put(project)
    renamed("lists", "Press", "Press: all # now")(account)
    renamed("lists", "Partners", "Friends")(account)
    renamed("campaigns", "News", "${News}", subject="New")(account)
    assert adopted(project) == {}
    new = '"Press: all # now"'
    wanted = MANIFEST.replace("name: Press ", f"name: {new} ").replace('"Partners"', "Friends")
    wanted = wanted.replace("- Partners", "- Friends").replace("'Press'", new)
    wanted = wanted.replace("copy_of: Press", f"copy_of: {new}").replace(
        '[ "Press" ]', f"[ {new} ]"
    )
    wanted = wanted.replace("- Press # by", f"- {new} # by").replace("Old", "New")
    wanted = wanted.replace("name: News ", 'name: "$${News}" ').replace(": News,", ': "$${News}",')
    assert text(project) == wanted
    assert text(project, "c.csv") == TABLE.replace("Press;", "Press: all # now;")


def swapped(account: Account) -> None:
    renamed("lists", "Press", "-")(account)
    renamed("lists", "Partners", "Press")(account)
    renamed("lists", "-", "Partners")(account)


NAMED = BEGIN + "lists:\n- {name: Press}\n- name: Partners\n"
HANDS: dict[str, tuple[str, Hand, dict[str, str], str]] = {
    # what is declared, what a person does, what is left and why, a part of the manifest then
    "a rename": (NAMED, renamed("lists", "Press", "Us"), {}, "- {name: Us}\n- name: Partners\n"),
    "two of a kind at once": (
        NAMED + "campaigns: [{name: A, lists: [Press]}, {name: B, lists: [Press]}]\n",
        lambda a: [renamed("campaigns", n, f"{n}2")(a) for n in "AB"],
        {},
        "[{name: A2, lists: [Press]}, {name: B2, lists: [Press]}]",
    ),
    "a swap": (
        NAMED,
        swapped,
        {
            "lists/Press id": "another object has its name now",
            "lists/Partners id": "another object has its name now",
        },
        "",
    ),
    "a name that another entry has": (
        NAMED + "- name: Us\n",
        renamed("lists", "Press", "Us"),
        {"lists/Press name": "lists/Us is declared too"},
        "",
    ),
    "a name that another object has": (
        NAMED,
        lambda a: [renamed("lists", "Press", "Us")(a), a.add("lists", name="Us")],
        {"lists/Press name": 'several lists are called "Us"'},
        "",
    ),
    "the same name twice": (
        NAMED,
        lambda a: [renamed("lists", n, "Us")(a) for n in ("Press", "Partners")],
        {
            "lists/Press name": 'several lists are called "Us"',
            "lists/Partners name": 'several lists are called "Us"',
        },
        "",
    ),
    "an anchor": (
        BEGIN + "lists:\n- &l {name: &n Press}\n- name: Partners\n",
        renamed("lists", "Press", "Us"),
        {"lists/Press name": "an anchor or alias"},
        "",
    ),
    "a list behind an anchor": (
        NAMED + "campaigns:\n- {name: A, lists: &l [Press]}\n- {name: B, lists: *l}\n",
        renamed("lists", "Press", "Us"),
        {},
        "lists: &l [Us]}",
    ),
    "an alias where it is referred to": (
        NAMED + "campaigns:\n- {name: A, lists: [&p Press]}\n- {name: B, lists: [*p]}\n",
        renamed("lists", "Press", "Us"),
        {"lists/Press name": "campaigns/A refers to it in lists, and there an anchor or alias"},
        "",
    ),
    "one that fits beside one that does not": (
        NAMED + "campaigns:\n- {name: A, lists: [&p Press]}\n- {name: B, lists: [*p]}\n",
        lambda a: [renamed("lists", n, f"{n}2")(a) for n in ("Press", "Partners")],
        {"lists/Press name": "campaigns/A refers to it"},
        "- name: Partners2\n",
    ),
    "the old name of an old name": (
        BEGIN + "lists:\n- {name: Press, renamed_from: [Reporters]}\n- name: Partners\n",
        renamed("lists", "Press", "Reporters"),
        {"lists/Press name": "the manifest would not be valid: renamed_from"},
        "",
    ),
    "a contact": (
        NAMED + "contacts: [{email: ann@example.com}]\n",
        lambda a: a.edit("contacts", "ann@example.com", key="eve@example.com"),
        {"contacts/ann@example.com email": "its address was changed by hand"},
        "",
    ),
    "a list that also went to another campaign": (
        NAMED + "campaigns: [{name: A, lists: [Partners]}]\n",
        lambda a: [
            renamed("lists", "Press", "Us")(a),
            a.edit("campaigns", "A", lists=a.list_ids("Us")),
        ],
        {},
        "lists: [Us]",
    ),
    "what was sent": (
        NAMED + "campaigns: [{name: A, lists: [Press]}]\n",
        lambda a: [a.schedule(status="sent", campaign="A"), renamed("campaigns", "A", "Old")(a)],
        {},
        "{name: Old,",
    ),
}


@pytest.mark.parametrize("case", HANDS)
def test_a_name_is_adopted_or_left_with_a_reason(
    case: str, project: Project, account: Account
) -> None:
    manifest, by_hand, reasons, wanted = HANDS[case]
    project.write("m.yaml", manifest)
    project.apply()
    by_hand(account)
    left = adopted(project)
    assert left.keys() == reasons.keys(), left
    assert {key: why for key, why in left.items() if not why.startswith(reasons[key])} == {}
    assert wanted in text(project)
    assert bool(wanted) == (text(project) != manifest)


def test_what_is_pinned_may_even_swap_names(project: Project, account: Account) -> None:
    project.deploy(lists=[{"name": "Press"}, {"name": "Partners"}])
    press, partners = account.list_ids("Press", "Partners")
    manifest = (
        f"version: 1\nlists:\n- {{id: {press}, name: Press}}\n- name: Partners\n  id: {partners}\n"
        "campaigns: [{name: A, lists: [Press]}]\n"
    )
    project.write("m.yaml", manifest)
    project.apply()
    swapped(account)
    assert adopted(project) == {}
    swap = manifest.replace("Press", "-").replace("Partners", "Press").replace(": -", ": Partners")
    assert text(project) == swap.replace("[-]", "[Partners]").replace("name: -", "name: Partners")


PROJECT = """\
version: 1
accounts:
  main: {{base_url: "{url}", api_key_env: BMECONF_API_KEY, vars: {{who: Press}}}}
"""


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ('lists: [{name: "${who}"}]', "a variable writes it"),
        (
            'lists: [{name: Press}]\ncampaigns: [{name: A, lists: ["${who}"]}]',
            "campaigns/A refers to it in lists, and there a variable writes it",
        ),
    ],
)
def test_a_name_that_a_variable_writes_is_left(
    manifest: str, reason: str, project: Project, account: Account
) -> None:
    project.write("bmeconf.yaml", PROJECT.format(url=account.env["BMECONF_BASE_URL"]))
    project.write("m.yaml", f"version: 1\n{manifest}\n")
    project.apply()
    renamed("lists", "Press", "Us")(account)
    assert [why.partition(":")[0] for why in adopted(project).values()] == [reason]


@pytest.mark.parametrize("words", [("--target", "lists/Press"), ("a.yaml",), ("--since", "HEAD")])
def test_other_files_follow_whatever_part_was_looked_at(
    words: tuple[str, ...], project: Project, account: Account
) -> None:
    project.write("a.yaml", "version: 1\nlists: [{name: Press}]\n")
    project.write("b.yaml", "version: 1\ncampaigns: [{name: A, lists: [Press], subject: s}]\n")
    project.apply()
    commit(project.folder)
    renamed("lists", "Press", "Us")(account)
    assert (project.folder / LOCK).exists()
    assert project.run("drift", "--adopt", *words).code == 2
    assert "name: Us" in text(project, "a.yaml")
    assert "lists: [Us]" in text(project, "b.yaml")
    assert project.plan()["steps"] == []
    project.run("drift").ok()
