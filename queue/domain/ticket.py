"""One ticket: its states, and what may happen to it. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ...core.errors import Refused
from .line_settings import LineRules as LineRules


class State(StrEnum):
    """Where a ticket is. The words are the contract's."""

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


class Kind(StrEnum):
    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"


class Priority(StrEnum):
    NORMAL = "normal"
    PREFERENTIAL = "preferential"


OVER = frozenset({State.FINISHED, State.NO_SHOW, State.LEFT, State.EXPIRED})
ACTIVE = frozenset(State) - OVER
UNRECORDED = "unrecorded"  # the outcome of a visit that nobody has ended

AT_DESK = frozenset({State.CALLED, State.SERVING})
FINISHED = frozenset({State.FINISHED})

NEXT: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset({State.CALLED, State.ON_HOLD, State.LEFT, State.EXPIRED}),
    State.STANDBY: frozenset({State.WAITING, State.LEFT, State.EXPIRED}),
    State.CALLED: frozenset(
        {State.SERVING, State.MISSED, State.NO_SHOW, State.WAITING, State.LEFT, State.EXPIRED}
    ),
    State.SERVING: frozenset({State.FINISHED, State.WAITING, State.ON_HOLD}),
    State.ON_HOLD: frozenset({State.WAITING, State.CALLED, State.SERVING, State.LEFT, State.EXPIRED}),
    State.MISSED: frozenset({State.WAITING, State.NO_SHOW, State.LEFT, State.EXPIRED}),
    **{state: frozenset() for state in OVER},
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """One visit. `arrived_at` is when the person was here: at issue, or at check-in."""

    id: str
    line_id: str
    number: int
    code: str
    service: str
    kind: Kind
    issued_at: datetime
    arrived_at: datetime
    since: datetime  # when the present state began
    state: State = State.WAITING
    priority: Priority = Priority.NORMAL
    expected: timedelta = timedelta(minutes=10)  # how long all its services take together
    more_services: tuple[str, ...] = ()  # what else is done at the desk, after `service` and in this order
    appointment_id: str | None = None
    appointment_at: datetime | None = None
    told_at: datetime | None = None  # when to come, as the person was told when we ran late
    desk_id: str | None = None
    agent_id: str | None = None
    called_at: datetime | None = None
    recalls: int = 0
    rejoins: int = 0
    postpones: int = 0
    not_before: datetime | None = None  # cool-down: not to be called before
    returns_to: str | None = None  # the desk that put it on hold, or that it was sent to
    placed_at: datetime | None = None  # a host has put it before the others since then
    passes_left: int = 0
    reason: str | None = None
    help: bool = False
    outcome: str | None = None
    notify: bool = False  # somebody asked to be told of it away from its page

    @property
    def services(self) -> tuple[str, ...]:
        """All that the person is here for, in its order."""
        return (self.service, *self.more_services)

    @property
    def issue(self) -> tuple[datetime, int]:
        """The order in which tickets were given out."""
        return self.issued_at, self.number


# What may happen to a ticket. An illegal transition is refused, and nothing changes.


def move(ticket: Ticket, to: State, now: datetime, **changes: Any) -> Ticket:
    """The ticket in its new state. Raises Refused("illegal_transition")."""
    if to not in NEXT[ticket.state]:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(to))
    return replace(ticket, state=to, since=now, **changes)


def call(ticket: Ticket, desk_id: str, agent_id: str, now: datetime) -> Ticket:
    """Ask somebody to a desk."""
    changes = {"desk_id": desk_id, "agent_id": agent_id, "called_at": now, "recalls": 0}
    return move(ticket, State.CALLED, now, not_before=None, returns_to=None, **changes)


def recall(ticket: Ticket) -> Ticket:
    """Call again, to the same desk."""
    if ticket.state is not State.CALLED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.CALLED))
    return replace(ticket, recalls=ticket.recalls + 1)


def start(ticket: Ticket, desk_id: str, agent_id: str, now: datetime) -> Ticket:
    """The person is at the desk. From `on_hold` too: whoever fetched a paper comes straight back."""
    changes = {"desk_id": desk_id, "agent_id": agent_id, "not_before": None, "returns_to": None, "help": False}
    return move(ticket, State.SERVING, now, **changes)


def finish(ticket: Ticket, outcome: str | None, now: datetime) -> Ticket:
    return move(ticket, State.FINISHED, now, outcome=outcome)


def put_back(ticket: Ticket, now: datetime) -> Ticket:
    """Take a call back. The place in time is kept."""
    if ticket.state is not State.CALLED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.WAITING))
    return _wait_again(ticket, now)


def transfer(
    ticket: Ticket,
    line_id: str,
    service: str,
    expected: timedelta,
    desk: str | None,
    now: datetime,
    *,
    more: tuple[str, ...] = (),
) -> Ticket:
    """On to another service, or to one desk: the person waits again, with the place in time kept.

    `more`: what else is to be done there; `expected`: how long all of it takes.
    """
    if ticket.state is not State.SERVING:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.WAITING))
    waiting = replace(_wait_again(ticket, now), line_id=line_id, service=service, expected=expected)
    return replace(waiting, more_services=more, returns_to=desk, placed_at=None, reason=None)


def admit(ticket: Ticket, passes_left: int, now: datetime) -> Ticket:
    """Let somebody on standby into the line: as if the ticket were issued and the person arrived now."""
    if ticket.state is not State.STANDBY:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.WAITING))
    return move(ticket, State.WAITING, now, issued_at=now, arrived_at=now, passes_left=passes_left)


def postpone(ticket: Ticket, rules: LineRules, now: datetime) -> Ticket:
    """ "I need 10 more minutes": once, the place in time is kept. Raises Refused."""
    if ticket.state not in (State.WAITING, State.CALLED):
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.WAITING))
    if ticket.postpones >= rules.postpones:
        raise Refused("postpone_used")
    waiting = ticket if ticket.state is State.WAITING else _wait_again(ticket, now)
    return replace(waiting, not_before=now + rules.postpone_by, postpones=ticket.postpones + 1)


def hold(ticket: Ticket, desk_id: str | None, until: datetime, now: datetime) -> Ticket:
    """Set aside until then; back at this desk first."""
    return move(ticket, State.ON_HOLD, now, returns_to=desk_id, not_before=until, desk_id=None)


def end_hold(ticket: Ticket, now: datetime, *, anywhere: bool = False) -> Ticket:
    """The hold ran out, or (`anywhere`) its desk closed and any other may call."""
    if ticket.state is not State.ON_HOLD:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.WAITING))
    returns_to = None if anywhere else ticket.returns_to
    return move(ticket, State.WAITING, now, not_before=None, returns_to=returns_to)


def release(ticket: Ticket, now: datetime) -> Ticket:
    """The desk that somebody was to come back to has closed: any other may call."""
    if ticket.state is State.ON_HOLD:
        return end_hold(ticket, now, anywhere=True)
    return replace(ticket, returns_to=None)


def miss(ticket: Ticket, rules: LineRules, now: datetime) -> Ticket:
    """Nobody came. Missed as long as the person may still rejoin, else a no-show."""
    if ticket.state is not State.CALLED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.MISSED))
    to = State.MISSED if ticket.rejoins < rules.rejoins else State.NO_SHOW
    return move(ticket, to, now, desk_id=None)


def rejoin(ticket: Ticket, rules: LineRules, now: datetime, *, unhurried: bool = False) -> Ticket:
    """Back into the line after a missed call: once, in time, with the old place. Raises Refused.

    `unhurried`: the office is paused, and no clock runs against anybody.
    """
    if ticket.state is not State.MISSED:
        raise Refused("illegal_transition", state=str(ticket.state), to=str(State.WAITING))
    if ticket.rejoins >= rules.rejoins:
        raise Refused("rejoin_used")
    if now >= ticket.since + rules.rejoin_within and not unhurried:
        raise Refused("rejoin_too_late")
    return replace(_wait_again(ticket, now), rejoins=ticket.rejoins + 1)


def wait_anew(ticket: Ticket, now: datetime) -> Ticket:
    """A paused office goes on: whoever missed a call has all the time to come back once more."""
    return replace(ticket, since=now) if ticket.state is State.MISSED else ticket


def place(ticket: Ticket, now: datetime) -> Ticket:
    """A host puts somebody who is here before the others. Whoever missed a call is back in the line with that."""
    if ticket.state is State.MISSED:
        return replace(_wait_again(ticket, now), placed_at=now)
    if ticket.state is not State.WAITING:
        raise Refused("illegal_transition", state=str(ticket.state), to="placed")
    return replace(ticket, placed_at=ticket.placed_at or now, not_before=None)


def no_show(ticket: Ticket, now: datetime) -> Ticket:
    return move(ticket, State.NO_SHOW, now, desk_id=None)


def leave(ticket: Ticket, now: datetime) -> Ticket:
    return move(ticket, State.LEFT, now, desk_id=None, returns_to=None)


def expire(ticket: Ticket, now: datetime) -> Ticket:
    """The day is over: whoever still waits is told, whoever is being served was served."""
    if ticket.state is State.SERVING:
        return finish(ticket, UNRECORDED, now)
    return move(ticket, State.EXPIRED, now, desk_id=None, returns_to=None)


def may(ticket: Ticket, rules: LineRules, now: datetime, *, unhurried: bool = False) -> tuple[str, ...]:
    """What the person may do with the ticket now; `unhurried` as in `rejoin`."""
    allowed = []
    if State.LEFT in NEXT[ticket.state]:
        allowed.append("leave")
    if ticket.state in (State.WAITING, State.CALLED) and ticket.postpones < rules.postpones:
        allowed.append("postpone")
    can_rejoin = ticket.state is State.MISSED and ticket.rejoins < rules.rejoins
    if can_rejoin and (unhurried or now < ticket.since + rules.rejoin_within):
        allowed.append("rejoin")
    return tuple(allowed)


def _wait_again(ticket: Ticket, now: datetime) -> Ticket:
    return move(ticket, State.WAITING, now, desk_id=None, agent_id=None, not_before=None)
