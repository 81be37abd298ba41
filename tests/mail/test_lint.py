"""Every code of lint finds what it is for, where it stands, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bmeconf.mail import lint
from bmeconf.model import LintPolicy, Utm

EXAMPLES = yaml.safe_load((Path(__file__).parent / "lint/examples.yaml").read_text("utf-8"))
POLICY = LintPolicy(
    merge_tags={"cf_city": "City"},
    staging_hosts=("*.staging.acme.example",),
    utm=Utm(("shop.acme.*",), {"utm_source": "newsletter", "utm_campaign": "*"}),
)
OF_SEVERAL = {"same_body"}
"""Codes that no mail alone has."""
MARK = "¤"


def found(example: Any, policy: LintPolicy = POLICY) -> set[tuple[str, str, int]]:
    """The code, the field and the place of all that is wrong with an example."""
    fields = {"body": example} if isinstance(example, str) else {**example}
    size = fields.pop("size", 0)
    fields = {name: text.replace(MARK, "") for name, text in fields.items()}
    if size:
        fields["body"] = fields["body"].ljust(size, "x")
    mail = lint.Mail(**fields, lacks_plain_text="plain_text" not in fields)
    return {(hit.code, hit.field, hit.at) for hit in lint.Linter(policy).hits(mail)}


def marked(code: str, example: Any) -> set[tuple[str, str, int]]:
    """Where the example says that its code finds something."""
    fields = {"body": example} if isinstance(example, str) else example
    places = set()
    for name, text in fields.items():
        parts = text.split(MARK) if isinstance(text, str) else [""]
        places |= {(code, name, len("".join(parts[:n]))) for n in range(1, len(parts))}
    return places


def test_every_code_has_examples() -> None:
    assert EXAMPLES.keys() == lint.CODES.keys()
    for code in EXAMPLES.keys() - OF_SEVERAL:
        assert EXAMPLES[code]["bad"], code
        assert EXAMPLES[code]["good"], code


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples(code: str) -> None:
    for example in EXAMPLES[code].get("bad", ()):
        expected = marked(code, example)
        if code == "no_plain_text":
            expected = {(code, "plain_text", 0)}
        assert expected, example
        assert found(example) == expected, example
    for example in EXAMPLES[code].get("good", ()):
        assert found(example) == set(), example
