"""Card of an appointment at the reception, its check-in, and its link sent again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import booked_appointment, current_appointment, send_link_again
from ....core.auth import Principal, StaffRole, require_role
from ....core.errors import Refused
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....core.web.form_page import SentForm, handle_form
from ....notifications.service import CHOSEN_TITLES
from ....offices.service import hours
from ....queue.service import check_in_appointment
from ...consoles.video_appointments import VERDICTS
from ...queries.appointment_card import AppointmentCard, load_appointment_card
from ..host_pages import request_locale
from .calendar_frame import card_path, render_calendar_page, require_reception

HISTORY_TEXTS = {
    "booked": N_("Booked for %(when)s"),
    "moved": N_("Moved to %(when)s"),
    "cancelled": N_("Cancelled"),
    "checked_in": N_("Checked in"),
    "check_in_undone": N_("Check-in taken back"),
    "called": N_("Called by telephone"),
    "not_answered": N_("The call was not answered"),
    "call_withdrawn": N_("The call was taken back"),
    "call_closed": N_("The call was left open, and ended by itself"),
    "served": N_("Attended"),
    "no_show": N_("Noted as not come"),
    "corrected": N_("Contact details corrected"),
    "link_sent": N_("Link sent again"),
    "told": N_("Told by the office"),
    "told_withdrawn": N_("Noted as not told after all"),
}
# Notices after an action, by the name in the address.
NOTICES = {
    "booked": ("good", N_("The appointment is booked")),
    "moved": ("good", N_("The appointment has been moved")),
    "cancelled": ("good", N_("The appointment is cancelled")),
    "corrected": ("good", N_("The details are corrected")),
    "sent": ("good", N_("The link is on its way")),
    "in": ("good", N_("The person is checked in")),
    "stale": ("warn", N_("That was not done: the appointment has changed meanwhile")),
    "nothing": ("warn", N_("That was not done: no message reaches this person")),
}
# The refusals after which the card shows its present state.
REFUSAL_NOTICES = {"no_contact": "nothing"}


async def show_card(request: Request) -> Response:
    """`GET /staff/calendar/{appointment}`: the card, with the notice that the address names."""
    principal, card = await load_own_card(request)
    locale = request_locale(request, card.office)
    return render_calendar_page(
        request,
        "card",
        principal,
        card.office,
        card=card,
        channel_titles=CHOSEN_TITLES,
        one=card.appointment,
        day=hours.to_local_day(card.office.hours, card.appointment.starts_at),
        notes=locale.note_rows(card.notes),
        notice=next((NOTICES[name] for name in NOTICES if name in request.query_params), None),
        is_new="booked" in request.query_params,
        history_texts=HISTORY_TEXTS,
        verdicts=VERDICTS,
    )


async def load_own_card(request: Request) -> tuple[Principal, AppointmentCard]:
    """Load the appointment of the address for a host of its office.

    Raises MovedTo the login, NotAllowed, NotFound.
    """
    principal = await require_reception(request)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        booked = await booked_appointment(session, request.path_params["appointment"])
        require_role(principal, StaffRole.HOST, booked.appointment.office_slug)
        return principal, await load_appointment_card(session, runtime.tokens, booked, runtime.now())


async def stale_card(request: Request, appointment_id: str, code: str | None) -> Response:
    """Lead to the present state of an appointment that another person changed first."""
    async with requests.current_runtime(request).read_session() as session:
        booked = await booked_appointment(session, appointment_id)
        current = await current_appointment(session, booked.appointment)
    return requests.see_other(f"{card_path(current.id)}?{REFUSAL_NOTICES.get(code or '', 'stale')}=1")


@handle_form
async def submit_check_in(request: Request, form: SentForm) -> Response:
    """Check in and return to the card. Idempotent."""
    principal, card = await load_own_card(request)
    with form.catch(Refused) as problem:
        offers = requests.offered_channels(request)
        await check_in_appointment(form.runtime, principal, card.appointment.id, offers=offers)
        return requests.see_other(f"{card_path(card.appointment.id)}?in=1")
    return await stale_card(request, card.appointment.id, problem.code)


@handle_form
async def submit_link(request: Request, form: SentForm) -> Response:
    """Send the link again and return to the card."""
    principal, card = await load_own_card(request)
    with form.catch(Refused) as problem:
        await send_link_again(form.runtime, principal, card.appointment.id)
        return requests.see_other(f"{card_path(card.appointment.id)}?sent=1")
    return await stale_card(request, card.appointment.id, problem.code)
