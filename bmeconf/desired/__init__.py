"""The desired side: what a project's files declare, as a Snapshot or as every problem in them.

- `manifest`: files -> documents that know file, line and column
- `validate`: documents -> a Snapshot, or problems at their places
- `scope`: which resources of it a run looks at
"""
