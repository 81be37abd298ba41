"""The page of the sandbox without a browser: who may send forms, what is refused, what is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.sandbox import clock
from bmeconf.sandbox.errors import ApiError
from bmeconf.sandbox.page import PATHS, inert, moments, wording
from tests.support.accounts import fill
from tests.support.api import ABSENT, CONTACTS, SEARCH, Api, search
from tests.support.formats import Seen

SHOWN = ("/", "/contacts", "/campaigns", "/lists", "/requests")
WHEN = {"at": "2030-12-02T09:00", "offset": "+00:00"}
SCHEDULED = {"status": "scheduled", "scheduledAt": "2030-12-02T09:00:00.000Z"}
NO_TIME = "must be a date and a time"


class Forms(Api):
    """A running sandbox whose forms can be sent as a browser sends them."""

    def post(
        self, path: str, headers: Mapping[str, str] | None = None, **fields: Any
    ) -> requests.Response:
        own = {"Origin": self.sandbox.url} if headers is None else headers
        return requests.post(
            self.sandbox.url + path, data=fields, headers=own, timeout=10, allow_redirects=False
        )

    def done(self, path: str, **fields: Any) -> str:
        """Send a form that must be carried out; gives the word for it."""
        response = self.post(path, **fields)
        assert response.status_code == 303, response.text
        where, _, said = response.headers["Location"].partition("?said=")
        assert where.startswith("/")
        assert said in wording.SAID
        return said

    def refused(self, path: str, status: int = 400, **fields: Any) -> str:
        """Send a form that must be refused with nothing changed; gives the page."""
        before = self.state()
        response = self.post(path, **fields)
        assert response.status_code == status, response.text
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert self.state() == before
        return response.text

    def draft(self, **values: Any) -> str:
        """Put content into the seeded draft; gives the path of its page."""
        return f"/campaigns/{self.edit('campaigns', 'Welcome', **values)['_id']}"

    def page(self, path: str, **query: Any) -> str:
        """A page as HTML."""
        response = self.send("GET", path, key=None, **query)
        assert response.status_code == 200, response.text
        return response.text

    def words(self, path: str, **query: Any) -> str:
        """What there is to read on a page."""
        return " ".join(" ".join(Seen(self.page(path, **query)).words).split())

    def campaign(self, name: str = "Welcome") -> dict[str, Any]:
        return self.named("campaigns", name)

    def contact(self, key: str = "ann@example.com") -> dict[str, Any]:
        return self.named("contacts", key)

    def feed(self, contact: Mapping[str, Any]) -> list[dict[str, Any]]:
        return list(self.get(f"{CONTACTS}/{contact['_id']}/events", size=100)["records"])


@pytest.fixture
def api() -> Iterator[Forms]:
    with Forms() as running:
        yield running


def filled(campaign: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The form to edit a campaign, as a browser sends it."""
    names = ("name", "from", "fromName", "subject", "previewText", "body", "plainTextBody")
    fields = {name: (campaign[name] or "").replace("\n", "\r\n") for name in names}
    replies = ", ".join(campaign["replyToAddresses"])
    shown = {"version": campaign["__v"], "boxes": "1", "lists": campaign["lists"]}
    return {**fields, "replyToAddresses": replies, **shown, **changes}


# --- who may


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Referer": "https://evil.example/x"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Referer": "{own}/"}, 403),
        ({"Origin": "{own}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": "{own}", "Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example", "Host": "evil.example"}, 403),
        ({"Origin": "{own}"}, 303),
        ({"Origin": "{own}", "Sec-Fetch-Site": "same-origin", "Referer": "{own}/lists"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Referer": "{own}/lists"}, 303),
    ],
)
def test_only_its_own_forms_are_taken(api: Forms, headers: dict[str, str], status: int) -> None:
    before = api.state()
    given = {name: value.format(own=api.sandbox.url) for name, value in headers.items()}
    response = api.post("/lists/add", given, name="Mine", structure=api.structure["_id"])
    assert response.status_code == status
    if status == 303:
        assert api.named("lists", "Mine")
    else:
        assert "no-store" in response.headers["Cache-Control"]
        assert api.state() == before


def test_every_form_is_guarded(api: Forms) -> None:
    forms = [re.sub("<.*?>", ABSENT, path.path) for path in PATHS if path.act]
    assert len(forms) >= 12
    for there in forms:
        assert api.post(there, {}).status_code == 403, there
        assert api.post(there, {"Origin": "http://127.0.0.1:1"}).status_code == 403, there


@pytest.mark.parametrize("path", SHOWN)
def test_a_name_made_to_resolve_to_loopback_sees_nothing(api: Forms, path: str) -> None:
    headers = {"Host": "evil.example"}
    response = requests.get(api.sandbox.url + path, headers=headers, timeout=10)
    assert response.status_code == 403
    assert "example.com" not in response.text


def test_every_page_forbids_scripts_frames_and_strangers(api: Forms) -> None:
    ids = {kind: api.state()[kind][0]["_id"] for kind in ("lists", "contacts", "campaigns")}
    paths = ["/", "/nowhere", "/style.css", "/icon.svg", "/requests"]
    paths += [f"/{kind}/{ident}" for kind, ident in ids.items()] + [f"/{kind}" for kind in ids]
    browser = {"Accept": "text/html,application/xhtml+xml"}
    for path in [*paths, f"/campaigns/{ids['campaigns']}/preview"]:
        response = requests.get(api.sandbox.url + path, headers=browser, timeout=10)
        assert response.status_code == (404 if path == "/nowhere" else 200), path
        headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "script-src" not in policy
        assert "unsafe" not in policy or path.endswith("/preview")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        if headers["Content-Type"].startswith("text/html"):
            assert "frame-ancestors" in policy


def test_a_preview_is_sandboxed_wherever_it_is_opened(api: Forms) -> None:
    headers = api.send("GET", f"{api.draft(body='<p>x')}/preview", key=None).headers
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_programs_still_get_the_api_s_envelope(api: Forms) -> None:
    for path, error in (("/nowhere", "NotFound"), ("/api/nowhere", "RecordNotFound")):
        assert api.send("GET", path).json()["errors"][0]["errorType"] == error


@pytest.mark.parametrize("path", ["/lists", "/contacts", "/campaigns"])
def test_what_is_not_there(api: Forms, path: str) -> None:
    assert api.send("GET", f"{path}/{ABSENT}", key=None).status_code == 404
    api.refused(f"{path}/{ABSENT}/delete", 404)


def test_no_page_shows_the_key(api: Forms) -> None:
    for path in SHOWN:
        assert api.sandbox.key not in api.send("GET", path).text


def test_the_pages_are_in_no_log_and_meet_no_limit_and_no_fault(api: Forms) -> None:
    api.switch(hour_limit=1, minute_limit=1)
    api.faults({"kind": "error-500", "times": 0})
    for path in SHOWN:
        api.page(path)
    api.done(f"/contacts/{api.contact()['_id']}/status", act="unsubscribe")
    assert (api.log(), api.fault_hits()) == ([], [0])


# --- what is shown


@pytest.mark.parametrize(
    ("order", "way", "next"),
    [("address", "ascending", "-address"), ("-address", "descending", "address")],
)
def test_contacts_are_sorted_as_asked(api: Forms, order: str, way: str, next: str) -> None:
    page = api.page("/contacts", sort=order)
    keys = re.findall("<td><a[^>]*><bdi>(.*?)</bdi>", page)
    assert keys == sorted((c["key"] for c in api.state()["contacts"]), reverse=order[0] == "-")
    (head,) = re.findall("<th[^>]*aria-sort.*?</th>", page)
    assert f'aria-sort="{way}"' in head
    assert f'&amp;sort={next}">' in head
    assert "Company : Archer & Sons" in api.words("/contacts")


def test_a_request_is_shown_with_its_time_and_its_body(api: Forms) -> None:
    api.call("POST", api.lists.removeprefix("/api/"), {"name": "Of somebody else"})
    shown = api.words("/requests")
    assert re.search(r"\d\d:\d\d:\d\d POST /api/contact-structure/", shown)
    assert re.search(r'Body .*"name": "Of somebody else".* 20\d \d+ ms', shown)


def test_the_account_at_a_glance(api: Forms) -> None:
    api.switch(minute_limit=60)
    api.faults({"kind": "error-503", "path": "/api/email/campaign", "times": 2})
    api.draft(**SCHEDULED)
    api.ok("POST", SEARCH, search(api))
    text = api.words("/")
    for shown in (
        *("Sandbox: nothing here reaches anybody.", "Welcome", "scheduled", "2030-12-02 09:00 UTC"),
        *("Newsletter", "Company", "VIP", "not ready", "of 3,600 used", "minute_limit 60"),
        *("error-503 * /api/email/campaign hit 0 of 2", "POST /api/contact/search"),
    ):
        assert shown in text, text


def test_a_large_account_stays_usable(api: Forms) -> None:
    fill(api)
    assert len(api.words("/")) < 4_000
    assert "All 60" in api.words("/")
    assert api.page("/lists").count("<td><a ") == 40
    pages = [api.page("/contacts", page=number) for number in (1, 3)]
    assert [page.count("<td><a ") for page in pages] == [50, 50]
    assert 'rel="prev"' not in pages[0]
    assert "page=4" in pages[1]
    assert "Page 3 of 10" in pages[1]
    assert "1 of 500 contacts" in api.words("/contacts", q="person499")


# --- campaigns


def test_a_time_that_is_refused_or_to_be_changed_is_still_in_the_form(api: Forms) -> None:
    path, late = api.draft(), "2020-12-02T09:00"
    page = api.refused(f"{path}/schedule", at=late, offset="-03:30")
    assert "2020-12-02 12:30 UTC is in the past" in page
    assert '<option value="-03:30" selected>' in page
    assert re.search(f'type="datetime-local"[^>]*value="{late}" aria-invalid="true"', page)
    api.done(f"{path}/schedule", **WHEN)
    page = api.page(path)
    assert f'value="{WHEN["at"]}"' in page
    assert "Change the time" in page
    assert re.findall('name="when" value="(.*?)"', page) == ["now", "planned"]


def test_offsets_count_from_utc(api: Forms) -> None:
    path = api.draft()
    for zone, stored in (("+00:00", "09:30"), ("+05:45", "03:45"), ("-03:30", "13:00")):
        api.done(f"{path}/schedule", at="2030-12-02T09:30", offset=zone)
        assert api.campaign()["scheduledAt"] == f"2030-12-02T{stored}:00.000Z"


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        ("", "+00:00", NO_TIME),
        ("soon", "+00:00", NO_TIME),
        ("2030-12-02T09:00+01:00", "+00:00", NO_TIME),
        ("0001-01-01T00:00", "+14:00", NO_TIME),
        ("9999-12-31T23:59", "-12:00", NO_TIME),
        ("292277-01-01T00:00", "+00:00", NO_TIME),
        ("2030-12-02T09:00", "+01:07", "must be one of"),
        ("2020-12-02T09:00", "+00:00", "is in the past"),
    ],
)
def test_times_that_are_none(api: Forms, at: str, zone: str, said: str) -> None:
    assert said in api.refused(f"{api.draft()}/schedule", at=at, offset=zone)


@pytest.mark.parametrize(
    ("field", "said"),
    [("from", "a sender"), ("subject", "a subject"), ("body", "a body"), ("lists", "a list")],
)
def test_a_campaign_that_lacks_something_cannot_go_out(api: Forms, field: str, said: str) -> None:
    path = api.draft(**{field: [] if field == "lists" else None})
    assert f"this campaign needs {said}." in api.refused(f"{path}/schedule", **WHEN)
    assert said in api.refused(f"{path}/send", when="now", outcome="usual")


def test_a_campaign_through_all_its_states(api: Forms) -> None:
    path = api.draft()
    for act, status in (
        ("schedule", "scheduled"),
        ("pause", "paused"),
        ("resume", "scheduled"),
        ("start", "sending"),
        ("pause", "paused"),
        ("cancel", "cancelled"),
        ("unschedule", "draft"),
        ("schedule", "scheduled"),
        ("start", "sending"),
        ("fail", "failed"),
        ("unschedule", "draft"),
    ):
        version = api.campaign()["__v"]
        if act == "schedule":
            api.done(f"{path}/schedule", **WHEN)
        else:
            assert f'name="act" value="{act}"' in api.page(path)
            api.done(f"{path}/status", act=act)
        after = api.campaign()
        assert (after["status"], after["__v"]) == (status, version + 1), act


def test_a_sending_under_way_goes_on_where_it_paused(api: Forms) -> None:
    path = api.draft(status="paused", scheduledAt="2026-01-01T00:00:00Z")
    api.done(f"{path}/status", act="resume")
    assert api.campaign()["status"] == "sending"


def test_what_a_state_does_not_allow(api: Forms) -> None:
    sent = f"/campaigns/{api.campaign('2026-10 Newsletter')['_id']}"
    assert "is sent, and so it cannot be scheduled" in api.refused(f"{sent}/schedule", **WHEN)
    assert "cannot be sent" in api.refused(f"{sent}/send", when="now", outcome="usual")
    for act in ("start", "pause", "resume", "cancel", "fail", "unschedule", "explode"):
        api.refused(f"{sent}/status", act=act)
    edited = filled(api.campaign("2026-10 Newsletter"), subject="Other")
    assert "cannot be edited" in api.refused(f"{sent}/edit", **edited)
    assert "cancel it first" in api.refused(f"{api.draft(**SCHEDULED)}/delete")


@pytest.mark.parametrize("outcome", ["usual", "poor", "unopened"])
def test_a_report_adds_up(api: Forms, outcome: str) -> None:
    state = api.state()
    news = api.list_id("Newsletter")
    state["contacts"] += [{"key": f"p{n}@big.example", "lists": [news]} for n in range(295)]
    api.put_state(**state)
    path = api.draft(body='<a href="https://acme.example/?a=1&amp;b=2">x</a><a href="#y">y</a>')
    api.done(f"{path}/send", when="now", outcome=outcome)
    sent = api.campaign()
    report = sent["report"]
    bounces = report["hardBounces"] + report["softBounces"]
    assert report["sent"] == sent["sentCount"] == sent["totalRecipients"] == 300
    assert report["delivered"] == 300 - bounces
    assert sent["failedCount"] == bounces
    assert report["uniqueClicks"] <= report["uniqueOpens"] <= report["delivered"]
    assert (report["uniqueOpens"] > 0) == (outcome != "unopened") == bool(report["lastOpenAt"])
    assert (bounces > 20) == (outcome == "poor")
    (link,) = report["links"]
    assert link["path"] == "https://acme.example/?a=1&b=2"
    assert link["clicks"]["unique"] == report["uniqueClicks"]
    ended = [one for one in api.state()["contacts"] if one["status"]["primary"] == "Inactive"]
    gone = report["hardBounces"] + report["complaints"] + report["unsubscribes"]
    assert len(ended) == 3 + gone
    shown = api.get(f"/api/reports/email/{sent['_id']}")["stats"]
    assert shown["opens"]["unique"] == report["uniqueOpens"]
    for kind, count in (("sent", 300), ("delivered", 300 - bounces), ("bounced", bounces)):
        assert api.get("/api/contact/events", types=f"email-{kind}")["total"] == count


def test_the_events_of_a_mail(api: Forms) -> None:
    api.done(f"{api.draft()}/send", when="now", outcome="usual")
    events = api.feed(api.contact("hana@example.com"))
    kinds = ["email-opened", "email-delivered", "email-sent"]
    assert [event["type"] for event in events] == kinds
    assert {event["emailCampaignName"] for event in events} == {"Welcome"}
    assert {event["source"] for event in events} == {"web"}


def test_sending_now_and_letting_the_time_come(api: Forms) -> None:
    for when, same in (("planned", True), ("now", False)):
        path = api.draft(**SCHEDULED, report=None)
        api.done(f"{path}/send", when=when, outcome="unopened")
        assert (api.campaign()["scheduledAt"] == SCHEDULED["scheduledAt"]) is same
    api.done(f"{api.draft(**SCHEDULED, report=None)}/send", when="planned", outcome="usual")
    shown = api.words(path)
    assert "Sent 2030-12-02 09:00 UTC to 5 contacts." in shown
    assert f"Opened {api.campaign()['report']['uniqueOpens']} " in shown


def test_saving_a_form_untouched_changes_nothing(api: Forms) -> None:
    path = api.draft(
        subject="two\r\nlines\0",
        previewText=None,
        fromName="tab\there",
        body="\r\n<p>a</p>\r<p>b</p>\n",
        plainTextBody="\n\nx",
    )
    before = api.campaign()
    shown = {"subject": "twolines\ufffd", "body": "\r\n<p>a</p>\r\n<p>b</p>\r\n"}
    assert api.done(f"{path}/edit", **filled(before, **shown)) == "same"
    assert api.campaign() == before


def test_only_what_was_touched_is_stored_anew(api: Forms) -> None:
    path = api.draft(body="<p>a</p>\r\n<p>b</p>", plainTextBody=None)
    before = api.campaign()
    api.done(f"{path}/edit", **filled(before, subject="Ænother", body="<p>a</p>\r\n<p>b</p>"))
    after = api.campaign()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"subject", "updatedAt", "__v"}


def test_a_long_body_fits_a_form(api: Forms) -> None:
    path = api.draft()
    body = "<p>%&ü</p>" * 60_000
    api.done(f"{path}/edit", **filled(api.campaign(), body=body))
    assert api.campaign()["body"] == body


def test_a_form_from_before_somebody_else_s_change_is_refused(api: Forms) -> None:
    path = api.draft()
    old = filled(api.campaign(), subject="Mine <b>")
    api.done(f"{path}/edit", **filled(api.campaign(), subject="Theirs"))
    page = api.refused(f"{path}/edit", **old)
    assert "Somebody changed this meanwhile" in page
    assert 'value="Mine &lt;b&gt;"' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("previewText", "x" * 101),
        ("from", "nobody"),
        ("replyToAddresses", "a@example.com, b"),
        ("name", "  "),
        ("name", "2026-10 Newsletter"),
        ("lists", ABSENT),
        ("lists", "news"),
    ],
)
def test_entries_that_the_account_cannot_take(api: Forms, field: str, value: str) -> None:
    path = api.draft()
    page = api.refused(f"{path}/edit", **filled(api.campaign(), **{field: value}))
    assert "Not done." in page
    if field != "lists":
        assert 'aria-invalid="true"' in page


def test_two_campaigns_of_one_name(api: Forms) -> None:
    api.refused("/campaigns/add", name="Welcome")
    assert api.done("/campaigns/add", name="Welcome", twin="1") == "added"
    assert len([one for one in api.state()["campaigns"] if one["name"] == "Welcome"]) == 2


def test_a_list_that_is_gone_is_no_change_by_itself(api: Forms) -> None:
    gone = api.draft(**SCHEDULED)
    api.done(f"/lists/{api.list_id('Newsletter')}/delete")
    before = api.campaign()
    assert api.done(f"{gone}/edit", **filled(before, lists=[])) == "same"
    assert api.campaign()["lists"] == before["lists"]


# --- lists and contacts


def test_a_list_by_hand(api: Forms) -> None:
    api.done("/lists/add", name=" Nové ", structure=api.structure["_id"])
    made = api.named("lists", "Nové")
    path = f"/lists/{made['_id']}"
    assert api.done(f"{path}/rename", name="Nové") == "same"
    assert api.done(f"{path}/rename", name="New") == "saved"
    assert api.named("lists", "New")["__v"] == 1
    for name in ("", "x" * 1001):
        api.refused(f"{path}/rename", name=name)
    api.refused("/lists/add", name="x", structure=ABSENT)
    api.done(f"{path}/delete")
    assert "New" not in [one["name"] for one in api.state()["lists"]]


def test_what_a_person_does_leaves_events(api: Forms) -> None:
    path = f"/contacts/{api.contact()['_id']}"
    acts = {
        "unsubscribe": "contact-unsubscribed",
        "opt-in": "contact-reactivated",
        "bounce": "email-bounced",
        "complain": "email-complaint",
    }
    done = ("unsubscribe", "opt-in", "bounce", "opt-in", "complain")
    for act in done:
        api.done(f"{path}/status", act=act)
    assert api.done(f"{path}/status", act="complain") == "same"
    assert re.findall('name="act" value="(.*?)"', api.page(path)) == [*acts]
    after = api.contact()
    assert after["status"] == {"primary": "Inactive", "secondary": "Complaint-FBL"}
    assert after["__v"] == 5
    events = api.feed(after)
    assert [event["type"] for event in reversed(events)] == [acts[act] for act in done]
    assert {(event["source"], event["triggeredBy"]["type"]) for event in events} == {
        ("web", "user")
    }


def test_a_contact_by_hand(api: Forms) -> None:
    owner = api.structure
    api.done("/contacts/add", key=" New@Example.com", structure=owner["_id"])
    made = api.contact("new@example.com")
    path = f"/contacts/{made['_id']}"
    company, news, tag = api.field_id("Company"), api.list_id("Newsletter"), owner["tags"][0]["_id"]
    shown = {"key": "new@example.com", "version": 0, "boxes": "1"}
    assert api.done(f"{path}/edit", **shown) == "same"
    ticked = {"lists": [news], "tags": [tag], f"field-{company}": "Acme"}
    assert api.done(f"{path}/edit", **shown, **ticked) == "saved"
    after = api.contact("new@example.com")
    assert (after["lists"], after["tags"], after["__v"]) == ([news], [tag], 1)
    assert after["fields"] == {company: "Acme"}
    assert api.feed(after)[0]["type"] == "contact-updated"
    assert "new@example.com" in str(api.ok("POST", SEARCH, search(api)))
    for wrong in ({"key": "ann@example.com"}, {"lists": [ABSENT]}):
        api.refused(f"{path}/edit", **{**shown, "version": 1, **wrong})
    api.refused("/contacts/add", key="ann@example.com", structure=owner["_id"])
    api.done(f"{path}/delete")
    assert "new@example.com" not in str(api.state()["contacts"])


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999", "²", "3"])
def test_a_page_that_is_none_is_another(api: Forms, number: str) -> None:
    page = api.send("GET", "/contacts", page=number)
    assert page.status_code == 200
    assert "ann@example.com" in page.text


def test_contacts_by_list_status_and_words(api: Forms) -> None:
    def found(**query: str) -> list[str]:
        text = api.send("GET", "/contacts", **query).text
        return [one["key"] for one in api.state()["contacts"] if one["key"] in text]

    assert found(list=api.list_id("Old list")) == ["liam@example.com", "mona@example.com"]
    assert found(status="Bounced") == ["frank@example.com"]
    assert found(q="JONES &") == ["judy@example.com"]
    assert found(q="j", status="Bounced") == []


# --- the pure parts


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9000, 1, 1)))
def test_a_time_shown_and_entered_again_is_the_same(moment: Any) -> None:
    stamp = clock.iso(moment.replace(microsecond=0, tzinfo=UTC).timestamp())
    assert moments.read(moments.entry(stamp), "+00:00") == stamp


@given(st.sampled_from(sorted(moments.CHOICES)))
def test_every_offset_moves_the_time_by_itself(zone: str) -> None:
    here = clock.seconds(moments.read("2030-12-02T09:00", zone))
    assert clock.seconds(f"2030-12-02T09:00{zone}") == here


def test_offsets_are_refused_by_name() -> None:
    with pytest.raises(ApiError, match=r"\+05:45"):
        moments.read("2030-12-02T09:00", "Europe/Oslo")


@given(st.text())
def test_no_text_hides_or_reorders(text: str) -> None:
    shown = wording.visible(text)
    assert not {"\u202e", "\u200b", "\x1b", "\n", "\u2028"} & set(shown)
    assert wording.visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "inert_text"),
    [
        ("<p>plain</p>", "<p>plain</p>"),
        ("<a href='https://x.example'>x</a>", "<a href=#>x</a>"),
        ("<A\nHREF=https://x.example>x</A>", "<A\nhref=#>x</A>"),
        ('<a href="#top">x</a>', '<a href="#top">x</a>'),
        ("<a title='a href=b' href=c>", "<a title='a href=#' href=#>"),
        ("<iframe src='//x'></iframe>", "</iframe>"),
        ("<link rel=preconnect href=//x><b>", "<b>"),
        ("<!-- <iframe> --><i>", "<!-- <iframe> --><i>"),
        ("a < b <c", "a < b <c"),
        ("", ""),
    ],
)
def test_an_inert_body(text: str, inert_text: str) -> None:
    assert inert.body(text) == inert_text


@given(st.text(alphabet="<>a\"'=/ !-href#iframe"))
def test_any_body_can_be_shown(text: str) -> None:
    inert.body(text)
