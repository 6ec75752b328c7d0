"""The ticket page `/t/{token}` and its forms. No rules, no SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import booking_url_for_services, build_requester, phone_field
from ...core.errors import Invalid, RateLimited, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ...offices.service import Office, office_by_id, things_to_bring
from ..actions import notification_subscriptions
from ..actions.citizen import CitizenUseCase, ask_for_help, leave_line, postpone_call, rejoin_line
from ..domain.line import is_late
from ..domain.line_settings import LineSettings
from ..domain.ticket import ENDED_STATES, Ticket, TicketState
from ..queries.evacuations import recent_evacuation_end
from ..queries.ticket_lookup import describe_ticket_by_id, ticket_record_by_token
from ..storage.ticket_rows import TicketRecord
from . import office_page
from .error_texts import FIELD_SENTENCES
from .office_page import whole_minutes
from .schemas import PhoneMessage
from .ticket_texts import TicketPageTexts, page_state, page_values

TICKET_PAGE_REFRESH_S = 15  # a page without JavaScript reloads as often
PHONE_TAIL_DIGITS = 3  # enough for the owner to recognise the number, too few to dial it


@dataclass(frozen=True, slots=True)
class RejectedPhone:
    """A rejected phone number, as typed, and its error.

    `problem`: what is shown again in the other language.
    """

    typed: str
    error: str | None
    problem: str = forms.FIELD_PROBLEMS


async def ticket_page(request: Request) -> Response:
    """`GET /t/{token}`: the whole state. The script of the page keeps it current."""
    return await _render_ticket_page(request)


@dataclass(frozen=True, slots=True)
class NotificationOptions:
    """The notifications that the page offers.

    `key`: the public key for push. `tail`: the end of the number that gets SMS. `typed` and `error`: the rejected
    number and its error.
    """

    key: str | None
    has_sms: bool
    tail: str | None
    typed: str = ""
    error: str | None = None


async def _render_ticket_page(
    request: Request,
    refusal: Refused | None = None,
    *,
    rejected_phone: RejectedPhone | None = None,
    status: int = 200,
) -> Response:
    token = request.path_params["token"]
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        record = await ticket_record_by_token(session, token)
        office = await office_by_id(session, record.office_id)
        evacuation_end = await recent_evacuation_end(session, office, runtime.now())
        found = await describe_ticket_by_id(session, runtime, record.ticket.id, requests.current_language(request))
    seen = {**found, "sent_at": format_rfc3339(runtime.now(), office.timezone)}
    texts = TicketPageTexts(request.state.catalogues.translations(requests.current_language(request)))
    return requests.render_page(
        request,
        "queue/ticket.html",
        status_code=status,
        page_url=f"/t/{token}",
        token=token,
        seen=seen,
        mood=page_state(seen),
        slot=page_values(seen, texts),
        texts=texts.all_texts(),
        refresh_s=None if record.ticket.state in ENDED_STATES else TICKET_PAGE_REFRESH_S,
        refusal=requests.error_text(request, refusal.code, refusal.details) if refusal else None,
        rejected_form="sms-form" if rejected_phone and rejected_phone.error else "",
        shown_problem=rejected_phone.problem if rejected_phone else "",
        told=_notification_options(request, record, rejected_phone),
        evacuation_over=evacuation_end is not None and record.ticket.arrived_at <= evacuation_end,
        **_fixed_context(record, office, requests.current_language(request)),
    )


def _notification_options(
    request: Request, record: TicketRecord, rejected: RejectedPhone | None
) -> NotificationOptions:
    push, phone = requests.push_settings(request), record.sms_phone
    return NotificationOptions(
        key=push.public_key if push else None,
        has_sms=bool(requests.sms_countries(request)),
        tail=phone[-PHONE_TAIL_DIGITS:] if phone else None,
        typed=rejected.typed if rejected else record.phone or "",
        error=rejected.error if rejected else None,
    )


def _fixed_context(record: TicketRecord, office: Office, language: str) -> dict[str, Any]:
    """Return the values that do not change while the page is open."""
    ticket = record.ticket
    services = office.services_by_slugs(ticket.services)
    return {
        "office": office,
        "services": services,
        "bring": things_to_bring(services, language),
        "book": booking_url_for_services(office.slug, ticket.services),
        "appointment_at": ticket.appointment_at,
        "told_at": ticket.told_at,
        "late_minutes": _late_minutes(ticket, office),
        "email": record.email,
    }


def _late_minutes(ticket: Ticket, office: Office) -> int:
    """Return how late the citizen of an appointment came; 0 within the tolerance."""
    due = ticket.told_at or ticket.appointment_at
    settings = LineSettings.from_overrides(office.line_by_id(ticket.line_id).rules)
    return whole_minutes(ticket.arrived_at - due) if due and is_late(ticket, settings) else 0


async def leave_page(request: Request) -> Response:
    """`GET /t/{token}/leave`: the confirmation, for browsers without the script's dialog."""
    token = request.path_params["token"]
    async with requests.current_runtime(request).read_session() as session:
        record = await ticket_record_by_token(session, token)
        office = await office_by_id(session, record.office_id)
    if record.ticket.state in ENDED_STATES or record.ticket.state is TicketState.SERVING:
        return requests.see_other(f"/t/{token}")
    return requests.render_page(request, "queue/leave.html", token=token, code=record.ticket.code, office=office)


async def submit_sms_form(request: Request) -> Response:
    """`POST /t/{token}/sms`: subscribe this number."""
    form = await forms.read_form(request)
    typed, shown = str(form.get("phone") or ""), forms.shown_problem(form)
    token = request.path_params["token"]
    try:
        phone = parse_model(PhoneMessage, phone_field(typed)).phone
        if forms.asks_for_language(form):
            error = requests.error_text(request, shown) if shown == "rate_limited" else None
            return await _render_ticket_page(request, rejected_phone=RejectedPhone(typed, error))
        await notification_subscriptions.subscribe_phone(
            requests.current_runtime(request),
            token,
            phone,
            countries=requests.sms_countries(request),
            requester=await build_requester(request),
        )
    except Invalid as invalid:
        error = forms.field_error_texts(request, invalid, FIELD_SENTENCES)["phone"]
        return await _render_ticket_page(request, rejected_phone=RejectedPhone(typed, error), status=422)
    except RateLimited as limited:
        rejected = RejectedPhone(typed, requests.error_text(request, limited.code), limited.code)
        return await _render_ticket_page(request, rejected_phone=rejected, status=429)
    except Refused as refused:
        return await _render_ticket_page(request, refused, status=409)
    return requests.see_other(f"/t/{token}#sms")


def _citizen_form_endpoint(use_case: CitizenUseCase) -> Callable[[Request], Awaitable[Response]]:
    """Make the endpoint of a form: run the use case, then show the page, or the refusal."""

    async def act(request: Request) -> Response:
        await forms.read_form(request)
        try:
            await use_case(requests.current_runtime(request), request.path_params["token"])
        except Refused as refused:
            return await _render_ticket_page(request, refused, status=409)
        return requests.see_other(f"/t/{request.path_params['token']}")

    return act


routes = [
    *office_page.routes,
    Route("/t/{token}", ticket_page),
    Route("/t/{token}/leave", leave_page),
    Route("/t/{token}/leave", _citizen_form_endpoint(leave_line), methods=["POST"]),
    Route("/t/{token}/rejoin", _citizen_form_endpoint(rejoin_line), methods=["POST"]),
    Route("/t/{token}/postpone", _citizen_form_endpoint(postpone_call), methods=["POST"]),
    Route("/t/{token}/help", _citizen_form_endpoint(ask_for_help), methods=["POST"]),
    Route("/t/{token}/sms", submit_sms_form, methods=["POST"]),
    Route(
        "/t/{token}/sms/end",
        _citizen_form_endpoint(notification_subscriptions.unsubscribe_phone),
        methods=["POST"],
    ),
]
