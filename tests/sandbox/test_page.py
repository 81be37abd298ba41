"""The page of the sandbox in a real browser: what it shows, what is done, what stays harmless."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.support import ci_project
from tests.support.browser import colours, size
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
    every = "".join(HOSTILE)
    texts = {"name": every, "fromName": HOSTILE[1], "plainTextBody": every}
    state["campaigns"] = [{**draft, "_id": f"{0:024}", **texts}]
    state["lists"].append({"_id": f"{len(HOSTILE):024}", "name": every})
    person_id = state["contacts"][0]["_id"]
    state["contacts"] = [
        {"_id": person_id, "key": "{{7*7}}&lt@example.com", "fields": {first["_id"]: HOSTILE[5]}}
    ]
    person.account.set(state)
    paths = ["/", "/lists", "/campaigns", "/contacts", f"/contacts/{person_id}"]
    paths += [f"/campaigns/{0:024}", f"/lists/{len(HOSTILE):024}"]
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


def manual(project: Project) -> Any:
    """The state of the manual step for the next newsletter."""
    (step,) = (one for one in project.plan()["manual"] if one["address"] == f"campaigns/{NEXT}")
    return step["state"]


def test_the_loop_plan_apply_schedule_plan(person: Person, newsletter: Project) -> None:
    assert manual(newsletter) == "todo"
    # The manifest says 09:00+01:00.
    person.open_campaign(NEXT).choose("Zone", "UTC+01:00").at("12022030", "0900AM")
    person.press("Schedule")
    assert person.said == "Scheduled."
    assert "Goes out 2030-12-02 08:00 UTC to 7 contacts." in person.text
    found = person.state("campaigns", name=NEXT)
    assert (found["status"], found["scheduledAt"]) == ("scheduled", "2030-12-02T08:00:00.000Z")
    assert manual(newsletter) == "done"
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
