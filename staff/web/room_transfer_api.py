"""JSON API of transfers: hand a video call over to another agent or desk of the office."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import MAX_NOTE_CHARACTERS, Appointment
from ...core.auth import Principal
from ...core.errors import NotAllowed, Refused
from ...core.i18n.catalogues import N_, Catalogues
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute
from ...core.web.validation import EmptyIsNone
from ...offices.service import Office, office_by_id
from ...rooms.service import (
    OutcomeKey,
    RoomTransfer,
    TransferKind,
    TransferOffer,
    TransferSide,
    answer_transfer,
    finish_transfer,
    latest_transfer,
    offer_transfer,
    room_of_staff,
    withdraw_transfer,
)
from ..queries.transfer_receivers import TransferReceiver, transfer_json, transfer_receivers
from . import response_schemas

LOBBY_MESSAGE = N_("We are passing you to %(name)s. Stay here, you keep your place.")

Note = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_CHARACTERS)] | None, EmptyIsNone
]
PersonId = Annotated[Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] | None, EmptyIsNone]


class OfferTransferMessage(BaseModel, defer_build=True):
    """`POST /rooms/{appointment}/transfer`: to an `agent`, or to the agent of a `desk`.

    `warm`: both are inside before the caller leaves. `cold`: the people wait in the lobby, and the
    caller leaves at once. `note` is for colleagues.
    """

    agent: PersonId = None
    desk: PersonId = None
    kind: Literal["warm", "cold"] = "warm"
    note: Note = None


class AnswerTransferMessage(BaseModel, defer_build=True):
    accept: bool


class FinishTransferMessage(BaseModel, defer_build=True):
    """`POST /rooms/{appointment}/transfer/finish`: `outcome` and `note` are for colleagues."""

    outcome: Annotated[OutcomeKey | None, EmptyIsNone] = None
    note: Note = None


async def get_transfer(request: ApiRequest[None]) -> JsonObject:
    runtime = request.runtime
    async with runtime.read_session() as session:
        appointment, office = await _room_of_caller(request, session)
        people = await transfer_receivers(runtime, session, office, request.staff.id)
        newest = await latest_transfer(session, appointment)
    return {
        "transfer": transfer_json(newest, office) if newest else None,
        "people": [
            {"agent": each.id, "name": each.name, "desk": each.desk_id or None, "desk_name": each.desk or None}
            for each in people
        ],
    }


async def post_transfer(request: ApiRequest[OfferTransferMessage]) -> JsonObject:
    runtime, message = request.runtime, request.message
    async with runtime.read_session() as session:
        appointment, office = await _room_of_caller(request, session)
        people = await transfer_receivers(runtime, session, office, request.staff.id)
    receiver = _find_receiver(message, request.staff, people)
    catalogues: Catalogues = request.state.catalogues
    lobby_message = catalogues.gettext(appointment.language, LOBBY_MESSAGE) % {"name": receiver.name}
    offer = TransferOffer(TransferKind(message.kind), receiver, message.note, lobby_message)
    transfer = await offer_transfer(runtime, request.staff, appointment.id, offer)
    return await _newest_json(runtime, office, appointment, transfer)


def _find_receiver(
    message: OfferTransferMessage, staff: Principal, people: list[TransferReceiver]
) -> TransferSide:
    """Return the person who is asked. Raises Refused("transfer_unknown" | "transfer_to_self")."""
    if message.agent == staff.id:
        raise Refused("transfer_to_self")
    for person in people:
        if person.id == message.agent or (
            message.agent is None and message.desk and person.desk_id == message.desk
        ):
            return TransferSide(person.id, person.name)
    raise Refused("transfer_unknown")


async def post_answer(request: ApiRequest[AnswerTransferMessage]) -> JsonObject:
    """Accept or decline; only the person who was asked."""
    runtime, message = request.runtime, request.message
    async with runtime.read_session() as session:
        appointment, office = await _room_of_caller(request, session)
    transfer = await answer_transfer(runtime, request.staff, appointment.id, accepted=message.accept)
    return await _newest_json(runtime, office, appointment, transfer)


async def post_withdrawal(request: ApiRequest[None]) -> JsonObject:
    """Withdraw; only the person who asked."""
    runtime = request.runtime
    async with runtime.read_session() as session:
        appointment, office = await _room_of_caller(request, session)
    transfer = await withdraw_transfer(runtime, request.staff, appointment.id)
    return await _newest_json(runtime, office, appointment, transfer)


async def post_finish(request: ApiRequest[FinishTransferMessage]) -> JsonObject:
    runtime, message = request.runtime, request.message
    async with runtime.read_session() as session:
        appointment, office = await _room_of_caller(request, session)
    transfer = await finish_transfer(
        runtime, request.staff, appointment.id, outcome=message.outcome, note=message.note
    )
    return await _newest_json(runtime, office, appointment, transfer)


async def _room_of_caller(request: ApiRequest[Any], session: AsyncSession) -> tuple[Appointment, Office]:
    """Return the appointment with its room. Raises NotAllowed("not_video") without a room."""
    appointment = await room_of_staff(request, session)
    if appointment.mode != "video":
        raise NotAllowed("not_video")
    return appointment, await office_by_id(session, appointment.office_id)


async def _newest_json(
    runtime: Runtime, office: Office, appointment: Appointment, transfer: RoomTransfer
) -> JsonObject:
    """Describe the transfer as it is now; another may have taken its place."""
    async with runtime.read_session() as session:
        newest = await latest_transfer(session, appointment)
    assert newest is not None, transfer
    return transfer_json(newest, office)


routes = [
    ApiRoute(
        "GET /rooms/{appointment}/transfer",
        get_transfer,
        "The newest transfer of a video call, and who could take it over",
        ApiAccess.AGENT,
        response_schemas.TransferChoices,
    ),
    ApiRoute(
        "POST /rooms/{appointment}/transfer",
        post_transfer,
        "Offer a video call to another agent or desk of the office",
        ApiAccess.AGENT,
        {201: response_schemas.TransferOfRoom},
        body=OfferTransferMessage,
        errors={403: ("staff_only",), 409: ("transfer_to_self", "transfer_unknown", "room_full", "room_over")},
        example={"agent": "k3XoQ2rT", "kind": "warm", "note": "Asks about the tax of 2025."},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/transfer/answer",
        post_answer,
        "Accept or decline a video call, as the person who was asked",
        ApiAccess.AGENT,
        response_schemas.TransferOfRoom,
        body=AnswerTransferMessage,
        errors={403: ("not_your_transfer",), 409: ("transfer_over",)},
        example={"accept": True},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/transfer/withdraw",
        post_withdrawal,
        "Take an offered video call back",
        ApiAccess.AGENT,
        response_schemas.TransferOfRoom,
        errors={403: ("not_your_transfer",), 409: ("transfer_over",)},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/transfer/finish",
        post_finish,
        "Leave the call to the other agent, who is inside",
        ApiAccess.AGENT,
        response_schemas.TransferOfRoom,
        body=FinishTransferMessage,
        errors={403: ("not_your_transfer",), 409: ("transfer_over", "successor_missing")},
        example={"outcome": "resolved"},
    ),
]
