"""Any Page as one HTML file that a marketer can read: no script, nothing remote.

`report` renders `templates/` with the filters of `show`. Every text goes through `safe.line` and
the template engine's escaping on its way out (`finalize`), so that no place of a template can
forget it. The bodies of mails are shown in frames that may run, load, send and open nothing.
"""

from bmeconf.render.html.report import render
