"""Files -> documents that know file, line and column, with the texts of the files they name.

All reading of project files happens here; all meaning is given in `validate`.

- `files`: where files come from, one door for disk and memory (and for a commit, `baseline.git`)
- `texts`: bytes -> texts, and the files that a manifest names
- `yaml_tree`, `nodes`: a text -> a tree that knows its places, or a problem in words
- `table`: the same for the cells of a CSV
- `variables`: how a text names them, and how it does not
- `inline`: the places of the characters of a text in YAML
- `roots`: where a project is
- `reading`: which files are manifests (`list_whole`), and all of that in one call, `read`
- `keys`: API keys, which may stand in none of these files
- `spans`: where each value is written, for `editing`
"""

from bmeconf.desired.manifest import keys
from bmeconf.desired.manifest.files import (
    MAX_BYTES,
    ChangedFiles,
    DiskFiles,
    Files,
    ListedFiles,
    MemoryFiles,
    TooLarge,
    absolute,
    matching,
    seen_from,
)
from bmeconf.desired.manifest.inline import Inline
from bmeconf.desired.manifest.nodes import (
    Block,
    Items,
    Node,
    Path,
    Scalar,
    at,
    place_in,
    walk,
    whole_text,
)
from bmeconf.desired.manifest.reading import (
    SUFFIXES,
    Listing,
    NoManifests,
    Sources,
    is_manifest,
    list_whole,
    near,
    parse,
    read,
    read_project,
    read_whole,
)
from bmeconf.desired.manifest.roots import PROJECT_FILE, find_root, mark_of
from bmeconf.desired.manifest.table import SEPARATOR
from bmeconf.desired.manifest.texts import RELATIVE, Text
from bmeconf.desired.manifest.variables import literal, names_variable
from bmeconf.desired.manifest.yaml_tree import comments
from bmeconf.desired.manifest.yaml_tree import parse as trees
