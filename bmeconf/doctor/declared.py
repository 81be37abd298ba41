"""What is declared and does not do what it is for: seeds that get no mail, drafts to nobody.

For seeds it takes a search, or several for more of them than one takes; for drafts the lists, and
the campaigns where a list is empty. Nothing is asked where nothing is declared.
"""

from __future__ import annotations

from bmeconf.client import Reader
from bmeconf.doctor.model import Check, State
from bmeconf.kinds import Audience, IdMap, Mailing, Member, only
from bmeconf.model import CampaignStatus, Snapshot, counted, first_of
from bmeconf.plan import audience, build

NAMES = ("seed contacts", "recipients")
MOST_NAMED = 5


def seeds(reader: Reader, id_map: IdMap, desired: Snapshot) -> Check:
    """Whether mail reaches the declared contacts; raises as a reading does."""
    name, kind = NAMES[0], only(Member)
    wanted = [each for each in desired.of_kind(kind.name) if not each.intent.absent]
    if not wanted:
        return Check(name, State.SKIPPED, "none is declared")
    rows = {kind.key(row): row for row in kind.rows(reader, id_map, wanted)}
    lost, absent = [], 0
    for each in wanted:
        row = next((rows[key] for key in kind.match_keys(each) if key in rows), None)
        absent += row is None
        if row and (why := kind.unreached(each, kind.live(row, each.address, id_map))):
            lost.append(f"{each.address} ({why})")
    told = f"{counted(len(wanted), 'contact')} declared"
    told += f", {absent} not in the account yet" if absent else ""
    if lost:
        message = f"{told}; {len(lost)} get no mail: {first_of(lost, MOST_NAMED)}"
        return Check(name, State.WARNING, message, build.DEAD_SEED_REMEDY)
    return Check(name, State.OK, told)


def recipients(reader: Reader, id_map: IdMap, desired: Snapshot) -> Check:
    """Whether the lists of declared drafts have contacts; raises as a reading does."""
    name, kind, lists = NAMES[1], only(Mailing), only(Audience)
    goes_to = {
        each.address: each.fields[kind.recipients]
        for each in desired.of_kind(kind.name)
        if each.fields.get(kind.recipients) and not each.intent.absent
    }
    if not goes_to:
        return Check(name, State.SKIPPED, "no campaign declares any")
    empty = {lists.key(row) for row in lists.all_rows(reader, id_map) if lists.size(row) == 0}
    nobody = {
        address: names
        for address, each in goes_to.items()
        if (names := [list.name for list in each if lists.canonical(list.name) in empty])
    }
    if nobody:
        drafts = {
            kind.key(row): row.get("status") == CampaignStatus.DRAFT
            for row in kind.all_rows(reader, id_map)
        }
        nobody = {a: n for a, n in nobody.items() if drafts.get(kind.canonical(a.name), True)}
    if not nobody:
        return Check(name, State.OK, f"{counted(len(goes_to), 'campaign')} checked")
    told = [f"{address} ({', '.join(names)})" for address, names in nobody.items()]
    message = f"nobody is on a list of {first_of(told, MOST_NAMED)}"
    return Check(name, State.WARNING, message, audience.EMPTY_REMEDY)
