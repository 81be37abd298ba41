"""The questions on contacts that take writes, on one contact of the user's own address.

It is made on the list of the probe, so that it is known again where the answer to that is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.kinds import Member, Raw, only, replies
from bmeconf.model.errors import DuplicateName, Guarded, Rejected
from bmeconf.probe.model import Untold
from bmeconf.probe.reading import STRANGER, note_contact
from bmeconf.probe.survey import ON_LISTS, either, rows_of
from bmeconf.probe.trial import LIST, Ask, Trial

CONTACT = only(Member).noun
INACTIVE = {"primary": "Inactive", "secondary": "Unsubscribe"}
PAUSES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
"""Seconds before each look for what a search may not see yet."""
VALUE = "bmeconf probe"
SHAPES = ("ids", "actions")


def capital(address: str) -> str:
    """The address with one capital, where it has a letter before the @."""
    at = next((n for n, c in enumerate(address.partition("@")[0]) if c.isalpha()), None)
    return address if at is None else address[:at] + address[at].upper() + address[at + 1 :]


def contact(trial: Trial) -> None:
    """Make the contact, with a tag where the account has one, and read it."""
    notes, tags = trial.notes, trial.survey.structure.get("tags")
    body = _body(trial)
    if tags:
        body["tags"] = [{"_id": replies.id_of(tags[0])}]
    else:
        notes.untold("create_tags", "the account has no tag")
    made = trial.made[CONTACT] = _made(trial, body)
    if "create_tags" not in notes.answers:
        tagged = replies.ids_of(made, "tags")
        notes.put("create_tags", "accept" if tagged else "ignore", "POST, then GET")
    note_contact(made, notes)


def _body(trial: Trial) -> dict[str, Any]:
    """What a new contact has: a value in one field and in each that is required; the list."""
    fields = [each for each in trial.survey.structure.get("fields") or () if _is_text(each)]
    needed = [each for each in fields if each.get("required")]
    kept = {replies.id_of(each) for each in (*needed, *fields[:1])}
    return {
        "key": capital(trial.journal.remains.contact),
        "contactStructureId": trial.survey.id_map.structure_id,
        "fields": [{"_id": id, "value": VALUE} for id in sorted(kept)],
    }


def _is_text(field: Any) -> bool:
    return isinstance(field, Mapping) and field.get("dataType", "text") == "text"


def _shaped(trial: Trial, shape: str) -> Sequence[Any]:
    id = replies.id_of(trial.of(LIST))
    return [id] if shape == "ids" else [{"_id": id, "action": "add"}]


def _made(trial: Trial, body: Mapping[str, Any]) -> Raw:
    """The contact as it is read, made without tags or in the other shape where that is refused."""
    left = {**body, ON_LISTS: _shaped(trial, trial.shape)}
    while True:
        try:
            made = trial.make(CONTACT, only(Member).root, left)
            trial.born = trial.writer.budget.clock()
            return trial.read(_path(made))
        except DuplicateName as error:
            raise Guarded(
                "a contact of the address of --contact is in the account already, and stays"
            ) from error
        except Rejected as error:
            if "tags" in left and error.names_field("tags"):
                trial.notes.put("create_tags", "error", f"POST: {error.status}, naming it")
                del left["tags"]
            elif trial.shape == SHAPES[0] and error.names_field(ON_LISTS):
                trial.shape = SHAPES[1]
                left[ON_LISTS] = _shaped(trial, trial.shape)
            else:
                raise


def lag(trial: Trial) -> None:
    """Search for the new contact until it is found."""
    made, clock = trial.of(CONTACT), trial.writer.budget.clock
    missed = 0.0
    for pause in PAUSES:
        trial.writer.pause(pause)
        trial.look_up()
        sent = clock() - trial.born
        if _found(trial, str(made["key"]), made):
            after = clock() - trial.born
            late = round(after * 1000) if missed else 0
            words = f"seen {after:.1f} s after the reply"
            missing = f", not after {missed:.1f} s" if missed else ", by the first search"
            trial.notes.put("search_lag_ms", late, words + missing)
            return
        missed = max(sent, 0.001)
    words = f"not seen {missed:.1f} s after the reply"
    trial.notes.put("search_lag_ms", round(missed * 1000), words, at_least=True)


def _found(trial: Trial, key: str, made: Raw) -> bool:
    hits = rows_of(trial.survey.search([either("KEY", key)]))
    return replies.id_of(made) in map(replies.id_of, hits)


def case(trial: Trial) -> None:
    """What became of the capital in the address; asked once a search sees the contact."""
    key = str(trial.of(CONTACT).get("key"))
    wanted = capital(trial.journal.remains.contact)
    seen = trial.notes.answers.get("search_lag_ms")
    if wanted == wanted.lower():
        raise Untold("the address of --contact has no letter")
    if key == wanted.lower():
        trial.notes.put("contact_key_case", "lower", "POST with a capital, then GET")
    elif not seen or seen.value is None or seen.at_least:
        raise Untold("a capital is kept; no search sees the contact yet")
    else:
        blind = _found(trial, key.lower(), trial.of(CONTACT))
        way = "finds" if blind else "does not find"
        words = f"a capital is kept, and a search in small letters {way} it"
        trial.notes.put("contact_key_case", "blind" if blind else "kept", words)


def shapes(trial: Trial) -> None:
    """Try the shape of lists in which the contact was not made."""
    made = trial.of(CONTACT)
    member = _is_member(trial, made)
    first = trial.shape
    other = SHAPES[1 - SHAPES.index(first)]
    try:
        trial.send("PUT", _path(made), _whole(made) | {ON_LISTS: _shaped(trial, other)})
    except Rejected as error:
        if not member:
            raise Untold("neither shape puts a contact on a list") from error
        words = f"POST took {first}; PUT of {other}: {error.status}"
        trial.notes.put("contact_lists_write", first, words)
        return
    after = trial.made[CONTACT] = trial.read(_path(made))
    trial.stepped(CONTACT, made, after)
    taken = _is_member(trial, after)
    if not (member or taken):
        raise Untold("neither shape puts a contact on a list")
    value = "both" if member and taken else first if member else other
    trial.notes.put("contact_lists_write", value, f"POST with {first}, PUT with {other}, then GET")


def replacement(trial: Trial) -> None:
    """Leave everything out that is not required."""
    made = trial.of(CONTACT)
    whole = _whole(made)
    before = [_is_member(trial, made), bool(_values(made))]
    body = {key: whole[key] for key in whole if key not in (ON_LISTS, "tags", "status")}
    needed = {
        replies.id_of(each)
        for each in trial.survey.structure.get("fields") or ()
        if each.get("required")
    }
    body["fields"] = [each for each in whole["fields"] if each["_id"] in needed]
    trial.send("PUT", _path(made), body)
    after = trial.made[CONTACT] = trial.read(_path(made))
    trial.stepped(CONTACT, made, after)
    if not before[0]:
        raise Untold("the contact was on no list to leave")
    stays = _is_member(trial, after)
    words = f"PUT without them: the list {'stays' if stays else 'goes'}"
    trial.notes.put("contact_put", "merge" if stays else "replace", words)


def extras(trial: Trial) -> None:
    """Set the status that the contact has, with another key beside it."""
    path, body = _path(trial.of(CONTACT)), {"status": {"primary": "Active"}}
    try:
        trial.send("PATCH", path, {**body, STRANGER: True})
        trial.notes.put("status_patch_extras", "ignore", "PATCH with another key was taken")
    except Rejected as error:
        trial.send("PATCH", path, body)
        words = f"PATCH with another key: {error.status}, and taken without it"
        trial.notes.put("status_patch_extras", "error", words)


def inactive(trial: Trial) -> None:
    """Replace the contact once it is unsubscribed."""
    path = _path(trial.of(CONTACT))
    trial.send("PATCH", path, {"status": INACTIVE})
    body = _whole(trial.read(path))
    del body[ON_LISTS]
    try:
        trial.send("PUT", path, body)
        trial.notes.put("put_inactive", "allow", "PUT of an Inactive contact was taken")
    except Rejected as error:
        trial.notes.put("put_inactive", "refuse", f"PUT of an Inactive contact: {error.status}")


def with_status(trial: Trial) -> None:
    """Remove the contact, and make it again as one that is Inactive.

    This comes last: a service may not take an address again that was unsubscribed.
    """
    trial.send("DELETE", _path(trial.of(CONTACT)))
    body = {**_body(trial), ON_LISTS: _shaped(trial, trial.shape), "status": INACTIVE}
    try:
        made = trial.make(CONTACT, only(Member).root, body)
    except Rejected as error:
        if not error.names_field("status"):
            raise
        trial.notes.put("create_status", "error", f"POST: {error.status}, naming it")
        return
    taken = replies.status_of(trial.read(_path(made)))[0] == INACTIVE["primary"]
    trial.notes.put("create_status", "accept" if taken else "ignore", "POST, then GET")


def _path(made: Raw) -> str:
    return f"{only(Member).root}/{replies.id_of(made)}"


def _is_member(trial: Trial, made: Raw) -> bool:
    return replies.id_of(trial.of(LIST)) in (replies.ids_of(made, ON_LISTS) or ())


def _values(made: Raw) -> Sequence[Mapping[str, Any]]:
    return [
        {"_id": replies.id_of(each), "value": replies.text_of(each.get("value")) or ""}
        for each in made.get("fields") or ()
        if isinstance(each, Mapping)
    ]


def _whole(made: Raw) -> dict[str, Any]:
    """A body that replaces a contact by itself, but for its lists."""
    primary, secondary = replies.status_of(made)
    status = {"primary": primary}
    if primary == "Inactive":
        status["secondary"] = secondary
    body = {
        "key": made.get("key"),
        "contactStructureId": made.get("contactStructureId"),
        "fields": _values(made),
        "tags": [{"_id": id} for id in replies.ids_of(made, "tags") or ()],
        "status": status,
        ON_LISTS: [],
    }
    return replies.versioned(body, made)


TRIED: Sequence[tuple[tuple[str, ...], Ask]] = (
    (("create_tags",), contact),
    (("search_lag_ms",), lag),
    (("contact_key_case",), case),
    (("contact_lists_write",), shapes),
    (("contact_put",), replacement),
    (("status_patch_extras",), extras),
    (("put_inactive",), inactive),
    (("create_status",), with_status),
)
