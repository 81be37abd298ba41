"""bmeconf keeps a Benchmark Email account in Git.

A run is one walk down this list, and each stage is one module:

    manifest.read       files               -> documents that know file, line, column
    validate.desired    documents, schemas  -> desired Snapshot, or every problem
    scope.limit         desired, --target   -> what this run may look at and touch
    live.read           API                 -> live Snapshot, bound to the desired one
    diff.compare        desired, live, lock -> differences, and which side moved
    plan.build          differences         -> ordered steps with pins, manual steps, findings
    guard.check         steps, policy       -> findings that refuse them
    apply.Execution     steps, API          -> outcomes, one by one
    verify.check        outcomes, API       -> what does not read back as declared
    record.after        outcomes, lock      -> the lock file as the next run will find it
    report, document    all of the above    -> text, annotations, JSON

`pipeline` walks to a plan; `execute` and `walk` go on from there, or from one that `planfile` reads
back, or from where a `journal` ends. A command of `cli` is a few of these steps.
"""

__version__ = "0.1.0"
