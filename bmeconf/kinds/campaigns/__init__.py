"""Draft campaigns: the kind, the content of a campaign, its schedule."""

from bmeconf.kinds.campaigns.kind import Campaigns
from bmeconf.kinds.campaigns.schedules import TOLERANCE, on_time
