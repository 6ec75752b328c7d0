"""What a person away from the page is told of their turn, and when it is news. Pure: no clock, no SQL.

Nobody is told what they did themselves, nor twice the same. Writing it down is letters.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .ticket import State, Ticket

CITIZEN = "citizen"  # the actor of what a person did on their own page
NEXT_AHEAD = 2  # two visits are soon over; further back there is time to wait anywhere
MOVED = timedelta(minutes=15)  # queue.md: smaller moves are noise, and cost a message
NEXT_LASTS = timedelta(minutes=30)  # a notice that arrives later would only puzzle
PAUSE_LASTS = timedelta(hours=2)

# Every notice of a turn. A new one takes the place of those that have not left yet.
KINDS = frozenset(
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
PAUSABLE = frozenset({State.WAITING, State.STANDBY, State.ON_HOLD, State.MISSED})


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. The same kind and stamp is told once to each address of a ticket."""

    kind: str
    stamp: str
    until: datetime | None = None  # later it would be wrong; None: as long as the ticket lives


@dataclass(frozen=True, slots=True)
class Told:
    """A range of clock times as somebody was told it, or as it is now."""

    earliest: datetime
    latest: datetime


def of_change(before: Ticket, after: Ticket, actor: str, until: datetime | None = None) -> Notice | None:
    """What a change of a ticket is to its person; None when it is no news to them.

    `until`: when the new state ends by itself, such as a call that nobody follows.
    """
    if actor == CITIZEN:
        return None
    kind = _kind(before, after)
    return Notice(kind, _stamp(after), until) if kind else None


def _kind(before: Ticket, after: Ticket) -> str | None:
    if after.state is before.state:
        called_again = after.state is State.CALLED and after.recalls > before.recalls
        return "turn_called_again" if called_again else None
    if after.state is State.WAITING:
        return _BACK_IN_LINE.get(before.state)
    return _NEW_STATE.get(after.state)


_BACK_IN_LINE = {
    State.STANDBY: "turn_admitted",
    State.SERVING: "turn_transferred",
    State.CALLED: "turn_returned",
}
_NEW_STATE = {
    State.CALLED: "turn_called",
    State.MISSED: "turn_missed",
    State.NO_SHOW: "turn_lost",
    State.EXPIRED: "turn_closed",
}


def _stamp(ticket: Ticket) -> str:
    return f"{round(ticket.since.timestamp() * 1000)}.{ticket.recalls}"


# The code and the range: what whoever asks to be told hears first, and the proof that it works.
ISSUED = Notice("turn_issued", "0")


def nearing(ticket: Ticket, ahead: int | None, now: datetime) -> Notice | None:
    """To be told that one is among the next: once each time that one waits, and after ten minutes more."""
    if ticket.state is not State.WAITING or ahead is None or ahead > NEXT_AHEAD:
        return None
    if ticket.not_before is not None and ticket.not_before > now:
        return None
    return Notice("turn_next", f"{_stamp(ticket)}.{ticket.postpones}", now + NEXT_LASTS)


def waits_anew(before: Ticket, after: Ticket) -> bool:
    """Whether what was told of being among the next is no longer so: sent on, back in line, ten minutes more."""
    if after.state is not State.WAITING:
        return False
    return after.since != before.since or after.postpones != before.postpones


def moved(told: Told | None, present: Told | None) -> bool:
    """Whether a range is another one than was told, or the first one that can be told at all."""
    if told is None or present is None:
        return present is not None
    return abs(present.earliest - told.earliest) > MOVED or abs(present.latest - told.latest) > MOVED


def of_move(present: Told) -> Notice:
    return Notice("turn_moved", f"{round(present.earliest.timestamp())}", present.latest)


def of_pause(paused: bool, now: datetime) -> Notice:
    """The office stops calling, or goes on."""
    return Notice("turn_paused" if paused else "turn_resumed", f"{round(now.timestamp())}", now + PAUSE_LASTS)
