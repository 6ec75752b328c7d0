"""Board of an office: tickets, desks, appointments, lobby; and search. No writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import (
    Appointment,
    AppointmentState,
    PhoneAppointmentStatus,
    VisitPerson,
    appointment_by_token,
    appointment_json,
    appointment_services,
    appointments_of_day,
    call_opens_at,
    current_appointment,
    first_service_now,
    todays_phone_appointments,
    visit_notes,
)
from ...core.auth import Principal, StaffRole
from ...core.db.audit_entries import STAFF_PREFIX
from ...core.db.process_cache import ProcessCache
from ...core.errors import NotAllowed, NotFound, Unauthenticated
from ...core.i18n.dates import format_rfc3339
from ...core.i18n.text_search import is_search_match
from ...core.ids import normalize_locator
from ...core.json_types import JsonObject
from ...core.tokens import TokenSigner
from ...offices.service import Office, hours
from ...precheck.service import ConnectionTestSummary
from ...queue.service import (
    MAX_SEARCH_RESULTS,
    LoadedStaffBoard,
    evacuation_start,
    find_tickets,
    load_staff_board,
    people_of_tickets,
    phones_to_tell,
    token_in_link,
)
from ...rooms.service import (
    LobbyGuest,
    VideoAppointmentStatus,
    lobby_guests,
    office_transfers,
    todays_video_appointments,
)
from ..storage import emergency_rows
from ..storage.staff_directory import staff_names
from .attention import emergency_json
from .transfer_receivers import transfer_json

# The members of an appointment on the board; its model in web/response_schemas.py publishes them.
VISIT_MEMBERS = ("starts_at", "name", "mode", "needs", "details", "state")


def require_board_access(principal: Principal | None, office: str) -> Principal:
    """Require access to an office's board: its staff and integrations have it.

    Raises Unauthenticated or NotAllowed.
    """
    if principal is None:
        raise Unauthenticated
    if not (can_see_names(principal) or principal.role is StaffRole.INTEGRATION):
        raise NotAllowed
    if not principal.can_access_office(office):
        raise NotAllowed
    return principal


def can_see_names(principal: Principal) -> bool:
    """Whether the principal may read citizens' names: staff may, integrations may not."""
    return principal.has_role(StaffRole.AGENT)


@dataclass(frozen=True, slots=True)
class LoadedBoard:
    """A board as JSON, and the part of the queue that it was made of."""

    json: JsonObject
    queue: LoadedStaffBoard

    @property
    def office(self) -> Office:
        return self.queue.state.office

    def after_calls(self, cache: ProcessCache, language: str, now: datetime) -> LoadedBoard | None:
        """Return the board after calls that changed nothing else; None when SQL must be read."""
        queue = self.queue.after_calls(cache, now)
        if queue is None:
            return None
        fresh = queue.to_json(language)
        # Calls change neither appointments nor notes, so these parts are taken from the board before.
        coming = {line["slug"]: line["next_appointment"] for line in self.json["lines"]}
        notes = {ticket["id"]: ticket["notes"] for ticket in self.json["tickets"]}
        lines = [{**line, "next_appointment": coming[line["slug"]]} for line in fresh["lines"]]
        tickets = [{**ticket, "notes": notes[ticket["id"]]} for ticket in fresh["tickets"]]
        return LoadedBoard({**self.json, **fresh, "lines": lines, "tickets": tickets}, queue)


async def load_board(
    session: AsyncSession, tokens: TokenSigner, office: Office, language: str, now: datetime
) -> JsonObject:
    """Load the board with names and notes, as JSON."""
    return (await load_whole_board(session, tokens, office, language, now)).json


async def load_whole_board(
    session: AsyncSession, tokens: TokenSigner, office: Office, language: str, now: datetime
) -> LoadedBoard:
    """Load the board with names and notes.

    Its parts: queue, lobby, appointments of all modes, emergencies, transfers of calls.
    """
    waiting = await lobby_guests(session, office)
    seats = {guest.appointment_id: guest.participant_id for guest in reversed(waiting) if guest.role == "citizen"}
    queue = await load_staff_board(session, office, now)
    queue_board = queue.to_json(language)
    today = await appointments_on_day(session, office, hours.to_local_day(office.hours, now), "in_person")
    coming = _next_appointment_by_line(today, office, now)
    videos = await todays_video_appointments(session, office, now)
    by_phone = await todays_phone_appointments(session, office, now)
    people = await people_of_tickets(session, [ticket["id"] for ticket in queue_board["tickets"]])
    visits = [*today, *(status.appointment for status in by_phone)]
    ids = [*(visit.id for visit in visits), *(video.appointment_id for video in videos)]
    people |= {id: VisitPerson(appointment_id=id) for id in ids}
    notes = await visit_notes(session, tokens, office, people)
    board = {
        **queue_board,
        "evacuated": await _evacuation_json(session, office),
        "lines": [{**line, "next_appointment": coming.get(line["slug"])} for line in queue_board["lines"]],
        "tickets": [{**ticket, "notes": notes.get(ticket["id"], [])} for ticket in queue_board["tickets"]],
        "agenda": [{**visit_json(visit, office), "notes": notes[visit.id]} for visit in today],
        "lobby": [_lobby_entry_json(guest, office) for guest in waiting],
        "video": [
            {
                **_video_appointment_json(status, seats.get(status.appointment_id), office),
                "notes": notes[status.appointment_id],
            }
            for status in videos
        ],
        "telephone": [
            {**_phone_appointment_json(status, office), "notes": notes[status.appointment.id]}
            for status in by_phone
        ],
        "emergencies": [
            emergency_json(office, emergency)
            for emergency in await emergency_rows.open_emergencies(session, [office.id])
        ],
        "transfers": [
            transfer_json(office_transfer, office)
            for office_transfer in await office_transfers(session, office.id, now)
        ],
    }
    return LoadedBoard(board, queue)


async def _evacuation_json(session: AsyncSession, office: Office) -> JsonObject | None:
    """Load who told everyone to leave, when, and how many phones get a message at the end."""
    start = await evacuation_start(session, office)
    if start is None:
        return None
    person = start.actor.removeprefix(STAFF_PREFIX)
    return {
        "by": (await staff_names(session, [person])).get(person),
        "at": format_rfc3339(start.at, office.timezone),
        "phones": await phones_to_tell(session, office),
    }


def translate_board(board: dict[str, Any], office: Office, language: str) -> dict[str, Any]:
    """Translate the board: names of lines, and the reasons that hosts chose from a list."""
    lines = [
        {**line, "name": named.name(language), "stop_reason": named.stop_text(language)}
        for line in board["lines"]
        for named in [office.line(line["slug"])]
    ]
    return {**board, "pause_message": office.pause_text(language), "lines": lines}


def remove_names(board: dict[str, Any]) -> dict[str, Any]:
    """Remove names, numbers, notes, emergencies and transfers, which stay inside the office.

    For programs that show the board in public.
    """
    return {
        **board,
        "lobby": [{**item, "name": None} for item in board["lobby"]],
        "evacuated": {**board["evacuated"], "by": None} if board["evacuated"] else None,
        "emergencies": [],
        "transfers": [],
        **{
            part: [{**item, "name": None, "notes": []} for item in board[part]]
            for part in ("tickets", "agenda", "video")
        },
        "telephone": [{**item, "name": None, "phone": None, "notes": []} for item in board["telephone"]],
    }


def _next_appointment_by_line(today: Iterable[Appointment], office: Office, now: datetime) -> dict[str, str]:
    """Return by line the time of the next appointment in person without check-in."""
    soonest: dict[str, str] = {}
    for appointment in today:
        service = first_service_now(office, appointment)  # a removed service belongs to no line
        if (
            service is not None
            and appointment.state is AppointmentState.CONFIRMED
            and appointment.starts_at >= now
        ):
            soonest.setdefault(
                office.line_for_service(service).slug, format_rfc3339(appointment.starts_at, office.timezone)
            )
    return soonest


def visit_json(appointment: Appointment, office: Office) -> JsonObject:
    """Describe an appointment for the host's console, with the current slugs of its services."""
    service, *more = appointment_services(office, appointment)
    shown, told_at = appointment_json(appointment, office), appointment.latest_told_at
    return {
        "appointment": appointment.id,
        **{name: shown[name] for name in VISIT_MEMBERS},
        "told_at": format_rfc3339(told_at, office.timezone) if told_at else None,
        "service": service.slug,
        "more_services": [service.slug for service in more],
    }


def _lobby_entry_json(guest: LobbyGuest, office: Office) -> dict[str, Any]:
    entry = asdict(guest)
    return {
        "appointment": entry.pop("appointment_id"),
        "participant": entry.pop("participant_id"),
        **entry,
        "starts_at": format_rfc3339(guest.starts_at, office.timezone),
        "since": format_rfc3339(guest.since, office.timezone),
    }


def _video_appointment_json(
    status: VideoAppointmentStatus, participant_id: str | None, office: Office
) -> dict[str, Any]:
    return {
        "appointment": status.appointment_id,
        "participant": participant_id,
        "starts_at": format_rfc3339(status.starts_at, office.timezone),
        "ends_at": format_rfc3339(status.ends_at, office.timezone),
        "name": status.name,
        "service": status.service_slug,
        "more_services": list(status.more_services),
        "needs": list(status.needs),
        "details": dict(status.details),
        "state": status.state,
        "since": format_rfc3339(status.since, office.timezone) if status.since else None,
        "connected": status.connected,
        "agent": status.agent,
        "outcome": status.outcome,
        "verdict": status.test.verdict if status.test else None,
        "test": _test_json(status.test, office) if status.test else None,
        "called_back": {
            "at": format_rfc3339(status.called_back.at, office.timezone),
            "channels": list(status.called_back.channels),
        }
        if status.called_back
        else None,
    }


def _phone_appointment_json(status: PhoneAppointmentStatus, office: Office) -> dict[str, Any]:
    call, zone = status.lasting_call, office.timezone
    return {
        **visit_json(status.appointment, office),
        "ends_at": format_rfc3339(status.appointment.ends_at, zone),
        "call_opens_at": format_rfc3339(call_opens_at(status.appointment), zone),
        "phone": status.appointment.phone,
        "language": status.appointment.language,
        "attempts": status.attempts,
        "may_give_up": status.may_give_up,
        "call": {"agent_id": call.agent_id, "since": format_rfc3339(call.called_at, zone)} if call else None,
    }


def _test_json(test: ConnectionTestSummary, office: Office) -> dict[str, Any]:
    return {
        "code": test.code,
        "sign_language": test.sign_language,
        "fault": test.fault,
        "cause": test.cause,
        "advice": list(test.advice_codes),
        "at": format_rfc3339(test.at, office.timezone),
        "finished": test.finished,
    }


async def appointments_on_day(
    session: AsyncSession, office: Office, day: date, mode: str | None
) -> list[Appointment]:
    """Load the appointments of a local day that were not cancelled or rescheduled, by time."""
    start, end = hours.day_bounds(office.hours, day)
    return await appointments_of_day(session, office.id, start, end, mode)


@dataclass(frozen=True, slots=True)
class PersonSearchResult:
    """Found tickets of today, with contacts, and appointments of today.

    `notes`: by ticket and appointment id.
    """

    tickets: list[dict[str, Any]]
    appointments: list[Appointment]
    notes: Mapping[str, list[JsonObject]]


async def search_people(
    session: AsyncSession, tokens: TokenSigner, office: Office, text: str, now: datetime
) -> PersonSearchResult:
    """Search by name, code, e-mail, phone, locator or QR link; at most 200 of each."""
    today = await appointments_on_day(session, office, hours.to_local_day(office.hours, now), None)
    token = token_in_link(text)
    if token is not None:
        current_id = await _appointment_id_of_link(session, token)
        matches = [appointment for appointment in today if appointment.id == current_id]
    else:
        matches = [appointment for appointment in today if _is_match(text, appointment)]
    tickets = await find_tickets(session, office, text, now)
    people = await people_of_tickets(session, [ticket["id"] for ticket in tickets])
    people |= {appointment.id: VisitPerson(appointment_id=appointment.id) for appointment in matches}
    notes = await visit_notes(session, tokens, office, people)
    return PersonSearchResult(
        [{**ticket, "notes": notes.get(ticket["id"], [])} for ticket in tickets],
        matches[:MAX_SEARCH_RESULTS],
        notes,
    )


async def _appointment_id_of_link(session: AsyncSession, token: str) -> str | None:
    """Return the id of the appointment to which a link leads now; None for another link."""
    try:
        return (await current_appointment(session, await appointment_by_token(session, token))).id
    except NotFound:
        return None


def _is_match(text: str, appointment: Appointment) -> bool:
    return normalize_locator(text) == appointment.locator or is_search_match(
        text, (appointment.locator, appointment.name, appointment.email, appointment.phone)
    )
