"""What one entry may not say, beyond its shape: addresses, times, files, contradictions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from bmeconf.desired.manifest import RELATIVE, Text
from bmeconf.desired.validate import reasons
from bmeconf.desired.validate.entries import ManifestEntry
from bmeconf.desired.validate.wording import no_email, shown
from bmeconf.kinds import KINDS
from bmeconf.model import Problem, canonical_name

Texts = Mapping[tuple[str, str], Text]

EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]+@"
    r"(?!-)[^\s@<>,;:\"()\[\]\\._-][^\s@<>,;:\"()\[\]\\]*\.[^\s@<>,;:\"()\[\]\\.]{2,}"
)
ID = re.compile(r"[0-9a-fA-F]{24}")
TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?\s*(?P<zone>[Zz]|[+-]\d\d:?\d\d)?"
)
THRESHOLD = re.compile(r"\s*(?P<sign><=|>=|==|=|<|>)\s*(?P<number>\d+(\.\d+)?)\s*%?\s*")
LARGE_BODY = 500_000
REPEATABLE = ("lists", "tags", "reply_to", "merge_of", "renamed_from")
IDENTITY_KEYS = ("id", "name", "email", "state", "protect", "renamed_from")
STRIPPED_TAG = re.compile(r"<(script|form|iframe|embed|object)\b", re.IGNORECASE)
STRIPPED_ATTRIBUTE = re.compile(r"<[a-z][^<>]*?\s(on[a-z]{3,})\s*=", re.IGNORECASE)


def check(entry: ManifestEntry, texts: Texts) -> Iterator[Problem]:
    """The problems of one entry whose shape is sound, each at its place."""
    yield from _id(entry)
    yield from _repeated(entry)
    if entry.is_block:
        yield from _labels(entry)
        return
    yield from _intent(entry)
    yield from _emails(entry)
    yield from _field_labels(entry)
    yield from _schedule(entry)
    yield from _expect(entry)
    yield from _contents(entry, texts)


def time(text: str) -> datetime | None:
    """The aware time in `text`, or None where it is none, has no zone, or no instant in UTC.

    Design 1; without an instant in UTC it can be held against nothing that is live.
    """
    found = _zoned(text)
    try:
        return found if found and found.astimezone(UTC) else None
    except OverflowError:
        return None


def threshold(text: str) -> str | None:
    """A comparison as sign, blank, number: `>= 20`; None where it is none."""
    match = THRESHOLD.fullmatch(text)
    return f"{'==' if match['sign'] == '=' else match['sign']} {match['number']}" if match else None


def _id(entry: ManifestEntry) -> Iterator[Problem]:
    if entry.id and not ID.fullmatch(entry.id):
        message = f"id: {shown(entry.id)} is not an id; an id has 24 characters, 0-9 and a-f"
        yield entry.problem(("id",), message, "id")


def _repeated(entry: ManifestEntry) -> Iterator[Problem]:
    """A warning for each name that stands twice in one list of names."""
    for key in REPEATABLE:
        seen: set[str] = set()
        for index, text in enumerate(entry.texts(key)):
            name = text.strip().lower() if key == "reply_to" else canonical_name(text)
            if name in seen:
                message = f"{key}: {shown(text)} is given twice; remove one"
                yield entry.problem((key, index), message, "repeated", "warning")
            seen.add(name)


def _labels(entry: ManifestEntry) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, field in enumerate(entry.spec.get("fields") or ()):
        label = canonical_name(field["label"])
        if label in seen:
            path = ("fields", index, "label")
            yield entry.problem(path, f'the field "{label}" is declared twice', "duplicate")
        seen.add(label)


def _intent(entry: ManifestEntry) -> Iterator[Problem]:
    if entry.absent:
        yield from _absent(entry)
    if "copy_of" in entry.spec and "merge_of" in entry.spec:
        message = "copy_of and merge_of exclude each other; keep one"
        yield entry.problem(("merge_of",), message, "contradiction")
    for index, former in enumerate(entry.texts("renamed_from")):
        if entry.canonical(former) == entry.name:
            message = f"renamed_from: {shown(former)} is the present name; remove it"
            yield entry.problem(("renamed_from", index), message, "renamed_from")


def _absent(entry: ManifestEntry) -> Iterator[Problem]:
    for key in entry.spec:
        scalar = entry.node.key(key)
        place = scalar.place if scalar else entry.node.place
        if key == "protect" and entry.spec[key]:
            message = "protect and `state: absent` contradict each other; remove one"
        elif key == "renamed_from":
            message = "renamed_from and `state: absent` contradict each other; name what to delete"
        elif key not in IDENTITY_KEYS:
            message = f"{key}: an entry with `state: absent` only names what to delete; remove it"
        else:
            continue
        yield Problem(place, entry.shown, message, "contradiction")


def _emails(entry: ManifestEntry) -> Iterator[Problem]:
    for key in KINDS[entry.kind].emails:
        for index, text in enumerate(entry.texts(key)):
            address = text.strip()
            long = reasons.too_long(address)
            if long or not EMAIL.fullmatch(address) or ".." in address:
                message = f"{key}: {no_email(text, long)}"
                yield entry.problem((key, index), message, "email")


def _field_labels(entry: ManifestEntry) -> Iterator[Problem]:
    seen: set[str] = set()
    for label in entry.spec.get("fields") or ():
        if canonical_name(label) in seen:
            message = f'fields: "{canonical_name(label)}" is given twice; outer blanks do not count'
            yield entry.problem(("fields", label), message, "duplicate")
        seen.add(canonical_name(label))


def _zoned(text: str) -> datetime | None:
    match = TIME.fullmatch(text.strip())
    if not match or not match["zone"]:
        return None
    try:
        return datetime.fromisoformat(re.sub(r"\s+(?=[Zz+-])", "", text.strip()).upper())
    except ValueError:
        return None


def _schedule(entry: ManifestEntry) -> Iterator[Problem]:
    schedule = entry.spec.get("schedule")
    if not schedule or time(schedule["at"]):
        return
    text = schedule["at"].strip()
    match, reason = TIME.fullmatch(text), reasons.time(text)
    if reason:
        wrong = f"is not a date and time: {reason}"
    elif _zoned(text):
        wrong = "is before the year 1 or after the year 9999 in UTC; write one that lies between"
    else:
        no_zone = match and not match["zone"]
        wrong = "has no zone" if no_zone else "is not a date and time"
        wrong += "; write one like 2026-12-01T09:00:00+01:00"
    message = f"schedule.at: {shown(schedule['at'])} {wrong}"
    yield entry.problem(("schedule", "at"), message, "schedule")


def _expect(entry: ManifestEntry) -> Iterator[Problem]:
    for metric, text in (entry.spec.get("expect") or {}).items():
        if threshold(text) is None:
            message = f'expect.{metric}: {shown(text)} is not a comparison; write one like ">= 20"'
            yield entry.problem(("expect", metric), message, "expect")


def _contents(entry: ManifestEntry, texts: Texts) -> Iterator[Problem]:
    for key in ("body", "plain_text"):
        spec = entry.spec.get(key) or {}
        if "file" in spec:
            found = texts.get((entry.file, spec["file"]), missing(spec["file"]))
            fault = found.fault or (f"{found.file} is not a text" if "\0" in found.text else "")
            if fault:
                message = f"{key}.file: {fault}"
                yield entry.problem((key, "file"), message, "file")
                continue
            content, path = found.text, (key, "file")
        else:
            content, path = spec.get("html", ""), (key, "html")
        if key == "body":
            yield from _body(entry, path, content)


def missing(reference: str) -> Text:
    """What stands for a file that no reading brought: only a variable can lead to one."""
    return Text(reference, fault=f"{shown(reference)} does not exist; {RELATIVE}")


def _body(entry: ManifestEntry, path: tuple[str, str], html: str) -> Iterator[Problem]:
    stripped = [
        f"<{match[1].lower()}>{_line(html, match)}" for match in _firsts(STRIPPED_TAG, html)
    ]
    stripped += [f"{m[1].lower()}={_line(html, m)}" for m in _firsts(STRIPPED_ATTRIBUTE, html)]
    if stripped:
        message = f"body: the service strips {', '.join(stripped)}; send a body without"
        yield entry.problem(path, message, "stripped", "warning")
    size = len(html.encode("utf-8", "replace"))
    if size > LARGE_BODY:
        message = f"body: {size // 1000} KB; the service may not take more than 500 KB"
        yield entry.problem(path, message, "large_body", "warning")


def _firsts(pattern: re.Pattern[str], html: str) -> list[re.Match[str]]:
    """The first match for each thing that `pattern` finds."""
    firsts: dict[str, re.Match[str]] = {}
    for match in pattern.finditer(html):
        firsts.setdefault(match[1].lower(), match)
    return list(firsts.values())


def _line(html: str, match: re.Match[str]) -> str:
    line = html.count("\n", 0, match.start(1)) + 1
    return f" (line {line})" if line > 1 else ""
