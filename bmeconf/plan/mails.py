"""The findings on the mails of drafts, in the light of what the account shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bmeconf.kinds import Mailing, Singleton, only
from bmeconf.live import Reading
from bmeconf.model import (
    OFF,
    CampaignStatus,
    Finding,
    LintPolicy,
    canonical_name,
    did_you_mean,
)

UNKNOWN: Final = "unknown_merge_tag"
TAG = re.compile(r"\{?(cf_[\w.-]+)\}?")


def findings(lint: Iterable[Finding], reading: Reading, policy: LintPolicy) -> Iterator[Finding]:
    """The findings that somebody can still mend, and merge tags of fields that are not there.

    A mail that is no draft any more is as it is. The account may know a merge tag that no file
    declares, and may have a field that none does.
    """
    if reading.desired.of_kind(only(Mailing).name):
        yield from _lost_fields(reading, policy)
    known = {*_shown(reading.account.id_map.structure)}
    for finding in lint:
        live = reading.account.resources.get(finding.address)
        desired = reading.desired.get(finding.address)
        is_draft = live is None or live.facts.get("status") == CampaignStatus.DRAFT
        if desired is None or not is_draft or finding.tag in known:
            continue
        if finding.field in desired.fields or not (live and live.fields.get(finding.field)):
            yield finding


def _lost_fields(reading: Reading, policy: LintPolicy) -> Iterator[Finding]:
    """The declared merge tags that stand for a field which neither side has."""
    address = only(Singleton).address
    declared = reading.desired.get(address)
    fields = {*reading.account.id_map.fields, *((declared and declared.fields.get("fields")) or ())}
    level, by_name = policy.levels.get(UNKNOWN, "warning"), {canonical_name(f): f for f in fields}
    for tag, field in policy.merge_tags.items() if level != OFF else ():
        if canonical_name(field) not in by_name:
            message = f"merge_tags: {{{tag}}} stands for the field {field}, which is not there"
            message += did_you_mean(field, by_name)
            remedy = "name the field as the account does, in bmeconf.yaml"
            yield Finding(level, UNKNOWN, address, message, remedy)


def _shown(structure: Mapping[str, Any]) -> Iterator[str]:
    """The merge tags that the fields of a structure show; the API may show none (contract 4.4)."""
    fields = structure.get("fields")
    for each in fields if isinstance(fields, list) else ():
        for text in each.values() if isinstance(each, dict) else ():
            if isinstance(text, str) and (match := TAG.fullmatch(text)):
                yield match[1]
