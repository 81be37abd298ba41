"""The shape of the code: one door per dependency, imports downward only, rooms of a size.

The checks run on a folder, so that they can be tried on a copy with a planted fault.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "bmeconf"

DOORS = {
    "click": "cli",
    "deepdiff": "diff",
    "flask": "sandbox",
    "jinja2": "report sandbox",
    "jsonschema": "validate",
    "requests": "client",
    "subprocess": "history",
    "urllib3": "client",
    "werkzeug": "sandbox",
    "yaml": "manifest",
}

LAYERS = (
    ("errors", "model"),
    ("kinds", "settings", "client", "whole", "workdir", "schemas", "history"),
    ("starting",),
    ("manifest", "validate", "scope", "bind", "dangling", "lock", "truth", "former", "past"),
    ("renamed", "details", "domains", "live", "diff", "recall"),
    ("order", "grounds", "manual", "plan", "guard", "outcome"),
    ("drift", "delivery", "adoption.pulled"),
    ("conduct", "settle", "pins", "planfile", "journal", "receipts"),
    ("apply",),
    ("verify", "record"),
    ("document", "report"),
    ("pipeline", "walk", "execute"),
    ("drift.survey", "delivery.statistics", "adoption"),
    ("adoption.pull",),
    ("cli", "__main__"),
)
"""Rooms are modules and packages; a part of a package with a layer of its own is named with it."""
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}

PURE = (
    *("model", "kinds", "validate", "scope", "bind", "dangling", "lock", "truth", "renamed"),
    *("former", "recall"),
    *(
        "diff",
        "order",
        "grounds",
        "manual",
        "plan",
        "planfile",
        "conduct",
        "guard",
        "outcome",
        "record",
    ),
    *("drift", "delivery", "document", "adoption", "adoption.pulled", "report"),
)
PURE_OF = {"os", "socket", "subprocess", "time", "pathlib", "shutil", "tempfile", "random"}
PURE_BUT = {("validate", "pathlib")}
"""A validated project carries the path of its root as a value."""

MOST_LINES, LONGEST_FUNCTION = 320, 60


def violations(package: Path, files: str = "*.py") -> list[str]:
    """Everything in these files that breaks a rule of the architecture, in words."""
    return [found for path in sorted(package.rglob(files)) for found in _file(package, path)] + [
        *_cycles(package)
    ]


def _file(package: Path, path: Path) -> Iterator[str]:
    room, name = _room(package, path), path.relative_to(package.parent).as_posix()
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    for imported in _imported(tree, package, path):
        top, _, rest = imported.partition(".")
        if room not in DOORS.get(top, room).split():
            yield f"{name} imports {top}, whose door is {DOORS[top]}"
        if room in PURE and top in PURE_OF and (room, top) not in PURE_BUT:
            yield f"{name} is pure and imports {top}"
        if top == "bmeconf" and rest:
            yield from _direction(name, room, _room_of(rest.split(".")))
    if len(source.splitlines()) > MOST_LINES:
        yield f"{name} has {len(source.splitlines())} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            if size > LONGEST_FUNCTION:
                yield f"{name}: {node.name} has {size} lines"
        if isinstance(node, ast.Call) and room != "cli" and _callee(node) in ("print", "sys.exit"):
            yield f"{name} calls {_callee(node)}, which only cli may"
        if isinstance(node, ast.Attribute) and room != "cli" and ast.unparse(node) == "os.environ":
            yield f"{name} reads the environment, which cli hands to settings"


def _direction(name: str, room: str, other: str) -> Iterator[str]:
    if other == room or other == "__version__":
        return
    if "sandbox" in (room, other):
        if room != "cli":
            yield f"{name} imports {other}: the simulator and the client share nothing"
        return
    if room in RANK and other in RANK and RANK[other] > RANK[room]:
        yield f"{name} imports upward: {other}"
    if other == "client" and room == "kinds":
        yield f"{name} imports client: kinds take an Api"


def _room(package: Path, path: Path) -> str:
    return _room_of(path.relative_to(package).with_suffix("").parts)


def _room_of(parts: Sequence[str]) -> str:
    part = ".".join(parts[:2])
    return part if part in RANK else parts[0]


def _imported(tree: ast.AST, package: Path, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            for alias in node.names:
                inner = package.parent / f"{module}.{alias.name}".replace(".", "/")
                whole = inner.is_dir() or inner.with_suffix(".py").exists()
                yield f"{module}.{alias.name}" if whole else module


def _callee(node: ast.Call) -> str:
    return ast.unparse(node.func)


def _cycles(package: Path) -> Iterator[str]:
    graph: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        top = [
            n
            for n in ast.parse(path.read_text()).body
            if isinstance(n, ast.Import | ast.ImportFrom)
        ]
        found = _imported(ast.Module(top, []), package, path)
        graph[module] = {
            other for other in found if other.startswith("bmeconf") and other != module
        }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"imports go round: {' > '.join(error.args[1])}"


def test_the_package_keeps_its_shape() -> None:
    assert violations(PACKAGE) == []


def test_every_module_has_its_layer() -> None:
    rooms = {_room(PACKAGE, path) for path in PACKAGE.rglob("*.py")}
    assert rooms - RANK.keys() - {"__init__", "sandbox"} == set()


@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "line", "said"),
    [
        ("plan.py", "import requests", "whose door is client"),
        ("diff.py", "import yaml", "whose door is manifest"),
        ("live.py", "import click", "whose door is cli"),
        ("kinds/lists.py", "from bmeconf import client", "imports upward|kinds take an Api"),
        ("model.py", "from bmeconf import plan", "imports upward"),
        ("guard.py", "from bmeconf import apply", "imports upward"),
        ("diff.py", "import os", "is pure"),
        ("order.py", "from pathlib import Path", "is pure"),
        ("client/__init__.py", "from bmeconf import sandbox", "share nothing"),
        ("sandbox/app.py", "from bmeconf.kinds import replies", "share nothing"),
        ("report/text.py", "print('x')", "calls print"),
        ("apply.py", "import sys; sys.exit(1)", "calls sys.exit"),
        ("settings.py", "import os; KEY = os.environ['KEY']", "reads the environment"),
        ("scope.py", "from bmeconf import plan", "imports go round|imports upward"),
        ("client/paging.py", "def long():\n" + "    x = 1\n" * 70, "has 71 lines"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, where: str, line: str, said: str) -> None:
    copy = tmp_path / "bmeconf"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    planted = copy / where
    planted.write_text(planted.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    found = "\n".join(violations(copy, where))
    assert any(part in found for part in said.split("|")), found
