"""The page `/o/{office}` behind the QR code of the poster, where citizens take tickets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    Appointment,
    Requester,
    appointment_at_address,
    appointment_services,
    booking_url_for_services,
    build_requester,
    first_service_now,
    run_with_optional_proof,
)
from ...core.errors import Invalid, NotFound, RateLimited, Refused
from ...core.i18n.dates import format_time
from ...core.ids import new_id
from ...core.tokens import hash_token
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, read_form
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ...core.web.validation import parse_model
from ...offices.service import Office, OfficeService, hours, office_by_id, office_by_slug
from ..actions.refusals import refusal_error
from ..actions.requester_checks import address_refusal_code
from ..actions.standby import join_standby
from ..actions.take_ticket import TakeTicketUseCase, take_ticket
from ..actions.ticket_request import AppointmentByLocator, IssuedTicket, TicketRequest
from ..domain import admission
from ..domain.admission import STANDBY_REFUSAL_CODES, AdmissionRefusal
from ..domain.line_settings import LineSettings
from ..queries.office_state import load_office_state
from ..queries.ticket_lookup import active_ticket_by_device, derive_ticket_token
from ..queries.walk_in_admission import WalkInOption, walk_in_options
from . import lost_ticket_page
from .error_texts import FIELD_SENTENCES
from .schemas import AppointmentForm, WalkInForm

FORM_FIELDS = ("service", "email", "preferential_requested", "locator", "contact", "appointment")
ONE_DAY = timedelta(days=1)  # an office that closes later than this shows "day and night"


@dataclass(frozen=True, slots=True)
class AppointmentInvitation:
    """The appointment whose e-mail links to this page, with its remaining services.

    `refusal`: the reason if it gets no ticket now; `opens_at`: when it gets one. `again`: where to book it again.
    `early_minutes`: how long before the start a ticket is given. `late_minutes`: how late the citizen is, beyond
    the tolerance; `takes_until`: when the ticket is refused. `office`: where the appointment is.
    """

    appointment: Appointment
    services: tuple[OfficeService, ...]
    refusal: str | None
    opens_at: datetime | None
    office: Office
    early_minutes: int = 0
    late_minutes: int = 0
    takes_until: datetime | None = None

    @property
    def again(self) -> str:
        return booking_url_for_services(self.appointment.office_slug, self.appointment.service_slugs)


@dataclass(frozen=True, slots=True)
class RejectedForm:
    """A form that got no ticket: its section, its values and its problem."""

    way: str
    typed: dict[str, str]
    problem: FormProblem

    @property
    def refused(self) -> Refused | None:
        """Return the refusal that is no error of a field."""
        return self.problem.error if isinstance(self.problem.error, Refused) else None


async def office_page(request: Request) -> Response:
    """`GET /o/{office}`.

    `?appointment=TOKEN`, as in e-mails, opens the section for appointments; `?service=` the one for walk-ins.
    """
    return await _render_office_page(request, None)


async def _render_office_page(request: Request, rejected: RejectedForm | None) -> Response:
    runtime, problem = requests.current_runtime(request), rejected.problem if rejected else NO_PROBLEM
    async with runtime.read_session() as session:
        now = runtime.now()
        office = await office_by_slug(session, request.path_params["office"])
        state = await load_office_state(session, office, now)
        options = walk_in_options(state, requests.current_language(request))
        refused = rejected.refused if rejected else await _refusal_of_link(request, session, office, now, options)
        invitation = await _load_invitation(session, request, office, now)
        address_refusal = await address_refusal_code(
            session, office, await build_requester(request, office=office.slug)
        )
        holds = await active_ticket_by_device(session, office.id, requests.current_device(request))
    return requests.render_page(
        request,
        "queue/entrance.html",
        office=office,
        open_now=hours.is_open(office.hours, now),
        until=_open_until_text(request, office, now),
        opens_at=hours.next_opening_time(office.hours, now),
        choices=[option for option in options if option.refusal is None],
        not_now=[
            (option.service, _refusal_reason(request, office, option.service, option.refusal))
            for option in options
            if option.refusal is not None
        ],
        address_refusal=address_refusal,
        booked_only=[service for service in office.services if not service.takes_walk_ins],
        invitation=invitation,
        token=request.query_params.get("appointment", ""),
        holds={"code": holds.ticket.code, "token": derive_ticket_token(runtime, holds)} if holds else None,
        way=rejected.way if rejected else _open_section(request),
        typed=rejected.typed if rejected else {"service": request.query_params.get("service", "")},
        request_key=new_id(),
        page_url=_page_url(request, rejected),
        **problem.context
        | {
            "rejected_form": problem.element if problem.errors else "",
            "refusal": _refusal_context(request, office, refused),
        },
    )


def _page_url(request: Request, rejected: RejectedForm | None) -> str:
    """Return the address that opens the section of a rejected form."""
    path = f"/o/{request.path_params['office']}"
    if rejected is None:
        return path
    name = "service" if rejected.way == "walk_in" else "appointment"
    return f"{path}?{urlencode({name: rejected.typed[name]})}"


def _open_section(request: Request) -> str:
    """Return the section that is open at first; empty for none."""
    if "appointment" in request.query_params:
        return "appointment"
    return "walk_in" if "service" in request.query_params else ""


def _refusal_reason(request: Request, office: Office, service: OfficeService, refusal: AdmissionRefusal) -> str:
    """Return the reason that the host gave, or the text of the refusal."""
    if refusal.code != "walk_ins_stopped":
        return requests.error_text(request, refusal.code)
    t, language = requests.current_gettext(request), requests.current_language(request)
    return office.line_for_service(service).stop_text(language) or t("You need an appointment to join the queue.")


async def _refusal_of_link(
    request: Request, session: AsyncSession, office: Office, now: datetime, options: list[WalkInOption]
) -> Refused | None:
    """Return the refusal of the service that the address names, with the alternatives."""
    slug, language = request.query_params.get("service"), requests.current_language(request)
    for option in options:
        if option.service.slug == slug and option.refusal and option.refusal.code in STANDBY_REFUSAL_CODES:
            return await refusal_error(session, office, option.service, option.refusal, language, now, options)
    return None


def _open_until_text(request: Request, office: Office, now: datetime) -> str:
    """Return the closing time in words; empty if the office is closed."""
    closes_at = hours.closing_time(office.hours, now)
    if closes_at is None:
        return ""
    t = requests.current_gettext(request)
    if closes_at - now >= ONE_DAY:
        return t("day and night")
    if closes_at.astimezone(office.timezone).time() == time():
        return t("until midnight")
    return t("until %(time)s") % {"time": format_time(closes_at, office.timezone)}


async def _load_invitation(
    session: AsyncSession, request: Request, office: Office, now: datetime
) -> AppointmentInvitation | None:
    token = request.query_params.get("appointment", "")
    try:
        appointment = await appointment_at_address(request, session, token) if len(token) > 1 else None
    except NotFound:
        return None
    if appointment is None or appointment.mode != "in_person":
        return None
    if appointment.office_id != office.id:
        right = await office_by_id(session, appointment.office_id)
        return AppointmentInvitation(
            appointment, appointment_services(right, appointment), "appointment_elsewhere", None, right
        )
    service = first_service_now(office, appointment)
    settings = LineSettings.from_overrides(office.line_for_service(service).rules if service else {})
    refusal = admission.check_appointment(
        appointment.starts_at, now, paused=office.paused, settings=settings, told_at=appointment.latest_told_at
    )
    if appointment.state == "preconfirmed":
        refusal = admission.AdmissionRefusal("not_confirmed")
    elif appointment.state not in ("confirmed", "checked_in"):
        refusal = admission.AdmissionRefusal("appointment_over")
    services = appointment_services(office, appointment)
    code, opens_at = (refusal.code, refusal.opens_at) if refusal else (None, None)
    late = now - appointment.expected_at
    return AppointmentInvitation(
        appointment,
        services,
        code,
        opens_at,
        office,
        early_minutes=whole_minutes(settings.check_in_opens),
        late_minutes=whole_minutes(late) if late > settings.on_time_until else 0,
        takes_until=appointment.expected_at + settings.late_until,
    )


def whole_minutes(duration: timedelta) -> int:
    return int(duration.total_seconds() // 60)


def _refusal_context(request: Request, office: Office, refused: Refused | None) -> dict[str, Any] | None:
    """Return the texts and the alternatives of a refusal."""
    if refused is None:
        return None
    details = refused.details
    service = office.service(details["service"]) if refused.code in STANDBY_REFUSAL_CODES else None
    alternatives = [_parse_alternative(alternative) for alternative in details.get("alternatives", ())]
    return {
        "code": refused.code,
        "service": service.name(requests.current_language(request)) if service else None,
        "text": requests.error_text(request, refused.code, details),
        "opens_at": _parse_moment(details["opens_at"]) if "opens_at" in details else None,
        "reason": details.get("reason"),
        "page": details.get("links", {}).get("page"),
        "appointment": details.get("links", {}).get("appointment"),
        "alternatives": alternatives,
        "may_pass": service is not None and not details["lasts_today"],
    }


def _parse_alternative(alternative: dict[str, Any]) -> dict[str, Any]:
    """Parse the times of an alternative."""
    eta = alternative.get("eta")
    parsed = {
        **alternative,
        "eta": (_parse_moment(eta["earliest"]), _parse_moment(eta["latest"])) if eta else None,
    }
    if "starts_at" in alternative:
        parsed["starts_at"] = _parse_moment(alternative["starts_at"])
    return parsed


def _parse_moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def submit_ticket_form(request: Request) -> Response:
    """`POST /o/{office}`: 303 to the ticket, or the page with the refusal."""
    return await _submit_form(request, take_ticket)


async def submit_standby_form(request: Request) -> Response:
    """`POST /o/{office}/standby`: 303 to a ticket on standby."""
    return await _submit_form(request, join_standby)


async def _submit_form(request: Request, use_case: TakeTicketUseCase) -> Response:
    form = await read_form(request)
    way = "walk_in" if form.get("way") == "walk_in" else "appointment"
    typed = form.texts(*FORM_FIELDS)
    async with form.runtime.read_session() as session:
        await office_by_slug(session, request.path_params["office"])
    with form.catch(
        Invalid,
        Refused,
        NotFound,
        RateLimited,
        sentences=FIELD_SENTENCES,
        refused_field=dict.fromkeys(("locator_unknown", "rate_limited"), "locator"),
        element=way,
    ) as problem:
        asked = _with_requester(form, _request_from_form(request, way, typed))
        form.stop_for_language(NotFound("locator_unknown"), RateLimited(retry_after_s=0))
        issued = await _run_with_requester(form, asked, use_case)
        return requests.see_other(f"/t/{issued.token}")
    return await _render_office_page(request, RejectedForm(way, typed, problem))


async def _run_with_requester(form: SentForm, asked: TicketRequest, use_case: TakeTicketUseCase) -> IssuedTicket:
    office, altcha = form.request.path_params["office"], form.text("altcha") or None

    async def run(requester: Requester) -> IssuedTicket:
        return await use_case(form.runtime, office, replace(asked, requester=requester))

    try:
        return await run_with_optional_proof(form.request, altcha, office, run)
    except NotFound:
        raise NotFound("locator_unknown") from None
    except Refused as refused:
        if altcha is not None and refused.code == "proof_required":  # it was wrong, used or too old
            raise Refused("proof_failed") from None
        raise


def _request_from_form(request: Request, way: str, typed: dict[str, str]) -> TicketRequest:
    if way == "walk_in":
        walk_in = parse_model(WalkInForm, typed)
        return TicketRequest(
            service=walk_in.service,
            email=walk_in.email,
            preferential_requested=walk_in.preferential_requested,
        )
    if typed["appointment"]:
        return TicketRequest(appointment=typed["appointment"])
    named = parse_model(AppointmentForm, typed)
    return TicketRequest(
        appointment=AppointmentByLocator(named.locator, named.contact, requests.client_address(request))
    )


def _with_requester(form: SentForm, asked: TicketRequest) -> TicketRequest:
    """Add device, language and the key that makes a double tap one request."""
    request, key = form.request, form.text("request_key")
    device = requests.current_device(request)
    request_key = hash_token("\0".join((request.url.path, device or "", key))) if key else None
    return replace(
        asked,
        language=requests.current_language(request),
        device=device,
        request_key=request_key,
        offers=requests.offered_channels(request),
    )


routes = [
    Route("/o/{office}", office_page),
    LimitedRoute("/o/{office}", submit_ticket_form, WriteLimit.TICKETS),
    LimitedRoute("/o/{office}/standby", submit_standby_form, WriteLimit.TICKETS),
    *lost_ticket_page.routes,
]
