"""A ticket: its states and transitions. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from ...core.errors import Refused
from .line_settings import LineSettings


class TicketState(StrEnum):
    """The state of a ticket."""

    WAITING = "waiting"
    STANDBY = "standby"
    CALLED = "called"
    SERVING = "serving"
    ON_HOLD = "on_hold"
    MISSED = "missed"
    FINISHED = "finished"
    NO_SHOW = "no_show"
    LEFT = "left"
    EXPIRED = "expired"


class TicketKind(StrEnum):
    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"


class TicketPriority(StrEnum):
    NORMAL = "normal"
    PREFERENTIAL = "preferential"


TicketAction = Literal["leave", "postpone", "rejoin"]  # what a citizen may do with a ticket
ENDED_STATES = frozenset({TicketState.FINISHED, TicketState.NO_SHOW, TicketState.LEFT, TicketState.EXPIRED})
ACTIVE_STATES = frozenset(TicketState) - ENDED_STATES
# also without a rejoin left: an agent who pressed by mistake notices it at once, and can undo the miss
MIN_MISSED_DURATION = timedelta(minutes=1)
MIN_OTHER_CALLS = 2  # lines share desks, so a single call of another line is usual
UNRECORDED_OUTCOME = "unrecorded"  # the outcome of a visit that no agent has ended

AT_DESK_STATES = frozenset({TicketState.CALLED, TicketState.SERVING})
FINISHED_STATES = frozenset({TicketState.FINISHED})

ALLOWED_TRANSITIONS: Mapping[TicketState, frozenset[TicketState]] = {
    TicketState.WAITING: frozenset(
        {TicketState.CALLED, TicketState.ON_HOLD, TicketState.LEFT, TicketState.EXPIRED}
    ),
    TicketState.STANDBY: frozenset({TicketState.WAITING, TicketState.LEFT, TicketState.EXPIRED}),
    TicketState.CALLED: frozenset(
        {
            TicketState.SERVING,
            TicketState.MISSED,
            TicketState.WAITING,
            TicketState.LEFT,
            TicketState.EXPIRED,
        }
    ),
    TicketState.SERVING: frozenset({TicketState.FINISHED, TicketState.WAITING, TicketState.ON_HOLD}),
    TicketState.ON_HOLD: frozenset(
        {TicketState.WAITING, TicketState.CALLED, TicketState.SERVING, TicketState.LEFT, TicketState.EXPIRED}
    ),
    TicketState.MISSED: frozenset(
        {TicketState.WAITING, TicketState.CALLED, TicketState.NO_SHOW, TicketState.LEFT, TicketState.EXPIRED}
    ),
    **{state: frozenset() for state in ENDED_STATES},
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A visit. `arrived_at`: when the citizen was in the office, at issue or at check-in."""

    id: str
    line_id: str
    number: int
    code: str
    service: str
    kind: TicketKind
    issued_at: datetime
    arrived_at: datetime
    since: datetime  # when the present state began
    state: TicketState = TicketState.WAITING
    priority: TicketPriority = TicketPriority.NORMAL
    expected: timedelta = timedelta(minutes=10)  # the duration of all its services together
    more_services: tuple[str, ...] = ()  # served after `service`, in this order
    appointment_id: str | None = None
    appointment_at: datetime | None = None
    told_at: datetime | None = None  # the later time to come that a delay notice named
    desk_id: str | None = None
    agent_id: str | None = None
    called_at: datetime | None = None
    recalls: int = 0
    rejoins: int = 0
    postpones: int = 0
    not_before: datetime | None = None  # postponed, or on hold: not called before
    returns_to: str | None = None  # the desk that put it on hold, or that it was transferred to
    placed_at: datetime | None = None  # when a host put it first
    overtakings_left: int = 0
    reason: str | None = None
    help: bool = False  # the citizen asked for help, and no host has answered
    help_answered: bool = False  # a host has answered, and the service has not begun
    outcome: str | None = None
    notify: bool = False  # the citizen asked for notifications

    @property
    def waits_since(self) -> datetime:
        """The arrival, or the time of the appointment if it is later."""
        due = self.told_at or self.appointment_at
        return self.arrived_at if due is None else max(self.arrived_at, due)

    def is_postponed(self, now: datetime) -> bool:
        """Tell whether the citizen asked for more time, so that no desk calls yet."""
        return self.not_before is not None and now < self.not_before

    @property
    def services(self) -> tuple[str, ...]:
        """Return the slugs of all services of the visit, in order."""
        return (self.service, *self.more_services)

    @property
    def is_call_open_ended(self) -> bool:
        """Whether only staff may end the call: the citizen needs help on the way to the desk."""
        return self.state is TicketState.CALLED and self.needs_help

    @property
    def needs_help(self) -> bool:
        """Whether the citizen asked for help, and the service has not begun."""
        return self.help or self.help_answered

    @property
    def issue_order(self) -> tuple[datetime, int]:
        """Return the sort key of the order of issue."""
        return self.issued_at, self.number


@dataclass(frozen=True, slots=True)
class OtherLineCalls:
    """The calls of other lines at the desks of a line since its own last call.

    `times`: ascending. `line_called_at`: the last call of the line's own; None before the first.
    """

    times: tuple[datetime, ...]
    line_called_at: datetime | None

    def advance(self, tickets: Iterable[Ticket], calls: Iterable[datetime]) -> OtherLineCalls | None:
        """Return the calls as of now; None if too few since the line was called.

        `tickets`: those of the line as of now. `calls`: newer calls of other lines, some perhaps known already.
        """
        own = [ticket.called_at for ticket in tickets if ticket.state is not TicketState.WAITING]
        called_at = max((at for at in (*own, self.line_called_at) if at is not None), default=None)
        # a set, because a message may repeat calls that a reload has read
        times = sorted(at for at in {*self.times, *calls} if called_at is None or at > called_at)
        return OtherLineCalls(tuple(times), called_at) if len(times) >= MIN_OTHER_CALLS else None

    def seen_by(self, ticket: Ticket) -> tuple[int, datetime] | None:
        """Return how many a waiting citizen saw, and since when; None if too few."""
        since = max(self.line_called_at or ticket.issued_at, ticket.issued_at)
        count = len(self.times) - bisect_right(self.times, since)
        return (count, since) if ticket.state is TicketState.WAITING and count >= MIN_OTHER_CALLS else None


# Transitions. An illegal transition raises Refused("illegal_transition"). A function that accepts a single state
# compares it itself, because the table allows its new state from other states, too.


def change_state(ticket: Ticket, new_state: TicketState, now: datetime, **changes: Any) -> Ticket:
    """Return the ticket in its new state. Raises Refused("illegal_transition")."""
    if new_state not in ALLOWED_TRANSITIONS[ticket.state]:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(new_state))
    return replace(ticket, state=new_state, since=now, **changes)


def begin_call(ticket: Ticket, desk_id: str, agent_id: str, now: datetime) -> Ticket:
    """Call the ticket to a desk. An answered request for help stays answered."""
    changes = {"desk_id": desk_id, "agent_id": agent_id, "called_at": now, "recalls": 0}
    return change_state(ticket, TicketState.CALLED, now, not_before=None, returns_to=None, **changes)


def repeat_call(ticket: Ticket) -> Ticket:
    """Call the ticket again, to the same desk."""
    if ticket.state is not TicketState.CALLED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.CALLED))
    return replace(ticket, recalls=ticket.recalls + 1)


def begin_service(ticket: Ticket, desk_id: str, agent_id: str, now: datetime) -> Ticket:
    """Begin to serve the ticket at a desk.

    Allowed from `on_hold` too: a citizen who fetched a paper comes straight back.
    """
    changes = {"desk_id": desk_id, "agent_id": agent_id, "not_before": None, "returns_to": None}
    return change_state(ticket, TicketState.SERVING, now, **changes, help=False, help_answered=False)


def ask_for_help(ticket: Ticket) -> Ticket:
    """Record that the citizen asks for help."""
    if ticket.state in ENDED_STATES:
        raise Refused("illegal_transition", state=str(ticket.state), to="help")
    return replace(ticket, help=True, help_answered=False)


def answer_help_request(ticket: Ticket) -> Ticket:
    """Record that a host goes to a citizen who asked for help."""
    return replace(ticket, help=False, help_answered=True) if ticket.help else ticket


def reopen_help_request(ticket: Ticket) -> Ticket:
    """Ask for help again if a host has answered, and the service has not begun."""
    return replace(ticket, help=True, help_answered=False) if ticket.help_answered else ticket


def end_service(ticket: Ticket, outcome: str | None, now: datetime) -> Ticket:
    return change_state(ticket, TicketState.FINISHED, now, outcome=outcome)


def take_back_call(ticket: Ticket, now: datetime) -> Ticket:
    """Return a called ticket to waiting. It keeps its arrival time."""
    if ticket.state is not TicketState.CALLED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.WAITING))
    return _return_to_waiting(ticket, now)


def move_to_line(
    ticket: Ticket,
    line_id: str,
    service: str,
    expected: timedelta,
    desk_id: str | None,
    now: datetime,
    *,
    more_services: tuple[str, ...] = (),
) -> Ticket:
    """Transfer a ticket in service to another service or desk.

    It waits again and keeps its arrival time.
    `expected`: the duration of `service` and `more_services` together.
    """
    if ticket.state is not TicketState.SERVING:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.WAITING))
    waiting = replace(_return_to_waiting(ticket, now), line_id=line_id, service=service, expected=expected)
    return replace(waiting, more_services=more_services, returns_to=desk_id, placed_at=None, reason=None)


def admit_from_standby(ticket: Ticket, overtakings_left: int, now: datetime) -> Ticket:
    """Move a standby ticket into the line, as if it were issued now."""
    if ticket.state is not TicketState.STANDBY:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.WAITING))
    # the number is that of the issue on standby; the position counts from now (docs/decisions/0018)
    return change_state(
        ticket, TicketState.WAITING, now, issued_at=now, arrived_at=now, overtakings_left=overtakings_left
    )


def postponed_until(ticket: Ticket, settings: LineSettings, earliest: datetime | None) -> datetime | None:
    """Return until when the citizen would postpone the call: from its forecast on.

    `earliest`: the start of the forecast range. None if the time counts from the request, as of a ticket that is
    called or has no range.
    """
    if ticket.state is not TicketState.WAITING or earliest is None:
        return None
    return earliest + settings.postpone_by


def postpone_ticket(
    ticket: Ticket, settings: LineSettings, now: datetime, earliest: datetime | None = None
) -> Ticket:
    """Postpone the call. The ticket keeps its arrival time. `earliest`: see `postponed_until`.

    Raises Refused("postpone_used") when the ticket was postponed as often as the line allows.
    """
    if ticket.state not in (TicketState.WAITING, TicketState.CALLED):
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.WAITING))
    if ticket.postpones >= settings.postpones:
        raise Refused("postpone_used")
    waiting = ticket if ticket.state is TicketState.WAITING else _return_to_waiting(ticket, now)
    until = postponed_until(ticket, settings, earliest) or now + settings.postpone_by
    return replace(waiting, not_before=until, postpones=ticket.postpones + 1)


def put_on_hold(ticket: Ticket, desk_id: str | None, until: datetime, now: datetime) -> Ticket:
    """Put the ticket on hold until a time; afterwards this desk calls it first."""
    return change_state(ticket, TicketState.ON_HOLD, now, returns_to=desk_id, not_before=until, desk_id=None)


def end_hold(ticket: Ticket, now: datetime, *, any_desk: bool = False) -> Ticket:
    """Return a ticket on hold to waiting; with `any_desk`, every desk of the line may call it."""
    if ticket.state is not TicketState.ON_HOLD:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.WAITING))
    returns_to = None if any_desk else ticket.returns_to
    return change_state(ticket, TicketState.WAITING, now, not_before=None, returns_to=returns_to)


def release_from_desk(ticket: Ticket, now: datetime) -> Ticket:
    """Let every desk of the line call the ticket, because its own desk has closed."""
    if ticket.state is TicketState.ON_HOLD:
        return end_hold(ticket, now, any_desk=True)
    return replace(ticket, returns_to=None)


def miss_call(ticket: Ticket, now: datetime) -> Ticket:
    """End a call without an answer. The ticket keeps its agent, who can undo it."""
    return change_state(ticket, TicketState.MISSED, now, desk_id=None)


def undo_miss(ticket: Ticket, desk_id: str, agent_id: str, now: datetime) -> Ticket:
    """Call a missed ticket again, because the citizen is there. It keeps its right to rejoin."""
    if ticket.state is not TicketState.MISSED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.CALLED))
    return begin_call(ticket, desk_id, agent_id, now)


def missed_until(ticket: Ticket, settings: LineSettings) -> datetime:
    """Return when a missed ticket ends: after the time to rejoin, at least a minute."""
    rejoin_within = settings.rejoin_within if can_rejoin_again(ticket, settings) else timedelta()
    return ticket.since + max(rejoin_within, MIN_MISSED_DURATION)


def can_rejoin_again(ticket: Ticket, settings: LineSettings) -> bool:
    """Return whether the citizen has not used up the rejoins of the line."""
    return ticket.rejoins < settings.rejoins


def rejoin_after_miss(ticket: Ticket, settings: LineSettings, now: datetime, *, is_paused: bool = False) -> Ticket:
    """Return a missed ticket to the line with its old arrival time.

    `is_paused`: the office is paused, so the time to rejoin stands still.
    Raises Refused("rejoin_used" | "rejoin_too_late").
    """
    if ticket.state is not TicketState.MISSED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(TicketState.WAITING))
    if not can_rejoin_again(ticket, settings):
        raise Refused("rejoin_used")
    if now >= ticket.since + settings.rejoin_within and not is_paused:
        raise Refused("rejoin_too_late")
    return replace(_return_to_waiting(ticket, now), rejoins=ticket.rejoins + 1)


def restart_rejoin_period(ticket: Ticket, now: datetime) -> Ticket:
    """Give a missed ticket the full time to rejoin again, because a paused office resumes."""
    # a new `since` writes a second segment, so that the history stays complete (docs/decisions/0017)
    return replace(ticket, since=now) if ticket.state is TicketState.MISSED else ticket


def put_first(ticket: Ticket, now: datetime) -> Ticket:
    """Put the ticket before all others, by a host's decision.

    A missed ticket returns to the line.
    """
    if ticket.state is TicketState.MISSED:
        return replace(_return_to_waiting(ticket, now), placed_at=now)
    if ticket.state is not TicketState.WAITING:
        raise Refused("illegal_transition", state=str(ticket.state), to="placed")
    # a second decision does not move the ticket behind others that a host has put first meanwhile
    return replace(ticket, placed_at=ticket.placed_at or now, not_before=None)


def end_as_no_show(ticket: Ticket, now: datetime) -> Ticket:
    return change_state(ticket, TicketState.NO_SHOW, now, desk_id=None)


def end_as_left(ticket: Ticket, now: datetime) -> Ticket:
    return change_state(ticket, TicketState.LEFT, now, desk_id=None, returns_to=None)


def expire_ticket(ticket: Ticket, now: datetime) -> Ticket:
    """End the ticket at the end of the day: expired, or finished if it is in service."""
    if ticket.state is TicketState.SERVING:
        return end_service(ticket, UNRECORDED_OUTCOME, now)
    return change_state(ticket, TicketState.EXPIRED, now, desk_id=None, returns_to=None)


def allowed_actions(
    ticket: Ticket, settings: LineSettings, now: datetime, *, is_paused: bool = False
) -> tuple[TicketAction, ...]:
    """Return what the citizen may do now.

    `is_paused`: see `rejoin_after_miss`.
    """
    allowed: list[TicketAction] = []
    if TicketState.LEFT in ALLOWED_TRANSITIONS[ticket.state]:
        allowed.append("leave")
    if ticket.state in (TicketState.WAITING, TicketState.CALLED) and ticket.postpones < settings.postpones:
        allowed.append("postpone")
    can_rejoin = ticket.state is TicketState.MISSED and can_rejoin_again(ticket, settings)
    if can_rejoin and (is_paused or now < ticket.since + settings.rejoin_within):
        allowed.append("rejoin")
    return tuple(allowed)


def state_ends_at(ticket: Ticket, settings: LineSettings) -> datetime | None:
    """Return when the present state ends by itself.

    This is the end of a call, of the time to rejoin, of a hold or of a postponement. The call of a citizen who
    asked for help has no end.
    """
    if ticket.state is TicketState.CALLED and ticket.called_at is not None:
        return None if ticket.is_call_open_ended else ticket.called_at + settings.missed_after
    if ticket.state is TicketState.MISSED:
        return missed_until(ticket, settings)
    return ticket.not_before if ticket.state in (TicketState.WAITING, TicketState.ON_HOLD) else None


def _return_to_waiting(ticket: Ticket, now: datetime) -> Ticket:
    return change_state(ticket, TicketState.WAITING, now, desk_id=None, agent_id=None, not_before=None)
