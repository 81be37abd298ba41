"""What is wrong with a mail before it is sent: wrong links, tags of other services, and so on.

- `codes`: every code, its ordinary level, and what it finds; `LintCode` of the model names them
- `check`: a mail -> everything that is wrong with it; judges subject, preview text and sizes
- `body`: the walk over the tokens of a body; `links`, `tags`, `footer`: what is judged in it
- `model`: the mail, and a place where it is wrong
"""

from bmeconf.mail.lint.check import Linter
from bmeconf.mail.lint.codes import CODES, level
from bmeconf.mail.lint.links import faults
from bmeconf.mail.lint.model import Hit, Mail
