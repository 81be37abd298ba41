"""Draft campaigns: the kind, the content of one, its schedule."""
