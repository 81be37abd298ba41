"""What a command has to tell -> one Page.

One file per subject: `plan`, and `failure` with the problems of manifests, which every run may
need; `result`, `drift`, `report` (with `rates`), `pull`, `compare`, `accounts` and so on, each of
which only its command imports; `all_accounts` with the pages of one command on several. `tasks`
puts manual steps into words, and `extent` what was looked at.
"""

from bmeconf.render.page.failure import of_failure, of_problems, problem_item, with_error
from bmeconf.render.page.plan import of_plan
