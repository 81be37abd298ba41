"""`probe` before services of other behaviour than any simulator has: true answers, nothing left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.accounts import fill
from tests.support.driver import Account, Project
from tests.support.fake_server import Action, Cut, Forward, Meddle, Rule, Seen, edited, reply

WRITE = ("probe", "--write", "--contact", "me@probe.example", "--auto-approve", "--format", "json")
SEARCH, LISTS = "POST /api/contact/search", "/api/contact-structure/[^/]*/lists"
CAMPAIGN = "GET /api/email/campaign/(?!f{24})[^/]*"


def with_etag(seen: Seen, forward: Forward) -> Action:
    answer = forward()
    return replace(answer, headers={**answer.headers, "ETag": '"1"'})


def without(*keys: str) -> Meddle:
    def edit(value: Any) -> Any:
        return {key: each for key, each in value.items() if key not in keys}

    return edited(edit)


def each_hit(change: Callable[[Any], Any]) -> Meddle:
    def edit(value: Any) -> Any:
        return {**value, "contacts": [change(hit) for hit in value.get("contacts", ())]}

    return edited(edit)


def jumped(value: Any) -> Any:
    return {**value, "__v": value["__v"] + 4}


ODD = {
    "etag": (".*", with_etag, {"etag": True}),
    "no version of a contact": ("GET /api/contact/.*", without("__v"), {"contact_version": False}),
    "both forms of a status": (
        SEARCH,
        each_hit(lambda hit: {**hit, "status": {"primary": "Active"}}),
        {"search_status": None},
    ),
    "hits without addresses": (
        SEARCH,
        each_hit(lambda hit: {"_id": hit["_id"]}),
        {"search_multi_value": None, "search_status": None},
    ),
    "no total of campaigns": ("GET /api/email/campaign", without("total"), {"page_max_size": None}),
    "lists as numbers": (
        CAMPAIGN,
        edited(lambda value: {**value, "lists": [7]}),
        {"campaign_lists_read": None},
    ),
    "no lists of a campaign": (CAMPAIGN, without("lists"), {"campaign_lists_read": None}),
    "a version that jumps": (f"PATCH {LISTS}/.*", edited(jumped), {"version_step": "list 5"}),
    "a copy of another name": (
        f"POST {LISTS}/.*/duplicate",
        edited(lambda value: {**value, "name": f"Copy of {value['name']}"}),
        {"list_copy_name": False},
    ),
    "a list without an id": (f"POST {LISTS}", without("_id"), {"unique_list_names": None}),
    "a contact without an id": ("POST /api/contact", without("_id"), {"contact_put": None}),
    "a draft without an id": ("POST /api/email/campaign", without("_id"), {"body_rewriting": None}),
    "writes without a word": (
        "(PUT|PATCH) .*",
        lambda seen, forward: reply({}, forward().status),
        {"contact_put": "replace"},
    ),
    "a teapot for unknown lists": (
        f"GET {LISTS}/f.*",
        lambda seen, forward: reply({"errors": []}, 418),
        {"unknown_list": None, "error_limit_headers": False},
    ),
    "nothing but an array of numbers": (
        f"GET {LISTS}/all",
        lambda seen, forward: reply([1, 2], 200),
        {"page_max_size": None},
    ),
}


@pytest.mark.parametrize("name", [name for name in ODD if "array" not in name])
def test_what_is_told_of_an_odd_service_is_true(
    project: Project, account: Account, cut: Cut, name: str
) -> None:
    before = fill(account, 2, 3, 4)
    pattern, meddle, wanted = ODD[name]
    cut(Rule(pattern, meddle))
    ran = project.run(*WRITE)
    assert ran.code in (0, 1), ran.err
    found = {answer["code"]: answer["value"] for answer in ran.json["answers"]}
    for code, value in wanted.items():
        assert value == found[code] or str(value) in (found[code] or ()), (code, found[code])
    assert account.state() == before
    assert project.journals() == []


def test_lists_that_cannot_be_read_are_left_and_named(
    project: Project, account: Account, cut: Cut
) -> None:
    fill(account, 2, 3, 4)
    pattern, meddle, _ = ODD["nothing but an array of numbers"]
    rule = Rule(pattern, meddle)
    cut(rule)
    ran = project.run(*WRITE)
    assert (ran.code, ran.json["left"]) == (8, ["list"])
    rule.times = 0
    project.run("probe", "--clean", "--auto-approve").ok()
    assert project.journals() == []
