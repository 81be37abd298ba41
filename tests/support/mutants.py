"""Changed copies of a package of ours, each with one small change: does a test notice it?

A copy is loaded beside the package, under a name of its own, and nothing of the package changes.
"""

from __future__ import annotations

import ast
import copy
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ALIAS = "mutants"
SWAPPED: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
}


@dataclass(frozen=True)
class Mutant:
    """A file with one change: the node that is changed, and what stands in its place."""

    file: str
    tree: ast.Module
    node: ast.AST
    changed: ast.AST

    @property
    def before(self) -> str:
        """The source of the node."""
        return ast.unparse(self.node)

    @property
    def source(self) -> str:
        """The whole file as it is now."""
        return ast.unparse(_Replace(self.node, self.changed).visit(copy.deepcopy(self.tree)))

    def __str__(self) -> str:
        line = getattr(self.node, "lineno", 0)
        return f"{self.file}:{line}: {self.before} -> {ast.unparse(self.changed)}"


def mutants(folder: Path) -> Iterator[Mutant]:
    """Every mutant of the modules in a folder."""
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for changed in _changed(node):
                yield Mutant(path.name, tree, node, changed)


class _Replace(ast.NodeTransformer):
    """Puts one node in the place of another, which is found by where it stands."""

    def __init__(self, node: ast.AST, changed: ast.AST) -> None:
        self._type, self._place, self._changed = type(node), _place(node), changed

    def visit(self, node: ast.AST) -> ast.AST:
        if type(node) is self._type and _place(node) == self._place:
            return self._changed
        return super().generic_visit(node)


def _place(node: ast.AST) -> tuple[int, ...]:
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return tuple(getattr(node, name, -1) for name in names)


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        yield ast.Pass()
    elif isinstance(node, ast.If | ast.IfExp):
        test = ast.UnaryOp(ast.Not(), node.test)
        yield type(node)(**{**dict(ast.iter_fields(node)), "test": test})
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield ast.Compare(node.left, [SWAPPED[type(node.ops[0])]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        yield from node.values
    elif isinstance(node, ast.Constant) and type(node.value) is int and node.value > 1:
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Tuple) and all(isinstance(e, ast.Constant) for e in node.elts):
        for n in range(len(node.elts) if len(node.elts) > 1 else 0):
            yield ast.Tuple(node.elts[:n] + node.elts[n + 1 :], node.ctx)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
        pattern, *flags = node.args
        if isinstance(pattern, ast.Constant):
            for text in shorter(pattern.value):
                yield ast.Call(node.func, [ast.Constant(text), *flags], node.keywords)


def shorter(pattern: str) -> Iterator[str]:
    """A pattern without each of its alternatives in turn."""
    parts = [*re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[(|)]|[^\\\[(|)]+", pattern, re.DOTALL)]
    open_ones: list[list[int]] = [[0]]
    for part in parts:
        if part[0] == "(":
            open_ones.append([part.end()])
        elif part[0] == "|":
            open_ones[-1].append(part.end())
        elif part[0] == ")":
            yield from _without_each(pattern, open_ones.pop(), part.start())
    yield from _without_each(pattern, open_ones.pop(), len(pattern))


def _without_each(pattern: str, starts: Sequence[int], end: int) -> Iterator[str]:
    ends = [*(start - 1 for start in starts[1:]), end]
    prefix = re.match(r"\?(?:[:=!]|<[=!]|P<\w+>)", pattern[starts[0] :])
    begin = starts[0] + (prefix.end() if prefix else 0)
    alternatives = [
        pattern[begin if n == 0 else start : stop]
        for n, (start, stop) in enumerate(zip(starts, ends, strict=True))
    ]
    for n in range(len(alternatives) if len(alternatives) > 1 else 0):
        others = "|".join(alternatives[:n] + alternatives[n + 1 :])
        yield pattern[:begin] + others + pattern[end:]


@contextmanager
def loaded(package: str, folder: Path, mutant: Mutant | None = None) -> Iterator[ModuleType]:
    """The package in `folder`, with the change of a mutant, as a module of another name."""
    names = {path.stem: path for path in sorted(folder.glob("*.py"))}
    made: list[str] = []
    try:
        for stem in _in_order(names, package):
            source = names[stem].read_text(encoding="utf-8")
            if mutant and mutant.file == names[stem].name:
                source = mutant.source
            name = ALIAS if stem == "__init__" else f"{ALIAS}.{stem}"
            module = sys.modules[name] = ModuleType(name)
            module.__path__ = []
            made.append(name)
            if stem != "__init__":
                setattr(sys.modules.setdefault(ALIAS, ModuleType(ALIAS)), stem, module)
            exec(compile(source.replace(package, ALIAS), name, "exec"), module.__dict__)
        yield sys.modules[ALIAS]
    finally:
        for name in (*made, ALIAS):
            sys.modules.pop(name, None)


def _in_order(names: dict[str, Path], package: str) -> list[str]:
    """The modules, each after those that it imports."""
    from graphlib import TopologicalSorter

    graph: dict[str, set[str]] = {}
    for stem, path in names.items():
        text = path.read_text(encoding="utf-8")
        found = re.findall(rf"from {re.escape(package)}\.(\w+) import", text)
        for line in re.findall(rf"from {re.escape(package)} import (.*)", text):
            found += re.findall(r"\w+", line)
        graph[stem] = {each for each in found if each in names}
    return [*TopologicalSorter(graph).static_order()]
