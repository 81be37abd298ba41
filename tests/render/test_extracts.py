"""SARIF, code quality and calendars: what other programs take of a report, read as they do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest

from bmeconf.cli.outputs import outputs
from bmeconf.render import EXTRACTS
from tests.support.driver import Project
from tests.support.plans import HOSTILE

BROKEN = "version: 1\nlists:\n  - {name: Autumn}\n  - {nam: Winter}\n"
CAMPAIGN = {
    "name": "News, and; more\\",
    "lists": ["Newsletter"],
    "schedule": {"at": "2031-03-03T09:00:00+01:00", "owner": "Ms Ö", "note": "first\nlook"},
}


def levels(project: Project, *arguments: str, format: str) -> Any:
    return json.loads(project.run(*arguments, "--format", format).out)


def test_sarif_names_the_line_of_an_error(project: Project) -> None:
    project.write("my lists.yaml", BROKEN)
    (run,) = levels(project, "validate", format="sarif")["runs"]
    (result,) = run["results"]
    (place,) = (location["physicalLocation"] for location in result["locations"])
    assert place["artifactLocation"]["uri"] == "my%20lists.yaml"
    assert place["region"] == {"startLine": 4, "startColumn": 6}
    assert result["level"] == "error"
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert run["invocations"][0]["executionSuccessful"] is False


def test_sarif_tells_of_a_failed_run_as_a_notification(project: Project) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    project.env = {**project.env, "BMECONF_API_KEY": "bme_us_" + "x" * 40}
    (run,) = levels(project, "plan", format="sarif")["runs"]
    assert run["results"] == []
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (said["level"], said["descriptor"]["id"]) == ("error", "refused")


def test_code_quality_keeps_its_fingerprints_where_only_lines_move(project: Project) -> None:
    found = []
    for text in (BROKEN, "# a comment\n" + BROKEN):
        project.write("a.yaml", text)
        (entry,) = levels(project, "validate", format="gitlab")
        found.append(entry)
    before, after = found
    assert before["fingerprint"] == after["fingerprint"]
    assert [entry["location"]["lines"]["begin"] for entry in found] == [4, 5]
    assert before["severity"] == "critical"


@pytest.mark.parametrize("format", ["sarif", "gitlab"])
def test_planned_changes_are_no_concerns_but_deletes_are(project: Project, format: str) -> None:
    project.declare(lists=[{"name": "Old"}])
    project.run("apply", "--auto-approve").ok()
    project.declare(lists=[{"name": "Autumn"}, {"name": "Old", "state": "absent"}])
    shown = json.dumps(levels(project, "plan", format=format))
    assert "Autumn" not in shown
    assert "lists/Old" in shown


def test_a_calendar_has_an_entry_for_each_open_step(project: Project) -> None:
    project.declare(lists=[{"name": "Newsletter"}], campaigns=[CAMPAIGN])
    project.run("plan", "--output", "ics=steps.ics").ok()
    content = (project.folder / "steps.ics").read_bytes()
    assert max(map(len, content.split(b"\r\n"))) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar = icalendar.Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("DTSTART") == datetime(2031, 3, 3, 8, tzinfo=UTC)
    assert str(event["SUMMARY"]).startswith("News, and; more\\: schedule it for")
    assert "Ms Ö" in event["SUMMARY"]
    assert "look" in event["DESCRIPTION"]
    assert len(calendar.walk("VALARM")) == 2
    again = icalendar.Calendar.from_ical(project.run("plan", "--format", "ics").ok().out)
    assert again.walk("VEVENT")[0]["UID"] == event["UID"]


def test_without_a_step_there_is_an_empty_calendar(project: Project) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    calendar = icalendar.Calendar.from_ical(project.run("plan", "--format", "ics").ok().out)
    assert calendar.walk("VEVENT") == []


@pytest.mark.parametrize("format", ["sarif", "gitlab", "ics"])
def test_hostile_names_stay_names(project: Project, format: str) -> None:
    campaigns = [{**CAMPAIGN, "name": name} for name in HOSTILE if name.isprintable()]
    project.declare(campaigns=campaigns, lists=[{"name": "Newsletter"}])
    shown = project.run("plan", "--format", format).ok().out
    if format == "ics":
        assert len(icalendar.Calendar.from_ical(shown).walk("VEVENT")) == len(campaigns)
    else:
        assert json.loads(shown) is not None
        assert shown.isascii()


def test_extracts_are_outputs_like_formats() -> None:
    assert [format for format, _ in outputs([f"{name}=x.{name}" for name in EXTRACTS])] == [
        *EXTRACTS
    ]
