"""Pages on which the reception cancels an appointment or corrects its contact."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import CitizenDetails, cancel_by_office, cancel_for_citizen, correct_details
from ....core.auth import Principal
from ....core.contact.phone_numbers import check_sms_number
from ....core.errors import Conflict, FieldError, Invalid, Refused
from ....core.i18n.catalogues import Catalogues
from ....core.web import forms, requests
from ....core.web.validation import OptionalEmail, OptionalPhone, PersonName, parse_model
from ...domain.cancel_reasons import CANCEL_REASONS, cancel_reason_texts
from ...queries.appointment_card import AppointmentCard
from ..host_pages import shown_choices
from .calendar_frame import card_path, render_calendar_page
from .card_page import LANGUAGE_LABELS, load_own_card, stale_card

REQUEST = "request"  # the citizen wants it: no reason of the office


class DetailsMessage(BaseModel, defer_build=True):
    """The form with a citizen's details."""

    name: PersonName
    email: OptionalEmail = None
    phone: OptionalPhone = None


async def show_cancellation(request: Request) -> Response:
    """`GET /staff/calendar/{appointment}/cancel`: ask for the reason and confirmation."""
    principal, card = await load_own_card(request)
    if not card.is_open:
        return requests.see_other(f"{card_path((card.successor or card.appointment).id)}?stale=1")
    return _render_cancellation(request, principal, card, {"why": REQUEST, "words": ""}, {})


async def submit_cancellation(request: Request) -> Response:
    """Cancel and tell the citizen. Idempotent."""
    form = await forms.read_form(request)
    principal, card = await load_own_card(request)
    typed = {"why": str(form.get("why") or ""), "words": str(form.get("words") or "").strip()}
    catalogues: Catalogues = request.state.catalogues
    runtime, appointment_id = requests.current_runtime(request), card.appointment.id
    try:
        if typed["why"] == REQUEST:
            await cancel_for_citizen(runtime, principal, appointment_id)
        else:
            reason = cancel_reason_texts(card.office, typed["why"], typed["words"], catalogues.gettext)
            await cancel_by_office(runtime, principal, appointment_id, reason)
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid)
        return _render_cancellation(request, principal, card, typed, errors, status_code=422)
    except Refused as refused:
        return await stale_card(request, appointment_id, refused)
    return requests.see_other(f"{card_path(appointment_id)}?cancelled=1")


async def show_details(request: Request) -> Response:
    """`GET /staff/calendar/{appointment}/contact`: the form with name and contact."""
    principal, card = await load_own_card(request)
    if not card.is_movable:
        return requests.see_other(f"{card_path((card.successor or card.appointment).id)}?stale=1")
    return _render_details(request, principal, card, _typed_details(card), {})


async def submit_details(request: Request) -> Response:
    """Correct the details. A person who was second sees what the first one wrote."""
    form = await forms.read_form(request)
    principal, card = await load_own_card(request)
    typed = {name: str(form.get(name) or "").strip() for name in ("name", "email", "phone", "language", "seen")}
    typed["sms"] = "1" if form.get("sms") else ""
    try:
        details = _parse_details(request, card, typed)
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid)
        return _render_details(request, principal, card, typed, errors, status_code=422)
    try:
        await correct_details(
            requests.current_runtime(request), principal, card.appointment.id, details, typed["seen"]
        )
    except Conflict:
        fresh = _typed_details(card)
        return _render_details(request, principal, card, fresh, {}, is_stale=True, status_code=409)
    except Refused as refused:
        if refused.code != "duplicate_appointment":
            return await stale_card(request, card.appointment.id, refused)
        errors = {"email": requests.error_text(request, refused.code, refused.details)}
        return _render_details(request, principal, card, typed, errors, status_code=409)
    return requests.see_other(f"{card_path(card.appointment.id)}?corrected=1")


def _parse_details(request: Request, card: AppointmentCard, typed: Mapping[str, str]) -> CitizenDetails:
    """Convert the form. Raises Invalid."""
    message = parse_model(DetailsMessage, typed)
    wants_sms = bool(typed["sms"])
    if card.appointment.mode == "phone" and message.phone is None:
        raise Invalid(FieldError("phone", "required"))
    if wants_sms:
        check_sms_number(message.phone, requests.sms_countries(request))
    language = typed["language"] if typed["language"] in LANGUAGE_LABELS else card.appointment.language
    return CitizenDetails(message.name, message.email, message.phone, wants_sms, language)


def _typed_details(card: AppointmentCard) -> dict[str, str]:
    details = CitizenDetails.from_appointment(card.appointment)
    return {
        "name": details.name,
        "email": details.email or "",
        "phone": details.phone or "",
        "language": details.language,
        "sms": "1" if details.remind_by_sms else "",
        "seen": details.digest,
    }


def _render_cancellation(
    request: Request,
    principal: Principal,
    card: AppointmentCard,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status_code: int = 200,
) -> Response:
    return render_calendar_page(
        request,
        "cancel",
        principal,
        card.office,
        status_code=status_code,
        card=card,
        one=card.appointment,
        typed=typed,
        errors=errors,
        reasons=shown_choices(request, card.office, CANCEL_REASONS),
        page_url=card_path(card.appointment.id, "cancel"),
    )


def _render_details(
    request: Request,
    principal: Principal,
    card: AppointmentCard,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    is_stale: bool = False,
    status_code: int = 200,
) -> Response:
    return render_calendar_page(
        request,
        "contact",
        principal,
        card.office,
        status_code=status_code,
        card=card,
        one=card.appointment,
        typed=typed,
        errors=errors,
        is_stale=is_stale,
        has_sms=bool(requests.sms_countries(request)),
        languages=LANGUAGE_LABELS,
        page_url=card_path(card.appointment.id, "contact"),
    )
