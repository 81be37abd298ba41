"""Every code of lint: its ordinary level, what it finds and what not, and how to mend it. Pure.

The level is a warning, except where the service refuses the mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from bmeconf.model import LintCode, LintPolicy

DECLARE = "Write {key} or a tag of Settings > Contact Fields, and name it under merge_tags."
WHOLE = "Write the whole address, as a browser shows it."


class Entry(NamedTuple):
    """What a code says: what it finds in one sentence, more on that, and how to mend it."""

    finds: str
    more: str
    mend: str
    level: str = "warning"


CODES: Mapping[LintCode, Entry] = MappingProxyType(
    {
        "unknown_merge_tag": Entry(
            "A merge tag that nothing declares, which is printed as it stands.",
            "Known are {key}, the tags under merge_tags in bmeconf.yaml, and those that the"
            " account shows to plan, which also finds a tag of a field that is not there. Styles,"
            " comments and code are passed over.",
            DECLARE,
        ),
        "foreign_merge_tag": Entry(
            "A merge tag of another service, which is printed as it stands.",
            "{{...}}, {%...%}, *|...|*, %%...%%, %...%, <%=...%> and [contact_attribute:...];"
            " not in styles, comments, code or AMP templates.",
            DECLARE,
        ),
        "own_footer": Entry(
            "A link to unsubscribe beside the footer that the service appends.",
            "The service looks for no footer in the body, so that the mail has two. A sentence"
            " that only speaks of it is no such link.",
            "Take the link out, and what stands with it.",
        ),
        "stripped": Entry(
            "An element or an attribute that the service strips.",
            "Scripts, frames, objects, forms and what stands in forms, videos, and attributes"
            " such as onclick. The mail arrives without it.",
            "Link to a page that has it.",
        ),
        "clipped": Entry(
            "A body over 102 KB, which mail programs clip.",
            "Readers see the rest, with the footer and the pixel that counts opens, only if they"
            " ask for it.",
            "Shorten it: take comments, styles that nothing uses and images in data: out.",
        ),
        "large_body": Entry(
            "A body over 500 KB, which the service refuses.",
            "Most of such a body are images in data:.",
            "Put the images on a server, and link to them.",
            "error",
        ),
        "image_without_alt": Entry(
            "An image without a text for readers who do not see it.",
            "Many mail programs show no images at first. Images of one pixel, hidden ones and"
            ' those with role="presentation" need none.',
            'Write alt="..."; alt="" for decoration.',
        ),
        "no_lang": Entry(
            "A page that does not name its language.",
            "Screen readers read it with the wrong voice, and mail programs offer to translate"
            " it. A body without <html> is no page.",
            'Write <html lang="en">, or what it is in.',
        ),
        "empty_link": Entry(
            'A link that leads nowhere: empty, "#" or a script.',
            "An image without an address is one too. A link without href is no link.",
            "Write the address, or take the link out.",
        ),
        "anchor_link": Entry(
            "A link to a place within the mail, which few mail programs follow.",
            "Some open a browser with nothing in it.",
            "Link to a page, or take the link out.",
        ),
        "relative_link": Entry(
            "An address without https:// and a host.",
            "A mail is on no page that an address could be relative to: www.acme.example alone is"
            " a file.",
            WHOLE,
        ),
        "malformed_link": Entry(
            "An address that no mail program can follow.",
            "It has no host, a blank, a mistyped https://, &amp;amp; for &, or an email address"
            " without mailto:.",
            WHOLE,
        ),
        "placeholder_link": Entry(
            "An address that waits for the real one, or is of one machine.",
            "TODO, your-website.com, example.com, localhost, a private address, a file. Hosts in"
            " .example are for examples, and pass.",
            "Write the address that readers are meant to see.",
        ),
        "staging_link": Entry(
            "An address on a host of policy.staging_hosts.",
            "Links, images and plain texts are looked at.",
            "Link to the host that readers are meant to see.",
        ),
        "insecure_link": Entry(
            "An address that begins with http:.",
            "Mail programs warn of such links, and show no such images beside secure ones.",
            "Write https:.",
        ),
        "utm": Entry(
            "A link without the parameters that policy.utm asks for.",
            "Only links to the hosts of policy.utm are looked at, and not those of images.",
            "Add the parameters to the address.",
        ),
        "no_plain_text": Entry(
            "A mail with an HTML body and without a plain text.",
            "Watches, screen readers and spam filters look for one. A body without <html>, a copy,"
            " and a draft whose plain text is in the account alone, pass.",
            "Add plain_text: {file: ...}, or plain_text: {from_body: true}.",
        ),
        "long_subject": Entry(
            "A subject over 80 characters.",
            "Mail programs cut it there or before.",
            "Shorten it, or say the most important first.",
        ),
        "long_preview_text": Entry(
            "A preview text over 50 characters.",
            "The service shows 50, and takes 100.",
            "Shorten it.",
        ),
        "preview_is_subject": Entry(
            "A preview text that says what the subject says.",
            "An inbox shows one right behind the other.",
            "Say more, or leave it out.",
        ),
        "same_body": Entry(
            "Two campaigns that send the same body to the same people.",
            "Most likely an entry was copied, and its file is still that of the other campaign."
            " Campaigns to different lists may share a body.",
            "Name this campaign's own file, or take one of the two out.",
        ),
    }
)


def level(code: LintCode, policy: LintPolicy) -> str:
    """The level of a code in a project: `error`, `warning` or `off`."""
    return policy.levels.get(code) or CODES[code].level
