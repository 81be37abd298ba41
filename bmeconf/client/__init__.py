"""The only door to the network: key header, pace, retries, complete paging, errors of the tree.

A `Reader` cannot write: its transport refuses anything but GET and the search POST (design 7.1).
"""

from bmeconf.client.exchange import Exchange, Watch
from bmeconf.client.pace import PER_MINUTE, Budget
from bmeconf.client.reader import Bounds, Reader, Witness, Writer
from bmeconf.client.route import Route, route_to
from bmeconf.client.transport import SEARCH, WriteRefused
