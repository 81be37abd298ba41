"""Seed contacts: the kind, how it is read and written, and the members of a list."""

from bmeconf.kinds.contacts.kind import Contacts
from bmeconf.kinds.contacts.reading import last_write, members_of
