"""The `format` of each JSON document, and how the embedded simulator is called in them."""

PLAN_FORMAT, RESULT_FORMAT = "bmeconf.plan/1", "bmeconf.result/1"
PROBLEMS_FORMAT, DRIFT_FORMAT = "bmeconf.problems/1", "bmeconf.drift/1"
REPORT_FORMAT, PULL_FORMAT = "bmeconf.report/1", "bmeconf.pull/1"
SIMULATED, SANDBOX = "sandbox:local", "the sandbox"
"""The base URL in plans for the embedded simulator, whose address is another one each time; and
what people call it.
"""
