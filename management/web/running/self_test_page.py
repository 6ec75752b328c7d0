"""Test message of a manager to themselves, `/staff/manage/messages/test`, with its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.contact.push_schemas import SubscriptionMessage, check_push_endpoint, to_push_subscription
from ....core.contact.push_subscriptions import PushSubscription
from ....core.errors import FieldError, Invalid, RateLimited
from ....core.i18n.catalogues import N_
from ....core.web import forms, requests
from ....core.web.validation import parse_json, parse_model, parse_phone
from ....notifications.service import EMAIL, PUSH, SMS, own_test_message, send_test_message
from ....staff.service import CHANNEL_NAMES, AlertDevice, alert_devices, load_person_record
from ..manage_page import render_manage_page, require_manager
from .messages_page import MESSAGES_PATH, load_own_offices, shown_zone

TEST_PATH = MESSAGES_PATH + "/test"
DEVICE_PREFIX = "push:"  # and the id of a registered device
REFRESH_MS = 1_500  # a worker looks for due messages each second
FINISHED_STATES = frozenset({"sent", "given_up", "not_sent"})
ACCEPTED_TEXTS: Mapping[str, str] = {
    EMAIL: N_("The mail server accepted it at %(time)s."),
    SMS: N_("The SMS gateway accepted it at %(time)s."),
    PUSH: N_("The push service of the browser accepted it at %(time)s."),
}


async def show_form(request: Request) -> Response:
    """`GET /staff/manage/messages/test`."""
    principal = await require_manager(request)
    channel = EMAIL if await _own_email(request, principal) else SMS
    return await _form_page(request, principal, {"channel": channel, "phone": ""})


async def submit_form(request: Request) -> Response:
    """`POST /staff/manage/messages/test`: enqueue the message, then show how it is doing."""
    principal = await require_manager(request)
    sent = await forms.read_form(request)
    typed = {name: str(sent.get(name) or "") for name in ("channel", "phone")}
    channel = PUSH if typed["channel"].startswith(DEVICE_PREFIX) else typed["channel"]
    try:
        recipient = await _recipient(request, principal, sent, typed)
        test_id = await send_test_message(
            requests.current_runtime(request),
            principal,
            channel,
            recipient,
            language=requests.current_language(request),
            timezone=shown_zone(await load_own_offices(request, principal)).key,
            sms_countries=request.state.sms_countries,
        )
    except Invalid as invalid:
        return await _form_page(request, principal, typed, forms.field_error_texts(request, invalid), 422)
    except RateLimited as limited:
        text = requests.error_text(request, limited.code, limited.details)
        return await _form_page(request, principal, typed, {"channel": text}, 429)
    return requests.see_other(f"{TEST_PATH}/{test_id}")


async def show_result(request: Request) -> Response:
    """`GET /staff/manage/messages/test/{id}`: queued, sent, accepted or refused.

    Raises NotFound.
    """
    principal = await require_manager(request)
    runtime = requests.current_runtime(request)
    delivery = await own_test_message(runtime, principal, request.path_params["id"])
    return render_manage_page(
        request,
        "management/message_test_result.html",
        principal,
        section="messages",
        one=delivery,
        is_finished=delivery.state in FINISHED_STATES,
        has_channel=delivery.channel in request.state.settings.channels,
        accepted=ACCEPTED_TEXTS[delivery.channel],
        ways=CHANNEL_NAMES,
        refresh_ms=REFRESH_MS,
        zone=shown_zone(await load_own_offices(request, principal)),
    )


async def _recipient(
    request: Request, principal: Principal, sent: FormData, typed: Mapping[str, str]
) -> str | PushSubscription:
    """Return where the message goes. Raises Invalid, Unavailable."""
    channel = typed["channel"]
    if channel.startswith(DEVICE_PREFIX) and PUSH in request.state.settings.channels:
        known = {device.subscription_id for device in await _own_devices(request, principal)}
        if channel.removeprefix(DEVICE_PREFIX) not in known:
            raise Invalid(FieldError("channel", "not_a_choice"))
        return channel.removeprefix(DEVICE_PREFIX)
    if channel not in CHANNEL_NAMES or channel not in request.state.settings.channels:
        raise Invalid(FieldError("channel", "not_a_choice"))
    if channel == EMAIL:
        address = await _own_email(request, principal)
        if address is None:
            raise Invalid(FieldError("channel", "no_own_email"))
        return address
    if channel == SMS:
        phone = parse_phone(typed["phone"]) if typed["phone"].strip() else None
        if phone is None:
            raise Invalid(FieldError("phone", "phone_unknown" if typed["phone"].strip() else "required"))
        return phone
    return _subscription(request, sent)


def _subscription(request: Request, sent: FormData) -> PushSubscription:
    """Parse the browser's subscription, which the page's script fills in.

    Raises Invalid, Unavailable.
    """
    try:
        source = parse_json(str(sent.get("subscription") or "{}"))
        message = parse_model(SubscriptionMessage, source if isinstance(source, dict) else {})
    except (ValueError, Invalid):
        raise Invalid(FieldError("channel", "not_subscribed")) from None
    subscription = to_push_subscription(message)
    check_push_endpoint(subscription, request.state.push_site)
    return subscription


async def _own_devices(request: Request, principal: Principal) -> list[AlertDevice]:
    """Load the devices on which the person gets alerts."""
    async with requests.current_runtime(request).read_session() as session:
        return await alert_devices(session, principal.id)


async def _own_email(request: Request, principal: Principal) -> str | None:
    async with requests.current_runtime(request).read_session() as session:
        record = await load_person_record(session, principal.id, requests.current_runtime(request).now())
    return record.person.details.email if record else None


async def _form_page(
    request: Request,
    principal: Principal,
    typed: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    status_code: int = 200,
) -> Response:
    return render_manage_page(
        request,
        "management/message_test.html",
        principal,
        section="messages",
        status_code=status_code,
        own_email=await _own_email(request, principal),
        channels=request.state.settings.channels,
        ways=CHANNEL_NAMES,
        devices=await _own_devices(request, principal) if PUSH in request.state.settings.channels else [],
        device_prefix=DEVICE_PREFIX,
        device_mark=f"staff:{principal.id}",
        zone=shown_zone(await load_own_offices(request, principal)),
        typed=typed,
        errors=errors or {},
        page_url=TEST_PATH,
    )


routes = [
    Route(TEST_PATH, show_form, methods=["GET"]),
    Route(TEST_PATH, submit_form, methods=["POST"]),
    Route(TEST_PATH + "/{id}", show_result, methods=["GET"]),
]
