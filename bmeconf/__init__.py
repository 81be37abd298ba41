"""bmeconf keeps a Benchmark Email account in Git.

A run is one walk down this list, and each stage is one module:

    manifest.read       files               -> documents that know file, line, column
    validate.desired    documents, schemas  -> desired Snapshot, or every problem
    live.read           API                 -> live Snapshot
    scope.limit         desired, --target   -> what this run may look at and touch
    diff.compare        desired, live       -> changes
    plan.build          changes             -> Plan: ordered steps with pins
    guard.check         Plan, policy        -> findings that refuse it
    apply.run           Plan, API           -> results, one by one
    report              all of the above    -> text, JSON, annotations
"""

__version__ = "0.1.0"
