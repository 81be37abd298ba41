"""What was found sound before: with it, with none and while it is made, the result is the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.desired import manifest, read_desired, read_project_files, validate
from bmeconf.model import Resource
from bmeconf.model.errors import InvalidInput
from bmeconf.project import SealedEntries
from tests.support.cases import BAD, GOOD, parts_of
from tests.support.driver import Project
from tests.support.files import write
from tests.support.impostors import EVERY
from tests.support.strategies import World, dumped, examples, split, worlds

FOLDER = ".bmeconf/sound"
VARIABLES = {"brand": "ACME"}
FILES = {
    "m.yaml": """\
version: 1
lists:
- name: Autumn
- name: Spring
  id: "0123456789abcdef01234567"
campaigns:
- name: Offer ${brand}
  lists: [Autumn, Autumn]
  body: {file: bodies/offer.html}
- name: Made
  body: {mjml: bodies/made.mjml, expand: true}
  plain_text: {from_body: true}
contact_files:
- csv: people.csv
  email: Email
  defaults: {lists: [Autumn]}
""",
    "other/n.yaml": "version: 1\nlists: [{name: Winter}]\n",
    "bodies/offer.html": "<p>${brand}</p>\n",
    "bodies/made.mjml": """\
<mjml><mj-body><mj-include path="part.mjml"/><mj-raw><p>Winter</p></mj-raw></mj-body></mjml>
""",
    "bodies/part.mjml": "<mj-raw><p>Autumn at ${brand}</p></mj-raw>\n",
    "people.csv": "Email\nann@acme.example\n",
}


def parsed(root: Path, variables: Mapping[str, str], path: str = "") -> Any:
    """The desired side without any cache."""
    files = read_project_files([root / path])
    return told(validate.desired(files.sources, variables))


def read(root: Path, variables: Mapping[str, str] = VARIABLES, path: str = "") -> Any:
    """The desired side as commands read it, however few bytes it is made of."""
    (root / ".git").mkdir(exist_ok=True)
    environ = {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]}
    return told(read_desired(read_project_files([root / path]), variables, environ, least=0))


def told(desired: validate.Desired) -> Any:
    """Everything that later stages can tell of a desired side, and how it is made."""
    resources = [*map(stated, desired.snapshot)]
    return resources, desired.problems, desired.digest, desired.judged, desired.covered


def stated(resource: Resource) -> Any:
    places = {**resource.intent.places}
    return repr(replace(resource, intent=resource.intent._replace(places={}))), places


def entries(root: Path) -> dict[str, int]:
    """The entries of a project: an entry that is written anew is another file."""
    return {path.name: path.stat().st_ino for path in (root / FOLDER).glob("*")}


def is_kept(root: Path, variables: Mapping[str, str] = VARIABLES) -> bool:
    """Check the law for the files as they are; True if the second run was spared the parsing."""
    expected = parsed(root, variables)
    shutil.rmtree(root / FOLDER, ignore_errors=True)
    assert read(root, variables) == expected
    # Where a name leads nowhere, the look around for what was meant meets the new folder.
    assert read(root, variables) == expected
    made = entries(root)
    assert read(root, variables) == expected
    return bool(made) and made == entries(root)


@pytest.fixture
def sound(here: Path) -> Path:
    """A project that was read once."""
    write(here, FILES)
    read(here)
    return here


@pytest.mark.parametrize("case", [*GOOD, *BAD], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_was_kept_is_what_is_parsed(case: Path, here: Path) -> None:
    parts, _, variables = parts_of(case, "resources" if case in GOOD else "problems")
    write(here, parts)
    if (here / manifest.PROJECT_FILE).exists():
        return
    wrong = [each for each in parsed(here, variables)[1] if each.level == "error"]
    assert is_kept(here, variables) == (not wrong)


@given(worlds().flatmap(lambda world: st.tuples(st.just(world), split(world.manifest))))
@examples(15)
def test_the_same_holds_for_any_manifest(drawn: tuple[World, list[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), dumped(drawn[1]))
        assert is_kept(Path(folder), {})


def test_a_second_run_is_spared_the_parsing(sound: Path) -> None:
    assert is_kept(sound)
    (name,) = entries(sound)
    assert (sound / FOLDER / name).stat().st_mode & 0o777 == 0o600
    assert "Offer ACME" in (sound / FOLDER / name).read_text()
    assert "brand" not in name


CHANGES: dict[str, Callable[[Path], object]] = {
    **{f"a byte of {name}": lambda root, name=name: append(root / name) for name in FILES},
    "another manifest": lambda root: write(root, {"z.yaml": "version: 1\nlists: [{name: Z}]\n"}),
    "a manifest less": lambda root: (root / "other/n.yaml").unlink(),
    "a body less": lambda root: (root / "bodies/offer.html").unlink(),
    "a table that is a link": lambda root: relinked(root / "people.csv"),
    "another name": lambda root: (root / "other/n.yaml").rename(root / "other/o.yaml"),
    "a project inside": lambda root: write(root, {"other/bmeconf.yaml": "version: 1\n"}),
    "patterns": lambda root: write(root, {"bmeconf.yaml": "version: 1\nmanifests: [m.yaml]\n"}),
}


def append(path: Path) -> None:
    """Change a file, and nothing that the file system tells of it."""
    before, text = path.stat(), path.read_text()
    path.write_text(text.replace("utumn", "UTUMN").replace("inter", "INTER").replace("p>", "b>"))
    if path.read_text() == text:
        path.write_text(text.replace("ann@", "eve@"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert path.read_text() != text


def relinked(path: Path) -> None:
    path.rename(path.with_suffix(".txt"))
    path.symlink_to(path.with_suffix(".txt").name)
    append(path)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_file_is_seen(sound: Path, change: str) -> None:
    before = read(sound)
    CHANGES[change](sound)
    now = parsed(sound, VARIABLES)
    assert now != before
    assert read(sound) == now
    assert read(sound) == now


def test_runs_that_differ_have_entries_of_their_own(sound: Path) -> None:
    runs = [(VARIABLES, ""), ({"brand": "Other"}, ""), ({}, ""), (VARIABLES, "other")]
    for _ in range(2):
        for variables, path in runs:
            assert read(sound, variables, path) == parsed(sound, variables, path)
    # Without a value for the variable it is an error, and nothing is kept.
    assert len(entries(sound)) == 3


def test_a_path_is_told_from_where_the_run_stands(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sound / "other")
    assert read(sound) == parsed(sound, VARIABLES)


def test_a_lock_file_below_the_root_is_seen(sound: Path) -> None:
    write(sound, {"bmeconf.lock.json": "{}", "other/bmeconf.lock.json": "{}"})
    with pytest.raises(InvalidInput, match=r"below the root"):
        read(sound)


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "another resource": lambda data: data.replace(b"Autumn", b"Forged"),
    "another digest": lambda data: data.replace(b"sha256:", b"sha256:0"),
    "another seal": lambda data: b"0" * 64 + data[64:],
    "no seal": lambda data: data.partition(b"\n")[2],
    "an empty file": lambda data: b"",
    "half of it": lambda data: data[: len(data) // 2],
    "a byte less": lambda data: data[:-1],
    "a byte more": lambda data: data + b" ",
    "no text": lambda data: b"\xff\0" * 1000,
    "deep nesting": lambda data: b"0" * 64 + b"\n" + b"[" * 100_000,
    "a huge file": lambda data: data + b" " * 70_000_000,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_entry_that_was_forged_changes_nothing(sound: Path, forgery: str) -> None:
    before, (name,) = read(sound), entries(sound)
    path = sound / FOLDER / name
    path.write_bytes(FORGERIES[forgery](path.read_bytes()))
    made = entries(sound)
    assert read(sound) == before
    assert entries(sound).keys() == made.keys()
    assert path.stat().st_size < 10_000
    assert is_kept(sound)


def test_an_entry_at_the_name_of_another_changes_nothing(sound: Path) -> None:
    (first,) = entries(sound)
    other = read(sound, {"brand": "Other"})
    (second,) = entries(sound).keys() - {first}
    one, two = (sound / FOLDER / name for name in (first, second))
    shutil.copy(one, two)
    assert read(sound, {"brand": "Other"}) == other


def test_an_entry_of_another_machine_changes_nothing(sound: Path, tmp_path: Path) -> None:
    elsewhere = {"XDG_STATE_HOME": str(tmp_path / "elsewhere")}
    files = read_project_files([sound])
    theirs = SealedEntries.of(sound, elsewhere)
    ours = SealedEntries.of(sound, os.environ)
    assert theirs
    assert ours
    (name,) = entries(sound)
    theirs.write(name, ours.read(name).replace("Autumn", "Forged"))
    assert told(read_desired(files, VARIABLES, os.environ)) == parsed(sound, VARIABLES)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_an_entry_of_another_run_program_or_listing_is_passed_over(sound: Path, part: int) -> None:
    ours, (name,) = SealedEntries.of(sound, os.environ), entries(sound)
    assert ours
    about, _, result = ours.read(name).partition("\n")
    header = json.loads(about)
    header["made"][part] = "another"
    ours.write(name, f"{json.dumps(header)}\n{result.replace('Autumn', 'Stale')}")
    assert read(sound) == parsed(sound, VARIABLES)


@pytest.mark.parametrize("impostor", EVERY)
@pytest.mark.parametrize("place", [".bmeconf", FOLDER, "entry"])
def test_what_stands_in_its_place_changes_nothing(
    sound: Path, tmp_path: Path, place: str, impostor: str
) -> None:
    before, (name,) = read(sound), entries(sound)
    outside = tmp_path / "outside"
    write(outside, {"mine": "mine"})
    path = sound / (f"{FOLDER}/{name}" if place == "entry" else place)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    EVERY[impostor](path, outside / "mine" if place == "entry" else outside)
    assert read(sound) == before
    assert read(sound) == before
    assert [(each.name, each.read_text()) for each in outside.iterdir()] == [("mine", "mine")]


def test_without_a_secret_nothing_is_kept(sound: Path, tmp_path: Path) -> None:
    before = read(sound)
    shutil.rmtree(sound / FOLDER)
    write(tmp_path, {"file": ""})
    for home in (sound / "state", tmp_path / "file"):
        files = read_project_files([sound])
        got = read_desired(files, VARIABLES, {"XDG_STATE_HOME": str(home)}, least=0)
        assert told(got) == before
        assert not entries(sound)


def test_few_entries_are_kept(sound: Path) -> None:
    for number in range(20):
        read(sound, {"brand": f"number {number}"})
    (sound / FOLDER / ".left").write_text("of a run that was killed")
    os.utime(sound / FOLDER / ".left", (0, 0))
    read(sound, {"brand": "last"})
    assert len(entries(sound)) == 8
    assert not (sound / FOLDER / ".left").exists()
    before = entries(sound)
    read(sound, {"brand": "last"})
    assert entries(sound) == before


def outputs(project: Project) -> Iterator[tuple[int, Any, str]]:
    """What a plan says, as text and as JSON, but for the time and the requests that are left."""
    ran = project.run("plan")
    yield ran.code, re.sub(r"Requests: [^.]*\.|Fingerprint: .*", "", ran.out), ran.err
    ran = project.run("plan", "--format", "json")
    document = json.loads(ran.out)
    for key in ("created_at", "requests", "digest"):
        document.pop(key, None)
    yield ran.code, document, ran.err


@pytest.mark.parametrize("flaw", ["", "  tags: [VIP, VIP]\n", "  absent: nonsense\n"])
def test_a_plan_of_many_says_the_same(project: Project, flaw: str) -> None:
    contacts = "".join(
        f"- email: c{n:05}@acme.example\n  lists: [Autumn]\n# {'x' * 900}\n" for n in range(300)
    )
    text = f"version: 1\nlists: [{{name: Autumn}}]\ncontacts:\n{contacts}{flaw}"
    project.write("m.yaml", text)
    project.write("bmeconf.yaml", "version: 1\n")
    first = [*outputs(project)]
    kept = entries(project.folder)
    assert bool(kept) == ("nonsense" not in flaw)
    assert [*outputs(project)] == first
    assert entries(project.folder) == kept
    shutil.rmtree(project.folder / ".bmeconf", ignore_errors=True)
    assert [*outputs(project)] == first


def test_validate_small_projects_and_those_without_a_root_keep_nothing(project: Project) -> None:
    project.write("m.yaml", f"version: 1\nlists: [{{name: Autumn}}]\n# {'x' * 300_000}\n")
    project.run("validate").ok()
    project.run("plan").ok()
    # Nothing else makes this folder a root, so no work folder may.
    assert not (project.folder / ".bmeconf").exists()
    (project.folder / ".bmeconf").mkdir()
    project.run("validate").ok()
    assert not entries(project.folder)
    project.run("plan").ok()
    assert entries(project.folder)
    shutil.rmtree(project.folder / ".bmeconf")
    project.write("bmeconf.yaml", "version: 1\n")
    project.declare(lists=[{"name": "Autumn"}])
    project.run("plan").ok()
    assert not entries(project.folder)
