"""Seed contacts: the kind, the members of a list, and who last wrote to a contact."""

from bmeconf.kinds.contacts.events import Touch, last_write
from bmeconf.kinds.contacts.kind import Contacts
from bmeconf.kinds.contacts.search import members_of

__all__ = ["Contacts", "Touch", "last_write", "members_of"]
