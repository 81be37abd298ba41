"""Campaign bodies that are the vendor's templates, read as their HTML (API contract 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bmeconf.kinds import Raw, ReadApi, replies
from bmeconf.live import references
from bmeconf.model import Problem, Resource, Snapshot, Template, did_you_mean
from bmeconf.model.errors import ReplyUnreadable

PATH = "/api/email/template"


def resolved(api: ReadApi, desired: Snapshot) -> tuple[Snapshot, list[Problem]]:
    """`desired` with the HTML of each template in its place, and a problem for each unknown one.

    Raises:
        ApiError, Refused, LimitReached: where the templates could not be read.
    """
    resources, problems = dict(desired.resources), []
    listed: dict[str, Sequence[Raw]] = {}
    contents: dict[Template, str] = {}
    for resource in desired:
        template = resource.fields.get("body")
        if not isinstance(template, Template):
            continue
        if template.lang not in listed:
            listed[template.lang] = api.listing(PATH, {"lang": template.lang})
        rows = [row for row in listed[template.lang] if row.get("name") == template.name]
        if len(rows) != 1:
            problems.append(_unknown(resource, template, len(rows), listed[template.lang]))
            continue
        if template not in contents:
            contents[template] = _html(api, template, rows[0])
        fields = {**resource.fields, "body": contents[template]}
        resources[resource.address] = replace(resource, fields=fields)
    return Snapshot(resources), problems


def _unknown(resource: Resource, template: Template, count: int, listed: Sequence[Raw]) -> Problem:
    near = did_you_mean(template.name, [str(row.get("name")) for row in listed])
    return Problem(
        references.place(resource, "body"),
        str(resource.address),
        f"body: the account has {count or 'no'} templates {template.name!r} in"
        f" {template.lang!r}{near}",
        "unknown_template",
    )


def _html(api: ReadApi, template: Template, row: Raw) -> str:
    path = f"{PATH}/{replies.id_of(row)}"
    html = replies.object_of(api.get(path, {"lang": template.lang}), path).get("html")
    if not isinstance(html, str) or not html.strip():
        raise ReplyUnreadable(f"{path}: the API shows no html of the template {template.name!r}")
    return html.replace("\r\n", "\n").strip()
