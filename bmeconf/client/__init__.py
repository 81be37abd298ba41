"""The only door to the network: a Reader, and a Writer for apply (design 7.1, 7.2, 7.13).

A `Reader` cannot write: its transport refuses anything but GET and the search POST.

- `reader`: one request, and when it is sent again; `transport`: the connections, and what they
  carry; `route`: the proxy and the certificates on the way; `exchange`: who hears of a request
- `unguessed`: requests is loaded here, lighter than by itself
- `answers`: JSON, or the error that an answer stands for
- `pace`: how long a request waits for the limits; `hour`: what replies say of these
- `side_by_side`: several calls at once, which look as if they came one after the other
- `listings`: whole listings; `paging`: their pages; `page`: a page and a listing as data;
  `standstill`: the proof that nothing changed while the pages came
"""

import bmeconf.client.unguessed
from bmeconf.client.answers import Answer, decoded, error_of
from bmeconf.client.exchange import Exchange, Watch
from bmeconf.client.pace import PER_MINUTE, Budget
from bmeconf.client.page import page_of
from bmeconf.client.reader import Bounds, Reader, Witness, Writer
from bmeconf.client.route import Route, route_to
from bmeconf.client.transport import UnredirectedSession, WriteRefused
