"""The shape of the code: rooms, the direction of imports, one door per dependency, sizes.

Every rule is a function over sources, so that it can be tried on some with a planted fault.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from keyword import iskeyword
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "bmeconf"

FLOORS = (
    ("model",),
    ("mail",),
    ("kinds",),
    ("client", "project"),
    ("desired",),
    ("baseline",),
    ("live",),
    ("plan",),
    ("apply",),
    ("accounts", "compare", "doctor", "drift", "forge", "preview", "probe", "pull", "report"),
    ("guide",),
    ("render",),
    ("cli",),
)
"""The rooms, from the ground up: a room imports only from the floors below its own."""
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ALONE = "sandbox"
"""Written from the contract, and not from the client: it shares nothing but the errors."""
SHARED_WITH_SANDBOX = ("bmeconf.model.errors",)
"""Also the only file that other rooms enter beside the face of its room."""
BESIDE_ROOMS = {"__init__.py", "__main__.py", "py.typed"}

DOORS = {
    "click": "cli",
    "css_inline": "mail.sources",
    "deepdiff": "plan.diff",
    "filelock": "project.exclusive",
    "flask": "sandbox",
    "idna": "model",
    "inscriptis": "mail.sources",
    "jinja2": "render sandbox",
    "jsonschema": "desired.validate",
    "mjml": "mail.sources",
    "requests": "client forge.http",
    "subprocess": "baseline.git",
    "turbohtml": "mail.parse",
    "urllib3": "client",
    "werkzeug": "sandbox",
    "yaml": "desired.manifest",
    "zoneinfo": "model.zones sandbox",
}
"""What a dependency may be imported by: a room, or a part of one."""

PURE = (
    *("model", "mail", "kinds", "plan", "render", "desired.validate", "desired.scope"),
    *("baseline.classify", "baseline.lock", "baseline.lock_baseline", "baseline.record"),
    "baseline.section",
    *("baseline.commit_baseline", "live.account", "live.match", "live.doubts", "live.orphans"),
    *("apply.model", "apply.remember", "drift.model", "drift.judge"),
    *("drift.adopt", "drift.proposals", "drift.proof", "drift.patch"),
    *(
        "accounts",
        "compare",
        "doctor.model",
        "doctor.access",
        "report",
        "pull.model",
        "pull.entries",
        "pull.layout",
        *("probe.bounds", "probe.model", "probe.questions"),
        *("forge.model", "forge.review", "forge.texts"),
    ),
)
IMPURE = {"os", "socket", "subprocess", "time", "pathlib", "shutil", "tempfile", "random"}
IMPURE_ALLOWED = {
    # A validated project carries the path of its root as a value.
    ("bmeconf/desired/validate/project_file.py", "pathlib"),
    # So does what a pull is asked for, with the folder that it goes to.
    ("bmeconf/pull/model.py", "pathlib"),
}
ONCE = {
    "Plan": ("plan.build", "plan.decode"),
    "Match": ("live.match", "live.read"),
    "diff.compare": ("plan.build", "pull.proof", "drift.proof"),
    "classify": ("plan.diff",),
    "StepCheck": ("apply.checks", "apply.executor", "apply.recovery", "apply.verify"),
    "kind.update": ("apply.executor", "kinds"),
    "kind.create": ("apply.executor",),
    "kind.delete": ("apply.executor",),
    "KINDS.update": (),
    "KINDS.create": (),
    "KINDS.delete": (),
}
"""Calls that one part of the package makes, whatever stands before them: one decision, one place.

A Plan is made whole, and compared once; a match is made where identity is decided; a kind writes
only behind the checks of the executor.
"""
CODES_MEAN = "model.findings"
"""The only place that may conclude anything from a finding's code."""
STREAMS = ("cli.console", "cli.streams")
STREAM_NAMES = ("click.echo", "sys.stdout", "sys.stderr")
"""What only these touch, so that no stream makes a command end otherwise."""
OTHER_CODES = ("cli", "desired", "sandbox", "render")
"""Codes of problems in files, and exit codes, which are told apart where they are made."""

pytestmark = pytest.mark.long

MOST_LINES, LONGEST_FUNCTION = 320, 60

KIND_CONSTANTS = {"STRUCTURE", "LISTS", "CONTACTS", "CAMPAIGNS"}
KIND_WORDS = {constant.lower() for constant in KIND_CONSTANTS}
OF_KINDS = ("kinds", "model")
"""The rooms that may name kinds; any other asks for a capability."""
FIELD, SECTION, KEY = "the field `lists`", "a section of manifests", "a key of documents"
KINDS_NAMED = {
    "bmeconf/apply/checks.py": (2, "a key of replies"),
    "bmeconf/client/page.py": (1, "a key of replies"),
    "bmeconf/desired/manifest/texts.py": (1, SECTION),
    "bmeconf/desired/validate/entries.py": (1, FIELD),
    "bmeconf/desired/validate/filling.py": (1, SECTION),
    "bmeconf/plan/decode.py": (2, KEY),
    "bmeconf/plan/encode.py": (2, KEY),
    "bmeconf/probe/reading.py": (1, "a key of replies"),
    "bmeconf/probe/survey.py": (1, "a key of replies"),
    "bmeconf/pull/entries.py": (4, FIELD),
    "bmeconf/pull/inventory.py": (1, FIELD),
    "bmeconf/render/documents/report.py": (3, KEY),
}
"""How often a file names a kind, by constant or by word, and why; this only ever shrinks."""
ALIKE, DIFFERENT = 8, 4
"""So many lines of the same shape must not stand twice, and so many of them must differ from each
other: the rows of a table are alike, and say nothing twice.
"""
FIELDS, OPTIONS = "the fields of another record", "the options of another command"
FRAME = "the frame of another document"
ALIKE_ALLOWED = {
    ("bmeconf/cli/drift.py", "bmeconf/cli/plan.py"): OPTIONS,
    ("bmeconf/cli/drift.py", "bmeconf/cli/report.py"): OPTIONS,
    ("bmeconf/render/documents/accounts.py", "bmeconf/render/documents/explain.py"): FRAME,
    ("bmeconf/report/results.py", "bmeconf/report/results.py"): FIELDS,
}
"""Pairs of files that may have such lines, and why."""
TOKEN = re.compile(
    r"""(?P<string>(?i:[rbuf]{0,2})(?:"{3}(?:\\.|[^\\])*?"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<passed>^[ \t]*(?:from|import)\s[^(\n]*(?:\([^)]*\))?|\#[^\n]*|[ \t]+)
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\d[\w.]*)""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
"""The parts of Python that the shape of a line is without, or has no more than the sort of."""
SHOWN = {"string": "S", "passed": "", "number": "0"}


@dataclass(frozen=True)
class Module:
    """One file of a package, with what it imports, wherever in it that stands."""

    name: str
    """Its path, from the folder that the package lies in."""
    source: str
    others: frozenset[str] = field(default=frozenset(), compare=False)
    """The dotted names of all modules of the package."""

    @property
    def dotted(self) -> str:
        return dotted(self.name)

    @property
    def room(self) -> str:
        """The room it is in, empty for what stands beside the rooms."""
        _, *rooms, _ = self.name.split("/")
        return rooms[0] if rooms else ""

    @property
    def nodes(self) -> Sequence[ast.AST]:
        return nodes_of(self.source)

    @property
    def imported(self) -> Sequence[str]:
        """The modules that are imported, also inside functions and for type checking alone."""
        return imports_of(self)

    def lies_in(self, *places: str) -> bool:
        """Whether this is, or is a part of, one of these rooms or parts of rooms."""
        own = self.dotted.removeprefix("bmeconf.")
        return any(own == place or own.startswith(f"{place}.") for place in places)


@cache
def nodes_of(source: str) -> Sequence[ast.AST]:
    """Every node of a source, read once."""
    return [*ast.walk(ast.parse(source))]


@cache
def imports_of(module: Module) -> Sequence[str]:
    found: list[str] = []
    for node in module.nodes:
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.append(inner if inner in module.others else node.module or "")
    return found


def dotted(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(dotted: str) -> str:
    """The room of an imported module."""
    return dotted.partition(".")[2].partition(".")[0]


def package(sources: Mapping[str, str]) -> list[Module]:
    """The modules with these sources, by path."""
    others = frozenset(map(dotted, sources))
    return [Module(name, source, others) for name, source in sorted(sources.items())]


@cache
def sources(folder: Path) -> Mapping[str, str]:
    """Every source in a folder, by its path from the folder around it."""
    return {
        path.relative_to(folder.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.py")
    }


def violations(modules: Sequence[Module]) -> list[str]:
    """Everything in a package that breaks a rule of the architecture, in words."""
    return [
        *(flaw for module in modules for flaw in flaws(module)),
        *rooms(modules),
        *circles(modules),
    ]


@cache
def flaws(module: Module) -> Sequence[str]:
    """What is wrong with one module, whatever the others are."""
    rules = (
        *(doors, purity, direction, faces, sizes, only_cli_speaks, one_door_to_the_streams),
        *(kinds_named, once, codes),
    )
    return [flaw for rule in rules for flaw in rule(module)]


def rooms(modules: Sequence[Module]) -> Iterator[str]:
    for name in sorted({module.name.split("/")[1] for module in modules}):
        if name not in {*FLOOR, ALONE, *BESIDE_ROOMS}:
            yield f"{name} is no room: the root has nothing but rooms"
    guides = {m.room: m for m in modules if m.name == f"bmeconf/{m.room}/__init__.py"}
    for room in (*FLOOR, ALONE):
        if room not in guides or not ast.get_docstring(ast.parse(guides[room].source)):
            yield f"{room} has no guide in its __init__"


def doors(module: Module) -> Iterator[str]:
    for imported in module.imported:
        top = imported.partition(".")[0]
        if top in DOORS and not module.lies_in(*DOORS[top].split()):
            yield f"{module.name} imports {top}, whose door is {DOORS[top]}"


def purity(module: Module) -> Iterator[str]:
    if module.lies_in(*PURE):
        for imported in module.imported:
            top = imported.partition(".")[0]
            if top in IMPURE and (module.name, top) not in IMPURE_ALLOWED:
                yield f"{module.name} is pure and imports {top}"


def direction(module: Module) -> Iterator[str]:
    for imported in module.imported:
        other = room_of(imported) if imported.startswith("bmeconf.") else ""
        if not module.room or not other or other in (module.room, "__version__"):
            continue
        if module.room == ALONE:
            if imported not in SHARED_WITH_SANDBOX:
                yield f"{module.name} imports {other}: the simulator and the client share nothing"
        elif other == ALONE:
            if module.room != "cli":
                yield f"{module.name} imports {other}: the simulator and the client share nothing"
        elif FLOOR.get(other, 0) >= FLOOR.get(module.room, 0):
            yield f"{module.name} imports upward: {other}"


def faces(module: Module) -> Iterator[str]:
    """What reaches past the folder of another room, into a file that its room may rename."""
    if not module.room:
        return
    folders = {name.rpartition(".")[0] for name in module.others}
    elsewhere = {
        name
        for name in module.others - folders - {*SHARED_WITH_SANDBOX}
        if room_of(name) not in (module.room, ALONE, "__version__")
    }
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.module in elsewhere:
            yield f"{module.name} imports {node.module}, past the folder of its room"


def sizes(module: Module) -> Iterator[str]:
    lines = len(module.source.splitlines())
    if lines > MOST_LINES:
        yield f"{module.name} has {lines} lines"
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            if size > LONGEST_FUNCTION:
                yield f"{module.name}: {node.name} has {size} lines"


def only_cli_speaks(module: Module) -> Iterator[str]:
    if module.room == "cli":
        return
    for node in module.nodes:
        spoken = said(node.func) if isinstance(node, ast.Call) else ""
        if spoken in ("print", "sys.exit"):
            yield f"{module.name} calls {spoken}, which only cli may"
        if isinstance(node, ast.Attribute) and said(node) == "os.environ":
            yield f"{module.name} reads the environment, which cli hands to settings"


def one_door_to_the_streams(module: Module) -> Iterator[str]:
    if module.lies_in(*STREAMS, ALONE):
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and said(node) in STREAM_NAMES:
            yield f"{module.name} uses {said(node)}: what is said goes through cli.console"


def said(node: ast.expr) -> str:
    """A name with dots as it is written, empty for anything else."""
    if isinstance(node, ast.Attribute):
        of = said(node.value)
        return of and f"{of}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def reached(node: ast.expr) -> str:
    """A name with dots, whatever is called or looked up on the way to it."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return f"{reached(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def borrowed(modules: Sequence[Module]) -> Iterator[str]:
    """Test modules that another one imports: what they share belongs into tests/support."""
    for module in modules:
        for imported in module.imported:
            if imported.startswith("tests.") and imported.rpartition(".")[2].startswith("test_"):
                yield f"{module.name} imports {imported}, which is a test of its own"


def kinds_named(module: Module) -> Iterator[str]:
    if module.room in (*OF_KINDS, ALONE):
        return
    count = sum(
        (isinstance(node, ast.Name) and node.id in KIND_CONSTANTS)
        or (isinstance(node, ast.Attribute) and node.attr in KIND_CONSTANTS)
        or (isinstance(node, ast.Constant) and node.value in KIND_WORDS)
        for node in module.nodes
    )
    allowed, _ = KINDS_NAMED.get(module.name, (0, ""))
    if count != allowed:
        yield f"{module.name} names kinds {count} times instead of {allowed}: ask for a capability"


def once(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.Call):
            called = f".{reached(node.func)}"
            for name, places in ONCE.items():
                if called.endswith(f".{name}") and not module.lies_in(*places, ALONE):
                    yield f"{module.name} calls {name}, as {' and '.join(places) or 'none'} may"


def codes(module: Module) -> Iterator[str]:
    if module.lies_in(CODES_MEAN, *OTHER_CODES):
        return
    for node in module.nodes:
        decided: Sequence[ast.expr] = ()
        if isinstance(node, ast.Compare):
            decided = (node.left, *node.comparators)
        elif isinstance(node, ast.Match):
            decided = (node.subject,)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            decided = (node.func.value,)
        if any(isinstance(side, ast.Attribute) and side.attr == "code" for side in decided):
            yield f"{module.name} decides by a code: {ast.unparse(node)}"


def circles(modules: Sequence[Module]) -> Iterator[str]:
    """Imports that go round, wherever they stand: also inside functions and for types alone."""
    graph = {
        module.dotted: {
            other
            for other in module.imported
            if other.startswith("bmeconf.") and other != module.dotted
        }
        for module in modules
    }
    while True:
        try:
            TopologicalSorter(graph).prepare()
            return
        except CycleError as error:
            way: list[str] = error.args[1]
            first = way.index(min(way))
            way = [*way[first:-1], *way[: first + 1]]
            yield f"imports go round: {' > '.join(way)}"
            graph[way[1]].discard(way[0])


def repeated(sources: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Runs of `ALIKE` lines that stand twice: both files, and where the runs begin in them."""
    lines = {name: shapes(source) for name, source in sorted(sources.items())}
    places: dict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for name, found in lines.items():
        for at in range(len(found) - ALIKE + 1):
            run = tuple(shape for _, shape in found[at : at + ALIKE])
            if len(set(run)) >= DIFFERENT:
                places[run].append((name, at))
    pairs = {
        (one, other)
        for alike in places.values()
        for one, other in combinations(alike, 2)
        if one[0] != other[0] or one[1] + ALIKE <= other[1]
    }
    for (name, at), (other, there) in sorted(pairs):
        if ((name, at - 1), (other, there - 1)) not in pairs:
            where = f"{name}:{lines[name][at][0]} ~ {other}:{lines[other][there][0]}"
            yield name, other, where


def shapes(source: str) -> list[tuple[int, str]]:
    """The shape of each line that has a name or a keyword, with its number."""
    folded = TOKEN.sub(_folded, source).split("\n")
    return [(n, line) for n, line in enumerate(folded, 1) if re.search("N|[a-z]{2}", line)]


def _folded(token: re.Match[str]) -> str:
    text = token[0]
    if token.lastgroup == "name":
        return f" {text} " if iskeyword(text) else "N"
    return SHOWN[str(token.lastgroup)] + "\n" * text.count("\n")


def test_the_package_keeps_its_shape() -> None:
    there = {path.name for path in PACKAGE.iterdir()} - {"schemas", "__pycache__"}
    assert there <= {*FLOOR, ALONE, *BESIDE_ROOMS}
    assert violations(package(sources(PACKAGE))) == []


@pytest.mark.parametrize(
    ("where", "line", "said"),
    [
        ("plan/order.py", "import requests", "whose door is client"),
        ("plan/order.py", "import deepdiff", "whose door is plan.diff"),
        ("desired/scope.py", "import yaml", "whose door is desired.manifest"),
        ("live/read.py", "import click", "whose door is cli"),
        ("kinds/lists.py", "from bmeconf import client", "imports upward: client"),
        ("model/errors.py", "from bmeconf import plan", "imports upward: plan"),
        ("plan/guard.py", "def f():\n    from bmeconf import apply", "imports upward: apply"),
        ("drift/judge.py", "from bmeconf.pull import pull", "imports upward: pull"),
        (
            "plan/guard.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bmeconf import apply",
            "imports upward: apply",
        ),
        ("drift/judge.py", "from bmeconf.plan.guard import check", "past the folder"),
        ("plan/diff.py", "import os", "is pure"),
        ("plan/order.py", "from pathlib import Path", "is pure"),
        ("client/__init__.py", "from bmeconf import sandbox", "share nothing"),
        ("sandbox/app.py", "from bmeconf.kinds import replies", "share nothing"),
        ("render/junit.py", "print('x')", "calls print"),
        ("cli/init.py", "click.echo('x')", "goes through cli.console"),
        ("apply/executor.py", "import sys; sys.exit(1)", "calls sys.exit"),
        ("project/settings.py", "import os; KEY = os.environ['KEY']", "reads the environment"),
        (
            "plan/model.py",
            "def f():\n    from bmeconf.plan import build",
            "imports go round",
        ),
        ("client/paging.py", "def long():\n" + "    x = 1\n" * 70, "has 71 lines"),
        ("client/paging.py", "x = 1\n" * 330, "lines"),
        ("plan/order.py", "def f(a):\n    return a.kind == 'lists'", "names kinds 1 times"),
        ("plan/order.py", "from bmeconf.model import LISTS\nX = LISTS", "names kinds 1 times"),
        ("pull/entries.py", "from bmeconf import model\nX = model.CONTACTS", "names kinds 5 times"),
        ("drift/judge.py", "def f(a):\n    return a.code == 'frozen'", "decides by a code"),
        ("plan/guard.py", "def f(a):\n    return a.code in ('frozen',)", "decides by a code"),
        ("drift/judge.py", "def f(a):\n    return a.code.startswith('f')", "decides by a code"),
        (
            "live/orphans.py",
            "def f(a):\n    match a.code:\n        case 'frozen':\n            return 1",
            "decides by a code",
        ),
        ("drift/judge.py", "PLAN = Plan()", "calls Plan, as plan.build"),
        ("apply/run.py", "PLAN = plan.Plan()", "calls Plan, as plan.build"),
        ("apply/run.py", "X = checks.StepCheck()", "calls StepCheck"),
        ("drift/judge.py", "X = diff.compare()", "calls diff.compare"),
        ("drift/judge.py", "X = baseline.classify()", "calls classify, as plan.diff"),
        (
            "drift/judge.py",
            "def f(r):\n    r.baseline().classify()",
            "calls classify, as plan.diff",
        ),
        ("apply/run.py", "def f(kind):\n    kind.update()", "calls kind.update"),
        ("apply/run.py", "def f(step):\n    KINDS[step].update()", "calls KINDS.update"),
        ("loose.py", "", "is no room"),
        ("attic/__init__.py", "", "is no room"),
    ],
)
def test_a_planted_violation_is_found(where: str, line: str, said: str) -> None:
    every = sources(PACKAGE)
    name = f"bmeconf/{where}"
    planted = {**every, name: f"{every.get(name, '')}\n{line}\n"}
    found = violations(package(planted))
    assert any(said in flaw for flaw in found), found


def test_a_room_without_a_guide_is_found() -> None:
    planted = {**sources(PACKAGE), "bmeconf/plan/__init__.py": ""}
    assert "plan has no guide in its __init__" in violations(package(planted))


def test_no_test_imports_another() -> None:
    assert [*borrowed(package(sources(TESTS)))] == []


def test_a_test_that_imports_another_is_found() -> None:
    planted = {
        "tests/a/test_one.py": "ONE = 1",
        "tests/b/test_two.py": "from tests.a.test_one import ONE",
        "tests/support/three.py": "def three():\n    from tests.a import test_one",
        "tests/b/test_four.py": "from tests.support.three import three",
    }
    assert [*borrowed(package(planted))] == [
        "tests/b/test_two.py imports tests.a.test_one, which is a test of its own",
        "tests/support/three.py imports tests.a.test_one, which is a test of its own",
    ]


def test_nothing_is_written_twice() -> None:
    found = [*repeated({**sources(PACKAGE), **sources(TESTS)})]
    assert [where for name, other, where in found if (name, other) not in ALIKE_ALLOWED] == []
    needless = ALIKE_ALLOWED.keys() - {(name, other) for name, other, _ in found}
    assert not needless, "no lines of these are alike any more"


@pytest.mark.parametrize("place", PURE)
def test_what_is_called_pure_is_there(place: str) -> None:
    assert any(module.lies_in(place) for module in package(sources(PACKAGE)))


WRITTEN = """\
def total(rows, rate=1):  # of all
    'How much it is.'
    found = 0

    for row in rows:
        if row.kind == "one":
            found += row.value * rate
        elif row.kind in ("two", "three"):
            found -= row.value
    assert found >= 0
    return found
"""


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        (WRITTEN, True),
        (re.sub("found|row|total", "x", WRITTEN).replace("  # of all", ""), True),
        (WRITTEN.replace("=1", "=2").replace("'How much it is.'", "import re"), True),
        (WRITTEN.replace(">= 0", "is None"), False),
        (WRITTEN.partition("    assert")[0], False),
        ("ROWS = [\n" + "    call(one, 2),\n" * 20 + "]\n", False),
    ],
    ids=["a copy", "other names", "other values", "another line", "a part", "a table"],
)
def test_what_is_written_twice_is_found(text: str, twice: bool) -> None:
    planted = {"a.py": f"X = 1\n{WRITTEN}", "b.py": text}
    assert [where for *_, where in repeated(planted)] == (["a.py:2 ~ b.py:1"] if twice else [])
