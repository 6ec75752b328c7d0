"""Pages of a video room for the citizen and the agent, before, during and after the call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    Appointment,
    VisitPerson,
    appointment_at_address,
    appointment_by_id,
    appointment_services,
    booking_url_for_services,
    build_note_rows,
    can_change_mode,
    entry_closes_at,
    entry_opens_at,
    staff_facts,
    visit_notes,
)
from ...core.auth import StaffRole, require_role
from ...core.contact.masked_contact import mask_contact
from ...core.formats.qr import QrCode, encode_qr
from ...core.i18n.catalogues import N_, Catalogues
from ...core.i18n.dates import format_time
from ...core.i18n.languages import join_list, text_in_language
from ...core.web import authentication, requests
from ...offices.service import (
    NEED_NAMES,
    STAFF_NEED_NAMES,
    Office,
    ServiceMode,
    choice_text,
    office_by_id,
    office_choices,
)
from ...precheck.service import latest_test_summaries
from ..actions.staff_actions import NO_SHOW_OUTCOME
from ..domain.room import Room, call_length_s, find_citizen
from ..domain.room_documents import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS
from ..domain.room_invite import InviteChannel
from ..queries.call_surveys import survey_for_person
from ..queries.call_timelines import load_call_timeline
from ..queries.papers_after_call import CallPapers, papers_after_call
from ..queries.room_access import CITIZEN_PERSON, RoomAccess, is_person_inside, person_key, room_access
from ..storage import room_rows
from ..storage.survey_rows import survey_answers
from .documents_api import DOCUMENTS_PATH
from .page_texts import early_script_texts, room_script_texts
from .survey_form import TypedSurvey, show_survey
from .timeline_texts import DOCUMENT_WORDS, identity_line, timeline_lines

# A page opened up to this long before the room opens reloads itself when the room opens.
AUTO_REFRESH_WITHIN = timedelta(minutes=20)
# Outcomes that only a video call has. They follow those of the office.
CALL_OUTCOMES = {
    "technical_problem": N_("The connection did not work"),
    NO_SHOW_OUTCOME: N_("Nobody came"),
}
# How a citizen can be attended without this call, by the name in the templates.
OTHER_MODES: dict[str, ServiceMode] = {"in_person": "in_person", "by_telephone": "phone"}


async def show_citizen_room(request: Request, typed: TypedSurvey | None = None) -> Response:
    """Show the citizen's room while it is open, else why it is not open.

    `typed`: a survey of the ended call that was refused.
    """
    token = request.path_params["token"]
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment = await appointment_at_address(request, session, token)
        office = await office_by_id(session, appointment.office_id)
        room = await room_rows.load_room(session, appointment.id)
        last_test = (await latest_test_summaries(session, [appointment.id])).get(appointment.id)
        inside = await is_person_inside(session, room, CITIZEN_PERSON)
        call_papers = await papers_after_call(session, appointment.id, CITIZEN_PERSON)
        survey = await survey_for_person(session, room, CITIZEN_PERSON, runtime.now())
    access = room_access(appointment, room, runtime.now())
    page = _page_context(request, appointment, office, room, NEED_NAMES) | {"token": token, "last_test": last_test}
    page |= _papers_context(call_papers, token)
    if access in (RoomAccess.NOT_VIDEO, RoomAccess.UNCONFIRMED):
        return requests.see_other(f"/a/{token}")
    if access is RoomAccess.OPEN:
        return requests.render_page(
            request, "rooms/room.html", **page, **_citizen_context(request, appointment, office, token, inside)
        )
    page["survey"] = show_survey(request, survey, f"/a/{token}/room/survey", typed)
    return requests.render_page(
        request,
        f"rooms/{access.value}.html",
        status_code=422 if typed else 200,
        **page,
        **_early_context(request, appointment, token),
    )


async def show_staff_room(request: Request) -> Response:
    """Show the agent's room, or the result of the call after its end."""
    appointment_id, runtime = request.path_params["appointment"], requests.current_runtime(request)
    principal = await authentication.current_principal(request)
    if principal is None:
        query = f"?{request.url.query}" if request.url.query else ""
        return requests.see_other(f"/staff/?next={quote(request.url.path + query)}")
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, appointment_id)
        staff = require_role(principal, StaffRole.AGENT, appointment.office_slug)
        office = await office_by_id(session, appointment.office_id)
        room = await room_rows.load_room(session, appointment.id)
        inside = await is_person_inside(session, room, person_key(staff))
        timeline = await load_call_timeline(session, appointment.id)
        person = VisitPerson(appointment_id=appointment.id)
        call_papers = await papers_after_call(session, appointment.id, person_key(staff))
        answers = (await survey_answers(session, [appointment.id])).get(appointment.id, ())
        notes = (await visit_notes(session, runtime.tokens, office, {appointment.id: person}))[appointment.id]
    t, language = requests.current_gettext(request), requests.current_language(request)
    page = _page_context(request, appointment, office, room)
    page |= _papers_context(call_papers, appointment.id)
    page["notes"] = build_note_rows(notes, t, office, language)
    page["timeline"] = timeline_lines(timeline, t, office.timezone)
    page["identity"] = identity_line(timeline, t, office.timezone)
    page["answers"] = answers
    page["is_manager"] = staff.has_role(StaffRole.MANAGER) and not staff.is_api_key
    access = room_access(appointment, room, runtime.now())
    has_no_room = access in (RoomAccess.NOT_VIDEO, RoomAccess.UNCONFIRMED, RoomAccess.CANCELLED)
    if has_no_room or (room is not None and room.end is not None):
        return requests.render_page(request, "rooms/staff_over.html", **page, found=access.value)
    return requests.render_page(
        request,
        "rooms/call.html",
        **page,
        **_agent_context(request, appointment, office, staff.name, room, inside=inside),
    )


async def show_timeline(request: Request) -> Response:
    """Show staff what happened in a call, also while it lasts."""
    runtime = requests.current_runtime(request)
    principal = await authentication.current_principal(request)
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, request.path_params["appointment"])
        require_role(principal, StaffRole.AGENT, appointment.office_slug)
        office = await office_by_id(session, appointment.office_id)
        room = await room_rows.load_room(session, appointment.id)
        timeline = await load_call_timeline(session, appointment.id)
    t = requests.current_gettext(request)
    page = _page_context(request, appointment, office, room)
    return requests.render_page(
        request, "rooms/timeline.html", **page, timeline=timeline_lines(timeline, t, office.timezone)
    )


def _page_context(
    request: Request,
    appointment: Appointment,
    office: Office,
    room: Room | None,
    need_names: Mapping[str, str] = STAFF_NEED_NAMES,
) -> dict[str, Any]:
    t, language = requests.current_gettext(request), requests.current_language(request)
    talked_s = call_length_s(room) if room else None
    agents = [participant.name for participant in room.participants if participant.is_staff] if room else []
    return {
        "appointment": appointment,
        "again": booking_url_for_services(office.slug, appointment.service_slugs, appointment.mode),
        "office": office,
        "zone": office.timezone,
        "phone": office.phone.replace(" ", "\u00a0"),  # so that no line break splits the number
        "service": join_list(
            (service.name(language) for service in appointment_services(office, appointment)), language
        ),
        "needs": staff_facts(appointment.all_needs, appointment.details, t, need_names),
        "talked_minutes": None if talked_s is None else int(talked_s // 60),
        "ended_at": room.end.at if room and room.end else None,
        "by_phone_at": room.by_phone_since if room else None,
        "outcome": _outcome_text(request, office, room),
        "agents": agents,
        "closes_at": entry_closes_at(appointment),
    }


def _papers_context(call_papers: CallPapers, address: str) -> dict[str, Any]:
    """Return the limits of documents, and what a call that is over has left.

    `address`: a token, or an id for staff.
    """
    return {
        "papers": document_limits(),
        "call_papers": call_papers,
        "documents_path": DOCUMENTS_PATH.format(appointment=address),
    }


def document_limits() -> dict[str, int]:
    """Return the limits of documents that the panel names."""
    return {"max_megabytes": MAX_DOCUMENT_BYTES >> 20, "max_documents": MAX_DOCUMENTS}


def _outcome_text(request: Request, office: Office, room: Room | None) -> str | None:
    """Return the words of the room's outcome, also if the office no longer offers it."""
    if room is None or room.end is None or room.end.outcome is None:
        return None
    catalogues: Catalogues = request.state.catalogues
    outcome, language = room.end.outcome, requests.current_language(request)
    if outcome in CALL_OUTCOMES:
        return catalogues.gettext(language, CALL_OUTCOMES[outcome])
    return choice_text(office, "outcomes", outcome, language, catalogues.translations(language).gettext)


def _offered_outcomes(request: Request, office: Office) -> list[tuple[str, str]]:
    """List the outcomes of the office and those of a video call: keys and words."""
    catalogues: Catalogues = request.state.catalogues
    language = requests.current_language(request)
    own = office_choices(office, "outcomes", catalogues.localized)
    offered = {key: text_in_language(texts, language) for key, texts in own.items()}
    for key, sentence in CALL_OUTCOMES.items():
        offered.pop(key, None)
        offered[key] = catalogues.gettext(language, sentence)
    return list(offered.items())


def _early_context(request: Request, appointment: Appointment, token: str) -> dict[str, Any]:
    opens_at = entry_opens_at(appointment)
    wait = opens_at - requests.current_runtime(request).now()
    opens_in_s = max(0, int(wait.total_seconds())) + 1
    return {
        "opens_at": opens_at,
        "opens_in_s": opens_in_s,
        "refresh_s": opens_in_s if wait <= AUTO_REFRESH_WITHIN else None,
        "texts": early_script_texts(requests.current_gettext(request)),
        "qr": _room_qr(request, token),
    }


def _room_qr(request: Request, token: str) -> QrCode:
    """Return the code by which the citizen goes on with another device."""
    return encode_qr(f"{requests.current_runtime(request).public_url}/a/{token}/room", "m")


def _citizen_context(
    request: Request, appointment: Appointment, office: Office, token: str, inside: bool
) -> dict[str, Any]:
    now = requests.current_runtime(request).now()
    change = f"/a/{token}/reschedule?mode="
    changes = {
        name: f"{change}{mode}" if can_change_mode(office, appointment, mode, now) else None
        for name, mode in OTHER_MODES.items()
    }
    return {
        "is_staff": False,
        "is_guest": False,
        "outcomes": (),
        "qr": _room_qr(request, token),
        **changes,
        "texts": room_script_texts(requests.current_gettext(request)),
        "room": {
            "role": "citizen",
            "signs": appointment.is_in_sign_language,
            "inside": inside,
            "call_to": mask_contact(appointment.phone),
            "hello": {"token": token},
            "office": office.name,
            "closes": format_time(entry_closes_at(appointment), office.timezone),
            "offset_minutes": utc_offset_minutes(office, now),
            "now": int(now.timestamp() * 1000),
        },
    }


def _agent_context(
    request: Request, appointment: Appointment, office: Office, name: str, room: Room | None, *, inside: bool
) -> dict[str, Any]:
    citizen = find_citizen(room) if room else None
    t, now = requests.current_gettext(request), requests.current_runtime(request).now()
    offers = requests.offered_channels(request)
    return {
        "is_staff": True,
        "document_kinds": [(str(kind), t(words)) for kind, words in DOCUMENT_WORDS.items()],
        "has_sms": any(each.channel == InviteChannel.SMS for each in offers),
        "outcomes": _offered_outcomes(request, office),
        "texts": room_script_texts(t) | {f"channel_{each.channel}": t(each.title) for each in offers},
        "room": {
            "role": "agent",
            "signs": appointment.is_in_sign_language,
            "inside": inside,
            "hello": {"appointment": appointment.id},
            "office": office.name,
            "me": name,
            "guest": appointment.name,
            "has_come": citizen is not None and citizen.first_joined_at is not None,
            "call_to": mask_contact(appointment.phone),
            "closes": format_time(entry_closes_at(appointment), office.timezone),
            "offset_minutes": utc_offset_minutes(office, now),
            "now": int(now.timestamp() * 1000),
        },
    }


def utc_offset_minutes(office: Office, now: datetime) -> int:
    """Return the office's UTC offset, with which the page shows times of the office."""
    offset = now.astimezone(office.timezone).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)


routes = [
    Route("/a/{token}/room", show_citizen_room),
    Route("/staff/rooms/{appointment}", show_staff_room),
    Route("/staff/rooms/{appointment}/timeline", show_timeline),
]
