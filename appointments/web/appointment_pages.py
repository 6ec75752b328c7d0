"""The page of an appointment, its calendar file, and its cancellation by the citizen."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Refused
from ...core.formats.qr import encode_qr
from ...core.i18n.dates import format_time
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ...offices.service import MODE_NAMES
from ..actions.cancel_and_reschedule import cancel_appointment
from ..actions.earlier_slot import earlier_slot_status
from ..actions.rebook import replacement_times
from ..actions.verify_email import is_confirmed_email_correctable
from .appointment_view import CANCELLED_STATES, AppointmentView, load_appointment_view, render_appointment_page
from .find_appointment_page import FIND_PATH
from .schemas import parse_slot_time

# What has just happened, as the address says it; each has a sentence on the page.
FRESH_WORDS = ("new", "moved", "kept", "stays", "verified", "print", "older", "sent", "number")
CALENDAR_ALARM_MINUTES = 60  # leaves time to go to the office, or to find a quiet room


async def show_appointment(
    request: Request,
    problem: FormProblem = NO_PROBLEM,
    *,
    typed_email: str | None = None,
    typed_phone: str | None = None,
) -> Response:
    """GET `/a/{token}`: the appointment, what the citizen can do now, a form's problem."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
        if visit.is_video:
            visit = replace(visit, last_test=await request.state.last_test(session, visit.appointment.id))
        if visit.is_video and visit.face in ("arrived", "served"):
            visit = replace(visit, can_rate=await request.state.can_rate(session, visit.appointment.id, visit.now))
        visit = await _add_offers(session, visit)
    query = request.query_params
    words = FRESH_WORDS if visit.stands else ("sent",)
    return render_appointment_page(
        request,
        "appointment",
        visit,
        page_url=visit.page,
        offers=requests.offered_channels(request),
        fresh=next((word for word in words if word in query), None),
        typed_email=typed_email,
        typed_phone=typed_phone,
        can_correct_email=is_confirmed_email_correctable(visit.appointment, visit.now),
        marked_at=parse_slot_time(query.get("at") or ""),
        code=encode_qr(_qr_target_url(request, visit), "m") if visit.stands else None,
        find_address=f"{requests.current_runtime(request).public_url}{FIND_PATH}",
        **problem.context | {"rejected_form": problem.element if problem.errors else ""},
    )


async def _add_offers(session: AsyncSession, visit: AppointmentView) -> AppointmentView:
    """Add the offer of an earlier slot, and the replacement times if the office cancelled."""
    appointment, now = visit.appointment, visit.now
    return replace(
        visit,
        earlier=await earlier_slot_status(session, appointment, now),
        ways=await replacement_times(session, visit.office, appointment, now),
    )


def _qr_target_url(request: Request, visit: AppointmentView) -> str:
    """Build the address in the QR code: the ticket of a visit in person, else the page."""
    site = requests.current_runtime(request).public_url
    if visit.is_remote:
        return f"{site}{visit.page}"
    return f"{site}/o/{visit.office.slug}?appointment={visit.token}"


async def download_calendar(request: Request) -> Response:
    """GET `/a/{token}/calendar.ics`: adds, moves or removes the event in a calendar."""
    # imported late, because its library has 80 modules
    from ...core.formats.icalendar import build_event_ics

    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
    t, appointment = requests.current_gettext(request), visit.appointment
    url = f"{requests.current_runtime(request).public_url}{visit.page}"
    contents = build_event_ics(
        uid=appointment.calendar_uid,
        summary=f"{visit.titles(requests.current_language(request))} · {visit.office.name}",
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        timezone=visit.office.timezone,
        stamp=visit.now,
        location=t(MODE_NAMES[appointment.mode])
        if visit.is_remote
        else f"{visit.office.name}, {visit.office.address}",
        description=_calendar_description(request, visit, url),
        url=url,
        alarm_minutes=CALENDAR_ALARM_MINUTES,
        sequence=appointment.revision,
        cancelled=appointment.state in CANCELLED_STATES,
    )
    headers = {
        "Content-Disposition": f'attachment; filename="office360-{appointment.locator}.ics"',
        "Cache-Control": "private, no-store",
    }
    return Response(contents, 200, headers, "text/calendar; charset=utf-8")


def _calendar_description(request: Request, visit: AppointmentView, url: str) -> str:
    t, language = requests.current_gettext(request), requests.current_language(request)
    first = t("You can join from %(time)s.") if visit.is_video else t("You can join the queue from %(time)s.")
    if visit.is_phone:
        first = t("We will call you on %(number)s between %(start)s and %(end)s.")
    opens = {
        "time": format_time(visit.opens_at, visit.zone),
        "number": visit.call_to,
        "start": format_time(visit.starts_at, visit.zone),
        "end": format_time(visit.ends_at, visit.zone),
    }
    bring = "; ".join(visit.bring(language))
    lines = [
        first % opens,
        f"{t('Have ready') if visit.is_remote else t('Bring')}: {bring}" if bring else "",
        f"{t('Booking reference')}: {visit.locator}",
        url,
    ]
    return "\n".join(line for line in lines if line)


async def show_cancel_page(request: Request) -> Response:
    """GET `/a/{token}/cancel`: ask for confirmation.

    A GET never cancels, because mail scanners open links.
    """
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
    if not visit.changeable:
        return requests.see_other(visit.page)
    return render_appointment_page(request, "cancel", visit)


@handle_form
async def submit_cancel(request: Request, form: SentForm) -> Response:
    """POST `/a/{token}/cancel`: cancel the appointment."""
    token = request.path_params["token"]
    with suppress(Refused):  # the page of the appointment says why, and what can be done instead
        await cancel_appointment(form.runtime, token)
    return requests.see_other(f"/a/{token}")


routes = [
    Route("/a/{token}", show_appointment),
    Route("/a/{token}/calendar.ics", download_calendar),
    Route("/a/{token}/cancel", show_cancel_page),
    Route("/a/{token}/cancel", submit_cancel, methods=["POST"]),
]
