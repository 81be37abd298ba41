"""Adoption: a plan of what was pulled is empty, on tidy accounts and on messy ones."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bmeconf.desired.editing import yaml_text
from bmeconf.desired.editing.writing import TIME
from bmeconf.desired.manifest import Block, Items, Node, Scalar, walk, yaml_tree
from bmeconf.project import write_files
from bmeconf.pull import layout
from tests.support.documents import state_of
from tests.support.driver import Account, Project
from tests.support.strategies import OTHER, STRUCTURE, Data, accounts, examples, ident
from tests.support.terminal import typed

SEARCH = "/api/contact/search"
WORDS = ("yes", "~", "1e3", "null", "NO", "0123", "2026-12-01", "#", "- x", "{a}", "${X}", "$${X}")
SIGNS = ("a: b", "a #b", '"q"', "it's", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "[a", "<<")
SCRIPTS = (
    "名前 🎉",
    "مرحبا",
    "שלום",
    "e\u0301t\u00e9",
    "a\u00a0b",
    "👩‍👩‍👧",
    "\ufeffb",
    "Straße",
    "ﬁn",
)
PATHS = ("../../etc", "CON", "aux.txt", "a/b\\c", "x" * 1000, "名" * 400, "NEWS", "news", "N.E.W.S")
HIDDEN = ("a\u202eb", "\u2067a", "a\x07b", "two\nlines", "a\x85b", "a\u2028b", "\x1b[31m", "\x00a")
"""What the schema of manifests refuses in a line."""
MESSY = (*WORDS, *SIGNS, *SCRIPTS, *PATHS)
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
NAMES = st.sampled_from((*MESSY, *MESSY, *HIDDEN)) | ANY_TEXT
BODIES = (
    "<p>a</p>\r\n<p>b</p>  \n\n",
    "\ufeff<p>mark</p>",
    "a\r\r\nb",
    "<p>${X} $${Y}</p>",
    "x" * 5000,
    "a\rb",
    "\x00",
    "\u202e",
)


def blank(name: str) -> bool:
    return not name.strip()


def padded(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from((name, name, name, f"  {name} ", f"\t{name}\u00a0"))


@st.composite
def messy(draw: st.DrawFn) -> Data:
    """An account whose names and values are anything that people and programs leave behind."""
    labels = draw(st.lists(NAMES.filter(lambda n: not blank(n)), max_size=4))
    tags = draw(st.lists(NAMES.filter(lambda n: not blank(n)), max_size=3))
    structure = {
        "_id": STRUCTURE,
        "label": draw(NAMES),
        "fields": [{"_id": ident(8, n), "label": label} for n, label in enumerate(labels)],
        "tags": [{"_id": ident(9, n), "label": label} for n, label in enumerate(tags)],
    }
    named = draw(st.lists(NAMES.flatmap(padded), max_size=6))
    lists = [{"_id": ident(1, n), "name": name} for n, name in enumerate(named)]
    ids = [each["_id"] for each in lists]
    line = NAMES.flatmap(padded)
    several = st.lists(st.sampled_from(ids), unique=True, max_size=3) if ids else st.just([])
    content = {
        "from": st.sampled_from(("news@acme.example", "old@late.example", "x@unknown.example")),
        "fromName": line.map(lambda text: text[:100]),
        "subject": line,
        "previewText": line.map(lambda text: text[:100]),
        "body": st.sampled_from(BODIES) | ANY_TEXT,
        "plainTextBody": st.sampled_from(BODIES) | ANY_TEXT,
        "replyToAddresses": st.just(["b@acme.example", "a@acme.example"]),
        "lists": several,
    }
    campaigns = []
    for n, name in enumerate(draw(st.lists(line, max_size=5))):
        status = draw(st.sampled_from(("draft", "draft", "scheduled", "sent", "cancelled")))
        timed = {} if status == "draft" else {"scheduledAt": "2031-12-01T08:00:30.500Z"}
        chosen = draw(st.lists(st.sampled_from([*content]), unique=True))
        filled = {key: draw(content[key]) for key in chosen}
        campaigns.append({"_id": ident(3, n), "name": name, "status": status, **filled, **timed})
    values = [field["_id"] for field in structure["fields"]]
    contacts = []
    for n in range(draw(st.integers(0, 3))):
        status = draw(st.sampled_from(("Active", "Inactive")))
        ended = {"secondary": draw(st.sampled_from(("Unsubscribe", "Bounce")))}
        contacts.append(
            {
                "_id": ident(2, n),
                "key": f"seed+{n}@acme.example",
                "fields": {id: draw(line) for id in values if draw(st.booleans())},
                "lists": draw(several),
                "tags": [tag["_id"] for tag in structure["tags"] if draw(st.booleans())],
                "status": {"primary": status, **(ended if status == "Inactive" else {})},
            }
        )
    return {
        "structures": [structure],
        "lists": lists,
        "contacts": contacts,
        "campaigns": campaigns,
        "domains": [{"domain": "acme.example"}, {"domain": "late.example", "status": "verifying"}],
    }


class Adopter:
    """Pulls into a fresh folder each time, and holds the outcome to what is promised."""

    def __init__(self, account: Account, folder: Path) -> None:
        self.account, self._folder, self._count = account, folder, itertools.count()
        account.switch(hour_limit=10**9, month_quota=10**9)

    def project(self) -> Project:
        folder = self._folder / str(next(self._count))
        folder.mkdir()
        return Project(folder, self.account.env)

    def adopt(self, *arguments: str, of: Data | None = None) -> tuple[Project, Any]:
        """The pulled project and its document, `of` an account; every promise of a pull checked."""
        project = self.project()
        if of:
            self.account.set(of)
        before = self.account.state()
        self.account.clear_log()
        document = project.run("pull", "--format", "json", *arguments).ok().json
        log = self.account.log()
        assert self.account.state() == before
        assert {e["method"] for e in log if e["path"] != SEARCH} <= {"GET"}
        assert document["requests"] == len(log)
        assert document["findings"] == [f for f in document["findings"] if f["level"] != "error"]
        if sum(document["counts"].values()):
            self.plans_empty(project, document)
        return project, document

    def plans_empty(self, project: Project, document: Any) -> None:
        found = project.run("validate", "--format", "json").json["problems"]
        assert [problem for problem in found if problem["level"] == "error"] == []
        ran = project.run("plan", "--format", "json", "--detailed-exitcode")
        assert ran.code == 0, (ran.out, ran.err)
        assert ran.json["steps"] == []
        told = [f for f in ran.json["findings"] if f["level"] != "note" and "place" not in f]
        assert {finding["code"] for finding in told} <= {"empty_audience"}
        assert {manual["state"] for manual in ran.json["manual"]} <= {"done"}
        assert ran.json["summary"]["in_sync"] == sum(document["counts"].values())


@pytest.fixture
def adopter(account: Account, tmp_path: Path) -> Adopter:
    return Adopter(account, tmp_path)


def everybody(account: Data) -> list[str]:
    """The options that ask for every contact of the structure in use."""
    keys = [c["key"] for c in account["contacts"] if c.get("contactStructureId") != OTHER]
    several = ["--structure", "Default"] if len(account["structures"]) > 1 else []
    return [*(word for key in keys for word in ("--contacts", key)), *several]


def plans_always_empty(adopter: Adopter, of: st.SearchStrategy[Data], count: int) -> None:
    @examples(count)
    @given(of)
    def law(account: Data) -> None:
        adopter.adopt(*everybody(account), of=account)

    law()


# --- the law


def test_a_plan_after_a_pull_is_empty(adopter: Adopter) -> None:
    plans_always_empty(adopter, messy(), 9)


def test_accounts_as_they_are_elsewhere(adopter: Adopter) -> None:
    plans_always_empty(adopter, accounts(), 6)


DIALECTS: tuple[Data, ...] = (
    {"campaign_body": "minimal"},
    {"campaign_lists_read": "objects"},
    {"contact_lists_read": "ids"},
    {"contact_lists_read": "listId"},
    {"lists_page": "array", "page_max_size": 2},
    {"lists_all": "envelope"},
    {"page_max_size": 1},
    {"page_max_size": 10, "page_max_size_mode": "error"},
    {"search_status": "object"},
    {"search_max_size": 2, "search_max_size_mode": "error"},
    {"search_max_groups": 1},
    {"structure_version": False},
    {"active_secondary": True},
    {"body_rewriting": "all"},
)


@pytest.mark.parametrize("switches", DIALECTS, ids=lambda d: ",".join(f"{k}={d[k]}" for k in d))
def test_in_every_dialect(switches: Data, adopter: Adopter) -> None:
    adopter.account.switch(**switches)
    plans_always_empty(adopter, messy(), 2)


# --- the writer of YAML

TEXTS = (
    st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
    | st.text("0123456789eE.x_:-+ ~#{}[]&*!|>'\"%@`,?nulyNoOff", max_size=8)
    | st.sampled_from((*MESSY, *HIDDEN, " a ", "", "x" * 1100, "%YAML 1.2", "---", "? x"))
)
VALUES = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(bool), inner, max_size=4)
    ),
    max_leaves=8,
)


def as_read(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [as_read(item) for item in node.items]
    assert isinstance(node, Block)
    return {key.text: as_read(value) for key, value in node.entries}


@examples(200)
@given(st.dictionaries(TEXTS.filter(bool), VALUES, min_size=1, max_size=4))
def test_what_is_written_reads_back(data: Data) -> None:
    text = yaml_text(data, ["a remark"])
    trees, problems = yaml_tree.parse(text, "written.yaml")
    assert problems == []
    assert as_read(trees[0]) == data, text
    scalars = [node for _, node in walk(trees[0]) if isinstance(node, Scalar)]
    assert not any(scalar.plain and scalar.text == "null" for scalar in scalars)


@examples(100)
@given(TEXTS)
def test_other_readers_read_the_same_text(text: str) -> None:
    if not TIME.fullmatch(text):
        assert yaml.safe_load(yaml_text({"key": text})) == {"key": text}


TYPED = f"""\
# remark
version: 1

structure:
  fields:
    - {{label: City, required: false}}
  tags: [seed, "a: b"]

lists:
  - name: Newsletter
  - name: "yes"

contacts:
  - email: qa+1@acme.example
    fields: {{First Name: Ann}}
    lists: [A, B]

  - email: qa+2@acme.example
    lists:
      - {"A" * 50}
      - {"B" * 50}
    status: null

campaigns:
  - name: X
    schedule: {{at: 2026-12-01T08:00:00Z}}
"""


def test_it_reads_as_if_somebody_had_typed_it() -> None:
    data = yaml.safe_load(TYPED)
    data["campaigns"][0]["schedule"]["at"] = "2026-12-01T08:00:00Z"
    assert yaml_text(data, ["remark"]) == TYPED


# --- names of files


@examples(200)
@example(["\u0301:0"])
@given(st.lists(NAMES | TEXTS, max_size=8))
def test_file_names_are_safe_everywhere(names: list[str]) -> None:
    stems = layout.distinct(names)
    assert len(stems) == len(names)
    folded = {layout.folded(stem) for stem in stems}
    assert len(folded) == len(stems)
    for stem in stems:
        assert 0 < len(stem.encode()) <= layout.MOST_BYTES + 20
        assert not layout.RESERVED.fullmatch(stem)
        assert not set(stem) & set('<>:"/\\|?*. \0\n')
        assert stem.strip("-") == stem


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("2026-12 Newsletter", "2026-12-Newsletter"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "unnamed-CON"),
        ("aux.txt", "aux-txt"),
        ("名前 🎉", "名前"),
        ("🎉", "unnamed"),
        ("a\u202eb", "a-b"),
        ("x" * 1000, "x" * 100),
        ("名" * 400, "名" * 33),
    ],
)
def test_a_name_becomes_a_file(name: str, stem: str) -> None:
    assert layout.stem(name) == stem


def test_names_that_a_file_system_takes_for_one_get_numbers() -> None:
    found = layout.distinct(["News", "NEWS", "news!", "caf\u00e9", "cafe\u0301"])
    assert found == ["News", "NEWS-2", "news-3", "café", "café-2"]


# --- what is asked for


def pulled(project: Project, *arguments: str) -> Any:
    return project.run("pull", "--format", "json", *arguments).ok().json


def test_the_whole_account_but_no_contact(adopter: Adopter) -> None:
    project, document = adopter.adopt()
    assert document["counts"] == {"structure": 1, "lists": 4, "contacts": 0, "campaigns": 2}
    assert document["requests"] == 6
    files = project.files()
    assert sorted(files) == sorted(entry["path"] for entry in document["files"])
    assert "manifests/campaigns/Welcome.yaml" in files
    assert files["manifests/campaigns/Welcome.txt"] == b"Good to have you with us.\n"
    first = files["manifests/lists.yaml"].decode().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schemas/manifest.schema.json"
    json.loads(files["schemas/manifest.schema.json"])
    assert not any(b"bme_us" in content for content in files.values())


def test_a_failure_is_a_document_too(project: Project) -> None:
    document = project.run("pull", "--format", "json", "--status", "late").json
    assert (document["format"], document["exit_code"]) == ("bmeconf.pull/1", 3)
    document = project.run("pull", "--format", "json", BMECONF_API_KEY="bme_wrong").json
    assert (document["error"]["code"], document["exit_code"]) == ("refused", 4)


def test_as_text(project: Project) -> None:
    ran = project.run("pull").ok()
    assert "+ manifests/campaigns/Welcome.yaml: written\n" in ran.out
    assert "Pulled: the structure, 4 lists, 2 campaigns, in 12 files.\n" in ran.out
    assert "Read with 6 requests.\nNext: bmeconf plan\n      bmeconf drift --record  #" in ran.out
    assert ran.err == ""
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_twice_is_the_same_to_the_letter(project: Project) -> None:
    pulled(project, "--out", "one")
    pulled(project, "--out", "two")
    one, two = (Project(project.folder / name).files() for name in ("one", "two"))
    assert one == two


def test_a_target_narrows_it_and_saves_requests(adopter: Adopter) -> None:
    project, document = adopter.adopt("--target", "lists/New*", "--target", "campaigns/Welcome")
    assert document["counts"] == {"structure": 0, "lists": 1, "contacts": 0, "campaigns": 1}
    assert document["requests"] == 5
    assert "structure.yaml" not in {path.name for path in project.folder.rglob("*")}


def test_a_status_narrows_it(adopter: Adopter) -> None:
    _, document = adopter.adopt("--status", "draft")
    assert document["counts"]["campaigns"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--target", "lists/Newslettre"), 'did you mean "lists/Newsletter"'),
        (("--target", "contacts/*"), "add --contacts EMAIL or --contacts-list NAME"),
        (("--contacts", "nobody@acme.example"), "the account has no nobody@acme.example"),
        (("--contacts-list", "Newslettre"), 'did you mean "Newsletter"'),
        (("--structure", "Elsewhere"), "--structure Elsewhere: the account has 1 contact"),
    ],
)
def test_what_is_not_there(project: Project, arguments: tuple[str, ...], told: str) -> None:
    assert told in project.refused("pull", *arguments)


def test_contacts_by_name_and_by_list(adopter: Adopter) -> None:
    project, document = adopter.adopt(
        "--contacts-list", "Old list", "--contacts", "ANN@example.com"
    )
    assert document["counts"]["contacts"] == 3
    text = (project.folder / "manifests/contacts.yaml").read_text(encoding="utf-8")
    assert text.endswith(
        "  - email: ann@example.com\n"
        "    fields: {First Name: Ann, Last Name: Archer, Company: Archer & Sons}\n"
        "    lists: [Customers, Newsletter, Product updates]\n"
        "    tags: [VIP]\n"
        "    status: Active\n"
        "\n"
        "  - email: liam@example.com\n"
        "    fields: {First Name: Liam, Last Name: Lynch}\n"
        "    lists: [Old list]\n"
        "    status: Active\n"
        "\n"
        "  - email: mona@example.com\n"
        "    fields: {First Name: Mona, Last Name: Moss}\n"
        "    lists: [Old list]\n"
        "    status: Active\n"
    )


def test_contacts_outside_the_seed_policy_are_left_out_and_counted(adopter: Adopter) -> None:
    project = adopter.project()
    project.write("bmeconf.yaml", 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n')
    document = pulled(project, "--contacts-list", "Customers")
    assert document["counts"]["contacts"] == 2
    assert document["left_out"]["contacts"] == 4
    (finding,) = document["findings"]
    assert finding["message"] == "4 contacts outside the seed policy of this project"
    assert "example.com" not in json.dumps(document)
    adopter.plans_empty(project, document)


def crowd(account: Account, count: int, lists: list[str]) -> None:
    state = account.state()
    state["contacts"] = [
        {"_id": ident(2, n), "key": f"c{n}@acme.example", "lists": lists} for n in range(count)
    ]
    account.set(state)


def test_many_contacts_need_leave(account: Account, project: Project) -> None:
    newsletter = next(e["_id"] for e in account.state()["lists"] if e["name"] == "Newsletter")
    crowd(account, 51, [newsletter])
    account.clear_log()
    error = project.refused("pull", "--contacts-list", "Newsletter")
    assert "51 contacts would be written into files" in error
    assert "--max-contacts 51" in error
    # Known from the list's own count, before anybody was read.
    assert SEARCH not in {entry["path"] for entry in account.log()}
    allowed = ("--contacts-list", "Newsletter", "--max-contacts", "51")
    assert pulled(project, *allowed)["counts"]["contacts"] == 51
    assert project.plan()["steps"] == []


QUESTION = "to be kept in Git. Go on?"


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_is_asked(account: Account, project: Project, answer: str) -> None:
    newsletter = next(e["_id"] for e in account.state()["lists"] if e["name"] == "Newsletter")
    crowd(account, 51, [newsletter])
    asked = ("pull", "--contacts-list", "Newsletter")
    shown, code = typed(project, *asked, answer=f"{answer}\n", after=QUESTION)
    assert shown.count("51 contacts would be written") == 1
    assert code == (0 if answer == "y" else 1)
    assert (project.folder / "manifests/contacts.yaml").exists() == (answer == "y")
    assert ("not confirmed; nothing was written" in shown) == (answer == "n")


# --- what stands in the way


def test_files_that_are_there_are_listed_and_nothing_is_written(project: Project) -> None:
    project.write("manifests/lists.yaml", "version: 1\n")
    project.write("manifests/campaigns/Welcome.html", "mine")
    before = project.files()
    ran = project.run("pull")
    assert ran.code == 3
    assert "nothing was written: 2 files there already, with other content" in ran.err
    assert "\n  manifests/lists.yaml\n" in ran.err
    assert "\n  manifests/campaigns/Welcome.html\n" in ran.err
    assert project.files() == before
    document = project.run("pull", "--format", "json").json
    assert document["error"]["code"] == "invalid_input"
    pulled(project, "--force")
    assert project.plan()["steps"] == []


def test_what_is_there_to_the_letter_is_in_nobodys_way(project: Project) -> None:
    pulled(project)
    (project.folder / "manifests/lists.yaml").unlink()
    states = {entry["path"]: entry["state"] for entry in pulled(project)["files"]}
    assert states.pop("manifests/lists.yaml") == "written"
    assert set(states.values()) == {"unchanged"}


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_link_leads_nowhere_else(
    project: Project, tmp_path_factory: pytest.TempPathFactory, force: tuple[str, ...]
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project.folder / "manifests").symlink_to(elsewhere)
    ran = project.run("pull", *force)
    assert ran.code == 3
    assert "\n  manifests\n" in ran.err
    assert list(elsewhere.iterdir()) == []


def test_a_folder_where_a_file_has_to_be(project: Project) -> None:
    (project.folder / "manifests" / "lists.yaml").mkdir(parents=True)
    assert "1 file in the way" in project.refused("pull", "--force")


def test_what_another_manifest_declares_is_not_declared_twice(project: Project) -> None:
    project.write("mine.yaml", "version: 1\nlists:\n  - name: Newsletter\n")
    ran = project.run("pull")
    assert ran.code == 3
    assert "lists/Newsletter, at mine.yaml:3:5" in ran.err
    assert not (project.folder / "manifests").exists()
    ran = project.run("pull", "--target", "lists/C*").ok()
    assert ran.err == "Note: 1 other manifest of the project left as before: mine.yaml\n"
    assert project.plan()["steps"] == []


def test_other_manifests_count_where_a_plan_would_read_them(project: Project) -> None:
    project.write("bmeconf.yaml", "version: 1\nmanifests: [mine/, manifests/]\n")
    project.write("mine/a.yaml", "version: 1\nlists: [{name: Newsletter}]\n")
    assert "lists/Newsletter, at mine/a.yaml:2:9" in project.run("pull").err
    pulled(project, "--out", "aside")
    assert project.plan("aside/manifests")["steps"] == []


def test_a_declared_account_and_its_project_file_stay(adopter: Adopter) -> None:
    project = adopter.project()
    text = (
        "version: 1\nmanifests: [manifests/]\naccounts:\n  live:\n"
        f"    base_url: {adopter.account.sandbox.url}\n    api_key_env: MY_KEY\n"
        "    vars: {X: nothing}\n"
    )
    project.write("bmeconf.yaml", text)
    project.env = {"MY_KEY": adopter.account.sandbox.key}
    document = pulled(project)
    assert "bmeconf.yaml" not in {entry["path"] for entry in document["files"]}
    assert (project.folder / "bmeconf.yaml").read_text(encoding="utf-8") == text
    adopter.plans_empty(project, document)


@pytest.mark.parametrize("mine", ["", "build/\n"])
def test_git_ignores_the_saved_plans_of_a_project_that_begins(project: Project, mine: str) -> None:
    if mine:
        project.write(".gitignore", mine)
    project.run("pull").ok()
    ignored = (project.folder / ".gitignore").read_text(encoding="utf-8")
    assert mine in ignored
    assert ("\nplan*.json\n" in ignored) == (not mine)


def test_into_a_folder_of_the_project(project: Project) -> None:
    project.write("bmeconf.yaml", "version: 1\nmanifests: [manifests/]\n")
    ran = project.run("pull", "--out", "seen").ok()
    assert "Next: bmeconf plan seen/manifests\n" in ran.out
    assert project.plan("seen/manifests")["steps"] == []
    assert not (project.folder / "seen/bmeconf.yaml").exists()


def test_what_cannot_all_be_written_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old", encoding="utf-8")
    texts = {"there": "new", "a/b/c": "1", "a/b/c/d": "no folder"}
    with pytest.raises(OSError, match="Not a directory"):
        write_files(tmp_path, texts, overwrite=True)
    assert Project(tmp_path).files() == {"there": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    with pytest.raises(FileExistsError):
        write_files(tmp_path, {"new": "1", "there": "new"})
    assert Project(tmp_path).files() == {"there": b"old"}
    with pytest.raises(OSError, match="Not a directory"):
        write_files(tmp_path / "x" / "y", {"a": "1", "a/b": "2"})
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_short_read_writes_nothing(account: Account, project: Project) -> None:
    account.faults({"kind": "truncated-page", "path": "/api/email/campaign", "times": 9})
    project.refused("pull", code=1)


def test_a_bound_on_requests_writes_nothing(project: Project) -> None:
    project.refused("pull", "--max-requests", "4", code=5)


# --- what manifests can and cannot say

NEWS: Data = {"_id": ident(1, 1), "name": "News"}
TWIN: Data = {"_id": ident(1, 2), "name": " News"}


def live(**kinds: Any) -> Data:
    structure = {"_id": STRUCTURE, "label": "Default", **kinds.pop("structure", {})}
    empty: Data = {"lists": [], "contacts": [], "campaigns": []}
    return {"structures": [structure], "domains": [{"domain": "acme.example"}], **empty, **kinds}


def draft(name: str = "Draft", n: int = 1, **fields: Any) -> Data:
    return {"_id": ident(3, n), "name": name, **fields}


def found(document: Any) -> list[tuple[str, str]]:
    return [(finding["address"], finding["code"]) for finding in document["findings"]]


def manifest_of(project: Project, name: str) -> Any:
    text = (project.folder / "manifests" / name).read_text(encoding="utf-8")
    trees, problems = yaml_tree.parse(text, name)
    assert problems == []
    return as_read(trees[0])


def test_two_of_one_name_have_their_ids_and_nobody_refers_to_them(adopter: Adopter) -> None:
    campaigns = [draft(lists=[NEWS["_id"]])]
    project, document = adopter.adopt(of=live(lists=[NEWS, TWIN], campaigns=campaigns))
    entries = manifest_of(project, "lists.yaml")["lists"]
    assert [entry["id"] for entry in entries] == [NEWS["_id"], TWIN["_id"]]
    assert found(document) == [("campaigns/Draft", "ambiguous")]
    assert document["left_out"]["fields"] == 1
    assert manifest_of(project, "campaigns/Draft.yaml")["campaigns"] == [{"name": "Draft"}]


def test_what_looks_like_a_variable_is_none(adopter: Adopter) -> None:
    campaigns = [draft("${X}", subject="$${Y}", body="<p>${Z}</p>")]
    project, _ = adopter.adopt(of=live(campaigns=campaigns))
    (entry,) = manifest_of(project, "campaigns/X.yaml")["campaigns"]
    assert (entry["name"], entry["subject"]) == ("$${X}", "$$${Y}")
    assert (project.folder / "manifests/campaigns/X.html").read_bytes() == b"<p>${Z}</p>\n"


def test_one_field_that_cannot_be_said_takes_nothing_along(adopter: Adopter) -> None:
    campaigns = [draft(subject="\u202eno", fromName="Acme"), draft("\u202e", 2)]
    account = live(campaigns=campaigns, lists=[{**NEWS, "name": "  "}])
    project, document = adopter.adopt(of=account)
    left_out = dict.fromkeys(document["left_out"], 0) | {"lists": 1, "campaigns": 1, "fields": 1}
    assert document["left_out"] == left_out
    (entry,) = manifest_of(project, "campaigns/Draft.yaml")["campaigns"]
    assert entry == {"name": "Draft", "from_name": "Acme"}
    assert "\u202e" not in project.run("pull", "--out", "x").ok().out


def test_a_schedule_that_stands_is_declared_and_proven(adopter: Adopter) -> None:
    timed = {"status": "scheduled", "scheduledAt": "2031-12-01T08:00:30.500Z"}
    scheduled = draft("Soon", lists=[NEWS["_id"]], **timed)
    project, _ = adopter.adopt(of=live(lists=[NEWS], campaigns=[scheduled]))
    (entry,) = manifest_of(project, "campaigns/Soon.yaml")["campaigns"]
    assert entry["schedule"] == {"at": "2031-12-01T08:00:30Z"}
    assert state_of(project.plan()) == "done"
    adopter.account.campaign_status(scheduled["_id"], status="draft")
    assert state_of(project.plan()) == "todo"


def test_a_sender_that_is_not_ready_is_left_out_of_drafts_only(adopter: Adopter) -> None:
    late = {"from": "a@late.example"}
    campaigns = [draft(state, n, status=state, **late) for n, state in enumerate(("draft", "sent"))]
    project, document = adopter.adopt(of=live(campaigns=campaigns))
    assert ("campaigns/draft", "sender_not_ready") in found(document)
    assert "from" not in manifest_of(project, "campaigns/draft.yaml")["campaigns"][0]
    assert "from" in manifest_of(project, "campaigns/sent.yaml")["campaigns"][0]


def test_a_key_in_the_account_gets_into_no_file(adopter: Adopter) -> None:
    key = f"bme_us_{'k' * 43}"
    campaigns = [draft(subject=key, body=f"<p>{key}</p>")]
    project, document = adopter.adopt(of=live(campaigns=campaigns))
    assert [code for _, code in found(document)] == ["unsafe", "unsafe"]
    assert not any(key.encode() in content for content in project.files().values())


def test_campaigns_of_another_structure_are_left_out(adopter: Adopter) -> None:
    other = {"_id": OTHER, "label": "Other"}
    account = live(campaigns=[draft("X", contactStructureId=OTHER)])
    account["structures"].append(other)
    adopter.account.set(account)
    ran = adopter.project().run("pull")
    assert ran.code == 3
    assert "the account has 2 contact structures: 'Default'" in ran.err
    project, document = adopter.adopt("--structure", "Default")
    assert found(document) == [("campaigns/X", "foreign")]
    assert manifest_of(project, "structure.yaml")["structure"]["label"] == "Default"
    _, document = adopter.adopt("--structure", OTHER)
    assert document["counts"]["campaigns"] == 1


@pytest.mark.parametrize("kind", ["lists", "contacts", "campaigns"])
def test_a_narrow_pull_names_the_structure_where_there_are_several(
    adopter: Adopter, kind: str
) -> None:
    mine = {"contactStructureId": STRUCTURE}
    account = live(
        lists=[{**NEWS, **mine}],
        contacts=[{"_id": ident(2, 1), "key": "ann@example.com", **mine}],
        campaigns=[draft(**mine)],
    )
    account["structures"].append({"_id": OTHER, "label": "Other"})
    contacts = ("--contacts", "ann@example.com") if kind == "contacts" else ()
    narrow = ("--structure", "Default", "--target", f"{kind}/*", *contacts)
    project, document = adopter.adopt(*narrow, of=account)
    assert document["counts"] == {**dict.fromkeys(document["counts"], 0), "structure": 1, kind: 1}
    assert manifest_of(project, "structure.yaml")["structure"] == {"id": STRUCTURE}


def test_an_account_with_nothing_in_it(adopter: Adopter) -> None:
    adopter.account.set(live())
    project = adopter.project()
    ran = project.run("pull").ok()
    assert "Pulled: nothing, in 0 files.\n" in ran.out
    assert "Next:" not in ran.out
    assert project.files() == {}


def test_a_body_larger_than_a_manifest_may_name(adopter: Adopter) -> None:
    campaigns = [draft(subject="x", body="x" * 5_000_001)]
    project, document = adopter.adopt(of=live(campaigns=campaigns))
    assert found(document) == [("campaigns/Draft", "unwritable")]
    assert manifest_of(project, "campaigns/Draft.yaml")["campaigns"][0]["subject"] == "x"


def test_more_than_one_file_takes(adopter: Adopter) -> None:
    lists = [{"_id": ident(1, n), "name": f"{n:04} {'x' * 900}"} for n in range(450)]
    project, document = adopter.adopt(of=live(lists=lists))
    assert document["counts"]["lists"] == 450
    assert (project.folder / "manifests/lists-2.yaml").exists()


def test_content_that_the_api_hides_is_not_declared(adopter: Adopter) -> None:
    adopter.account.switch(campaign_body="minimal")
    project, document = adopter.adopt()
    assert found(document) == [("campaigns/*", "unreadable")]
    entry = manifest_of(project, "campaigns/Welcome.yaml")["campaigns"][0]
    assert sorted(entry) == ["from", "name", "preview_text", "subject"]


def test_a_large_and_messy_account(adopter: Adopter) -> None:
    names = [f"{MESSY[n % len(MESSY)]} {n // 3}"[:1000] for n in range(60)]
    lists = [{"_id": ident(1, n), "name": names[n]} for n in range(40)]
    campaigns = [
        draft(
            names[n],
            n,
            subject=names[-n],
            body=BODIES[n % 4],
            lists=[lists[n % 40]["_id"]],
            status=("draft", "sent", "scheduled")[n % 3],
            scheduledAt=None if n % 3 == 0 else "2031-12-01T08:00:00.000Z",
        )
        for n in range(60)
    ]
    contacts = [
        {
            "_id": ident(2, n),
            "key": f"c{n}@acme.example",
            "fields": {ident(8, 0): names[n % 60]},
            "lists": [lists[0]["_id"]] if n < 30 else [lists[1]["_id"], lists[2]["_id"]],
        }
        for n in range(500)
    ]
    field = {"_id": ident(8, 0), "label": "yes: #1"}
    kinds = {"lists": lists, "campaigns": campaigns, "contacts": contacts}
    account = live(**kinds, structure={"fields": [field]})
    _, document = adopter.adopt("--contacts-list", lists[0]["_id"], of=account)
    assert document["counts"]["contacts"] == 30
    assert document["counts"]["lists"] + document["left_out"]["lists"] == 40
    assert document["counts"]["campaigns"] == 60
    assert "470 contacts" in adopter.project().refused("pull", "--contacts-list", lists[1]["_id"])
    _, document = adopter.adopt("--contacts-list", lists[1]["_id"], "--max-contacts", "500")
    assert document["counts"]["contacts"] == 470
