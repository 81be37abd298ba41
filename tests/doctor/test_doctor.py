"""`doctor`: every check in each of its states, by the real command line on the real simulator."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from bmeconf.doctor import Check, State, installed
from tests.support.driver import LOCK, Account, Project, Ran
from tests.support.fake_server import Cut, Reply, Rule, instead, refusal
from tests.support.formats import FORMATS, squeezed, told
from tests.support.pair import Pair

SCOPES = (
    *("contacts:read", "contacts:write", "campaigns:read", "campaigns:write"),
    *("reports:read", "domains:read"),
)
URL, KEY = "BMECONF_BASE_URL", "BMECONF_API_KEY"
FOREIGN = "https://mail.example"
ONE_BY_ONE = ("--parallel", "1")
LISTS = {"lists": [{"name": "Autumn"}]}
DRAFT = {"campaigns": [{"name": "Winter", "from": "news@acme.example"}]}
TWO = """\
version: 1
accounts:
  one: {base_url: "https://api.benchmarkemail.io", api_key_env: ONE}
  two: {base_url: "https://api.benchmarkemail.io", api_key_env: TWO}
"""
READS = [
    "GET /api/contact-structure",
    "GET /api/email/campaign",
    "GET /api/email/domain",
    "GET /api/reports/dashboard",
]


@dataclass(frozen=True)
class Case:
    """How one check ends: `said` in its message or remedy, after `prepare` of the world."""

    name: str
    state: str
    said: str = ""
    code: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Project, Account], object] = lambda project, account: None
    arguments: tuple[str, ...] = ()


def limited(*scopes: str) -> Callable[[Project, Account], object]:
    return lambda _, account: account.limit(scopes)


def declaring(manifest: Mapping[str, Any], *scopes: str) -> Callable[[Project, Account], object]:
    def prepare(project: Project, account: Account) -> None:
        project.declare(**manifest)
        account.limit(scopes or SCOPES)

    return prepare


def written(name: str, text: str) -> Callable[[Project, Account], object]:
    return lambda project, _: project.write(name, text)


def with_state(**state: Any) -> Callable[[Project, Account], object]:
    return lambda _, account: account.set({**account.state(), **state})


def linked(project: Project, _: Account) -> None:
    (project.folder / ".bmeconf").mkdir()
    os.symlink("/tmp", project.folder / ".bmeconf" / "journals")


def used(limit: str, left: int) -> Callable[[Project, Account], object]:
    """An account with so much left of a limit of a hundred, after the four requests."""

    def prepare(_: Project, account: Account) -> None:
        account.switch(**{limit: 100})
        for _number in range(96 - left):
            account.call("GET", "contact-structure")

    return prepare


def structures(*labels: str) -> Callable[[Project, Account], object]:
    made = [{"_id": f"{number:024}", "label": label} for number, label in enumerate(labels)]
    return lambda _, account: account.set({"structures": made})


def domains(**ready: bool) -> Any:
    made = [{"domain": f"{n}.example", "isReadyForSending": is_} for n, is_ in ready.items()]
    return with_state(domains=made)


def both(*steps: Callable[[Project, Account], object]) -> Callable[[Project, Account], object]:
    return lambda project, account: [step(project, account) for step in steps]


def seeds(**status: str) -> Callable[[Project, Account], object]:
    """Two seeds, of which the account has one, with this status."""

    def prepare(project: Project, account: Account) -> None:
        project.declare(contacts=[{"email": "ann@example.com"}, {"email": "new@example.com"}])
        if status:
            account.edit("contacts", "ann@example.com", status=status)

    return prepare


def sent_to(list: str, status: str = "draft") -> Callable[[Project, Account], object]:
    """A campaign to a list; nobody is on `Nobody`."""

    def prepare(project: Project, account: Account) -> None:
        account.add("lists", name="Nobody")
        account.add("campaigns", name="Winter", status=status)
        project.declare(campaigns=[{"name": "Winter", "lists": [list]}])

    return prepare


def remembered(project: Project, _: Account) -> None:
    project.deploy(**LISTS)


CASES = [
    Case("versions", "ok", "bmeconf "),
    Case("mail extra", "ok"),
    Case("sandbox extra", "ok", "flask"),
    Case("project file", "ok", "none is needed"),
    Case("project file", "ok", "2 accounts", 3, prepare=written("bmeconf.yaml", TWO)),
    Case("project file", "failed", "1 error", 3, prepare=written("bmeconf.yaml", "version: 9\n")),
    Case("project file", "failed", "", 3, prepare=written("bmeconf.yml", "version: 1\n")),
    Case("manifests", "ok", "1 list", prepare=declaring(LISTS)),
    Case("manifests", "skipped", "bmeconf init"),
    Case("manifests", "failed", "1 error", 3, prepare=declaring({"lists": [{"nam": "x"}]})),
    Case("manifests", "skipped", "account", 3, prepare=written("bmeconf.yaml", TWO)),
    Case(
        "manifests",
        "failed",
        "no declared resource matches",
        3,
        prepare=declaring(LISTS),
        arguments=("--target", "lists/Nope"),
    ),
    Case("lock file", "ok", "none yet"),
    Case("lock file", "ok", "remembers 1 resource", prepare=remembered),
    Case("lock file", "failed", LOCK, 3, prepare=written(LOCK, "{")),
    Case("journals", "ok"),
    Case("journals", "ok", prepare=written(".bmeconf/journals/1-probe.jsonl", "")),
    Case("journals", "failed", "a link", 3, prepare=linked),
    Case("memory", "ok", "nothing learned of this account"),
    Case("account", "ok", "the account of the environment, http://127.0.0.1"),
    Case("account", "ok", "the sandbox", arguments=("--sandbox",)),
    Case(
        "account", "failed", "several accounts: one, two", 3, prepare=written("bmeconf.yaml", TWO)
    ),
    Case("account", "failed", URL, 3, {URL: ""}),
    Case("account", "failed", "begin with https://", 3, {URL: "api.benchmarkemail.io"}),
    Case("host", "ok"),
    Case("host", "skipped", "--sandbox", arguments=("--sandbox",)),
    Case("host", "skipped", "account is not known", 3, {URL: ""}),
    Case("host", "failed", "--allow-host", 7, {URL: FOREIGN}),
    Case("host", "failed", "in the clear", 7, {URL: "http://api.benchmarkemail.io"}),
    Case("key", "ok", f"{KEY} is set"),
    Case("key", "warning", "does not begin with bme_", 4, {KEY: "a-key-of-another-service"}),
    Case("key", "failed", f"{KEY} is not set", 3, {KEY: ""}),
    Case("key", "failed", f"{KEY} is not set", 3, {KEY: "", URL: ""}),
    Case("key", "skipped", "account is not known", 3, prepare=written("bmeconf.yaml", TWO)),
    Case("key accepted", "ok"),
    Case("key accepted", "ok", prepare=limited("domains:read")),
    Case("key accepted", "skipped", "host", 7, {URL: FOREIGN}),
    Case("key accepted", "failed", "Invalid API key", 4, {KEY: "bme_us_" + "0" * 43}),
    Case("key accepted", "failed", "Connection refused", 1, {URL: "http://127.0.0.1:9"}),
    Case("key accepted", "failed", "quota", 5, prepare=used("month_quota", -4)),
    *(
        Case(f"scope {scope}", "ok")
        if scope.endswith(":read")
        else Case(f"scope {scope}", "skipped", "cannot be told without writing")
        for scope in SCOPES
    ),
    *(
        Case(f"scope {scope}", "warning", f"give the key the scope {scope}", prepare=limited())
        for scope in SCOPES
    ),
    *(
        Case(f"scope {scope}", "failed", scope, 4, prepare=declaring(manifest, "domains:read"))
        for scope, manifest in (
            ("contacts:read", LISTS),
            ("contacts:write", LISTS),
            ("contacts:read", DRAFT),
            ("campaigns:read", DRAFT),
            ("campaigns:write", DRAFT),
        )
    ),
    Case("scope campaigns:read", "warning", prepare=declaring(LISTS, "contacts:write")),
    Case("scope contacts:write", "skipped", prepare=declaring(DRAFT, "contacts:read", SCOPES[3])),
    Case("scope domains:read", "skipped", "first request failed", 4, {KEY: "bme_us_" + "0" * 43}),
    Case("scope domains:read", "failed", "--max-requests 1", 5, arguments=("--max-requests", "1")),
    Case("hour", "ok", "3,596 of 3,600 requests left"),
    Case("hour", "warning", "5 of 100 requests left", prepare=used("hour_limit", 5)),
    Case(
        "hour",
        "failed",
        "0 of 100 requests left",
        5,
        prepare=used("hour_limit", 0),
        arguments=ONE_BY_ONE,
    ),
    Case("hour", "skipped", "no reply", prepare=lambda _, account: account.switch(hour_limit=0)),
    Case("month", "ok", "99,996 of 100,000 requests left"),
    Case("month", "warning", "5 of 100 requests left", prepare=used("month_quota", 5)),
    Case(
        "month",
        "failed",
        "0 of 100 requests left",
        5,
        prepare=used("month_quota", 0),
        arguments=ONE_BY_ONE,
    ),
    Case("month", "skipped", "no reply", prepare=lambda _, account: account.switch(month_quota=0)),
    Case("clock", "ok"),
    Case("clock", "skipped", "not asked", 7, {URL: FOREIGN}),
    Case("contact structure", "ok", '"Default Contacts": 3 fields'),
    Case("contact structure", "skipped", "contacts:read", prepare=limited("domains:read")),
    Case("contact structure", "failed", "2 contact structures", 3, prepare=structures("A", "B")),
    Case(
        "contact structure",
        "ok",
        "one of 2",
        prepare=both(structures("A", "B"), declaring({"structure": {"label": "A"}})),
    ),
    Case("sending domains", "ok", "ready: acme", prepare=declaring(DRAFT)),
    Case("sending domains", "ok", prepare=domains(acme=True)),
    Case("sending domains", "warning", "not ready: b.example", prepare=domains(a=True, b=False)),
    Case("sending domains", "warning", "ready: none", prepare=domains()),
    Case(
        "sending domains",
        "warning",
        "campaigns/Winter: acme.example is not ready",
        prepare=both(declaring(DRAFT), domains(b=True)),
    ),
    Case("sending domains", "skipped", "domains:read", prepare=limited("contacts:read")),
    Case("seed contacts", "skipped", "none is declared"),
    Case("seed contacts", "skipped", "contacts:read", prepare=limited("domains:read")),
    Case("seed contacts", "skipped", "not known", 3, prepare=structures("A", "B")),
    Case("seed contacts", "ok", "2 contacts declared, 1 not in the account", prepare=seeds()),
    Case(
        "seed contacts",
        "warning",
        "1 get no mail: contacts/ann@example.com (Inactive (Bounce))",
        prepare=seeds(primary="Inactive", secondary="Bounce"),
    ),
    Case("recipients", "skipped", "no campaign declares any", prepare=declaring(DRAFT)),
    Case("recipients", "ok", "1 campaign", prepare=sent_to("Newsletter")),
    Case("recipients", "warning", "campaigns/Winter (Nobody)", prepare=sent_to("Nobody")),
    Case("recipients", "ok", "1 campaign", prepare=sent_to("Nobody", "sent")),
]


def checks(ran: Ran) -> dict[str, Any]:
    return {check["name"]: check for check in ran.json["checks"]}


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{c.name} {c.state} {n}") for n, c in enumerate(CASES)]
)
def test_each_check_in_each_state(project: Project, account: Account, case: Case) -> None:
    case.prepare(project, account)
    before, files = account.state(), project.files()
    account.clear_log()
    ran = project.run("doctor", "--format", "json", *case.arguments, **case.env)
    check = checks(ran)[case.name]
    assert (check["state"], ran.code, ran.json["exit_code"]) == (case.state, case.code, case.code)
    assert case.said in f"{check['message']} {check['remedy']}"
    assert check["remedy"] or case.state in ("ok", "skipped")
    assert [check["name"] for check in ran.json["checks"]] == NAMES
    assert ("error" in ran.json) == (case.code != 0) == ("Error: " in ran.err)
    assert account.writes() == []
    assert (account.state(), project.files()) == (before, files)
    assert account.sandbox.key not in ran.out + ran.err
    assert not case.env.get(KEY) or case.env[KEY] not in ran.out + ran.err


NAMES = [*dict.fromkeys(case.name for case in CASES)]
"""Every check, in the order of the report."""


def test_the_table_has_every_state_that_a_check_can_have() -> None:
    assert {case.state for case in CASES} == {*State}


def test_four_requests_are_made_and_one_with_a_refused_key(
    project: Project, account: Account
) -> None:
    ran = project.run("doctor", "--format", "json").ok()
    assert sorted(f"{e['method']} {e['path']}" for e in account.log()) == READS
    assert ran.json["requests"] == 4
    account.clear_log()
    assert project.run("doctor", BMECONF_API_KEY="bme_us_" + "0" * 43).code == 4
    assert len(account.log()) == 1


@pytest.mark.parametrize(("off", "said"), [(-600, "10 min ahead of"), (600, "10 min behind")])
def test_a_clock_that_is_off(project: Project, cut: Cut, off: int, said: str) -> None:
    def dated(_: object, forward: Callable[[], Reply]) -> Reply:
        answer = forward()
        date = formatdate(time.time() + off, usegmt=True)
        return replace(answer, headers={**answer.headers, "Date": date})

    cut(Rule(".*", dated))
    check = checks(project.run("doctor", "--format", "json").ok())["clock"]
    assert check["state"] == "warning"
    assert said in check["message"]


def test_replies_without_a_date(project: Project, cut: Cut) -> None:
    cut()
    assert checks(project.run("doctor", "--format", "json").ok())["clock"]["state"] == "skipped"


@pytest.mark.parametrize("path", [line.partition(" ")[2] for line in READS[1:]])
def test_a_read_that_fails_hides_no_other(project: Project, cut: Cut, path: str) -> None:
    server = cut(Rule(f"GET {path}", instead(refusal(404, "RecordNotFound", "gone"))))
    ran = project.run("doctor", "--format", "json")
    failed = [name for name, check in checks(ran).items() if check["state"] == "failed"]
    assert (ran.code, len(failed)) == (1, 2 if path.endswith("campaign") else 1)
    assert all(name.startswith("scope ") for name in failed)
    assert len(server.seen) == 4


def test_what_the_account_does_not_offer_fails_only_who_needs_it(
    project: Project, cut: Cut
) -> None:
    closed = refusal(403, "ForbiddenError", "This endpoint is not accessible via API key")
    cut(*(Rule(line, instead(closed)) for line in READS[1:]))
    ran = project.run("doctor", "--format", "json").ok()
    assert checks(ran)["scope reports:read"]["state"] == "warning"
    project.declare(**DRAFT)
    ran = project.run("doctor", "--format", "json")
    assert (ran.code, checks(ran)["scope campaigns:read"]["state"]) == (4, "failed")


def test_the_gravest_failure_decides(project: Project, account: Account) -> None:
    account.limit(["domains:read"])
    project.declare(**LISTS)
    assert project.run("doctor").code == 4
    project.write(LOCK, "{")
    ran = project.run("doctor", "--format", "json")
    assert ran.code == 3
    assert checks(ran)["scope contacts:read"]["state"] == "failed"
    assert LOCK in ran.json["error"]["message"]


@pytest.mark.parametrize("format", FORMATS)
def test_problems_of_files_have_their_places(project: Project, format: str) -> None:
    project.write("m.yaml", "version: 1\nlists:\n  - nam: Autumn\n")
    ran = project.run("doctor", "--format", format)
    assert ran.code == 3
    words = told(format, ran.out)
    place = '"line":3,"column":5' if format == "json" else "m.yaml:3:5"
    if format == "github":
        place = "file=m.yaml,line=3,col=5"
    assert squeezed(place) in words


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_tells_every_failure(project: Project, account: Account, format: str) -> None:
    project.declare(**DRAFT)
    account.limit(["reports:read"])
    out = project.folder / "report.txt"
    ran = project.run("doctor", "--format", format, "--output", f"{format}=report.txt")
    assert ran.code == 4
    assert out.read_text(encoding="utf-8") == ran.out
    words = told(format, ran.out)
    for scope in ("contacts:read", "campaigns:read", "campaigns:write"):
        assert squeezed(f"give the key the scope {scope}") in words
    assert account.sandbox.key not in ran.out + ran.err


@pytest.mark.parametrize("format", ["text", "markdown", "html", "junit"])
def test_what_one_reason_kept_from_being_asked_is_said_once(tmp_path: Path, format: str) -> None:
    ran = Project(tmp_path).run("doctor", "--format", format)
    assert ran.code == 3
    words = told(format, ran.out)
    assert words.count(squeezed("not asked: account, host or key failed")) == 1
    names = ("key accepted", *(f"scope {scope}" for scope in SCOPES), "hour", "month", "clock")
    assert squeezed(", ".join(names)) in words


def test_an_apply_that_did_not_end_is_named_until_another_one_does(
    project: Project, account: Account
) -> None:
    project.deploy(**LISTS)
    journal = project.journal()
    whole = journal.read_bytes()
    assert checks(doctored(project))["journals"]["state"] == "ok"
    # A run that is killed writes no last line.
    journal.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    check = checks(doctored(project))["journals"]
    assert check["state"] == "warning"
    assert str(journal) in check["remedy"]
    assert checks(doctored(project, "--sandbox"))["journals"]["state"] == "ok"
    project.deploy(lists=[{"name": "Winter"}])
    assert checks(doctored(project))["journals"]["state"] == "ok"


def test_the_resume_of_an_apply_on_the_sandbox_is_named_with_its_option(project: Project) -> None:
    project.declare(**LISTS)
    project.run("apply", "--sandbox", "--auto-approve").ok()
    journal = project.journal()
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    check = checks(doctored(project, "--sandbox"))["journals"]
    assert f"bmeconf apply --sandbox --resume {journal}" in check["remedy"]


def test_a_journal_of_somebody_else_is_not_recommended(project: Project) -> None:
    project.deploy(**LISTS)
    journal = project.journal()
    lines = journal.read_bytes().splitlines(keepends=True)[:-1]
    journal.write_bytes(b"".join([lines[0].replace(b'"seal": "', b'"seal": "0'), *lines[1:]]))
    assert checks(doctored(project))["journals"]["state"] == "ok"


def test_what_was_learned_is_told(project: Project, account: Account) -> None:
    account.switch(search_max_groups=10)
    emails = [f"qa{n}@acme.example" for n in range(60)]
    project.write("bmeconf.yaml", "version: 1\n")
    project.declare(contacts=[{"email": email} for email in emails])
    project.plan()
    assert "search_batch" in checks(doctored(project))["memory"]["message"]


def test_a_lock_file_that_cannot_be_written(project: Project) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    project.deploy(**LISTS)
    (project.folder / LOCK).chmod(0o444)
    assert checks(doctored(project))["lock file"]["state"] == "warning"


def test_nothing_is_left_behind(project: Project) -> None:
    project.run("doctor").ok()
    assert [*project.folder.iterdir()] == []


def test_every_account_has_its_checkup(two_accounts: Pair) -> None:
    ran = two_accounts.project.run(
        "doctor", "--all-accounts", "--format", "json", BMECONF_STAGING_KEY=""
    )
    codes = {part["account"]: part["report"]["exit_code"] for part in ran.json["reports"]}
    assert (ran.code, codes) == (3, {"staging": 3, "production": 0})


@pytest.mark.parametrize(
    ("found", "states"),
    [
        ({"click": "8.3", "flask": "3.0.1"}, ("ok", "ok")),
        ({"click": "8.1.9", "flask": "3.0.1"}, ("failed", "ok")),
        ({"flask": "2.9"}, ("failed", "skipped")),
        ({"click": "10.0"}, ("ok", "skipped")),
    ],
)
def test_packages_are_there_and_new_enough(
    found: Mapping[str, str], states: tuple[str, str]
) -> None:
    needed = ["click>=8.2", "flask>=3.0; extra == 'sandbox'", "ruff>=1; extra == 'dev'"]

    def version(package: str) -> str:
        return found.get(package, "")

    made: tuple[Check, ...] = (
        installed.versions(needed, version),
        installed.extra("sandbox", needed, version),
    )
    assert tuple(map(str, (check.state for check in made))) == states
    assert all(check.remedy for check in made if check.state is not State.OK)


def doctored(project: Project, *arguments: str) -> Ran:
    return project.run("doctor", "--format", "json", *arguments).ok()


def test_a_project_is_found_from_below(project: Project, tmp_path: Path) -> None:
    project.write("bmeconf.yaml", "version: 1\n")
    (below := tmp_path / "below").mkdir()
    ran = replace(project, folder=below).run("doctor", "--format", "json")
    assert "0 accounts" in checks(ran)["project file"]["message"]
