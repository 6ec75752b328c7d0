"""Test message of a manager to themselves, `/staff/manage/messages/test`, with its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.contact.channel_offers import offers_by_number
from ....core.contact.push_schemas import SubscriptionMessage, check_push_endpoint, to_push_subscription
from ....core.contact.push_subscriptions import PushSubscription
from ....core.errors import FieldError, Invalid, RateLimited
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....core.web.validation import parse_json, parse_model, parse_phone
from ....notifications.service import CHOSEN_CHANNELS, EMAIL, PUSH, own_test_message, send_test_message
from ....staff.service import CHANNEL_NAMES, AlertDevice, alert_devices, load_person_record, own_offices
from ..manage_page import render_manage_page, require_manager
from .messages_page import MESSAGES_PATH, shown_zone

TEST_PATH = MESSAGES_PATH + "/test"
DEVICE_PREFIX = "push:"  # and the id of a registered device
# a worker looks for due messages each second
REFRESH_MS = 1_500
FINISHED_STATES = frozenset({"sent", "given_up", "not_sent"})
ACCEPTED_TEXTS: Mapping[str, str] = {
    EMAIL: N_("The mail server accepted it at %(time)s."),
    **{channel.name: channel.accepted for channel in CHOSEN_CHANNELS},
    PUSH: N_("The push service of the browser accepted it at %(time)s."),
}


async def show_form(request: Request) -> Response:
    principal = await require_manager(request)
    by_number = (offer.channel for offer in offers_by_number(requests.offered_channels(request)))
    channel = EMAIL if await _own_email(request, principal) else next(by_number, "")
    return await _form_page(request, principal, {"channel": channel, "phone": ""})


@handle_form_for(require_manager)
async def submit_form(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/messages/test`: enqueue the message, then show how it is doing."""
    typed = form.texts("channel", "phone")
    with form.catch(Invalid, RateLimited, refused_field="channel") as problem:
        test_id = await send_test_message(
            form.runtime,
            principal,
            PUSH if typed["channel"].startswith(DEVICE_PREFIX) else typed["channel"],
            await _recipient(principal, form),
            language=requests.current_language(request),
            timezone=shown_zone(await own_offices(request, principal)).key,
            offers=requests.offered_channels(request),
        )
        return requests.see_other(f"{TEST_PATH}/{test_id}")
    return await _form_page(request, principal, typed, problem)


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
        zone=shown_zone(await own_offices(request, principal)),
    )


async def _recipient(principal: Principal, form: SentForm) -> str | PushSubscription:
    """Return where the message goes. Raises Invalid, Unavailable."""
    request, channel, typed_phone = form.request, form.text("channel"), form.text("phone").strip()
    if channel.startswith(DEVICE_PREFIX) and PUSH in request.state.settings.channels:
        known = {device.subscription_id for device in await _own_devices(request, principal)}
        if channel.removeprefix(DEVICE_PREFIX) not in known:
            raise Invalid(FieldError("channel", "not_a_choice"))
        return channel.removeprefix(DEVICE_PREFIX)
    if channel not in _ways(request) or channel not in request.state.settings.channels:
        raise Invalid(FieldError("channel", "not_a_choice"))
    if channel == EMAIL:
        address = await _own_email(request, principal)
        if address is None:
            raise Invalid(FieldError("channel", "no_own_email"))
        return address
    if channel != PUSH:
        phone = parse_phone(typed_phone) if typed_phone else None
        if phone is None:
            raise Invalid(FieldError("phone", "phone_unknown" if typed_phone else "required"))
        return phone
    return _subscription(form)


def _subscription(form: SentForm) -> PushSubscription:
    """Parse the browser's subscription, which the page's script fills in.

    Raises Invalid, Unavailable.
    """
    try:
        source = parse_json(form.text("subscription") or "{}")
        message = parse_model(SubscriptionMessage, source if isinstance(source, dict) else {})
    except (ValueError, Invalid):
        raise Invalid(FieldError("channel", "not_subscribed")) from None
    subscription = to_push_subscription(message)
    check_push_endpoint(subscription, form.request.state.push_site)
    return subscription


def _ways(request: Request) -> dict[str, str]:
    """Return the channels of the form: those whose address the person can give here."""
    by_link = {offer.channel for offer in requests.offered_channels(request) if not offer.countries}
    return {name: title for name, title in CHANNEL_NAMES.items() if name not in by_link}


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
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    return render_manage_page(
        request,
        "management/message_test.html",
        principal,
        section="messages",
        own_email=await _own_email(request, principal),
        channels=request.state.settings.channels,
        ways=_ways(request),
        by_number=", ".join(offer.title for offer in offers_by_number(requests.offered_channels(request))),
        devices=await _own_devices(request, principal) if PUSH in request.state.settings.channels else [],
        device_prefix=DEVICE_PREFIX,
        device_mark=f"staff:{principal.id}",
        zone=shown_zone(await own_offices(request, principal)),
        typed=typed,
        page_url=TEST_PATH,
        **problem.context,
    )


routes = [
    Route(TEST_PATH, show_form, methods=["GET"]),
    Route(TEST_PATH, submit_form, methods=["POST"]),
    Route(TEST_PATH + "/{id}", show_result, methods=["GET"]),
]
