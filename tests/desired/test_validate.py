"""Manifests in, desired Snapshot or problems out, by cases in good_ and bad_manifests/."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import DiskFiles, yaml_tree
from bmeconf.desired.validate import flaws, formats
from bmeconf.model import Address, Problem, Resource, Schedule, Snapshot
from bmeconf.model.errors import InvalidInput
from bmeconf.project import load_schema
from tests.support.cases import BAD, GOOD, parts_of
from tests.support.files import write


def said(problem: Problem) -> str:
    address = problem.address.encode("unicode_escape").decode()
    return f"{problem.level} {problem.code} {problem.place}: {address}: {problem.message}"


def all_stated(sources: manifest.Sources, variables: Mapping[str, str]) -> list[str]:
    snapshot = validate.desired(sources, variables).sound()
    return [line for resource in snapshot for line in stated(resource)]


def stated(resource: Resource) -> Iterator[str]:
    """Every field, and what the intent has beside them, as JSON."""
    intent = resource.intent._asdict()
    beside = {k: v for k, v in intent.items() if v and k not in ("place", "places", "spelled")}
    id = {"id": resource.id} if resource.id else {}
    for name, value in {**resource.fields, **id, **beside}.items():
        yield f"{resource.address} {name}: {json.dumps(value, ensure_ascii=False, default=plain)}"


def plain(value: object) -> object:
    if isinstance(value, Schedule):
        return {"at": value.at.isoformat(), "owner": value.owner, "note": value.note}
    return dict(value) if isinstance(value, Mapping) else str(value)


def problems_of(root: Path, variables: Mapping[str, str]) -> tuple[Problem, ...]:
    if not (root / manifest.PROJECT_FILE).exists():
        return validate.check_offline(manifest.read(DiskFiles(root)), {"": variables}).problems
    with pytest.raises(validate.ManifestProblems) as raised:
        validate.project(manifest.read_project(DiskFiles(root)), root)
    return raised.value.problems


def desired(root: Path, text: str, variables: Mapping[str, str] | None = None) -> validate.Desired:
    write(root, {"manifest.yaml": f"version: 1\n{text}"})
    return validate.desired(manifest.read(DiskFiles(root)), variables or {})


def snapshot(root: Path, text: str, variables: Mapping[str, str] | None = None) -> Snapshot:
    return desired(root, text, variables).sound()


@pytest.mark.parametrize("case", BAD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_bad_manifest(case: Path, here: Path) -> None:
    parts, expected, variables = parts_of(case, "problems")
    write(here, parts)
    assert [said(problem) for problem in problems_of(here, variables)] == expected
    for never in ("is not valid under", "required property", "0123456789012345"):
        assert not any(never in line for line in expected)


def test_there_are_many_bad_manifests() -> None:
    assert len(BAD) >= 55


@pytest.mark.parametrize("key", ["body", "plain_text", "schedule"])
@pytest.mark.parametrize(
    "value",
    [
        "2030-12-02T09:00:00Z",
        "2030-12-02 09:00",
        "2030-12-02 09:00 Europe/Oslo",
        "2030-12-02",
        "tomorrow, at noon",
        "emails/x.html",
        "<p>Hello: you</p>",
        "# 1",
    ],
)
def test_a_block_that_a_message_writes_is_accepted_as_it_stands(
    key: str, value: str, here: Path
) -> None:
    campaign = "campaigns:\n  - name: A\n    {}: {}\n".format
    (problem,) = desired(here, campaign(key, json.dumps(value))).errors
    block = re.search(r"\{.*\}$", problem.message)
    assert block is not None, problem
    write(here, {"emails/x.html": "Hello"})
    assert desired(here, campaign(key, block[0])).errors == ()


@pytest.mark.parametrize("case", GOOD, ids=lambda path: path.stem)
def test_good_manifest(case: Path, here: Path) -> None:
    parts, expected, variables = parts_of(case, "resources")
    write(here, parts)
    assert all_stated(manifest.read(DiskFiles(here)), variables) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("NO", "no", "On", "0123", "1e3", "~", "2026-12-01", "true", "1_000", "0x1F", ".5"),
        *("12:30", "=", "Null", "NULL", "nan", "-x", "1.0", "+1", "0o17", "y"),
    ],
)
def test_a_plain_text_is_the_text_as_written(here: Path, text: str) -> None:
    got = snapshot(
        here,
        f"lists:\n  - name: {text}\n"
        f"contacts:\n  - email: qa@acme.example\n    fields: {{ {text}: {text} }}\n"
        f"    tags: [{text} ]\n    lists:\n      - {text}\n"
        f"campaigns:\n  - name: {text}\n    subject: {text}\n",
    )
    contact = got.resources[Address("contacts", "qa@acme.example")].fields
    assert contact["fields"] == {text: text}
    assert contact["tags"] == (text,)
    assert contact["lists"] == (Address("lists", text),)
    assert got.resources[Address("campaigns", text)].fields["subject"] == text
    assert Address("lists", text) in got.resources


def test_places_of_fields(here: Path) -> None:
    got = snapshot(
        here,
        "contacts:\n  - email: qa@acme.example\n    fields: {City: Oslo}\n"
        "    lists:\n      - News\n"
        "structure:\n  fields:\n    - label: City\n",
    )
    places = got.resources[Address("contacts", "qa@acme.example")].intent.places
    where = {name: (place.line, place.column) for name, place in places.items()}
    assert where.pop("key:fields.City") == (4, 14)
    assert where == {
        "email": (3, 12), "fields": (4, 13), "fields.City": (4, 20), "lists": (6, 7),
        "lists.News": (6, 9),
    }  # fmt: skip
    assert got.resources[Address("structure")].intent.places["fields.City"].line == 9
    assert str(places["lists"]) == "manifest.yaml:6:7"


def test_a_row_knows_its_place_after_a_byte_order_mark_and_line_breaks(here: Path) -> None:
    write(
        here,
        {"seeds.csv": '\ufeffEmail,Town\r\n"ann@acme.example",\r\n\r\nb@acme.example,Oslo\r\n'},
    )
    got = snapshot(here, "contact_files: [{csv: seeds.csv, email: Email, fields: {City: Town}}]\n")
    bob = got.resources[Address("contacts", "b@acme.example")]
    assert str(bob.intent.place) == "seeds.csv:4:1"
    assert str(bob.intent.places["fields.City"]) == "seeds.csv:4:16"


def test_files_that_a_path_fits_and_that_are_not_read_are_counted(here: Path) -> None:
    write(here, {f"m/{number:04}.html": "x" for number in range(1003)})
    entry = "  - {{name: N{0}, body: {{file: 'm/${{file}}.html'}}}}\n"
    text = f"campaigns:\n{entry.format(1)}{entry.format(2)}"
    got = desired(here, text, {"file": "1002"}).problems
    assert [(problem.code, problem.level) for problem in got] == [
        ("too_many_files", "warning"),
        ("file", "error"),
    ]
    assert "fits 1000 files and 3 more, which are not read" in got[0].message


def test_variables_side_by_side_stand_for_no_folder(here: Path) -> None:
    deep = {f"m/deep/{number}.html": "another" for number in range(1100)}
    write(here, {"m/en-gb.html": "hello", **deep})
    text = "campaigns:\n  - {name: N, body: {file: 'm/${file}${rest}'}}\n"
    got = snapshot(here, text, {"file": "en-gb", "rest": ".html"})
    assert got.resources[Address("campaigns", "N")].fields["body"] == "hello"


def test_a_body_too_large_to_read(here: Path) -> None:
    write(here, {"refused.html": "x" * 5_000_001})
    got = desired(here, "campaigns:\n  - {name: B, body: {file: refused.html}}\n")
    assert [(problem.code, problem.level) for problem in got.problems] == [("file", "error")]


def test_every_account_must_define_every_variable(here: Path) -> None:
    write(here, {"a.yaml": "version: 1\nlists:\n  - name: ${x}\n  - name: ${y}\n"})
    accounts = {"one": {"x": "1", "y": "2"}, "two": {"x": "1"}, "three": {"x": "1"}}
    got = validate.check_offline(manifest.read(DiskFiles(here)), accounts)
    (problem,) = got.problems
    assert problem.message.startswith("the variable ${y} is not defined")
    assert problem.message.endswith("(account two, three)")
    assert Address("lists", "2") in got.snapshot.resources


def test_notes_are_for_validate_only(here: Path) -> None:
    text = "contacts:\n  - {email: qa@acme.example, lists: [News]}\n"
    assert desired(here, text).problems == ()


def test_sound_raises_with_every_problem(here: Path) -> None:
    write(here, {"b.yaml": "version: 1\nlistz: []\nlists: {}\n", "c.yaml": "# empty\n"})
    got = desired(here, "lists:\n  - nam: x\n")
    with pytest.raises(validate.ManifestProblems, match="3 errors in 2 files") as raised:
        got.sound()
    assert len(raised.value.problems) == 4
    assert raised.value.exit_code == InvalidInput.exit_code


ENTRIES = (
    "structure: {tags: [seed]}\n",
    "lists:\n  - name: Newsletter\n",
    "lists:\n  - {name: Everyone, merge_of: [Newsletter, Customers]}\n",
    "lists:\n  - name: Customers\n",
    "contacts:\n  - {email: qa@acme.example, lists: [Newsletter], tags: [seed]}\n",
)


@pytest.mark.parametrize("order", list(itertools.permutations(ENTRIES))[::11])
def test_order_and_split_mean_nothing(order: tuple[str, ...], here: Path) -> None:
    files = {f"{n}.yaml": f"version: 1\n{text}" for n, text in enumerate(order)}
    write(here, {**files, "all/all.yaml": "---\n".join(files.values())})
    apart, together = (manifest.read(DiskFiles(here), names) for names in ([*files], ["all"]))
    assert all_stated(apart, {}) == all_stated(together, {})


def test_digest_depends_on_names_and_bytes_only(here: Path) -> None:
    campaigns = "version: 1\ncampaigns: [{name: N, body: {file: c}}]\n"
    write(here, {"a.yaml": "version: 1\n", "b.yaml": campaigns, "c": "1"})
    digest = manifest.read(DiskFiles(here)).digest
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    assert manifest.read(DiskFiles(here), ["b.yaml", "a.yaml"]).digest == digest
    write(here, {"c": "2"})
    assert manifest.read(DiskFiles(here)).digest != digest


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60))
def test_any_text_gives_problems_and_never_a_crash(text: str) -> None:
    nodes, problems = yaml_tree.parse(text, "x.yaml")
    sources = manifest.Sources(tuple(nodes), {}, tuple(problems))
    validate.check_offline(sources, {})


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_any_quoted_text_arrives_or_is_refused(text: str) -> None:
    quoted = json.dumps(text, ensure_ascii=False)
    line = f"{{version: 1, campaigns: [{{name: N, body: {{html: {quoted}}}}}]}}"
    nodes, problems = yaml_tree.parse(line, "x.yaml")
    got = validate.desired(manifest.Sources(tuple(nodes), {}, tuple(problems)), {})
    body = text.replace("\r\n", "\n").strip() or None
    refused = {problem.code for problem in got.errors} <= {"value", "variable", "unprintable"}
    assert refused if got.errors else next(iter(got.snapshot)).fields["body"] == body


def test_ten_thousand_contacts_in_one_file_are_valid_and_quick(here: Path) -> None:
    line = (
        "  - {email: qa%d@acme.example, fields: {City: Oslo, Team: A}, lists: [News], tags: [x]}\n"
    )
    contacts = "".join(line % number for number in range(10_000))
    started = time.process_time()
    assert len(snapshot(here, f"lists: [{{name: News}}]\ncontacts:\n{contacts}")) == 10_001
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2026-12-01T09:00:00+01:00", "2026-12-01T09:00:00+01:00"),
        ("2026-12-01T09:00Z", "2026-12-01T09:00:00+00:00"),
        ("2026-12-01 09:00:00.5 +0100", "2026-12-01T09:00:00.500000+01:00"),
        *((time, None) for time in ("2026-12-01T09:00:00", "2026-W01-1T09:00:00Z")),
        *((time, None) for time in ("20261201T090000Z", "2026-12-01T25:00:00Z")),
        ("2026-12-01T09:00:00+99:00", None),
    ],
)
def test_times(text: str, known: str | None) -> None:
    moment = formats.instant(text)
    assert (moment.isoformat() if moment else None) == known


def test_every_keyword_of_the_schemas_has_its_words() -> None:
    elsewhere = {"additionalProperties", "required", "properties", "items", "propertyNames"}
    for name in ("manifest", "project"):
        used = {key for part in _parts(load_schema(name)) for key in part}
        known = flaws.WORDS.keys() | elsewhere | {"allOf", "$ref"}
        assert used & Draft202012Validator.VALIDATORS.keys() <= known


def _parts(schema: object) -> list[dict[str, object]]:
    if isinstance(schema, list):
        return [part for item in schema for part in _parts(item)]
    if not isinstance(schema, dict):
        return []
    below = [
        part
        for key, value in schema.items()
        if key not in ("examples", "enum", "default")
        for part in _parts(value if key not in ("properties", "$defs") else list(value.values()))
    ]
    return [schema, *below]
