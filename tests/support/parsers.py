"""Everything that a stranger's bytes are read by: a good input of any size, and shapes that are
known to cost such readers much.

`Bench` reads them as a user would, by a command in a project folder. `PLACE` stands in the inputs
for what differs between projects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from bmeconf.sandbox import Sandbox
from tests.support.driver import LOCK, Account, Project, Ran
from tests.support.fake_server import Forward, Reply, Rule, Seen, by_rules, in_front_of
from tests.support.forgeries import undigested

Maker = Callable[[int], bytes]
"""An input of about so many parts."""
M, SEEDS, PLAN = "m.yaml", "seeds.csv", "plan.json"
ONE = "/[0-9a-f]{24}"
REQUESTS = {
    "structures": "GET /api/contact-structure",
    "a structure": f"GET /api/contact-structure{ONE}",
    "lists": f"GET /api/contact-structure{ONE}/lists",
    "contacts": "POST /api/contact/search",
    "a contact": f"GET /api/contact{ONE}",
    "campaigns": "GET /api/email/campaign",
    "a campaign": f"GET /api/email/campaign{ONE}",
    "domains": "GET /api/email/domain",
    "a replaced structure": f"PUT /api/contact-structure{ONE}",
    "a new list": f"POST /api/contact-structure{ONE}/lists",
    "a copied list": f"POST /api/contact-structure{ONE}/lists{ONE}/duplicate",
    "a new contact": "POST /api/contact",
    "a replaced contact": f"PUT /api/contact{ONE}",
    "a copied campaign": f"POST /api/email/campaign{ONE}/duplicate",
    "a changed campaign": f"PATCH /api/email/campaign{ONE}",
}
"""What the service is asked, and so what its answers are read as."""
ID = "{:024x}".format


class Bench:
    """A project and a simulated account on which anything may be read."""

    def __init__(self, project: Project, account: Account) -> None:
        self.project, self.account = project, account
        self._samples: dict[str, bytes] = {}
        self._answers: list[tuple[str, bytes]] = []
        self._state = account.state()

    def sample(self, name: str) -> bytes:
        """A file of ours as a small project has it."""
        if not self._samples:
            self._clean()
            self.account.set(self._state)
            self.project.write(M, SMALL)
            self.project.run("plan", "--out", PLAN).ok()
            self.project.apply()
            folder = self.project.folder
            kept = {PLAN: folder / PLAN, LOCK: folder / LOCK, "journal": self.project.journal()}
            self._samples = {name: path.read_bytes() for name, path in kept.items()}
        return self._samples[name]

    def read(self, files: Mapping[str, bytes], *command: str) -> Ran:
        """One command in a folder with these files alone."""
        self._clean()
        for name, content in files.items():
            path = self.project.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return self.project.run(*command)

    def answered(self, body: bytes, request: str) -> Ran:
        """An apply that gets `body` for an answer to such requests, whatever came of them."""

        def instead(seen: Seen, forward: Forward) -> Reply:
            forward()
            return Reply(200, body)

        return self._applied([Rule(request, instead)])

    def answer(self, request: str) -> bytes:
        """The first answer that an apply gets to such a request."""
        if not self._answers:

            def note(seen: Seen, forward: Forward) -> Reply:
                answer = forward()
                self._answers.append((seen.line, answer.body))
                return answer

            self._applied([Rule(".*", note)]).ok()
        return next(body for line, body in self._answers if re.fullmatch(request, line))

    def _applied(self, rules: Sequence[Rule]) -> Ran:
        with in_front_of(self.account.sandbox.url, by_rules(rules)) as server:
            self._clean()
            self.account.set(self._state)
            self.project.write(M, REPLIED)
            command = ("apply", "--auto-approve", "--allow-delete", "lists/Old list")
            return self.project.run(*command, BMECONF_BASE_URL=server.url)

    def _clean(self) -> None:
        for path in sorted(self.project.folder.rglob("*"), reverse=True):
            path.unlink() if path.is_symlink() or not path.is_dir() else path.rmdir()


@contextmanager
def bench() -> Iterator[Bench]:
    """One in a folder of its own."""
    with Sandbox(None) as sandbox, TemporaryDirectory() as folder:
        account = Account(sandbox)
        account.switch(hour_limit=10**9, month_quota=10**9)
        yield Bench(Project(Path(folder), account.env), account)


SMALL = """\
version: 1
structure: {tags: [seed]}
lists: [{name: Autumn}, {name: Twin, copy_of: Newsletter}]
contacts: [{email: qa@acme.example, lists: [Autumn], tags: [seed]}]
campaigns:
  - {name: Offer, subject: "Hello: you", body: {html: "<p>Hi</p>"}, lists: [Autumn]}
  - {name: Second, copy_of: Welcome, reply_to: [hello@acme.example]}
"""
REPLIED = """\
version: 1
structure: {tags: [seed]}
lists: [{name: Autumn}, {name: Twin, copy_of: Newsletter}, {name: Old list, state: absent}]
contacts:
  - {email: ann@example.com, fields: {First Name: Anna}, tags: [seed]}
  - {email: qa@acme.example, lists: [Autumn]}
campaigns:
  - {name: Welcome, from: news@acme.example, subject: Changed, lists: [Newsletter]}
  - {name: Second, copy_of: Welcome, reply_to: [hello@acme.example]}
"""
PROJECT = """\
version: 1
manifests: [m.yaml]
accounts:
  production: {base_url: "https://api.benchmarkemail.com", api_key_env: A_KEY, vars: {d: x}}
policy:
  seeds: ["*@acme.example"]
  max_deletes: 3
  known_drift: [{address: lists/a, field: name, reason: r, owner: o, expires: 2030-01-01}]
"""
TABLE = """\
version: 1
lists: [{name: News}]
contact_files:
  - {csv: seeds.csv, email: Email, fields: {First Name: Given}, defaults: {lists: [News]}}
"""
CSV = 'Email,Given\nann@acme.example,Ann\n"bob@acme.example","Bob ""the"" B, jr"\n'
PAGE = (
    '<!doctype html><html lang="en"><body><p class=a>Hi &amp; hello</p><!-- c --><table><tr><td>'
    "<a href='https://acme.example/?a=1'>go</a><br/>{name}</td></tr></table></body></html>"
)
WITH_BODY = """\
version: 1
campaigns: [{name: Offer, body: {file: b.html}}]
"""
HEAD = "version: 1\n"


def _text(line: str, head: str = "", tail: str = "") -> Maker:
    """`line` for every number, between a head and a tail."""
    return lambda size: (head + "".join(line.format(n) for n in range(size)) + tail).encode()


def _wide(line: str) -> Maker:
    return _text(line, HEAD)


Shape = Callable[[Bench, int], bytes]


@dataclass(frozen=True)
class Parser:
    """A reader: `good` is what it takes, `read` reads an input, `shapes` are larger ones.

    `codes` are the exit codes that an input may end in; 3 must name one of `places`.
    """

    good: Callable[[Bench], bytes]
    read: Callable[[Bench, bytes], Ran]
    places: str
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    codes: frozenset[int] = frozenset({0, 3})


def _made(makers: Mapping[str, Maker]) -> Mapping[str, Shape]:
    return {name: lambda bench, size, make=make: make(size) for name, make in makers.items()}


def _validated(name: str, **beside: str) -> Callable[[Bench, bytes], Ran]:
    others = {each.replace("_", "."): text.encode() for each, text in beside.items()}
    return lambda bench, content: bench.read({**others, name: content}, "validate")


def _declared(bench: Bench, content: bytes) -> Ran:
    return bench.read({M: content}, "plan")


def _drifted(bench: Bench, content: bytes) -> Ran:
    """A look at what moved, all of which is remembered where nothing did."""
    return bench.read({M: content}, "drift", "--record", "--fail-on", "manual")


def _locked(bench: Bench, content: bytes) -> Ran:
    return bench.read({M: SMALL.encode(), LOCK: content}, "plan")


def _shown(bench: Bench, content: bytes) -> Ran:
    return bench.read({PLAN: content}, "show", PLAN)


def _resumed(bench: Bench, content: bytes) -> Ran:
    journal = ".bmeconf/journals/20261127T000000.000000Z-1.jsonl"
    return bench.read({M: SMALL.encode(), journal: content}, "apply", "--resume", journal)


def _beside(bench: Bench, content: bytes) -> Ran:
    """A plan beside a journal that some run has left."""
    journal = ".bmeconf/journals/20261127T000000.000000Z-1.jsonl"
    return bench.read({M: SMALL.encode(), journal: content}, "apply", "--auto-approve")


def _targeted(bench: Bench, content: bytes) -> Ran:
    name = "a" * 1000
    text = f"version: 1\nlists: [{{name: {name}}}]\n"
    glob = content.decode("utf-8", "replace").replace("\0", "")
    return bench.read({M: text.encode()}, "plan", f"--target={glob}")


def _simulated(bench: Bench, content: bytes) -> Ran:
    # What follows the file is refused, so that nothing is served.
    refused = ("--switch", "nonsense")
    return bench.read({"p.json": content}, "sandbox", "serve", "--like", "p.json", *refused)


def _written(bench: Bench, content: bytes) -> Ran:
    value = content.decode("utf-8", "replace").replace("\0", "").replace("/", "").replace("..", "")
    return bench.read({M: SMALL.encode()}, "validate", f"--output={value}")


def _compared(bench: Bench, content: bytes) -> Ran:
    """A plan that shows what differs between a live body and one that is not quite like it."""
    text = content.decode("utf-8", "replace").replace("\0", "")
    bench.account.edit("campaigns", "Welcome", body=text)
    other = "\n".join(["<p>new</p>", *text.split("\n")[::-1]])
    shown = (f"--output={format}=out.{format}" for format in ("markdown", "html", "json"))
    manifest = WITH_BODY.replace("Offer", "Welcome")
    return bench.read({M: manifest.encode(), "b.html": other.encode()}, "plan", *shown)


def _seeded(bench: Bench, content: bytes) -> Ran:
    """A plan under a policy with a glob for seeds."""
    glob = json.dumps(content.decode("utf-8", "replace"))
    policy = f"version: 1\npolicy: {{seeds: [{glob}]}}\n"
    contact = f"version: 1\ncontacts: [{{email: {'a' * 60}@{'a.' * 90}example}}]\n"
    files = {"bmeconf.yaml": policy.encode(), M: contact.encode()}
    return bench.read(files, "plan")


def _many_steps(bench: Bench, size: int) -> bytes:
    plan = json.loads(bench.sample(PLAN))
    first, *_ = (step for step in plan["steps"] if step["address"] == "lists/Autumn")
    ids = plan["preconditions"]["ids"] if "preconditions" in plan else {}
    steps = [
        {**first, "id": str(n), "address": f"lists/{n}", "changes": [_named(first, n)]}
        for n in range(1, size + 1)
    ]
    plan["steps"] = steps
    if isinstance(ids, dict):
        ids.update({step["address"]: None for step in steps})
    plan["summary"]["create"] = size
    return json.dumps(undigested(plan)).encode()


def _named(step: Any, n: int) -> Any:
    (change,) = step["changes"]
    return {**change, "after": str(n)}


def _many_entries(bench: Bench, size: int) -> bytes:
    whole = json.loads(bench.sample(LOCK))
    for section in whole["accounts"].values():
        entries = section["resources"]
        entry = entries["lists/Autumn"]
        entries.update({f"lists/{n}": {**entry, "id": ID(n)} for n in range(size)})
    return json.dumps(whole).encode()


def _people_there(first_name: str) -> Shape:
    """Contacts that are declared and live, with `first_name` in the account."""

    def make(bench: Bench, size: int) -> bytes:
        state = bench.account.state()
        ann, names = state["contacts"][0], state["structures"][0]["fields"][0]["_id"]
        state["contacts"] = [
            {**ann, "_id": ID(n), "key": f"c{n}@acme.example", "fields": {names: first_name}}
            for n in range(1, size + 1)
        ]
        bench.account.set(state)
        entries = (
            f"  - {{email: c{n}@acme.example, fields: {{First Name: Ann}}, lists: [Newsletter]}}\n"
            for n in range(1, size + 1)
        )
        return f"version: 1\ncontacts:\n{''.join(entries)}".encode()

    return make


def _many_lines(bench: Bench, size: int) -> bytes:
    head, *rest = bench.sample("journal").splitlines(keepends=True)
    return head + b"".join(rest[:-1]) * (size // len(rest) + 1)


def _many_rows(bench: Bench, size: int) -> bytes:
    answer = json.loads(bench.answer(REQUESTS["lists"]))
    rows = answer if isinstance(answer, list) else answer["records"]
    rows += [{**rows[0], "_id": ID(n), "name": f"List {n}"} for n in range(size)]
    if isinstance(answer, dict):
        answer.update(total=len(rows), totalRecords=len(rows))
    return json.dumps(answer).encode()


def _repeated(piece: str) -> Maker:
    return lambda size: (piece * (size * 40 // len(piece))).encode()


MANIFESTS: Mapping[str, Maker] = {
    "contacts": _wide("  - {{email: c{0}@acme.example, tags: [t{0}]}}\n"),
    "flat": _text("  - name: List {0}\n", HEAD + "lists:\n"),
    "people": _text("  - {{email: c{0}@acme.example}}\n", HEAD + "contacts:\n"),
    "drafts": _text(
        "  - {{name: D {0}, subject: S, lists: [L], copy_of: C}}\n",
        HEAD + "lists: [{name: L}]\ncampaigns:\n  - {name: C}\n",
    ),
    "unknown keys": _text("  - {{name: List {0}, colour{0}: 1}}\n", HEAD + "lists:\n"),
    "unknown sections": _wide("section{0}: []\n"),
    "unknown tags": _wide("a{0}: !x{0} y\n"),
    "names twice": _text("  - name: List\n", HEAD + "lists:\n"),
    "look-alikes": _text("  - name: L{0}ist\n", HEAD + "lists:\n"),
    "unknown variables": _text("  - name: List ${{v{0}}}\n", HEAD + "lists:\n"),
    "unknown references": _text(
        "  - {{name: Draft {0}, copy_of: Draft no {0}}}\n", HEAD + "campaigns:\n"
    ),
    "renames": _text("  - {{name: L{0}, renamed_from: [O{0}]}}\n", HEAD + "lists:\n"),
    "chain": lambda size: (
        HEAD
        + "campaigns:\n  - {name: D0}\n"
        + "".join(f"  - {{name: D{n + 1}, copy_of: D{n}}}\n" for n in range(size))
    ).encode(),
    "ring": lambda size: (
        HEAD
        + "campaigns:\n"
        + "".join(f"  - {{name: D{n}, copy_of: D{(n + 1) % size}}}\n" for n in range(size))
    ).encode(),
    "unlisted tags": lambda size: (
        HEAD
        + f"structure: {{tags: [{', '.join(f't{n}' for n in range(size))}]}}\n"
        + f"contacts: [{{email: a@x.org, tags: [{', '.join(f'u{n}' for n in range(size))}]}}]\n"
    ).encode(),
    "unlisted labels": lambda size: (
        HEAD
        + f"structure: {{fields: [{', '.join(f'{{label: t{n}}}' for n in range(size))}]}}\n"
        + "contacts:\n- email: a@x.org\n  fields:\n"
        + "".join(f"    u{n}: x\n" for n in range(size))
    ).encode(),
    "merges": _text("L{0}, ", HEAD + "lists: [{name: A, merge_of: [", "L]}]\n"),
    "deep": lambda size: (HEAD + "lists: " + "[" * size + "]" * size).encode(),
    "deep blocks": lambda size: (
        HEAD + "".join("  " * min(n, 400) + "a:\n" for n in range(size))
    ).encode(),
    "open": lambda size: (HEAD + "lists: " + "[" * size).encode(),
    "long": lambda size: (HEAD + f"lists: [{{name: {'a' * size * 10}}}]\n").encode(),
    "quoted": lambda size: (HEAD + 'lists: [{name: "' + "\\u0041" * size * 10 + '"}]\n').encode(),
    "aliases": lambda size: (HEAD + "lists:\n  - &a {name: x}\n" + "  - *a\n" * size).encode(),
    "comments": _wide("# comment {0}\n"),
    "blanks": lambda size: (HEAD + " " * size * 10 + "\n" * size).encode(),
    "tabs": _wide("\ta: {0}\n"),
    "same keys": _wide("lists: []\n"),
    "documents": _text("---\nversion: 1\nlists: [{{name: L{0}}}]\n"),
    "directives": _wide("%YAML 1.2\n"),
    "escapes": _text('  - name: "\\\\{0}"\n', HEAD + "lists:\n"),
    "dollars": lambda size: (HEAD + "lists: [{name: '" + "${" * size * 5 + "'}]\n").encode(),
}
TABLES: Mapping[str, Maker] = {
    "rows": _text("c{0}@acme.example,Given {0}\n", "Email,Given\n"),
    "no addresses": _text("c{0},Given\n", "Email,Given\n"),
    "twice": _text("c@acme.example,Given\n", "Email,Given\n"),
    "too many cells": _text("c{0}@acme.example,a,b,c\n", "Email,Given\n"),
    "columns": lambda size: (
        "Email,Given," + ",".join(f"c{n}" for n in range(size)) + "\nc@acme.example\n"
    ).encode(),
    "an open quote": _text('"c{0}@acme.example,Given\n', "Email,Given\n"),
    "quotes": lambda size: ("Email,Given\n" + '"' * size * 10 + "\n").encode(),
    "blank lines": lambda size: ("Email,Given\n" + "\n" * size * 10).encode(),
    "long": lambda size: (f"Email,Given\n{'a' * size * 10}@acme.example,x\n").encode(),
    "dots": lambda size: (f"Email,Given\na@{'a.' * size * 5}example,x\n").encode(),
}
PROJECTS: Mapping[str, Maker] = {
    "accounts": _text(
        "  a{0}: {{base_url: 'https://x.benchmarkemail.com', api_key_env: K}}\n",
        HEAD + "accounts:\n",
    ),
    "variables": _text(
        "      v{0}: x\n",
        HEAD + "accounts:\n  a:\n    base_url: 'https://x.benchmarkemail.com'\n"
        "    api_key_env: K\n    vars:\n",
    ),
    "unknown keys": _wide("key{0}: x\n"),
    "seeds": _text("  - '*@{0}.example'\n", HEAD + "policy:\n  seeds:\n", ""),
    "answers": _text(
        "  - {{address: lists/{0}, field: name, reason: r, owner: o, expires: 2030-01-01}}\n",
        HEAD + "policy:\n known_drift:\n",
    ),
    "patterns": _text("  - p{0}/\n", HEAD + "manifests:\n"),
    "stars": lambda size: (HEAD + f"manifests: ['{'*a' * size}']\n").encode(),
}
JSONS: Mapping[str, Maker] = {
    "deep": lambda size: ("[" * size * 10 + "]" * size * 10).encode(),
    "deep objects": lambda size: ('{"a":' * size * 10).encode(),
    "digits": lambda size: b"9" * size * 10,
    "escapes": lambda size: ('"' + "\\u0041" * size * 10 + '"').encode(),
    "keys": _text('"k{0}": 1, ', '{"format": "bmeconf.lock/1", ', '"z": 1}'),
    "same keys": _text('"k": 1, ', "{", '"k": 1}'),
    "blanks": lambda size: b" " * size * 10,
    "lines": _text("{{}}\n"),
    "conflict marks": _text("<<<<<<< {0}\n=======\n>>>>>>> x\n"),
}
GLOBS: Mapping[str, Maker] = {
    "stars": lambda size: ("lists/" + "*" * size).encode(),
    "near": lambda size: ("lists/" + "*a" * (size // 2) + "*b").encode(),
    "backwards": lambda size: ("contacts/" + "a*" * (size // 2) + "@").encode(),
    "long": lambda size: ("lists/" + "a" * size * 5).encode(),
    "separators": lambda size: b"/#" * size * 5,
}
OUTPUTS: Mapping[str, Maker] = {
    "equals": lambda size: b"json=" + b"=" * size * 10,
    "words": lambda size: b"pdf" * size * 5 + b"=x",
    "names": lambda size: b"json=" + b"a." * size * 5,
}
PLANNED = (
    *("flat", "people", "drafts", "unknown references", "renames", "chain", "merges"),
    *("unlisted tags", "unlisted labels"),
)
"""Shapes with which a plan has more to do than to read them."""
PIECES = (
    *("<a ", "<!--", "</", "<?", "<![", "<", "&", "&amp", "'", "<div>", "</div>", "<p><b>", "{"),
    *("<table><td>", "<svg>", "<template>", "<script><!--", "<title>", "<a href=", "{{", "${", "%"),
    *("<v:fill/>", "<!-- c -->", "<td>\n", "*|", "<style>", "a ", "<img alt=x>"),
)
LINES = ("<p>a</p>", "<p>a</p>\n<p>b</p>", "<td>\n</td>", "", "a b a c", "<b>")
BODIES: Mapping[str, Maker] = {
    "one line": _repeated("<p>a b</p>"),
    "words": lambda size: ("a b " * size).encode(),
    "other lines": _text("<p>line {0}</p>\n"),
    "other words": _text("word{0} "),
    "few lines in turn": lambda size: "".join(
        f"<p>{n * n % 7}</p>\n" for n in range(size)
    ).encode(),
}
PROBED = """\
{
  "format": "bmeconf.probe/1",
  "switches": {"lists_page": "array", "search_max_groups": 500, "verify_from": true, "new": "1"},
  "at_least": ["search_max_groups"]
}
"""
PARSERS: Mapping[str, Parser] = {
    "a manifest": Parser(lambda bench: SMALL.encode(), _validated(M), "m.yaml", _made(MANIFESTS)),
    "a plan of a manifest": Parser(
        lambda bench: SMALL.encode(),
        _declared,
        "m.yaml",
        _made({shape: MANIFESTS[shape] for shape in PLANNED}),
        frozenset({0, 3, 7}),
    ),
    "a drift of a manifest": Parser(
        lambda bench: SMALL.encode(),
        _drifted,
        "m.yaml",
        {"in sync": _people_there("Ann"), "moved": _people_there("Bo")},
        frozenset({0, 3, 7}),
    ),
    "a project file": Parser(
        lambda bench: PROJECT.encode(),
        _validated("bmeconf.yaml", m_yaml=SMALL),
        "bmeconf.yaml|m.yaml",
        _made(PROJECTS),
        frozenset({0, 3, 7}),
    ),
    "a CSV file": Parser(
        lambda bench: CSV.encode(),
        _validated(SEEDS, m_yaml=TABLE),
        "seeds.csv|m.yaml",
        _made(TABLES),
    ),
    "a body": Parser(
        lambda bench: PAGE.encode(),
        _validated("b.html", m_yaml=WITH_BODY),
        "b.html|m.yaml",
        _made({piece: _repeated(piece) for piece in PIECES}),
    ),
    "two bodies": Parser(
        lambda bench: PAGE.encode(),
        _compared,
        "b.html|m.yaml",
        _made({**{f"{piece} lines": _repeated(f"{piece}\n") for piece in LINES}, **BODIES}),
        frozenset({0, 3, 7}),
    ),
    "a saved plan": Parser(
        lambda bench: bench.sample(PLAN),
        _shown,
        "plan.json",
        {"steps": _many_steps, **_made(JSONS)},
        frozenset({0, 3}),
    ),
    "a lock file": Parser(
        lambda bench: bench.sample(LOCK),
        _locked,
        "bmeconf.lock.json",
        {"entries": _many_entries, **_made(JSONS)},
        frozenset({0, 3, 7}),
    ),
    "a journal": Parser(
        lambda bench: bench.sample("journal"),
        _resumed,
        "20261127T000000",
        {"lines": _many_lines, **_made(JSONS)},
        frozenset({0, 3, 6, 7, 8}),
    ),
    "a journal that lies there": Parser(
        lambda bench: bench.sample("journal"),
        _beside,
        "",
        {"lines": _many_lines, **_made(JSONS)},
        frozenset({0}),
    ),
    **{
        f"a reply: {name}": Parser(
            lambda bench, request=request: bench.answer(request),
            lambda bench, body, request=request: bench.answered(body, request),
            "",
            {"rows": _many_rows, **_made(JSONS)} if name == "lists" else {},
            frozenset({0, 1, 3, 6, 7, 8}),
        )
        for name, request in REQUESTS.items()
    },
    "what a probe found": Parser(
        lambda bench: PROBED.encode(),
        _simulated,
        "p.json|nonsense",
        _made(JSONS),
        frozenset({3}),
    ),
    "a target": Parser(lambda bench: b"lists/aa*a", _targeted, "--target", _made(GLOBS)),
    "a seed policy": Parser(
        lambda bench: b"*@acme.example",
        _seeded,
        "bmeconf.yaml",
        _made(GLOBS),
        frozenset({0, 3, 7}),
    ),
    "an output": Parser(
        lambda bench: b"json=out.json", _written, "--output", _made(OUTPUTS), frozenset({0, 3})
    ),
}


def mutated(good: bytes, dice: Random) -> bytes:
    """`good` after some edits of bytes, of tokens, of lines."""
    text = bytearray(good)
    for _ in range(dice.choice((1, 1, 2, 4, 9))):
        at, length = dice.randrange(len(text) + 1), dice.choice((0, 1, 2, 8, 30))
        end = min(at + length, len(text))
        other = dice.randrange(len(text) + 1)
        piece = dice.choice((b"", dice.choice(TOKENS), text[other : other + length], b"\xff"))
        text[at:end] = piece
    return bytes(text)


TOKENS = (
    *(b"\n", b"\r", b"\t", b"\0", b" ", b":", b"{", b"}", b"[", b"]", b",", b'"', b"'", b"\\"),
    *(b"null", b"true", b"-1", b"1e999", b"NaN", b"0" * 5000, b"\xc3\x28", b"\xef\xbb\xbf"),
    *(b"&a", b"*a", b"!!python/object", b"<<", b"---", b"...", b"${", b"${x}", b"|", b">"),
    *("\u2028".encode(), "\u202e".encode(), b"\\ud800", b"{}", b"[]", b'""', b"#", b"<", b"="),
)
TRACE = re.compile(r"Traceback|This is a bug|please report", re.IGNORECASE)
