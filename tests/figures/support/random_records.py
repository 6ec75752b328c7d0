"""Records of past days of an office, drawn by a seed: visits and calls of every kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from office360.appointments.storage.tables import AppointmentRow, PhoneCallRow
from office360.core.db.engine import execute_on_connection, mapped_table
from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.figures.storage.tables import CallQualityRow
from office360.offices.service import Office, hours
from office360.queue.domain.ticket import TicketKind, TicketState
from office360.queue.storage.tables import SegmentRow, TicketRow
from office360.rooms.storage.survey_tables import SurveyRow
from office360.rooms.storage.tables import ParticipantRow, RoomRow
from office360.server.demo.past_calls import PastDay, Rows, phone_call_rows, survey_rows, video_call_rows
from sqlalchemy import insert

OPENS, CLOSES = time(8), time(19)
STATES = {
    TicketState.FINISHED: 85,
    TicketState.NO_SHOW: 6,
    TicketState.LEFT: 5,
    TicketState.EXPIRED: 2,
    TicketState.WAITING: 2,
}


async def record_random_days(
    runtime: Runtime, office: Office, days: Iterable[date], visits: int, seed: int = 1
) -> None:
    """Insert so many visits of each day, and some calls. A year takes half a minute."""
    chance = Random(seed)
    for day in days:
        tickets, segments = _visit_rows(office, day, visits, chance)
        past = _past_day(office, day)
        video = video_call_rows(office, past)
        appointments, calls = phone_call_rows(office, past)
        surveys = survey_rows(video[2], video[3], day)
        tables = (AppointmentRow, RoomRow, ParticipantRow, CallQualityRow)
        rows: list[tuple[type[Any], Rows]] = [
            (TicketRow, tickets),
            (SegmentRow, segments),
            *zip(tables, video, strict=True),
            (SurveyRow, surveys),
            (AppointmentRow, appointments),
            (PhoneCallRow, calls),
        ]
        async with runtime.transaction() as tx:
            for table, of_table in rows:
                if of_table:
                    await execute_on_connection(tx.session, insert(mapped_table(table)), of_table)


def _past_day(office: Office, day: date) -> PastDay:
    opens, closes = (datetime.combine(day, at, office.timezone) for at in (OPENS, CLOSES))
    return PastDay(day, opens, closes)


def _visit_rows(office: Office, day: date, visits: int, chance: Random) -> tuple[Rows, Rows]:
    start, _ = hours.day_bounds(office.hours, day)
    tickets: Rows = []
    segments: Rows = []
    for number in range(visits):
        arrived = start + timedelta(hours=8, seconds=chance.uniform(0, 10 * 3600))
        ticket = _ticket_row(office, day, number, arrived, chance)
        ended = _segment_rows(ticket, chance)
        segments += ended
        tickets.append({**ticket, "since": ended[-1]["ended_at"] if ended else arrived})
    return tickets, segments


def _ticket_row(office: Office, day: date, number: int, arrived: datetime, chance: Random) -> dict[str, Any]:
    service = chance.choice([service for service in office.services if service.line_id is not None])
    line_id = (
        chance.choice(office.lines).id if chance.random() < 0.05 else service.line_id
    )  # some were transferred
    is_booked = chance.random() < 0.3
    due = arrived + timedelta(seconds=chance.gauss(120, 500)) if is_booked else None
    is_told = is_booked and chance.random() < 0.2
    earliest = arrived + timedelta(minutes=chance.randrange(0, 15))
    is_shown = chance.random() < 0.8
    return {
        "id": new_id(),
        "token_hash": new_id(),
        "office_id": office.id,
        "line_id": line_id,
        "issued_line_id": service.line_id,
        "service": service.slug,
        "day": day,
        "number": number + 1,
        "code": f"A-{number + 1:03}",
        "kind": TicketKind.APPOINTMENT if is_booked else TicketKind.WALK_IN,
        "priority": "normal",
        "preferential_requested": False,
        "state": chance.choices(list(STATES), list(STATES.values()))[0],
        "since": arrived,
        "issued_at": arrived,
        "arrived_at": arrived,
        "expires_at": arrived + timedelta(hours=12),
        "expected": timedelta(minutes=10),
        "more_services": [],
        "appointment_at": due,
        "told_at": due + timedelta(minutes=15) if due and is_told else None,
        "recalls": 0,
        "rejoins": 0,
        "postpones": int(chance.random() < 0.05),
        "placed_at": arrived if chance.random() < 0.05 else None,
        "overtakings_left": 0,
        "help": False,
        "help_answered": False,
        "language": "es",
        "shown_earliest": earliest if is_shown else None,
        "shown_latest": earliest + timedelta(minutes=chance.randrange(5, 25)) if is_shown else None,
        "notify": False,
        "told_next": False,
    }


def _segment_rows(ticket: dict[str, Any], chance: Random) -> Rows:
    """Draw the ended periods of a ticket: some rejoin, and some are served by two desks."""
    served = [TicketState.WAITING, TicketState.CALLED, TicketState.SERVING]
    missed = [TicketState.WAITING, TicketState.CALLED, TicketState.MISSED]
    states = {
        TicketState.FINISHED: (missed if chance.random() < 0.1 else []) + served,
        TicketState.NO_SHOW: missed,
        TicketState.LEFT: [TicketState.WAITING],
        TicketState.EXPIRED: missed if chance.random() < 0.5 else [TicketState.WAITING],
        TicketState.WAITING: [],
    }[ticket["state"]]
    if ticket["state"] == TicketState.FINISHED and chance.random() < 0.1:
        states = [*states, *served]
    rows: Rows = []
    at: datetime = ticket["arrived_at"]
    for state in states:
        mean_s = {TicketState.WAITING: 700, TicketState.CALLED: 50, TicketState.SERVING: 480}.get(state, 120)
        ends = at + timedelta(seconds=chance.expovariate(1 / mean_s))
        services = chance.choices([ticket["service"], f"{ticket['service']} another", None], [90, 8, 2])[0]
        rows.append(
            {
                "id": new_id(),
                "ticket_id": ticket["id"],
                "line_id": ticket["line_id"],
                "state": state,
                "started_at": at,
                "ended_at": ends,
                "services": services,
            }
        )
        at = ends
    return rows
