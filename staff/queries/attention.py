"""Situations of an office that may concern its staff. No writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal
from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...offices.service import Office
from ...queue.service import lines_by_agent, tickets_needing_attention
from ...rooms.service import lobby_guests
from ..consoles.alerts import ConsoleReader
from ..domain.alerts import (
    HOST_ROLES,
    NO_ALERTS,
    AlertSettings,
    LobbyWait,
    OfficeAttention,
    TicketWait,
    find_alerts,
)
from ..domain.emergency import Emergency
from ..storage import alert_rows, emergency_rows

IN_LOBBY = "lobby"


async def load_office_attention(session: AsyncSession, office: Office, now: datetime) -> OfficeAttention:
    """Load lobbies, waiting tickets and calls for help of an office, and who is there."""
    guests = await lobby_guests(session, office)
    tickets = await tickets_needing_attention(session, office, now)
    return OfficeAttention(
        lobby=tuple(
            LobbyWait(
                guest.appointment_id, guest.participant_id, _service_line(office, guest.service), guest.since
            )
            for guest in guests
            if guest.state == IN_LOBBY and guest.connected
        ),
        tickets=tuple(
            TicketWait(ticket.ticket_id, ticket.code, ticket.since, ticket.help_at) for ticket in tickets
        ),
        lines_by_agent=await lines_by_agent(session, office),
        has_host=await alert_rows.has_signed_in_host(session, office.slug, HOST_ROLES, now),
    )


def _service_line(office: Office, service_slug: str) -> str:
    """Return the slug of the line of a service; empty for a removed service."""
    service = next((offered for offered in office.services if offered.slug == service_slug), None)
    return office.line_for_service(service).slug if service else ""


async def console_readers(
    session: AsyncSession, office: Office, people: Iterable[Principal], now: datetime
) -> dict[str, ConsoleReader]:
    """Load the choices of people at consoles, and the situations that concern them, by person."""
    by_id = {person.id: person for person in people if not person.is_api_key}
    settings = await alert_rows.load_alert_settings(session, by_id.keys()) if by_id else {}
    attention = OfficeAttention()
    # The silent default costs no further query.
    if any(chosen.events for chosen in settings.values()):
        attention = await load_office_attention(session, office, now)
    return {
        person.id: _console_reader(person, settings.get(person.id, NO_ALERTS), attention, now)
        for person in by_id.values()
    }


async def console_reader(session: AsyncSession, office: Office, person: Principal, now: datetime) -> ConsoleReader:
    """Load the reader of a console."""
    return (await console_readers(session, office, [person], now))[person.id]


def _console_reader(
    person: Principal, chosen: AlertSettings, attention: OfficeAttention, now: datetime
) -> ConsoleReader:
    alerts = find_alerts(attention, person.id, person.role, chosen, now)
    return ConsoleReader(person.id, person.role, chosen, alerts)


async def load_open_emergencies(session: AsyncSession, office_ids: Collection[str]) -> dict[str, list[Emergency]]:
    """Load the open emergencies of offices with one query, by office id, oldest first."""
    found: dict[str, list[Emergency]] = {}
    for emergency in await emergency_rows.open_emergencies(session, office_ids):
        found.setdefault(emergency.office_id, []).append(emergency)
    return found


def emergency_json(office: Office, emergency: Emergency) -> JsonObject:
    """Convert an emergency for the board. `by` and the names of `answers` are those of staff."""

    def time(moment: datetime) -> str:
        return format_rfc3339(moment, office.timezone)

    return {
        "id": emergency.id,
        "desk": emergency.desk_id,
        "desk_name": emergency.desk,
        "place": str(emergency.place),
        "appointment": emergency.appointment_id,
        "by": emergency.starter,
        "by_id": emergency.starter_id,
        "since": time(emergency.started_at),
        "answers": [{"name": answer.name, "at": time(answer.at)} for answer in emergency.answers],
    }
