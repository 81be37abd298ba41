"""Seed contacts: the kind, the content of one, its events, the members of a list."""
