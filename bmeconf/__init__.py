"""bmeconf keeps a Benchmark Email account in Git.

A folder is a room, and its guide stands in its `__init__`. From the ground up:

    model        the nouns: resources, changes, findings, errors
    mail         what is known of an e-mail body
    kinds        one file or folder per resource kind
    client       the only door to the network
    project      what lies on disk beside the manifests
    desired      files -> documents -> the desired Snapshot, or every problem
    baseline     what was last applied or declared, and who moved since
    live         API -> the account, and which live object each resource is
    plan         desired, live -> ordered steps with pins, manual steps, findings
    apply        plan -> outcomes, one by one, proven by reading back
    drift        what moved, and which manual steps are open
    pull         the account -> manifests, proven by an empty plan
    report       what became of what was sent
    render       all of the above -> text, Markdown, HTML, JUnit, annotations, JSON
    cli          flags in, one call a stage, text and an exit code out
    sandbox      the account simulator, which shares nothing with the rest
"""

__version__ = "0.1.0"
