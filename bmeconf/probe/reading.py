"""The questions that reads answer. In: a survey of the account. Out: notes of answers.

Evidence is made of statuses, counts and words of the documents alone: nothing of what an account
holds gets into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bmeconf.client import Answer, Reader, error_of
from bmeconf.kinds import Mailing, Member, Raw, only, replies
from bmeconf.model.errors import ReplyUnreadable
from bmeconf.probe import amounts
from bmeconf.probe.model import Notes, Untold
from bmeconf.probe.survey import NOBODY, ON_LISTS, Survey, either, refused, rows_of, sound

MOST = 60
"""Requests of a probe that only reads."""
HANDFUL = 1000
"""Contacts that are read at once where there are no more of them."""
DOCUMENTED = (
    *("name", "from", "fromName", "subject", "previewText", "body", "plainTextBody"),
    *("replyToAddresses", "contactStructureId", ON_LISTS, "status", "subStatus", "scheduledAt"),
    *("cancelledAt", "sentCount", "failedCount", "totalRecipients", "previewImageUrl"),
    *("createdAt", "updatedAt", "__v"),
)
"""Fields of campaigns that the documents name (API contract 4.4)."""
OTHER_FORM = "it is of no form that the documents name"
STRANGER = "bmeconfProbe"
"""A key that no document names."""


def ask_all(reader: Reader, notes: Notes, most: int = MOST) -> Survey:
    """Ask everything that can be read, and note the answers; the survey that has the replies.

    Raises:
        Refused, LimitReached, NetworkError: nothing more can be asked; what is noted holds.
    """
    survey = Survey(reader, reader.budget.used + most)
    if survey.structures.status >= 300:
        raise error_of(survey.structures)
    for codes, ask in ASKED:
        try:
            ask(survey, notes)
        except Untold as why:
            untold = str(why)
        except ReplyUnreadable:
            untold = OTHER_FORM
        else:
            continue
        for code in codes:
            notes.untold(code, untold)
    return survey


def _structure(survey: Survey, notes: Notes) -> None:
    shown = "__v" in survey.structure
    notes.put("structure_version", shown, f"GET contact-structure {_shows(shown)} it")


def _lists(survey: Survey, notes: Notes) -> None:
    notes.put("lists_page", _wrapped(survey.page, ("records",)), "GET lists?page=1")


def _all_lists(survey: Survey, notes: Notes) -> None:
    notes.put("lists_all", _wrapped(survey.all_lists, ("records",)), "GET lists/all")


def _unknown_list(survey: Survey, notes: Notes) -> None:
    notes.put("unknown_list", *_unknown(survey.unknown_list))


def _unknown_contact(survey: Survey, notes: Notes) -> None:
    notes.put("unknown_contact", *_unknown(survey.get(f"{only(Member).root}/{NOBODY}")))


def _unknown_campaign(survey: Survey, notes: Notes) -> None:
    notes.put("unknown_campaign", *_unknown(survey.get(f"{only(Mailing).root}/{NOBODY}")))


def _campaign(survey: Survey, notes: Notes) -> None:
    note_campaign(survey.campaign, notes)


def note_campaign(campaign: Raw, notes: Notes) -> None:
    """Note what a read of one campaign shows."""
    shown = tuple(name for name in DOCUMENTED if name in campaign)
    full = "name" in shown or "__v" in shown
    version = "__v" in shown
    notes.put("campaign_fields", shown, ", ".join(shown))
    notes.put(
        "campaign_body", "full" if full else "minimal", f"GET of one {_shows(version)} its __v"
    )
    if ON_LISTS not in shown:
        raise Untold("a campaign does not show its lists")
    notes.put("campaign_lists_read", _shape(campaign, {"_id": "objects"}), "GET of one campaign")


def _contact(survey: Survey, notes: Notes) -> None:
    note_contact(survey.contact, notes)


def note_contact(contact: Raw, notes: Notes) -> None:
    """Note what a read of one contact shows."""
    version = "__v" in contact
    notes.put("contact_version", version, f"GET of one contact {_shows(version)} it")
    status, secondary = replies.status_of(contact)
    if status == "Active":
        notes.put("active_secondary", secondary is not None, "GET of one active contact")
    else:
        notes.untold("active_secondary", "no active contact was read")
    shape = _shape(contact, {"_id": "objects", "listId": "listId"})
    notes.put("contact_lists_read", shape, "GET of one contact")


def _everyone(survey: Survey, notes: Notes) -> None:
    if refused(survey.everyone):
        notes.put("search_empty_filters", "error", f"answered with {survey.everyone.status}")
    elif not rows_of(survey.everyone):
        raise Untold("taken, and found nobody: there may be no contact")
    else:
        notes.put("search_empty_filters", "all", "taken, and found contacts")


def _statuses(survey: Survey, notes: Notes) -> None:
    hit = survey.hits[0]
    forms = {"strings": "contactStatus" in hit, "object": isinstance(hit.get("status"), dict)}
    if sum(forms.values()) != 1:
        raise Untold(OTHER_FORM)
    notes.put("search_status", next(form for form in forms if forms[form]), "of one hit")


def _several(survey: Survey, notes: Notes) -> None:
    try:
        keys = [_key(hit) for hit in survey.hits][:2]
    except Untold:
        keys = []
    values = keys if len(keys) == 2 else [f"a@{NOBODY}.invalid", f"b@{NOBODY}.invalid"]
    reply = survey.search([either("KEY", *values)])
    if refused(reply):
        notes.put("search_multi_value", False, f"two values: answered with {reply.status}")
        return
    if len(keys) < 2:
        raise Untold("two values are taken; there are too few contacts to see what they find")
    found = len({_key(hit) for hit in rows_of(reply)} & {*keys})
    if found < 2:
        raise Untold(f"two values are taken, and found {found} of two contacts")
    notes.put("search_multi_value", True, "two values found both contacts")


def _stranger(survey: Survey, notes: Notes) -> None:
    reply = survey.search([either("KEY", f"a@{NOBODY}.invalid")], **{STRANGER: True})
    notes.put("unknown_keys", "error" if refused(reply) else "ignore", f"search: {reply.status}")


def _capitals(survey: Survey, notes: Notes) -> None:
    key = next((key for key in map(_key, survey.hits) if key != key.lower()), None)
    if key is None:
        raise Untold("none of some contacts is stored with a capital")
    found = {_key(hit) for hit in rows_of(survey.search([either("KEY", key.lower())]))}
    way = "finds" if key in found else "does not find"
    notes.put(
        "contact_key_case",
        "blind" if key in found else "kept",
        f"a search in small letters {way} a contact that is stored with a capital",
    )


def _at_once(survey: Survey, notes: Notes) -> None:
    if (people := survey.people) is None:
        raise Untold("how many contacts there are is not known")
    if people > HANDFUL:
        raise Untold(f"not asked: more than {HANDFUL:,} contacts would come")
    reply = survey.get(only(Member).root)
    form = _wrapped(reply, ("contacts", "data"))
    notes.put("contact_all", form, "GET contact")


# --- what replies look like


def _shows(shown: bool) -> str:
    return "shows" if shown else "does not show"


def _wrapped(reply: Answer, keys: Sequence[str]) -> str:
    """The form of a listing: `array`, `envelope` for records, else the key that has the rows."""
    shown = sound(reply)
    if isinstance(shown, list):
        return "array"
    key = next((key for key in keys if isinstance(shown, Mapping) and key in shown), None)
    if key is None:
        raise Untold(OTHER_FORM)
    return "envelope" if key == "records" else key


def _unknown(reply: Answer) -> tuple[str, str]:
    """The status for an id that nothing has, with the evidence."""
    if reply.status not in (400, 404):
        sound(reply)
        raise Untold(f"answered with {reply.status}")
    return str(reply.status), f"answered with {reply.status}"


def _shape(raw: Raw, keys: Mapping[str, str]) -> str:
    """The shape of the lists in an object: `ids`, or the name of the key that has the id."""
    shown = raw.get(ON_LISTS)
    if not isinstance(shown, list):
        raise Untold("it does not show its lists")
    if not shown:
        raise Untold("what was read is on no list")
    if isinstance(shown[0], str):
        return "ids"
    for key, shape in keys.items():
        if isinstance(shown[0], Mapping) and key in shown[0]:
            return shape
    raise Untold(OTHER_FORM)


def _key(hit: Raw) -> str:
    return replies.text_of(hit.get("key")) or ""


Ask = Callable[[Survey, Notes], None]
ASKED: Sequence[tuple[tuple[str, ...], Ask]] = (
    (("structure_version",), _structure),
    (("lists_page",), _lists),
    (("lists_all",), _all_lists),
    (("unknown_list",), _unknown_list),
    (("unknown_contact",), _unknown_contact),
    (("unknown_campaign",), _unknown_campaign),
    (("campaign_fields", "campaign_body", "campaign_lists_read"), _campaign),
    (("search_empty_filters",), _everyone),
    (("search_status",), _statuses),
    (("contact_version", "active_secondary", "contact_lists_read"), _contact),
    (("contact_all",), _at_once),
    (("search_multi_value",), _several),
    (("unknown_keys",), _stranger),
    (("contact_key_case",), _capitals),
    (("page_max_size", "page_max_size_mode"), amounts.page_size),
    (("search_max_size", "search_max_size_mode"), amounts.hit_size),
    (("search_max_groups",), amounts.groups),
    (("search_ceiling", "search_ceiling_mode"), amounts.ceiling),
    (("hour_limit", "month_quota"), amounts.limits),
    (("etag",), amounts.etag),
    (("error_limit_headers",), amounts.limits_on_errors),
)
"""The questions by the codes that each function answers, in the order in which they are asked."""
