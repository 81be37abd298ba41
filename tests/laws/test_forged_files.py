"""Files under review are evidence, never orders: every key of each, forged in every way.

The files that the program keeps are made by real runs. Then one key of one of them is removed, or
gets a value of another type, the id of another object, another name, time, digest or number; every
digest that somebody could make again is made again. The forged file stands in the checkout, also as
one that Git tracks. An ordinary run tries a part; every night all are tried (BMECONF_EXAMPLES).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bmeconf.sandbox import Sandbox
from tests.support.documents import places
from tests.support.driver import HASTE, LOCK, Account, Project, Ran, writes
from tests.support.forgeries import checked_again, teach, undigested
from tests.support.forks import Forks
from tests.support.git import git
from tests.support.oracle import IDENTITY, TEXTS, Oracle, text
from tests.support.strategies import MANY, STRUCTURE, Data, World, ident

pytestmark = pytest.mark.long

SOME = 10**6 if MANY > 1 else 6
"""So many forgeries of each file are tried."""
CODES = {0, 2, 3, 5, 6, 7, 8, 9}
"""How a run with a forged file may end: a price may be forged beyond every limit (5)."""
LISTS = ("Newsletter", "Customers", "Old list", "Press", "Partners")
PEOPLE = ("ann@acme.example", "bob@acme.example", "carla@example.com")
DRAFT: Data = {"from": "news@acme.example", "fromName": "Acme", "subject": "S", "body": "<p>B</p>"}
ACCOUNT: Data = {
    "structures": [{"_id": STRUCTURE, "tags": [{"_id": ident(9, 1), "label": "seed"}]}],
    "lists": [{"_id": ident(1, n), "name": name} for n, name in enumerate(LISTS)],
    "contacts": [
        {"_id": ident(2, n), "key": key, "lists": [ident(1, 2 * n)]} for n, key in enumerate(PEOPLE)
    ],
    "campaigns": [
        {**DRAFT, "_id": ident(3, 1), "name": "Welcome", "lists": [ident(1, 0)]},
        {**DRAFT, "_id": ident(3, 2), "name": "Offer", "lists": [ident(1, 0)]},
        {**DRAFT, "_id": ident(3, 3), "name": "CEO letter", "lists": [ident(1, 1)]},
        {**DRAFT, "_id": ident(3, 4), "name": "Sent", "status": "sent"},
    ],
    "domains": [{"domain": "acme.example"}],
}
NOBODYS = {ident(1, 1), ident(1, 4), ident(2, 2), ident(3, 3), ident(3, 4)}
"""What no manifest lets anybody write: other people's, sent, or protected."""
FIRST: Data = {
    "lists": [{"name": n} for n in ("Newsletter", "Old list", "Press")]
    + [{"name": "Customers", "protect": True}],
    "contacts": [{"email": "ann@acme.example", "lists": ["Newsletter"]}],
    "campaigns": [
        {"name": n, "subject": "S", "lists": ["Newsletter"]} for n in ("Welcome", "Offer")
    ],
}
NEXT: Data = {
    "structure": {"tags": ["seed"]},
    "lists": [
        {"name": "News", "renamed_from": ["Press"]},
        {"name": "Newsletter"},
        {"name": "Customers", "protect": True},
        {"name": "Archive", "copy_of": "Newsletter"},
        {"name": "Old list", "state": "absent"},
    ],
    "contacts": [
        {"email": "ann@acme.example", "lists": ["Newsletter", "News"], "tags": ["seed"]},
        {"email": "rob@acme.example", "renamed_from": ["bob@acme.example"], "lists": ["News"]},
        {"email": "new@acme.example", "lists": ["Archive"]},
    ],
    "campaigns": [
        {"name": "Welcome", "subject": "New", "lists": ["News"], "body": {"html": "<p>New</p>"}},
        {"name": "Offers", "renamed_from": ["Offer"], "subject": "S", "lists": ["Newsletter"]},
        {"name": "Second", "copy_of": "Welcome", "subject": "Again"},
    ],
}
LEAVE = "--allow-delete=lists/Old list"
Forged = Callable[[Any], Any]
Steps = tuple[Any, ...]


# --- every key of a document, and every value that a forger may give it


def values(old: Any, ids: Sequence[str]) -> Iterator[Any]:
    """What may stand in the place of a value."""
    yield from (None, True, 0, -1, 10**20, 1.5, "", "x", [], {}, [old], {"x": old})
    if isinstance(old, int):
        yield from (old + 1, not old)
    elif isinstance(old, list):
        yield from ([*old, *old], old[1:], old[::-1])
    elif isinstance(old, dict):
        yield {**old, "forged": 1}
    elif isinstance(old, str):
        if old.isdigit():
            yield from map(str, range(1, 12))
        yield from (f"{old} ", f"../{old}", old.upper())
        if re.fullmatch("[0-9a-f]{24}", old):
            yield from ids
        elif re.match(r"\d{4}-\d\d-\d\d", old):
            yield from ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "2026-11-27")
        elif re.fullmatch("(sha256:)?[0-9a-f]{3,64}", old):
            yield "".join("0" if c != "0" else "1" for c in old.removeprefix("sha256:"))
        kind, slash, _ = old.partition("/")
        yield from (f"{kind}/{n}" if slash else n for n in ("Customers", "CEO letter", "Old list"))


def forgeries(document: Any, ids: Sequence[str]) -> Iterator[tuple[str, Forged]]:
    """Every forgery of a document, by what it does."""
    for path in [*places(document)][1:]:
        old = at(document, path)
        yield f"{path} removed", partial(_removed, path)
        for new in values(old, ids):
            if new != old or type(new) is not type(old):
                yield f"{path} = {new!r}", partial(_put, path, new)
        if isinstance(path[-1], str):
            above, names = path[:-1], [*at(document, path[:-1])]
            twin = (*above, names[names.index(path[-1]) - 1])
            yield f"{path} of {twin}", partial(_copied, path, twin)


def at(whole: Any, path: Steps) -> Any:
    for key in path:
        whole = whole[key]
    return whole


def _put(path: Steps, new: Any, whole: Any) -> Any:
    at(whole, path[:-1])[path[-1]] = new
    return whole


def _removed(path: Steps, whole: Any) -> Any:
    del at(whole, path[:-1])[path[-1]]
    return whole


def _copied(path: Steps, twin: Steps, whole: Any) -> Any:
    return _put(path, at(whole, twin), whole)


# --- the files, as real runs have left them


@dataclass(frozen=True)
class Desk:
    """A project with all its files, before an apply and after one that was cut off."""

    project: Project
    account: Account
    kept: dict[str, Path]
    states: dict[str, Any]

    def restore(self, when: str) -> None:
        shutil.rmtree(self.project.folder)
        shutil.copytree(self.kept[when], self.project.folder)
        self.account.set(self.states[when])

    def keep(self, when: str) -> None:
        shutil.copytree(self.project.folder, self.kept[when])
        self.states[when] = self.account.state()

    def told(self, *arguments: str) -> Ran:
        return self.project.run(*arguments, "--format", "json")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: Any, forks: Forks) -> Iterator[Desk]:
    room = tmp_path_factory.mktemp("forged")
    with Sandbox(None) as sandbox:
        account = Account(sandbox)
        account.switch(hour_limit=10**9, month_quota=10**9)
        account.set(ACCOUNT)
        (room / "project").mkdir()
        project = Project(room / "project", account.env)
        desk = Desk(project, account, {when: room / when for when in ("before", "cut")}, {})
        git(project.folder, "init", "--quiet")
        project.write("bmeconf.yaml", 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n')
        project.deploy(**FIRST)
        account.edit("campaigns", "Offer", subject="By hand", lists=[ident(1, 1)])
        project.declare(**NEXT)
        project.run("plan", "--out", "plan.json").ok()
        teach(project, {"search_batch": 50, "page_size": 500, "contact_lists": "actions"})
        desk.keep("before")
        for line in range(20, 60):
            desk.restore("before")
            apply = ("apply", "plan.json", LEAVE)
            forks.run(project.folder, project.env, *apply, line=line, haste=HASTE)
            if any("Copy of" in one["name"] for one in account.state()["campaigns"]):
                break
        desk.keep("cut")
        yield desk


def of_journal(text: str) -> Any:
    return [json.loads(line) for line in text.splitlines()]


def to_journal(lines: Any) -> str:
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, dict) and isinstance(line.get("plan"), dict):
            line["plan"] = undigested(line["plan"])
    return "".join(json.dumps(line) + "\n" for line in lines)


@dataclass(frozen=True)
class Kept:
    """A file that the program keeps: where, when, how it is read and made, what is then run."""

    pattern: str
    when: str
    commands: tuple[tuple[str, ...], ...]
    read: Callable[[str], Any] = json.loads
    made: Callable[[Any], str] = json.dumps


SAVED = ("apply", "plan.json", LEAVE)
DIRECT = ("apply", "--auto-approve", LEAVE)
PLAN, DRIFT = ("plan", "--out", "new.json"), ("drift",)
RESUME = ("apply", "--resume", "JOURNAL")
FILES = {
    "lock": Kept(LOCK, "before", (DIRECT, DRIFT, PLAN, SAVED), made=checked_again),
    "lock, cut off": Kept(LOCK, "cut", (RESUME, DIRECT), made=checked_again),
    "plan": Kept("plan.json", "before", (SAVED,), made=lambda d: json.dumps(undigested(d))),
    "receipt": Kept("plan.json.applied", "cut", (SAVED, RESUME)),
    "other receipt": Kept(".bmeconf/receipts/*", "cut", (SAVED,)),
    "journal": Kept(".bmeconf/journals/*", "cut", (RESUME, DIRECT), of_journal, to_journal),
    "learned": Kept(".bmeconf/learned.json", "before", (DIRECT, DRIFT, PLAN)),
}


@pytest.mark.parametrize("name", FILES)
def test_no_key_of_a_file_is_an_order(desk: Desk, name: str) -> None:
    kept = FILES[name]
    desk.restore(kept.when)
    (path,) = desk.project.folder.glob(kept.pattern)
    written, state = path.read_text(), desk.states[kept.when]
    ids = [one["_id"] for kind in IDENTITY for one in state[kind]]
    honest = {command: _run(desk, command) for command in (DRIFT, PLAN)}
    tried = [*forgeries(kept.read(written), ids)]
    broken = []
    for number, (said, forge) in enumerate(tried[:: -(-len(tried) // SOME)]):
        command = kept.commands[number % len(kept.commands)]
        desk.restore(kept.when)
        forged = forge(kept.read(written))
        path.write_text(kept.made(forged))
        if number % 8 > 5:
            git(desk.project.folder, "add", "--force", ".")
        shown = name == "plan" or (name == "journal" and command == RESUME)
        try:
            _judge(desk, command, state, honest, forged if shown else None)
        except Exception as error:
            broken.append(f"{said}: {' '.join(command)}: {error}")
    assert not broken, "\n".join(broken)


def _run(desk: Desk, command: tuple[str, ...]) -> Ran:
    journal = str(desk.project.journals()[0]) if "JOURNAL" in command else ""
    desk.account.clear_log()
    return desk.told(*(journal if word == "JOURNAL" else word for word in command))


def _judge(desk: Desk, command: Any, before: Any, honest: Any, shown: Any) -> None:
    """Nothing undeclared or not shown is written, and nothing said that is not so."""
    ran = _run(desk, command)
    after, log = desk.account.state(), writes(desk.account.log())
    assert ran.code in CODES, (ran.code, ran.err)
    assert "Traceback" not in ran.err + ran.out
    for kind in IDENTITY:
        was, now = ({o["_id"]: o for o in side[kind]} for side in (before, after))
        for id in NOBODYS & was.keys():
            assert now.get(id) == was[id], (id, was[id], now.get(id))
        assert was.keys() - now.keys() <= {ident(1, 2)}
    if command in (PLAN, DRIFT):
        assert not log
        if ran.code in (0, 2, 9):
            assert _told(honest[command]) <= _told(ran), ran.out
        return
    written = frozenset(entry["path"].split("/")[-1] for entry in log)
    assert not written & NOBODYS
    oracle = Oracle(World(before, NEXT), before, after, frozenset(), written)
    stray = {o["_id"] for o in before["campaigns"] if o["name"].startswith("Copy of")}
    if shown is None:
        assert [x for x in oracle.undeclared() if not any(id in x for id in stray)] == []
    if ran.code == 0:
        assert {*ran.states.values()} <= {"applied"}
        if shown is None:
            assert [*oracle.unmet()] == []
        else:
            _holds(shown if isinstance(shown, dict) else shown[0]["plan"], after)


def _holds(plan: Any, after: Any) -> None:
    """All that the steps of a plan show is so."""
    for step in plan["steps"]:
        kind, _, name = step["address"].partition("/")
        found = [o for o in after.get(kind, ()) if o[IDENTITY[kind][1]] == name]
        if kind in IDENTITY:
            assert len(found) == (step["action"] != "delete"), step
        for change in step["changes"]:
            if kind == "campaigns" and change["path"] in TEXTS:
                assert text(found[0][TEXTS[change["path"]]]) == text(change["after"]), change


def _told(ran: Ran) -> set[str]:
    """The addresses of which a document tells anything."""
    parts = ("steps", "items", "findings", "manual")
    return {each["address"] for part in parts for each in ran.json.get(part, ())}
