"""Taking a ticket: with an appointment or without one, once per person, or with the reason why not."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..appointments.service import (
    Appointment,
    AppointmentState,
    also_given,
    appointment_by_id,
    appointment_by_token,
    check_in,
    find,
    length_of,
    present_service,
)
from ..core.errors import FieldError, Invalid, NotFound, Refused
from ..core.ids import new_id
from ..core.runtime import Runtime, Transaction
from ..core.tokens import hash_token
from ..offices.service import Office, Service, hours, office_by_slug
from . import admission, estimate, following, letters, reading, store
from .admission import Refusal, Situation
from .alternatives import refused
from .changes import Locked, lock, set_expiry, set_timers, tell
from .estimate import Booked, Forecast, Range
from .line import Line, passes_at_issue
from .notices import CITIZEN
from .store import Collision, LineDay, Record
from .ticket import Kind, LineRules, State, Ticket
from .view import range_json

logger = logging.getLogger(__name__)

ATTEMPTS = 3  # two requests of one person in the same moment: the second look finds what the first wrote
REQUEST_KEPT = timedelta(hours=24)  # contract.md: an Idempotency-Key is kept for a day
UNSURE = timedelta(hours=1)  # how far the promise looks when nobody can say how long it takes


@dataclass(frozen=True, slots=True)
class ByLocator:
    """An appointment as a person names it. `address` is whose wrong guesses are counted."""

    locator: str
    contact: str
    address: str


@dataclass(frozen=True, slots=True)
class ById:
    """An appointment as staff name it."""

    id: str


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """What somebody asks for, already validated. `appointment` is its token, or how a person names it.

    `standby`: where there is no room, wait for some.
    `actor`: who gives the ticket, for the audit. `override`: why a host gives it though the rules say no.

    `exempt`: a program of the office, which may take many tickets with one device or contact. `sms`: the
    person wants to be told of the turn at `phone`.
    """

    service: str | None = None
    appointment: str | ByLocator | ById | None = None
    language: str = "es"
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    preferential_requested: bool = False
    device: str | None = None
    request_key: str | None = None
    exempt: bool = False
    sms: bool = False
    standby: bool = False
    actor: str = CITIZEN
    override: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A ticket and its secret. `again`: this request had been answered before."""

    ticket: Ticket
    token: str
    again: bool = False


async def take_ticket(runtime: Runtime, office_slug: str, request: TicketRequest) -> IssuedTicket:
    """Issue a ticket. The same request key gives the same ticket again.

    Raises Refused("closed" | "paused" | "walk_ins_stopped" | "quota_reached" | "no_capacity" |
    "appointment_only", alternatives=[...]), Refused("already_waiting" | "too_early" | "too_late_for_turn" |
    "appointment_is_video" | "appointment_elsewhere" | "appointment_over" |
    "not_confirmed"), NotFound, RateLimited, Invalid.
    """
    appointment = await _appointment(runtime, request)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with runtime.transaction() as tx:
                return await _take(tx, office_slug, request, appointment)
        except Collision:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def _appointment(runtime: Runtime, request: TicketRequest) -> Appointment | None:
    if isinstance(request.appointment, ByLocator):
        named = request.appointment
        return await find(runtime, named.locator, named.contact, named.address)
    if request.appointment is None:
        return None
    async with runtime.reading() as session:
        if isinstance(request.appointment, ById):
            return await appointment_by_id(session, request.appointment.id)
        return await appointment_by_token(session, request.appointment)


async def _take(
    tx: Transaction, office_slug: str, request: TicketRequest, appointment: Appointment | None
) -> IssuedTicket:
    office = await office_by_slug(tx.session, office_slug)
    if appointment is not None:
        _check_is_for_here(appointment, office, tx)
    service = _booked_service(office, appointment) if appointment else _walk_in_service(office, request)
    more = also_given(office, appointment) if appointment else ()
    locked = await lock(tx, office, [service.line_id])
    earlier = await _earlier(tx, office, request)
    if earlier is not None:
        return earlier
    if appointment is None:
        return await _walk_in(locked, service, request)
    return await _with_appointment(locked, (service, *more), request, appointment.id)


def _booked_service(office: Office, appointment: Appointment) -> Service:
    """Raises Refused("service_gone"): nobody knows in which line they would wait."""
    service = present_service(office, appointment)
    if service is None:
        raise Refused("service_gone")
    return service


# Without an appointment


def _walk_in_service(office: Office, request: TicketRequest) -> Service:
    here = [one for one in office.services if one.walk_in and "in_person" in one.modes]
    if request.service is None and len(here) == 1:
        return here[0]
    if request.service is None:
        raise Invalid(FieldError("service", "required"))
    try:
        return office.service(request.service)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None


async def _walk_in(locked: Locked, service: Service, request: TicketRequest) -> IssuedTicket:
    tx, office = locked.tx, locked.office
    keys = _keys(office, request, str(locked.day))
    holds = await store.active_of_person(tx.session, keys["device_key"], keys["email_key"], keys["phone_key"])
    if holds is not None:
        raise already_waiting(tx.runtime, holds, request.device)
    judged = await judge(locked, service)
    refusal = judged.refusal or _behind_standby(locked.lines[service.line_id])
    if request.standby and (refusal is None or refusal.code in admission.STANDBY_HELPS):
        refusal = None
    if refusal is not None and not _is_overridden(service, request):
        raise await refused(tx.session, office, service, refusal, request.language, tx.now)
    line = locked.lines[service.line_id]
    ticket = _new_ticket(locked, [service], Kind.WALK_IN, judged.coming, judged.latest, line.rules)
    if request.standby:
        return await _issue(locked, replace(ticket, state=State.STANDBY), request, None, name=request.name, **keys)
    return await _issue(locked, ticket, request, judged.shown, name=request.name, **keys)


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a line has room for one more now, and when they would be called; who is still expected."""

    refusal: Refusal | None
    shown: Range | None
    latest: datetime
    coming: Sequence[Booked]


async def judge(locked: Locked, service: Service) -> Judged:
    """Look at somebody who comes now without an appointment."""
    tx, line, expected = locked.tx, locked.lines[service.line_id], timedelta(minutes=service.minutes)
    floor = await reading.floor(tx.session, locked.office, tx.now, [line], locked.sessions)
    forecast = floor.forecast(line.id, expected, service.slug)
    refusal = _refusal(locked, service, forecast or floor.hope(line.id, expected, service.slug))
    shown = forecast.called if forecast else None
    return Judged(refusal, shown, shown.latest if shown else tx.now + UNSURE, floor.coming[line.id])


def _behind_standby(line: Line) -> Refusal | None:
    """Whoever waits for room gets it first."""
    return Refusal("no_capacity") if admission.first_on_standby(line.tickets) is not None else None


def passes_now(locked: Locked, line_id: str, judged: Judged) -> int:
    """The overtaking promise of a ticket that is issued now."""
    rules = locked.lines[line_id].rules
    return passes_at_issue(estimate.could_pass(judged.coming, judged.latest, locked.tx.now, rules), rules)


def _is_overridden(service: Service, request: TicketRequest) -> bool:
    """Whether a host takes it upon them; nobody can be attended in person where that is not done at all."""
    return request.override is not None and "in_person" in service.modes


def _refusal(locked: Locked, service: Service, forecast: Forecast | None) -> Refusal | None:
    if not service.walk_in or "in_person" not in service.modes:
        return Refusal("appointment_only")
    office, now, named = locked.office, locked.tx.now, locked.named[service.line_id]
    return admission.walk_in(
        Situation(
            paused=office.paused,
            closing=hours.closing(office.hours, now),
            opens_at=hours.next_opening(office.hours, now),
            stopped=named.stopped,
            quota=named.daily_quota,
            walk_ins=locked.days[named.id].walk_ins,
            forecast=forecast,
            rules=locked.lines[named.id].rules,
        )
    )


def _keys(office: Office, request: TicketRequest, day: str) -> dict[str, str | None]:
    """Hashes by which a second ticket of the same person, office and day is found and refused."""
    if request.exempt:
        return {"device_key": None, "email_key": None, "phone_key": None}
    email = request.email.lower() if request.email else None
    known = {"device_key": request.device, "email_key": email, "phone_key": request.phone}
    return {
        name: hash_token("\0".join((office.id, day, value))) if value else None for name, value in known.items()
    }


def already_waiting(runtime: Runtime, record: Record, device: str | None) -> Refused:
    """The refusal of a second ticket. Only the device that took the first gets its token back."""
    if device is None or record.device_hash != hash_token(device):
        return Refused("already_waiting", ticket=record.ticket.code)
    token = token_of(runtime, record)
    return Refused(
        "already_waiting",
        ticket=record.ticket.code,
        token=token,
        links={"page": f"{runtime.public_url}/t/{token}"},
    )


# With an appointment


def _check_is_for_here(appointment: Appointment, office: Office, tx: Transaction) -> None:
    if appointment.mode == "video":
        raise Refused("appointment_is_video")
    if appointment.office_id != office.id:
        link = f"{tx.runtime.public_url}/o/{appointment.office_slug}"
        raise Refused("appointment_elsewhere", office=appointment.office_slug, links={"page": link})


async def _with_appointment(
    locked: Locked, services: Sequence[Service], request: TicketRequest, appointment_id: str
) -> IssuedTicket:
    tx, service = locked.tx, services[0]
    holds = await store.active_of_appointment(tx.session, appointment_id)
    if holds is not None and request.actor != CITIZEN:  # two hosts at once, or one who presses twice
        return IssuedTicket(holds.ticket, token_of(tx.runtime, holds), again=True)
    if holds is not None:
        raise already_waiting(tx.runtime, holds, request.device)
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state == AppointmentState.PRECONFIRMED:
        raise Refused("not_confirmed")
    if appointment.state != AppointmentState.CONFIRMED:
        raise Refused("appointment_over")
    line = locked.lines[service.line_id]
    refusal = admission.appointment(
        appointment.starts_at,
        tx.now,
        paused=locked.office.paused,
        rules=line.rules,
        told_at=appointment.latest_told_at,
    )
    if refusal is not None and request.override is None:
        raise await refused(tx.session, locked.office, service, refusal, request.language, tx.now)
    await check_in(tx, appointment.id)
    floor = await reading.floor(tx.session, locked.office, tx.now, [line], locked.sessions)
    latest = max(tx.now, appointment.starts_at)
    ticket = replace(
        _new_ticket(locked, services, Kind.APPOINTMENT, floor.coming[line.id], latest, line.rules),
        appointment_id=appointment.id,
        appointment_at=appointment.starts_at,
        told_at=appointment.latest_told_at,
    )
    shown = floor.joined_by(ticket).outlook(line.id).ranges.get(ticket.id)
    return await _issue(locked, ticket, request, shown, name=appointment.name)


# Issuing


def _new_ticket(
    locked: Locked,
    services: Sequence[Service],
    kind: Kind,
    coming: Sequence[Booked],
    latest: datetime,
    rules: LineRules,
) -> Ticket:
    """A visit waits in the line of its first service, and takes as long as all of them."""
    now, service = locked.tx.now, services[0]
    number = locked.days[service.line_id].issued + 1
    return Ticket(
        id=new_id(),
        line_id=service.line_id,
        number=number,
        code=f"{locked.named[service.line_id].letter}-{number:03d}",
        service=service.slug,
        kind=kind,
        issued_at=now,
        arrived_at=now,
        since=now,
        expected=length_of(services),
        more_services=tuple(one.slug for one in services[1:]),
        passes_left=passes_at_issue(estimate.could_pass(coming, latest, now, rules), rules),
    )


async def _issue(
    locked: Locked,
    ticket: Ticket,
    request: TicketRequest,
    shown: Range | None,
    *,
    name: str | None,
    **keys: str | None,
) -> IssuedTicket:
    tx, office = locked.tx, locked.office
    token = tx.runtime.tokens.derive("ticket", ticket.id)
    rules = locked.lines[ticket.line_id].rules
    expires_at = _closing(office, ticket, tx.now) + rules.expire_after_closing
    sms_phone = request.phone if request.sms else None
    browsers = await following.inherit(tx, ticket, expires_at)
    ticket = replace(ticket, notify=bool(sms_phone or browsers))
    record = Record(
        ticket=ticket,
        office_id=office.id,
        issued_line_id=ticket.line_id,
        token_hash=hash_token(token),
        day=locked.day,
        language=request.language,
        expires_at=expires_at,
        name=name,
        email=request.email,
        phone=request.phone,
        preferential_requested=request.preferential_requested,
        device_hash=hash_token(request.device) if request.device else None,
        request_key=request.request_key,
        request_digest=_digest(office, request),
        shown_earliest=shown.earliest if shown else None,
        shown_latest=shown.latest if shown else None,
        sms_phone=sms_phone,
        **keys,
    )
    await store.insert(tx.session, record)
    await _count(locked, ticket)
    details = {"kind": str(ticket.kind)} | ({"override": request.override} if request.override else {})
    await store.add_events(tx.session, [(ticket, None)], "issued", request.actor, tx.now, details)
    await set_timers(tx, ticket, rules)
    await set_expiry(tx, ticket.line_id, record.expires_at)
    line = locked.lines[ticket.line_id].with_tickets(ticket)
    await tell(locked, [line])
    if record.email is not None or ticket.notify:
        await _write_to(locked, record, line)
    logger.info("ticket_issued", extra={"ticket": ticket.id, "office": office.slug, "kind": str(ticket.kind)})
    return IssuedTicket(ticket, token)


async def _write_to(locked: Locked, record: Record, line: Line) -> None:
    """The letter, and the notices that were asked for with the ticket."""
    tx, office, ticket = locked.tx, locked.office, record.ticket
    outlook = (await reading.floor(tx.session, office, tx.now, [line], locked.sessions)).outlook(line.id)
    if record.email is not None:
        kind = "ticket_standby" if ticket.state is State.STANDBY else "ticket_issued"
        letters.issued(tx, office, record, record.email, outlook.ranges.get(ticket.id), kind)
    if ticket.notify:
        ahead = outlook.order.index(ticket.id) if ticket.id in outlook.order else None
        seen = {"ahead": ahead, "eta": range_json(outlook.ranges.get(ticket.id), office)}
        await letters.tell_issued(tx, office, ticket, seen)


def _closing(office: Office, ticket: Ticket, now: datetime) -> datetime:
    """When this visit's opening ends. Who comes for an appointment may be there before the doors open."""
    return (
        hours.closing(office.hours, now)
        or hours.closing(office.hours, ticket.appointment_at or now)
        or (ticket.appointment_at or now) + UNSURE
    )


async def _count(locked: Locked, ticket: Ticket) -> None:
    before = locked.days[ticket.line_id]
    counted = LineDay(
        issued=before.issued + 1,
        walk_ins=before.walk_ins + (ticket.kind is Kind.WALK_IN and ticket.state is not State.STANDBY),
        last_calls=before.last_calls,
    )
    await store.save_line_day(locked.tx.session, ticket.line_id, locked.day, counted)
    locked.days[ticket.line_id] = counted


# The same request again


async def _earlier(tx: Transaction, office: Office, request: TicketRequest) -> IssuedTicket | None:
    if request.request_key is None:
        return None
    record = await store.by_request(tx.session, request.request_key)
    if record is None:
        return None
    if record.ticket.issued_at + REQUEST_KEPT <= tx.now:
        await store.forget_request(tx.session, request.request_key)
        return None
    if record.request_digest != _digest(office, request):
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return IssuedTicket(record.ticket, token_of(tx.runtime, record), again=True)


def _digest(office: Office, request: TicketRequest) -> str:
    asked: dict[str, Any] = asdict(request) | {"office": office.slug, "request_key": None, "device": None}
    if isinstance(request.appointment, ByLocator):
        asked["appointment"] = {"locator": request.appointment.locator, "contact": request.appointment.contact}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def token_of(runtime: Runtime, record: Record) -> str:
    """The token of a ticket's page, derived again."""
    return runtime.tokens.derive("ticket", record.ticket.id, record.token_hash)
