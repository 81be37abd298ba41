"""The desired side: what a project's files declare, as a Snapshot or as every problem in them.

- `manifest`: files -> documents that know file, line and column
- `editing`: values -> the text of a manifest, new or edited in place
- `validate`: documents -> a Snapshot, or problems at their places
- `scope`: which resources of it a run looks at
- `cache`: what an earlier run found sound, where the files are the same
- `project_files`: a project as commands take it, from the paths that they were given
"""

from bmeconf.desired.cache import read_desired
from bmeconf.desired.project_files import ProjectFiles, project_at, read_project_files
from bmeconf.desired.scope import Scope, matches, named
