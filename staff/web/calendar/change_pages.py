"""Pages on which the reception cancels an appointment or corrects its contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import CitizenDetails, cancel_by_office, cancel_for_citizen, correct_details
from ....core.auth import Principal
from ....core.contact.channel_offers import check_channel_number, offers_by_number
from ....core.contact.chosen_channels import ChosenChannel
from ....core.errors import FieldError, Invalid, Refused
from ....core.i18n.languages import LANGUAGES
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ....core.web.validation import OptionalEmail, OptionalPhone, PersonName, parse_model
from ....notifications.service import CHOSEN_TITLES
from ...queries.appointment_card import AppointmentCard
from ..cancel_preview import parse_cancel_reason, preview_cancellation
from .calendar_frame import DUPLICATE_TEXT, card_path, render_calendar_page
from .card_page import load_own_card, stale_card

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
    return _render_form(request, principal, card, "cancel", {"why": REQUEST, "words": ""})


@handle_form
async def submit_cancellation(request: Request, form: SentForm) -> Response:
    """Cancel and tell the citizen. Idempotent."""
    principal, card = await load_own_card(request)
    typed, appointment_id = form.texts("why", "words", strip=True), card.appointment.id
    with form.catch(Invalid, Refused) as problem:
        if typed["why"] == REQUEST:
            await cancel_for_citizen(form.runtime, principal, appointment_id)
        else:
            reason = parse_cancel_reason(form, card.office, "why", "words")
            await cancel_by_office(form.runtime, principal, appointment_id, reason)
        return requests.see_other(f"{card_path(appointment_id)}?cancelled=1")
    if problem.code is not None:
        return await stale_card(request, appointment_id, problem.code)
    return _render_form(request, principal, card, "cancel", typed, problem)


async def show_details(request: Request) -> Response:
    """`GET /staff/calendar/{appointment}/contact`: the form with name and contact."""
    principal, card = await load_own_card(request)
    if not card.is_movable:
        return requests.see_other(f"{card_path((card.successor or card.appointment).id)}?stale=1")
    return _render_form(request, principal, card, "contact", _typed_details(card))


@handle_form
async def submit_details(request: Request, form: SentForm) -> Response:
    """Correct the details. A person who was second sees what the first wrote."""
    principal, card = await load_own_card(request)
    typed: dict[str, Any] = {**form.texts("name", "email", "phone", "language", "seen", strip=True)}
    typed["channels"] = [channel for channel in _channel_labels(request, card) if form.get(channel)]
    with form.catch(
        Invalid,
        Refused,
        sentences={"email": {"duplicate_appointment": DUPLICATE_TEXT}},
        refused_field={"duplicate_appointment": "email"},
    ) as problem:
        details = _parse_details(request, card, typed)
        await correct_details(form.runtime, principal, card.appointment.id, details, typed["seen"])
        return requests.see_other(f"{card_path(card.appointment.id)}?corrected=1")
    # What was typed is dropped, because it corrected details that another person has changed since.
    if problem.is_conflict:
        return _render_form(request, principal, card, "contact", _typed_details(card), problem)
    if not problem.errors:
        return await stale_card(request, card.appointment.id, problem.code)
    return _render_form(request, principal, card, "contact", typed, problem)


def _channel_labels(request: Request, card: AppointmentCard) -> dict[str, str]:
    """Return the channels by number that this installation offers, or that the citizen has."""
    offered = {
        each.channel: each.texts.staff_messages for each in offers_by_number(requests.offered_channels(request))
    }
    known = {each.channel: CHOSEN_TITLES[each.channel] for each in card.appointment.channels if each.is_number}
    return {**known, **offered}


def _parse_details(request: Request, card: AppointmentCard, typed: Mapping[str, Any]) -> CitizenDetails:
    """Convert the form.

    Channels without a number are the citizen's own affair. Raises Invalid.
    """
    message = parse_model(DetailsMessage, {name: value for name, value in typed.items() if name != "channels"})
    if card.appointment.mode == "phone" and message.phone is None:
        raise Invalid(FieldError("phone", "required"))
    for channel in typed["channels"]:
        check_channel_number(requests.offered_channels(request), channel, message.phone)
    others = [each for each in card.appointment.channels if not each.is_number]
    chosen = [ChosenChannel(channel, message.phone or "") for channel in typed["channels"]]
    language = typed["language"] if typed["language"] in LANGUAGES else card.appointment.language
    return CitizenDetails(message.name, message.email, message.phone, (*chosen, *others), language)


def _typed_details(card: AppointmentCard) -> dict[str, Any]:
    details = CitizenDetails.from_appointment(card.appointment)
    return {
        "name": details.name,
        "email": details.email or "",
        "phone": details.phone or "",
        "language": details.language,
        "channels": [each.channel for each in details.channels],
        "seen": details.digest,
    }


def _render_form(
    request: Request,
    principal: Principal,
    card: AppointmentCard,
    name: str,
    typed: Mapping[str, Any],
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    """Render the form `cancel` or `contact` of an appointment."""
    return render_calendar_page(
        request,
        name,
        principal,
        card.office,
        card=card,
        one=card.appointment,
        typed=typed,
        is_stale=problem.is_conflict,
        channels=_channel_labels(request, card),
        preview=preview_cancellation(request, card.office, [card.appointment]),
        page_url=card_path(card.appointment.id, name),
        **problem.context,
    )
