"""The page of the sandbox in a real browser: what it shows, what is done, what stays harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.support import ci_project
from tests.support.api import UNSUBSCRIBED
from tests.support.browser import colours, scripts, size
from tests.support.ci_project import OWNED
from tests.support.driver import Account, Project
from tests.support.listener import Listener
from tests.support.person import Person

NEXT = "2030-12 Newsletter"
HOSTILE = (
    "<script>document.title='ran'</script>",
    '"><img src=x onerror="document.title=\'ran\'">',
    "'; alert(1); '",
    "{{ 7 * 7 }} ${7*7}",
    "safe\u202egpj.exe",
    "</title></textarea></select><h1 id=planted>x",
)


@pytest.fixture
def person(browser: webdriver.Chrome, account: Account) -> Person:
    return Person(browser, account)


@pytest.fixture
def newsletter(tmp_path: Path, account: Account) -> Project:
    """The example of a newsletter, applied to the account."""
    project = Project(tmp_path / "newsletter", {OWNED: account.sandbox.key})
    ci_project.newsletter(project.folder)
    ci_project.project_file(project.folder, account.sandbox.url)
    assert project.apply()["converged"]
    return project


def complaints(browser: webdriver.Chrome) -> list[str]:
    """What the browser's console has to say, policies that were broken included."""
    return [entry["message"] for entry in browser.get_log("browser")]


# --- what it shows


def test_tables_say_their_labels_are_sorted_and_show_what_was_asked(person: Person) -> None:
    person.open("/contacts?sort=address")
    table = person.driver.find_element(By.CSS_SELECTOR, "section table")
    names = [cell.text for cell in table.find_elements(By.CSS_SELECTOR, "tbody td:first-child")]
    assert names == sorted(names, key=str.casefold)
    assert "Company: Archer & Sons" in table.text
    head = table.find_element(By.CSS_SELECTOR, "th[aria-sort=ascending]")
    head.find_element(By.TAG_NAME, "a").click()
    table = person.driver.find_element(By.CSS_SELECTOR, "section table")
    again = [cell.text for cell in table.find_elements(By.CSS_SELECTOR, "tbody td:first-child")]
    assert again == names[::-1]
    assert table.find_element(By.CSS_SELECTOR, "th[aria-sort=descending]")
    structure = person.account.state()["structures"][0]["_id"]
    lists = f"contact-structure/{structure}/lists"
    person.account.call("POST", lists, {"name": "Of somebody else"})
    person.open("/requests")
    row = person.driver.find_element(By.CSS_SELECTOR, "section table tbody tr")
    assert re.search(r"\d\d:\d\d:\d\d", row.text)
    assert " ms" in row.text
    row.find_element(By.TAG_NAME, "summary").click()
    assert '"name": "Of somebody else"' in row.text


def test_the_account_at_a_glance(person: Person, newsletter: Project) -> None:
    person.account.switch(minute_limit=60)
    person.account.faults({"kind": "error-503", "path": "/api/email/campaign", "times": 2})
    person.open()
    source = re.sub("</?strong>", "", person.driver.page_source)
    assert "Sandbox: nothing here reaches anybody." in source
    text = person.text
    for shown in (
        *(NEXT, "Draft", "2026-10-06 08:00 UTC", "Everyone we write to", "City"),
        *("VIP", "Not Ready", "of 3,600 used", "minute_limit", "error-503", "hit 0 of 2"),
        "POST /api/contact/search",
    ):
        assert shown in text
    assert complaints(person.driver) == []


def test_a_campaign_with_its_body_and_who_would_get_it(person: Person, newsletter: Project) -> None:
    person.open_campaign(NEXT).unfold("Who would get it now")
    text = person.text
    for shown in ("December at Acme – Three short stories", "7 active contacts", "ann@example.com"):
        assert shown in text
    assert "eva@example.com" not in text
    person.driver.switch_to.frame(person.driver.find_element(By.TAG_NAME, "iframe"))
    assert person.driver.find_element(By.TAG_NAME, "h1").text == "December at Acme"
    person.driver.switch_to.default_content()
    assert complaints(person.driver) == []


def test_a_large_account_stays_usable(person: Person) -> None:
    account = person.account
    state = account.state()
    news = state["lists"][0]["_id"]
    first = state["structures"][0]["fields"][0]["_id"]
    state["lists"] += [{"name": f"List {n}"} for n in range(40)]
    state["campaigns"] += [{"name": f"Campaign {n}", "lists": [news]} for n in range(60)]
    state["contacts"] += [
        {"key": f"p{n}@big.example", "lists": [news], "fields": {first: f"Name{n}"}}
        for n in range(500)
    ]
    account.set(state)
    person.open()
    assert len(person.text) < 4_000
    person.follow("All 62").open("/lists")
    assert len(person.driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 44
    person.open("/contacts")
    assert "Page 1 of 11" in person.text
    person.follow("Next").follow("Next")
    assert len(person.driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 50
    person.enter("Search", "name499").press("Show")
    assert "1 of 514 contacts" in person.text
    person.follow("p499@big.example")
    assert person.labelled("First Name").get_attribute("value") == "Name499"


def test_every_page_fits_a_phone_and_names_what_is_on_it(
    person: Person, newsletter: Project
) -> None:
    state = person.account.state()
    state["lists"][0]["name"] = "W" * 300
    state["campaigns"][0].update(name="x" * 200, subject="y" * 200)
    state["contacts"][0].update(key=f"{'z' * 120}@example.com")
    person.account.set(state)
    size(person.driver, 390, 844)
    kinds = ("lists", "contacts", "campaigns")
    paths = ["/", "/requests", "/nowhere", *(f"/{kind}" for kind in kinds)]
    paths += [f"/{kind}/{state[kind][0]['_id']}" for kind in kinds]
    for number, path in enumerate(paths):
        colours(person.driver, dark=number % 2 == 0)
        person.open(path)
        wide, unnamed, twins, heads = person.driver.execute_script(PAGE)
        assert wide <= 390, path
        assert (unnamed, twins, heads) == ([], [], 1), path


PAGE = """
document.querySelectorAll('details').forEach(fold => fold.open = 1);
const fields = document.querySelectorAll('input:not([type=hidden]), select, textarea');
const ids = [...document.querySelectorAll('[id]')].map(one => one.id);
return [
  document.documentElement.scrollWidth,
  [...fields].filter(field => !field.labels.length).map(field => field.outerHTML),
  ids.filter((id, n) => ids.indexOf(id) !== n),
  document.querySelectorAll('h1').length,
];
"""


# --- live data is hostile


def test_hostile_texts_are_only_shown(person: Person) -> None:
    state = person.account.state()
    first = state["structures"][0]["fields"][0]
    first["label"], state["structures"][0]["tags"][0]["label"] = HOSTILE[0], HOSTILE[1]
    state["lists"] = [{"_id": f"{n:024}", "name": text} for n, text in enumerate(HOSTILE)]
    draft = {"status": "draft", "subject": HOSTILE[5], "previewText": HOSTILE[0], "lists": []}
    state["campaigns"] = [
        {**draft, "_id": f"{n:024}", "name": text, "fromName": text, "plainTextBody": text}
        for n, text in enumerate(HOSTILE)
    ]
    person_id = state["contacts"][0]["_id"]
    state["contacts"] = [
        {"_id": person_id, "key": "{{7*7}}&lt@example.com", "fields": {first["_id"]: HOSTILE[5]}}
    ]
    person.account.set(state)
    paths = ["/", "/lists", "/campaigns", "/contacts", f"/contacts/{person_id}"]
    paths += [f"/{kind}/{n:024}" for kind in ("lists", "campaigns") for n in range(len(HOSTILE))]
    for path in paths:
        person.open(path)
        assert "bmeconf sandbox" in person.driver.title, path
        assert person.driver.find_elements(By.CSS_SELECTOR, "main script, #planted, b > a") == []
        assert "\u202e" not in person.text
        assert complaints(person.driver) == [], path
    person.open("/lists")
    for text in HOSTILE[:4]:
        assert text in person.text
    assert "safe\\u202egpj.exe" in person.text


@pytest.fixture
def outside() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


def test_a_hostile_body_runs_nothing_and_fetches_nothing(person: Person, outside: Listener) -> None:
    away = outside.url
    body = (
        f"<html><head><link rel=stylesheet href='{away}/1'><link rel=preconnect href='{away}'>"
        f"<link rel=preload as=image href='{away}/2'>"
        f"<style>@import '{away}/3'; body {{background: url('{away}/4')}}</style>"
        f"<meta http-equiv=refresh content='0;url={away}/5'><base href='{away}/'></head>"
        f"<body onload=\"parent.document.title='ran'\"><img src='{away}/6'><script>top.location="
        f"'{away}/7'; alert(1)</script><iframe src='{away}/8'></iframe><p id=there>text</p>"
        f"<form action='{away}/9'><button id=send>send</button></form>"
        f"<a id=link href='{away}/10'>link</a><a id=out target=_blank href='{away}/11'>out</a>"
    )
    person.account.edit("campaigns", "Welcome", body=body)
    person.open_campaign("Welcome")
    frame = person.driver.find_element(By.TAG_NAME, "iframe")
    for ident in ("there", "send", "out", "link"):
        person.driver.switch_to.frame(frame)
        person.driver.find_element(By.ID, ident).click()
        person.driver.switch_to.default_content()
    person.open_campaign("Welcome")
    assert person.driver.title.startswith("Welcome")
    assert len(person.driver.window_handles) == 1
    assert outside.knocks == []
    # The listener does hear, where nothing holds a page back.
    person.driver.get(f"data:text/html,<img src='{away}/x'>")
    WebDriverWait(person.driver, 10).until(lambda _: outside.knocks)


# --- what only a person can do


def schedule(person: Person, day: str, time: str, zone: str = "UTC") -> None:
    """Schedule the next newsletter by the form."""
    person.open_campaign(NEXT).choose("Zone", zone).at(day, time).press("Schedule")
    assert person.said == "Scheduled."


def manual(project: Project) -> Any:
    """The state of the manual step for the next newsletter."""
    (step,) = (one for one in project.plan()["manual"] if one["address"] == f"campaigns/{NEXT}")
    return step["state"]


@pytest.mark.parametrize("javascript", [True, False])
def test_the_loop_plan_apply_schedule_plan(
    person: Person, newsletter: Project, javascript: bool
) -> None:
    assert manual(newsletter) == "todo"
    scripts(person.driver, javascript)
    # The manifest says 09:00+01:00.
    schedule(person, "12022030", "0900AM", "UTC+01:00")
    assert "Goes out 2030-12-02 08:00 UTC to 7 contacts." in person.text
    found = person.state("campaigns", name=NEXT)
    assert (found["status"], found["scheduledAt"]) == ("scheduled", "2030-12-02T08:00:00.000Z")
    assert manual(newsletter) == "done"
    assert newsletter.plan()["steps"] == []


def test_a_time_in_utc_by_default_and_another_one_later(
    person: Person, newsletter: Project
) -> None:
    schedule(person, "12032030", "1015PM")
    assert manual(newsletter) == "wrong"
    assert person.labelled("Day and time").get_attribute("value") == "2030-12-03T22:15"
    person.at("12022030", "0800AM").press("Change the time")
    assert manual(newsletter) == "done"
    person.press("Back to draft")
    assert person.state("campaigns", name=NEXT)["scheduledAt"] is None


def test_a_refused_time_keeps_what_was_entered(person: Person, newsletter: Project) -> None:
    person.open_campaign(NEXT).choose("Zone", "UTC-03:30")
    person.at("12022020", "0900AM").press("Schedule")
    assert "2020-12-02 12:30 UTC is in the past" in person.refusal
    field = person.labelled("Day and time")
    assert field.get_attribute("value") == "2020-12-02T09:00"
    assert field.get_attribute("aria-invalid") == "true"
    assert Select(person.labelled("Zone")).first_selected_option.text == "UTC-03:30"
    assert person.state("campaigns", name=NEXT)["status"] == "draft"


def test_a_sending_makes_a_report(person: Person, newsletter: Project) -> None:
    schedule(person, "12022030", "0800AM")
    person.press("Let its time come")
    assert "Sent 2030-12-02 08:00 UTC to 7 contacts." in person.text
    assert "Opened\n3" in person.text
    # The page made its time come years before.
    assert manual(newsletter) == "wrong"


def test_somebody_unsubscribes_and_opts_in_again(person: Person, newsletter: Project) -> None:
    person.open_contact("qa+gmail@acme.example").press("Unsubscribe")
    assert person.said == "Unsubscribed."
    assert "contact-unsubscribed" in person.text
    assert person.state("contacts", key="qa+gmail@acme.example")["status"] == UNSUBSCRIBED
    person.press("Opt in again")
    assert person.state("contacts", key="qa+gmail@acme.example")["status"] == {"primary": "Active"}
    assert newsletter.plan()["steps"] == []


def test_what_is_edited_by_hand_is_in_the_next_plan(person: Person, newsletter: Project) -> None:
    person.open_contact("qa+gmail@acme.example")
    person.enter("City", "Bergen").tick("Newsletter").press("Save")
    before = person.state("campaigns", name="Winter release")
    person.open_campaign("Winter release").unfold("Change name, content or lists").press("Save")
    assert person.said == "Nothing was changed, so nothing was saved."
    assert person.state("campaigns", name="Winter release") == before
    person.unfold("Change name, content or lists").enter("Subject", "Acme 6").press("Save")
    after = person.state("campaigns", name="Winter release")
    moved = {"subject": "Acme 6", "__v": before["__v"] + 1, "updatedAt": after["updatedAt"]}
    assert after == {**before, **moved}
    changed = {
        step["address"]: {change["path"] for change in step["changes"]}
        for step in newsletter.plan()["steps"]
    }
    assert changed == {
        "contacts/qa+gmail@acme.example": {"fields.City", "lists"},
        "campaigns/Winter release": {"subject"},
    }
    person.open("/lists").follow("Press").enter("Name", "Presse").press("Rename")
    assert person.said == "Saved."
    refused = newsletter.run("plan", "--format", "json")
    assert refused.code == 7
    (finding,) = (one for one in refused.json["findings"] if one["level"] == "error")
    assert (finding["address"], finding["code"]) == ("lists/Press", "looks_renamed")
    assert "Presse" in finding["message"]


def test_deleting_asks_twice(person: Person, newsletter: Project) -> None:
    person.open("/lists").follow("Press")
    button = person.one("//button[normalize-space()='Delete for good']")
    assert not button.is_displayed()
    person.unfold("Delete this list").press("Delete for good")
    assert "Press" not in [one["name"] for one in person.account.state()["lists"]]
    assert newsletter.plan()["summary"]["create"] == 1


def test_going_back_or_reloading_does_not_send_a_form_again(
    person: Person, newsletter: Project
) -> None:
    schedule(person, "12022030", "0800AM")
    version = person.state("campaigns", name=NEXT)["__v"]
    person.driver.refresh()
    person.driver.back()
    person.driver.forward()
    assert person.state("campaigns", name=NEXT)["__v"] == version


# --- it is not the API


def test_the_page_is_in_no_log_and_meets_no_fault(person: Person) -> None:
    person.account.switch(hour_limit=1, minute_limit=1)
    person.account.faults({"kind": "error-500", "times": 0})
    person.account.clear_log()
    person.open().open("/contacts").follow("ann@example.com").press("Unsubscribe")
    assert person.account.log() == []
    assert person.account.fault_hits() == [0]
