"""What is shown, as JSON documents for machines (design 3, 5). Pure.

One file per subject: `failure` with the problems of manifests, `result`, `drift`, `pull`,
`report`, `compare`, `accounts`; `all_accounts` holds those of one command on several. The document
of a plan is the plan itself (`plan/encode`). `values` has the shapes of values.

Values are exact: names, subjects and links as they came, null for a number that the service does
not show. Every document carries `format` and `exit_code`, and after a failure `error`.
"""

from bmeconf.render.documents.failure import failure, problems, text
