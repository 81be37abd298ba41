"""The findings on the mails of drafts, in the light of what the account shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bmeconf.live import Reading
from bmeconf.model import CampaignStatus, Finding

TAG = re.compile(r"\{?(cf_[\w.-]+)\}?")


def findings(lint: Iterable[Finding], reading: Reading) -> Iterator[Finding]:
    """The findings that somebody can still mend.

    A mail that is no draft any more is as it is. The account may know a merge tag that no file
    declares, and may have a field that none does.
    """
    known = {*_shown(reading.account.id_map.structure)}
    for finding in lint:
        live = reading.account.resources.get(finding.address)
        desired = reading.desired.get(finding.address)
        is_draft = live is None or live.facts.get("status") == CampaignStatus.DRAFT
        if desired is None or not is_draft or finding.tag in known:
            continue
        if finding.field in desired.fields or not (live and live.fields.get(finding.field)):
            yield finding


def _shown(structure: Mapping[str, Any]) -> Iterator[str]:
    """The merge tags that the fields of a structure show; the API may show none (contract 4.4)."""
    fields = structure.get("fields")
    for each in fields if isinstance(fields, list) else ():
        for text in each.values() if isinstance(each, dict) else ():
            if isinstance(text, str) and (match := TAG.fullmatch(text)):
                yield match[1]
