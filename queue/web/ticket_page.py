"""The ticket page `/t/{token}` and its forms. No rules, no SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import booking_url_for_services, build_requester, phone_field
from ...core.contact.channel_offers import ChannelOffer, offers_by_link
from ...core.contact.chosen_channels import OLD_CHANNEL, ChosenChannel, channel_address
from ...core.errors import RateLimited, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.web import requests
from ...core.web.channel_link_page import create_link, render_link
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form, read_form
from ...core.web.validation import parse_model
from ...offices.service import Office, office_by_id, things_to_bring
from ..actions import notification_subscriptions
from ..actions.citizen import CitizenUseCase, ask_for_help, leave_line, postpone_call, rejoin_line
from ..domain.line import is_late
from ..domain.line_settings import LineSettings
from ..domain.ticket import ENDED_STATES, Ticket, TicketState
from ..notify.ticket_messages import ticket_subject
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


async def ticket_page(request: Request) -> Response:
    """`GET /t/{token}`: the whole state. The script of the page keeps it current."""
    return await _render_ticket_page(request)


@dataclass(frozen=True, slots=True)
class ChannelOption:
    """A channel that the page offers, or that the ticket has.

    `tail`: the end of the number that gets notifications, empty for a chat; None if the ticket does not have the
    channel. `typed` and `error`: the rejected number and its error.
    """

    offer: ChannelOffer
    path: str
    tail: str | None
    typed: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationOptions:
    """The notifications that the page offers. `key`: the public key for push."""

    key: str | None
    channels: list[ChannelOption]

    @property
    def has_channel(self) -> bool:
        """Whether the ticket has a channel besides push."""
        return any(option.tail is not None for option in self.channels)


async def _render_ticket_page(
    request: Request, problem: FormProblem = NO_PROBLEM, typed_phone: str | None = None
) -> Response:
    token = request.path_params["token"]
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        record = await ticket_record_by_token(session, token)
        office = await office_by_id(session, record.office_id)
        evacuation_end = await recent_evacuation_end(session, office, runtime.now())
        found = await describe_ticket_by_id(session, runtime, record.ticket.id, requests.current_language(request))
    seen = {**found, "sent_at": format_rfc3339(runtime.now(), office.timezone)}
    language = requests.current_language(request)
    texts = TicketPageTexts(request.state.catalogues.translations(language), language)
    return requests.render_page(
        request,
        "queue/ticket.html",
        page_url=f"/t/{token}",
        token=token,
        seen=seen,
        mood=page_state(seen),
        slot=page_values(seen, texts),
        texts=texts.all_texts(),
        refresh_s=None if record.ticket.state in ENDED_STATES else TICKET_PAGE_REFRESH_S,
        told=_notification_options(request, record, typed_phone, problem),
        evacuation_over=evacuation_end is not None and record.ticket.arrived_at <= evacuation_end,
        **_fixed_context(record, office, requests.current_language(request)),
        **problem.context | {"rejected_form": problem.element if problem.errors else ""},
    )


def _notification_options(
    request: Request, record: TicketRecord, typed: str | None, problem: FormProblem
) -> NotificationOptions:
    push, options = requests.push_settings(request), []
    for offer in requests.offered_channels(request):
        address = channel_address(record.channels, offer.channel)
        is_typed = typed is not None and problem.element == f"{offer.channel}-form"
        options.append(
            ChannelOption(
                offer,
                channel_path(request.path_params["token"], offer.channel),
                tail=address and ("" if offer.link else address[-PHONE_TAIL_DIGITS:]),
                typed=typed or "" if is_typed else record.phone or "",
                error=problem.errors.get("phone") if is_typed else None,
            )
        )
    return NotificationOptions(push.public_key if push else None, options)


def channel_path(token: str, channel: str) -> str:
    """Return where the form of a channel goes; for SMS, as the last release knows it."""
    return f"/t/{token}/{channel}" if channel == OLD_CHANNEL else f"/t/{token}/channels/{channel}"


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


@handle_form
async def submit_number_form(request: Request, form: SentForm) -> Response:
    """`POST /t/{token}/channels/{channel}`: subscribe this number, or begin to connect a chat."""
    token, typed = request.path_params["token"], form.text("phone")
    channel = request.path_params.get("channel", OLD_CHANNEL)
    if channel in {offer.channel for offer in offers_by_link(requests.offered_channels(request))}:
        async with form.runtime.read_session() as session:
            ticket = (await ticket_record_by_token(session, token)).ticket
        if ticket.state in ENDED_STATES:
            return requests.see_other(f"/t/{token}")
        return await create_link(request, channel, ticket_subject(ticket.id), channel_path(token, channel))
    with form.catch(
        sentences=FIELD_SENTENCES, refused_field={"rate_limited": "phone"}, element=f"{channel}-form"
    ) as problem:
        phone = parse_model(PhoneMessage, phone_field(typed)).phone
        form.stop_for_language(RateLimited(retry_after_s=0))
        await notification_subscriptions.subscribe_number(
            form.runtime,
            token,
            ChosenChannel(channel, phone),
            offers=requests.offered_channels(request),
            requester=await build_requester(request),
        )
        return requests.see_other(f"/t/{token}#{channel}")
    return await _render_ticket_page(request, problem, typed)


async def show_channel_link(request: Request) -> Response:
    """`GET /t/{token}/channels/{channel}`: the link that connects a chat."""
    token, channel = request.path_params["token"], request.path_params["channel"]
    async with requests.current_runtime(request).read_session() as session:
        record = await ticket_record_by_token(session, token)
    return await render_link(request, channel, ticket_subject(record.ticket.id), f"/t/{token}")


@handle_form
async def end_channel(request: Request, form: SentForm) -> Response:
    """`POST /t/{token}/channels/{channel}/end`: end the notifications there."""
    token = request.path_params["token"]
    channel = request.path_params.get("channel", OLD_CHANNEL)
    await notification_subscriptions.unsubscribe_channel(form.runtime, token, channel)
    return requests.see_other(f"/t/{token}")


def _citizen_form_endpoint(use_case: CitizenUseCase) -> Callable[[Request], Awaitable[Response]]:
    """Make the endpoint of a form: run the use case, then show the page, or the refusal."""

    async def act(request: Request) -> Response:
        form, token = await read_form(request), request.path_params["token"]
        with form.catch(Refused) as problem:
            await use_case(form.runtime, token)
            return requests.see_other(f"/t/{token}")
        return await _render_ticket_page(request, problem)

    return act


routes = [
    *office_page.routes,
    Route("/t/{token}", ticket_page),
    Route("/t/{token}/leave", leave_page),
    Route("/t/{token}/leave", _citizen_form_endpoint(leave_line), methods=["POST"]),
    Route("/t/{token}/rejoin", _citizen_form_endpoint(rejoin_line), methods=["POST"]),
    Route("/t/{token}/postpone", _citizen_form_endpoint(postpone_call), methods=["POST"]),
    Route("/t/{token}/help", _citizen_form_endpoint(ask_for_help), methods=["POST"]),
    Route("/t/{token}/sms", submit_number_form, methods=["POST"]),
    Route("/t/{token}/sms/end", end_channel, methods=["POST"]),
    Route("/t/{token}/channels/{channel}", show_channel_link),
    Route("/t/{token}/channels/{channel}", submit_number_form, methods=["POST"]),
    Route("/t/{token}/channels/{channel}/end", end_channel, methods=["POST"]),
]
