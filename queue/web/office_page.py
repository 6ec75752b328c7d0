"""`/o/{office}`: what the poster's QR opens. With an appointment or without, and the ticket is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import Appointment, address_of, appointment_by_token, present_service, services_of
from ...core.errors import Invalid, NotFound, RateLimited, Refused
from ...core.i18n.dates import format_time
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ...core.web import requests
from ...core.web.validation import parse
from ...offices.service import Office, Service, hours, office_by_slug
from ..actions.citizen import ticket_of_device
from ..actions.duplicate_tickets import token_of
from ..actions.standby import join_standby
from ..actions.take_ticket import take_ticket
from ..actions.ticket_request import ByLocator, IssuedTicket, TicketRequest
from ..domain import admission
from ..domain.ticket import LineRules
from ..queries.office_state import LineWait, waits
from . import lost_ticket_page
from .schemas import AppointmentForm, WalkInForm

DAY = timedelta(days=1)  # an office that does not close within a day has no closing time worth a word


@dataclass(frozen=True, slots=True)
class Choice:
    """One service for those without an appointment, and its line now."""

    service: Service
    wait: LineWait


@dataclass(frozen=True, slots=True)
class Invitation:
    """The appointment whose e-mail led here, with what is still given of it.

    `refusal`: why there is no turn now; `opens_at`: from when. `again`: where to book the same once more.
    """

    appointment: Appointment
    services: tuple[Service, ...]
    refusal: str | None
    opens_at: datetime | None

    @property
    def again(self) -> str:
        return address_of(self.appointment.office_slug, self.appointment.service_slugs)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sent form is answered with when there is no ticket: what was typed, and what is wrong with it."""

    way: str
    typed: dict[str, str]
    errors: dict[str, str]
    refused: Refused | None = None
    status: int = 422


async def entrance(request: Request) -> Response:
    """`GET /o/{office}`. The e-mail's link has `?appointment=TOKEN`; `?service=` opens the other way."""
    return await _page(request, None)


async def _page(request: Request, answer: Answer | None) -> Response:
    runtime, language = requests.runtime(request), requests.language(request)
    async with runtime.reading() as session:
        now = runtime.now()
        office = await office_by_slug(session, request.path_params["office"])
        choices = await _choices(session, office, now, language)
        invitation = await _invitation(session, request, office, now)
        holds = await ticket_of_device(session, office.id, requests.device_of(request))
    return requests.render(
        request,
        "queue/entrance.html",
        status_code=answer.status if answer else 200,
        office=office,
        open_now=hours.is_open(office.hours, now),
        until=_until(request, office, now),
        opens_at=hours.next_opening(office.hours, now),
        choices=choices,
        booked_only=[one for one in office.services if not _is_walk_in(one)],
        invitation=invitation,
        token=request.query_params.get("appointment", ""),
        holds={"code": holds.ticket.code, "token": token_of(runtime, holds)} if holds else None,
        way=answer.way if answer else _way(request),
        typed=answer.typed if answer else {"service": request.query_params.get("service", "")},
        errors=answer.errors if answer else {},
        refusal=_refusal(request, answer),
        request_key=new_id(),
    )


def _way(request: Request) -> str:
    """Which of the two ways stands open."""
    if "appointment" in request.query_params:
        return "appointment"
    return "walk_in" if "service" in request.query_params else ""


async def _choices(session: AsyncSession, office: Office, now: datetime, language: str) -> list[Choice]:
    by_line = {wait.slug: wait for wait in await waits(session, office, now, language)}
    return [
        Choice(service, by_line[office.line_of(service).slug])
        for service in office.services
        if _is_walk_in(service)
    ]


def _is_walk_in(service: Service) -> bool:
    return service.walk_in and "in_person" in service.modes


def _until(request: Request, office: Office, now: datetime) -> str:
    """Until when the office is open, in words; empty when it is closed."""
    closes_at = hours.closing(office.hours, now)
    if closes_at is None:
        return ""
    t = requests.gettext_of(request)
    if closes_at - now >= DAY:
        return t("day and night")
    if closes_at.astimezone(office.timezone).time() == time():
        return t("until midnight")
    return t("until %(time)s") % {"time": format_time(closes_at, office.timezone)}


async def _invitation(session: AsyncSession, request: Request, office: Office, now: datetime) -> Invitation | None:
    token = request.query_params.get("appointment", "")
    try:
        appointment = await appointment_by_token(session, token) if len(token) > 1 else None
    except NotFound:
        return None
    if appointment is None or appointment.office_id != office.id or appointment.mode == "video":
        return None
    service = present_service(office, appointment)
    rules = LineRules.of(office.line_of(service).rules if service else {})
    refusal = admission.appointment(
        appointment.starts_at, now, paused=office.paused, rules=rules, told_at=appointment.latest_told_at
    )
    if appointment.state == "preconfirmed":
        refusal = admission.Refusal("not_confirmed")
    elif appointment.state not in ("confirmed", "checked_in"):
        refusal = admission.Refusal("appointment_over")
    services = services_of(office, appointment)
    code, opens_at = (refusal.code, refusal.opens_at) if refusal else (None, None)
    return Invitation(appointment, services, code, opens_at)


def _refusal(request: Request, answer: Answer | None) -> dict[str, Any] | None:
    """A refusal as the page shows it: the sentence, and what there is instead."""
    if answer is None or answer.refused is None:
        return None
    details = answer.refused.details
    alternatives = [
        {**one, **{name: _moment(one[name]) for name in ("starts_at",) if name in one}, **_eta(one)}
        for one in details.get("alternatives", ())
    ]
    return {
        "code": answer.refused.code,
        "text": requests.say(request, answer.refused.code, details),
        "opens_at": _moment(details["opens_at"]) if "opens_at" in details else None,
        "reason": details.get("reason"),
        "page": details.get("links", {}).get("page"),
        "alternatives": alternatives,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _eta(one: dict[str, Any]) -> dict[str, Any]:
    if not one.get("eta"):
        return {"eta": None}
    return {"eta": (_moment(one["eta"]["earliest"]), _moment(one["eta"]["latest"]))}


# Sending


FORM_FIELDS = ("service", "email", "preferential_requested", "locator", "contact", "appointment")


async def take(request: Request) -> Response:
    """`POST /o/{office}`: 303 to the ticket, or the page again with the reason and what there is instead."""
    return await _send(request, take_ticket)


async def wait_for_room(request: Request) -> Response:
    """`POST /o/{office}/standby`: 303 to a ticket that waits for room."""
    return await _send(request, join_standby)


Taking = Callable[[Runtime, str, TicketRequest], Awaitable[IssuedTicket]]


async def _send(request: Request, use_case: Taking) -> Response:
    form = await requests.form(request)
    way = "walk_in" if form.get("way") == "walk_in" else "appointment"
    typed = {name: str(form.get(name) or "") for name in FORM_FIELDS}
    async with requests.runtime(request).reading() as session:
        await office_by_slug(session, request.path_params["office"])
    try:
        asked = _by(request, form, _asked(request, way, typed))
        issued = await use_case(requests.runtime(request), request.path_params["office"], asked)
    except Invalid as invalid:
        return await _page(request, Answer(way, typed, requests.field_texts(request, invalid)))
    except Refused as refused:
        return await _page(request, Answer(way, typed, {}, refused, 409))
    except NotFound:
        errors = {"locator": requests.say(request, "locator_unknown")}
        return await _page(request, Answer(way, typed, errors, status=404))
    except RateLimited as limited:
        errors = {"locator": requests.say(request, limited.code)}
        return await _page(request, Answer(way, typed, errors, status=429))
    return requests.see_other(f"/t/{issued.token}")


def _asked(request: Request, way: str, typed: dict[str, str]) -> TicketRequest:
    if way == "walk_in":
        walk_in = parse(WalkInForm, typed)
        return TicketRequest(
            service=walk_in.service,
            email=walk_in.email,
            preferential_requested=walk_in.preferential_requested,
        )
    if typed["appointment"]:
        return TicketRequest(appointment=typed["appointment"])
    named = parse(AppointmentForm, typed)
    return TicketRequest(appointment=ByLocator(named.locator, named.contact, requests.address_of(request)))


def _by(request: Request, form: FormData, asked: TicketRequest) -> TicketRequest:
    """Who asks, in which language, and the key that makes a double tap one request."""
    device, key = requests.device_of(request), str(form.get("request_key") or "")
    request_key = hash_token("\0".join((request.url.path, device or "", key))) if key else None
    return replace(asked, language=requests.language(request), device=device, request_key=request_key)


routes = [
    Route("/o/{office}", entrance),
    Route("/o/{office}", take, methods=["POST"]),
    Route("/o/{office}/standby", wait_for_room, methods=["POST"]),
    *lost_ticket_page.routes,
]
