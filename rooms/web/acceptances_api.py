"""JSON API of the texts that a citizen accepts in a call (docs/api.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints

from ...core.i18n.languages import text_in_language
from ...core.json_types import JsonObject
from ...core.web import requests
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute
from ...offices.service import office_by_id
from ..actions import accept_text
from ..domain.acceptance import CODE_VALID_FOR, Acceptance
from ..queries.received_documents import require_reader
from ..storage import acceptance_rows
from . import response_schemas
from .refusal_codes import CALL_REFUSALS, READER_REFUSALS, STAFF_REFUSALS
from .room_caller import load_caller, room_caller


class OfferMessage(BaseModel, defer_build=True):
    """Key of a text of the office."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class CodeMessage(BaseModel, defer_build=True):
    """Contact of the citizen that gets the code."""

    channel: Annotated[str, StringConstraints(max_length=16)]  # of the `contacts` in the answer


class AcceptMessage(BaseModel, defer_build=True):
    """Code as it was typed: spaces do not matter."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]


async def get_acceptances(request: ApiRequest[None]) -> JsonObject:
    """List the offered texts, and what the caller can do."""
    async with request.runtime.read_session() as session:
        caller = await room_caller(request, session)
        await require_reader(session, caller.appointment.id, caller.person)
        offered = await acceptance_rows.room_acceptances(session, caller.appointment.id)
        office = await office_by_id(session, caller.appointment.office_id)
    language = requests.current_language(request)
    contacts = accept_text.code_contacts(caller.appointment, requests.offered_channels(request))
    return {
        "acceptances": [acceptance_json(acceptance) for acceptance in offered],
        "texts": [
            {"key": key, "title": text_in_language(text["title"], language)} for key, text in office.texts.items()
        ]
        if caller.staff is not None
        else [],
        "contacts": []
        if caller.staff is not None
        else [{"channel": contact.channel, "to": contact.masked} for contact in contacts],
    }


async def post_offer(request: ApiRequest[OfferMessage]) -> JsonObject:
    message = request.message
    caller = await load_caller(request)
    offered = await accept_text.offer_text(
        request.runtime,
        caller.appointment,
        caller.person,
        message.text,
        requests.offered_channels(request),
    )
    return acceptance_json(offered)


async def post_code(request: ApiRequest[CodeMessage]) -> JsonObject:
    message = request.message
    return await _post_answer(request, accept_text.send_code, message.channel, requests.offered_channels(request))


async def post_accept(request: ApiRequest[AcceptMessage]) -> JsonObject:
    message = request.message
    return await _post_answer(request, accept_text.accept_text, "".join(message.code.split()))


async def post_decline(request: ApiRequest[None]) -> JsonObject:
    return await _post_answer(request, accept_text.decline_text)


async def post_withdraw(request: ApiRequest[None]) -> JsonObject:
    return await _post_answer(request, accept_text.withdraw_offer)


async def _post_answer(
    request: ApiRequest[Any], answer: Callable[..., Awaitable[Acceptance]], *more: Any
) -> JsonObject:
    """Carry out a step. `more`: what it needs beside the caller and the acceptance."""
    runtime, caller = request.runtime, await load_caller(request)
    acceptance = await answer(runtime, caller.appointment, caller.person, request.path_params["id"], *more)
    return acceptance_json(acceptance)


def acceptance_json(acceptance: Acceptance) -> JsonObject:
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


_BY_STAFF, _BY_CITIZEN = (*STAFF_REFUSALS, "staff_only"), (*STAFF_REFUSALS, "citizen_only")
routes = [
    ApiRoute(
        "GET /rooms/{appointment}/acceptances",
        get_acceptances,
        "The texts that were offered in a video room",
        ApiAccess.TOKEN,
        response_schemas.OfferedTexts,
        errors=READER_REFUSALS,
    ),
    ApiRoute(
        "POST /rooms/{appointment}/acceptances",
        post_offer,
        "Offer the citizen a text of the office; for staff",
        ApiAccess.TOKEN,
        {201: response_schemas.OfferedText},
        body=OfferMessage,
        errors={
            403: _BY_STAFF,
            409: (*CALL_REFUSALS, "citizen_not_in_call", "too_many_offers", "no_contact_for_code"),
        },
        example={"text": "representation"},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/acceptances/{id}/code",
        post_code,
        "Send the citizen a one-time code",
        ApiAccess.TOKEN,
        response_schemas.OfferedText,
        body=CodeMessage,
        errors={403: _BY_CITIZEN, 409: (*CALL_REFUSALS, "already_answered", "no_contact_for_code")},
        example={"channel": "email"},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/acceptances/{id}/accept",
        post_accept,
        "Accept a text with the code last sent",
        ApiAccess.TOKEN,
        response_schemas.OfferedText,
        body=AcceptMessage,
        errors={
            403: _BY_CITIZEN,
            409: (
                *CALL_REFUSALS,
                "already_answered",
                "no_code_sent",
                "code_expired",
                "code_spent",
                "wrong_acceptance_code",
            ),
        },
        example={"code": "492817"},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/acceptances/{id}/decline",
        post_decline,
        "Do not accept a text",
        ApiAccess.TOKEN,
        response_schemas.OfferedText,
        errors={403: _BY_CITIZEN, 409: (*CALL_REFUSALS, "already_answered")},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/acceptances/{id}/withdraw",
        post_withdraw,
        "Take an offered text back; for staff",
        ApiAccess.TOKEN,
        response_schemas.OfferedText,
        errors={403: _BY_STAFF, 409: (*CALL_REFUSALS, "already_answered")},
    ),
]
