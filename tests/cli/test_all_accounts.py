"""`--all-accounts`: every account has its part in every format, whatever became of the others."""

from __future__ import annotations

import json
import re
import signal
import threading
from typing import Any
from xml.etree import ElementTree

import pytest

from bmeconf.model.errors import GRAVEST_FIRST, gravest
from tests.support.driver import LOCK, Project, Ran
from tests.support.fake_server import SILENCE, FakeServer, HangUp, Seen
from tests.support.formats import FORMATS, squeezed, told
from tests.support.pair import KEYS, MANIFEST, Pair

ONLY_READS = ("validate", "plan", "drift", "report")


def ends(ran: Ran) -> dict[str, int]:
    """The exit code of each account, by its name; that of the run is theirs."""
    codes = {part["account"]: part["report"]["exit_code"] for part in ran.json["reports"]}
    assert ran.code == ran.json["exit_code"] == gravest(codes.values())
    return codes


def on_all(pair: Pair, *arguments: str, **env: str) -> Ran:
    return pair.project.run(*arguments, "--all-accounts", "--format", "json", **env)


@pytest.mark.parametrize("command", ONLY_READS)
def test_each_account_has_the_report_that_it_has_alone(two_accounts: Pair, command: str) -> None:
    ran = on_all(two_accounts, command)
    alone = {}
    for name in two_accounts.accounts:
        one = two_accounts.project.run(command, "--account", name, "--format", "json")
        alone[name] = steady(one.json)
    assert {p["account"]: steady(p["report"]) for p in ran.json["reports"]} == alone
    assert ran.json["not_looked_at"] == []
    ends(ran)
    assert two_accounts.staging.writes() == two_accounts.production.writes() == []


def steady(document: Any) -> Any:
    """A document without what is another each time: when it was made, and what was left."""
    varying = ("created_at", "digest", "requests", "engagement")
    return {key: value for key, value in document.items() if key not in varying}


FAILURES = [
    ("a refused key", {"BMECONF_PRODUCTION_KEY": "bme_" + "0" * 40}, 4, "refused"),
    ("no key", {"BMECONF_PRODUCTION_KEY": ""}, 3, "BMECONF_PRODUCTION_KEY is not set"),
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("env", "code", "said"), [f[1:] for f in FAILURES], ids=lambda v: "")
def test_the_failure_of_one_silences_no_other(
    two_accounts: Pair, format: str, env: dict[str, str], code: int, said: str
) -> None:
    ran = two_accounts.project.run("plan", "--all-accounts", "--format", format, **env)
    assert ran.code == code
    words = told(format, ran.out)
    for expected in ("staging", "production", "Staging news", f"exit code {code}: production"):
        if format != "json" or " " not in expected[:9]:
            assert squeezed(expected) in words or format == "json", expected
    assert "Error (production): " in ran.err
    assert "Error (staging)" not in ran.err


@pytest.mark.parametrize("place", [0, 1])
def test_an_account_that_cannot_be_used_is_one_of_two(two_accounts: Pair, place: int) -> None:
    name, other = ("staging", "production") if place == 0 else ("production", "staging")
    for url, code in (("http://127.0.0.1:9", 1), ("https://foreign.example", 7)):
        two_accounts.declare(**{name: url})
        ran = on_all(two_accounts, "plan")
        assert ends(ran) == {name: code, other: 0}
        reports = {part["account"]: part["report"] for part in ran.json["reports"]}
        assert reports[name]["error"]["message"] in ran.err
        assert [step["action"] for step in reports[other]["steps"]] == ["create"] * 3


def test_each_account_has_a_budget_of_its_own(two_accounts: Pair) -> None:
    needed = two_accounts.project.plan("--account", "staging")["requests"]["read"]
    ran = on_all(two_accounts, "plan", "--max-requests", str(needed))
    assert ends(ran) == {"staging": 0, "production": 0}
    assert ends(on_all(two_accounts, "plan", "--max-requests", "1")) == {
        "staging": 5,
        "production": 5,
    }


def test_drift_and_pending_changes_end_the_run(two_accounts: Pair) -> None:
    two_accounts.project.apply("--account", "staging")
    assert ends(on_all(two_accounts, "plan", "--detailed-exitcode")) == {
        "staging": 0,
        "production": 2,
    }
    recorded = on_all(two_accounts, "drift", "--record")
    assert ends(recorded) == {"staging": 0, "production": 2}
    sections = json.loads((two_accounts.project.folder / LOCK).read_text())["accounts"]
    assert len(sections) == 1, "nothing of production is there to be remembered"


def test_the_manifests_are_valid_for_one_account_alone(two_accounts: Pair) -> None:
    two_accounts.project.declare(lists=[{"name": "${brand} ${colour}"}])
    text = (two_accounts.project.folder / "bmeconf.yaml").read_text()
    text = text.replace("brand: Staging", "brand: Staging\n      colour: red")
    two_accounts.project.write("bmeconf.yaml", text)
    ran = on_all(two_accounts, "validate")
    assert ends(ran) == {"staging": 0, "production": 3}


def test_ctrl_c_ends_all_with_a_report(two_accounts: Pair) -> None:
    asked = threading.Event()

    def silence(seen: Seen) -> HangUp:
        asked.set()
        return SILENCE

    with FakeServer(silence) as silent:
        two_accounts.declare(staging=silent.url)
        words = ("plan", "--all-accounts", "--format", "json")
        with two_accounts.project.start(*words) as process:
            assert asked.wait(30)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    ran = Ran(process.returncode, out.decode(), err.decode())
    assert ends(ran) == {"staging": 130}
    assert ran.json["not_looked_at"] == ["production"]
    assert two_accounts.production.log() == []


@pytest.mark.parametrize(
    ("words", "env", "code"),
    [
        (("plan",), {}, 3),
        (("drift", "--record"), {}, 2),
        (("plan",), {"BMECONF_STAGING_KEY": "", "BMECONF_PRODUCTION_KEY": "x" * 40}, 3),
        (("plan",), dict.fromkeys(KEYS.values(), "bme_" + "0" * 40), 4),
    ],
)
def test_a_report_that_is_lost(
    two_accounts: Pair, words: tuple[str, ...], env: dict[str, str], code: int
) -> None:
    two_accounts.project.apply("--account", "staging")
    two_accounts.staging.edit("campaigns", "Winter", subject="By hand")
    ran = on_all(two_accounts, *words, "--output", "text=/dev/full", **env)
    assert (ran.code, ran.json["exit_code"]) == (code, code)
    assert len(ran.json["reports"]) == 2
    assert "/dev/full cannot be written" in ran.err


def test_the_page_of_several_accounts_has_one_of_each_anchor(two_accounts: Pair) -> None:
    ran = two_accounts.project.run("plan", "--all-accounts", "--format", "html").ok()
    ids = re.findall(r' id="([^"]+)"', ran.out)
    named = re.findall(r'(?:aria-labelledby="|href="#)([^"]+)"', ran.out)
    assert len(ids) == len({*ids})
    assert {*named} <= {*ids}


def test_the_tests_of_a_ci_system_are_told_apart(two_accounts: Pair) -> None:
    ran = two_accounts.project.run("plan", "--all-accounts", "--format", "junit")
    cases = [
        (c.get("classname"), c.get("name"))
        for c in ElementTree.fromstring(ran.out).iter("testcase")
    ]
    assert len(cases) == len({*cases}) > 4


def test_the_annotations_name_the_account(two_accounts: Pair) -> None:
    ran = two_accounts.project.run("plan", "--all-accounts", "--format", "github").ok()
    for name in two_accounts.accounts:
        assert f"title={name} (127.0.0.1" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "--account", "staging"), "they exclude each other"),
        (("plan", "--sandbox"), "the simulator is one account"),
        (("plan", "--out", "plan.json"), "a saved plan is the plan of one account"),
        (("apply", "--auto-approve"), "bmeconf apply takes one account a run"),
        (("pull",), "bmeconf pull takes one account a run"),
    ],
)
def test_what_is_of_one_account_alone(
    two_accounts: Pair, words: tuple[str, ...], said: str
) -> None:
    assert said in two_accounts.project.refused(*words, "--all-accounts")
    assert two_accounts.staging.log() == two_accounts.production.log() == []


def test_a_project_without_accounts(project: Project) -> None:
    project.declare(lists=[{"name": "A"}])
    assert "declares no account" in project.refused("plan", "--all-accounts")


def test_one_account_is_enough(two_accounts: Pair) -> None:
    del two_accounts.accounts["staging"]
    two_accounts.declare()
    ran = two_accounts.project.run("plan", "--all-accounts").ok()
    assert "1 account; exit code 0: production." in ran.out


def test_a_great_plan_leaves_room_to_the_others(two_accounts: Pair) -> None:
    lists = [{"name": f"${{brand}} {n} {'long ' * 40}"} for n in range(400)]
    two_accounts.project.declare(**{**MANIFEST, "lists": [*MANIFEST["lists"], *lists]})
    ran = two_accounts.project.run("plan", "--all-accounts", "--format", "markdown").ok()
    assert len(ran.out.encode()) <= 65_536
    assert ran.out.startswith("<!-- bmeconf:plan account=all -->\n")
    assert ran.out.count("<!-- bmeconf:") == 1
    assert ran.out.count("Fingerprint: ") == 2


def test_every_code_has_its_rank() -> None:
    assert sorted(GRAVEST_FIRST) == [*range(10), 130]
    assert [gravest(codes) for codes in ((0, 2), (9, 7), (1, 4), (8, 3), ())] == [2, 7, 4, 3, 0]
