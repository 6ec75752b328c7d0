"""The start and the end of an office's evacuation, from its events."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import EVACUATION, Office
from ..domain.ticket_notifications import EVACUATION_NOTIFIED_STATES
from ..storage import contact_rows
from ..storage.queue_event_rows import OfficeEvent, newest_pause_events

MAX_EVENTS_READ = 20  # of an evacuation: a further press changes its text
END_SHOWN_FOR = timedelta(minutes=30)  # later everyone has seen that calls go on


async def evacuation_start(session: AsyncSession, office: Office) -> OfficeEvent | None:
    """Return the press that began the evacuation of an office; None if it is not evacuated."""
    if not office.is_evacuating:
        return None
    newest = await newest_pause_events(session, office.id, MAX_EVENTS_READ)
    presses = list(takewhile(_is_start, newest))
    return presses[-1] if presses else None


async def phones_to_tell(session: AsyncSession, office: Office) -> int:
    """Count the tickets whose phone gets a message when an evacuation begins or ends."""
    states = EVACUATION_NOTIFIED_STATES
    return len(await contact_rows.notification_recipients_in_states(session, states, office.id))


async def recent_evacuation_end(session: AsyncSession, office: Office, now: datetime) -> datetime | None:
    """Return when the last evacuation ended.

    None if that is long ago, or if the office was paused since.
    """
    newest = await newest_pause_events(session, office.id, 1, after=now - END_SHOWN_FOR)
    is_end = bool(newest) and newest[0].action == "resumed" and newest[0].details.get("reason") == EVACUATION
    return newest[0].at if is_end else None


def _is_start(event: OfficeEvent) -> bool:
    return event.action == "paused" and event.details.get("reason") == EVACUATION
