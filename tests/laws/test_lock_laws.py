"""The laws of the lock file, tried on generated accounts and manifests (design 7.17).

It changes what is told of a difference, never what there is to do; and it tells the truth.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.sandbox.switches import Switches
from tests.laws.test_laws import Laboratory
from tests.support.driver import Account, Project
from tests.support.oracle import CONTENTS, TEXTS, Oracle, address, meant
from tests.support.strategies import (
    FROZEN_CONTACTS,
    Data,
    World,
    canonical,
    dumped,
    examples,
    worlds,
)

pytestmark = pytest.mark.long

LOCK = "bmeconf.lock.json"
HAND, LATER = "typed by hand", "2030-01-01T00:00:00.000Z"
OTHER = "another.one@acme.example"


@pytest.fixture
def laboratory(account: Account, tmp_path: Path) -> Laboratory:
    return Laboratory(account, tmp_path)


@dataclass(frozen=True)
class Kept:
    """A world that was applied, and the project that did it, with its lock."""

    world: World
    project: Project
    oracle: Oracle

    @property
    def lock(self) -> str:
        path = self.project.folder / LOCK
        return path.read_text(encoding="utf-8") if path.exists() else ""


def apply(project: Project) -> Any:
    plan = project.plan()
    deletes = [step["address"] for step in plan["steps"] if step["action"] == "delete"]
    project.apply(*(f"--allow-delete={address}" for address in deletes))
    return plan


def kept(laboratory: Laboratory, world: World) -> Kept:
    before = laboratory.account.set(world.account)
    project = laboratory.project([world.manifest])
    apply(project)
    after = laboratory.account.state()
    return Kept(world, project, Oracle(world, before, after, frozenset(), frozenset()))


def without_classes(plan: Any) -> Any:
    for change in (change for step in plan["steps"] for change in step["changes"]):
        change.pop("class", None)
    return plan["steps"]


# --- what may move: a declared field of one resource, its path, what a person makes of it


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
        elif kind == "contacts" and live["status"].get("secondary") not in FROZEN_CONTACTS:
            yield from _of_contact(kept.oracle, entry, live)


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


def declared(kept: Kept, field: Field) -> None:
    """The manifest declares another value for `field`."""
    manifest = copy.deepcopy(kept.world.manifest)
    for entry in manifest[field.kind]:
        if entry == field.entry:
            entry.update(field.declared)
    for name, text in dumped([manifest]).items():
        kept.project.write(name, text)


def classes(plan: Any) -> dict[tuple[str, str], str]:
    return {
        (step["address"], change["path"]): change["class"]
        for step in plan["steps"]
        for change in step["changes"]
    }


# --- the laws


def dialects() -> Iterator[dict[str, Any]]:
    """Readings of the API that decide what is seen of a campaign or a contact."""
    yield {}
    known = Switches().as_dict()
    for switch, value in (("campaign_body", "minimal"), ("campaign_lists_read", "objects")):
        assert switch in known
        yield {switch: value}


@pytest.mark.parametrize("switches", [*dialects()], ids=str)
def test_apply_then_plan_is_empty_and_the_lock_stays(
    switches: dict[str, Any], laboratory: Laboratory
) -> None:
    laboratory.account.switch(**switches)

    @examples(10)
    @given(worlds())
    def law(world: World) -> None:
        if switches.get("campaign_body") == "minimal":
            laboratory.account.switch(campaign_patch_version="optional")
        lived = kept(laboratory, world)
        assert lived.project.plan()["steps"] == []
        once = lived.lock
        assert apply(lived.project)["steps"] == []
        assert lived.lock == once

    law()


@examples(12)
@given(st.data())
def test_an_edit_by_hand_is_drift(laboratory: Laboratory, data: st.DataObject) -> None:
    lived = kept(laboratory, data.draw(worlds()))
    if not (candidates := [*fields(lived)]):
        return
    field = data.draw(st.sampled_from(candidates))
    moved(laboratory, field)
    plan = lived.project.plan()
    assert classes(plan) == {field.where: "drift"}
    (lived.project.folder / LOCK).unlink()
    assert without_classes(plan) == lived.project.plan()["steps"]


@examples(12)
@given(st.data())
def test_an_edit_of_the_manifest_is_pending(laboratory: Laboratory, data: st.DataObject) -> None:
    lived = kept(laboratory, data.draw(worlds()))
    if not (candidates := [field for field in fields(lived) if field.declared]):
        return
    field = data.draw(st.sampled_from(candidates))
    declared(lived, field)
    assert classes(lived.project.plan()) == {field.where: "pending"}
    if data.draw(st.booleans()):
        moved(laboratory, field)
        plan = lived.project.plan()
        assert classes(plan) == {field.where: "conflict"}
        (lived.project.folder / LOCK).unlink()
        assert without_classes(plan) == lived.project.plan()["steps"]


@examples(10)
@given(worlds())
def test_adopting_remembers_what_applying_does(laboratory: Laboratory, world: World) -> None:
    """An apply that finds all in place leaves the same lock as the one that made it so."""
    lived = kept(laboratory, world)
    manifest = replace(world, account=lived.oracle.after).manifest
    other = laboratory.project([manifest])
    apply(other)
    text = (other.folder / LOCK).read_text(encoding="utf-8") if lived.lock else ""
    assert _versionless(text) == _versionless(lived.lock)


def _versionless(text: str) -> Any:
    """A lock but for versions, which not every way of reading shows."""
    whole = json.loads(text or "{}")
    for section in whole.get("accounts", {}).values():
        for entry in section["resources"].values():
            entry.pop("version", None)
            entry.pop("check")
    return whole
