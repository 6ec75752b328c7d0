"""Timeline of a call with the names of its participants. Read only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.call_timeline import TimelineEntry, build_timeline
from ..storage import call_rows


@dataclass(frozen=True, slots=True)
class CallTimeline:
    """Lines of a call, and its people: role and name by participant id.

    A deleted name is empty.
    """

    entries: list[TimelineEntry]
    people: dict[str, tuple[str, str]]


async def load_call_timeline(session: AsyncSession, appointment_id: str) -> CallTimeline:
    """Return the timeline of an appointment's call, without lines if it has no room."""
    events = await call_rows.load_call_events(session, appointment_id)
    people = await call_rows.load_participant_names(session, appointment_id) if events else {}
    return CallTimeline(build_timeline(events), people)
