"""Documents + schemas -> the desired Snapshot, or every problem in them. Pure.

- `reading`: the walk over all manifests
- `project_file`: the same for bmeconf.yaml
- `variables`, `tables`: what is filled in before anything is checked
- `shape`, `resolve`, `wording`: a tree and its schema -> data, or what is wrong in plain words
- `entries`, `rules`, `references`: one entry a resource, checked alone and then all together
- `resources`: sound entries -> resources
"""

from bmeconf.desired.validate.project_file import project
from bmeconf.desired.validate.reading import Desired, ManifestProblems, check_offline, desired
from bmeconf.desired.validate.shape import flaw
