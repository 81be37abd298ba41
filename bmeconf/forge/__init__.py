"""GitHub and GitLab, as a pipeline meets them: kept-up texts, reviewed plans, the lock file.

- `model`: what a forge can do, and what its texts are, as a protocol
- `http`: the door to a forge's API: one token, pages, repeats; `github`, `gitlab`: each forge
- `archive`: a file in an artifact that anybody may have made
- `environment`: which forge a pipeline runs on, and what it tells of itself
- `texts`: the report under a marker, and which texts are our own; kept up, opened and closed
- `job`: the inputs of the action on GitHub, checked once, and what it does with them
- `review`: the record of a reviewed plan, and its comparison with a later plan
- `record_search`: a commit on GitHub -> the record of the plan that was reviewed for it
- `lock_file`: the lock file at the tip of a branch, taken and committed

What people wrote on a forge, and what a pipeline left there, is evidence at most: no text and no
record is ever carried out.
"""

from bmeconf.forge import job, lock_file, record_search, review, texts
from bmeconf.forge.environment import Run, branch_of, forge_of, github_of, needed
from bmeconf.forge.github import GitHub
from bmeconf.forge.gitlab import GitLab
from bmeconf.forge.model import Entry, Forge, Text
