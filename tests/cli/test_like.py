"""`sandbox serve --like FILE`: a simulator that behaves as a real account was found to behave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bmeconf.cli.like import MOST_BYTES
from bmeconf.model import PROBE_FORMAT as FORMAT
from bmeconf.sandbox import Switches
from tests.support.driver import Project, served

FOUND = {"contact_lists_write": "actions", "search_max_groups": 500, "structure_version": False}
HEAD = f'{{\n  "format": "{FORMAT}",\n'


def probe(switches: Any, **more: Any) -> str:
    return json.dumps({"format": FORMAT, "switches": switches, **more}, indent=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "p.json: there is no such file"),
        ("", "p.json:1:1: not JSON"),
        ('{"format": \n 5,,}', "p.json:2:4: not JSON"),
        ("[]", "p.json:1:1: format is missing"),
        ('{"format": "bmeconf.probe/2"}', 'p.json:1:12: format is "bmeconf.probe/2", not'),
        ('{\n"format": "bmeconf.plan/1"}', 'p.json:2:11: format is "bmeconf.plan/1", not'),
        (f'{HEAD}  "answers": []}}', "p.json:1:1: has no switches"),
        (f'{HEAD}  "switches": []}}', "p.json:3:15: switches is no object"),
        (probe({"hour_limit": 5, "lists_page": "xml"}), 'p.json:5:19: switch lists_page: "xml"'),
        (probe({"hour_limit": "5"}), 'p.json:4:19: switch hour_limit: "5" is not a number'),
        (probe({"hour_limit": 10**4000}), "p.json:4:19: switch hour_limit"),
        (probe({"hour_seconds": float("nan")}), "p.json:4:21: switch hour_seconds"),
        ("[" * 100_000, "not JSON that can be read"),
        (f'{{"switches": {"9" * 5000}}}', "not JSON that can be read"),
        (" " * (MOST_BYTES + 1), "larger than 1 MB"),
        (b"\xff\xff", "cannot be read: it is not UTF-8"),
        (probe({}).encode("utf-16"), '"nonsense" must have the form'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_file_that_is_no_probe_is_refused_at_its_place(
    tmp_path: Path, content: Any, said: str
) -> None:
    project = Project(tmp_path)
    if content is not None:
        written = content if isinstance(content, bytes) else content.encode()
        (project.folder / "p.json").write_bytes(written)
    told = project.refused("sandbox", "serve", "--like", "p.json", "--switch", "nonsense")
    assert said in told
    assert "→" in told or "nonsense" in told


def test_a_folder_and_a_typo_are_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("probe.json", probe({}))
    assert 'did you mean "probe.json"' in project.refused("sandbox", "serve", "--like=prob.json")
    assert "cannot be read" in project.refused("sandbox", "serve", "--like", ".")


def test_what_a_newer_version_knows_is_left_out_with_a_warning(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("p.json", probe({**FOUND, "b\x1b[2J": 1, "zip": True}))
    said = project.refused("sandbox", "serve", "--like", "p.json", "--switch", "nonsense")
    warning, _, _ = said.partition("Error:")
    assert "Warning: p.json:" in warning
    assert "zip" in warning
    assert "\x1b" not in said


@pytest.mark.usefixtures("forked")
def test_it_behaves_as_found_unless_a_switch_says_otherwise(project: Project) -> None:
    project.write("p.json", probe(FOUND, at_least=["search_max_groups"], answers=[]))
    options = ("--like=p.json", "--switch=structure_version=on", "--switch=hour_limit=9")
    with served(project, *options) as account:
        switches = account.switches()
    other = {"contact_lists_write": "actions", "search_max_groups": 500, "hour_limit": 9}
    assert switches == {**Switches().as_dict(), **other}
