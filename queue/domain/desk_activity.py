"""The activity of a desk, from its ticket and its agent's work beside tickets. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .ticket import Ticket, TicketState


class DeskActivity(StrEnum):
    """The activity of a desk. Values are stored, and part of the board."""

    CLOSED = "closed"
    FREE = "free"
    CALLED = "called"
    SERVING = "serving"
    VIDEO_CALL = "video_call"
    PHONE_CALL = "phone_call"
    PAUSED = "paused"


CALL_ACTIVITIES = frozenset({DeskActivity.VIDEO_CALL, DeskActivity.PHONE_CALL})
OTHER_WORK = CALL_ACTIVITIES | {DeskActivity.PAUSED}
PAUSE = "pause"  # the subject of a pause; stored
# a longer absence closes the desk, so that the forecasts do not count it
MAX_PAUSE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class OtherWork:
    """Work of an agent beside tickets: a call with an appointment, or a pause.

    `until`: its expected end. `subject`: the id of a call's appointment, or PAUSE.
    `reason`: the key of a pause's reason.
    """

    kind: DeskActivity
    began_at: datetime
    until: datetime
    subject: str = PAUSE
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DeskNow:
    """The present activity of a desk. `since` and `until` are None if unknown."""

    activity: DeskActivity
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None


def present_work(works: Iterable[OtherWork]) -> OtherWork | None:
    """Return an agent's work beside tickets: the later call, or else the later pause."""
    return max(works, key=lambda work: (work.kind in CALL_ACTIVITIES, work.began_at), default=None)


def desk_activity(ticket: Ticket | None, works: Iterable[OtherWork] | None) -> DeskNow:
    """Return the activity of a desk. A ticket at the desk goes before other work.

    `ticket`: called to the desk or served at it. `works`: of the agent at the desk; None if it is closed.
    """
    if ticket is not None:
        is_served = ticket.state is TicketState.SERVING
        return DeskNow(DeskActivity.SERVING if is_served else DeskActivity.CALLED, ticket.since)
    if works is None:
        return DeskNow(DeskActivity.CLOSED)
    work = present_work(works)
    if work is None:
        return DeskNow(DeskActivity.FREE)
    return DeskNow(work.kind, work.began_at, work.until, work.reason)


def busy_until(works: Iterable[OtherWork], now: datetime) -> datetime:
    """Return when an agent's other work is expected to end; `now` once that time has passed.

    A desk whose call lasts longer than expected counts as free.
    """
    # such a call may end at any moment, and an office with a single desk must not lose its forecasts or refuse
    # people because an appointment takes longer than booked (docs/decisions/0048)
    return max((now, *(work.until for work in works)))
