"""Finding and reading files, and YAML's own faults that need bytes or links to show."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bmeconf.desired import manifest
from bmeconf.desired.manifest import Block, DiskFiles, Items, Scalar, yaml_tree
from bmeconf.model import Place
from bmeconf.model.errors import InvalidInput
from tests.support import files


def write(root: Path, *names: str, text: str = "version: 1\n") -> None:
    files.write(root, dict.fromkeys(names, text))


def read(root: Path, *paths: str, patterns: Sequence[str] = ()) -> manifest.Sources:
    """What the manifests under these paths say, by default all in the project."""
    disk = DiskFiles(root)
    return manifest.read(disk, [disk.name(Path(path)) for path in paths], patterns)


def found(sources: manifest.Sources) -> list[str]:
    return [document.place.file for document in sources.documents]


def test_root_is_the_nearest_folder_with_a_project_file_or_the_path(here: Path) -> None:
    write(here, "a/b.yaml")
    assert manifest.find_root(Path("a")) == here / "a"
    assert manifest.find_root(Path("a/b.yaml")) == here / "a"
    write(here, "bmeconf.yaml", "a/b/c.yaml")
    assert manifest.find_root(Path("a/b/c.yaml")) == here
    assert manifest.find_root(Path("a/b")) == here
    write(here, "a/bmeconf.yaml")
    assert manifest.find_root(Path("a/b")) == here / "a"
    assert manifest.find_root(Path()) == here


def test_manifests_are_found_sorted_and_hidden_folders_left_out(here: Path) -> None:
    write(here, "b.yaml", "a/z.yml", "a/b/c.yaml", "bmeconf.yaml", "sub/bmeconf.yaml")
    write(here, ".github/ci.yaml", ".bmeconf/x.yaml", ".hidden.yaml", "notes.txt", "x.yaml.bak")
    assert found(read(here, ".")) == ["a/b/c.yaml", "a/z.yml", "b.yaml"]
    assert found(read(here)) == ["a/b/c.yaml", "a/z.yml", "b.yaml"]
    assert found(read(here, "a", "a/z.yml")) == ["a/b/c.yaml", "a/z.yml"]


def test_patterns_stand_in_for_the_root_only(here: Path) -> None:
    write(here, "manifests/a.yaml", "teams/x/b.yaml", "teams/y/b.yaml", "other/c.yaml")
    names = ["manifests/a.yaml", "teams/x/b.yaml", "teams/y/b.yaml"]
    assert found(read(here, patterns=["manifests/", "teams/*/b.yaml"])) == names
    assert found(read(here, "other", patterns=["manifests/"])) == ["other/c.yaml"]


@pytest.mark.parametrize("folder", ["manifests [eu]", "[a-b]", "[", "a[", "x*y"])
def test_a_name_with_signs_of_patterns_is_itself(here: Path, folder: str) -> None:
    write(here, f"{folder}/a.yaml")
    for pattern in (folder, f"{folder}/", f"{folder}/*.yaml", f"{folder}/a.yaml"):
        assert found(read(here, patterns=[pattern])) == [f"{folder}/a.yaml"]


@pytest.mark.parametrize(
    ("paths", "patterns", "message"),
    [
        (["missing"], [], "missing does not exist"),
        (["manifest"], [], 'did you mean "manifests"'),
        (["empty"], [], "no manifests found under empty"),
        ([".."], [], "lies outside the project root"),
        (["."], ["nowhere/"], 'manifests: "nowhere/" leads to nothing$'),
        (["."], ["manifets/"], 'leads to nothing; did you mean "manifests"'),
        (["."], ["manifets/*"], "leads to nothing$"),
        (["."], ["x" * 400], "leads to nothing$"),
        (["."], ["../"], "leads out of the project"),
    ],
)
def test_paths_that_lead_nowhere(
    here: Path, paths: list[str], patterns: list[str], message: str
) -> None:
    write(here, "manifests/a.yaml")
    (here / "empty").mkdir()
    with pytest.raises(InvalidInput, match=message):
        read(here, *paths, patterns=patterns)


def test_an_entry_that_leads_nowhere_is_named_with_its_place(here: Path) -> None:
    write(here, "manifests/a.yaml")
    write(here, "bmeconf.yaml", text="version: 1\nmanifests: [manifests/, manifets/]\n")
    with pytest.raises(InvalidInput, match=r'^bmeconf.yaml:2:25: manifests: "manifets/" leads'):
        read(here, patterns=["manifests/", "manifets/"])


def test_no_manifests_says_where_some_are(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "emails").mkdir()
    monkeypatch.chdir(here / "emails")

    def said() -> str:
        root = manifest.find_root(Path())
        with pytest.raises(InvalidInput, match="no manifests found") as raised:
            read(root, ".")
        assert raised.value.remedy.endswith("name the path that has them")
        return raised.value.message.partition("; ")[2]

    write(here, "compose.yaml", text="services: {}\n")
    assert said() == ""
    write(here, "manifests/a.yaml")
    assert said() == f"there are some in {here / 'manifests'}"
    write(here, "a.yaml", text="# lists\nversion: 1\r\nlists: []\n")
    assert said() == f"there are some in {here}"
    write(here, "bmeconf.yaml")
    assert said() == f"the project's bmeconf.yaml is in {here}"


def test_links_that_loop_or_leave_are_not_followed(here: Path) -> None:
    write(here, "a/b.yaml")
    write(here.parent, "outside/c.yaml")
    (here / "a" / "loop").symlink_to(here)
    (here / "outside").symlink_to(here.parent / "outside")
    (here / "self.yaml").symlink_to(here / "self.yaml")
    (here / "again.yaml").symlink_to(here / "a" / "b.yaml")
    sources = read(here)
    assert len(sources.documents) == 1
    assert [problem.code for problem in sources.problems] == ["unreadable"]


def test_bodies_behind_links_stay_inside(here: Path) -> None:
    write(here.parent, "secret.html", text="secret")
    (here / "link.html").symlink_to(here.parent / "secret.html")
    write(here, "a.yaml", text="version: 1\ncampaigns: [{name: A, body: {file: link.html}}]\n")
    (text,) = read(here).texts.values()
    assert text.text == ""
    assert "leaves the project root" in text.fault


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"version: 1\nlists: [{name: \xe9}]\n", "2:16", "byte 26 (line 2) is 0xe9; save"),
        ("version: 1\n".encode("utf-16"), "1:1", "looks like UTF-16"),
        ("version: 1\n".encode("utf-16-le"), "1:1", "looks like UTF-16"),
        (b"version: 1\n# \x00\n", "2:3", "U+0000"),
        (b"version: 1\n# \x1b[31m\n", "2:3", "U+001B"),
        (b"version: 1 # " + b"x" * 5_000_000, "1:1", "larger than 5 MB"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_text(here: Path, data: bytes, place: str, message: str) -> None:
    (here / "a.yaml").write_bytes(data)
    (problem,) = read(here).problems
    assert str(problem.place) == f"a.yaml:{place}"
    assert message in problem.message
    assert problem.level == "error"


def test_a_byte_order_mark_is_tolerated(here: Path) -> None:
    (here / "a.yaml").write_bytes(b"\xef\xbb\xbfversion: 1\r\n")
    sources = read(here)
    assert sources.problems == ()
    assert sources.documents[0].place == Place("a.yaml", 1, 1)


def test_a_folder_named_like_a_manifest_is_a_folder(here: Path) -> None:
    write(here, "a.yaml/b.yaml")
    assert found(read(here)) == ["a.yaml/b.yaml"]


def test_a_pipe_is_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "a.yaml")
    (problem,) = read(here).problems
    assert "not an ordinary file" in problem.message


def test_paths_outside_the_current_folder_are_whole(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, "a.yaml")
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    assert found(read(here)) == [str(here / "a.yaml")]


def test_trees_know_places_and_quotes() -> None:
    (tree,), problems = yaml_tree.parse('å: [x, "y", !!str z]\nb: &b {c: d}\ne: *b\n', "f.yaml")
    assert problems == []
    assert isinstance(tree, Block)
    list_, x, y, z = (Place("f.yaml", 1, column) for column in (4, 5, 8, 13))
    items = (Scalar("x", x, plain=True), Scalar("y", y), Scalar("z", z))
    assert tree.get("å") == Items(items, list_)
    assert tree.get("e") == tree.get("b")


def test_several_documents_in_one_file() -> None:
    text = "---\nversion: 1\n---\n# empty\n---\nversion: 1\n...\n"
    assert len(yaml_tree.parse(text, "f.yaml")[0]) == 2


def _laughs(width: int) -> str:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, 12)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (lambda: _laughs(10), "too_many_values"),
        (lambda: f"a: &a {'x' * 1_000_000}\nb: [{', '.join(['*a'] * 50)}]", "too_many_values"),
        (lambda: "[" * 100_000 + "]" * 100_000, "too_deep"),
        (lambda: "\n".join(f"{' ' * n}a:" for n in range(2000)), "too_deep"),
        (lambda: "- " * 30_000 + "x", "too_deep"),
        (lambda: f"a: &a {'[' * 40}{']' * 40}\nb: {'[' * 40}*a{']' * 40}", "too_deep"),
        (lambda: "a: &a [*a]", "yaml_alias"),
        (lambda: "\n---\n".join([_laughs(8).rpartition("\na5")[0]] * 100), "too_many_values"),
        (lambda: f"a: &a [{'x, ' * 1000}]\nb: [{'*a, ' * 101}]", "too_many_values"),
    ],
)
def test_files_that_explode_are_refused_in_time(text: Callable[[], str], code: str) -> None:
    written = text()
    started = time.process_time()
    _, problems = yaml_tree.parse(written, "f.yaml")
    assert [problem.code for problem in problems] == [code]
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"k{n}: v" for n in range(150_000)),
        f"a: {'x' * 4_000_000}",
        f"a: &a [x]\nb:\n{'- *a' + chr(10)}" + "- {c: *a}\n" * 30_000,
    ],
    ids=["keys", "a long text", "small aliases"],
)
def test_what_is_written_out_is_never_too_much(text: str) -> None:
    nodes, problems = yaml_tree.parse(text, "f.yaml")
    assert (len(nodes), problems) == (1, [])


def test_fifty_levels_are_fine() -> None:
    nodes, problems = yaml_tree.parse("[" * 49 + "]" * 49, "f.yaml")
    assert (len(nodes), problems) == (1, [])
