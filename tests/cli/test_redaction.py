"""--redact: no address and no value of a contact's field leaves a run, and all else stays."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import click
import pytest

from bmeconf.cli.main import COMMANDS, cli
from bmeconf.cli.redaction import VARIABLE
from bmeconf.render import EXTRACTS, PATCH
from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import FakeServer, Rule, instead, refusal
from tests.support.formats import FORMATS
from tests.support.pair import Pair

ODD = {
    "plus+Zqxa": "plain.example",
    "`zqx{b}": "quote.example",
    "ZQXC": "CAPITALS.example",
    "zqxé": "büro.example",
    "a/zqx=d": "slash.example",
    "zqxe%": "percent.example",
}
"""Local parts and domains of contacts, each with `zqx` in it."""
ADDRESSES = [f"{local}@{domain}" for local, domain in ODD.items()]
VALUE = "Secretville am Geheimbach"
OTHER, LONG = "Geheimstadt", "Geheim" + "und so weiter, " * 9
SUBJECT = "Write to sub.zqx@subject.example or to &quot;q zqx&quot;@subject.example"
BODY = (
    "<p>Mail body.zqx@body.example, <a href='mailto:link.zqx%40body.example?subject=x'>us</a>"
    " or split.zqx@<b>body.example</b>, &#122;qx&#64;body.example</p>"
)
MARKS = ("zqx", "secretville", "geheim")
KEY = {VARIABLE: "a secret of this test"}
WRITTEN = (*FORMATS, *(format for format in EXTRACTS if format != PATCH))
"""All but the edit of manifests, which is refused."""
OUTPUTS = [word for f in WRITTEN for word in ("--output", f"{f}=out.{f}")]
DIGEST = re.compile(r"redacted-[a-z2-7]{12}")


def manifest(city: str) -> dict[str, Any]:
    """Contacts with marked addresses and values, and a campaign that names others."""
    contacts = [{"email": email, "fields": {"City": city}} for email in ADDRESSES]
    campaign = {
        "name": "Winter",
        "from": "sender.zqx@acme.example",
        "reply_to": ["reply.zqx@acme.example"],
        "subject": SUBJECT,
        "body": {"html": BODY},
        "lists": ["News"],
        "schedule": {"at": "2099-12-01T08:00:00Z", "note": "ask note.zqx@acme.example"},
    }
    return {
        "structure": {"fields": [{"label": "City", "type": "text"}]},
        "lists": [{"name": "News"}],
        "contacts": contacts,
        "campaigns": [campaign],
    }


def said(project: Project, ran: Ran) -> dict[str, str]:
    """Everything that a run said or wrote for people, by where."""
    paths = [*project.folder.glob("out.*"), *project.folder.glob("previews/*")]
    files = {path.name: path.read_text(encoding="utf-8") for path in paths}
    return {"stdout": ran.out, "stderr": ran.err, **files}


def bare(text: str) -> str:
    """A text without what any format escapes, wraps or takes apart in it."""
    for _ in range(3):
        text = unquote(html.unescape(text))
        text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    text = re.sub(r"<[^>]*>|\s|[\\'\"]", "", text)
    return unicodedata.normalize("NFC", text).casefold()


def assert_clean(project: Project, ran: Ran, *codes: int) -> dict[str, str]:
    """Nothing marked stands in what the run said; that, by where."""
    assert ran.code in (codes or (0,)), f"exit {ran.code}\n{ran.out}\n{ran.err}"
    told = said(project, ran)
    for where, text in told.items():
        plain = bare(text)
        for mark in MARKS:
            at = plain.find(mark)
            assert at < 0, (where, plain[max(at - 200, 0) : at + 100])
        assert "bme_us_" not in text
    return told


@pytest.fixture
def marked(project: Project) -> Project:
    """A project whose manifests are full of marks."""
    project.declare(**manifest(VALUE))
    return project


def drifted(project: Project, account: Account, *options: str) -> None:
    """Everything is applied, and a person has changed values and a subject."""
    project.run("apply", "--auto-approve", *options).ok()
    for email in ADDRESSES:
        one = next(o for o in account.state()["contacts"] if o["key"].lower() == email.lower())
        account.edit("contacts", one["key"], fields={account.field_id("City"): OTHER})
    account.edit("campaigns", "Winter", subject="Ask moved.zqx@acme.example")


def products() -> list[str]:
    """Every command that gives something out for people."""
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in COMMANDS}
    return [
        name
        for name, command in commands.items()
        if command and any("--format" in param.opts for param in command.params)
    ]


ARGUMENTS = {
    "apply": ["--auto-approve"],
    "compare": ["staging", "production"],
    "preview": ["--out", "previews"],
    "pull": ["--out", "pulled", "--contacts", ADDRESSES[0]],
    "show": ["plan.json"],
}


@pytest.mark.parametrize("command", products())
def test_no_format_of_a_command_tells(command: str, marked: Project) -> None:
    marked.run("plan", "--out", "plan.json", **KEY).ok()
    for format in FORMATS:
        words = (command, *ARGUMENTS.get(command, ()))
        ran = marked.run(*words, "--redact", "--format", format, *OUTPUTS, **KEY)
        assert_clean(marked, ran, 0, 2, 3, 4, 9)


@pytest.mark.parametrize("command", ["compare", "plan", "drift", "validate", "report"])
def test_no_report_of_several_accounts_tells(command: str, two_accounts: Pair) -> None:
    project = two_accounts.project
    project.declare(**manifest(VALUE))
    for name in ("staging", "production"):
        project.run("apply", "--auto-approve", "--account", name).ok()
        drifted(project, two_accounts.accounts[name], "--account", name)
    words = ["compare", "staging", "production"] if command == "compare" else [command]
    several = [] if command == "compare" else ["--all-accounts"]
    told = assert_clean(
        project, project.run(*words, *several, "--redact", *OUTPUTS, **KEY), 0, 2, 9
    )
    if command in ("compare", "drift", "plan"):
        assert all(DIGEST.search(told[f"out.{format}"]) for format in ("text", "json", "html"))


def test_no_report_of_what_was_sent_tells(marked: Project, account: Account) -> None:
    marked.run("apply", "--auto-approve").ok()
    account.schedule(status="sent", campaign="Winter")
    for command in ("report", "drift", "plan"):
        assert_clean(marked, marked.run(command, "--redact", *OUTPUTS, **KEY), 0, 2, 9)


def test_no_format_of_any_command_tells(marked: Project, account: Account) -> None:
    verbose = ("--redact", "--verbose", "--timings", *OUTPUTS)
    told = assert_clean(marked, marked.run("plan", *verbose, "--out", "plan.json", **KEY))
    assert all(len(set(DIGEST.findall(told[f"out.{f}"]))) > len(ODD) for f in FORMATS[:4])
    assert VALUE in (marked.folder / "plan.json").read_text()
    assert_clean(marked, marked.run("apply", "plan.json", *verbose, **KEY))
    drifted(marked, account)
    assert_clean(marked, marked.run("drift", *verbose, **KEY), 2, 9)
    marked.declare(**manifest(LONG))
    assert_clean(marked, marked.run("plan", *verbose, "--since", "HEAD", **KEY), 3)
    assert_clean(marked, marked.run("apply", "--auto-approve", *verbose, **KEY), 0, 8)
    marked.declare(lists=[{"name": "News"}], contacts=[{"email": ADDRESSES[0], "state": "absent"}])
    assert_clean(marked, marked.run("plan", *verbose, "--show-unmanaged", **KEY))
    assert_clean(marked, marked.run("apply", "--auto-approve", *verbose, **KEY), 7)
    wrong = ("--allow-delete", f"contacts/{ADDRESSES[1]}")
    assert_clean(marked, marked.run("apply", "--auto-approve", *wrong, *verbose, **KEY), 3)
    marked.write("elsewhere/bmeconf.yaml", "version: 1\n")
    out = ("--out", "elsewhere", "--contacts", ADDRESSES[0], "--contacts", ADDRESSES[1])
    assert_clean(marked, marked.run("pull", *out, *verbose, **KEY))
    pulled = (marked.folder / "elsewhere" / "manifests").rglob("*.yaml")
    assert any(ADDRESSES[0].lower() in path.read_text("utf-8") for path in pulled)


@pytest.mark.parametrize(
    "broken",
    [
        {"email": "no-zqx-address", "fields": {"City": VALUE}},
        {"email": ADDRESSES[0], "fields": {"City": [VALUE]}},
        {"email": ADDRESSES[0], "fields": {"Town": VALUE}},
        {"email": ADDRESSES[0], "fields": {"City": "Geheim\u202eZqx \u0007" + VALUE}},
        {"email": "zqx${town}", "fields": {"City": "${town} ${none} Geheim"}},
        {"email": "zqx " + "so long " * 20, "fields": {"City": LONG * 99}},
        {"email": ADDRESSES[0], "lists": ["Nowhere"], "renamed_from": ["zqx"]},
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_no_problem_of_a_manifest_tells(
    broken: dict[str, Any], command: str, project: Project
) -> None:
    account = {"base_url": "https://api.benchmarkemail.io", "api_key_env": "BMECONF_API_KEY"}
    accounts = {"one": {**account, "vars": {"town": "geheimstadt"}}}
    project.write("bmeconf.yaml", json.dumps({"version": 1, "accounts": accounts}))
    columns = {"csv": "c.csv", "email": "Mail", "fields": {"City": "Town"}}
    project.declare(contacts=[broken, broken], contact_files=[columns])
    project.write(
        "c.csv", 'Mail,Town\nzqx1,Geheimort\n"zqx, 2","Geheim ""Ort"""\nx@zqx.example,a,b'
    )
    told = assert_clean(project, project.run(command, "--redact", *OUTPUTS, **KEY), 3)
    assert "m.yaml:" in told["stderr"] + told["stdout"]


def test_no_refusal_of_the_service_tells(marked: Project, cut: Callable[..., FakeServer]) -> None:
    said = f"{VALUE} is not for {ADDRESSES[1]} <{ADDRESSES[2]}>"
    cut(Rule("POST /api/contact", instead(refusal(400, "ValidationError", said))))
    ran = marked.run("apply", "--auto-approve", "--redact", "--verbose", *OUTPUTS, **KEY)
    assert_clean(marked, ran, 8)


def test_the_summary_of_a_step_tells_nothing(marked: Project) -> None:
    ran = marked.run("plan", "--redact", "--format", "github", **KEY, GITHUB_STEP_SUMMARY="out.sum")
    assert "redacted-" in assert_clean(marked, ran)["out.sum"]


def test_a_bug_tells_nothing_in_its_traceback_or_options(marked: Project) -> None:
    ran = marked.run("plan", "--redact", "--target", f"contacts/{ADDRESSES[1]}", "--zqx@x.example")
    assert_clean(marked, ran, 3)


def test_a_redacted_plan_differs_by_its_digests_alone(marked: Project) -> None:
    plain = marked.run("plan", "--format", "json", "--detailed-exitcode", **KEY)
    redacted = marked.run("plan", "--format", "json", "--detailed-exitcode", "--redact", **KEY)
    assert plain.code == redacted.code == 2
    one, other = plain.json, redacted.json
    for key in ("exit_code", "fingerprint", "summary", "account", "audience"):
        assert one[key] == other[key], key
    steps = [*zip(one["steps"], other["steps"], strict=True)]
    for before, after in steps:
        assert {k: before[k] for k in ("id", "action", "depends_on", "check")} == {
            k: after[k] for k in ("id", "action", "depends_on", "check")
        }
        assert [c["path"] for c in before["changes"]] == [c["path"] for c in after["changes"]]
        if "@" not in before["address"]:
            assert before["address"] == after["address"]
    contacts = [after for before, after in steps if "@" in before["address"]]
    assert len({step["address"] for step in contacts}) == len(ODD)
    assert len({c["after"] for s in contacts for c in s["changes"] if "City" in c["path"]}) == 1


def test_digests_are_the_same_where_the_secret_is(marked: Project) -> None:
    def digests(**env: str) -> set[str]:
        return {*DIGEST.findall(marked.run("plan", "--redact", **env).out)}

    given, own, other = digests(**KEY), digests(), digests(**{VARIABLE: "another secret"})
    assert given == digests(**KEY)
    assert own == digests()
    assert not given & own | given & other | own & other


def test_a_redacted_plan_is_not_carried_out(marked: Project) -> None:
    ran = marked.run("plan", "--redact", "--format", "json", **KEY)
    marked.write("redacted.json", ran.out)
    for command in ("apply", "show"):
        assert "printed with --redact" in marked.refused(command, "redacted.json")


def test_where_no_secret_can_be_kept_digests_differ_from_run_to_run(marked: Project) -> None:
    nowhere = {"XDG_STATE_HOME": "/dev/null/none"}
    one, other = ({*DIGEST.findall(marked.run("plan", "--redact", **nowhere).out)} for _ in "12")
    assert len(one) == len(other) > len(ODD)
    assert not one & other


def test_without_it_everything_is_told(marked: Project) -> None:
    assert VALUE in marked.run("plan").ok().out
