"""Reports for people who may not know who is written to: digests for addresses and for values.

- `texts`: the addresses and values in a text; `reports`: those in a page or a document
"""

from bmeconf.render.redaction.reports import document, item, learn, page
from bmeconf.render.redaction.texts import Redactor
