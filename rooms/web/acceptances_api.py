"""JSON API of the texts that a citizen accepts in a call (docs/api.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.i18n.languages import text_in_language
from ...core.web import requests
from ...core.web.openapi import API_PREFIX
from ...offices.service import office_by_id
from ..actions import accept_text
from ..domain.acceptance import CODE_VALID_FOR, Acceptance
from ..queries.received_documents import require_reader
from ..storage import acceptance_rows
from .room_caller import RoomCaller, room_caller

ACCEPTANCES_PATH = API_PREFIX + "/rooms/{appointment}/acceptances"


class OfferMessage(BaseModel, defer_build=True):
    """Key of a text of the office."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class CodeMessage(BaseModel, defer_build=True):
    """Contact of the citizen that gets the code."""

    channel: Literal["email", "sms"]


class AcceptMessage(BaseModel, defer_build=True):
    """Code as it was typed: spaces do not matter."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]


async def get_acceptances(request: Request) -> Response:
    """`GET /api/v1/rooms/{appointment}/acceptances`: texts, and what the caller can do."""
    async with requests.current_runtime(request).read_session() as session:
        caller = await room_caller(request, session)
        await require_reader(session, caller.appointment.id, caller.person)
        offered = await acceptance_rows.room_acceptances(session, caller.appointment.id)
        office = await office_by_id(session, caller.appointment.office_id)
    language = requests.current_language(request)
    contacts = accept_text.code_contacts(caller.appointment, requests.sms_countries(request))
    body = {
        "acceptances": [acceptance_json(one) for one in offered],
        "texts": [
            {"key": key, "title": text_in_language(text["title"], language)} for key, text in office.texts.items()
        ]
        if caller.staff is not None
        else [],
        "contacts": []
        if caller.staff is not None
        else [{"channel": one.channel, "to": one.masked} for one in contacts],
    }
    return requests.json_response(body)


async def post_offer(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/acceptances {text}`: staff offer a text."""
    message = await requests.read_json_body(request, OfferMessage)
    caller = await _caller(request)
    offered = await accept_text.offer_text(
        requests.current_runtime(request),
        caller.appointment,
        caller.person,
        message.text,
        requests.sms_countries(request),
    )
    return requests.json_response(acceptance_json(offered), 201)


async def post_code(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/acceptances/{id}/code {channel}`: send a code."""
    message = await requests.read_json_body(request, CodeMessage)
    return await _post_answer(request, accept_text.send_code, message.channel, requests.sms_countries(request))


async def post_accept(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/acceptances/{id}/accept {code}`."""
    message = await requests.read_json_body(request, AcceptMessage)
    return await _post_answer(request, accept_text.accept_text, "".join(message.code.split()))


async def post_decline(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/acceptances/{id}/decline`."""
    return await _post_answer(request, accept_text.decline_text)


async def post_withdraw(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/acceptances/{id}/withdraw`: staff take an offer back."""
    return await _post_answer(request, accept_text.withdraw_offer)


async def _post_answer(request: Request, answer: Callable[..., Awaitable[Acceptance]], *more: Any) -> Response:
    """Carry out one step. `more`: what it needs beside the caller and the acceptance."""
    runtime, caller = requests.current_runtime(request), await _caller(request)
    acceptance = await answer(runtime, caller.appointment, caller.person, request.path_params["id"], *more)
    return requests.json_response(acceptance_json(acceptance))


async def _caller(request: Request) -> RoomCaller:
    async with requests.current_runtime(request).read_session() as session:
        return await room_caller(request, session)


def acceptance_json(acceptance: Acceptance) -> dict[str, Any]:
    """Return what both sides see. The code is never part of it."""
    sent_at = acceptance.code_sent_at
    return {
        "id": acceptance.id,
        "title": acceptance.title,
        "body": acceptance.body,
        "language": acceptance.language,
        "sha256": acceptance.text_hash,
        "state": acceptance.state.value,
        "citizen": acceptance.citizen_name,
        "agent": acceptance.agent_name,
        "offered_at": acceptance.offered_at.isoformat(),
        "answered_at": acceptance.answered_at.isoformat() if acceptance.answered_at else None,
        "code_channel": acceptance.channel,
        "code_sent_to": acceptance.sent_to,
        "code_until": (sent_at + CODE_VALID_FOR).isoformat() if sent_at else None,
    }


routes = [
    Route(ACCEPTANCES_PATH, get_acceptances, methods=["GET"]),
    Route(ACCEPTANCES_PATH, post_offer, methods=["POST"]),
    Route(ACCEPTANCES_PATH + "/{id}/code", post_code, methods=["POST"]),
    Route(ACCEPTANCES_PATH + "/{id}/accept", post_accept, methods=["POST"]),
    Route(ACCEPTANCES_PATH + "/{id}/decline", post_decline, methods=["POST"]),
    Route(ACCEPTANCES_PATH + "/{id}/withdraw", post_withdraw, methods=["POST"]),
]
