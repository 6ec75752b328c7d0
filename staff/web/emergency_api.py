"""JSON API of the emergency button and of devices that get pushes (docs/api.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage, to_push_subscription
from ...core.json_types import JsonObject
from ...core.web import authentication, requests
from ...core.web.validation import EmptyIsNone
from ...offices.service import Office
from ..actions import alert_settings, emergencies
from ..domain.device_label import device_label
from ..domain.emergency import MAX_NOTE_LENGTH, Emergency
from ..queries.attention import emergency_json


class EndEmergencyMessage(BaseModel, defer_build=True):
    """`POST /staff/emergencies/{id}/end`."""

    note: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_LENGTH)] | None, EmptyIsNone
    ] = None
    false_alarm: bool = False


async def _require_agent(request: Request) -> Principal:
    return require_role(await authentication.current_principal(request), StaffRole.AGENT)


def _response(office: Office, emergency: Emergency) -> Response:
    body: JsonObject = emergency_json(emergency, office)
    return requests.json_response(body)


async def post_desk_emergency(request: Request) -> Response:
    """`POST /api/v1/staff/desks/{desk}/emergency`.

    The open one, if the caller has pressed before.
    """
    agent, runtime = await _require_agent(request), requests.current_runtime(request)
    return _response(*await emergencies.press_at_desk(runtime, agent, request.path_params["desk"]))


async def post_call_emergency(request: Request) -> Response:
    """`POST /api/v1/staff/rooms/{appointment}/emergency`, and `/staff/calls/…` by telephone.

    The open one, if the caller has pressed before.
    """
    agent, runtime = await _require_agent(request), requests.current_runtime(request)
    return _response(*await emergencies.press_in_call(runtime, agent, request.path_params["appointment"]))


async def post_office_emergency(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/emergency`, of the entrance and the calendar.

    The open one, if the caller has pressed before.
    """
    agent, runtime = await _require_agent(request), requests.current_runtime(request)
    return _response(*await emergencies.press_at_entrance(runtime, agent, request.path_params["office"]))


async def post_answer(request: Request) -> Response:
    """`POST /api/v1/staff/emergencies/{id}/answer`: tell the desk that the caller comes."""
    agent, runtime = await _require_agent(request), requests.current_runtime(request)
    return _response(*await emergencies.answer(runtime, agent, request.path_params["id"]))


async def post_end(request: Request) -> Response:
    """`POST /api/v1/staff/emergencies/{id}/end {note?, false_alarm?}`."""
    agent, runtime = await _require_agent(request), requests.current_runtime(request)
    message = await requests.read_json_body(request, EndEmergencyMessage)
    ended = await emergencies.end(
        runtime, agent, request.path_params["id"], note=message.note, false_alarm=message.false_alarm
    )
    return _response(*ended)


async def post_push(request: Request) -> Response:
    """`POST /api/v1/staff/alerts/push`: send the caller's pushes to this browser."""
    person = await _require_agent(request)
    message = await requests.read_json_body(request, SubscriptionMessage)
    await alert_settings.add_device(
        requests.current_runtime(request),
        person,
        to_push_subscription(message),
        requests.push_settings(request),
        label=device_label(request.headers.get("user-agent", "")),
        language=requests.current_language(request),
    )
    return requests.json_response({"subscribed": True})


async def post_push_end(request: Request) -> Response:
    """`POST /api/v1/staff/alerts/push/end`: end the pushes to this browser."""
    person = await _require_agent(request)
    message = await requests.read_json_body(request, EndpointMessage)
    await alert_settings.end_browser(requests.current_runtime(request), person, message.endpoint)
    return requests.json_response({"subscribed": False})


def _post_route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(f"/api/v1/staff{path}", endpoint, methods=["POST"])


routes = [
    _post_route("/desks/{desk}/emergency", post_desk_emergency),
    _post_route("/rooms/{appointment}/emergency", post_call_emergency),
    _post_route("/calls/{appointment}/emergency", post_call_emergency),
    _post_route("/offices/{office}/emergency", post_office_emergency),
    _post_route("/emergencies/{id}/answer", post_answer),
    _post_route("/emergencies/{id}/end", post_end),
    _post_route("/alerts/push", post_push),
    _post_route("/alerts/push/end", post_push_end),
]
