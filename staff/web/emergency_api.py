"""JSON API of the emergency button and of devices that get pushes (docs/api.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from ...core.contact.push_schemas import (
    ENDPOINT_EXAMPLE,
    SUBSCRIPTION_EXAMPLE,
    EndpointMessage,
    SubscriptionMessage,
    to_push_subscription,
)
from ...core.json_types import JsonObject
from ...core.web import requests
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute
from ...core.web.validation import EmptyIsNone
from ..actions import alert_settings, emergencies
from ..domain.device_label import device_label
from ..domain.emergency import MAX_NOTE_LENGTH
from ..queries.attention import emergency_json
from . import response_schemas


class EndEmergencyMessage(BaseModel, defer_build=True):
    note: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_LENGTH)] | None, EmptyIsNone
    ] = None
    false_alarm: bool = False


async def post_desk_emergency(request: ApiRequest[None]) -> JsonObject:
    """Report an emergency; answer with the open emergency if the caller has pressed before."""
    return emergency_json(
        *await emergencies.press_at_desk(request.runtime, request.staff, request.path_params["desk"])
    )


async def post_call_emergency(request: ApiRequest[None]) -> JsonObject:
    """Report an emergency; answer with the open emergency if the caller has pressed before."""
    return emergency_json(
        *await emergencies.press_in_call(request.runtime, request.staff, request.path_params["appointment"])
    )


async def post_office_emergency(request: ApiRequest[None]) -> JsonObject:
    """Report an emergency; answer with the open emergency if the caller has pressed before."""
    return emergency_json(
        *await emergencies.press_at_entrance(request.runtime, request.staff, request.path_params["office"])
    )


async def post_answer(request: ApiRequest[None]) -> JsonObject:
    return emergency_json(*await emergencies.answer(request.runtime, request.staff, request.path_params["id"]))


async def post_end(request: ApiRequest[EndEmergencyMessage]) -> JsonObject:
    runtime, message = request.runtime, request.message
    ended = await emergencies.end(
        runtime, request.staff, request.path_params["id"], note=message.note, false_alarm=message.false_alarm
    )
    return emergency_json(*ended)


async def post_push(request: ApiRequest[SubscriptionMessage]) -> JsonObject:
    await alert_settings.add_device(
        request.runtime,
        request.staff,
        to_push_subscription(request.message),
        requests.push_settings(request),
        label=device_label(request.headers.get("user-agent", "")),
        language=requests.current_language(request),
    )
    return {"subscribed": True}


async def post_push_end(request: ApiRequest[EndpointMessage]) -> JsonObject:
    await alert_settings.end_browser(request.runtime, request.staff, request.message.endpoint)
    return {"subscribed": False}


routes = [
    ApiRoute(
        "POST /staff/desks/{desk}/emergency",
        post_desk_emergency,
        "Press the silent emergency button of the caller's desk; a host, of any desk of the office",
        ApiAccess.AGENT,
        response_schemas.EmergencyAtDesk,
        errors={403: ("not_your_desk",)},
    ),
    ApiRoute(
        "POST /staff/rooms/{appointment}/emergency",
        post_call_emergency,
        "Press the silent emergency button in a video call",
        ApiAccess.AGENT,
        response_schemas.EmergencyAtDesk,
    ),
    ApiRoute(
        "POST /staff/calls/{appointment}/emergency",
        post_call_emergency,
        "Press the silent emergency button in a call by telephone",
        ApiAccess.AGENT,
        response_schemas.EmergencyAtDesk,
    ),
    ApiRoute(
        "POST /staff/offices/{office}/emergency",
        post_office_emergency,
        "Press the silent emergency button at the caller's open desk, else at the entrance of the office",
        ApiAccess.AGENT,
        response_schemas.EmergencyAtDesk,
    ),
    ApiRoute(
        "POST /staff/emergencies/{id}/answer",
        post_answer,
        "Tell the desk that the caller comes",
        ApiAccess.AGENT,
        response_schemas.EmergencyAtDesk,
    ),
    ApiRoute(
        "POST /staff/emergencies/{id}/end",
        post_end,
        "End an emergency: hosts, and the person who pressed",
        ApiAccess.AGENT,
        response_schemas.EmergencyAtDesk,
        body=EndEmergencyMessage,
        errors={403: ("not_your_emergency",)},
        example={"note": "The police came.", "false_alarm": False},
    ),
    ApiRoute(
        "POST /staff/alerts/push",
        post_push,
        "Send the caller's alerts to this browser",
        ApiAccess.AGENT,
        response_schemas.PushState,
        body=SubscriptionMessage,
        errors={403: ("people_only",)},
        example=SUBSCRIPTION_EXAMPLE,
    ),
    ApiRoute(
        "POST /staff/alerts/push/end",
        post_push_end,
        "End the alerts to this browser",
        ApiAccess.AGENT,
        response_schemas.PushState,
        body=EndpointMessage,
        example=ENDPOINT_EXAMPLE,
    ),
]
