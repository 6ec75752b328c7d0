"""Survey after a call: the forms of citizens and guests, and the JSON call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import appointment_by_id, appointment_by_token, entry_closes_at
from ...core.errors import Invalid, NotFound, Refused
from ...core.json_types import JsonObject
from ...core.tokens import hash_token
from ...core.web import requests
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute
from ...core.web.form_page import read_form
from ...core.web.validation import parse_model
from ...offices.service import office_by_id
from ..actions.answer_survey import answer_survey
from ..domain.room_invite import check_link
from ..queries.call_surveys import survey_for_person
from ..queries.room_access import CITIZEN_PERSON, guest_key
from ..storage import room_invite_rows, room_rows
from . import response_schemas
from .guest_page import show_guest_room
from .refusal_codes import STAFF_REFUSALS
from .room_caller import device_hash, room_caller
from .room_pages import show_citizen_room
from .survey_form import FIELD_SENTENCES, SurveyMessage, TypedSurvey, show_survey


@dataclass(frozen=True, slots=True)
class SurveyPerson:
    """Person who rates a call. `page`: the address of the room, above the survey."""

    appointment_id: str
    person: str
    page: str


FindPerson = Callable[[Request], Awaitable[SurveyPerson]]


async def _find_citizen(request: Request) -> SurveyPerson:
    token = request.path_params["token"]
    async with requests.current_runtime(request).read_session() as session:
        appointment = await appointment_by_token(session, token)
    return SurveyPerson(appointment.id, CITIZEN_PERSON, f"/a/{token}/room")


async def _find_guest(request: Request) -> SurveyPerson:
    token = request.path_params["token"]
    async with requests.current_runtime(request).read_session() as session:
        invite = await room_invite_rows.invite_by_token_hash(session, hash_token(token))
    if invite is None:
        raise NotFound
    check_link(invite, device_hash(request))
    return SurveyPerson(invite.appointment_id, guest_key(invite.id), f"/i/{token}")


async def show_survey_page(request: Request, find_person: FindPerson) -> Response:
    """Show the survey of the citizen or of a guest."""
    return await _survey_page(request, await find_person(request))


async def _survey_page(request: Request, person: SurveyPerson, typed: TypedSurvey | None = None) -> Response:
    """Show the survey while the call goes on; after it, the page of its end."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, person.appointment_id)
        office = await office_by_id(session, appointment.office_id)
        room = await room_rows.load_room(session, appointment.id)
        offered = await survey_for_person(session, room, person.person, runtime.now())
    query = f"?{request.url.query}" if request.url.query else ""
    if room is None or room.end is not None:
        return requests.see_other(f"{person.page}{query}#survey")
    survey = show_survey(request, offered, f"{person.page}/survey", typed)
    if survey is None:  # came back in meanwhile
        return requests.see_other(person.page)
    return requests.render_page(
        request,
        "rooms/survey_page.html",
        status_code=422 if typed else 200,
        headers=requests.PRIVATE_PAGE_HEADERS,
        survey=survey,
        page=person.page,
        office=office,
        zone=office.timezone,
        closes_at=entry_closes_at(appointment),
    )


async def submit_survey(
    request: Request,
    find_person: FindPerson,
    show_ended: Callable[[Request, TypedSurvey], Awaitable[Response]],
) -> Response:
    """Keep the answer of a form; show a refused form with what was typed."""
    form, person = await read_form(request), await find_person(request)
    chosen = form.texts(*SurveyMessage.model_fields)
    with form.catch(Invalid, Refused, sentences=FIELD_SENTENCES, refused_field="overall") as problem:
        answer = parse_model(SurveyMessage, chosen).to_answer()
        await answer_survey(form.runtime, person.appointment_id, person.person, answer)
        return requests.see_other(f"{person.page}/survey?thanks=1")
    typed = TypedSurvey(chosen, problem.errors)
    async with form.runtime.read_session() as session:
        room = await room_rows.load_room(session, person.appointment_id)
    # a person who left early rates while the call goes on, on a page of its own
    if room is not None and room.end is None:
        return await _survey_page(request, person, typed)
    return await show_ended(request, typed)


async def post_survey(request: ApiRequest[SurveyMessage]) -> JsonObject:
    runtime, message = request.runtime, request.message
    async with runtime.read_session() as session:
        caller = await room_caller(request, session)
    survey = await answer_survey(runtime, caller.appointment.id, caller.person, message.to_answer())
    return message.model_dump(mode="json") | {
        "at": survey.changed_at.isoformat(),
        "changeable_until": survey.changeable_until.isoformat(),
    }


routes = [
    Route("/a/{token}/room/survey", partial(show_survey_page, find_person=_find_citizen), methods=["GET"]),
    Route(
        "/a/{token}/room/survey",
        partial(submit_survey, find_person=_find_citizen, show_ended=show_citizen_room),
        methods=["POST"],
    ),
    Route("/i/{token}/survey", partial(show_survey_page, find_person=_find_guest), methods=["GET"]),
    Route(
        "/i/{token}/survey",
        partial(submit_survey, find_person=_find_guest, show_ended=show_guest_room),
        methods=["POST"],
    ),
    ApiRoute(
        "POST /rooms/{appointment}/survey",
        post_survey,
        "Rate a call that is over; for the citizen and guests, changeable for a day",
        ApiAccess.TOKEN,
        response_schemas.CallRatings,
        body=SurveyMessage,
        errors={403: (*STAFF_REFUSALS, "not_in_the_call"), 409: ("call_not_over", "survey_closed")},
        example={"overall": "good", "sound": "fair", "words": "Thank you."},
    ),
]
