"""What a person away from the page is told of their turn, and when it is news. Pure: no clock, no SQL.

Nobody is told what they did themselves, nor twice the same. Writing it down is letters.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .ticket import Ticket, TicketState

CITIZEN_ACTOR = "citizen"  # the actor of what a person did on their own page
NEXT_AHEAD = 2  # two visits are soon over; further back there is time to wait anywhere
RANGE_CHANGE_THRESHOLD = timedelta(minutes=15)  # queue.md: smaller moves are noise, and cost a message
NEXT_VALID_FOR = timedelta(minutes=30)  # a notice that arrives later would only puzzle
PAUSE_VALID_FOR = timedelta(hours=2)

# Every notice of a turn. A new one takes the place of those that have not left yet.
NOTIFICATION_KINDS = frozenset(
    {
        "turn_issued",
        "turn_next",
        "turn_called",
        "turn_called_again",
        "turn_returned",
        "turn_missed",
        "turn_lost",
        "turn_moved",
        "turn_paused",
        "turn_resumed",
        "turn_admitted",
        "turn_transferred",
        "turn_closed",
    }
)

# States in which a pause concerns somebody: whoever is at a desk hears of it there.
PAUSE_NOTIFIED_STATES = frozenset(
    {TicketState.WAITING, TicketState.STANDBY, TicketState.ON_HOLD, TicketState.MISSED}
)


@dataclass(frozen=True, slots=True)
class TicketNotification:
    """One thing to tell. The same kind and stamp is told once to each address of a ticket."""

    kind: str
    stamp: str
    valid_until: datetime | None = None  # later it would be wrong; None: as long as the ticket lives


@dataclass(frozen=True, slots=True)
class AnnouncedRange:
    """A range of clock times as somebody was told it, or as it is now."""

    earliest: datetime
    latest: datetime


def notification_for_change(
    before: Ticket, after: Ticket, actor: str, valid_until: datetime | None = None
) -> TicketNotification | None:
    """What a change of a ticket is to its person; None when it is no news to them.

    `until`: when the new state ends by itself, such as a call that nobody follows.
    """
    if actor == CITIZEN_ACTOR:
        return None
    kind = _kind_of_change(before, after)
    return TicketNotification(kind, _state_stamp(after), valid_until) if kind else None


def _kind_of_change(before: Ticket, after: Ticket) -> str | None:
    if after.state is before.state:
        called_again = after.state is TicketState.CALLED and after.recalls > before.recalls
        return "turn_called_again" if called_again else None
    if after.state is TicketState.WAITING:
        return _BACK_IN_LINE.get(before.state)
    return _NEW_STATE.get(after.state)


_BACK_IN_LINE = {
    TicketState.STANDBY: "turn_admitted",
    TicketState.SERVING: "turn_transferred",
    TicketState.CALLED: "turn_returned",
}
_NEW_STATE = {
    TicketState.CALLED: "turn_called",
    TicketState.MISSED: "turn_missed",
    TicketState.NO_SHOW: "turn_lost",
    TicketState.EXPIRED: "turn_closed",
}


def _state_stamp(ticket: Ticket) -> str:
    return f"{round(ticket.since.timestamp() * 1000)}.{ticket.recalls}"


# The code and the range: what whoever asks to be told hears first, and the proof that it works.
ISSUED_NOTIFICATION = TicketNotification("turn_issued", "0")


def notification_if_next(ticket: Ticket, ahead: int | None, now: datetime) -> TicketNotification | None:
    """To be told that one is among the next: once each time that one waits, and after ten minutes more."""
    if ticket.state is not TicketState.WAITING or ahead is None or ahead > NEXT_AHEAD:
        return None
    if ticket.not_before is not None and ticket.not_before > now:
        return None
    return TicketNotification("turn_next", f"{_state_stamp(ticket)}.{ticket.postpones}", now + NEXT_VALID_FOR)


def should_reset_next(before: Ticket, after: Ticket) -> bool:
    """Whether what was told of being among the next is no longer so: sent on, back in line, ten minutes more."""
    if after.state is not TicketState.WAITING:
        return False
    return after.since != before.since or after.postpones != before.postpones


def has_range_moved(announced: AnnouncedRange | None, present: AnnouncedRange | None) -> bool:
    """Whether a range is another one than was told, or the first one that can be told at all."""
    if announced is None or present is None:
        return present is not None
    return (
        abs(present.earliest - announced.earliest) > RANGE_CHANGE_THRESHOLD
        or abs(present.latest - announced.latest) > RANGE_CHANGE_THRESHOLD
    )


def notification_for_new_range(present: AnnouncedRange) -> TicketNotification:
    return TicketNotification("turn_moved", f"{round(present.earliest.timestamp())}", present.latest)


def notification_for_pause(paused: bool, now: datetime) -> TicketNotification:
    """The office stops calling, or goes on."""
    return TicketNotification(
        "turn_paused" if paused else "turn_resumed", f"{round(now.timestamp())}", now + PAUSE_VALID_FOR
    )
