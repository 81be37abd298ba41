"""What simulated recipients do with a campaign that a person sent through the side door."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api

BODY = (
    '<p><a href="https://acme.example/a?x=1&amp;y=2">A</a> <A HREF=https://acme.example/b>B</A>'
    ' <a href="https://acme.example/a?x=1&amp;y=2">again</a> <a href="mailto:x@acme.example">M</a>'
    " <!-- <a href='https://acme.example/no'>no</a> --> <![odd[ <a name=x>no link</a></p>"
)
LINKS = ["https://acme.example/a?x=1&y=2", "https://acme.example/b"]


def sent(api: Api, body: str, contacts: int = 100, **status: Any) -> tuple[Any, Any]:
    """The report and the engagement of a campaign that was sent to so many."""
    keys = [{"key": f"c{n}@example.com", "lists": ["1" * 24]} for n in range(contacts)]
    campaign = {"_id": "2" * 24, "name": "N", "subject": "S", "body": body, "lists": ["1" * 24]}
    api.put_state(lists=[{"_id": "1" * 24, "name": "L"}], contacts=keys, campaigns=[campaign])
    answer = api.call(
        "POST", f"/_sandbox/campaigns/{'2' * 24}/status", {"status": "sent", **status}
    )
    assert answer.status_code == 200, answer.text
    path = f"/api/reports/email/{'2' * 24}"
    return api.get(path), api.get(f"{path}/engagement")


def test_people_open_and_click(api: Api) -> None:
    report, _ = sent(api, BODY)
    stats = report["stats"]
    assert stats["sent"] == stats["delivered"] == 100
    assert 0 < stats["clicks"]["unique"] < stats["opens"]["unique"] < 100
    assert stats["opens"]["rate"] == stats["opens"]["unique"]
    assert stats["totalBounces"]["count"] == stats["complaints"] == stats["unsubscribes"] == 0
    assert [link["path"] for link in report["linkActivity"]] == LINKS
    clicks = [link["clicks"] for link in report["linkActivity"]]
    assert clicks[0]["unique"] == stats["clicks"]["unique"]
    assert all(0 < each["unique"] <= each["total"] for each in clicks)


def test_the_same_each_time(api: Api) -> None:
    def numbers(report: Any) -> Any:
        stats = report["stats"]
        return stats["opens"]["unique"], stats["clicks"]["unique"], report["linkActivity"]

    first = numbers(sent(api, BODY)[0])
    assert numbers(sent(api, BODY)[0]) == first
    assert numbers(sent(api, BODY + "<p>More</p>")[0]) != first


def test_what_was_sent_just_now_was_opened_just_now(api: Api) -> None:
    report, over_time = sent(api, BODY)
    first, *rest = over_time["histogram"]
    assert first["detail"]["uniqueOpens"] == report["stats"]["opens"]["unique"]
    assert first["detail"]["uniqueClicks"] == report["stats"]["clicks"]["unique"]
    assert not any(row["total"] for row in rest)
    assert over_time["peak"]["total"] == first["total"]


def test_what_was_sent_long_ago_was_opened_over_time(api: Api) -> None:
    report, over_time = sent(api, BODY, scheduledAt="2026-01-01T08:00:00.000Z")
    opens = [row["detail"]["uniqueOpens"] for row in over_time["histogram"]]
    assert sum(opens) == report["stats"]["opens"]["unique"]
    assert opens == sorted(opens, reverse=True)
    assert opens[1] > 0


def test_nobody_clicks_where_there_is_no_link_and_nobody_opens_what_reached_nobody(
    api: Api,
) -> None:
    report, _ = sent(api, "<p>Nothing to click</p>")
    assert report["stats"]["clicks"] == {"unique": 0, "rate": 0.0}
    assert report["linkActivity"] == []
    report, over_time = sent(api, BODY, contacts=0)
    assert report["stats"]["opens"] == {"unique": 0, "rate": 0.0}
    assert over_time["peak"]["total"] == 0


def test_links_that_the_service_tracks_are_told_by_where_they_lead(api: Api) -> None:
    api.switch(body_rewriting="all")
    api.put_state(lists=[{"_id": "1" * 24, "name": "L"}])
    made = api.call("POST", "/api/email/campaign", {"name": "N", "body": BODY, "lists": ["1" * 24]})
    id = made.json()["_id"]
    assert "click.benchmarkemail.example" in made.json()["body"]
    api.call("POST", f"/_sandbox/campaigns/{id}/status", {"status": "sent"})
    found = [link["path"] for link in api.get(f"/api/reports/email/{id}")["linkActivity"]]
    assert found == LINKS
