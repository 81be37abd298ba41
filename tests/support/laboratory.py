"""Generated worlds, planned and applied; and the edits that may follow, by hand or by manifest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.driver import LATER, Account, Project, Ran
from tests.support.oracle import CONTENTS, TEXTS, WITHHELD, Oracle, address, meant
from tests.support.strategies import FROZEN_CONTACTS, Data, World, canonical, dumped

HAND = "typed by hand"
OTHER = "another.one@acme.example"


@dataclass(frozen=True)
class Lived:
    """What became of a world: planned, applied, planned again; states, logs and documents."""

    world: World
    before: Any
    plan: Any
    plan_log: list[Data]
    planned: Any
    applied: Ran
    log: list[Data]
    after: Any
    again: Any

    @property
    def result(self) -> Any:
        """The result document."""
        return self.applied.json

    @property
    def oracle(self) -> Oracle:
        """What the design says of this."""
        return Oracle(
            self.world,
            self.before,
            self.after,
            withheld=self.found(*WITHHELD),
            written=frozenset(step["pin"]["id"] for step in self.plan["steps"] if step["pin"]),
            unread=self.found("unreadable"),
            rewritten=frozenset(
                f["address"] for f in self.result["findings"] if f["code"] == "rewritten"
            ),
        )

    def found(self, *codes: str) -> frozenset[str]:
        """The addresses that the plan has a finding on with one of `codes`."""
        return frozenset(f["address"] for f in self.plan["findings"] if f["code"] in codes)


class Laboratory:
    """One simulated account, and a fresh project folder for every look at it."""

    def __init__(self, account: Account, folder: Path) -> None:
        self.account, self._folder, self._count = account, folder, itertools.count()
        # Thousands of examples share one simulator: its limits are tested elsewhere.
        account.switch(hour_limit=10**9, month_quota=10**9)

    def room(self) -> Path:
        """An empty folder."""
        folder = self._folder / str(next(self._count))
        folder.mkdir()
        return folder

    def project(self, parts: list[Data]) -> Project:
        """A project of these manifests."""
        project = Project(self.room(), self.account.env)
        for name, text in dumped(parts).items():
            project.write(name, text)
        return project

    def live(self, world: World) -> Lived:
        """Plan, apply with every planned delete allowed, and plan again from a fresh folder."""
        before = self.account.set(world.account)
        self.account.clear_log()
        project = self.project([world.manifest])
        plan = project.plan()
        plan_log, planned = self.account.log(), self.account.state()
        self.account.clear_log()
        applied = project.run("apply", "--auto-approve", "--format", "json", *allowed(plan))
        log, after = self.account.log(), self.account.state()
        again = self.project([world.manifest]).plan()
        return Lived(world, before, plan, plan_log, planned, applied, log, after, again)


@dataclass(frozen=True)
class Kept:
    """A world that was applied, and the project that did it, with its lock."""

    world: World
    project: Project
    oracle: Oracle

    @property
    def lock(self) -> str:
        return self.project.lock_text()


def allowed(plan: Any) -> list[str]:
    """The options that allow every delete of a plan."""
    deletes = [step["address"] for step in plan["steps"] if step["action"] == "delete"]
    return [f"--allow-delete={address}" for address in deletes]


def apply(project: Project) -> Any:
    plan = project.plan()
    project.apply(*allowed(plan))
    return plan


def kept(laboratory: Laboratory, world: World) -> Kept:
    before = laboratory.account.set(world.account)
    project = laboratory.project([world.manifest])
    apply(project)
    after = laboratory.account.state()
    return Kept(world, project, Oracle(world, before, after, frozenset(), frozenset()))


@dataclass(frozen=True)
class Field:
    kind: str
    entry: Data
    path: str
    live: Data
    values: Data
    declared: Data

    @property
    def where(self) -> tuple[str, str]:
        return address(self.kind, self.entry), self.path


def fields(kept: Kept) -> Iterator[Field]:
    """Every declared field that an apply may write, with another value for either side."""
    for kind, entry in kept.oracle.entries:
        live = meant(kept.world, kept.oracle.after, kind, {**entry, "renamed_from": ()})
        if live is None or "state" in entry:
            continue
        if kind == "campaigns" and live["status"] == "draft":
            yield from _of_campaign(entry, live)
        elif kind == "contacts" and not _left_alone(entry, live["status"]):
            yield from _of_contact(kept.oracle, entry, live)


def _left_alone(entry: Data, status: Data) -> bool:
    """True for a contact that no apply writes to: only the person can opt in again."""
    opts_in = entry.get("status") == "Active" and status["primary"] == "Inactive"
    return opts_in or status.get("secondary") in FROZEN_CONTACTS


def _of_campaign(entry: Data, live: Data) -> Iterator[Field]:
    for ours, theirs in TEXTS.items():
        if ours in entry:
            text = OTHER if ours == "from" else HAND
            yield Field("campaigns", entry, ours, live, {theirs: text}, {ours: "x" + text})
    for (ours, theirs), key in zip(CONTENTS.items(), ("html", "text"), strict=True):
        if ours in entry:
            yield Field("campaigns", entry, ours, live, {theirs: HAND}, {ours: {key: HAND + "x"}})
    if "reply_to" in entry:
        yield Field(
            *("campaigns", entry, "reply_to", live),
            *({"replyToAddresses": [OTHER]}, {"reply_to": [f"x{OTHER}"]}),
        )


def _of_contact(oracle: Oracle, entry: Data, live: Data) -> Iterator[Field]:
    for label in entry.get("fields") or ():
        id = oracle._field_ids.get(canonical(label))
        if id is None:
            # The structure was blocked, and with it the contact.
            continue
        seen = next(
            canonical(f["label"]) for f in oracle.after["structures"][0]["fields"] if f["_id"] == id
        )
        values = {**live["fields"], id: HAND}
        declared = {"fields": {**entry["fields"], label: HAND + "x"}}
        path = "fields." + seen.replace("\\", "\\\\").replace(".", "\\.")
        yield Field("contacts", entry, path, live, {"fields": values}, declared)
    if "lists" in entry and (managed := sorted(oracle._managed_lists)):
        values = {"lists": sorted({*live["lists"]} ^ {managed[0]})}
        yield Field("contacts", entry, "lists", live, values, {})


def moved(laboratory: Laboratory, field: Field) -> None:
    """A person makes the edit of `field` in the web app."""
    state = laboratory.account.state()
    for one in state[field.kind]:
        if one["_id"] == field.live["_id"]:
            one.update(field.values, updatedAt=LATER, __v=one["__v"] + 1)
    laboratory.account.set(state)
