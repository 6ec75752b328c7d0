"""API calls of slots, bookings, earlier slots and the waitlist (docs/api.md).

Rules are in actions/.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ...core.contact.masked_contact import mask_contact
from ...core.contact.push_schemas import (
    ENDPOINT_EXAMPLE,
    SUBSCRIPTION_EXAMPLE,
    EndpointMessage,
    SubscriptionMessage,
    to_push_subscription,
)
from ...core.i18n.dates import format_optional_rfc3339, format_rfc3339
from ...core.json_types import JsonObject
from ...core.web import authentication, requests
from ...core.web.api_route import ApiAccess, ApiAnswer, ApiRequest, ApiRoute, JsonArray
from ...core.web.limited_route import WriteLimit
from ...core.web.request_identity import hashed_idempotency_key
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
from ..actions.rebook import replacement_times
from ..actions.verify_email import verify_appointment
from ..actions.waitlist import join_waitlist
from ..domain.appointment import Appointment, AppointmentState
from ..domain.requester import holder_key
from ..events import LastTestResult
from ..notify import browser_subscriptions
from ..queries.appointment_json import appointment_json
from ..queries.availability import SlotSearch, available_slots
from ..queries.bookable_services import require_services
from ..queries.lookup import appointment_by_token, appointment_token, current_appointment
from . import response_schemas
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
    check_channels,
    earlier_slot_request,
    waitlist_request,
)

M = TypeVar("M")
SLOT_EXAMPLE = {
    "office": "centro",
    "service": "documents",
    "mode": "in_person",
    "starts_at": "2026-11-27T09:20:00+01:00",
}


async def list_slots(request: ApiRequest[SlotsQuery]) -> list[JsonObject]:
    """List free slots; for hosts of the office also those that the public cannot book."""
    query = request.message
    now, office_slug = request.runtime.now(), request.path_params["office"]
    for_staff = can_book_as_staff(await authentication.current_principal(request), office_slug)
    async with request.runtime.read_session() as session:
        office = await office_by_slug(session, office_slug)
        services = require_services(office, [query.service, *query.more], query.mode, field="more")
        first = query.from_ or hours.to_local_day(office.hours, now)
        search = SlotSearch(office, services, query.mode, for_staff=for_staff)
        found = await available_slots(session, search, now, first, query.days)
    zone = office.timezone
    return [
        {
            "starts_at": format_rfc3339(slot.starts_at, zone),
            "ends_at": format_rfc3339(slot.ends_at, zone),
            "left": slot.left,
        }
        for slot in found
    ]


async def create_challenge(request: ApiRequest[None]) -> JsonObject:
    """Sign a challenge, which is not stored."""
    runtime = request.runtime
    return new_challenge(runtime.tokens, booking_limits(request).difficulty, runtime.now())


async def create_hold(request: ApiRequest[HoldMessage]) -> JsonObject:
    """Hold a slot: one at a time for a device, a proof, or else an address."""
    message = request.message
    requester = await build_requester(request, message.altcha, office=message.office)
    runtime = request.runtime
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
    return {"hold": hold_token(runtime, hold), "expires_at": format_rfc3339(hold.expires_at, zone)}


async def post_appointment(request: ApiRequest[BookingMessage]) -> ApiAnswer:
    """Book; the idempotency middleware answers repeated requests."""
    message = request.message
    check_channels(message, requests.offered_channels(request))
    appointment = await book_appointment(
        request.runtime,
        message.office,
        booking_request(message, requests.current_language(request)),
        request_key=hashed_idempotency_key(request),
        hold_token=message.hold,
        # a program without a cookie is known by its address (docs/decisions/0020)
        requester=await build_requester(request, message.altcha, office=message.office, program=True),
    )
    token = appointment_token(request.runtime, appointment)
    headers = {"Location": f"/api/v1/appointments/{token}"}
    return ApiAnswer(await own_appointment_json(request, appointment), headers=headers)


async def post_staff_appointment(request: ApiRequest[InsideMessage]) -> JsonObject:
    message = request.message
    check_channels(message, requests.offered_channels(request))
    appointment = await book_as_staff(
        request.runtime,
        request.staff,
        request.path_params["office"],
        booking_request(message, requests.current_language(request)),
        request_key=hashed_idempotency_key(request),
    )
    return await own_appointment_json(request, appointment)


async def get_appointment(request: ApiRequest[None]) -> JsonObject:
    async with request.runtime.read_session() as session:
        appointment = await appointment_by_token(session, request.path_params["token"])
    return await own_appointment_json(request, appointment)


async def post_verify(request: ApiRequest[VerifyMessage]) -> Appointment:
    """Verify the mailbox by the secret of its e-mail; the token alone verifies nothing."""
    return await verify_appointment(request.runtime, request.path_params["token"], request.message.secret)


async def post_cancel(request: ApiRequest[None]) -> Appointment:
    return await cancel_appointment(request.runtime, request.path_params["token"])


async def post_reschedule(request: ApiRequest[RescheduleMessage]) -> Appointment:
    return await reschedule_appointment(request.runtime, request.path_params["token"], request.message.starts_at)


async def post_push(request: ApiRequest[SubscriptionMessage]) -> Appointment:
    token, site = request.path_params["token"], requests.push_settings(request)
    return await browser_subscriptions.subscribe_browser(
        request.runtime, token, to_push_subscription(request.message), site
    )


async def post_push_end(request: ApiRequest[EndpointMessage]) -> Appointment:
    return await browser_subscriptions.unsubscribe_browser(
        request.runtime, request.path_params["token"], request.message.endpoint
    )


async def post_earlier(request: ApiRequest[EarlierMessage]) -> Appointment:
    message, token = request.message, request.path_params["token"]
    if message.wanted:
        return await request_earlier_slot(request.runtime, token, earlier_slot_request(message))
    return await cancel_earlier_request(request.runtime, token)


async def post_earlier_accept(request: ApiRequest[AnswerMessage]) -> Appointment:
    return await accept_earlier_slot(request.runtime, request.path_params["token"], request.message.offer)


async def post_earlier_refuse(request: ApiRequest[AnswerMessage]) -> Appointment:
    return await refuse_earlier_slot(request.runtime, request.path_params["token"], request.message.offer)


async def post_waitlist(request: ApiRequest[WaitingMessage]) -> JsonObject:
    message = request.message
    requester = await build_requester(request, message.altcha, office=message.office, program=True)
    wanted = waitlist_request(message, requests.current_language(request))
    state = await join_waitlist(request.runtime, wanted, requester)
    return {"state": state}


async def own_appointment_json(request: ApiRequest[Any], appointment: Appointment) -> JsonObject:
    """Describe an appointment, as every call returns it to its owner."""
    async with request.runtime.read_session() as session:
        office = await office_by_id(session, appointment.office_id)
        last_test: LastTestResult | None = await request.state.last_test(session, appointment.id)
        now = request.runtime.now()
        earlier = await earlier_slot_status(session, appointment, now)
        times = await replacement_times(session, office, appointment, now)
        current = await current_appointment(session, appointment)
    runtime, zone = request.runtime, office.timezone
    token = appointment_token(runtime, appointment)
    kept_until = appointment.kept_until if appointment.state is AppointmentState.PRECONFIRMED else None
    return {
        **appointment_json(appointment, office),
        "token": token,
        "office": office.slug,
        "kept_until": format_optional_rfc3339(kept_until, zone),
        "told_at": format_optional_rfc3339(appointment.told_starts_at, zone),
        "test": last_test and _last_test_json(last_test, office),
        "call_to": mask_contact(appointment.phone) if appointment.mode == "phone" else None,
        "earlier": _earlier_json(earlier, office),
        "cancel_reason": appointment.cancel_reason,
        "replaced_by": None if current.id == appointment.id else appointment_token(runtime, current),
        "rebook": [
            {
                "starts_at": format_rfc3339(time.starts_at, zone),
                "kept_until": format_optional_rfc3339(time.kept_until, zone),
            }
            for time in times
        ],
        "links": _links_json(runtime.public_url, office, appointment, token),
    }


def _last_test_json(last: LastTestResult, office: Office) -> JsonObject:
    at = format_rfc3339(last.at, office.timezone)
    return {"verdict": last.verdict, "code": last.code, "at": at, "finished": last.finished}


def _earlier_json(earlier: EarlierSlotStatus, office: Office) -> JsonObject:
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


def citizen_route(
    call: str,
    act: Callable[[ApiRequest[M]], Awaitable[Appointment]],
    summary: str,
    *codes: str,
    body: type[M] | None = None,
    example: JsonObject | None = None,
    can_lack_service: bool = False,
) -> ApiRoute:
    """Build the route of an action of a citizen on their own appointment, which is the answer.

    `codes`: refusals with 409. `can_lack_service`: it needs a gateway that an installation may lack.
    """

    async def endpoint(request: ApiRequest[M]) -> JsonObject:
        return await own_appointment_json(request, await act(request))

    unavailable = {503: ("unavailable",)} if can_lack_service else {}
    return ApiRoute(
        f"POST /appointments/{{token}}/{call}",
        endpoint,
        summary,
        ApiAccess.TOKEN,
        response_schemas.Appointment,
        body=body,
        errors={**({409: codes} if codes else {}), **unavailable},
        example=example,
    )


routes = [
    ApiRoute(
        "GET /offices/{office}/slots",
        list_slots,
        "Free times of a service; with `more`, of one visit for several",
        ApiAccess.PUBLIC,
        JsonArray(response_schemas.Slot),
        query=SlotsQuery,
        errors={503: ("agenda_unavailable",)},
        cursor="starts_at",
    ),
    ApiRoute(
        "GET /altcha",
        create_challenge,
        "A challenge for a proof of work",
        ApiAccess.PUBLIC,
        response_schemas.Challenge,
    ),
    ApiRoute(
        "POST /holds",
        create_hold,
        "Reserve a slot for ten minutes. A device, a proof of work, or else an address holds one at a time",
        ApiAccess.PUBLIC,
        {201: response_schemas.Hold},
        body=HoldMessage,
        errors={409: ("slot_taken",), 429: ("too_many_holds",)},
        example=SLOT_EXAMPLE,
    ),
    ApiRoute(
        "POST /appointments",
        post_appointment,
        "Book an appointment. Without a proof of work it is `preconfirmed` until the e-mail is verified",
        ApiAccess.PUBLIC,
        {201: response_schemas.Appointment},
        body=BookingMessage,
        errors={
            409: (
                "slot_taken",
                "duplicate_appointment",
                "verify_first",
                "too_many_appointments",
                "interpreter_too_soon",
            ),
            503: ("agenda_unavailable",),
        },
        example={**SLOT_EXAMPLE, "name": "Amina Diallo", "email": "amina@example.org", "privacy_accepted": True},
        limit=WriteLimit.FORMS,
    ),
    ApiRoute(
        "POST /staff/offices/{office}/appointments",
        post_staff_appointment,
        "Book for a citizen; with `override` also at a time that the public cannot book",
        ApiAccess.HOST,
        {201: response_schemas.Appointment},
        body=InsideMessage,
        errors={
            409: ("slot_taken", "duplicate_appointment", "interpreter_too_soon"),
            503: ("agenda_unavailable",),
        },
        example={
            "service": "documents",
            "mode": "in_person",
            "starts_at": "2026-11-27T09:20:00+01:00",
            "name": "Amina Diallo",
            "phone": "600000001",
        },
    ),
    ApiRoute(
        "POST /waiting-list",
        post_waitlist,
        "Get an e-mail when a service has a free time; without a proof of work an e-mail asks to confirm first",
        ApiAccess.PUBLIC,
        {202: response_schemas.WaitingAsked},
        body=WaitingMessage,
        errors={409: ("confirm_first",), 429: ("rate_limited",)},
        example={"service": "documents", "email": "amina@example.org", "privacy_accepted": True},
        limit=WriteLimit.FORMS,
    ),
    ApiRoute(
        "GET /appointments/{token}",
        get_appointment,
        "The appointment of this token",
        ApiAccess.TOKEN,
        response_schemas.Appointment,
    ),
    citizen_route(
        "verify",
        post_verify,
        "Confirm it with the secret of the link in the e-mail; idempotent",
        body=VerifyMessage,
        example={"secret": "dGhlIHNlY3JldCBvZiBhIGxpbms"},
    ),
    citizen_route("cancel", post_cancel, "Cancel it", "illegal_transition", "too_late", "change_closed"),
    citizen_route(
        "reschedule",
        post_reschedule,
        "Move it to another time: a new appointment with its own token",
        "slot_taken",
        "illegal_transition",
        "too_late",
        "change_closed",
        "too_many_moves",
        body=RescheduleMessage,
        example={"starts_at": "2026-11-27T09:00:00+01:00"},
    ),
    citizen_route(
        "earlier",
        post_earlier,
        "Ask for an earlier time, or withdraw the wish",
        "illegal_transition",
        "too_late",
        "bound_to_the_time",
        body=EarlierMessage,
        example={"wanted": True, "not_before": "2026-11-20", "part": "morning"},
    ),
    citizen_route(
        "earlier/accept",
        post_earlier_accept,
        "Move to the offered time: a new appointment with its own token",
        "offer_over",
        "slot_taken",
        "illegal_transition",
        "too_late",
        body=AnswerMessage,
        example={"offer": "01JDN4T6Q3Z8"},
    ),
    citizen_route(
        "earlier/refuse",
        post_earlier_refuse,
        "Refuse the offered time; the wish stays",
        body=AnswerMessage,
        example={"offer": "01JDN4T6Q3Z8"},
    ),
    citizen_route(
        "push",
        post_push,
        "Notify this browser of changes, and of the ticket taken with the appointment",
        "appointment_over",
        body=SubscriptionMessage,
        example=SUBSCRIPTION_EXAMPLE,
        can_lack_service=True,
    ),
    citizen_route(
        "push/end",
        post_push_end,
        "Stop notifying this browser",
        body=EndpointMessage,
        example=ENDPOINT_EXAMPLE,
    ),
]
