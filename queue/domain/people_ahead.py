"""The people before each ticket, also those of other lines at the same desks. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PeopleAhead:
    """How many people are called before each waiting ticket of a line, by ticket id.

    `all`: 0 for the next. `in_other_lines`: those of them who wait in another line, for tickets with any.
    """

    all: Mapping[str, int]
    in_other_lines: Mapping[str, int]


NO_ONE_WAITS = PeopleAhead({}, {})


def count_people_ahead(
    line_order: Sequence[str], shared_order: Sequence[str], others: Collection[str]
) -> PeopleAhead:
    """Count from the last forecast, and from who waits now.

    `line_order`: the waiting tickets of the line as of now. `shared_order`: the order of the last forecast at the
    desks of the line; empty if it is the line's own. `others`: the tickets of other lines that wait. A ticket that
    the forecast does not know follows the ticket before it in the line.
    """
    if not shared_order:
        return PeopleAhead(dict(zip(line_order, range(len(line_order)), strict=True)), {})
    forecast, followers = set(shared_order), defaultdict[str, list[str]](list)
    known = ""
    for ticket_id in line_order:
        if ticket_id in forecast:
            known = ticket_id
        else:
            followers[known].append(ticket_id)
    own = set(line_order)
    positions: dict[str, int] = {}
    in_other_lines: dict[str, int] = {}
    ahead_elsewhere = 0
    # the empty id: new tickets that stand in the line before every ticket of the forecast
    for ticket_id in ("", *shared_order):
        if ticket_id in others:
            ahead_elsewhere += 1
            continue
        # a ticket that was called or left since the forecast is in neither set, and counts no longer
        for present in [ticket_id, *followers[ticket_id]] if ticket_id in own else followers[ticket_id]:
            positions[present] = len(positions) + ahead_elsewhere
            if ahead_elsewhere:
                in_other_lines[present] = ahead_elsewhere
    return PeopleAhead(positions, in_other_lines)
