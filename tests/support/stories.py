"""One account and one project through some days: commands, faults, kills, people and forgers.

In every second story people act while commands run, too: a server before the account lets somebody
at the web app in between two requests, which then come one at a time.

A story is told by one number. What happens next is thrown by its dice, since it depends on what is
there by then: the copy that a killed run left, the journal that it wrote.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from random import Random
from typing import Any

from hypothesis import strategies as st

from bmeconf.sandbox.switches import Switches
from tests.support.driver import HASTE, LATER, Ran, writes
from tests.support.fake_server import CLOSE, Action, Forward, Seen, in_front_of
from tests.support.forgeries import Forger
from tests.support.forks import Forks
from tests.support.laboratory import Laboratory, allowed
from tests.support.oracle import IDENTITY, address, key_of
from tests.support.strategies import (
    DIALECTS,
    OTHER,
    STRUCTURE,
    Data,
    World,
    drawn,
    dumped,
    faults,
    worlds,
)

APPLY = ("apply", "--auto-approve", "--format", "json")
PLAN = "plan.json"
BY_HAND = {
    "subject": "By hand {}",
    "body": "<p>By hand {}</p>",
    "from": "by.hand.{}@acme.example",
}
"""What a person sets of a draft, under the names of the account and of manifests alike."""


@dataclass(frozen=True)
class Moment:
    """What somebody did while a command ran: the states around it, and the objects touched.

    `earlier` are the requests that came before it, `since` those after it.
    """

    before: Any
    after: Any
    touched: frozenset[str] = frozenset()
    earlier: tuple[Data, ...] = ()
    since: tuple[Data, ...] = ()


@dataclass(frozen=True)
class Deed:
    """What one command did, or two at once; `world` is what it was to make true.

    `direct` is an apply of the manifests as they are. `unfinished` are copies that earlier runs
    made and nobody touched. `touched` are the objects that a person made or changed since the
    plan. `leave` are the addresses that it might delete. `unread` are those whose contents the
    service tells in words of its own.
    """

    said: str
    world: World
    before: Any
    after: Any
    log: list[Data]
    runs: list[Ran]
    direct: bool
    unfinished: frozenset[str]
    touched: frozenset[str]
    leave: frozenset[str]
    unread: frozenset[str]
    again: Any = None
    """The plan right after a direct apply that said that all is well."""
    moment: Moment | None = None
    looks: tuple[Ran, ...] = ()
    """The same command before a look at which somebody acted, and after it."""


@dataclass
class _Plan:
    """A plan that waits: what was declared then, and what a person touched since."""

    manifest: Data
    touched: set[str] = field(default_factory=set)


class Story:
    """The story of one number; `tell` yields its deeds, `log` is what happened so far."""

    def __init__(self, laboratory: Laboratory, forks: Forks, number: int) -> None:
        self.log: list[str] = []
        self._forks, self._laboratory = forks, laboratory
        self._dice, self._number = Random(number), number
        self._account = laboratory.account
        self._account.faults()
        self._dialect = dialect = self._dice.choice(DIALECTS)
        self._lag = self._usual_lag = 0.1 if "search_lag_ms" in dialect else 0.0
        """Seconds after which a search shows everything."""
        limits = {"hour_limit": 10**9, "month_quota": 10**9}
        self._account.switch(**{**Switches().as_dict(), **limits, **dialect})
        world: World = drawn(worlds(), number)
        self._account.set(world.account)
        self._world, self._manifest = world, deepcopy(world.manifest)
        self.project = laboratory.project([self._manifest])
        self._forger = Forger(laboratory, self.project, self._dice)
        self._unfinished: set[str] = set()
        self._touched: set[str] = set()
        self._plans: dict[str, _Plan] = {}
        """What waits, by the name of its file."""
        # One read at a time meets a fault at the same request whenever the story is told.
        self._moving = number % 2 == 1
        self._side_by_side = f"--parallel={1 if self._moving else self._dice.choice((1, 4))}"
        self._running, self._until = False, 0
        self._moment: Moment | None = None
        """After how many requests somebody acts, and what was done then."""
        self._watched = ""
        """The id of a draft that somebody changes right before a run looks at it to write."""
        self.log += [f"dialect {dialect}", repr(world), self._side_by_side]

    @property
    def key(self) -> str:
        return self._account.sandbox.key

    def tell(self) -> Iterator[Deed]:
        """Some days, and the end, where nothing goes wrong any more."""
        turns: list[tuple[Callable[[], Iterator[Deed]], int]] = [
            (self._apply, 4),
            (self._killed, 5),
            (self._interrupted, 2),
            (self._resume, 3),
            (self._save, 2),
            (self._apply_saved, 4),
            (self._two_at_once, 2),
            (self._person, 6),
            (self._author, 5),
            (self._forgery, 3),
        ]
        turns += [(self._meanwhile, 20), (self._at_its_heels, 12)] if self._moving else []
        ways, weights = zip(*turns, strict=True)
        with in_front_of(self._account.sandbox.url, self._let_pass) as door:
            if self._moving:
                self.project.env = {**self.project.env, "BMECONF_BASE_URL": door.url}
            yield from self._author()
            if self._moving:
                yield from self._meanwhile()
            for way in self._dice.choices(ways, weights, k=self._dice.randint(4, 9)):
                yield from way()
            yield from self._end()

    # --- commands

    def _apply(self) -> Iterator[Deed]:
        self._meet_faults()
        yield self._do(*APPLY)

    def _killed(self) -> Iterator[Deed]:
        kill = (self._dice.randint(2, 14), self._dice.choice(("before", "after")), signal.SIGKILL)
        yield self._do(*APPLY, kill=kill)

    def _interrupted(self) -> Iterator[Deed]:
        """Somebody presses Ctrl-C: the step under way is finished, and the run reports."""
        self._meet_faults()
        yield self._do(*APPLY, kill=(self._dice.randint(2, 14), "after", signal.SIGINT))

    def _resume(self) -> Iterator[Deed]:
        journals = self.project.journals()[-2:]
        if journals:
            path = self._dice.choice(journals)
            self._meet_faults()
            yield self._do("apply", "--format", "json", "--resume", str(path), plan=path.name)

    def _save(self) -> Iterator[Deed]:
        (self.project.folder / f"{PLAN}.applied").unlink(missing_ok=True)
        yield self._do("plan", "--out", PLAN, "--format", "json")
        self._plans[PLAN] = _Plan(deepcopy(self._manifest))

    def _apply_saved(self) -> Iterator[Deed]:
        if PLAN in self._plans and (self.project.folder / PLAN).exists():
            self._meet_faults()
            skip = self._dice.choice(((), ("--on-stale", "skip")))
            yield self._do("apply", PLAN, "--format", "json", *skip, plan=PLAN)

    def _two_at_once(self) -> Iterator[Deed]:
        yield self._do(*APPLY, times=2)

    def _meanwhile(self) -> Iterator[Deed]:
        """Somebody acts between two requests of a command."""
        way = self._dice.choice(("apply", "apply", "saved", "resume", "plan", "drift"))
        if way == "saved":
            yield from self._save()
        self._until = self._dice.randint(1, 6 if way in ("plan", "drift") else 16)
        if way in ("plan", "drift"):
            yield self._do(way, "--format", "json", looks=True)
        else:
            ways = {"saved": self._apply_saved, "resume": self._resume}
            yield from ways.get(way, self._apply)()
        self._until = 0

    def _at_its_heels(self) -> Iterator[Deed]:
        """A draft differs; once a run has planned that and looks again, it differs otherwise."""
        drafts = [
            one
            for one in self._account.state()["campaigns"]
            if one["status"] == "draft" and BY_HAND.keys() & self._entry("campaigns", one).keys()
        ]
        if drafts:
            self._watched = self._dice.choice(drafts)["_id"]
            self._overwrite(self._watched)
            if self._dice.random() < 0.5:
                yield from self._save()
                yield from self._apply_saved()
            else:
                yield from self._apply()
            self._watched = ""

    def _overwrite(self, id: str) -> None:
        """Somebody sets all that the manifests declare of a draft to words of their own."""
        state = self._account.state()
        for one in state["campaigns"]:
            if one["_id"] == id:
                words = self._dice.randrange(10**6)
                declared = BY_HAND.keys() & self._entry("campaigns", one).keys()
                values = {key: BY_HAND[key].format(words) for key in sorted(declared)}
                self._hand(one, **values)
                self.log.append(f"a person: sets {values} of campaign {id}")
        self._account.set(state)

    def _looks_again(self, seen: Seen) -> bool:
        """Whether a run that has planned looks at the watched draft once more, to write it."""
        if not (self._watched and seen.method == "GET" and seen.path.endswith(self._watched)):
            return False
        return any(entry["path"] == seen.path for entry in self._account.log())

    def _let_pass(self, seen: Seen, forward: Forward) -> Action:
        """Let a request through, and somebody act before it where it is time."""
        self._until -= 1 if self._running else 0
        heels = self._running and self._moment is None and self._looks_again(seen)
        if heels or (self._running and self._until == 0):
            before, earlier = self._account.state(), tuple(self._account.log())
            self._touched = set()
            if heels:
                self._overwrite(self._watched)
            while not self._touched:
                self._act()
            touched = frozenset(self._touched)
            self._moment = Moment(before, self._account.state(), touched, earlier)
        try:
            return forward()
        except (HTTPException, OSError):
            # A fault cut the answer off.
            return CLOSE

    def _end(self) -> Iterator[Deed]:
        self._account.faults()
        deed = self._do(*APPLY, generous=True)
        yield deed
        if deed.runs[0].code == 7:
            # Who renamed or replaced something is asked first; without the file nobody remembers.
            self.log.append("the lock file is deleted")
            (self.project.folder / "bmeconf.lock.json").unlink(missing_ok=True)
            yield self._do(*APPLY, generous=True)

    def _do(
        self,
        *arguments: str,
        plan: str = "",
        kill: tuple[int, str, int] = (0, "after", signal.SIGKILL),
        times: int = 1,
        generous: bool = False,
        looks: bool = False,
    ) -> Deed:
        """One command, or the same one several `times` at once."""
        waiting = self._plans.get(plan, _Plan(self._manifest))
        leave = self._leave(plan, generous) if "--resume" not in arguments else []
        said = " ".join((*arguments, *leave)) + (f" killed {kill}" if kill[0] else "")
        self.log.append(f"{times} x {said}" if times > 1 else said)
        before = self._account.state()
        had = {path.name for path in self.project.journals()}
        unfinished, touched = frozenset(self._unfinished), frozenset(waiting.touched)
        words = (*arguments, *leave, self._side_by_side)
        looked = [self.project.run(*words)] if looks else []
        self._account.clear_log()
        self._running, self._moment = True, None
        runs = self._run(words, kill, times)
        self._running = False
        whole, after = self._account.log(), self._account.state()
        log = writes(whole)
        if self._moment:
            since = whole[len(self._moment.earlier) :]
            self._moment = replace(self._moment, since=tuple(since))
        looked += [self.project.run(*words)] if looks else []
        self.log.append(f"    -> {[run.code for run in runs]} {[*map(_short, log)]}")
        self._account.faults()
        time.sleep(self._lag)
        self._lag = self._usual_lag
        direct = arguments == APPLY
        clean = direct and any(run.code == 0 for run in runs)
        deed = Deed(
            *(said, World(self._world.account, deepcopy(waiting.manifest)), before, after, log),
            *(runs, direct, unfinished, touched),
            frozenset(option.partition("=")[2] for option in leave),
            frozenset(self._rewritten()),
            self.project.plan() if clean and self._moment is None else None,
            self._moment,
            tuple(looked),
        )
        for path in self.project.journals():
            if path.name not in had:
                self._plans[path.name] = deepcopy(waiting)
        old = {one["_id"] for kind in IDENTITY for one in before[kind]}
        self._unfinished |= {o["_id"] for k in IDENTITY for o in after[k]} - old
        return deed

    def _rewritten(self) -> Iterator[str]:
        if "body_rewriting" in self._dialect:
            yield from (address("campaigns", entry) for entry in self._manifest["campaigns"])

    def _run(self, arguments: Sequence[str], kill: Any, times: int) -> list[Ran]:
        if not kill[0] and times == 1:
            return [self.project.run(*arguments)]
        line, when, signum = kill
        folder, env = self.project.folder, self.project.env

        def run(number: int) -> Ran:
            said = self._laboratory.room()
            code = self._forks.run(
                *(folder, env, *arguments),
                line=line,
                when=when,
                signum=signum,
                haste=HASTE,
                said=said,
            )
            out, err = ((said / name).read_text() for name in ("out.txt", "err.txt"))
            return Ran(code, out, err)

        with ThreadPoolExecutor(times) as pool:
            return [*pool.map(run, range(times))]

    def _leave(self, plan: str, generous: bool) -> list[str]:
        """Leave for all, some or none of the planned deletes."""
        if plan:
            text = (self.project.folder / plan).read_text()
            document = json.loads(text)
        else:
            ran = self.project.run("plan", "--format", "json")
            document = json.loads(ran.out) if ran.code in (0, 7) else {}
        options = allowed(document) if document.get("steps") else []
        if not generous and self._dice.random() < 0.2:
            options = options[1:]
        return options

    def _meet_faults(self) -> None:
        if self._dice.random() < 0.4:
            some = drawn(st.lists(faults(), min_size=1, max_size=3), self._dice.randrange(10**6))
            self._account.faults(*some)
            if any(fault["kind"] == "slow-index" for fault in some):
                self._lag = 0.25
            self.log.append(f"faults: {[(f['kind'], f['method'], f['skip']) for f in some]}")

    # --- people

    def _person(self) -> Iterator[Deed]:
        self._act()
        yield from ()

    def _act(self) -> None:
        """Somebody at the web app; most likely at what a run has left half made."""
        state = self._account.state()
        kind = self._dice.choice(("campaigns", "campaigns", "campaigns", "lists", "contacts"))
        there = [o for o in state[kind] if o.get("contactStructureId") != OTHER]
        made = [o for o in there if o["_id"] in self._unfinished]
        ours = [o for o in there if self._entry(kind, o)]
        # Who acts beside a run acts on what it is about.
        pools = (ours, ours, there) if self._running else (made, made, ours, there)
        pool = self._dice.choice(pools) or there
        act = self._dice.choice(self._acts(kind, pool))
        told = act(state, kind, self._dice.choice(pool) if pool else None)
        if told:
            self.log.append(f"a person: {told}")
            self._account.set(state)

    def _acts(self, kind: str, pool: Sequence[Data]) -> list[Callable[..., str]]:
        acts: list[Callable[..., str]] = [] if not pool else [self._remove]
        if kind == "contacts":
            return [*acts, self._unsubscribe] if pool else [self._nothing]
        if pool:
            acts += [self._rename, self._rename]
            if kind == "campaigns":
                acts += [self._write, self._write, self._schedule, self._schedule, self._copy]
        return [*acts, self._make]

    def _hand(self, one: Data, **values: Any) -> None:
        """Somebody changed `one`: it is nobody's copy any more, and theirs."""
        one.update(values, updatedAt=LATER, __v=one["__v"] + 1)
        self._touch(one["_id"])

    def _touch(self, id: str) -> None:
        self._touched.add(id)
        self._unfinished.discard(id)
        for plan in self._plans.values():
            plan.touched.add(id)

    def _nothing(self, state: Data, kind: str, one: Data) -> str:
        return ""

    def _rename(self, state: Data, kind: str, one: Data) -> str:
        if self._named_elsewhere(kind, one):
            return ""
        was, name = one["name"], self._new_name(kind, state)
        self._hand(one, name=name)
        return f"renames {kind} {one['_id']} {was!r} to {name!r}"

    def _write(self, state: Data, kind: str, one: Data) -> str:
        if one["status"] != "draft":
            return ""
        lists = [o["_id"] for o in state["lists"] if o["contactStructureId"] == STRUCTURE]
        choices: dict[str, Data] = {
            "subject": {"subject": "By hand"},
            "body": {"body": "<p>By hand</p>"},
            "from": {"from": "by.hand@acme.example"},
            "lists": {"lists": lists[:1], "contactStructureId": STRUCTURE},
        }
        declared = [key for key in choices if key in self._entry(kind, one)]
        values = choices[self._dice.choice(declared or [*choices])]
        self._hand(one, **values)
        return f"sets {values} of campaign {one['_id']} {one['name']!r}"

    def _schedule(self, state: Data, kind: str, one: Data) -> str:
        self._hand(one, status="scheduled", scheduledAt="2030-12-01T08:00:00.000Z")
        return f"schedules {one['_id']} {one['name']!r}"

    def _copy(self, state: Data, kind: str, one: Data) -> str:
        new = {**one, "_id": self._id(), "name": f"Copy of {one['name']}", "status": "draft"}
        new |= {"createdAt": LATER, "updatedAt": LATER, "__v": 0, "scheduledAt": None}
        if any(o["name"] == new["name"] for o in state[kind]):
            return ""
        state[kind].append(new)
        self._touch(new["_id"])
        return f"copies {one['name']!r} to {new['_id']}"

    def _make(self, state: Data, kind: str, one: Data) -> str:
        new = {"_id": self._id(), "name": self._new_name(kind, state)}
        state[kind].append(new)
        self._touch(new["_id"])
        return f"makes {kind} {new}"

    def _remove(self, state: Data, kind: str, one: Data) -> str:
        if kind != "contacts" and self._named_elsewhere(kind, one):
            return ""
        state[kind] = [o for o in state[kind] if o is not one]
        for each in (*state["contacts"], *state["campaigns"]) if kind == "lists" else ():
            if one["_id"] in each["lists"]:
                self._hand(each, lists=[id for id in each["lists"] if id != one["_id"]])
        self._touch(one["_id"])
        return f"deletes {kind} {one['_id']}"

    def _unsubscribe(self, state: Data, kind: str, one: Data) -> str:
        self._hand(one, status={"primary": "Inactive", "secondary": "Unsubscribe"})
        return f"unsubscribes {one['key']}"

    def _id(self) -> str:
        return f"{0xABCD:04x}{self._dice.randrange(16**20):020x}"

    def _new_name(self, kind: str, state: Data) -> str:
        """A name of their own, or one that a manifest declares and nothing has yet."""
        there = {key_of(kind, o["name"]) for o in state[kind]}
        names = {key_of(kind, e["name"]) for e in self._manifest[kind] if "state" not in e}
        free = sorted(names - there)
        if free and self._dice.random() < 0.4:
            return self._dice.choice(free)
        return f"By hand {self._dice.randrange(10**6)}"

    def _entry(self, kind: str, one: Data) -> Data:
        """What the manifests say of an object, by its name; empty where it is nothing."""
        ours, theirs = IDENTITY[kind]
        key = key_of(kind, one[theirs])
        entries = (e for e in self._manifest[kind] if "state" not in e)
        return next((e for e in entries if key_of(kind, e[ours]) == key), {})

    def _named_elsewhere(self, kind: str, one: Data) -> bool:
        """Whether a manifest refers to it: without it there is nothing valid to try."""
        name = key_of(kind, one["name"])
        texts = [e for k in IDENTITY for e in self._manifest[k]]
        refs = [n for e in texts for n in _references(kind, e)]
        return any(key_of(kind, ref) == name for ref in refs)

    # --- authors and forgers

    def _author(self) -> Iterator[Deed]:
        """Somebody edits the manifests: another copy, what is there under its new name, less."""
        state, kind = self._account.state(), self._dice.choice(("lists", "campaigns", "campaigns"))
        there = [o for o in state[kind] if o.get("contactStructureId") != OTHER]
        keys = [key_of(kind, o["name"]) for o in there]
        declared = {key_of(kind, e["name"]) for e in self._manifest[kind]}
        free = [o for o, key in zip(there, keys, strict=True) if keys.count(key) == 1]
        pinned = {e["id"].lower() for e in self._manifest[kind] if "id" in e}
        former = {key_of(kind, n) for e in self._manifest[kind] for n in e.get("renamed_from", ())}
        loose = [
            o
            for o in free
            if o["_id"] not in pinned | self._unfinished
            and key_of(kind, o["name"]) not in declared | former
        ]
        made = [o for o in loose if not o["name"].startswith("Copy of")] if self._plans else []
        entry: Data
        if made and self._dice.random() < 0.4:
            entry = {"name": self._dice.choice(made)["name"]}
        elif loose and self._dice.random() < 0.8:
            name = f"Copied {self._dice.randrange(10**6)}"
            entry = {"name": name, "copy_of": self._dice.choice(loose)["name"]}
        else:
            entry = {"name": f"New {self._dice.randrange(10**6)}"}
        if kind == "campaigns":
            entry["subject"] = f"Declared {self._dice.randrange(10**6)}"
        self._manifest[kind].append(entry)
        text = dumped([self._manifest])
        for file, content in text.items():
            self.project.write(file, content)
        self.log.append(f"an author: declares {kind} {entry}")
        yield from ()

    def _forgery(self) -> Iterator[Deed]:
        name, forge = self._dice.choice([*self._forger.ways().items()])
        if "plan" in name:
            yield from self._save()
        self.log.append(f"a forger: {name}")
        forge()
        for path in self.project.journals():
            self._plans.setdefault(path.name, _Plan(deepcopy(self._manifest)))
        if self._dice.random() < 0.7:
            # What is forged is used before it is written over.
            uses = [self._resume, self._apply] if "journal" in name else [self._apply]
            yield from (self._apply_saved if "plan" in name else self._dice.choice(uses))()


def _references(kind: str, entry: Data) -> list[str]:
    """The names of `kind` that an entry refers to, or was known by."""
    names = [*entry.get("merge_of", ()), *entry.get("renamed_from", ())]
    names += [entry["copy_of"]] if "copy_of" in entry else []
    return [*names, *(entry.get("lists") or ())] if kind == "lists" else names


def _short(entry: Data) -> str:
    return f"{entry['method']} {entry['path'].removeprefix('/api/')[-48:]} {entry['status']}"
