"""Values -> the text of manifests: as a person would have written it, or edited in place.

- `writing`: plain data -> YAML
- `edits`: new values in a text that stays as it is otherwise, at the places that
  `manifest.spans` knows

Apart from `manifest`, since a run that only reads needs none of it.
"""

from bmeconf.desired.editing.edits import (
    NO_VALUE,
    VARIABLE,
    Edit,
    Editor,
    TableEditor,
    Unedited,
    edited,
)
from bmeconf.desired.editing.writing import yaml_text
