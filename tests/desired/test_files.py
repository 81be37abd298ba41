"""The door to a project's files: disk, commit and memory answer alike."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.baseline import git
from bmeconf.desired import manifest
from bmeconf.desired.manifest import DiskFiles, Files, MemoryFiles, matching
from tests.support.files import write
from tests.support.git import commit
from tests.support.strategies import examples

PARTS = st.sampled_from(["a", "b", "c.yaml", ".hidden", "[x]"])
NAMES = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
PATTERN_PARTS = ["a", "b", "*", "**", "?", ".*", "*.yaml", "[ab]", "[[]x]", "..", "."]
PATTERNS = st.lists(st.sampled_from(PATTERN_PARTS), min_size=1, max_size=4).map("/".join)


def committed(root: Path) -> git.GitTree:
    return git.read_tree(root, commit(root), os.environ)


def without_clashes(names: list[str]) -> list[str]:
    """Names of which none is a folder of another one."""
    return [n for n in names if not any(other.startswith(f"{n}/") for other in names)]


@given(names=st.lists(NAMES, max_size=8).map(without_clashes), pattern=PATTERNS)
@examples(448)
def test_patterns_match_as_the_standard_library_does(
    names: list[str], pattern: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("p") / "project"
    root.mkdir()
    write(root, dict.fromkeys(names, ""))
    # The library names the folder before `**` also where it is none.
    named = glob.glob(pattern, root_dir=root, recursive=True)
    known = {path.rstrip("/") for path in named if path and os.path.exists(f"{root}/{path}")}
    found = {path.rstrip("/") for path in matching(DiskFiles(root), pattern)}
    assert found <= known
    # `**` does not look for more beside the project.
    beside = {path for path in known - found if os.path.normpath(path).startswith("..")}
    assert found | beside == known
    assert "**" in pattern or not beside


PROJECT = {
    "real/base.txt": "version: 1\nlists: [{name: A}]\n",
    "real/en/m.html": "<p>1</p>",
    "manifests/a.yaml": "version: 1\ncampaigns: [{name: A, body: {file: '../real/${x}/m.html'}}]",
    "manifests/deep/b.yml": "version: 1\ncontact_files: [{csv: ../../seeds.csv, email: Email}]\n",
    "manifests/bad.yaml": "a: [",
    "manifests/gone.yaml": "version: 1\ncampaigns: [{name: A, body: {file: nail.html}}]\n",
    "manifests/mail.html": "",
    "seeds.csv": "Email\n",
    ".hidden/c.yaml": "version: 1\n",
}


def said(files: Files, names: list[str]) -> object:
    """What is read, without the places that a source gives its own names to."""
    sources = manifest.read(files, names, ["manifests/", "**/*.yml"])
    texts = {
        key[1]: text.text or text.fault.partition(" ")[2] for key, text in sources.texts.items()
    }
    trees = [str(document).replace(files.shown("manifests"), "") for document in sources.documents]
    problems = [(p.place.line, p.place.column, p.code) for p in sources.problems]
    return trees, texts, problems, sources.digest


@pytest.mark.parametrize("names", [[], ["manifests"], ["manifests/deep", "manifests/a.yaml"]])
def test_disk_commit_and_memory_give_the_same_manifests(tmp_path: Path, names: list[str]) -> None:
    write(tmp_path, PROJECT)
    disk = DiskFiles(tmp_path)
    assert said(disk, names) == said(MemoryFiles(PROJECT, tmp_path), names)
    assert said(disk, names) == said(committed(tmp_path), names)


@pytest.mark.parametrize(
    ("name", "real"),
    [
        *(("a/x", "a/x"), ("to_a/x", "a/x"), ("twice/x", "a/x"), ("./a//x", "a/x")),
        *(("to_a/../x", "x"), ("missing/x", "missing/x"), ("a/../..", None), ("out/x", None)),
        *(("root", None), ("around", None), ("loop", None)),
    ],
)
def test_links_are_followed_inside_the_project_alike(
    tmp_path: Path, name: str, real: str | None
) -> None:
    root = tmp_path / "project"
    write(root, {"a/x": "1", "b/y": "2"})
    links = {"to_a": "a", "twice": "b/../to_a", "out": "../other", "root": "/etc"}
    for link, target in (links | {"around": "a/../.."}).items():
        (root / link).symlink_to(target)
    if name != "loop":
        assert DiskFiles(root).resolved(name) == real
    (root / "loop").symlink_to("loop")
    tree = committed(root)
    assert tree.resolved(name) == real
    assert tree.exists(name) == (real == "a/x")


def test_what_cannot_be_read_is_told_file_by_file(tmp_path: Path) -> None:
    texts = {"a": "1", "folder/b": "", "large": "x" * 5_000_001}
    write(tmp_path, texts)
    names = ["a", "folder", "large", "missing", "a/b"]
    for files in (DiskFiles(tmp_path), MemoryFiles(texts), committed(tmp_path)):
        found = files.read(names)
        assert list(found) == names
        assert found["a"] == b"1"
        assert isinstance(found["folder"], IsADirectoryError)
        assert isinstance(found["large"], manifest.TooLarge)
        assert isinstance(found["missing"], FileNotFoundError)
        assert isinstance(found["a/b"], OSError)
