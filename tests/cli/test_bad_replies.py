"""Whole commands against an account that answers badly, or not at all.

Each case says which request is meddled with and what must come of it: the exit code, the
message, and for an apply what each step is said to be, held against what the account has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import (
    CLOSE,
    RESET,
    Action,
    Meddle,
    Reply,
    Rule,
    after,
    edited,
    instead,
    refusal,
    reply,
)

STRUCTURE = "GET /api/contact-structure"
LISTS = "GET /api/contact-structure/[0-9a-f]{24}/lists"
SEARCH = "POST /api/contact/search"
CONTACT = "GET /api/contact/[0-9a-f]{24}"
CAMPAIGNS = "GET /api/email/campaign"
CAMPAIGN = "GET /api/email/campaign/[0-9a-f]{24}"
TEMPLATES = "GET /api/email/template"
TEMPLATE = "GET /api/email/template/[0-9a-f]{24}"
DOMAINS = "GET /api/email/domain"

EVERYTHING = """\
version: 1
structure: {fields: [{label: City}], tags: [seed]}
lists: [{name: Newsletter}, {name: Autumn}]
contacts:
  - {email: ann@example.com, fields: {First Name: Anna}, lists: [Newsletter], tags: [VIP]}
  - {email: qa@acme.example, fields: {City: Oslo}, lists: [Autumn], tags: [seed]}
campaigns:
  - {name: Welcome, from: news@acme.example, subject: Changed, lists: [Newsletter]}
  - {name: Letter, body: {template: {name: Plain letter, lang: en}}}
"""


def first(change: Callable[[Any], Any]) -> Meddle:
    """Change the first row of a listing, or the object itself."""

    def edit(value: Any) -> None:
        rows = value
        if isinstance(value, dict):
            rows = value.get("records", value.get("contacts", [value]))
        change(rows[0])

    return edited(edit)


def given(**fields: Any) -> Meddle:
    """The first object of the answer, with some fields replaced; None takes a field out."""
    return first(lambda row: row.update({k.replace("id_", "_id"): v for k, v in fields.items()}))


def without(*keys: str) -> Meddle:
    def drop(row: Any) -> None:
        for key in keys:
            row.pop(key, None)

    return first(drop)


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@dataclass(frozen=True)
class Case:
    """A request that is answered badly, and what `plan` makes of it."""

    request: str
    act: Meddle
    code: int = 1
    error: str = "reply_unreadable"
    told: str = ""


def refused(status: int, error_type: str, message: str, **headers: str) -> Meddle:
    """A refusal in the place of the answer."""
    return instead(refusal(status, error_type, message, **headers))


LIMITED = "TooManyRequestsError"
KEY_GONE = refused(401, "UnauthorizedError", "Invalid API key")
NO_SCOPE = refused(403, "ForbiddenError", "API key missing required scope: campaigns:read")
NO_WRITE_SCOPE = refused(403, "ForbiddenError", "API key missing required scope: contacts:write")
NO_ACCESS = refused(403, "ForbiddenError", "Account does not have API access")
NO_MONTH = refused(429, LIMITED, "Monthly API quota exceeded.", Retry_After="99999")
LONG_HOUR = refused(429, LIMITED, "Rate limit.", Retry_After="3000")
PASSING = refused(429, LIMITED, "Rate limit.", Retry_After="0")
BLOCK = refused(429, LIMITED, "Too many failed authentication attempts.")
INVALID = refused(400, "ValidationError", "name is not to our taste")
TAKEN = refused(400, "DuplicateFieldError", "name is taken")
STALE = refused(400, "ConcurrencyError", "Document version mismatch")
GONE = refused(404, "RecordNotFound", "gone")
GATEWAY = Reply(502, b"<h1>Bad gateway</h1>")
HTML = Reply(200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"})


def ends_the_month(seen: Any, forward: Any) -> Reply:
    return Reply(200, forward().body, {"X-Monthly-Remaining": "0"})


def totals(count: int) -> Meddle:
    return edited(lambda value: value.update(total=count))


PLAN_CASES = {
    # --- instead of an answer
    "html in place of JSON": Case(STRUCTURE, instead(HTML), told="is not the JSON"),
    "an empty answer": Case(LISTS, instead(Reply(200, b"")), told="not a listing"),
    "no content": Case(SEARCH, instead(Reply(204)), told="not a listing"),
    "a string": Case(CAMPAIGN, instead(reply("nothing here")), told="a string, not with an object"),
    "an array for an object": Case(CONTACT, instead(reply([])), told="an array"),
    "null for an object": Case(CAMPAIGN, instead(reply(None)), told="nothing"),
    "an object for a listing": Case(LISTS, instead(reply({"ok": True})), told="not a listing"),
    "an error with a good status": Case(
        SEARCH, refused(200, "InternalError", "sorry"), told="not a listing"
    ),
    "a redirect": Case(
        STRUCTURE, instead(Reply(302, headers={"Location": "http://127.0.0.1:1/"})), 1, "api_error"
    ),
    "a proxy's error page": Case(LISTS, instead(GATEWAY), 1, "network", "502"),
    # --- refusals
    "a key that is refused": Case(STRUCTURE, KEY_GONE, 4, "refused", "Invalid API key"),
    "a scope that is missing": Case(CAMPAIGNS, NO_SCOPE, 4, "scope_missing", "campaigns:read"),
    "an account without access": Case(SEARCH, NO_ACCESS, 4, "refused"),
    "a month that is used up": Case(LISTS, NO_MONTH, 5, "limit_reached"),
    "an hour that is used up": Case(LISTS, LONG_HOUR, 5, "limit_reached", "429"),
    "a block": Case(STRUCTURE, BLOCK, 4, "refused"),
    "a month that ends here": Case(STRUCTURE, ends_the_month, 5, "limit_reached", "monthly"),
    "a refusal out of the blue": Case(DOMAINS, INVALID, 1, "rejected"),
    "an unknown status": Case(TEMPLATES, instead(Reply(418, b"teapot")), 1, "rejected", "418"),
    "an object that is gone": Case(CAMPAIGN, GONE, 1, "not_found"),
    # --- listings that do not add up
    "a total that is too high": Case(LISTS, totals(99), 1, "incomplete_read", "counts 99"),
    "a total that is too low": Case(CAMPAIGNS, totals(1), 1, "incomplete_read", "counts 1"),
    "a search that hides hits": Case(
        SEARCH, edited(lambda value: value.update(contacts=[])), 1, "incomplete_read"
    ),
    "rows that are no objects": Case(LISTS, edited(lambda value: value.update(records=[1, 2]))),
    "a row without an id": Case(LISTS, without("_id"), told="no usable id"),
    "an id that is a path": Case(CAMPAIGNS, given(id_="../../contact"), told="no usable id"),
    "an id that is a number": Case(SEARCH, given(id_=12345), told="no usable id"),
    "no structure at all": Case(STRUCTURE, instead(reply([])), told="no contact structure"),
    # --- values of the wrong type
    "fields that are a text": Case(STRUCTURE, given(fields="City"), told="fields of the structure"),
    "fields that are an object": Case(STRUCTURE, given(fields={"label": "City"})),
    "fields that hold numbers": Case(STRUCTURE, given(fields=[1])),
    "fields that are true": Case(STRUCTURE, given(fields=True)),
    "tags that hold nulls": Case(STRUCTURE, given(tags=[None])),
    "tags that are a number": Case(STRUCTURE, given(tags=7)),
    "tags without ids": Case(STRUCTURE, given(tags=[{"label": "VIP"}])),
    "contact fields that are a text": Case(SEARCH, given(fields="Ann")),
    "contact fields that hold numbers": Case(SEARCH, given(fields=[1])),
    "contact fields in the object only": Case(CONTACT, given(fields=[["a"]])),
    "a template without html": Case(TEMPLATE, given(html=None), told="no html"),
    "a template that is a number": Case(TEMPLATE, given(html=7), told="no html"),
}


def says_it_once(ran: Ran, code: int, format: str) -> Any:
    """The frozen code, a message with its remedy, no traceback, one document; its error."""
    assert ran.code == code, f"exit {ran.code}\n{ran.out}\n{ran.err}"
    assert "Traceback" not in ran.err
    assert "bug of bmeconf" not in ran.err
    document = ran.json
    assert document["format"] == format
    assert document["exit_code"] == code
    error = document["error"]
    assert set(error) == {"code", "message", "remedy"}
    assert all(error.values()), error
    assert ran.err.count("Error: ") == 1
    assert len(error["message"]) < 700
    assert "object at 0x" not in error["message"]
    return error


@pytest.mark.parametrize("name", PLAN_CASES)
def test_plan_says_what_is_wrong(project: Project, cut: Any, name: str) -> None:
    case = PLAN_CASES[name]
    rule = Rule(case.request, case.act)
    server = cut(rule)
    project.write("m.yaml", EVERYTHING)
    ran = project.run("plan", "--format", "json")
    assert rule.hits
    error = says_it_once(ran, case.code, "bmeconf.plan/1")
    assert error["code"] == case.error, error
    assert case.told in error["message"]
    assert len(ran.err.splitlines()) == 2
    assert server.writes() == []


TOLERATED = {
    "other fields": given(surprise={"a": [1]}, another=None),
    "a total as text": edited(lambda value: value.update(total=str(value["total"]))),
    "a version of the wrong type": given(__v="three"),
    "a version that is huge": given(__v=10**30),
    "hostile texts": given(subject="\x1b[2J\u202e::error::x\ud800", fromName="<script>"),
    "texts that are numbers": given(subject=7, previewText=1.5, fromName=True),
    "texts that are objects": given(subject={"a": 1}, previewText=[1], body={"html": 1}),
    "lists of another type": given(lists="Newsletter"),
    "lists of numbers": given(lists=[1, 2]),
    "reply addresses of another type": given(replyToAddresses="hello@acme.example"),
    "reply addresses of nulls": given(replyToAddresses=[None, 1]),
    "a status nobody knows": given(status="simmering", scheduledAt="some day"),
    "a status of another type": given(status=["draft"], scheduledAt={"at": 1}),
    "nested values": given(subject=deep(900), surprise=deep(900)),
}


CONTACT_TOLERATED = {
    "nothing but ids": lambda row: [row.pop(k) for k in list(row) if k not in ("_id", "key")],
    "fields of null": lambda row: row.update(fields=None, lists=None, tags=None),
    "values of other types": lambda row: row.update(
        fields=[
            {"_id": f["_id"], "value": v} for f, v in zip(row["fields"], [None, [1]], strict=False)
        ]
    ),
    "lists of another type": lambda row: row.update(lists="no", tags=7),
    "a status of another type": lambda row: row.update(status=7, contactStatus=["Active"]),
    "an unknown status": lambda row: row.update(status={"primary": "Asleep", "secondary": None}),
    "a key of another type": lambda row: row.update(key=7),
}
OF_CONTACTS = {name: first(change) for name, change in CONTACT_TOLERATED.items()}
REQUESTS = {CAMPAIGNS: TOLERATED, CAMPAIGN: TOLERATED, SEARCH: OF_CONTACTS, CONTACT: OF_CONTACTS}
GOES_ON = [(request, name) for request, acts in REQUESTS.items() for name in acts]
GOES_ON.remove((CAMPAIGN, "a total as text"))


@pytest.mark.parametrize(("request_", "name"), GOES_ON)
def test_plan_goes_on_where_it_can(project: Project, cut: Any, name: str, request_: str) -> None:
    rule = Rule(request_, REQUESTS[request_][name])
    cut(rule)
    project.write("m.yaml", EVERYTHING)
    for format in ("json", "text"):
        ran = project.run("plan", "--format", format)
        assert "Traceback" not in ran.err
        assert ran.code in ((0, 1) if "contact" in request_ else (0,)), ran.err
    assert rule.hits


# --- apply: what is said of each step is what became of it

LIST = "version: 1\nlists: [{name: Autumn}]\n"
RENAME = "version: 1\nlists: [{name: Product news, renamed_from: [Product updates]}]\n"
COPY = "version: 1\nlists: [{name: Twin, copy_of: Newsletter}]\n"
MERGE = "version: 1\nlists: [{name: Both, merge_of: [Newsletter, Customers]}]\n"
NO_LIST = "version: 1\nlists: [{name: Old list, state: absent}]\n"
NEW_CONTACT = """\
version: 1
contacts: [{email: qa@acme.example, fields: {First Name: Qa}, lists: [Newsletter], tags: [VIP]}]
"""
GONE_CONTACT = "version: 1\ncontacts: [{email: qa@acme.example, status: Inactive}]\n"
CONTACT_PUT = "version: 1\ncontacts: [{email: bob@example.com, fields: {First Name: Rob}}]\n"
CONTACT_PATCH = "version: 1\ncontacts: [{email: bob@example.com, status: Inactive}]\n"
NO_CONTACT = "version: 1\ncontacts: [{email: bob@example.com, state: absent}]\n"
NEW_CAMPAIGN = "version: 1\ncampaigns: [{name: Next, subject: Hello, lists: [Newsletter]}]\n"
CAMPAIGN_PATCH = "version: 1\ncampaigns: [{name: Welcome, subject: Changed}]\n"
NO_CAMPAIGN = "version: 1\ncampaigns: [{name: Welcome, state: absent}]\n"
DUPLICATE = "version: 1\ncampaigns: [{name: Second, copy_of: Welcome, subject: Again}]\n"
NEW_FIELD = """\
version: 1
structure: {fields: [{label: City}], tags: [seed]}
contacts: [{email: bob@example.com, fields: {City: Oslo}, tags: [seed]}]
"""

LISTS_PATH = "/api/contact-structure/[0-9a-f]{24}/lists"
ID = "[0-9a-f]{24}"
WRITES = {
    "create a list": (LIST, f"POST {LISTS_PATH}"),
    "rename a list": (RENAME, f"PATCH {LISTS_PATH}/{ID}"),
    "copy a list": (COPY, f"POST {LISTS_PATH}/{ID}/duplicate"),
    "merge lists": (MERGE, f"POST {LISTS_PATH}/merge"),
    "delete a list": (NO_LIST, f"DELETE {LISTS_PATH}/{ID}"),
    "create a contact": (NEW_CONTACT, "POST /api/contact"),
    "create and unsubscribe: create": (GONE_CONTACT, "POST /api/contact"),
    "create and unsubscribe: status": (GONE_CONTACT, f"PATCH /api/contact/{ID}"),
    "replace a contact": (CONTACT_PUT, f"PUT /api/contact/{ID}"),
    "unsubscribe a contact": (CONTACT_PATCH, f"PATCH /api/contact/{ID}"),
    "delete a contact": (NO_CONTACT, f"DELETE /api/contact/{ID}"),
    "create a campaign": (NEW_CAMPAIGN, "POST /api/email/campaign"),
    "change a campaign": (CAMPAIGN_PATCH, f"PATCH /api/email/campaign/{ID}"),
    "delete a campaign": (NO_CAMPAIGN, f"DELETE /api/email/campaign/{ID}"),
    "copy a campaign: copy": (DUPLICATE, f"POST /api/email/campaign/{ID}/duplicate"),
    "copy a campaign: name": (DUPLICATE, f"PATCH /api/email/campaign/{ID}"),
    "change the structure": (NEW_FIELD, f"PUT /api/contact-structure/{ID}"),
}
IN_TWO_PARTS = {"create and unsubscribe: create", "copy a campaign: copy"}
"""Where the answer of the first of two writes is lost, the second is sent once it was found."""

LOSSES: dict[str, Action] = {
    "cut": CLOSE,
    "reset": RESET,
    "half an answer": Reply(200, b'{"_id": "66f1', length=400),
    "a gateway's error": GATEWAY,
    "html": HTML,
    "an array": reply([]),
    "no id": reply({"ok": True}),
    "a text": reply("created"),
}


def applied(project: Project) -> Ran:
    """An apply that may delete whatever its plan would delete."""
    deletes = [step["address"] for step in project.plan()["steps"] if step["action"] == "delete"]
    allowed = [text for address in deletes for text in ("--allow-delete", address)]
    return project.run("apply", "--auto-approve", "--format", "json", *allowed)


def settles(project: Project, account: Account) -> None:
    """Applying again converges, a plan after that is empty, and nothing is there twice."""
    project.env = account.env
    ran = applied(project)
    assert ran.code == 0, ran.out + ran.err
    assert project.plan()["steps"] == []
    found = account.names()
    assert len(found) - len(set(found)) == 0
    copies = [name for name in found if name.lower().startswith(("copy of", "welcome ("))]
    assert copies == []


CREATES = ("create a list", "create a contact", "create a campaign", "merge lists")
NEVER = [name for name, (_, request) in WRITES.items() if not request.startswith("POST")]
NEVER += ["create a list", "create a contact", "copy a campaign: copy"]
"""A create that is nowhere to be found is looked for some seconds: not all of them, then."""
LOST = [(name, "cut") for name in WRITES]
LOST += [(name, loss) for name in CREATES for loss in LOSSES if loss != "cut"]
LOST += [(name, "a gateway's error") for name in NEVER if name not in CREATES]
LOST.remove(("copy a campaign: copy", "a gateway's error"))


@pytest.mark.parametrize(("name", "loss"), LOST)
def test_an_answer_that_is_lost_after_the_write(
    project: Project, account: Account, cut: Any, name: str, loss: str
) -> None:
    manifest, request = WRITES[name]
    rule = Rule(request, after(LOSSES[loss]), times=1)
    server = cut(rule)
    project.write("m.yaml", manifest)
    ran = applied(project)
    assert rule.hits == 1, ran.err
    assert "Traceback" not in ran.err
    document = ran.json
    assert document["format"] == "bmeconf.result/1"
    assert document["exit_code"] == ran.code
    sent = [line for line in server.writes() if rule.pattern.fullmatch(line)]
    assert len(sent) == 1
    first_step = document["steps"][0]
    assert (ran.code, first_step["state"]) == (0, "applied"), document
    assert "the answer was lost" in first_step["message"]
    assert ("was finished" in first_step["message"]) == (name in IN_TWO_PARTS)
    assert document["converged"] is True
    assert "error" not in document
    settles(project, account)


@pytest.mark.parametrize("name", NEVER)
def test_a_write_that_never_arrived(
    project: Project, account: Account, cut: Any, name: str
) -> None:
    manifest, request = WRITES[name]
    rule = Rule(request, instead(CLOSE), times=1)
    server = cut(rule)
    before = account.names()
    project.write("m.yaml", manifest)
    ran = applied(project)
    document = ran.json
    state, message = document["steps"][0]["state"], document["steps"][0]["message"]
    sent = [line for line in server.writes() if rule.pattern.fullmatch(line)]
    assert document["exit_code"] == ran.code
    if name in ("create and unsubscribe: status", "copy a campaign: name"):
        # What the first write made was found: only then is the second one sent once more.
        assert (ran.code, state, len(sent)) == (0, "applied", 2), document
        assert "was finished" in message
        settles(project, account)
        return
    # What was found not to have landed is no write: the run ends with its cause.
    assert ran.code == (1 if state == "failed" else 8), ran.out + ran.err
    assert document["converged"] is False
    assert state == ("unknown" if request == "POST /api/contact" else "failed"), document
    assert request.split()[0] in message
    assert document["error"]["message"]
    assert len(sent) == 1
    assert account.names() == before
    settles(project, account)


# --- apply: the run as a whole

THREE = "version: 1\nlists: [{name: A}, {name: B}, {name: C}]\n"
MAKE = f"POST {LISTS_PATH}"
LETTERS = {"A": "applied", "F": "failed", "S": "stale", "?": "unknown", "-": "not attempted"}


Told = tuple[str, Meddle, int, int]
"""A rule, to be made for each test anew."""


@dataclass(frozen=True)
class Course:
    """What is meddled with, and how the run must end; `made` are the new lists.

    `states` are those of the steps, by their letters.
    """

    rules: Sequence[Told]
    code: int
    states: str
    error: str = ""
    manifest: str = THREE
    made: str = ""


def at(request: str, act: Meddle, skip: int = 0, times: int = 99) -> Told:
    return request, act, times, skip


ALL_LISTS, ONE_LIST, PATCH = (f"{LISTS}/all", f"{LISTS}/{ID}", f"PATCH {LISTS_PATH}/{ID}")
UNREADABLE, MOVED = "reply_unreadable", instead(Reply(307, headers={"Location": "/elsewhere"}))
NOT_KEPT = instead(reply({"_id": "0" * 24}))
NO_FIELDS = edited(lambda value: value.update(fields="Rob"))
COURSES = {
    "a key that is refused at once": Course([at(MAKE, KEY_GONE)], 4, "F--", "refused"),
    "a key that is refused midway": Course([at(MAKE, KEY_GONE, 1)], 8, "AF-", "refused", made="A"),
    "a scope that is missing": Course([at(MAKE, NO_WRITE_SCOPE)], 4, "FFF", "scope_missing"),
    "a month that ends at once": Course([at(MAKE, NO_MONTH)], 5, "F--", "limit_reached"),
    "a month that ends midway": Course(
        [at(MAKE, NO_MONTH, 2)], 8, "AAF", "limit_reached", made="AB"
    ),
    "an hour that ends midway": Course(
        [at(MAKE, LONG_HOUR, 1)], 8, "AF-", "limit_reached", made="A"
    ),
    "a limit that passes": Course([at(MAKE, PASSING, 1, 2)], 0, "AAA", made="ABC"),
    "a refusal of one": Course([at(MAKE, INVALID, 1, 1)], 8, "AFA", "rejected", made="AC"),
    "a refusal of all": Course([at(MAKE, INVALID)], 1, "FFF", "rejected"),
    "a name that is taken meanwhile": Course([at(MAKE, TAKEN, 2)], 8, "AAS", "stale", made="AB"),
    "a look before the write that fails": Course(
        [at(ALL_LISTS, instead(HTML))], 1, "FFF", UNREADABLE
    ),
    "a lost answer that cannot be settled": Course(
        [at(MAKE, after(CLOSE)), at(ALL_LISTS, instead(HTML), 1)], 8, "?--", UNREADABLE, made="A"
    ),
    "a redirect of the write": Course([at(MAKE, MOVED)], 1, "FFF", "api_error"),
    "a proof that cannot be read": Course(
        [at(ALL_LISTS, instead(HTML), 3)], 8, "AAA", UNREADABLE, made="ABC"
    ),
    "a version that moves once": Course([at(PATCH, STALE, 0, 1)], 0, "A", "", RENAME),
    "a version that keeps moving": Course([at(PATCH, STALE)], 6, "S", "stale", RENAME),
    "an object that is gone before its write": Course(
        [at(ONE_LIST, GONE)], 6, "S", "stale", RENAME
    ),
    "an object of another shape before its write": Course(
        [at(ONE_LIST, instead(reply([1, 2])))], 1, "F", UNREADABLE, RENAME
    ),
    "a lost change that reads back in another shape": Course(
        [at(PATCH, after(CLOSE)), at(ONE_LIST, instead(reply("x")), 1)], 8, "?", UNREADABLE, RENAME
    ),
    "a change that is not kept": Course([at(PATCH, NOT_KEPT)], 8, "A", "not_converged", RENAME),
    "fields of another type after a lost change": Course(
        [at(f"PUT /api/contact/{ID}", after(CLOSE)), at(CONTACT, NO_FIELDS, 2)],
        *(8, "?", UNREADABLE, CONTACT_PUT),
    ),
}


@pytest.mark.parametrize("name", COURSES)
def test_apply_says_how_each_step_ended(
    project: Project, account: Account, cut: Any, name: str
) -> None:
    course = COURSES[name]
    cut(*(Rule(*rule) for rule in course.rules))
    project.write("m.yaml", course.manifest)
    ran = project.run("apply", "--auto-approve", "--format", "json")
    assert "Traceback" not in ran.err
    document = ran.json
    states = [LETTERS[letter] for letter in course.states]
    assert [step["state"] for step in document["steps"]] == states, document
    assert document["converged"] is (course.code == 0)
    if course.code:
        error = says_it_once(ran, course.code, "bmeconf.result/1")
        assert error["code"] == course.error, error
    made = [row["name"] for row in account.state()["lists"] if len(row["name"]) == 1]
    assert "".join(sorted(made)) == course.made
    said = [step for step in document["steps"] if step["state"] not in ("applied", "not attempted")]
    assert all(step["message"] for step in said)
    settles(project, account)


@pytest.mark.parametrize("name", ["a refusal of one", "a key that is refused midway"])
def test_apply_says_so_in_words(project: Project, cut: Any, name: str) -> None:
    course = COURSES[name]
    cut(*(Rule(*rule) for rule in course.rules))
    project.write("m.yaml", course.manifest)
    ran = project.run("apply", "--auto-approve")
    assert ran.code == 8
    assert "Not done (partly applied)" in ran.out
    assert "lists/B (failed)" in ran.out
    assert ran.err.count("Error: ") == 1
    assert "  → " in ran.err
