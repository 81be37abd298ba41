"""The questions on campaigns that take writes, on drafts that are never scheduled or sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bmeconf.kinds import Mailing, Raw, only, replies
from bmeconf.model.errors import Rejected
from bmeconf.probe.model import Untold
from bmeconf.probe.reading import note_campaign
from bmeconf.probe.survey import ON_LISTS, rows_of
from bmeconf.probe.trial import LIST, Ask, Trial

DRAFT, FOLDER = only(Mailing).noun, only(Mailing).root
LINK, SCRIPT = "https://example.com/bmeconf-probe", "<script>probe()</script>"
BODY = f'<html><body><p>Probe</p>{SCRIPT}<p><a href="{LINK}">link</a></p></body></html>'
PLAIN = "Probe"
REWRITINGS = {
    (False, False, False): "off",
    (True, False, False): "sanitise",
    (False, True, False): "footer",
    (False, False, True): "tracking",
    (True, True, True): "all",
}
"""What became of a body, by whether it lost its script, got a footer, lost its link."""


def draft(trial: Trial) -> None:
    """Make a draft with a sender whom nobody has verified, or without one, and read it."""
    trial.of(LIST)
    body = _body(trial)
    try:
        made = trial.make(DRAFT, FOLDER, {**body, "from": f"probe@{trial.token}.invalid"})
        trial.notes.put("verify_from", False, "POST of a draft with one was taken")
    except Rejected as error:
        made = trial.make(DRAFT, FOLDER, body)
        if error.names_field("from"):
            words = f"POST of a draft with one: {error.status}, naming it"
            trial.notes.put("verify_from", True, words)
    trial.made[DRAFT] = _read(trial, made)
    trial.notes.untold("verify_from", "a draft with one is refused, for another reason")


def shown(trial: Trial) -> None:
    """What a read of the draft shows."""
    note_campaign(trial.of(DRAFT), trial.notes)


def rewriting(trial: Trial) -> None:
    """What became of its body."""
    made = trial.of(DRAFT)
    body, plain = replies.text_of(made.get("body")), replies.text_of(made.get("plainTextBody"))
    if body is None:
        raise Untold("a campaign does not show its body")
    footed = "unsubscribe" in body.lower() or (plain or PLAIN).strip() != PLAIN
    found = ("<script" not in body.lower(), footed, f'"{LINK}"' not in body)
    if body != BODY and found not in REWRITINGS:
        words = ("without its script", "with a footer", "with another link")
        names = [word for word, is_so in zip(words, found, strict=True) if is_so]
        raise Untold(f"it comes back {' and '.join(names)}")
    if body != BODY and not any(found):
        raise Untold("it comes back in another wording, with script and link, without a footer")
    trial.notes.put("body_rewriting", REWRITINGS[found], "POST of a draft, then GET")


def names(trial: Trial) -> None:
    """Make a second draft of the name."""
    trial.of(DRAFT)
    trial.second("campaign_names", DRAFT, FOLDER, {"name": trial.name})


def copy(trial: Trial) -> None:
    """Copy the draft under a name."""
    wanted = f"{trial.name} copy"
    made = trial.make(DRAFT, f"{_path(trial.of(DRAFT))}/duplicate", {"name": wanted})
    name = made.get("name")
    if name is None:
        id = replies.id_of(made)
        rows = rows_of(trial.survey.get(FOLDER, page=1, size=10, criteria=trial.name))
        name = next((row.get("name") for row in rows if replies.id_of(row) == id), None)
    trial.notes.put("campaign_copy_name", name == wanted, "POST campaign/{id}/duplicate")


def version(trial: Trial) -> None:
    """Change the draft without its version."""
    made = trial.of(DRAFT)
    try:
        after = trial.send("PATCH", _path(made), {"subject": "Probe two"})
    except Rejected as error:
        words = f"PATCH without __v: {error.status}"
        trial.notes.put("campaign_patch_version", "required", words)
        return
    trial.notes.put("campaign_patch_version", "optional", "PATCH without __v was taken")
    trial.stepped("draft", made, after)
    trial.made[DRAFT] = _read(trial, made)


def clear(trial: Trial) -> None:
    """Empty a text of the draft."""
    made = trial.of(DRAFT)
    if made.get("previewText") is None:
        raise Untold("a campaign does not show its previewText")
    after = trial.send("PATCH", _path(made), replies.versioned({"previewText": ""}, made))
    trial.stepped("draft", made, after)
    left = _read(trial, made).get("previewText")
    trial.notes.put("campaign_clear", not left, "PATCH of previewText, then GET")


def _body(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.name,
        "subject": "Probe",
        "previewText": "Probe",
        "body": BODY,
        "plainTextBody": PLAIN,
        "contactStructureId": trial.survey.id_map.structure_id,
        ON_LISTS: [replies.id_of(trial.of(LIST))],
    }


def _path(made: Raw) -> str:
    return f"{FOLDER}/{replies.id_of(made)}"


def _read(trial: Trial, made: Raw) -> Raw:
    return trial.read(_path(made))


TRIED: Sequence[tuple[tuple[str, ...], Ask]] = (
    (("verify_from",), draft),
    (("campaign_fields", "campaign_body", "campaign_lists_read"), shown),
    (("body_rewriting",), rewriting),
    (("campaign_names",), names),
    (("campaign_copy_name",), copy),
    (("campaign_patch_version",), version),
    (("campaign_clear",), clear),
)
