"""Every code of lint finds what it is for, where it stands, and nothing else.

The examples notice every change of a rule: all mutants of the package are tried at night
(`BMECONF_EXAMPLES`), some in an ordinary run.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bmeconf.mail import lint
from bmeconf.model import LintPolicy, Utm
from tests.support.mutants import Mutant, loaded, mutants

HERE = Path(__file__).parent
PACKAGE = Path(lint.__file__).parent
EXAMPLES = yaml.safe_load((HERE / "lint/examples.yaml").read_text("utf-8"))
CLEAN = sorted((HERE / "lint/clean").glob("*.html"))
NEWSLETTERS = yaml.safe_load((HERE / "lint/newsletters.yaml").read_text("utf-8"))
POLICY = LintPolicy(
    merge_tags={"cf_city": "City"},
    staging_hosts=("*.staging.acme.example",),
    utm=Utm(("shop.acme.*",), {"utm_source": "newsletter", "utm_campaign": "*"}),
)
OF_SEVERAL = {"same_body"}
"""Codes that no mail alone has."""
MARK = "¤"
TRIED = 15
"""So many mutants are tried in an ordinary run."""
ALLOWED = {
    ("body.py", "100"): "the words looked for are shorter",
    ("body.py", "key.startswith('on') and HANDLER.fullmatch(key)"): "only faster",
    ("tags.py", "starts[number + 1] <= match.start()"): "no tag begins where an element does",
}
"""Expressions that may be changed without notice, and why."""
Found = set[tuple[str, str, int]]


def mail_of(example: Any) -> lint.Mail:
    """The mail that an example is, without its marks."""
    fields = {"body": example} if isinstance(example, str) else {**example}
    size = fields.pop("size", 0)
    fields = {name: text.replace(MARK, "") for name, text in fields.items()}
    if size:
        fields["body"] = fields["body"].ljust(size, "x")
    return lint.Mail(**fields, lacks_plain_text="plain_text" not in fields)


def found(example: Any, package: Any = lint) -> Found:
    """The code, the field and the place of all that is wrong with an example."""
    hits = package.Linter(POLICY).hits(mail_of(example))
    return {(hit.code, hit.field, hit.at) for hit in hits}


def marked(code: str, example: Any) -> Found:
    """Where the example says that its code finds something."""
    fields = {"body": example} if isinstance(example, str) else example
    places = set()
    for name, text in fields.items():
        parts = text.split(MARK) if isinstance(text, str) else [""]
        places |= {(code, name, len("".join(parts[:n]))) for n in range(1, len(parts))}
    return {(code, "plain_text", 0)} if code == "no_plain_text" else places


def wrong(code: str, package: Any = lint) -> Iterator[Any]:
    """The examples of a code that are not as they say."""
    for example in EXAMPLES[code].get("bad", ()):
        if not marked(code, example) or found(example, package) != marked(code, example):
            yield example
    for example in EXAMPLES[code].get("good", ()):
        if found(example, package):
            yield example
    for example, message in EXAMPLES[code].get("says", ()):
        told = [hit.message for hit in package.Linter(POLICY).hits(mail_of(example))]
        if told != [message]:
            yield example, told


def test_every_code_has_examples() -> None:
    assert EXAMPLES.keys() == lint.CODES.keys()
    for code in EXAMPLES.keys() - OF_SEVERAL:
        assert EXAMPLES[code]["bad"], code
        assert EXAMPLES[code]["good"], code


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples(code: str) -> None:
    assert [*wrong(code)] == []


@pytest.mark.parametrize("name", NEWSLETTERS)
def test_what_is_wrong_in_a_newsletter(name: str) -> None:
    body = (HERE / f"newsletters/{name}.html").read_text("utf-8")
    told: dict[int, dict[str, None]] = {}
    for hit in lint.Linter(LintPolicy()).hits(lint.Mail(body=body, plain_text="x")):
        told.setdefault(body.count("\n", 0, hit.at) + 1, {})[hit.code] = None
    assert {line: " ".join(codes) for line, codes in told.items()} == NEWSLETTERS[name]


def beside_examples(package: Any = lint) -> None:
    """What no example shows: levels, bounds, and newsletters in which nothing is wrong."""
    plain = LintPolicy()
    for path in CLEAN:
        body = path.read_text("utf-8")
        assert package.Linter(plain).hits(package.Mail(body=body, plain_text="x")) == [], path
    strict = LintPolicy({"utm": "error"})
    levels = [package.level(code, strict) for code in ("utm", "large_body", "clipped")]
    assert levels == ["error", "error", "warning"]
    many = package.Linter(plain).hits(package.Mail(body="<a href='#'>x</a>" * 101))
    assert len(many) == 100
    tags = package.Linter(plain).hits(package.Mail(subject="{cf_a} {b}"))
    assert [hit.tag for hit in tags] == ["cf_a", ""]


def test_beside_the_examples() -> None:
    assert len(CLEAN) >= 10
    beside_examples()


def test_no_rule_changes_without_notice() -> None:
    every = [m for m in mutants(PACKAGE) if (m.file, m.before) not in ALLOWED]
    chance = random.Random(os.environ.get("BMECONF_SEED"))
    tried = chance.sample(
        every, min(len(every), TRIED * int(os.environ.get("BMECONF_EXAMPLES", 1)))
    )
    assert [str(mutant) for mutant in tried if not noticed(mutant)] == []


def noticed(mutant: Mutant) -> bool:
    """Whether an example, or what is beside them, is another one with a mutant."""
    try:
        with loaded("bmeconf.mail.lint", PACKAGE, mutant) as package:
            if any(next(wrong(code, package), None) for code in EXAMPLES):
                return True
            beside_examples(package)
    except Exception:
        return True
    return False
