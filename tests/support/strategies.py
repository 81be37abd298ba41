"""Generated accounts, and manifests that are valid for them: any mixture of what people do.

An account has the shape that the side door takes; a manifest is plain data, to be dumped over
any number of files. Nothing here knows how the program works: names, emails and labels are
compared by the rules of the design alone.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

MANY = int(os.environ.get("BMECONF_EXAMPLES", "1"))
"""How many times the usual number of examples; above 1 they are new ones in every run."""

NAMES = (
    *("Newsletter", "newsletter", "Café Ångström", "NO", "0123", "a/b * [c] ?", "# hash: x"),
    *("名前 🎉", "Product  news", "__all__", "~", "2026-12-01", "- dash", "q\"uo'te"),
)
EMAILS = ("ann@acme.example", "bob+1@acme.example", "c@seeds.example", "d@seeds.example", "e@x.org")
SENDERS = ("news@acme.example", "Ops@ACME.example")
LABELS = ("First Name", "City", "Straße é", "__hidden", "Notes: x")
LOCAL_FIRST_NAME = "Vorname"
TAGS = ("seed", "VIP", "Größe é", "__t")
TEXTS = ("x", "NO", "1e3", "Zürich é", "two\nlines", "two\r\nlines", "  blanks  ", "e\u0301t\u00e9")
LINES = tuple(text for text in TEXTS if "\n" not in text)
UNTAME = (
    '<p onclick="x()" class="a">Offer: <a href="https://acme.example/a?b=1&amp;c=%20">go</a></p>'
    "<script>1 < 2</script><form><b>Ask</b></form>"
)
"""HTML of which a rewriting service leaves nothing as it is."""
HTML = ("<p>Hello</p>", "<p>a</p>\r\n<p>b</p>\n", "  <b>é e\u0301</b>  ", UNTAME)
STATUSES = ("scheduled", "sending", "sent", "paused", "failed", "cancelled")
FROZEN_CONTACTS = ("Bounce", "Complaint-FBL")
FILES = {"emails/body.html": "<p>From a file</p>\r\n", "emails/plain.txt": "From a file\n"}
STRUCTURE, OTHER = "5" * 24, "6" * 24
Data = dict[str, Any]
SENT: Data = {
    "_id": "3" * 24,
    "name": "Last month",
    "from": "news@acme.example",
    **dict.fromkeys(("fromName", "subject", "previewText", "plainTextBody"), "Last month"),
    "body": "<p>Last month</p>",
    "status": "sent",
    "scheduledAt": "2026-10-01T08:00:00.000Z",
}
"""A campaign as most accounts have one: it shows which content the API shows at all."""


@dataclass(frozen=True)
class World:
    """A live account and what is declared over it; `files` are what the manifests name."""

    account: Data
    manifest: Data

    def __repr__(self) -> str:
        shown = {k: v for k, v in self.account.items() if k not in ("templates", "domains")}
        return f"World(\n  {shown!r},\n  {self.manifest!r})"


def examples(number: int) -> settings:
    """How many examples a law is tried on: in an ordinary run the same ones each time.

    The first one is the simplest. Of the others an ordinary run tries every third.
    """
    return settings(
        max_examples=number * MANY if MANY > 1 else 1 + -(-(number - 1) // 3),
        derandomize=MANY == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        # Shrinking takes minutes, since every example is a run over sockets.
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if MANY > 1 else [])],
    )


def cells(*axes: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Of all combinations every second one, in which any two values still meet; or all."""
    numbered = product(*map(enumerate, axes))
    tried = (cell for cell in numbered if MANY > 1 or sum(n for n, _ in cell) % 2 == 0)
    return [tuple(value for _, value in cell) for cell in tried]


# --- the design's own rules of identity


def canonical(text: str) -> str:
    """A name as design 7.3 compares it."""
    return unicodedata.normalize("NFC", text).strip()


def spelled(name: str) -> st.SearchStrategy[str]:
    """`name` as somebody may have typed it."""
    forms: tuple[Callable[[str], str], ...] = (
        lambda text: text,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: f"  {text}\u00a0",
    )
    return st.sampled_from(forms).map(lambda form: form(name))


def cased(email: str) -> st.SearchStrategy[str]:
    """`email` in some case, with or without blanks."""
    forms: tuple[Callable[[str], str], ...] = (str, str.upper, str.title, lambda e: f" {e} ")
    return st.sampled_from(forms).map(lambda form: form(email))


def ident(kind: int, number: int) -> str:
    """The id of one generated object."""
    return f"{kind:02x}{number:022x}"


# --- accounts


@st.composite
def accounts(draw: st.DrawFn) -> Data:
    """A live account: one structure or two, and objects with names of every spelling."""
    structure = draw(_structures())
    lists = draw(_lists())
    other = draw(st.booleans())
    if other:
        foreign = {"_id": ident(1, 99), "name": "Newsletter", "contactStructureId": OTHER}
        lists = [*lists, foreign]
    ids = [entry["_id"] for entry in lists if "contactStructureId" not in entry]
    contacts = [draw(_contact(n, key, structure, ids)) for n, key in enumerate(draw(_some(EMAILS)))]
    if other and contacts:
        contacts.append(
            {"_id": ident(2, 99), "key": contacts[0]["key"], "contactStructureId": OTHER}
        )
    names = draw(_some(NAMES, 4))
    campaigns = [SENT, *(draw(_campaign(n, name, ids)) for n, name in enumerate(names))]
    return {
        "structures": [structure, *([{"_id": OTHER, "label": "Other"}] if other else [])],
        "lists": lists,
        "contacts": contacts,
        "campaigns": campaigns,
        "templates": [
            {"id": ident(5, 1), "name": "Plain", "lang": "en", "html": "<p>Plain</p>\r\n"},
            {"id": ident(5, 2), "name": "Plain", "lang": "de", "html": "<p>Schlicht</p>"},
        ],
        "domains": [{"domain": "acme.example"}, {"domain": "late.example", "status": "verifying"}],
    }


def _some(pool: Iterable[Any], most: int = 5) -> st.SearchStrategy[list[Any]]:
    choices = tuple(pool)
    if not choices:
        return st.just([])
    return st.lists(st.sampled_from(choices), unique=True, max_size=most)


@st.composite
def _structures(draw: st.DrawFn) -> Data:
    fields = []
    for n, label in enumerate(draw(_some(LABELS))):
        field = {"_id": ident(8, n), "label": draw(spelled(label))}
        if label == "First Name":
            field["predefinedField"] = "firstName"
            field["label"] = draw(st.sampled_from((label, LOCAL_FIRST_NAME)))
        elif label == "City":
            field["dataType"] = draw(st.sampled_from(("text", "date")))
        fields.append(field)
    tags = [
        {"_id": ident(9, n), "label": draw(spelled(label))}
        for n, label in enumerate(draw(_some(TAGS)))
    ]
    version = draw(st.integers(0, 3))
    return {"_id": STRUCTURE, "label": "Default", "fields": fields, "tags": tags, "__v": version}


@st.composite
def _lists(draw: st.DrawFn) -> list[Data]:
    names = draw(_some(NAMES, 6))
    if names and draw(st.integers(0, 5)) == 0:
        names.append(names[0])
    return [
        {"_id": ident(1, n), "name": draw(spelled(name)), "__v": draw(st.integers(0, 3))}
        for n, name in enumerate(names)
    ]


@st.composite
def _contact(draw: st.DrawFn, n: int, key: str, structure: Data, lists: list[str]) -> Data:
    values = draw(_some([field["_id"] for field in structure["fields"]]))
    ended = draw(st.sampled_from((None, None, None, "Unsubscribe", "Manual", *FROZEN_CONTACTS)))
    status = {"primary": "Inactive", "secondary": ended} if ended else {"primary": "Active"}
    return {
        "_id": ident(2, n),
        "key": key,
        "fields": {id: draw(st.sampled_from(TEXTS)) for id in values},
        "lists": draw(_some(lists)),
        "tags": draw(_some([tag["_id"] for tag in structure["tags"]])),
        "status": status,
        "__v": draw(st.integers(0, 3)),
    }


@st.composite
def _campaign(draw: st.DrawFn, n: int, name: str, lists: list[str]) -> Data:
    optional = {
        "from": st.sampled_from(("news@acme.example", "old@late.example")),
        "fromName": st.sampled_from(LINES),
        "subject": st.sampled_from(LINES),
        "previewText": st.sampled_from(LINES),
        "body": st.sampled_from(HTML),
        "plainTextBody": st.sampled_from(TEXTS),
        "replyToAddresses": _some(SENDERS),
        "lists": _some(lists),
        "contactStructureId": st.just(STRUCTURE),
    }
    chosen = draw(_some(optional, len(optional)))
    status = draw(st.sampled_from(("draft", "draft", "draft", *STATUSES)))
    timed = {} if status == "draft" else {"scheduledAt": "2026-12-01T08:00:00.000Z"}
    return {
        "_id": ident(3, n),
        "name": draw(spelled(name)),
        **{key: draw(optional[key]) for key in chosen},
        "status": status,
        **timed,
        "__v": draw(st.integers(0, 3)),
    }


# --- manifests


@dataclass
class _Entries:
    """The entries of one kind, and the names that others may refer to."""

    identity: str
    entries: list[Data]
    referable: list[str]

    def present(self) -> list[Data]:
        return [entry for entry in self.entries if "state" not in entry]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """An account, and a manifest that is valid for it."""
    account = draw(accounts())
    structure = draw(_declared_structure(account))
    inner = [entry for entry in account["lists"] if "contactStructureId" not in entry]
    lists = draw(_entries("name", NAMES, {e["_id"]: e["name"] for e in inner}, spelled))
    draw(_origins(lists, merges=True))
    live = {e["_id"]: e["key"] for e in account["contacts"] if "contactStructureId" not in e}
    contacts = draw(_entries("email", EMAILS, live, cased))
    labels, tags = _usable(account["structures"][0], structure)
    for entry in contacts.present():
        entry.update(draw(_contact_fields(labels, tags, lists.referable)))
    names = {entry["_id"]: entry["name"] for entry in account["campaigns"] if entry != SENT}
    campaigns = draw(_entries("name", NAMES, names, spelled))
    draw(_origins(campaigns, merges=False))
    for entry in campaigns.present():
        entry.update(draw(_campaign_fields(lists.referable)))
    manifest = {
        "lists": lists.entries,
        "contacts": contacts.entries,
        "campaigns": campaigns.entries,
    }
    return World(account, {"structure": structure, **manifest} if structure else manifest)


@st.composite
def _declared_structure(draw: st.DrawFn, account: Data) -> Data:
    several = len(account["structures"]) > 1
    structure: Data = {}
    if several or draw(st.booleans()):
        structure["label"] = draw(spelled("Default"))
    if draw(st.booleans()):
        field = st.fixed_dictionaries(
            {}, optional={"type": st.just("text"), "required": st.just(False)}
        )
        structure["fields"] = [
            {"label": draw(spelled(label)), **draw(field)} for label in draw(_some(LABELS))
        ]
    if draw(st.booleans()):
        structure["tags"] = [draw(spelled(tag)) for tag in draw(_some(TAGS))]
    return structure


def _usable(live: Data, declared: Data) -> tuple[list[str], list[str]]:
    labels = {canonical(field["label"]) for field in live["fields"]}
    if LOCAL_FIRST_NAME in labels:
        labels = {*labels, "First Name"} - {LOCAL_FIRST_NAME}
    labels |= {canonical(field["label"]) for field in declared.get("fields", ())}
    tags = {canonical(tag["label"]) for tag in live["tags"]}
    tags |= {canonical(tag) for tag in declared.get("tags", ())}
    return sorted(labels), sorted(tags)


@st.composite
def _entries(
    draw: st.DrawFn,
    identity: str,
    pool: tuple[str, ...],
    live: Mapping[str, str],
    spell: Callable[[str], st.SearchStrategy[str]],
) -> _Entries:
    """Entries that no rule of the validation refuses, and no other name stands in the way of."""
    key = canonical if identity == "name" else (lambda text: text.strip().lower())
    held = {id: key(text) for id, text in live.items()}
    names = draw(_some(pool))
    twins = {name for name in held.values() if list(held.values()).count(name) > 1}
    spare = [name for name in pool if name not in names]
    pinned: set[str] = set()
    former: set[str] = set()
    entries = []
    for name in names:
        entry: Data = {identity: draw(spell(name))}
        role = draw(st.sampled_from(("plain", "plain", "pin", "rename", "absent")))
        own = [id for id, text in held.items() if text == name and id not in pinned]
        loose = [id for id in held if id not in pinned]
        if role == "pin" and loose:
            id = draw(st.sampled_from(loose))
            others = [other for other in own if other != id]
            if not others or held[id] == name:
                entry["id"] = draw(st.sampled_from((id, id.upper())))
                pinned.add(id)
        elif role == "rename" and spare:
            old = draw(st.sampled_from(spare))
            spare.remove(old)
            former.add(old)
            entry["renamed_from"] = [draw(spell(old))]
        elif role == "absent" and name not in twins:
            entry["state"] = "absent"
            if own and draw(st.booleans()):
                entry["id"] = own[0]
                pinned.add(own[0])
        entries.append(entry)
    present = [key(e[identity]) for e in entries if "state" not in e]
    free = [n for id, n in held.items() if id not in pinned and n not in names and n not in former]
    return _Entries(identity, entries, sorted({*present, *free}))


@st.composite
def _origins(draw: st.DrawFn, kind: _Entries, merges: bool) -> None:
    """Some entries are copies or merges of earlier ones, or of what nobody declares."""
    declared = [canonical(entry["name"]) for entry in kind.entries]
    earlier = [name for name in kind.referable if name not in declared]
    for entry in kind.present():
        role = draw(st.sampled_from(("none", "none", "copy", "merge" if merges else "none")))
        if role == "copy" and earlier:
            entry["copy_of"] = draw(st.sampled_from(earlier).flatmap(spelled))
        elif role == "merge" and len(earlier) > 1:
            sources = draw(st.lists(st.sampled_from(earlier), min_size=2, max_size=3, unique=True))
            entry["merge_of"] = [draw(spelled(name)) for name in sources]
        earlier.append(canonical(entry["name"]))


@st.composite
def _contact_fields(draw: st.DrawFn, labels: list[str], tags: list[str], lists: list[str]) -> Data:
    entry: Data = {}
    if draw(st.booleans()):
        values = {
            draw(spelled(label)): draw(st.sampled_from((*TEXTS, "", None)))
            for label in draw(_some(labels))
        }
        entry["fields"] = draw(st.sampled_from((values, values, values, None)))
    for key, pool in (("lists", lists), ("tags", tags)):
        if draw(st.booleans()):
            named = [draw(spelled(name)) for name in draw(_some(pool, 3))]
            entry[key] = draw(st.sampled_from((named, named, named, None)))
    if draw(st.booleans()):
        entry["status"] = draw(st.sampled_from(("Active", "Active", "Inactive")))
    return entry


@st.composite
def _campaign_fields(draw: st.DrawFn, lists: list[str]) -> Data:
    body: tuple[Data | None, ...] = (
        *({"html": html} for html in HTML),
        {"file": "emails/body.html"},
        {"template": {"name": "Plain", "lang": "de"}},
        {"template": {"name": "Plain", "lang": "en"}},
        None,
    )
    plain: tuple[Data | None, ...] = (
        *({"text": text} for text in TEXTS),
        {"file": "emails/plain.txt"},
        None,
    )
    line = st.sampled_from((*LINES, "", None))
    optional: dict[str, st.SearchStrategy[Any]] = {
        "from": st.sampled_from(SENDERS).flatmap(cased),
        "from_name": line,
        "subject": line,
        "preview_text": line,
        "reply_to": st.none() | _some(SENDERS),
        "body": st.sampled_from(body),
        "plain_text": st.sampled_from(plain),
        "lists": st.none() | _some(lists, 3),
        "schedule": st.just({"at": "2026-12-01T09:00:00+01:00", "owner": "marketing"}),
    }
    chosen = draw(_some(optional, len(optional)))
    return {key: draw(optional[key]) for key in chosen}


# --- what goes wrong

PASSING = (
    *("error-500", "error-502", "error-503", "error-500-after", "error-502-after"),
    *("error-503-after", "gateway-page", "gateway-page-after", "gateway-page-200"),
    *("timeout-before", "timeout-after", "drop-before", "drop-after", "reset-after"),
    *("half-answer", "slow", "slow-index", "stale-race", "hour-limit"),
    *("truncated-page", "lying-total", "repeated-page", "month-limit", "auth-block"),
)
SECONDS = {"timeout-before": 0.02, "timeout-after": 0.02, "slow": 0.02, "slow-index": 0.2}
DIALECTS: tuple[dict[str, Any], ...] = (
    {},
    {"search_lag_ms": 60},
    {"unique_list_names": True},
    {"contact_lists_write": "actions", "create_tags": "ignore"},
    {"page_max_size": 2, "search_max_groups": 1},
    {"body_rewriting": "all"},
)


@st.composite
def faults(draw: st.DrawFn, kinds: tuple[str, ...] = PASSING) -> Data:
    """One fault of a schedule."""
    kind = draw(st.sampled_from(kinds))
    return {
        "kind": kind,
        "method": draw(st.sampled_from(("WRITE", "WRITE", "*", "READ", "POST"))),
        "skip": draw(st.integers(0, 6)),
        "times": draw(st.sampled_from((1, 1, 1, 2, 5))),
        "seconds": 0 if kind == "hour-limit" else SECONDS.get(kind, 0.0),
    }


def drawn(strategy: st.SearchStrategy[Any], number: int) -> Any:
    """The value of `strategy` that belongs to a number."""
    found: list[Any] = []
    # The first examples of a search are the simplest ones.
    settings(examples(1), max_examples=12, phases=(Phase.generate,))(
        seed(number)(given(strategy)(lambda value: found.append(value)))
    )()
    return found[-1]


# --- manifests as files


def dumped(parts: Iterable[Data]) -> dict[str, str]:
    """Each part as one manifest file, by name; and the files that manifests name."""
    manifests = {
        f"{number}.yaml": yaml.safe_dump({"version": 1, **part}, allow_unicode=True, width=1000)
        for number, part in enumerate(parts)
    }
    return manifests | FILES


@st.composite
def split(draw: st.DrawFn, manifest: Data) -> list[Data]:
    """The same declarations in another order, over one or several files."""
    entries = [
        (kind, entry) for kind in ("lists", "contacts", "campaigns") for entry in manifest[kind]
    ]
    entries = draw(st.permutations(entries))
    count = draw(st.integers(1, 3))
    parts: list[Data] = [{} for _ in range(count)]
    for kind, entry in entries:
        shuffled = {key: _shuffled(draw, entry[key]) for key in draw(st.permutations([*entry]))}
        parts[draw(st.integers(0, count - 1))].setdefault(kind, []).append(shuffled)
    if "structure" in manifest:
        parts[draw(st.integers(0, count - 1))]["structure"] = manifest["structure"]
    return parts


def _shuffled(draw: st.DrawFn, value: Any) -> Any:
    return draw(st.permutations(value)) if isinstance(value, list) and len(value) > 1 else value
