"""What a project asks of its mails. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OFF = "off"
LINT_LEVELS = ("error", "warning", OFF)


@dataclass(frozen=True)
class Utm:
    """What links to `hosts` must have: each parameter, and a pattern of its value."""

    hosts: tuple[str, ...]
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class LintPolicy:
    """What a project asks of its mails.

    `levels` are those of codes that have another one than by default. `merge_tags` maps the
    account's tags, as `cf_city`, to the fields that they stand for. `staging_hosts` are patterns.
    """

    levels: Mapping[str, str] = field(default_factory=dict)
    merge_tags: Mapping[str, str] = field(default_factory=dict)
    staging_hosts: tuple[str, ...] = ()
    utm: Utm | None = None
