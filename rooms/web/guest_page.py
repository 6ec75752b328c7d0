"""Page of a guest's link: preview, lobby and call, or why the link does not open the room."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    Appointment,
    appointment_by_id,
    appointment_services,
    entry_closes_at,
    entry_opens_at,
)
from ...core.errors import NotFound
from ...core.i18n.dates import format_time
from ...core.i18n.languages import join_list
from ...core.tokens import hash_token
from ...core.web import requests
from ...offices.service import Office, office_by_id
from ..domain.room_invite import RoomInvite
from ..queries.call_surveys import survey_for_person
from ..queries.room_access import RoomAccess, guest_key, is_person_inside, room_access
from ..storage import room_invite_rows, room_rows
from .page_texts import room_script_texts
from .people_texts import guest_role_text
from .room_caller import is_usable_link
from .room_pages import document_limits, utc_offset_minutes
from .survey_form import TypedSurvey, show_survey


async def show_guest_room(request: Request, typed: TypedSurvey | None = None) -> Response:
    """`GET /i/{token}`.

    It binds nothing: mail scanners follow links, and the guest's press binds. `typed`: a survey of the ended call
    that was refused.
    """
    runtime, token = requests.current_runtime(request), request.path_params["token"]
    async with runtime.read_session() as session:
        invite = await room_invite_rows.invite_by_token_hash(session, hash_token(token))
        if invite is None:
            raise NotFound
        appointment = await appointment_by_id(session, invite.appointment_id)
        office = await office_by_id(session, appointment.office_id)
        room = await room_rows.load_room(session, appointment.id)
        inside = await is_person_inside(session, room, guest_key(invite.id))
        offered = await survey_for_person(session, room, guest_key(invite.id), runtime.now())
    access = room_access(appointment, room, runtime.now())
    page = _page_context(request, appointment, office, invite)
    # checked before the access: a link that was used elsewhere tells nothing about the room
    if not is_usable_link(request, invite):
        reason = "used" if invite.withdrawn_at is None else "withdrawn"
    elif access is RoomAccess.OPEN:
        return requests.render_page(
            request,
            "rooms/guest_room.html",
            headers=requests.PRIVATE_PAGE_HEADERS,
            **page,
            **_room_context(request, appointment, office, invite, token, inside),
        )
    else:
        reason = "early" if access is RoomAccess.EARLY else "over"
    is_own = reason == "over" and invite.device_hash is not None
    return requests.render_page(
        request,
        "rooms/guest_closed.html",
        status_code=422 if typed else 200,
        headers=requests.PRIVATE_PAGE_HEADERS,
        **page,
        reason=reason,
        survey=show_survey(request, offered, f"/i/{token}/survey", typed) if is_own else None,
    )


def _page_context(
    request: Request, appointment: Appointment, office: Office, invite: RoomInvite
) -> dict[str, Any]:
    """Build what the page says. It has neither name nor contact of the citizen."""
    t, language = requests.current_gettext(request), requests.current_language(request)
    return {
        "appointment": appointment,
        "office": office,
        "zone": office.timezone,
        "phone": office.phone.replace(" ", "\u00a0"),
        "service": join_list(
            (service.name(language) for service in appointment_services(office, appointment)), language
        ),
        "role": guest_role_text(t, invite.role),
        "guest_name": invite.name,
        "opens_at": entry_opens_at(appointment),
        "closes_at": entry_closes_at(appointment),
    }


def _room_context(
    request: Request, appointment: Appointment, office: Office, invite: RoomInvite, token: str, inside: bool
) -> dict[str, Any]:
    now = requests.current_runtime(request).now()
    return {
        "is_staff": False,
        "is_guest": True,
        "papers": document_limits(),
        "outcomes": (),
        "texts": room_script_texts(requests.current_gettext(request)),
        "room": {
            "role": "guest",
            "signs": appointment.is_in_sign_language,
            "inside": inside,
            "hello": {"token": token},
            "office": office.name,
            "closes": format_time(entry_closes_at(appointment), office.timezone),
            "offset_minutes": utc_offset_minutes(office, now),
            "now": int(now.timestamp() * 1000),
        },
    }


routes = [Route("/i/{token}", show_guest_room)]
