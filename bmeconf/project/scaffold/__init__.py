"""What `init` writes: `files/` are the texts, `starter` fills in the dates."""

from bmeconf.project.scaffold.starter import OPTIONAL, adopted_project_file, starter_project
