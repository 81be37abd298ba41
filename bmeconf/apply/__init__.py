"""A Plan -> outcomes, one by one, the proof that they hold, and the journal of it."""
