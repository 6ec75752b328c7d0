"""Present state of all offices of a manager. No writes.

The number of statements does not depend on the number of offices (docs/today.md#cost).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import ON_TIME_WITHIN, count_missing_appointments
from ...core.auth import Principal
from ...notifications.service import count_open_failures
from ...offices.service import all_offices, hours, unreadable_offices
from ...queue.service import DisplayScreen, load_offices_now, load_screens
from ...rooms.service import LobbyCount, count_in_lobbies
from ...staff.service import load_open_emergencies
from ..domain.today import OfficeToday, order_by_attention

# later, the host no longer expects the person
MISSING_FOR = timedelta(hours=1)
FAILURES_SHOWN_FOR = timedelta(days=1)


async def load_today(session: AsyncSession, principal: Principal, now: datetime) -> list[OfficeToday]:
    """Load the principal's offices, the office that needs attention first."""
    offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
    ids = [office.id for office in offices]
    figures = await load_offices_now(session, offices, now)
    lobbies = await count_in_lobbies(session, ids, now)
    missing = await count_missing_appointments(session, ids, now - MISSING_FOR, now - ON_TIME_WITHIN)
    failures = await count_open_failures(session, now - FAILURES_SHOWN_FOR)
    emergencies = await load_open_emergencies(session, ids)
    lost = _by_office([screen for screen in await load_screens(session, ids) if screen.is_lost(now)])
    known = []
    for office in offices:
        queue, lobby = figures[office.id], lobbies.get(office.id, LobbyCount())
        known.append(
            OfficeToday(
                office.slug,
                office,
                is_open=hours.is_open(office.hours, now),
                opens_at=hours.next_opening_time(office.hours, now),
                waiting=queue.waiting,
                longest_wait=queue.longest_wait,
                over_limit=queue.over_limit,
                asking_for_help=queue.asking_for_help,
                desks_open=queue.desks_open,
                in_calls=queue.in_calls,
                on_pause=queue.on_pause,
                desks=queue.desks,
                late=queue.late + lobby.late,
                missing=missing.get(office.id, 0),
                in_lobbies=lobby.waiting,
                failed_messages=failures.get(office.slug, 0),
                lost_screens=lost.get(office.id, ()),
                emergencies=emergencies.get(office.id, ()),
            )
        )
    unreadable = [
        unreadable_office
        for unreadable_office in await unreadable_offices(session)
        if principal.can_access_office(unreadable_office.slug)
    ]
    return order_by_attention([*known, *(OfficeToday(office.slug) for office in unreadable)])


def _by_office(screens: Iterable[DisplayScreen]) -> dict[str, list[DisplayScreen]]:
    found: dict[str, list[DisplayScreen]] = {}
    for screen in screens:
        found.setdefault(screen.office_id, []).append(screen)
    return found
