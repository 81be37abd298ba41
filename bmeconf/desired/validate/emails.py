"""What an email address may be. Pure."""

from __future__ import annotations

import re

LONGEST = 254
FORBIDDEN = re.compile(r'[<>,;:"()\[\]\\]')


def fault(text: str) -> str:
    """Why a text is not an email address; empty where it is one."""
    address = text.strip()
    inner = re.search(r"<([^<>\s]{1,80}@[^<>\s]{1,80})>", address)
    if inner:
        return f"write the address alone, {inner[1]}"
    if not address:
        return "it is empty"
    if address.count("@") != 1:
        return "there is more than one @ in it" if "@" in address else "there is no @ in it"
    if re.search(r"\s", address):
        return "there is a blank inside"
    local, _, domain = address.partition("@")
    if not local or not domain:
        return f"there is nothing {'after' if local else 'before'} the @"
    forbidden = FORBIDDEN.search(address)
    if forbidden:
        return f'there is a "{forbidden[0]}" in it'
    if ".." in address:
        return "there are two dots in a row"
    if len(address) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    return _domain_fault(domain)


def _domain_fault(domain: str) -> str:
    last = domain.rpartition(".")[2]
    if domain[0] in ".-_":
        return f'its domain begins with "{domain[0]}"'
    if not last:
        return "its domain ends with a dot"
    if "." not in domain:
        return "its domain has no dot"
    if len(last) < 2:
        return f'the last part of its domain, "{last}", is too short'
    return ""
