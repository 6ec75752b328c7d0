"""The form on the appointment page that changes the number at which an agent calls."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.contact.phone_numbers import check_sms_number
from ....core.errors import Invalid, Refused
from ....core.web import forms, requests
from ....core.web.validation import parse_model
from ...actions.telephone.phone_number import change_phone_number
from ...queries.lookup import appointment_by_token
from ..appointment_pages import appointment_page
from ..page_texts import FIELD_SENTENCES
from ..schemas import NumberToCallMessage, phone_field


async def submit_phone_number(request: Request) -> Response:
    """POST `/a/{token}/phone`: replace the number."""
    form, runtime = await forms.read_form(request), requests.current_runtime(request)
    token, typed = request.path_params["token"], str(form.get("phone") or "")
    async with runtime.read_session() as session:
        known = await appointment_by_token(session, token)
    try:
        message = parse_model(NumberToCallMessage, phone_field(typed))
        if known.remind_by_sms:
            check_sms_number(message.phone, requests.sms_countries(request))
        if forms.asks_for_language(form):
            return await appointment_page(request, typed_phone=typed)
        await change_phone_number(runtime, token, message.phone)
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid, FIELD_SENTENCES)
        return await appointment_page(request, status_code=422, errors=errors, typed_phone=typed)
    except Refused as refusal:
        return await appointment_page(request, status_code=409, refusal=refusal.code, typed_phone=typed)
    return requests.see_other(f"/a/{token}?number=1")


routes = [Route("/a/{token}/phone", submit_phone_number, methods=["POST"])]
