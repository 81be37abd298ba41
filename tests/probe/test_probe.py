"""`probe`: what it recovers of each switch of the real simulator, and what it costs."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from bmeconf.probe import NEVER, QUESTIONS
from bmeconf.sandbox import Switches
from tests.support.accounts import fill
from tests.support.driver import Account, Project, Ran
from tests.support.formats import FORMATS

CONTACT = "me@probe.example"
SWITCHES = {spec.name for spec in fields(Switches)}


def answers(ran: Ran) -> dict[str, Any]:
    return {answer["code"]: answer for answer in ran.json["answers"]}


def probed(project: Project, *arguments: str) -> Ran:
    return project.run("probe", "--format", "json", *arguments)


def test_every_switch_has_its_question() -> None:
    assert {code for code, each in QUESTIONS.items() if each.switch} == SWITCHES


def test_questions_are_whole() -> None:
    for code, each in QUESTIONS.items():
        assert code == each.code
        assert all((each.words.endswith("?"), each.contract, each.asked))
        assert each.asked.startswith("not asked: ") == (each.way == NEVER)


def test_without_what_it_asks_about_a_question_has_no_answer(
    project: Project, account: Account
) -> None:
    account.set({"structures": [{}]})
    account.switch(search_max_groups=0, page_max_size=0, search_empty_filters="error")
    found = answers(probed(project).ok())
    assert (found["search_max_groups"]["at_least"], found["search_max_groups"]["value"]) == (
        True,
        800,
    )
    for code in ("page_max_size", "campaign_body", "contact_lists_read", "search_ceiling"):
        assert (found[code]["told"], found[code]["value"]) == (False, None), found[code]
        assert found[code]["evidence"]


def test_a_key_that_is_refused_ends_it_without_a_word_of_the_account(
    project: Project, account: Account
) -> None:
    ran = project.run("probe", "--format", "json", BMECONF_API_KEY="bme_us_" + "0" * 43)
    assert (ran.code, ran.json["error"]["code"], len(account.log())) == (4, "refused", 1)
    assert "Invalid API key" in ran.err
    assert "Invalid API key" not in ran.out


def test_no_more_than_it_may_send_is_sent(project: Project, account: Account) -> None:
    ran = probed(project, "--max-requests", "7")
    assert (ran.code, len(account.log())) == (5, 7)
    assert answers(ran)["lists_page"]["told"]


@pytest.mark.parametrize("words", [(), ("--write", f"--contact={CONTACT}", "--auto-approve")])
def test_nothing_of_the_account_or_of_the_probe_is_in_a_report(
    project: Project, account: Account, words: tuple[str, ...]
) -> None:
    """Every text and id of the account is marked, and no mark comes out in any format."""
    state = json.loads(json.dumps(fill(account, 3, 3, 30)).replace("acme.example", "qzqz.example"))
    for kind in ("lists", "campaigns"):
        for number, one in enumerate(state[kind]):
            one["name"] = f"qzqz {number}"
    for number, contact in enumerate(state["contacts"]):
        contact["key"] = f"Qzqz{number}@qzqz.example"
    state["structures"][0]["label"] = "qzqz"
    account.set(state)
    outputs = [f"--output={format}=out.{format}" for format in FORMATS]
    ran = project.run("probe", *words, *outputs, "--quiet").ok()
    said = [ran.out, *((project.folder / f"out.{format}").read_text() for format in FORMATS)]
    ids = {one["_id"] for kind in ("lists", "campaigns", "contacts") for one in state[kind]}
    marks = {CONTACT, "qzqz", "127.0.0.1", account.sandbox.key, *ids, state["structures"][0]["_id"]}
    for text in said:
        assert not [mark for mark in marks if mark in text.lower()]
