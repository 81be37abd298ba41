"""Adoption by the forms of what is adopted: what it writes, or why it leaves the files alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.driver import Account, Project
from tests.support.git import commit, git

BEGIN = """\
version: 1
structure: {fields: [{label: City}, {label: Company}, {label: a.b}], tags: [VIP, Old]}
lists: [{name: Press}, {name: Everybody}, {name: Ünï}]
"""
CAMPAIGN = "campaigns:\n  - name: N\n"
ANN = "ann@example.org"
Files = Mapping[str, str]
Hand = Callable[[Account], Any]


def campaign(text: str) -> str:
    """A manifest with one campaign, whose other keys are `text`."""
    return (
        BEGIN + CAMPAIGN + "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))
    )


def edited(**values: Any) -> Hand:
    """Somebody edits that campaign; lists are given by their names."""

    def by_hand(account: Account) -> None:
        named = {"lists": account.list_ids(*values["lists"])} if "lists" in values else {}
        account.edit("campaigns", "N", **{**values, **named})

    return by_hand


def person(lists: tuple[str, ...] | None = None, tags: bool = True, **fields: str) -> Hand:
    """Somebody edits the contact Ann."""

    def by_hand(account: Account) -> None:
        values: dict[str, Any] = {} if tags else {"tags": []}
        if lists is not None:
            values["lists"] = account.list_ids(*lists)
        labels = {label.replace("_", "."): value for label, value in fields.items()}
        values["fields"] = {account.field_id(label): value for label, value in labels.items()}
        account.edit("contacts", ANN, **values)

    return by_hand


TEXTS: dict[str, tuple[str, Hand, str]] = {
    # a campaign as declared, what somebody makes of it, the campaign as declared then
    "quoted keys": (
        "\"subject\": a # c\n? 'from_name'\n: x\n? lists\n: [Press]",
        edited(subject="b", fromName="z", lists=["Everybody"]),
        "\"subject\": b # c\n? 'from_name'\n: z\n? lists\n: [Everybody]",
    ),
    "tags of YAML": (
        "subject: !!str 12 # c\nfrom_name: ! x\npreview_text: !!str >-\n  p\nplain_text: {text: a}",
        edited(subject="a", fromName="b", previewText="c"),
        "subject: a # c\nfrom_name: b\npreview_text: c\nplain_text: {text: a}",
    ),
    "texts on several lines": (
        "subject: a\n  b # c\nfrom_name: 'x\n  y'\npreview_text: >- # folded\n  p\n  q\n\n# end",
        edited(subject="b", fromName="y", previewText="r"),
        'subject: b # c\nfrom_name: "y"\npreview_text: r # folded\n\n# end',
    ),
    "a literal block": (
        "plain_text:\n  text: | # c\n    a\n\n    b\n\n# end\nsubject: s",
        edited(plainTextBody="a\n\nc\nd"),
        "plain_text:\n  text: | # c\n    a\n\n    c\n    d\n\n# end\nsubject: s",
    ),
    "a list in brackets on lines of its own": (
        "lists: [\n    Press,\n    'Everybody',\n  ]  # c",
        edited(lists=["Everybody", "Ünï"]),
        "lists: [\n    'Everybody',\n    Ünï,\n  ]  # c",
    ),
    "a list in brackets with comments": (
        "lists: [\n    Press,   # why\n    Everybody\n  ]",
        edited(lists=["Press", "Everybody", "Ünï"]),
        "lists: [\n    Press,   # why\n    Everybody, Ünï\n  ]",
    ),
    "a list of which nothing stays": (
        "lists:\n  -  Press\n  # between\n  -  Everybody\nsubject: s",
        edited(lists=["Ünï"]),
        "lists:\n  -  Ünï\n  # between\nsubject: s",
    ),
    "members in other spellings": (
        "reply_to:\n  - A@X.org # keep\n  - b@x.org\nlists:\n- U\u0308nï # keep\n- ' Press '",
        edited(replyToAddresses=["a@x.org", "c@x.org"], lists=["Ünï", "Press", "Everybody"]),
        "reply_to:\n  - A@X.org # keep\n  - c@x.org\nlists:\n- U\u0308nï # keep\n- ' Press '\n"
        "- Everybody",
    ),
    "cleared": (
        "lists:\n- Press\n\nreply_to: [a@x.org] # c\nsubject: s\nbody: {html: '<a> #x </a>'} # d\n"
        "plain_text:\n  text: |\n    a #b\n# e\nfrom_name: x",
        edited(lists=[], replyToAddresses=[], subject="", body="", plainTextBody=""),
        "lists: []\n\nreply_to: [] # c\nsubject: null\nbody: null # d\nplain_text: null\n# e\n"
        "from_name: x",
    ),
    "written where nothing was": (
        "lists: null # c\nsubject: ~\nbody: null # d\nplain_text: null",
        edited(lists=["Press"], subject="s", body="<p>a</p>", plainTextBody="a\nb"),
        'lists: [Press] # c\nsubject: s\nbody: {html: "<p>a</p>"} # d\nplain_text: {text: "a\\nb"}',
    ),
    "what looks like something else": (
        "subject: a\nfrom_name: b\npreview_text: c",
        edited(subject="yes", fromName="${who} # no", previewText="- 1: 😀"),
        'subject: "yes"\nfrom_name: "$${who} # no"\npreview_text: "- 1: 😀"',
    ),
    "characters of other planes before it": (
        "subject: 😀 a  #\t😀\nlists: [Press] # 😀",
        edited(subject="é", lists=["Ünï"]),
        "subject: é  #\t😀\nlists: [Ünï] # 😀",
    ),
}

LEFT: dict[str, tuple[str, Hand, str]] = {
    # a campaign as declared, what somebody makes of it, the beginning of the reason
    "an alias": (
        "from_name: &a x\nsubject: *a",
        edited(subject="b"),
        "an anchor or alias writes it in several places: write",
    ),
    "an anchor behind a tag": (
        "from_name: !!str &a x\nsubject: *a",
        edited(fromName="b"),
        "an anchor or alias writes it in several places: write",
    ),
    "a member with an anchor": (
        "lists:\n  - &a Press\n  - Everybody\nsubject: *a",
        edited(lists=["Everybody"]),
        "an anchor or alias writes it in several places: write",
    ),
    "comments in what would go": (
        "lists: [\n    Press,   # why\n    Everybody\n  ]",
        edited(lists=["Press"]),
        "there are comments inside it: edit",
    ),
    "comments in a list that is cleared": (
        "lists:\n  # why\n  - Press\n  - Everybody # who",
        edited(lists=[]),
        "there are comments inside it: edit",
    ),
    "a dash alone": (
        "lists:\n  -\n    Press\n  - Everybody",
        edited(lists=["Everybody"]),
        "its members do not stand on lines of their own: edit",
    ),
    "no manifest can say it": (
        "subject: a",
        edited(subject="a\tb"),
        "the manifest would not be valid: subject: ",
    ),
    "the API key, which nobody is shown": (
        "subject: a",
        lambda account: edited(subject=f"{account.sandbox.key}!")(account),
        '"***" in it may stand for the API key: look',
    ),
    "styles that are moved": (
        "body: {html: '<style>p{color:red}</style><p>x</p>', inline_css: true}",
        edited(body="<p>b</p>"),
        "inline_css makes another text of it: edit",
    ),
    "a text made of the body": (
        "body: {html: <p>x</p>}\nplain_text: {from_body: true}",
        edited(plainTextBody="b"),
        "it is made of the body: change",
    ),
    "a body that a text is made of": (
        "body: {html: <p>x</p>}\nplain_text: {from_body: true}",
        edited(body="<p>b</p>"),
        "a plan would change campaigns/N then: edit",
    ),
    "a template": (
        "body: {template: {name: Plain letter, lang: en}}",
        edited(body="<p>b</p>"),
        "a template of the account writes it: declare",
    ),
}

TABLE = f"""\
{BEGIN}contact_files:
  - csv: c.csv   # people
    email: Mail
    fields: {{City: Town, a.b: Dot}}
    lists: Lists
    tags: Tags
    defaults: {{fields: {{Company: Acme}}}}
"""
HEAD, BOB = "Mail,Town,Dot,Lists,Tags\n", "bob@example.org,Rome,x,Press,VIP\n"
CELLS: dict[str, tuple[str, Hand, str]] = {
    # Ann's row, what somebody makes of her, the row then, or the beginning of the reason
    "a cell": (
        ",Oslo, x ,Press,VIP",
        person(City="Bergen", a_b="${y}"),
        ",Bergen, $${y} ,Press,VIP",
    ),
    "quotes": (
        ',"Oslo",x,Press,VIP',
        person(City="Ås", a_b='a "b", c'),
        ',"Ås","a ""b"", c",Press,VIP',
    ),
    "lines": (",Oslo,x,Press,VIP", person(City="a\nb"), ',"a\nb",x,Press,VIP'),
    "lists": (
        ",Oslo,x, Everybody ; Press ,",
        person(("Ünï", "Everybody")),
        ",Oslo,x, Everybody;Ünï ,",
    ),
    "no tags": (",Oslo,x,Press,VIP", person(tags=False), "a cell that is empty declares nothing"),
    "no text": (",Oslo,x,Press,VIP", person(City=""), "a cell that is empty declares nothing"),
    "a default": (",Oslo,x,Press,VIP", person(Company="B"), "a plan would change contacts/bob"),
}


def put(project: Project, files: Files) -> Project:
    """A project of these files, below the top of a repository, that was applied."""
    below = Project(project.folder / "our shop", project.env)
    for name, text in {"bmeconf.yaml": "version: 1\n", **files}.items():
        path = below.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    below.apply()
    commit(project.folder)
    return below


def adopted(project: Project, wanted: Files) -> None:
    """Adoption makes these files, as a patch and in place; then no plan has a step."""
    before = project.files()
    ran = project.run("drift", "--format", "json", "--output", "patch=../by.patch")
    assert ran.json["adoption"]["left"] == []
    assert project.files() == before
    git(project.folder.parent, "apply", "by.patch")
    after = {name: (project.folder / name).read_bytes().decode() for name in wanted}
    assert after == {**wanted}
    assert project.plan()["steps"] == []
    git(project.folder.parent, "checkout", "-q", "--", ".")
    assert project.run("drift", "--adopt").code == 2
    assert {name: (project.folder / name).read_bytes().decode() for name in wanted} == {**wanted}
    assert project.files().keys() == before.keys()


def left(project: Project, reason: str) -> None:
    """Adoption leaves every file alone, and says why."""
    before = project.files()
    adoption = project.run("drift", "--adopt", "--format", "json").json["adoption"]
    assert adoption["adopted"] == adoption["files"] == []
    assert [each["reason"][: len(reason)] for each in adoption["left"]] == [reason]
    assert project.files() == before


@pytest.mark.parametrize("marks", ["plain", "with a BOM", "with CRLF", "without an end"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_new_value_is_written_as_the_old_one_was(
    project: Project, account: Account, name: str, marks: str
) -> None:
    def file(text: str) -> str:
        text = campaign(text).removesuffix("\n" if marks == "without an end" else "")
        text = text.replace("\n", "\r\n") if marks == "with CRLF" else text
        return "\ufeff" + text if marks == "with a BOM" else text

    before, by_hand, after = TEXTS[name]
    below = put(project, {"m.yaml": file(before)})
    by_hand(account)
    adopted(below, {"m.yaml": file(after)})


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_is_named_with_its_reason(
    project: Project, account: Account, name: str
) -> None:
    text, by_hand, reason = LEFT[name]
    below = put(project, {"m.yaml": campaign(text)})
    by_hand(account)
    left(below, reason)


def test_what_no_manifest_can_say_keeps_no_other_field(project: Project, account: Account) -> None:
    below = put(project, {"m.yaml": campaign("from: a@acme.example\nfrom_name: a")})
    edited(**{"from": "b@acme.example", "fromName": "b\tb"})(account)
    adoption = below.run("drift", "--adopt", "--format", "json").json["adoption"]
    assert [each["field"] for each in adoption["adopted"]] == ["from"]
    assert [each["field"] for each in adoption["left"]] == ["from_name"]


@pytest.mark.parametrize("name", CELLS)
def test_a_contact_of_a_table_is_adopted_in_its_cell(
    project: Project, account: Account, name: str
) -> None:
    row, by_hand, after = CELLS[name]
    below = put(project, {"m.yaml": TABLE, "c.csv": f"{HEAD}{ANN}{row}\n{BOB}"})
    by_hand(account)
    if after.startswith(","):
        adopted(below, {"m.yaml": TABLE, "c.csv": f"{HEAD}{ANN}{after}\n{BOB}"})
    else:
        left(below, after)


MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>{}"
MADE = MJML.format("Hi", "</mj-body></mjml>")
BODY = "body: {file: a.html} # c"
OTHER = "version: 1\ncampaigns: [{name: O}]"
FILED: dict[str, tuple[Files, Hand, Files | str]] = {
    # the files, with a campaign N in m.yaml, what somebody makes of it, the files then or a reason
    "ends of lines": (
        {"m.yaml": campaign(BODY), "a.html": "\ufeff<p>x</p>\r\n<p>y</p>\r\n\r\n<p>z</p>"},
        edited(body="<p>x</p>\n<p>b</p>\n\n<p>z</p>\n"),
        {"m.yaml": campaign(BODY), "a.html": "\ufeff<p>x</p>\r\n<p>b</p>\r\n\r\n<p>z</p>"},
    ),
    "ends of lines of both sorts": (
        {"m.yaml": campaign(BODY), "a.html": "<p>x</p>\r\n<p>y</p>\n<p>z</p>\n"},
        edited(body="<p>x</p>\n<p>b</p>\n<p>z</p>"),
        {"m.yaml": campaign(BODY), "a.html": "<p>x</p>\r\n<p>b</p>\r\n<p>z</p>\n"},
    ),
    "a line that does not end": (
        {"m.yaml": campaign(BODY), "a.html": f"<p>{'x ' * 100_000}</p>"},
        edited(body=f"<p>{'y ' * 100_000}</p>"),
        {"a.html": f"<p>{'y ' * 100_000}</p>"},
    ),
    "a text that is made of a body by hand": (
        {"m.yaml": campaign(f"{BODY}\nplain_text: {{from_body: true}}"), "a.html": "<p>x</p>"},
        edited(body="<p>Hello</p>", plainTextBody="Hello"),
        {"a.html": "<p>Hello</p>"},
    ),
    "in a folder beside it": (
        {"m/m.yaml": campaign("body: {file: ../mails/é a.html}"), "mails/é a.html": "<p>x</p>\n"},
        edited(body="<p>b</p>"),
        {"mails/é a.html": "<p>b</p>\n"},
    ),
    "a body that is cleared": (
        {"m.yaml": campaign(BODY), "a.html": "<p>x</p>"},
        edited(body=""),
        {"m.yaml": campaign("body: null # c"), "a.html": "<p>x</p>"},
    ),
    "MJML": (
        {"m.yaml": campaign("body: {mjml: a.mjml}"), "a.mjml": MADE},
        edited(body="<p>b</p>"),
        "it is made of MJML: change",
    ),
    "a file of several campaigns": (
        {
            "m.yaml": campaign(BODY) + "  - {name: O, body: {file: ./a.html}}\n",
            "a.html": "<p>x</p>",
        },
        edited(body="<p>b</p>"),
        "a plan would change campaigns/O then",
    ),
    "several documents and files": (
        {
            "1.yaml": f"# one\n---\n{campaign('subject: a')}...\n---\n{OTHER}",
            "2.yaml": f"version: 1\ncontacts:\n- email: {ANN}\n  fields:\n    a.b: null # c\n",
        },
        lambda account: (edited(subject="b")(account), person(a_b="0")(account)),
        {
            "1.yaml": f"# one\n---\n{campaign('subject: b')}...\n---\n{OTHER}",
            "2.yaml": f'version: 1\ncontacts:\n- email: {ANN}\n  fields:\n    a.b: "0" # c\n',
        },
    ),
}


@pytest.mark.parametrize("name", FILED)
def test_files_keep_what_means_nothing(project: Project, account: Account, name: str) -> None:
    files, by_hand, wanted = FILED[name]
    below = put(project, files)
    by_hand(account)
    if isinstance(wanted, str):
        left(below, wanted)
    else:
        adopted(below, wanted)


def test_a_field_that_no_manifest_can_say_leaves_no_other_behind(
    project: Project, account: Account
) -> None:
    text = "subject: {}\nfrom_name: {}\nlists: [Press]"
    below = put(project, {"m.yaml": campaign(text.format("a", "x"))})
    edited(subject="a\tb", fromName="y")(account)
    adoption = below.run("drift", "--adopt", "--format", "json").json["adoption"]
    assert [each["field"] for each in adoption["left"]] == ["subject"]
    assert (below.folder / "m.yaml").read_text() == campaign(text.format("a", '"y"'))


def test_a_list_that_was_renamed_is_no_name_to_adopt(project: Project, account: Account) -> None:
    others = "campaigns: [{name: O, lists: [&e Everybody]}, {name: P, lists: [*e]}]\n"
    texts = {"m.yaml": campaign("lists: [Press]\nsubject: s"), "o.yaml": f"version: 1\n{others}"}
    below = put(project, texts)
    account.edit("lists", "Everybody", name="All")
    edited(lists=["All"], subject="t")(account)
    adoption = below.run("drift", "--adopt", "--format", "json").json["adoption"]
    shared = "an anchor or alias writes it in several places"
    assert {each["address"]: each["reason"].partition(":")[0] for each in adoption["left"]} == {
        "campaigns/N": "lists/All was renamed by hand",
        "lists/Everybody": f"campaigns/O refers to it in lists, and there {shared}",
    }
    assert (below.folder / "m.yaml").read_text() == campaign("lists: [Press]\nsubject: t")


def test_a_list_that_becomes_managed_moves_nobody(project: Project, account: Account) -> None:
    people = f"contacts:\n  - {{email: {ANN}, lists: [Press]}}\n"
    below = put(project, {"m.yaml": campaign("lists: [Press]\nsubject: s") + people})
    person(("Press", "Newsletter"))(account)
    edited(lists=["Newsletter"], subject="t")(account)
    adoption = below.run("drift", "--adopt", "--format", "json").json["adoption"]
    assert [(each["field"], each["reason"]) for each in adoption["left"]] == [
        ("lists", f"a plan would change contacts/{ANN} then: edit both by hand")
    ]
    assert [each["field"] for each in adoption["adopted"]] == ["subject"]


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("", ("our shop/m",)),
        ("our shop/m", ()),
        ("our shop", ("--target", "campaigns/N")),
        ("our shop", ("--since", "HEAD")),
    ],
)
def test_a_patch_applies_wherever_it_was_made(
    project: Project, account: Account, folder: str, words: tuple[str, ...]
) -> None:
    text = "lists: [Press] # c\nsubject: {}"
    below = put(project, {"m/m.yaml": campaign(text.format("s"))})
    edited(lists=["Everybody"], subject="t")(account)
    elsewhere = Project(project.folder / folder, project.env)
    if "--since" in words:
        below.unlock()
    patch = elsewhere.run("drift", "--format", "patch", *words).out
    (project.folder / "by.patch").write_bytes(patch.encode())
    git(below.folder, "apply", "../by.patch")
    after = (below.folder / "m/m.yaml").read_text()
    assert after == campaign(text.format("t").replace("Press", "Everybody"))
    assert below.plan()["steps"] == []
