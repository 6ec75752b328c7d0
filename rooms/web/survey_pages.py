"""Survey after a call: the forms of citizens and guests, and the JSON call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import appointment_by_token
from ...core.errors import Invalid, NotFound, Refused
from ...core.tokens import hash_token
from ...core.web import forms, requests
from ...core.web.openapi import API_PREFIX
from ...core.web.validation import parse_model
from ..actions.answer_survey import answer_survey
from ..domain.room_invite import check_link
from ..queries.room_access import CITIZEN_PERSON, guest_key
from ..storage import room_invite_rows
from .guest_page import show_guest_room
from .room_caller import device_hash, room_caller
from .room_pages import show_citizen_room
from .survey_form import SurveyMessage, TypedSurvey, typed_fields

SURVEY_PATH = API_PREFIX + "/rooms/{appointment}/survey"


async def submit_citizen_survey(request: Request) -> Response:
    """`POST /a/{token}/room/survey`: the citizen's answer."""
    token = request.path_params["token"]

    async def find_person() -> tuple[str, str]:
        async with requests.current_runtime(request).read_session() as session:
            return (await appointment_by_token(session, token)).id, CITIZEN_PERSON

    return await _submit(request, find_person, f"/a/{token}/room", show_citizen_room)


async def submit_guest_survey(request: Request) -> Response:
    """`POST /i/{token}/survey`: the answer of a guest, on the device of the link."""
    token = request.path_params["token"]

    async def find_person() -> tuple[str, str]:
        async with requests.current_runtime(request).read_session() as session:
            invite = await room_invite_rows.invite_by_token_hash(session, hash_token(token))
        if invite is None:
            raise NotFound
        check_link(invite, device_hash(request))
        return invite.appointment_id, guest_key(invite.id)

    return await _submit(request, find_person, f"/i/{token}", show_guest_room)


async def _submit(
    request: Request,
    find_person: Callable[[], Awaitable[tuple[str, str]]],
    page: str,
    show_page: Callable[[Request, TypedSurvey], Awaitable[Response]],
) -> Response:
    """Keep the answer of a form; show a refused one with what was typed."""
    chosen = typed_fields(await forms.read_form(request))
    appointment_id, person = await find_person()
    try:
        answer = parse_model(SurveyMessage, chosen).to_answer()
        await answer_survey(requests.current_runtime(request), appointment_id, person, answer)
    except Invalid as invalid:
        errors = {one.field: one.code if one.field == "words" else "rating_missing" for one in invalid.fields}
        return await show_page(request, TypedSurvey(chosen, errors))
    except Refused as refused:
        return await show_page(request, TypedSurvey(chosen, {"overall": refused.code}))
    return requests.see_other(f"{page}?thanks=1#survey")


async def post_survey(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/survey {overall, sound?, picture?, words?}`."""
    message = await requests.read_json_body(request, SurveyMessage)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        caller = await room_caller(request, session)
    survey = await answer_survey(runtime, caller.appointment.id, caller.person, message.to_answer())
    body = message.model_dump(mode="json") | {
        "at": survey.changed_at.isoformat(),
        "changeable_until": survey.changeable_until.isoformat(),
    }
    return requests.json_response(body)


routes = [
    Route("/a/{token}/room/survey", submit_citizen_survey, methods=["POST"]),
    Route("/i/{token}/survey", submit_guest_survey, methods=["POST"]),
    Route(SURVEY_PATH, post_survey, methods=["POST"]),
]
