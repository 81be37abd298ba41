"""Switches: their texts, their errors, and changing them at run time."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from bmeconf.sandbox import Switches, switches
from tests.support.api import Api, refused

SOURCE = Path(switches.__file__).read_text()


def test_parse_reads_each_type() -> None:
    got = Switches.parse(
        ["contact-lists-write=both", "search_lag_ms = 250", "hour_seconds=2", "verify_from=ON"]
    )
    assert got.contact_lists_write == "both"
    assert got.search_lag_ms == 250
    assert got.hour_seconds == 2.0
    assert got.verify_from is True
    assert Switches.parse([]) == Switches()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour=red", ('"colour"', "known", "contact_lists_write")),
        ("verify_form=on", ("verify_form", 'did you mean "verify_from"?')),
        ("verify_from", ("verify_from", "name=value")),
        ("verify_from=maybe", ("verify_from", "on or off")),
        ("hour_limit=many", ("hour_limit", "number")),
        ("hour_limit=1.5", ("hour_limit", "number")),
        ("hour_limit=-1", ("hour_limit", "range")),
        ("hour_seconds=0", ("hour_seconds", "range")),
        ("hour_seconds=nan", ("hour_seconds", "range")),
        ("lists_page=xml", ("lists_page", "envelope, array")),
    ],
)
def test_parse_errors_name_the_switch(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=words[0]) as caught:
        Switches.parse([text])
    assert all(word in str(caught.value) for word in words)


def test_an_unknown_switch_shows_each_with_its_values_on_its_own_line() -> None:
    with pytest.raises(ValueError, match="unknown switch") as caught:
        Switches.parse(["colour=red"])
    lines = str(caught.value).splitlines()
    assert lines[0] == 'unknown switch "colour"; known are:'
    assert len(lines) == 1 + len(dataclasses.fields(Switches))
    assert "  contact_lists_write=ids (default), actions, both" in lines
    assert "  verify_from=off (default), on" in lines
    assert "  hour_limit=3600 (default), or a number" in lines
    assert "  month_seconds=2592000 (default), or a number" in lines


@pytest.mark.parametrize(
    "values",
    [
        {"hour_limit": True},
        {"hour_limit": "5"},
        {"verify_from": 1},
        {"lists_page": None},
        {"lists_page": ["array"]},
    ],
)
def test_values_are_checked_however_they_come(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        Switches(**values)


@pytest.mark.parametrize("spec", dataclasses.fields(Switches), ids=lambda spec: spec.name)
def test_every_switch_is_documented_and_round_trips(spec: dataclasses.Field[Any]) -> None:
    before = SOURCE.partition(f"\n    {spec.name}: ")[0]
    # Its own comment, or that of the switch right above it.
    assert any(line.strip().startswith("#:") for line in before.splitlines()[-2:])
    for value in spec.metadata.get("choices", (spec.default,)):
        assert getattr(Switches.parse([f"{spec.name}={value}"]), spec.name) == value


def test_switches_are_read_and_changed_at_run_time() -> None:
    with Api("lists_page=array") as api:
        shown = api.get("/_sandbox/switches")
        assert shown["lists_page"] == "array"
        assert set(shown) == {spec.name for spec in dataclasses.fields(Switches)}
        response = api.call("PATCH", "/_sandbox/switches", {"lists_page": "envelope"})
        assert response.json()["lists_page"] == "envelope"
        assert api.get(api.lists)["total"] == 4


@pytest.mark.parametrize("body", [{"colour": "red"}, {"lists_page": "xml"}, [], None])
def test_bad_changes_change_nothing(body: Any) -> None:
    with Api() as api:
        refused(api.call("PATCH", "/_sandbox/switches", body), 400, "ValidationError")
        assert api.get("/_sandbox/switches") == Switches().as_dict()
