"""API calls of slots, bookings, earlier slots and the waitlist (docs/api.md).

Rules are in actions/.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import StaffRole, require_role
from ...core.contact.masked_contact import mask_contact
from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage, to_push_subscription
from ...core.i18n.dates import format_rfc3339
from ...core.web import authentication, requests
from ...core.web.paging import paged_response
from ...core.web.request_identity import hashed_idempotency_key
from ...core.web.validation import parse_model
from ...offices.service import Office, hours, office_by_id, office_by_slug
from ..actions.book import book_appointment, book_as_staff, can_book_as_staff
from ..actions.cancel_and_reschedule import cancel_appointment, reschedule_appointment
from ..actions.earlier_slot import (
    EarlierSlotStatus,
    accept_earlier_slot,
    cancel_earlier_request,
    earlier_slot_status,
    refuse_earlier_slot,
    request_earlier_slot,
)
from ..actions.hold_slot import hold_slot, hold_token
from ..actions.public_limits import new_challenge
from ..actions.rebook import ReplacementTime, replacement_times
from ..actions.verify_email import verify_appointment
from ..actions.waitlist import join_waitlist
from ..domain.appointment import Appointment, AppointmentState
from ..domain.requester import holder_key
from ..events import LastTestResult
from ..notify import browser_subscriptions
from ..queries.availability import SlotSearch, available_slots
from ..queries.bookable_services import require_additional_services, require_service
from ..queries.lookup import appointment_by_token, appointment_token, current_appointment
from ..queries.visit_services import appointment_services
from .schemas import (
    AnswerMessage,
    BookingMessage,
    EarlierMessage,
    HoldMessage,
    InsideMessage,
    RescheduleMessage,
    SlotsQuery,
    VerifyMessage,
    WaitingMessage,
    booking_limits,
    booking_request,
    build_requester,
    check_sms_reminders,
    earlier_slot_request,
    waitlist_request,
)


async def list_slots(request: Request) -> Response:
    """`GET /api/v1/offices/{office}/slots?service=&mode=&from=&days=&more=`.

    Hosts of the office also see the slots that the public cannot book.
    """
    query = parse_model(SlotsQuery, dict(request.query_params))
    now, office_slug = requests.current_runtime(request).now(), request.path_params["office"]
    for_staff = can_book_as_staff(await authentication.current_principal(request), office_slug)
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, office_slug)
        service = require_service(office, query.service, query.mode)
        more = require_additional_services(office, service, query.mode, query.more, field="more")
        first = query.from_ or hours.to_local_day(office.hours, now)
        search = SlotSearch(office, [service, *more], query.mode, for_staff=for_staff)
        found = await available_slots(session, search, now, first, query.days)
    zone = office.timezone
    shown = [
        {
            "starts_at": format_rfc3339(slot.starts_at, zone),
            "ends_at": format_rfc3339(slot.ends_at, zone),
            "left": slot.left,
        }
        for slot in found
    ]
    return paged_response(request, shown, "starts_at")


async def create_challenge(request: Request) -> Response:
    """`GET /api/v1/altcha`: a signed challenge, which is not stored."""
    runtime = requests.current_runtime(request)
    return requests.json_response(new_challenge(runtime.tokens, booking_limits(request).difficulty, runtime.now()))


async def create_hold(request: Request) -> Response:
    """`POST /api/v1/holds`: one hold at a time for a device, a proof, or else an address."""
    message = await requests.read_json_body(request, HoldMessage)
    requester = await build_requester(request, message.altcha, office=message.office)
    runtime = requests.current_runtime(request)
    hold = await hold_slot(
        runtime,
        message.office,
        message.service,
        message.mode,
        message.starts_at,
        more_services=message.more_services,
        holder=holder_key(requester),
        requester=requester,
    )
    async with runtime.read_session() as session:
        zone = (await office_by_id(session, hold.office_id)).timezone
    shown = {"hold": hold_token(runtime, hold), "expires_at": format_rfc3339(hold.expires_at, zone)}
    return requests.json_response(shown, 201)


async def post_appointment(request: Request) -> Response:
    """`POST /api/v1/appointments`. The idempotency middleware answers repeated requests."""
    message = await requests.read_json_body(request, BookingMessage)
    check_sms_reminders(message, requests.sms_countries(request))
    appointment = await book_appointment(
        requests.current_runtime(request),
        message.office,
        booking_request(message, requests.current_language(request)),
        request_key=hashed_idempotency_key(request),
        hold_token=message.hold,
        requester=await build_requester(request, message.altcha, office=message.office, program=True),
    )
    token = appointment_token(requests.current_runtime(request), appointment)
    headers = {"Location": f"/api/v1/appointments/{token}"}
    return requests.json_response(await appointment_json(request, appointment), 201, headers)


async def post_staff_appointment(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/appointments {…, override?}`."""
    office_slug = request.path_params["office"]
    host = require_role(await authentication.current_principal(request), StaffRole.HOST, office_slug)
    message = await requests.read_json_body(request, InsideMessage)
    check_sms_reminders(message, requests.sms_countries(request))
    appointment = await book_as_staff(
        requests.current_runtime(request),
        host,
        office_slug,
        booking_request(message, requests.current_language(request)),
        request_key=hashed_idempotency_key(request),
    )
    return requests.json_response(await appointment_json(request, appointment), 201)


async def get_appointment(request: Request) -> Response:
    """`GET /api/v1/appointments/{token}`."""
    async with requests.current_runtime(request).read_session() as session:
        appointment = await appointment_by_token(session, request.path_params["token"])
    return requests.json_response(await appointment_json(request, appointment))


async def post_verify(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/verify {secret}`. The token alone verifies nothing."""
    message = await requests.read_json_body(request, VerifyMessage)
    appointment = await verify_appointment(
        requests.current_runtime(request), request.path_params["token"], message.secret
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_cancel(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/cancel`. Idempotent."""
    appointment = await cancel_appointment(requests.current_runtime(request), request.path_params["token"])
    return requests.json_response(await appointment_json(request, appointment))


async def post_reschedule(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/reschedule`: a new appointment and token."""
    message = await requests.read_json_body(request, RescheduleMessage)
    appointment = await reschedule_appointment(
        requests.current_runtime(request), request.path_params["token"], message.starts_at
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_push(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/push`: subscribe this browser to changes."""
    message = await requests.read_json_body(request, SubscriptionMessage)
    token, site = request.path_params["token"], requests.push_settings(request)
    appointment = await browser_subscriptions.subscribe_browser(
        requests.current_runtime(request), token, to_push_subscription(message), site
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_push_end(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/push/end`: unsubscribe this browser."""
    message = await requests.read_json_body(request, EndpointMessage)
    appointment = await browser_subscriptions.unsubscribe_browser(
        requests.current_runtime(request), request.path_params["token"], message.endpoint
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_earlier(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier {wanted, not_before?, part?}`."""
    message, token = await requests.read_json_body(request, EarlierMessage), request.path_params["token"]
    runtime = requests.current_runtime(request)
    if message.wanted:
        appointment = await request_earlier_slot(runtime, token, earlier_slot_request(message))
    else:
        appointment = await cancel_earlier_request(runtime, token)
    return requests.json_response(await appointment_json(request, appointment))


async def post_earlier_accept(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier/accept {offer}`: a new appointment and token."""
    message = await requests.read_json_body(request, AnswerMessage)
    appointment = await accept_earlier_slot(
        requests.current_runtime(request), request.path_params["token"], message.offer
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_earlier_refuse(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/earlier/refuse {offer}`."""
    message = await requests.read_json_body(request, AnswerMessage)
    appointment = await refuse_earlier_slot(
        requests.current_runtime(request), request.path_params["token"], message.offer
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_waitlist(request: Request) -> Response:
    """`POST /api/v1/waiting-list {service, office?, mode?, email, privacy_accepted, altcha?}`."""
    message = await requests.read_json_body(request, WaitingMessage)
    requester = await build_requester(request, message.altcha, office=message.office, program=True)
    wanted = waitlist_request(message, requests.current_language(request))
    state = await join_waitlist(requests.current_runtime(request), wanted, requester)
    return requests.json_response({"state": state}, 202)


async def appointment_json(request: Request, appointment: Appointment) -> dict[str, Any]:
    """Serialise an appointment, as every call returns it."""
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_id(session, appointment.office_id)
        last_test: LastTestResult | None = await request.state.last_test(session, appointment.id)
        now = requests.current_runtime(request).now()
        earlier = await earlier_slot_status(session, appointment, now)
        service = appointment_services(office, appointment)[0]
        times = await replacement_times(session, office, service, appointment, now)
        current = await current_appointment(session, appointment)
    runtime = requests.current_runtime(request)
    token = appointment_token(runtime, appointment)
    return {
        "id": appointment.id,
        "token": token,
        "locator": appointment.locator,
        "state": appointment.state,
        "office": office.slug,
        "service": appointment.service_slug,
        "more_services": [service.slug for service in appointment.more_services],
        "mode": appointment.mode,
        "starts_at": format_rfc3339(appointment.starts_at, office.timezone),
        "ends_at": format_rfc3339(appointment.ends_at, office.timezone),
        "kept_until": _kept_until_text(appointment, office),
        "told_at": format_rfc3339(told, office.timezone) if (told := appointment.told_starts_at) else None,
        "test": last_test and _last_test_json(last_test, office),
        "call_to": mask_contact(appointment.phone) if appointment.mode == "phone" else None,
        "earlier": _earlier_json(earlier, office),
        "cancel_reason": appointment.cancel_reason,
        "replaced_by": None if current.id == appointment.id else appointment_token(runtime, current),
        "rebook": [_replacement_json(time, office) for time in times],
        "links": _links_json(requests.current_runtime(request).public_url, office, appointment, token),
    }


def _kept_until_text(appointment: Appointment, office: Office) -> str | None:
    if appointment.state is not AppointmentState.PRECONFIRMED or appointment.kept_until is None:
        return None
    return format_rfc3339(appointment.kept_until, office.timezone)


def _last_test_json(last: LastTestResult, office: Office) -> dict[str, Any]:
    at = format_rfc3339(last.at, office.timezone)
    return {"verdict": last.verdict, "code": last.code, "at": at, "finished": last.finished}


def _replacement_json(time: ReplacementTime, office: Office) -> dict[str, Any]:
    kept_until = time.kept_until and format_rfc3339(time.kept_until, office.timezone)
    return {"starts_at": format_rfc3339(time.starts_at, office.timezone), "kept_until": kept_until}


def _earlier_json(earlier: EarlierSlotStatus, office: Office) -> dict[str, Any]:
    wish, offer = earlier.wish, earlier.offer
    return {
        "wanted": wish is not None,
        "not_before": wish.not_before.isoformat() if wish and wish.not_before else None,
        "part": wish.part if wish else "any",
        "offer": offer
        and {
            "id": offer.id,
            "starts_at": format_rfc3339(offer.starts_at, office.timezone),
            "ends_at": format_rfc3339(offer.ends_at, office.timezone),
            "until": format_rfc3339(offer.expires_at, office.timezone),
        },
    }


def _links_json(public_url: str, office: Office, appointment: Appointment, token: str) -> dict[str, str]:
    page = f"{public_url}/a/{token}"
    links = {"page": page, "test": f"{page}/test", "ics": f"{page}/calendar.ics"}
    if appointment.mode == "phone":
        return {"page": page, "ics": links["ics"]}
    if appointment.mode == "video":
        return links | {"room": f"{page}/room"}
    return links | {"turn": f"{public_url}/o/{office.slug}?appointment={token}"}


routes = [
    Route("/api/v1/offices/{office}/slots", list_slots),
    Route("/api/v1/altcha", create_challenge),
    Route("/api/v1/holds", create_hold, methods=["POST"]),
    Route("/api/v1/appointments", post_appointment, methods=["POST"]),
    Route("/api/v1/staff/offices/{office}/appointments", post_staff_appointment, methods=["POST"]),
    Route("/api/v1/appointments/{token}", get_appointment),
    Route("/api/v1/appointments/{token}/verify", post_verify, methods=["POST"]),
    Route("/api/v1/appointments/{token}/cancel", post_cancel, methods=["POST"]),
    Route("/api/v1/appointments/{token}/reschedule", post_reschedule, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier", post_earlier, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier/accept", post_earlier_accept, methods=["POST"]),
    Route("/api/v1/appointments/{token}/earlier/refuse", post_earlier_refuse, methods=["POST"]),
    Route("/api/v1/waiting-list", post_waitlist, methods=["POST"]),
    Route("/api/v1/appointments/{token}/push", post_push, methods=["POST"]),
    Route("/api/v1/appointments/{token}/push/end", post_push_end, methods=["POST"]),
]
