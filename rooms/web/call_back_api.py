"""JSON API that notifies an absent citizen from a console. For staff of the office."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.i18n.dates import format_rfc3339
from ...core.web import requests
from ...offices.service import office_by_id
from ..actions.call_back import call_back_from_console
from .room_caller import room_staff


async def post_call_back(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/call-back`: by push, else SMS, and by e-mail."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment, staff = await room_staff(request, session)
        office = await office_by_id(session, appointment.office_id)
    called_back = await call_back_from_console(runtime, staff, appointment.id)
    at = format_rfc3339(called_back.at, office.timezone)
    return requests.json_response({"at": at, "channels": list(called_back.channels)})


routes = [Route("/api/v1/rooms/{appointment}/call-back", post_call_back, methods=["POST"])]
