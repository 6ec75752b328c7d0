"""Models that serialise the answers of the queue's API (docs/api.md#tickets)."""

from __future__ import annotations

from typing import Annotated

from ...appointments.service import VisitNoteKind
from ...core.web.api_route import ApiResponse, Moment, listed_words
from ..domain.desk_activity import DeskActivity
from ..domain.line import OVERTAKING_REASONS, TRANSFERRED, CallReason
from ..domain.ticket import TicketAction, TicketKind, TicketPriority, TicketState
from ..queries.staff_board import DeskStateName


class OtherCalls(ApiResponse):
    """Calls of other lines at the same desks, two or more, while this line stands still."""

    count: int
    since: Moment


class Eta(ApiResponse):
    """The call range of a ticket, rounded to five minutes."""

    earliest: Moment
    latest: Moment


class NamedLine(ApiResponse):
    slug: str
    name: str


class DeskOfTicket(ApiResponse):
    """The desk of a call, with the way to it in words and as an arrow."""

    id: str
    name: str
    way: str
    arrow: str | None


class TicketLinks(ApiResponse):
    page: str


class Postpone(ApiResponse):
    """The meaning of "more time" now: no call before `until`, else `minutes` from the request."""

    minutes: int
    until: Moment | None


class Ticket(ApiResponse):
    """A visit.

    `token` and `links` are for the owner of the ticket only. `ahead` (0 = next) and `eta` are null unless the
    ticket is waiting. `more_services`: the services of the visit after `service`.
    """

    id: str
    token: str | None = None
    code: str
    office: str
    line: NamedLine
    service: str
    more_services: list[str]
    kind: TicketKind
    state: TicketState
    ahead: int | None
    ahead_in_other_lines: int | None
    at_most_overtaken_by: int | None
    eta: Eta | None
    desks_open: int
    other_calls: OtherCalls | None
    desk: DeskOfTicket | None
    called_at: Moment | None
    recalls: int
    reason: Annotated[str, listed_words(dict.fromkeys([*OVERTAKING_REASONS.values(), TRANSFERRED]))] | None
    may: list[TicketAction]
    postpone: Postpone | None
    v: int
    until: Moment | None
    help: bool
    help_answered: bool
    paused: bool
    evacuation: bool
    pause_message: str | None
    links: TicketLinks | None = None


class TicketAtDesk(ApiResponse):
    id: str
    code: str
    state: TicketState


class Following(ApiResponse):
    """The ticket that a desk would call next, and the reason."""

    id: str
    code: str
    why: CallReason


class Desk(ApiResponse):
    """A desk of the board.

    `state` has no calls and pauses: the desk is then free, and `activity` names them. `since`: when the activity
    began, except free and closed. `until`: the expected end of a call or pause. `reason`: the key of a pause.
    """

    id: str
    name: str
    lines: list[str]
    state: DeskStateName
    activity: DeskActivity
    since: Moment | None
    until: Moment | None
    reason: str | None
    agent: str | None
    agent_id: str | None
    ticket: TicketAtDesk | None
    next: list[Following]


class BoardLine(ApiResponse):
    """A line of the board.

    `next_appointment`: the next appointment without a ticket. `order`: the ids of the waiting tickets in the order
    of their calls.
    """

    id: str
    slug: str
    letter: str
    name: str
    waiting: int
    stopped: bool
    stop_reason: str | None
    eta: Eta | None
    next_appointment: Moment | None
    order: list[str]


class ColleagueNote(ApiResponse):
    """A note or reason of staff about a visit, for staff only.

    `earlier`: it was written in another visit of the same citizen. `desk`: the desk's name.
    """

    id: str
    at: Moment
    kind: VisitNoteKind
    author: str
    desk: str | None
    outcome: str | None
    text: str
    earlier: bool


class BoardTicket(ApiResponse):
    """A ticket of the board. `eta` is null unless the ticket is waiting.

    `notes`: for staff only.
    """

    id: str
    code: str
    state: TicketState
    line: str
    service: str
    more_services: list[str]
    kind: TicketKind
    priority: TicketPriority
    preferential_requested: bool
    appointment: str | None
    issued_at: Moment
    arrived_at: Moment
    called_at: Moment | None
    appointment_at: Moment | None
    told_at: Moment | None
    since: Moment
    until: Moment | None
    placed_at: Moment | None
    eta: Eta | None
    desk: str | None
    agent_id: str | None
    returns_to: str | None
    recalls: int
    can_rejoin: bool
    name: str | None
    language: str
    help: bool
    help_answered: bool
    notes: list[ColleagueNote]


class Sent(ApiResponse):
    """An empty answer, whether or not such a ticket exists."""


class OfficeSwitched(ApiResponse):
    """Whether the calls of an office are stopped, and the message on its phones and displays."""

    office: str
    paused: bool
    evacuation: bool
    pause_message: str | None


class LineSwitched(ApiResponse):
    """Whether a line gives tickets without an appointment, and the reason if not."""

    id: str
    slug: str
    name: str
    stopped: bool
    stop_reason: str | None
