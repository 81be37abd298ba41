"""Seed contacts: the kind, and the members of a list."""

from bmeconf.kinds.contacts.kind import Contacts
from bmeconf.kinds.contacts.search import members_of
