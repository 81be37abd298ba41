"""Whatever was changed by hand and can be declared is adopted; all else stays, byte for byte.

Manifests and a table are generated in the styles that people write, and so is what somebody then
changes in the account. Each line of a file knows which field it declares, if any.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.sandbox import Sandbox
from tests.support.driver import Account, Project
from tests.support.git import commit, git
from tests.support.strategies import MANY, examples, ident

LISTS, TAGS = ("Press", "Everybody", "Ünï, é", "a;b", "- #1"), ("VIP", "Größe é")
SENDERS = ("a@x.org", "News@x.org", "b@x.org")
LABELS = ("City", "a.b", "Straße é")
LINES = (
    "x",
    "NO",
    "1e3",
    "Zürich é",
    "# hash: x",
    "- dash",
    "q\"uo'te",
    "~",
    "${x}",
    "😀, [a]",
    "",
)
BLOCKS = ("a\n\nb\n", "one # line", "<p>a</p>\n<p>${b}</p>", "  lead\nb", "é\n", "")
NEW = ("Neu é", "- x: y", "${z} #", "NO", "a;c")
"""What somebody calls lists and campaigns."""
KINDS = {"subject": LINES, "from_name": LINES, "preview_text": LINES, "lists": LISTS}
LIVE = {"from_name": "fromName", "preview_text": "previewText", "reply_to": "replyToAddresses"}
LIVE |= {"plain_text": "plainTextBody"}
BEGIN = yaml.safe_dump(
    {
        "version": 1,
        "structure": {"fields": [{"label": label} for label in LABELS], "tags": [*TAGS]},
        "lists": [{"name": name} for name in LISTS],
    },
    allow_unicode=True,
)
COMMENT = re.compile(rb"[ \t]# ([^\r\n:\"]+)(?=\r?\n)")
Field = tuple[str, str]
"""An address, and a field as reports name it."""


class Line(NamedTuple):
    """A line of a file, and the fields that it declares a part of; of no others it may change."""

    text: str
    of: tuple[Field, ...] = ()


@dataclass
class World:
    """Files as their lines, and what somebody changes: a value by its field."""

    files: Mapping[str, Sequence[Line]]
    newline: str
    mark: str
    edits: Mapping[Field, Any]
    hard: frozenset[Field] = field(default_factory=frozenset)
    """The fields that may be left, for a reason that has to do with how they are written."""

    def bytes_of(self, name: str) -> bytes:
        ends = "".join(f"{line.text}{self.newline}" for line in self.files[name])
        return f"{self.mark}{ends}".encode()


def quoted(text: str) -> str:
    return yaml.dump(text, default_style='"', width=10**6, allow_unicode=True).strip()


@st.composite
def texts(draw: st.DrawFn, key: str, text: str, here: Field, indent: str) -> list[Line]:
    """A key with a text, in one of the styles of YAML."""
    style = draw(st.sampled_from(("quoted", "below", "folded", "literal", "null")))
    if style == "null":
        return [Line(f"{indent}{key}: null   # {key}", (here,))]
    text = text.replace("${", "$${")
    lines = text.split("\n")
    blank = not text or text != text.strip() or any(not line for line in lines)
    if style == "literal" and not blank:
        inner = [Line(f"{indent}    {line}", (here,)) for line in lines]
        return [Line(f"{indent}{key}: |-  # {key}", (here,)), *inner]
    if style == "folded" and not blank and len(lines) == 1:
        return [Line(f"{indent}{key}: >-", (here,)), Line(f"{indent}    {text}", (here,)), Line("")]
    if style == "below":
        return [
            Line(f"{indent}'{key}':"),
            Line(f"{indent}  # {key}"),
            Line(f"{indent}  {quoted(text)}", (here,)),
        ]
    return [Line(f"{indent}{key}: {quoted(text)}\t# {key}", (here,))]


@st.composite
def members(
    draw: st.DrawFn, key: str, names: Sequence[str], here: Field, indent: str
) -> list[Line]:
    """A key with a list, in brackets or on lines of its own."""
    style = draw(st.sampled_from(("flow", "block", "indented", "brackets")))
    if style == "flow" or not names:
        return [Line(f"{indent}{key}: [{', '.join(map(quoted, names))}] # {key}", (here,))]
    if style == "brackets":
        inner = [Line(f"{indent}    {quoted(name)},", (here,)) for name in names]
        return [Line(f"{indent}{key}: [", (here,)), *inner, Line(f"{indent}  ] # {key}", (here,))]
    dash = f"{indent}  -" if style == "indented" else f"{indent}-"
    inner = [Line(f"{dash} {quoted(name)}  # why", (here,)) for name in names]
    return [Line(f"{indent}{key}:", (here,)), *inner]


def some(pool: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pool), unique=True, max_size=3)


@st.composite
def campaigns(draw: st.DrawFn, name: str) -> list[Line]:
    """The entry of a campaign; one text of its keys is that of a file."""
    lines = [Line(f"- name: {name}  # {name}")]
    for key in draw(st.permutations(["subject", "from_name", "preview_text", "lists", "reply_to"])):
        here = (f"campaigns/{name}", key)
        if key in ("lists", "reply_to"):
            pool = LISTS if key == "lists" else SENDERS
            lines += draw(members(key, draw(some(pool)), here, "  "))
        else:
            lines += draw(texts(key, draw(st.sampled_from(LINES)), here, "  "))
        lines += draw(st.sampled_from(([], [Line("")], [Line("  # between")])))
    for key, inner in (("body", "html"), ("plain_text", "text")):
        here = (f"campaigns/{name}", key)
        text = draw(st.sampled_from([each for each in BLOCKS if each]))
        if draw(st.booleans()):
            lines += [Line(f"  {key}: {{file: {name}.{inner}}}  # filed", (here,))]
        else:
            lines += [
                Line(f"  {key}:", (here,)),
                *draw(texts(inner, text, here, "    ").filter(_says)),
            ]
    return lines


def _says(lines: Sequence[Line]) -> bool:
    """Whether a text is one that a body may have."""
    return "null" not in lines[0].text


@st.composite
def contacts(draw: st.DrawFn, email: str) -> list[Line]:
    """The entry of a contact."""
    address = f"contacts/{email}"
    lines = [Line(f"- email: {email}"), Line("  fields:  # known")]
    for label in LABELS:
        here = (address, f"fields.{label}".replace("a.b", "a\\.b"))
        lines += draw(texts(label, draw(st.sampled_from(LINES)), here, "    "))
    lines += draw(members("lists", draw(some(LISTS)), (address, "lists"), "  "))
    return lines + draw(members("tags", draw(some(TAGS)), (address, "tags"), "  "))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Manifests of two campaigns and two contacts, one of them a row, and edits of some fields."""
    entries = draw(campaigns("N")), draw(campaigns("O"))
    separator = [Line("---"), Line("version: 1"), Line("campaigns:")]
    between = draw(st.sampled_from(([], separator)))
    begin = [*map(Line, BEGIN.splitlines())]
    table = "{csv: c.csv, email: E, fields: {City: C, a.b: D}, lists: L, tags: T}"
    cells = [draw(st.sampled_from([each for each in LINES if each])) for _ in range(2)]
    names = [";".join(draw(some([n for n in LISTS if ";" not in n]))), draw(st.sampled_from(TAGS))]
    row = ",".join(["b@x.org", *('"' + c.replace('"', '""') + '"' for c in (*cells, *names)), "x"])
    mine = {"fields.City": LINES, "fields.a\\.b": LINES, "lists": LISTS, "tags": TAGS}
    of_row = tuple(("contacts/b@x.org", path) for path in mine)
    files = {
        "1.yaml": [*begin, Line("campaigns:"), *entries[0], *between, *entries[1]],
        "2.yaml": [Line("version: 1"), Line("contacts:"), *draw(contacts("ann@x.org"))],
        "3.yaml": [Line("version: 1"), Line("contact_files:"), Line(f"- {table}  # people")],
        "c.csv": [Line("E,C,D,L,T,Note"), Line(row.replace("${", "$${"), of_row)],
    }
    for name, inner in (("N", "html"), ("O", "html"), ("N", "text"), ("O", "text")):
        here = (f"campaigns/{name}", "body" if inner == "html" else "plain_text")
        files[f"{name}.{inner}"] = [
            Line("<p>first</p>", (here,)),
            Line("<p>${second}</p>", (here,)),
        ]
    pools: dict[Field, Sequence[str]] = {}
    for line in (line for lines in files.values() for line in lines):
        for here in line.of:
            key = here[1]
            pools[here] = (
                KINDS.get(key)
                or mine.get(key)
                or (
                    SENDERS
                    if key == "reply_to"
                    else BLOCKS
                    if key in ("body", "plain_text")
                    else LINES
                )
            )
    chosen = draw(st.lists(st.sampled_from(sorted(pools)), unique=True, max_size=6))
    edits = {
        here: draw(some(pools[here]) if here[1] in SETS else st.sampled_from(pools[here]))
        for here in chosen
    }
    files = draw(renames(files, edits))
    newline, mark = draw(st.sampled_from(("\n", "\r\n"))), draw(st.sampled_from(("", "\ufeff")))
    return World(files, newline, mark, edits, frozenset(_hard(files, edits)))


SETS = ("lists", "reply_to", "tags")


@st.composite
def renames(
    draw: st.DrawFn, files: Mapping[str, Sequence[Line]], edits: dict[Field, Any]
) -> Mapping[str, Sequence[Line]]:
    """Other names for some lists and campaigns, among `edits`; the lines that may follow them."""
    spelled = {f"lists/{name}": {name, quoted(name)[1:-1]} for name in LISTS}
    own = {f"campaigns/{name}": {f"- name: {name}  # {name}"} for name in "NO"}
    chosen = draw(st.lists(st.sampled_from(sorted({**spelled, **own})), unique=True, max_size=3))
    for address, new in zip(chosen, draw(st.permutations(NEW)), strict=False):
        edits[address, "name"] = new
    return {
        file: [
            line._replace(
                of=(
                    *line.of,
                    *(
                        (address, "name")
                        for address in chosen
                        if any(text in line.text for text in {**spelled, **own}[address])
                    ),
                )
            )
            for line in lines
        ]
        for file, lines in files.items()
    }


def _hard(files: Mapping[str, Sequence[Line]], edits: Mapping[Field, Any]) -> Iterator[Field]:
    """Fields that may be left: what is cleared has comments inside it, or a cell holds less."""
    for here, value in edits.items():
        lines = [line.text for lines in files.values() for line in lines if here in line.of]
        is_cell = here[0] == "contacts/b@x.org"
        commented = not value and any("# why" in line for line in lines)
        filled = here[1] in ("body", "plain_text") and not value and "file:" not in "".join(lines)
        # A cell cannot hold some names, so that these stay, and with them what names them since.
        unfit = here[1] == "lists" and any(
            ";" in edits.get((f"lists/{name}", "name"), name if is_cell else "") for name in value
        )
        if commented or filled or unfit or (is_cell and not value):
            yield here
        (cells,) = (line.text for line in files["c.csv"] if line.of)
        if here[1] == "name" and ";" in value and here[0].removeprefix("lists/") in cells:
            yield here


def by_hand(account: Account, edits: Mapping[Field, Any]) -> None:
    """Somebody makes these edits."""
    tags = {tag["label"]: tag["_id"] for tag in account.state()["structures"][0]["tags"]}
    # Names come last, so that all else is found by those that are declared.
    for (address, path), value in sorted(edits.items(), key=lambda edit: edit[0][1] == "name"):
        kind, _, name = address.partition("/")
        if path.startswith("fields."):
            label = path.removeprefix("fields.").replace("\\", "")
            account.edit(kind, name, fields={account.field_id(label): value})
        else:
            live = account.list_ids(*value) if path == "lists" else value
            live = [tags[each] for each in value] if path == "tags" else live
            account.edit(kind, name, **{LIVE.get(path, path): live})


@examples(16)
@given(worlds())
def test_what_can_be_declared_is_adopted_and_all_else_stays(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder, Sandbox(None) as sandbox:
        account = Account(sandbox)
        project = Project(Path(folder) / "shop", account.env)
        project.folder.mkdir()
        for name in world.files:
            (project.folder / name).write_bytes(world.bytes_of(name))
        project.apply()
        commit(Path(folder))
        before = project.files()
        by_hand(account, world.edits)
        ran = project.run("drift", "--format", "json", "--output", "patch=../by.patch")
        document = ran.json
        moved = {(i["address"], i["field"]) for i in document["items"]}
        left = {(i["address"], i["field"]) for i in document["adoption"]["left"]}
        adopted = {(i["address"], i["field"]) for i in document["adoption"]["adopted"]}
        assert moved <= world.edits.keys()
        assert adopted | left == moved
        assert not adopted & left
        assert left <= world.hard, document["adoption"]["left"]
        assert all(": " in each["reason"] for each in document["adoption"]["left"])
        assert project.files() == before
        if adopted:
            git(Path(folder), "apply", "by.patch")
        after = project.files()
        for name in world.files:
            _stays(world, name, before[name], after[name], adopted)
        planned = project.run("plan", "--format", "json")
        # What is declared by a name that it has no more is refused.
        assert (planned.code == 7) == any(path == "name" for _, path in left)
        steps = planned.json["steps"]
        # A plan tells what was renamed by its new name.
        old = {f"{here[0].partition('/')[0]}/{world.edits[here]}": here[0] for here in adopted}
        still = {
            (old.get(step["address"], step["address"]), c["path"])
            for step in steps
            for c in step["changes"]
        }
        assert still <= left
        git(Path(folder), "checkout", "-q", "--", ".")
        project.run("drift", "--adopt")
        assert project.files() == after
        if not left:
            assert project.drift()["items"] == []


def _stays(world: World, name: str, before: bytes, after: bytes, adopted: set[Field]) -> None:
    """The lines that declare nothing that is adopted are there, in their order and as they were."""
    kept = [line.text.encode() for line in world.files[name] if adopted.isdisjoint(line.of)]
    if len(kept) == len(world.files[name]):
        assert after == before
    there = iter(after.removeprefix(world.mark.encode()).split(world.newline.encode()))
    assert [line for line in kept if line not in there] == []
    assert after.startswith(world.mark.encode())
    assert after.endswith(world.newline.encode())
    assert world.newline == "\n" or after.count(b"\n") == after.count(b"\r\n")
    assert _comments(before) - _comments(after) == Counter()


def _comments(text: bytes) -> Counter[bytes]:
    """The comments of a file, but for those on members of lists, which go with them."""
    return Counter(each for each in COMMENT.findall(text) if each not in (b"why", b"line"))


WRITTEN: dict[str, tuple[str, str, Callable[[int], str]]] = {
    # the beginning of a manifest, that of a table, the part of either for a contact
    "on lines": (
        "contacts:\n",
        "",
        lambda n: f"- email: p{n}@x.org\n  fields: {{City: x}}\n  lists:\n  - Press # why\n",
    ),
    "in a table": (
        "contact_files: [{csv: c.csv, email: E, fields: {City: C}, lists: L}]\n",
        "E,C,L\n",
        lambda n: f"p{n}@x.org,x,Press\n",
    ),
    "by a default": (
        "contact_files: [{csv: c.csv, email: E, lists: L, defaults: {fields: {City: x}}}]\n",
        "E,L\n",
        lambda n: f"p{n}@x.org,Press\n",
    ),
}


@pytest.mark.skipif(MANY == 1, reason="takes seconds")
@pytest.mark.parametrize("how", WRITTEN)
def test_twice_the_contacts_take_twice_the_time(how: str) -> None:
    manifest, table, part = WRITTEN[how]

    def seconds(size: int) -> float:
        with tempfile.TemporaryDirectory() as folder, Sandbox(None) as sandbox:
            account = Account(sandbox)
            project = Project(Path(folder), account.env)
            rows = "".join(map(part, range(size)))
            project.write("m.yaml", f"{BEGIN}{manifest}{'' if table else rows}")
            project.write("c.csv", table + rows)
            project.run("apply", "--auto-approve", "--target", "structure", "--target", "lists/*")
            state, city = account.state(), account.field_id("City")
            press, every = account.list_ids("Press", "Everybody")
            state["contacts"] = [
                {
                    "_id": ident(2, n),
                    "key": f"p{n}@x.org",
                    "fields": {city: "y" if n % 5 < 2 else "x"},
                    "lists": [every if n % 5 < 2 else press],
                    "status": {"primary": "Active"},
                }
                for n in range(size)
            ]
            account.set(state)
            project.unlock()
            began = time.process_time()
            ran = project.run("drift", "--format", "json", "--output", "patch=by.patch")
            taken = time.process_time() - began
            assert len(ran.json["adoption"]["adopted"]) >= size // 5 * 2
            return taken

    small, large = (min(seconds(size) for _ in range(2)) for size in (500, 2_000))
    assert large <= max(small, 0.05) * 2.5**2
