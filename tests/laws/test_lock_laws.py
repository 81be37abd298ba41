"""The laws of the lock file, tried on generated accounts and manifests (design 7.17).

It changes what is told of a difference, never what there is to do; and it tells the truth.
"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.documents import classes
from tests.support.laboratory import Field, Kept, Laboratory, apply, fields, kept, moved
from tests.support.strategies import World, dumped, examples, worlds

pytestmark = pytest.mark.long

LOCK = "bmeconf.lock.json"


def without_classes(plan: Any) -> Any:
    for change in (change for step in plan["steps"] for change in step["changes"]):
        change.pop("class", None)
    return plan["steps"]


# --- what may move: a declared field of one resource, its path, what a person makes of it


def declared(kept: Kept, field: Field) -> None:
    """The manifest declares another value for `field`."""
    manifest = copy.deepcopy(kept.world.manifest)
    for entry in manifest[field.kind]:
        if entry == field.entry:
            entry.update(field.declared)
    for name, text in dumped([manifest]).items():
        kept.project.write(name, text)


# --- the laws


@pytest.mark.parametrize(
    "switches",
    [{}, {"campaign_body": "minimal"}, {"campaign_lists_read": "objects"}],
    ids=str,
)
def test_apply_then_plan_is_empty_and_the_lock_stays(
    switches: dict[str, Any], laboratory: Laboratory
) -> None:
    """In each reading of the API that decides what is seen of a campaign or a contact."""
    laboratory.account.switch(**switches)

    @examples(4)
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


@examples(4)
@given(st.data())
def test_an_edit_by_hand_is_drift(laboratory: Laboratory, data: st.DataObject) -> None:
    lived = kept(laboratory, data.draw(worlds()))
    if not (candidates := [*fields(lived)]):
        return
    field = data.draw(st.sampled_from(candidates))
    moved(laboratory, field)
    plan = lived.project.plan()
    assert classes(plan) == {" ".join(field.where): "drift"}
    (lived.project.folder / LOCK).unlink()
    assert without_classes(plan) == lived.project.plan()["steps"]


@examples(4)
@given(st.data())
def test_an_edit_of_the_manifest_is_pending(laboratory: Laboratory, data: st.DataObject) -> None:
    lived = kept(laboratory, data.draw(worlds()))
    if not (candidates := [field for field in fields(lived) if field.declared]):
        return
    field = data.draw(st.sampled_from(candidates))
    declared(lived, field)
    assert classes(lived.project.plan()) == {" ".join(field.where): "pending"}
    if data.draw(st.booleans()):
        moved(laboratory, field)
        plan = lived.project.plan()
        assert classes(plan) == {" ".join(field.where): "conflict"}
        (lived.project.folder / LOCK).unlink()
        assert without_classes(plan) == lived.project.plan()["steps"]


def _on_a_list_that_goes() -> World:
    """Two contacts on a list that is deleted: nothing is written to the first of them."""
    names = {f"0{n:023}": name for n, name in enumerate(("News", "Old"))}
    contact = {"fields": {}, "tags": [], "status": {"primary": "Active"}, "__v": 0}
    structure = {"_id": f"5{0:023}", "label": "Default", "fields": [], "tags": [], "__v": 0}
    emails = ("a@seeds.example", "b@seeds.example")
    return World(
        {
            "structures": [structure],
            "lists": [{"_id": id, "name": name, "__v": 0} for id, name in names.items()],
            "contacts": [
                {"_id": f"2{n:023}", "key": email, "lists": [*names][n:], **contact}
                for n, email in enumerate(emails)
            ],
            "campaigns": [],
            "templates": [],
            "domains": [{"domain": "acme.example"}],
        },
        {
            "lists": [{"name": "News"}, {"name": "Old", "state": "absent"}],
            "contacts": [{"email": email, "lists": ["News"]} for email in emails],
        },
    )


@examples(4)
@example(_on_a_list_that_goes())
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
