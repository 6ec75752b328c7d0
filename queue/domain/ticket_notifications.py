"""Notifications about a ticket: their kinds, and when each is due. Pure: no clock, no SQL.

A citizen is not notified of an own action, nor twice of the same fact. `notify/` writes the outbox rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .actors import CITIZEN_ACTOR
from .line_settings import LineSettings
from .ticket import AT_DESK_STATES, Ticket, TicketState, can_rejoin_again, state_ends_at

NEXT_AHEAD = 2  # tickets ahead: two visits are usually soon over
RETURN_WITHIN = timedelta(minutes=15)  # with a later call a citizen may wait outside
RANGE_CHANGE_THRESHOLD = timedelta(minutes=15)  # a smaller change is not worth a message
NEXT_VALID_FOR = timedelta(minutes=30)  # a later "you are next" would only confuse
PAUSE_VALID_FOR = timedelta(hours=2)  # a later "paused" or "resumed" would only confuse

# Every notification about a ticket. A new notification replaces those that are not sent yet.
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

# not among the kinds above: no later notification replaces the message to leave (docs/decisions/0045)
EVACUATION_KIND = "turn_evacuation"

# States in which a pause is notified: at a desk the agent says it.
PAUSE_NOTIFIED_STATES = frozenset(
    {TicketState.WAITING, TicketState.STANDBY, TicketState.ON_HOLD, TicketState.MISSED}
)
EVACUATION_NOTIFIED_STATES = PAUSE_NOTIFIED_STATES | AT_DESK_STATES


@dataclass(frozen=True, slots=True)
class TicketNotification:
    """A notification. The same kind and stamp is sent once to each address of a ticket."""

    kind: str
    stamp: str
    valid_until: datetime | None = None  # not sent later; None: until the ticket expires


@dataclass(frozen=True, slots=True)
class AnnouncedRange:
    """A forecast range as it was last notified, or as it is now."""

    earliest: datetime
    latest: datetime


def notification_for_change(
    before: Ticket, after: Ticket, actor: str, settings: LineSettings
) -> TicketNotification | None:
    """Return the notification for a change of a ticket; None if the citizen need not know.

    It is valid until the new state ends by itself, such as an unanswered call.
    """
    if actor == CITIZEN_ACTOR:
        return None
    # the citizen can do nothing, and is notified when the ticket ends
    if after.state is TicketState.MISSED and not can_rejoin_again(after, settings):
        return None
    kind = _kind_of_change(before, after)
    return TicketNotification(kind, _state_stamp(after), state_ends_at(after, settings)) if kind else None


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
    # a repeated call keeps `since`, and is a new notification
    return f"{round(ticket.since.timestamp() * 1000)}.{ticket.recalls}"


# The first notification: code and range. It proves to the citizen that the address works.
ISSUED_NOTIFICATION = TicketNotification("turn_issued", "0")


def is_next(ahead: int | None, earliest: datetime | None, now: datetime) -> bool:
    """Return whether a waiting citizen should be in the room.

    That is with few people ahead and few minutes. `earliest`: the start of the forecast range; without a range
    the position decides.
    """
    is_near = earliest is None or earliest - now <= RETURN_WITHIN
    return ahead is not None and ahead <= NEXT_AHEAD and is_near


def notification_if_next(
    ticket: Ticket, ahead: int | None, earliest: datetime | None, now: datetime
) -> TicketNotification | None:
    """Return the notification of a ticket that is among the next, see `is_next`.

    It is sent once for each period of waiting or postponement.
    """
    if ticket.state is not TicketState.WAITING or not is_next(ahead, earliest, now):
        return None
    if ticket.not_before is not None and ticket.not_before > now:
        return None
    return TicketNotification("turn_next", f"{_state_stamp(ticket)}.{ticket.postpones}", now + NEXT_VALID_FOR)


def should_reset_next(before: Ticket, after: Ticket) -> bool:
    """Return whether a sent "you are next" no longer holds.

    The ticket was transferred, returned to the line, or postponed.
    """
    if after.state is not TicketState.WAITING:
        return False
    return after.since != before.since or after.postpones != before.postpones


def has_range_moved(announced: AnnouncedRange | None, present: AnnouncedRange | None) -> bool:
    """Return whether the range differs by more than the threshold, or is the first."""
    if announced is None or present is None:
        return present is not None
    return (
        abs(present.earliest - announced.earliest) > RANGE_CHANGE_THRESHOLD
        or abs(present.latest - announced.latest) > RANGE_CHANGE_THRESHOLD
    )


def notification_for_new_range(present: AnnouncedRange) -> TicketNotification:
    return TicketNotification("turn_moved", f"{round(present.earliest.timestamp())}", present.latest)


def notification_for_pause(paused: bool, now: datetime) -> TicketNotification:
    """Return the notification of a pause of the office, or of its end."""
    return TicketNotification(
        "turn_paused" if paused else "turn_resumed", f"{round(now.timestamp())}", now + PAUSE_VALID_FOR
    )


def notification_for_evacuation(now: datetime) -> TicketNotification:
    return TicketNotification(EVACUATION_KIND, f"{round(now.timestamp())}", now + PAUSE_VALID_FOR)
