"""Variables in texts: `${NAME}` is a value of the account, `$${` the two characters. Pure."""

from __future__ import annotations

import re

MARK = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
"""A literal `${`, a variable by its name, or a `${` that is neither."""


def names_variable(text: str) -> bool:
    """Whether a text as it is written has a variable in it."""
    return "${" in text.replace("$${", "")


def literal(text: str) -> str:
    """A text as it is written so that nothing in it is a variable."""
    return text.replace("${", "$${")
