"""JSON over HTTP: free times, booking, one appointment and its changes (contract.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Role, require
from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage, browser_of
from ...core.i18n.dates import rfc3339
from ...core.web import requests
from ...core.web.paging import list_response
from ...core.web.request_identity import request_key
from ...core.web.validation import parse
from ...offices.service import Office, hours, office_by_id, office_by_slug
from ..actions.hold_slot import holder_of
from ..actions.proof_of_work import new_challenge
from ..notify import browser_subscriptions
from ..queries.availability import service_of
from ..service import (
    Appointment,
    AppointmentState,
    Earlier,
    LastTest,
    Way,
    appointment_by_token,
    book,
    book_inside,
    cancel,
    earlier_of,
    free_times,
    hold,
    hold_token,
    may_book_inside,
    more_services_of,
    reschedule,
    services_of,
    token_of,
    verify,
    ways_to_rebook,
)
from .requester import asker_of, limits_of
from .schemas import (
    BookingMessage,
    HoldMessage,
    InsideMessage,
    RescheduleMessage,
    SlotsQuery,
    VerifyMessage,
    booking_request,
    check_reminders,
)


async def list_slots(request: Request) -> Response:
    """`GET /api/v1/offices/{office}/slots?service=&mode=&from=&days=&more=`. Whoever can book inside sees more."""
    query = parse(SlotsQuery, dict(request.query_params))
    now, inside = (
        requests.runtime(request).now(),
        may_book_inside(await requests.principal(request), request.path_params["office"]),
    )
    async with requests.runtime(request).reading() as session:
        office = await office_by_slug(session, request.path_params["office"])
        service = service_of(office, query.service, query.mode)
        more = more_services_of(office, service, query.mode, query.more, field="more")
        first = query.from_ or hours.local_day(office.hours, now)
        found = await free_times(
            session, office, service, query.mode, now, first, query.days, more=more, inside=inside
        )
    zone = office.timezone
    shown = [
        {"starts_at": rfc3339(slot.starts_at, zone), "ends_at": rfc3339(slot.ends_at, zone), "left": slot.left}
        for slot in found
    ]
    return list_response(request, shown, "starts_at")


async def give_challenge(request: Request) -> Response:
    """`GET /api/v1/altcha`. Nothing is kept: the challenge is signed."""
    runtime = requests.runtime(request)
    return requests.json_response(new_challenge(runtime.tokens, limits_of(request).difficulty, runtime.now()))


async def keep_place(request: Request) -> Response:
    """`POST /api/v1/holds`. One place at a time for each device or proof; without both, for the address."""
    message = await requests.json_body(request, HoldMessage)
    asker, runtime = await asker_of(request, message.altcha), requests.runtime(request)
    kept = await hold(
        runtime,
        message.office,
        message.service,
        message.mode,
        message.starts_at,
        more_services=message.more_services,
        holder=holder_of(asker),
        asker=asker,
    )
    async with runtime.reading() as session:
        zone = (await office_by_id(session, kept.office_id)).timezone
    shown = {"hold": hold_token(runtime, kept), "expires_at": rfc3339(kept.expires_at, zone)}
    return requests.json_response(shown, 201)


async def create(request: Request) -> Response:
    """`POST /api/v1/appointments`. A repeated Idempotency-Key is answered before it comes here."""
    message = await requests.json_body(request, BookingMessage)
    check_reminders(message, requests.sms_countries(request))
    appointment = await book(
        requests.runtime(request),
        message.office,
        booking_request(message, requests.language(request)),
        request_key=request_key(request),
        hold=message.hold,
        asker=await asker_of(request, message.altcha, program=True),
    )
    token = token_of(requests.runtime(request), appointment)
    headers = {"Location": f"/api/v1/appointments/{token}"}
    return requests.json_response(await described(request, appointment), 201, headers)


async def create_inside(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/appointments {…, override?}`."""
    host = require(await requests.principal(request), Role.HOST, request.path_params["office"])
    message = await requests.json_body(request, InsideMessage)
    check_reminders(message, requests.sms_countries(request))
    appointment = await book_inside(
        requests.runtime(request),
        host,
        request.path_params["office"],
        booking_request(message, requests.language(request)),
        request_key=request_key(request),
    )
    return requests.json_response(await described(request, appointment), 201)


async def show(request: Request) -> Response:
    """`GET /api/v1/appointments/{token}`."""
    async with requests.runtime(request).reading() as session:
        appointment = await appointment_by_token(session, request.path_params["token"])
    return requests.json_response(await described(request, appointment))


async def verify_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/verify {secret}`. Its token alone is not enough."""
    message = await requests.json_body(request, VerifyMessage)
    appointment = await verify(requests.runtime(request), request.path_params["token"], message.secret)
    return requests.json_response(await described(request, appointment))


async def cancel_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/cancel`. A second one finds it cancelled, and says so."""
    appointment = await cancel(requests.runtime(request), request.path_params["token"])
    return requests.json_response(await described(request, appointment))


async def reschedule_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/reschedule`: the new appointment, with its own token."""
    message = await requests.json_body(request, RescheduleMessage)
    appointment = await reschedule(requests.runtime(request), request.path_params["token"], message.starts_at)
    return requests.json_response(await described(request, appointment))


async def subscribe_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/push`: tell this browser of what changes."""
    message = await requests.json_body(request, SubscriptionMessage)
    token, site = request.path_params["token"], requests.push_site(request)
    appointment = await browser_subscriptions.subscribe(
        requests.runtime(request), token, browser_of(message), site
    )
    return requests.json_response(await described(request, appointment))


async def unsubscribe_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/push/end`."""
    message = await requests.json_body(request, EndpointMessage)
    appointment = await browser_subscriptions.unsubscribe(
        requests.runtime(request), request.path_params["token"], message.endpoint
    )
    return requests.json_response(await described(request, appointment))


async def described(request: Request, appointment: Appointment) -> dict[str, Any]:
    """An appointment as every call answers it."""
    async with requests.runtime(request).reading() as session:
        office = await office_by_id(session, appointment.office_id)
        last_test: LastTest | None = await request.state.last_test(session, appointment.id)
        now = requests.runtime(request).now()
        earlier = await earlier_of(session, appointment, now)
        ways = await ways_to_rebook(session, office, services_of(office, appointment)[0], appointment, now)
    token = token_of(requests.runtime(request), appointment)
    return {
        "id": appointment.id,
        "token": token,
        "locator": appointment.locator,
        "state": appointment.state,
        "office": office.slug,
        "service": appointment.service_slug,
        "more_services": [one.slug for one in appointment.more_services],
        "mode": appointment.mode,
        "starts_at": rfc3339(appointment.starts_at, office.timezone),
        "ends_at": rfc3339(appointment.ends_at, office.timezone),
        "kept_until": _kept_until(appointment, office),
        "told_at": rfc3339(told, office.timezone) if (told := appointment.told_starts_at) else None,
        "test": last_test and _test(last_test, office),
        "earlier": _earlier(earlier, office),
        "cancel_reason": appointment.cancel_reason,
        "rebook": [_way(one, office) for one in ways],
        "links": _links(requests.runtime(request).public_url, office, appointment, token),
    }


def _kept_until(appointment: Appointment, office: Office) -> str | None:
    if appointment.state is not AppointmentState.PRECONFIRMED or appointment.kept_until is None:
        return None
    return rfc3339(appointment.kept_until, office.timezone)


def _test(last: LastTest, office: Office) -> dict[str, Any]:
    at = rfc3339(last.at, office.timezone)
    return {"verdict": last.verdict, "code": last.code, "at": at, "finished": last.finished}


def _way(way: Way, office: Office) -> dict[str, Any]:
    kept = way.kept_until and rfc3339(way.kept_until, office.timezone)
    return {"starts_at": rfc3339(way.starts_at, office.timezone), "kept_until": kept}


def _earlier(earlier: Earlier, office: Office) -> dict[str, Any]:
    wish, offer = earlier.wish, earlier.offer
    return {
        "wanted": wish is not None,
        "not_before": wish.not_before.isoformat() if wish and wish.not_before else None,
        "part": wish.part if wish else "any",
        "offer": offer
        and {
            "id": offer.id,
            "starts_at": rfc3339(offer.starts_at, office.timezone),
            "ends_at": rfc3339(offer.ends_at, office.timezone),
            "until": rfc3339(offer.expires_at, office.timezone),
        },
    }


def _links(public_url: str, office: Office, appointment: Appointment, token: str) -> dict[str, str]:
    page = f"{public_url}/a/{token}"
    links = {"page": page, "test": f"{page}/test", "ics": f"{page}/calendar.ics"}
    if appointment.mode == "video":
        return links | {"room": f"{page}/room"}
    return links | {"turn": f"{public_url}/o/{office.slug}?appointment={token}"}


routes = [
    Route("/api/v1/offices/{office}/slots", list_slots),
    Route("/api/v1/altcha", give_challenge),
    Route("/api/v1/holds", keep_place, methods=["POST"]),
    Route("/api/v1/appointments", create, methods=["POST"]),
    Route("/api/v1/staff/offices/{office}/appointments", create_inside, methods=["POST"]),
    Route("/api/v1/appointments/{token}", show),
    Route("/api/v1/appointments/{token}/verify", verify_one, methods=["POST"]),
    Route("/api/v1/appointments/{token}/cancel", cancel_one, methods=["POST"]),
    Route("/api/v1/appointments/{token}/reschedule", reschedule_one, methods=["POST"]),
    Route("/api/v1/appointments/{token}/push", subscribe_one, methods=["POST"]),
    Route("/api/v1/appointments/{token}/push/end", unsubscribe_one, methods=["POST"]),
]
