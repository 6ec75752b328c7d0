"""JSON API of transfers: hand a video call over to another agent or desk of the office."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import MAX_NOTE_CHARACTERS, Appointment
from ...core.auth import Principal
from ...core.errors import NotAllowed, Refused
from ...core.i18n.catalogues import N_, Catalogues
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.web import requests
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
    read_staff_message,
    room_staff,
    withdraw_transfer,
)
from ..queries.transfer_receivers import TransferReceiver, transfer_json, transfer_receivers

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
    """`POST /rooms/{appointment}/transfer/answer`."""

    accept: bool


class FinishTransferMessage(BaseModel, defer_build=True):
    """`POST /rooms/{appointment}/transfer/finish`: `outcome` and `note` are for colleagues."""

    outcome: Annotated[OutcomeKey | None, EmptyIsNone] = None
    note: Note = None


async def get_transfer(request: Request) -> Response:
    """`GET /api/v1/rooms/{appointment}/transfer`: who is here, and the newest transfer."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment, staff, office = await _room_of_caller(request, session)
        people = await transfer_receivers(runtime, session, office, staff.id)
        newest = await latest_transfer(session, appointment)
    return requests.json_response(
        {
            "transfer": transfer_json(newest, office) if newest else None,
            "people": [_receiver_json(one) for one in people],
        }
    )


async def post_transfer(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/transfer`."""
    caller, message = await read_staff_message(request, OfferTransferMessage)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment, staff, office = await _room_of_caller(request, session, caller)
        people = await transfer_receivers(runtime, session, office, staff.id)
    receiver = _find_receiver(message, staff, people)
    catalogues: Catalogues = request.state.catalogues
    lobby_message = catalogues.gettext(appointment.language, LOBBY_MESSAGE) % {"name": receiver.name}
    offer = TransferOffer(TransferKind(message.kind), receiver, message.note, lobby_message)
    transfer = await offer_transfer(runtime, staff, appointment.id, offer)
    return await _response(runtime, office, appointment, transfer, 201)


def _find_receiver(
    message: OfferTransferMessage, staff: Principal, people: list[TransferReceiver]
) -> TransferSide:
    """Return the person who is asked. Raises Refused("transfer_unknown" | "transfer_to_self")."""
    if message.agent == staff.id:
        raise Refused("transfer_to_self")
    for one in people:
        if one.id == message.agent or (message.agent is None and message.desk and one.desk_id == message.desk):
            return TransferSide(one.id, one.name)
    raise Refused("transfer_unknown")


async def post_answer(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/transfer/answer`: only the person who was asked."""
    caller, message = await read_staff_message(request, AnswerTransferMessage)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment, staff, office = await _room_of_caller(request, session, caller)
    transfer = await answer_transfer(runtime, staff, appointment.id, accepted=message.accept)
    return await _response(runtime, office, appointment, transfer)


async def post_withdrawal(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/transfer/withdraw`: only the person who asked."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment, staff, office = await _room_of_caller(request, session)
    transfer = await withdraw_transfer(runtime, staff, appointment.id)
    return await _response(runtime, office, appointment, transfer)


async def post_finish(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/transfer/finish`: leave the call to the other agent."""
    caller, message = await read_staff_message(request, FinishTransferMessage)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment, staff, office = await _room_of_caller(request, session, caller)
    transfer = await finish_transfer(runtime, staff, appointment.id, outcome=message.outcome, note=message.note)
    return await _response(runtime, office, appointment, transfer)


async def _room_of_caller(
    request: Request, session: AsyncSession, caller: Principal | None = None
) -> tuple[Appointment, Principal, Office]:
    """Return the appointment with its room. Raises NotAllowed("not_video") without one."""
    appointment, staff = await room_staff(request, session, caller)
    if appointment.mode != "video":
        raise NotAllowed("not_video")
    return appointment, staff, await office_by_id(session, appointment.office_id)


async def _response(
    runtime: Runtime, office: Office, appointment: Appointment, transfer: RoomTransfer, status: int = 200
) -> Response:
    """Answer with the transfer as it is now; another one may have taken its place."""
    async with runtime.read_session() as session:
        newest = await latest_transfer(session, appointment)
    assert newest is not None, transfer
    return requests.json_response(transfer_json(newest, office), status)


def _receiver_json(one: TransferReceiver) -> JsonObject:
    return {"agent": one.id, "name": one.name, "desk": one.desk_id or None, "desk_name": one.desk or None}


def _post_route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(f"/api/v1/rooms/{{appointment}}/transfer{path}", endpoint, methods=["POST"])


routes = [
    Route("/api/v1/rooms/{appointment}/transfer", get_transfer, methods=["GET"]),
    _post_route("", post_transfer),
    _post_route("/answer", post_answer),
    _post_route("/withdraw", post_withdrawal),
    _post_route("/finish", post_finish),
]
