"""Documents + schemas -> the desired Snapshot, or every problem in them. Pure.

- `reading`: the walk over all manifests
- `project_file`: the same for bmeconf.yaml
- `variables`, `tables`: what is filled in before anything is checked
- `shape`, `resolve`: a tree and its schema -> data; `violations`, `flaws`: what is wrong in it
- `entries`, `rules`, `references`: one entry a resource, checked alone and then all together
- `emails`, `times`: what an address and a time may be
- `resources`: sound entries -> resources
"""

from bmeconf.desired.validate.project_file import project
from bmeconf.desired.validate.reading import Desired, ManifestProblems, check_offline, desired
from bmeconf.desired.validate.shape import flaw
