"""A saved plan is carried out as it was reviewed, or not at all (design 5, 7.14)."""

from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bmeconf.cli import show
from bmeconf.render import FORMATS
from bmeconf.sandbox import Sandbox
from tests.support.documents import places
from tests.support.driver import SEARCH, Account, Project, Ran
from tests.support.fake_server import Rule, meanwhile
from tests.support.forgeries import edit_plan
from tests.support.forks import Forks
from tests.support.strategies import MANY

EXAMPLES = Path(__file__).parents[2] / "examples"
NEWS = "version: 1\nlists: [{name: Product news, renamed_from: [Product updates]}]\n"
SOME = """\
version: 1
structure: {tags: [seed]}
lists: [{name: Product news, renamed_from: [Product updates]}, {name: Autumn}]
contacts:
  - {email: bob@example.com, fields: {First Name: Rob}, lists: [Newsletter], tags: [seed]}
  - {email: new@acme.example, fields: {Last Name: New}, lists: [Autumn], tags: [VIP]}
campaigns:
  - {name: Welcome, subject: Changed, lists: [Customers]}
  - {name: Autumn offer, subject: Hello, lists: [Autumn]}
  - {name: Second, copy_of: Welcome, subject: Again}
"""


KINDS = {"lists": "name", "contacts": "key", "campaigns": "name"}
WELCOME, NEWS_LIST = "campaigns/Welcome", "lists/Product news"


def save(project: Project, text: str = SOME) -> Any:
    """The plan document of a manifest, saved as plan.json."""
    project.write("m.yaml", text)
    return saved(project)


def saved(project: Project) -> Any:
    project.run("plan", "--out", "plan.json").ok()
    return json.loads((project.folder / "plan.json").read_text())


def carry(project: Project, *arguments: str) -> Ran:
    return project.run("apply", "plan.json", "--format", "json", *arguments)


# --- what was reviewed is what is done


def called(call: Any) -> str:
    """A listed call as a pattern: what has no id yet stands in braces."""
    path = re.sub(r"\\\{.*?\\\}", "[0-9a-f]{24}", re.escape(call["path"]))
    return f"{call['method']} {path}"


def example_plan(project: Project, account: Account, example: str) -> Any:
    """The saved plan of an example, on this account."""
    if example == "some":
        return save(project)
    ignore = shutil.ignore_patterns(".bmeconf", "bmeconf.lock.json")
    shutil.copytree(EXAMPLES / example, project.folder, dirs_exist_ok=True, ignore=ignore)
    declared = project.folder / "bmeconf.yaml"
    if declared.exists():
        here = re.sub("https://[a-z0-9.-]+", account.sandbox.url, declared.read_text())
        declared.write_text(re.sub("api_key_env: .*", "api_key_env: EXAMPLE_KEY", here))
        project.env = {"EXAMPLE_KEY": account.sandbox.key}
    return saved(project)


@pytest.mark.parametrize("example", ["first", "newsletter", "some"])
def test_untouched_it_performs_exactly_the_calls_it_listed(
    project: Project, account: Account, example: str
) -> None:
    plan = example_plan(project, account, example)
    deletes = [s["address"] for s in plan["steps"] if s["action"] == "delete"]
    account.clear_log()
    result = carry(project, *(f"--allow-delete={address}" for address in deletes)).ok().json
    log = [f"{entry['method']} {entry['path']}" for entry in account.log()]
    price = plan["requests"]
    assert result["requests"] == len(log) == price["check"] + price["write"] + price["verify"]
    listed = [called(call) for step in plan["steps"] for call in step["calls"]]
    assert len(listed) == price["write"]
    done = log[price["check"] : price["check"] + price["write"]]
    for pattern, line in zip(listed, done, strict=True):
        assert re.fullmatch(pattern, line), (pattern, line)
    beside = log[: price["check"]] + log[price["check"] + price["write"] :]
    assert all(line.startswith("GET ") or line == f"POST {SEARCH}" for line in beside)
    assert all(step["state"] == "applied" for step in result["steps"])
    assert result["converged"] is True
    assert project.plan()["steps"] == []


def named(rows: Any, key: str, name: str) -> Any:
    return next(row for row in rows if row[key] == name)


def touched(row: Any, **values: Any) -> None:
    """An edit by somebody else."""
    row.update(values)
    row["__v"] += 1


def without(state: Any, kind: str, key: str, name: str) -> None:
    row = named(state[kind], key, name)
    state[kind].remove(row)
    for user in (*state["contacts"], *state["campaigns"]):
        user["lists"] = [id for id in user["lists"] if id != row["_id"]]


def moved_to(state: Any, name: str) -> None:
    """The contact on another list than it was on."""
    touched(
        named(state["contacts"], "key", BOB), lists=[named(state["lists"], "name", name)["_id"]]
    )


def replaced(state: Any, label: str) -> None:
    """Another field of the same label, with the values of the former."""
    field = named(state["structures"][0]["fields"], "label", label)
    text = json.dumps(state).replace(field["_id"], "d" * 24)
    state.clear()
    state.update(json.loads(text))


Edit = Callable[[Any], Any]


def changed(kind: str, name: str, /, **values: Any) -> Edit:
    return lambda state: touched(named(state[kind], KINDS[kind], name), **values)


def gone(kind: str, name: str) -> Edit:
    return lambda state: without(state, kind, KINDS[kind], name)


def there(kind: str, source: str, name: str) -> Edit:
    """One more object, which is as `source` but for its name."""

    def add(state: Any) -> None:
        row = named(state[kind], KINDS[kind], source)
        state[kind].append({**row, "_id": "f" * 24, KINDS[kind]: name})

    return add


BOB, NEW = "bob@example.com", "new@acme.example"
BOUNCED = {"primary": "Inactive", "secondary": "Bounce"}
SCHEDULED = {"status": "scheduled", "scheduledAt": "2031-01-01T00:00:00.000Z"}
EDITS: dict[str, tuple[str, Edit]] = {
    "the structure: a tag more": (
        "structure",
        lambda s: s["structures"][0]["tags"].append({"_id": "e" * 24, "label": "seed"}),
    ),
    "the structure: its version": ("structure", lambda s: touched(s["structures"][0])),
    "a list: renamed": (NEWS_LIST, changed("lists", "Product updates", name="Other")),
    "a list: there and back": (NEWS_LIST, changed("lists", "Product updates")),
    "a list: gone": (NEWS_LIST, gone("lists", "Product updates")),
    "a list: its new name is taken": (NEWS_LIST, there("lists", "Newsletter", "Product news")),
    "a list: it exists by now": ("lists/Autumn", there("lists", "Newsletter", "Autumn")),
    "a contact: the planned field": (f"contacts/{BOB}", changed("contacts", BOB, fields={})),
    "a contact: nothing planned": (f"contacts/{BOB}", lambda state: moved_to(state, "Customers")),
    "a contact: unsubscribed": (f"contacts/{BOB}", changed("contacts", BOB, status=BOUNCED)),
    "a contact: gone": (f"contacts/{BOB}", gone("contacts", BOB)),
    "a contact: it exists by now": (f"contacts/{NEW}", there("contacts", BOB, NEW)),
    "a campaign: the planned field": (WELCOME, changed("campaigns", "Welcome", subject="Mine")),
    "a campaign: another field": (WELCOME, changed("campaigns", "Welcome", fromName="Me")),
    "a campaign: its version": (WELCOME, changed("campaigns", "Welcome")),
    "a campaign: scheduled": (WELCOME, changed("campaigns", "Welcome", **SCHEDULED)),
    "a campaign: gone": (WELCOME, gone("campaigns", "Welcome")),
    "a campaign: it exists by now": (
        "campaigns/Autumn offer",
        there("campaigns", "Welcome", "Autumn offer"),
    ),
    "a copy: it exists by now": ("campaigns/Second", there("campaigns", "Welcome", "Second")),
    "a list that others refer to: renamed": (WELCOME, changed("lists", "Customers", name="All")),
    "a field that contacts write: another one": (
        f"contacts/{BOB}",
        lambda state: replaced(state, "First Name"),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_moved_stops_the_run_or_is_left_out_where_that_is_asked_for(
    project: Project, account: Account, name: str
) -> None:
    address, edit = EDITS[name]
    plan = save(project)
    state = account.state()
    edit(state)
    moved = account.set(state)
    account.clear_log()
    ran = carry(project)
    assert ran.code == 6, ran.out + ran.err
    assert account.writes() == []
    assert account.state() == moved
    assert ran.states[address] == "stale"
    assert {*ran.states.values()} == {"stale", "not attempted"}
    message = next(s["message"] for s in ran.json["steps"] if s["address"] == address)
    assert message
    assert ran.json["error"]["code"] == "stale"
    # Nothing was written, so the plan is not used up; it is no better for it.
    assert carry(project).code == 6

    ran = carry(project, "--on-stale", "skip")
    assert ran.code == 8, ran.out + ran.err
    found = ran.states
    assert found[address] == "stale"
    assert "applied" in found.values()
    ids = {step["address"]: step["id"] for step in plan["steps"]}
    for step in plan["steps"]:
        if any(found[a] != "applied" for a, id in ids.items() if id in step["depends_on"]):
            assert found[step["address"]] in ("blocked", "stale")
    pin = next(step["pin"] for step in plan["steps"] if step["address"] == address)
    if pin:
        assert not any(line.endswith(pin["id"]) for line in account.writes())
    kind = {"structure": "structures"}.get(address, address.partition("/")[0])
    for row in moved[kind]:
        if pin and row["_id"] == pin["id"]:
            assert row in account.state()[kind]


@pytest.mark.parametrize("skip", [False, True])
def test_each_pin_is_held_again_at_its_own_write(
    project: Project, account: Account, cut: Any, skip: bool
) -> None:
    race = meanwhile(lambda: account.edit("contacts", BOB), late=True)
    cut(Rule("PUT /api/contact-structure/.*", race, times=1))
    save(project)
    ran = carry(project, "--output", "text=said", *(["--on-stale", "skip"] if skip else []))
    assert ran.code == 8, ran.out + ran.err
    # To resume says no more than that it moved: first comes the plan that takes it in.
    said = (project.folder / "said").read_text()
    assert 0 < said.index("bmeconf plan") < said.index("--resume")
    found = ran.states
    assert found["contacts/bob@example.com"] == "stale"
    assert found["structure"] == "applied"
    assert found["campaigns/Autumn offer"] == ("applied" if skip else "not attempted")
    assert not any(account.id_of("contacts", BOB) in line for line in account.writes())


def test_a_list_that_the_plan_makes_does_not_make_its_contacts_stale(
    project: Project, account: Account
) -> None:
    copied = """\
version: 1
lists: [{name: Twin, copy_of: Newsletter}]
contacts: [{email: ann@example.com, fields: {First Name: Anna}, lists: [Newsletter, Twin]}]
"""
    save(project, copied)
    carry(project).ok()
    assert project.plan()["steps"] == []


ANN = "ann@example.com"
GONE = {"name": "Newsletter", "state": "absent"}
OWN: dict[str, tuple[dict[str, Any], str, tuple[str, str]]] = {
    "a member of a list that is copied": (
        {
            "lists": [{"name": "Twin", "copy_of": "Newsletter"}],
            "contacts": [{"email": ANN, "state": "absent"}],
        },
        "POST .*/duplicate",
        ("contacts", ANN),
    ),
    "a member of lists that are merged": (
        {
            "lists": [{"name": "All", "merge_of": ["Newsletter", "Customers"]}],
            "contacts": [{"email": ANN, "state": "absent"}],
        },
        "POST .*/merge",
        ("contacts", ANN),
    ),
    "a draft that is copied twice": (
        {
            "campaigns": [
                {"name": "Second", "copy_of": "Welcome"},
                {"name": "Third", "copy_of": "Welcome"},
            ]
        },
        "POST .*/duplicate",
        ("campaigns", "Welcome"),
    ),
    "a list that a draft leaves": (
        {"lists": [GONE], "campaigns": [{"name": "Welcome", "lists": ["Customers"]}]},
        "PATCH /api/email/.*",
        ("lists", "Newsletter"),
    ),
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("way", ["apply", "saved", "resume"])
def test_a_run_does_not_make_its_own_steps_stale(
    *, project: Project, account: Account, cut: Any, forks: Forks, name: str, way: str
) -> None:
    """A service may raise the version of what a step refers to, or copies."""
    manifest, request, object = OWN[name]
    project.declare(**manifest)
    cut(Rule(request, meanwhile(lambda: account.edit(*object), late=True)))
    allowed = [f"--allow-delete={'/'.join(object)}"] if "absent" in str(manifest) else []
    if way == "apply":
        project.apply(*allowed)
    elif way == "saved":
        saved(project)
        carry(project, *allowed).ok()
    else:
        # It dies once the first of its steps has ended.
        start, last, line = account.state(), "", 2
        while last != "step":
            account.set(start)
            shutil.rmtree(project.folder / ".bmeconf", ignore_errors=True)
            forks.run(
                *(project.folder, project.env, "apply", "--auto-approve", *allowed), line=line
            )
            last = json.loads(project.journal().read_text().splitlines()[-1])["event"]
            line += 1
        project.run("apply", "--resume", str(project.journal())).ok()
    assert project.plan()["steps"] == []


# --- once, by the one it was made for, in time


def test_it_is_applied_once(project: Project, account: Account) -> None:
    save(project)
    shutil.copy(project.folder / "plan.json", project.folder / "copy.json")
    carry(project).ok()
    account.clear_log()
    for name in ("plan.json", "copy.json"):
        ran = project.run("apply", name, "--format", "json")
        assert ran.code == 6, ran.out
        assert "already" in ran.json["error"]["message"]
        assert "--resume" in ran.json["error"]["remedy"]
    assert account.log() == []


def test_two_at_once_write_once(project: Project, account: Account) -> None:
    digest_of_it = save(project)["digest"]
    project.write("plan.json.applied", json.dumps({"digest": digest_of_it}))
    assert carry(project).code == 6
    assert account.writes() == []


def test_a_plan_that_wrote_nothing_may_be_applied_again(project: Project, account: Account) -> None:
    plan = save(project)
    short = carry(project, "--max-requests", str(plan["requests"]["check"]))
    assert short.code == 5
    assert set(short.states.values()) == {"not attempted"}
    carry(project).ok()


def test_a_new_plan_under_the_same_name_is_not_taken_for_the_old_one(
    project: Project, account: Account
) -> None:
    save(project, NEWS)
    carry(project).ok()
    save(project)
    carry(project).ok()


def test_it_is_for_its_owner_only_and_holds_no_key(project: Project, account: Account) -> None:
    save(project)
    path = project.folder / "plan.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    carry(project).ok()
    for file in project.folder.rglob("*"):
        if file.is_file():
            assert account.sandbox.key.encode() not in file.read_bytes()
    for file in (project.folder / ".bmeconf" / "journals").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_plan_that_would_hold_a_key_is_not_saved(project: Project, account: Account) -> None:
    account.edit("campaigns", "Welcome", subject="bme_us_" + "x7" * 21)
    project.write("m.yaml", SOME)
    ran = project.run("plan", "--out", "plan.json")
    assert (ran.code, "API key" in ran.err) == (3, True)
    assert not (project.folder / "plan.json").exists()


def test_a_forged_plan_that_would_write_a_key_is_refused(project: Project) -> None:
    save(project)
    key = "bme_us_" + "x7" * 21

    def edit(document: Any) -> None:
        document["steps"][-1]["changes"][-1]["after"] = key

    edit_plan(project, edit)
    ran = project.run("apply", "plan.json")
    assert (ran.code, "API key" in ran.err, key in ran.err) == (3, True, False)


def test_another_account_is_refused(project: Project, account: Account, cut: Any) -> None:
    save(project)
    with Sandbox(None) as other:
        state = Account(other).state()
        text = json.dumps(state).replace(state["structures"][0]["_id"], "a" * 24)
        Account(other).set(json.loads(text))
        # Behind the same address, as after a change of the key.
        ran = project.run("apply", "plan.json", "--format", "json", **Account(other).env)
        assert ran.code == 7
        assert "another account" in ran.json["error"]["message"]
        assert Account(other).writes() == []
    account.set(json.loads(text))
    account.clear_log()
    ran = carry(project)
    assert ran.code == 7, ran.err
    assert account.writes() == []


@pytest.mark.parametrize(
    ("made", "options", "code"),
    [
        ("2026-01-01T00:00:00Z", [], 6),
        ("2026-01-01T00:00:00Z", ["--max-plan-age", "9999d"], 0),
        ("2096-01-01T00:00:00Z", ["--max-plan-age", "9999d"], 6),
    ],
)
def test_it_expires(
    project: Project, account: Account, made: str, options: list[str], code: int
) -> None:
    save(project)
    edit_plan(project, lambda plan: plan.update(created_at=made))
    account.clear_log()
    ran = carry(project, *options)
    assert ran.code == code, ran.err
    if code:
        assert account.log() == []
        assert ran.json["error"]["code"] == "stale"


@pytest.mark.parametrize("age", ["", "24", "h", "-1h", "1.5h", "1w", "24 h"])
def test_an_age_that_is_none(project: Project, age: str) -> None:
    save(project)
    ran = carry(project, f"--max-plan-age={age}")
    assert (ran.code, "30m, 24h or 7d" in ran.err) == (3, True)


# --- edited, broken, not a plan

BROKEN: dict[str, Callable[[str], str]] = {
    "edited": lambda text: text.replace("Changed", "Charged"),
    "cut off": lambda text: text[:-40],
    "empty": lambda text: "",
    "an array": lambda text: "[]",
    "a result": lambda text: text.replace("bmeconf.plan/1", "bmeconf.result/1"),
    "of the future": lambda text: text.replace("bmeconf.plan/1", "bmeconf.plan/2"),
    "another document": lambda text: '{"name": "package"}',
    "a failure": lambda text: json.dumps(
        {"format": "bmeconf.plan/1", "exit_code": 1, "error": {"code": "x"}}
    ),
    "binary": lambda text: "\x00\x01",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_plan_any_more(project: Project, account: Account, name: str) -> None:
    save(project)
    path = project.folder / "plan.json"
    path.write_text(BROKEN[name](path.read_text()))
    account.clear_log()
    for command in ("show", "apply"):
        ran = project.run(command, "plan.json", "--format", "json")
        assert ran.code == 3, ran.out
        assert "plan.json" in ran.json["error"]["message"]
        assert ran.json["error"]["remedy"]
        assert "Traceback" not in ran.err
    assert account.log() == []


def test_spaces_of_a_saved_plan_do_not_matter(project: Project) -> None:
    (project.folder / "plan.json").write_text(json.dumps(save(project)))
    carry(project).ok()


def test_a_forged_plan_of_another_shape_is_an_error_and_no_traceback(
    project: Project, account: Account
) -> None:
    document = save(project)
    original = (project.folder / "plan.json").read_text()
    # An ordinary run tries every third (BMECONF_EXAMPLES).
    for path in list(places(document))[1 :: 1 if MANY > 1 else 3]:
        if path == ("digest",) or path[0] in ("exit_code", "tool", "summary", "unmanaged"):
            continue

        def edit(plan: Any, path: tuple[Any, ...] = path) -> None:
            for key in path[:-1]:
                plan = plan[key]
            del plan[path[-1]]

        (project.folder / "plan.json").write_text(original)
        edit_plan(project, edit)
        ran = project.run("show", "plan.json")
        assert ran.code in (0, 3), (path, ran.err)
        assert "Traceback" not in ran.err, path


def test_a_plan_that_is_not_there(project: Project) -> None:
    ran = project.run("apply", "missing.json")
    assert ran.code == 3
    assert "missing.json" in ran.err


# --- where it is saved


def test_an_old_plan_does_not_outlive_a_failure(project: Project, account: Account) -> None:
    save(project)
    project.write("m.yaml", "version: 1\nlists: [{nam: X}]\n")
    assert project.run("plan", "--out", "plan.json").code == 3
    assert not (project.folder / "plan.json").exists()


def test_another_file_is_not_overwritten(project: Project, account: Account) -> None:
    project.write("m.yaml", SOME)
    ran = project.run("plan", "--out", "m.yaml")
    assert ran.code == 3
    assert "m.yaml" in ran.err
    assert (project.folder / "m.yaml").read_text() == SOME
    for name in ("nowhere/plan.json", "."):
        assert project.run("plan", "--out", name).code == 3
    assert account.log() == []


def test_the_project_is_found_from_where_the_plan_lies(
    project: Project, account: Account, tmp_path: Path
) -> None:
    project.write(
        "shop/bmeconf.yaml",
        f"""\
version: 1
accounts: {{here: {{base_url: "{account.sandbox.url}", api_key_env: SHOP_KEY}}}}
""",
    )
    project.write("shop/m.yaml", NEWS)
    env = {"SHOP_KEY": account.sandbox.key, "BMECONF_BASE_URL": "", "BMECONF_API_KEY": ""}
    project.run("plan", "shop", "--out", "plan.json", **env).ok()
    project.run("apply", "plan.json", **env).ok()
    assert (project.folder / "shop" / ".bmeconf" / "journals").is_dir()


def test_a_refused_plan_is_saved_and_refused(project: Project, account: Account) -> None:
    project.write("m.yaml", SOME)
    project.write("bmeconf.yaml", 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n')
    assert project.run("plan", "--out", "plan.json").code == 7
    assert project.run("show", "plan.json").code == 0
    ran = carry(project)
    assert ran.code == 7
    assert set(ran.states.values()) == {"not attempted"}
    assert account.writes() == []


def test_a_policy_that_got_stricter_holds(project: Project, account: Account) -> None:
    save(project)
    project.write("bmeconf.yaml", 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n')
    ran = carry(project)
    assert ran.code == 7
    assert "seed policy" in ran.json["error"]["message"]
    assert account.writes() == []


def test_deletes_are_acknowledged_for_a_saved_plan_too(project: Project, account: Account) -> None:
    save(project, "version: 1\nlists: [{name: Old list, state: absent}]\n")
    ran = carry(project)
    assert ran.code == 7
    assert "--allow-delete" in ran.json["error"]["remedy"]
    assert account.writes() == []
    assert carry(project, "--allow-delete", "lists/New*").code == 3
    carry(project, "--allow-delete", "lists/Old*").ok()


# --- the fingerprint


def test_the_fingerprint_is_expected(project: Project, account: Account) -> None:
    mark = save(project)["fingerprint"]
    again = project.plan()["fingerprint"]
    assert mark == again
    project.write("other.yaml", "version: 1\nlists: [{name: More}]\n")
    for arguments in (["apply", "--auto-approve"], ["apply", "plan.json"]):
        wrong = project.run(*arguments, "--format", "json", "--expect", "0" * 32)
        assert wrong.code == 6
        assert "0" * 32 in wrong.json["error"]["message"]
    moved = project.run("apply", "--auto-approve", "--expect", mark)
    assert moved.code == 6
    assert account.writes() == []
    (project.folder / "other.yaml").unlink()
    project.run("apply", "--auto-approve", "--expect", mark).ok()


def test_all_of_the_digest_may_be_expected_and_not_less_than_is_safe(
    project: Project, account: Account
) -> None:
    mark = save(project)["fingerprint"]
    assert re.fullmatch("[0-9a-f]{32}", mark)
    for wrong in (mark[:8], mark[:16], mark[:31], f"{mark[:-1]}X", f"{mark}{'0' * 33}", f"{mark} "):
        ran = carry(project, "--expect", wrong)
        assert (ran.code, ran.json["error"]["code"]) == (3, "invalid_input")
        assert "which has 32 characters" in ran.json["error"]["message"]
    whole = show.load(project.folder / "plan.json")[0].meaning
    assert whole.startswith(mark)
    assert carry(project, "--expect", f"{mark}{'0' * 32}").code == 6
    assert account.writes() == []
    carry(project, "--expect", whole).ok()


def test_every_format_shows_the_whole_fingerprint(project: Project) -> None:
    mark = save(project)["fingerprint"]
    for format in FORMATS:
        shown = project.run("show", "plan.json", "--format", format).ok().out
        assert mark in shown, format


def test_no_step_on_an_object_goes_without_the_version_it_is_for(
    project: Project, account: Account
) -> None:
    project.deploy(lists=[{"name": "Autumn"}])
    project.declare(
        lists=[{"name": "Autumn", "state": "absent"}, {"name": "Winter"}],
        campaigns=[{"name": "Welcome", "subject": "Another"}],
    )
    document, account_before = saved(project), account.state()
    for number, step in enumerate(document["steps"]):
        if step["action"] != "create":

            def edit(plan: Any, number: int = number) -> None:
                plan["steps"][number]["pin"] = None

            (project.folder / "plan.json").write_text(json.dumps(document))
            edit_plan(project, edit)
            ran = carry(project, "--allow-delete=*")
            assert (ran.code, "which version of" in ran.err) == (3, True), ran.err
    assert account.state() == account_before


def test_two_accounts_share_no_fingerprint(project: Project) -> None:
    mark = save(project)["fingerprint"]
    with Sandbox(None) as other:
        # The same ids and values.
        assert Project(project.folder, Account(other).env).plan()["fingerprint"] != mark


def test_a_list_that_took_the_name_of_another_makes_another_change(
    project: Project, account: Account
) -> None:
    project.declare(campaigns=[{"name": "Welcome", "lists": ["Customers", "Newsletter"]}])
    before = project.plan()["fingerprint"]
    account.edit("lists", "Customers", name="Former customers")
    account.edit("lists", "Old list", name="Customers")
    assert project.plan()["fingerprint"] != before


def test_a_plan_with_a_short_fingerprint_is_still_applied(project: Project) -> None:
    mark = save(project)["fingerprint"]
    edit_plan(project, lambda plan: plan.update(fingerprint="1f2e3d4c"))
    shown = project.run("show", "plan.json", "--format", "json").ok().json
    assert shown["fingerprint"] == mark
    carry(project, "--expect", mark).ok()


def test_the_fingerprint_is_of_what_is_meant(project: Project, account: Account) -> None:
    first = save(project)
    # Another day, another version of the objects, the same change.
    account.edit("campaigns", "Welcome")
    second = save(project, "# the same\n" + SOME)
    assert first["digest"] != second["digest"]
    assert first["fingerprint"] == second["fingerprint"]
    third = save(project, SOME.replace("Changed", "Charged"))
    assert third["fingerprint"] != first["fingerprint"]
    lists, rest = SOME.split("contacts:")
    project.write("lists.yaml", lists)
    # The same in two files.
    assert save(project, f"version: 1\ncontacts:{rest}")["fingerprint"] == first["fingerprint"]


# --- shown again


def test_show_prints_the_plan_again(project: Project, account: Account) -> None:
    later = "lists: [Customers], schedule: {at: 2031-03-03T09:00:00Z}"
    project.write("m.yaml", SOME.replace("lists: [Customers]", later))
    planned = project.run("plan", "--out", "plan.json", "--show-unmanaged").ok()
    assert "recipients: Customers" in planned.out
    account.clear_log()
    shown = project.run("show", "plan.json").ok()
    assert shown.out.splitlines()[1:] == planned.out.splitlines()[1:]
    document = project.run("show", "plan.json", "--format", "json").ok().json
    assert document == json.loads((project.folder / "plan.json").read_text())
    project.run("show", "plan.json", "--output", "text=plan.txt", "--output", "json=p.json").ok()
    assert (project.folder / "plan.txt").read_text() == shown.out
    assert account.log() == []


def test_each_step_says_how_it_is_checked(project: Project) -> None:
    plan = save(project)
    checks = {step["address"]: step["check"] for step in plan["steps"]}
    assert checks["structure"] == "checked"
    assert checks["lists/Product news"] == "enforced"
    assert checks["contacts/bob@example.com"] == "enforced"
    assert checks["campaigns/Welcome"] == "enforced"
    text = project.run("show", "plan.json").ok().out
    assert "~ structure will be updated [read again first]\n" in text
    assert "~ lists/Product news will be renamed\n" in text
    assert text.count("[read again first]") == 1


# --- a guard never makes a reader a writer

GUARDS = (
    ["--expect", "FINGERPRINT"],
    ["--max-plan-age", "1h"],
    ["--on-stale", "skip"],
    ["--on-stale", "stop"],
    ["--allow-delete", "lists/*"],
    ["--max-requests", "500"],
    ["--detailed-exitcode"],
)


@pytest.mark.parametrize("guard", GUARDS, ids=" ".join)
def test_a_guard_writes_nothing_by_itself(
    project: Project, account: Account, guard: list[str]
) -> None:
    plan = save(project, SOME.replace("Autumn}]", "Autumn}, {name: Old list, state: absent}]"))
    mended = [plan["fingerprint"] if word == "FINGERPRINT" else word for word in guard]
    for command in (["plan"], ["apply"], ["show", "plan.json"], ["validate"]):
        ran = project.run(*command, *mended)
        if command == ["apply"]:
            assert ran.code == 3, ran.out
        assert account.writes() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--on-stale", "skip", "--auto-approve"],
        ["--max-plan-age", "1h", "--auto-approve"],
        ["plan.json", "--target", "lists/*"],
        ["plan.json", "m.yaml"],
        ["m.yaml", "plan.json"],
        ["--expect", "xyz", "--auto-approve"],
        ["--expect", "", "--auto-approve"],
        ["--resume", "j.jsonl", "plan.json"],
        ["--resume", "j.jsonl", "--auto-approve"],
        ["--resume", "j.jsonl", "--on-stale", "skip"],
        ["--resume", "j.jsonl"],
    ],
    ids=" ".join,
)
def test_what_does_not_go_together(
    project: Project, account: Account, arguments: list[str]
) -> None:
    save(project)
    account.clear_log()
    ran = project.run("apply", *arguments, "--format", "json")
    assert ran.code == 3, ran.out
    assert ran.json["error"]["remedy"]
    assert account.log() == []
