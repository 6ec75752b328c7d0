"""The form on the appointment page that changes the number at which an agent calls."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import Invalid, Refused
from ....core.web import requests
from ....core.web.form_page import SentForm, handle_form
from ....core.web.validation import parse_model
from ...actions.telephone.phone_number import change_phone_number
from ...queries.lookup import appointment_by_token
from ..appointment_pages import show_appointment
from ..error_texts import FIELD_SENTENCES
from ..schemas import NumberToCallMessage, check_number_of_channels, phone_field


@handle_form
async def submit_phone_number(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/phone`: replace the number."""
    token = request.path_params["token"]
    async with form.runtime.read_session() as session:
        known = await appointment_by_token(session, token)
    with form.catch(Invalid, Refused, sentences=FIELD_SENTENCES, element="phone-form") as problem:
        message = parse_model(NumberToCallMessage, phone_field(form.text("phone")))
        check_number_of_channels(known, message.phone, requests.offered_channels(request))
        form.stop_for_language()
        await change_phone_number(form.runtime, token, message.phone)
        return requests.see_other(f"/a/{token}?number=1")
    return await show_appointment(request, problem, typed_phone=form.text("phone"))


routes = [Route("/a/{token}/phone", submit_phone_number, methods=["POST"])]
