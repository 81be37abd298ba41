"""What is shown, as JSON documents for machines (design 3, 5).

One file per document. Values are exact, and ASCII-escaped by `text`; every document carries
`format` and `exit_code`, and after a failure `error`.
"""

from bmeconf.render.documents.drift import drift
from bmeconf.render.documents.problems import failure, problems
from bmeconf.render.documents.pull import file_state, pulled
from bmeconf.render.documents.report import report
from bmeconf.render.documents.result import result
from bmeconf.render.documents.text import text
