"""JSON API that notifies an absent citizen from a console. For staff of the office."""

from __future__ import annotations

from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute
from ...offices.service import office_by_id
from ..actions.call_back import call_back_from_console
from . import response_schemas
from .room_caller import room_of_staff


async def post_call_back(request: ApiRequest[None]) -> JsonObject:
    """Notify the absent citizen by push, or else the chosen channels, and by e-mail."""
    runtime = request.runtime
    async with runtime.read_session() as session:
        appointment = await room_of_staff(request, session)
        office = await office_by_id(session, appointment.office_id)
    called_back = await call_back_from_console(runtime, request.staff, appointment.id)
    at = format_rfc3339(called_back.at, office.timezone)
    return {"at": at, "channels": list(called_back.channels)}


routes = [
    ApiRoute(
        "POST /rooms/{appointment}/call-back",
        post_call_back,
        "Notify the absent citizen of a video call; once a minute",
        ApiAccess.AGENT,
        response_schemas.CalledBack,
        errors={
            403: ("not_video", "not_confirmed", "too_early_for_room"),
            409: ("citizen_present", "called_back_already", "no_contact"),
            410: ("room_over", "appointment_cancelled"),
        },
    ),
]
