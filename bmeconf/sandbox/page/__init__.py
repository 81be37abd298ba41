"""The web page of the sandbox: shows the account, and has the actions that no API key can do.

In: requests of a browser on this machine, with or without scripts. Out: plain pages and forms over
the store of the API. Requests for pages need no key, count against no limit, meet no fault, and
are not in the log. Switches change the API only, never the page.
"""

from bmeconf.sandbox.page.answers import Path
from bmeconf.sandbox.page.serving import PATHS, serve, trouble
