"""The ticket's page and what one does on it. The page that the poster opens is entrance.py's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import address_of
from ...core.errors import Invalid, RateLimited, Refused
from ...core.i18n.dates import rfc3339
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.validation import parse
from ...offices.service import Office, office_by_id, things_to_bring
from .. import service
from ..actions import notification_subscriptions
from ..actions.citizen import record_by_token
from ..domain.ticket import OVER, State, Ticket
from ..storage.store import Record
from . import office_page
from .schemas import PhoneMessage
from .ticket_texts import Phrases, mood, slots

REFRESH_S = 15  # how often a page without JavaScript is read anew
TAIL = 3  # digits of a number by which its owner knows it, and nobody else


@dataclass(frozen=True, slots=True)
class WrongPhone:
    """A number that was not taken: as it was typed, and why not."""

    typed: str
    error: str
    status: int


async def ticket_page(request: Request) -> Response:
    """`GET /t/{token}`: the whole state, painted here; a script keeps it live."""
    return await _page(request)


@dataclass(frozen=True, slots=True)
class Told:
    """How the person can be told away from the page. `tail`: the end of the number that gets SMS.

    `typed` and `error`: of a number that was not taken.
    """

    key: str | None
    has_sms: bool
    tail: str | None
    typed: str = ""
    error: str | None = None


async def _page(request: Request, refusal: Refused | None = None, *, wrong: WrongPhone | None = None) -> Response:
    token = request.path_params["token"]
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        record = await record_by_token(session, token)
        office = await office_by_id(session, record.office_id)
        found = await service.describe(session, runtime, record.ticket.id, requests.language(request))
    seen = {**found, "sent_at": rfc3339(runtime.now(), office.timezone)}
    phrases = Phrases(request.state.catalogues.translations(requests.language(request)))
    return requests.render(
        request,
        "queue/ticket.html",
        status_code=409 if refusal else wrong.status if wrong else 200,
        token=token,
        seen=seen,
        mood=mood(seen),
        slot=slots(seen, phrases),
        texts=phrases.texts(),
        refresh_s=None if record.ticket.state in OVER else REFRESH_S,
        refusal=requests.say(request, refusal.code, refusal.details) if refusal else None,
        told=_told(request, record, wrong),
        **_facts(record, office, requests.language(request)),
    )


def _told(request: Request, record: Record, wrong: WrongPhone | None) -> Told:
    site, phone = requests.push_site(request), record.sms_phone
    return Told(
        key=site.public_key if site else None,
        has_sms=bool(requests.sms_countries(request)),
        tail=phone[-TAIL:] if phone else None,
        typed=wrong.typed if wrong else record.phone or "",
        error=wrong.error if wrong else None,
    )


def _facts(record: Record, office: Office, language: str) -> dict[str, Any]:
    """What does not change while the page is open."""
    ticket = record.ticket
    services = office.services_of(ticket.services)
    return {
        "office": office,
        "services": services,
        "bring": things_to_bring(services, language),
        "book": address_of(office.slug, ticket.services),
        "appointment_at": ticket.appointment_at,
        "told_at": ticket.told_at,
        "email": record.email,
    }


async def ask_leave(request: Request) -> Response:
    """`GET /t/{token}/leave`: the question, for those without a script that opens it as a dialog."""
    token = request.path_params["token"]
    async with requests.runtime(request).reading() as session:
        record = await record_by_token(session, token)
        office = await office_by_id(session, record.office_id)
    if record.ticket.state in OVER or record.ticket.state is State.SERVING:
        return requests.see_other(f"/t/{token}")
    return requests.render(request, "queue/leave.html", token=token, code=record.ticket.code, office=office)


async def ask_sms(request: Request) -> Response:
    """`POST /t/{token}/sms`: tell this number of the turn."""
    typed = str((await requests.form(request)).get("phone") or "")
    token = request.path_params["token"]
    try:
        phone = parse(PhoneMessage, {"phone": typed}).phone
        await notification_subscriptions.ask_sms(
            requests.runtime(request), token, phone, countries=requests.sms_countries(request)
        )
    except Invalid as invalid:
        error = requests.field_texts(request, invalid)["phone"]
        return await _page(request, wrong=WrongPhone(typed, error, 422))
    except RateLimited as limited:
        return await _page(request, wrong=WrongPhone(typed, requests.say(request, limited.code), 429))
    except Refused as refused:
        return await _page(request, refused)
    return requests.see_other(f"/t/{token}#sms")


UseCase = Callable[[Runtime, str], Awaitable[Ticket]]


def _doing(use_case: UseCase) -> Callable[[Request], Awaitable[Response]]:
    """A form of the page: do it, then show the page; a refusal says why above the present state."""

    async def act(request: Request) -> Response:
        await requests.form(request)
        try:
            await use_case(requests.runtime(request), request.path_params["token"])
        except Refused as refused:
            return await _page(request, refused)
        return requests.see_other(f"/t/{request.path_params['token']}")

    return act


routes = [
    *office_page.routes,
    Route("/t/{token}", ticket_page),
    Route("/t/{token}/leave", ask_leave),
    Route("/t/{token}/leave", _doing(service.leave), methods=["POST"]),
    Route("/t/{token}/rejoin", _doing(service.rejoin), methods=["POST"]),
    Route("/t/{token}/postpone", _doing(service.postpone), methods=["POST"]),
    Route("/t/{token}/help", _doing(service.ask_help), methods=["POST"]),
    Route("/t/{token}/sms", ask_sms, methods=["POST"]),
    Route("/t/{token}/sms/end", _doing(notification_subscriptions.stop_sms), methods=["POST"]),
]
