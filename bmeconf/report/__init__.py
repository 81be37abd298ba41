"""What became of the campaigns that were sent, and whether that is what was expected.

`read_report` (`reading`) finds each declared campaign in the account, reads the reports of those
that were sent (`results`), and judges them by what the manifests expect. `delivery` is what comes
out: a `Report` with a `Delivery` for each campaign.
"""

from bmeconf.report.delivery import (
    PERIODS,
    Delivery,
    DeliveryQuery,
    DeliveryState,
    Expectation,
    Report,
    Verdict,
)
from bmeconf.report.listing import Memory
from bmeconf.report.reading import read_report
from bmeconf.report.results import Dashboard, Engagement, Link, Measure, Moment, Peak, Results
