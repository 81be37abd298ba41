"""Every code of lint: its ordinary level, and what it finds, in words. Pure.

The level is a warning, except where the service refuses the mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from bmeconf.model import LintPolicy


class Code(NamedTuple):
    """A code's ordinary level, and what it finds."""

    level: str
    finds: str


def _warnings(**codes: str) -> Mapping[str, Code]:
    return {code: Code("warning", finds) for code, finds in codes.items()}


CODES: Mapping[str, Code] = MappingProxyType(
    {
        **_warnings(
            unknown_merge_tag="A merge tag that nothing declares, which is printed as it stands.",
            foreign_merge_tag="A merge tag of another service, which is printed as it stands.",
            own_footer="A link to unsubscribe beside the footer that the service appends.",
            stripped="An element or an attribute that the service strips.",
            clipped="A body over 102 KB, which mail programs clip.",
            image_without_alt="An image without a text for readers who do not see it.",
            no_lang="A page that does not name its language.",
            empty_link='A link that leads nowhere: empty, "#" or a script.',
            anchor_link="A link to a place within the mail, which few mail programs follow.",
            relative_link="An address without https:// and a host.",
            malformed_link="An address that no mail program can follow.",
            placeholder_link="An address that waits for the real one, or is of one machine.",
            staging_link="An address on a host of policy.staging_hosts.",
            insecure_link="An address that begins with http:.",
            utm="A link without the parameters that policy.utm asks for.",
            no_plain_text="A mail with an HTML body and without a plain text.",
            long_subject="A subject over 80 characters.",
            long_preview_text="A preview text over 50 characters.",
            preview_is_subject="A preview text that says what the subject says.",
            same_body="Two campaigns that send the same body to the same people.",
        ),
        "large_body": Code("error", "A body over 500 KB, which the service refuses."),
    }
)


def level(code: str, policy: LintPolicy) -> str:
    """The level of a code in a project: `error`, `warning` or `off`."""
    return policy.levels.get(code) or CODES[code].level
