"""`${NAME}` in a tree -> the same tree with the account's values; `$${` is a literal `${`. Pure.

A text that came out of a variable is never plain: `${x}` with the value `null` is the word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bmeconf.desired.manifest import Block, Items, Node, Path, Scalar, walk
from bmeconf.desired.validate.flaws import Flaw
from bmeconf.model import did_you_mean

MARK = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


def used(tree: Node) -> bool:
    """Whether a tree holds any `${`."""
    return any(isinstance(node, Scalar) and "${" in node.text for _, node in walk(tree))


@dataclass
class Filler:
    """Fills trees from `values`; what cannot be filled is left as written, and a flaw."""

    values: Mapping[str, str]
    flaws: list[Flaw] = field(default_factory=list)

    def fill(self, node: Node, path: Path = ()) -> Node:
        """The tree, which stands at `path`, with every value filled; keys are taken as written."""
        if isinstance(node, Scalar) and "${" not in node.text:
            return node
        if isinstance(node, Scalar):
            text = MARK.sub(lambda match: self._value(match, node, path), node.text)
            return Scalar(text, node.place)
        if isinstance(node, Items):
            items = tuple(self.fill(item, (*path, i)) for i, item in enumerate(node.items))
            return Items(items, node.place)
        entries = tuple((key, self.fill(value, (*path, key.text))) for key, value in node.entries)
        return Block(entries, node.place)

    def _value(self, match: re.Match[str], scalar: Scalar, path: Path) -> str:
        if match[0] == "$${":
            return "${"
        if match[1] in self.values:
            return self.values[match[1]]
        if match[1] is None:
            message = 'a "${" without a name and "}"; write "$${" for the characters themselves'
        else:
            defined = f" (defined: {', '.join(sorted(self.values))})" if self.values else ""
            remedy = f"; define it under `vars:` of the account in bmeconf.yaml{defined}"
            hint = did_you_mean(match[1], self.values) or remedy
            message = f"the variable {match[0]} is not defined{hint}"
        self.flaws.append(Flaw(path, scalar.place, message, "variable"))
        return match[0]
