"""The door to Git: which commit the files are at, and what they were at another one.

- `command`: read commands of Git, and commits by name
- `tree`: the project at a commit, as `manifest.Files`
"""

from bmeconf.baseline.git.command import current_commit
from bmeconf.baseline.git.tree import GitTree, read_tree
