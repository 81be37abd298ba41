"""What is wrong in the mails of live drafts that no file holds. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bmeconf.drift.model import Drift
from bmeconf.live import Reading
from bmeconf.mail import lint, plain_lines
from bmeconf.model import OFF, CampaignStatus, Finding, LintPolicy, Resource, counted
from bmeconf.plan import build

OF_SERVICE = {"own_footer": OFF}
"""What the service may have put into a body itself."""


def with_lint(
    drift: Drift, reading: Reading, undeclared: Iterable[Resource], policy: LintPolicy
) -> Drift:
    """`drift` with findings on `undeclared` drafts, and on fields of others that none declares."""
    policy = replace(policy, levels={**policy.levels, **OF_SERVICE})
    linter = lint.Linter(policy)
    found = (
        finding
        for draft in (*undeclared, *_in_part(reading))
        for finding in _of_draft(draft, linter, policy)
    )
    return replace(drift, findings=build.by_severity((*drift.findings, *found)))


def _in_part(reading: Reading) -> Iterator[Resource]:
    """The declared drafts, with the fields that no manifest declares."""
    for live in reading.account.resources:
        declared = reading.desired.get(live.address)
        if declared and live.facts.get("status") == CampaignStatus.DRAFT:
            fields = {k: v for k, v in live.fields.items() if k not in declared.fields}
            yield replace(live, fields=fields)


def _of_draft(draft: Resource, linter: lint.Linter, policy: LintPolicy) -> Iterator[Finding]:
    fields = draft.fields
    mail = lint.Mail(
        **{name: fields.get(name) for name in ("subject", "preview_text", "from_name", "body")},
        plain_text=fields.get("plain_text"),
        lacks_plain_text="plain_text" in fields and not fields["plain_text"],
    )
    alike: dict[lint.Hit, list[lint.Hit]] = defaultdict(list)
    for hit in linter.hits(mail):
        alike[hit._replace(at=0)].append(hit)
    for first, *others in alike.values():
        level = lint.level(first.code, policy)
        if level != OFF:
            text = plain_lines(str(fields.get(first.field) or ""))
            where = f" ({first.field}, line {text.count(chr(10), 0, first.at) + 1})"
            more = f"; the same at {counted(len(others), 'more place')}" if others else ""
            message = f"{first.message}{where}{more}"
            yield Finding(level, first.code, draft.address, message, first.remedy, first.field)
