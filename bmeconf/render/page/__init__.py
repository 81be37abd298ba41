"""What a command has to tell -> one Page.

One file per subject: `plan`, `result`, `drift`, `report`, `pull`, and `failure` with the problems
of manifests. `tasks` puts manual steps into words.
"""

from bmeconf.render.page.drift import of_drift
from bmeconf.render.page.failure import of_failure, of_problems, problem_item, with_error
from bmeconf.render.page.plan import of_plan
from bmeconf.render.page.pull import of_pulled
from bmeconf.render.page.report import of_report
from bmeconf.render.page.result import of_result, outcome_item
