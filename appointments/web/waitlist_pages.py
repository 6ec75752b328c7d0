"""The pages of the waiting list: asking, confirming, answering an offer, stopping. They need no JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, NotFound, Office360Error, RateLimited, Refused
from ...core.i18n.dates import rfc3339
from ...core.web import requests
from ...core.web.validation import parse
from ...offices.service import Office, Service, all_offices
from ..domain.booking_url import address
from ..service import (
    Offer,
    Waiting,
    WaitingRequest,
    WaitingState,
    accept_waiting,
    confirm_waiting,
    holder_of,
    join,
    refuse_waiting,
    stop_waiting,
    waiting_by_token,
    waiting_offer,
)
from .booking_state import many
from .requester import asker_of
from .schemas import WaitingMessage, waiting_request
from .texts import DETAILS, MODES

NEW = "/waiting/new"
FIELDS = ("service", "office", "mode", "email")
SECRETIVE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Wait:
    """One entry as its page shows it."""

    entry: Waiting
    office: Office | None
    services: tuple[Service, ...]
    offer: Offer | None
    offer_office: Office | None
    token: str
    now: datetime

    @property
    def face(self) -> str:
        """Which of its faces the page shows; `late` is a letter that was opened too late."""
        if self.entry.state is WaitingState.UNVERIFIED and self.entry.expires_at <= self.now:
            return "late"
        if self.entry.state is WaitingState.WAITING and self.offer and self.offer.is_open(self.now):
            return "offered"
        return str(self.entry.state)

    @property
    def page(self) -> str:
        return f"/waiting/{self.token}"

    @property
    def again(self) -> str:
        """Where to look for a time oneself."""
        known = [("office", self.office and self.office.slug), *_chosen(self.entry), ("mode", self.entry.mode)]
        return address(*((name, slug) for name, slug in known if slug))


def _chosen(entry: Waiting) -> list[tuple[str, str]]:
    """The services of an entry as the booking's address has them."""
    return [("service", entry.service_slug), *(("more", slug) for slug in entry.more_services)]


# Asking


async def ask(request: Request) -> Response:
    """The form, with what the address says filled in; or that they wait, or a letter is on its way (`sent`)."""
    query = request.query_params
    typed: dict[str, Any] = {name: str(query.get(name) or "") for name in FIELDS} | {"privacy_accepted": False}
    typed["more_services"] = many(query, "more")
    return await _form(request, typed, sent=query.get("sent"))


async def submit(request: Request) -> Response:
    """Write the letter; or the form again with everything that was typed."""
    form = await requests.form(request)
    typed: dict[str, Any] = {name: str(form.get(name) or "").strip() for name in FIELDS}
    typed["privacy_accepted"] = form.get("privacy_accepted") is not None
    typed["more_services"] = [slug for slug in many(form, "more") if slug != typed["service"]]
    try:
        message = parse(WaitingMessage, typed)
        state = await _joined(request, waiting_request(message, requests.language(request)), form)
    except Invalid as invalid:
        errors = requests.field_texts(request, invalid)
        return await _form(request, typed, status_code=422, errors=errors)
    except (Refused, RateLimited) as refusal:
        status_code = 409 if isinstance(refusal, Refused) else 429
        return await _form(request, typed, status_code=status_code, refusal=refusal)
    return requests.see_other(f"{NEW}?sent={state}")


async def _joined(request: Request, asked: WaitingRequest, form: FormData) -> WaitingState:
    """A proof that is no good is none: then the letter is to be opened."""
    runtime, altcha = requests.runtime(request), str(form.get("altcha") or "") or None
    try:
        return await join(runtime, asked, await asker_of(request, altcha))
    except Invalid as invalid:
        if not any(one.field == "altcha" for one in invalid.fields):
            raise
    return await join(runtime, asked, await asker_of(request))


async def _form(
    request: Request,
    typed: Mapping[str, Any],
    *,
    status_code: int = 200,
    errors: Mapping[str, str] | None = None,
    refusal: Office360Error | None = None,
    sent: str | None = None,
) -> Response:
    async with requests.runtime(request).reading() as session:
        offices = await all_offices(session)
    services = {one.slug: one for office in offices for one in office.services}
    return requests.render(
        request,
        "appointments/wait.html",
        status_code=status_code,
        headers=SECRETIVE,
        offices=offices,
        services=list(services.values()),
        mode_names=MODES,
        typed=typed,
        errors=errors or {},
        summary=_summary(request, errors or {}),
        refusal=refusal and refusal.code,
        refused=refusal and _said(request, refusal),
        sent=sent,
    )


def _said(request: Request, refusal: Office360Error) -> str:
    """What a refusal says; a number in it is read in one piece."""
    phone = str(refusal.details.get("phone", "")).replace(" ", "\u00a0")
    return requests.say(request, refusal.code, {**refusal.details, "phone": phone})


def _summary(request: Request, errors: Mapping[str, str]) -> dict[str, str]:
    """What to do about each answer, by its name; a link of the list must say which answer it leads to."""
    t = requests.gettext_of(request)
    return {name: t(DETAILS[name]) if name in DETAILS else text for name, text in errors.items()}


# One entry


async def show(request: Request) -> Response:
    """How it stands. Following a link changes nothing."""
    return await _page(request)


async def _page(request: Request, *, status_code: int = 200, gone: bool = False) -> Response:
    async with requests.runtime(request).reading() as session:
        wait = await _wait(request, session)
    return requests.render(
        request,
        "appointments/waiting.html",
        status_code=status_code,
        headers=SECRETIVE,
        wait=wait,
        mode_names=MODES,
        gone=gone,
    )


async def _wait(request: Request, session: AsyncSession) -> Wait:
    token, now = request.path_params["token"], requests.runtime(request).now()
    entry = await waiting_by_token(session, token)
    offices = {one.id: one for one in await all_offices(session)}
    office = offices.get(entry.office_id or "")
    given = {one.slug: one for each in ([office] if office else offices.values()) for one in each.services}
    services = tuple(given[slug] for slug in entry.service_slugs if slug in given)
    offer = await waiting_offer(session, entry.id)
    return Wait(entry, office, services, offer, offices.get(offer.office_id) if offer else None, token, now)


async def answer(request: Request) -> Response:
    """Each button says what it does: `confirm`, `accept`, `refuse` or `stop`."""
    form = await requests.form(request)
    runtime, token, offer = requests.runtime(request), request.path_params["token"], str(form.get("offer") or "")
    match form.get("answer"):
        case "confirm":
            await confirm_waiting(runtime, token)
        case "stop":
            await stop_waiting(runtime, token)
        case "refuse":
            with suppress(NotFound):
                await refuse_waiting(runtime, token, offer)
        case "accept":
            return await _accept(request, token, offer)
    return requests.see_other(f"/waiting/{token}")


async def _accept(request: Request, token: str, offer_id: str) -> Response:
    """To the details, with the place kept for this device."""
    runtime = requests.runtime(request)
    try:
        offer = await accept_waiting(runtime, token, offer_id, holder_of(await asker_of(request)))
    except (Refused, NotFound):
        return await _page(request, status_code=409, gone=True)
    async with runtime.reading() as session:
        office = next(one for one in await all_offices(session) if one.id == offer.office_id)
        entry = await waiting_by_token(session, token)
    starts_at = rfc3339(offer.starts_at, office.timezone)
    chosen = [("office", office.slug), *_chosen(entry), ("mode", offer.mode), ("starts_at", starts_at)]
    return requests.see_other(address(*chosen))


routes = [
    Route(NEW, ask),
    Route(NEW, submit, methods=["POST"]),
    Route("/waiting/{token}", show),
    Route("/waiting/{token}", answer, methods=["POST"]),
]
