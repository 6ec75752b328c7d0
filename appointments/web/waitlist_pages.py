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
from ...core.i18n.dates import format_rfc3339
from ...core.web import forms, requests
from ...core.web.validation import parse_model
from ...offices.service import Office, OfficeService, all_offices
from ..actions.hold_slot import holder_key
from ..actions.waitlist import (
    WaitlistRequest,
    accept_waitlist_offer,
    confirm_waitlist_entry,
    join_waitlist,
    latest_waitlist_offer,
    leave_waitlist,
    refuse_waitlist_offer,
    waitlist_entry_by_token,
)
from ..domain.booking_url import booking_url
from ..domain.offer import SlotOffer
from ..domain.waitlist_entry import WaitlistEntry, WaitlistState
from .booking_state import list_values
from .page_texts import DETAIL_HINTS, MODE_NAMES
from .requester import build_requester
from .schemas import WaitingMessage, waitlist_request

NEW_ENTRY_PATH = "/waiting/new"
FORM_FIELD_NAMES = ("service", "office", "mode", "email")
PRIVATE_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class WaitlistEntryView:
    """One entry as its page shows it."""

    entry: WaitlistEntry
    office: Office | None
    services: tuple[OfficeService, ...]
    offer: SlotOffer | None
    offer_office: Office | None
    token: str
    now: datetime

    @property
    def face(self) -> str:
        """Which of its faces the page shows; `late` is a letter that was opened too late."""
        if self.entry.state is WaitlistState.UNVERIFIED and self.entry.expires_at <= self.now:
            return "late"
        if self.entry.state is WaitlistState.WAITING and self.offer and self.offer.is_open(self.now):
            return "offered"
        return str(self.entry.state)

    @property
    def page(self) -> str:
        return f"/waiting/{self.token}"

    @property
    def again(self) -> str:
        """Where to look for a time oneself."""
        known = [
            ("office", self.office and self.office.slug),
            *_service_pairs(self.entry),
            ("mode", self.entry.mode),
        ]
        return booking_url(*((name, slug) for name, slug in known if slug))


def _service_pairs(entry: WaitlistEntry) -> list[tuple[str, str]]:
    """The services of an entry as the booking's address has them."""
    return [("service", entry.service_slug), *(("more", slug) for slug in entry.more_services)]


# Asking


async def show_join_form(request: Request) -> Response:
    """The form, with what the address says filled in; or that they wait, or a letter is on its way (`sent`)."""
    query = request.query_params
    typed: dict[str, Any] = {name: str(query.get(name) or "") for name in FORM_FIELD_NAMES} | {
        "privacy_accepted": False
    }
    typed["more_services"] = list_values(query, "more")
    return await _join_form_page(request, typed, sent=query.get("sent"))


async def submit_join_form(request: Request) -> Response:
    """Write the letter; or the form again with everything that was typed."""
    form = await forms.read_form(request)
    typed: dict[str, Any] = {name: str(form.get(name) or "").strip() for name in FORM_FIELD_NAMES}
    typed["privacy_accepted"] = form.get("privacy_accepted") is not None
    typed["more_services"] = [slug for slug in list_values(form, "more") if slug != typed["service"]]
    try:
        message = parse_model(WaitingMessage, typed)
        state = await _join_with_proof(
            request, waitlist_request(message, requests.current_language(request)), form
        )
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid)
        return await _join_form_page(request, typed, status_code=422, errors=errors)
    except (Refused, RateLimited) as refusal:
        status_code = 409 if isinstance(refusal, Refused) else 429
        return await _join_form_page(request, typed, status_code=status_code, refusal=refusal)
    return requests.see_other(f"{NEW_ENTRY_PATH}?sent={state}")


async def _join_with_proof(request: Request, asked: WaitlistRequest, form: FormData) -> WaitlistState:
    """A proof that is no good is none: then the letter is to be opened."""
    runtime, altcha = requests.current_runtime(request), str(form.get("altcha") or "") or None
    try:
        return await join_waitlist(runtime, asked, await build_requester(request, altcha))
    except Invalid as invalid:
        if not any(one.field == "altcha" for one in invalid.fields):
            raise
    return await join_waitlist(runtime, asked, await build_requester(request))


async def _join_form_page(
    request: Request,
    typed: Mapping[str, Any],
    *,
    status_code: int = 200,
    errors: Mapping[str, str] | None = None,
    refusal: Office360Error | None = None,
    sent: str | None = None,
) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        offices = await all_offices(session)
    services = {one.slug: one for office in offices for one in office.services}
    return requests.render_page(
        request,
        "appointments/wait.html",
        status_code=status_code,
        headers=PRIVATE_HEADERS,
        offices=offices,
        services=list(services.values()),
        mode_names=MODE_NAMES,
        typed=typed,
        errors=errors or {},
        summary=_error_summary(request, errors or {}),
        refusal=refusal and refusal.code,
        refused=refusal and _refusal_text(request, refusal),
        sent=sent,
    )


def _refusal_text(request: Request, refusal: Office360Error) -> str:
    """What a refusal says; a number in it is read in one piece."""
    phone = str(refusal.details.get("phone", "")).replace(" ", "\u00a0")
    return requests.error_text(request, refusal.code, {**refusal.details, "phone": phone})


def _error_summary(request: Request, errors: Mapping[str, str]) -> dict[str, str]:
    """What to do about each answer, by its name; a link of the list must say which answer it leads to."""
    t = requests.current_gettext(request)
    return {name: t(DETAIL_HINTS[name]) if name in DETAIL_HINTS else text for name, text in errors.items()}


# One entry


async def show_entry(request: Request) -> Response:
    """How it stands. Following a link changes nothing."""
    return await _entry_page(request)


async def _entry_page(request: Request, *, status_code: int = 200, gone: bool = False) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        wait = await _load_entry_view(request, session)
    return requests.render_page(
        request,
        "appointments/waiting.html",
        status_code=status_code,
        headers=PRIVATE_HEADERS,
        wait=wait,
        mode_names=MODE_NAMES,
        gone=gone,
    )


async def _load_entry_view(request: Request, session: AsyncSession) -> WaitlistEntryView:
    token, now = request.path_params["token"], requests.current_runtime(request).now()
    entry = await waitlist_entry_by_token(session, token)
    offices = {one.id: one for one in await all_offices(session)}
    office = offices.get(entry.office_id or "")
    given = {one.slug: one for each in ([office] if office else offices.values()) for one in each.services}
    services = tuple(given[slug] for slug in entry.service_slugs if slug in given)
    offer = await latest_waitlist_offer(session, entry.id)
    return WaitlistEntryView(
        entry, office, services, offer, offices.get(offer.office_id) if offer else None, token, now
    )


async def submit_entry_answer(request: Request) -> Response:
    """Each button says what it does: `confirm`, `accept`, `refuse` or `stop`."""
    form = await forms.read_form(request)
    runtime, token, offer = (
        requests.current_runtime(request),
        request.path_params["token"],
        str(form.get("offer") or ""),
    )
    match form.get("answer"):
        case "confirm":
            await confirm_waitlist_entry(runtime, token)
        case "stop":
            await leave_waitlist(runtime, token)
        case "refuse":
            with suppress(NotFound):
                await refuse_waitlist_offer(runtime, token, offer)
        case "accept":
            return await _accept_offer(request, token, offer)
    return requests.see_other(f"/waiting/{token}")


async def _accept_offer(request: Request, token: str, offer_id: str) -> Response:
    """To the details, with the place kept for this device."""
    runtime = requests.current_runtime(request)
    try:
        offer = await accept_waitlist_offer(runtime, token, offer_id, holder_key(await build_requester(request)))
    except (Refused, NotFound):
        return await _entry_page(request, status_code=409, gone=True)
    async with runtime.read_session() as session:
        office = next(one for one in await all_offices(session) if one.id == offer.office_id)
        entry = await waitlist_entry_by_token(session, token)
    starts_at = format_rfc3339(offer.starts_at, office.timezone)
    chosen = [("office", office.slug), *_service_pairs(entry), ("mode", offer.mode), ("starts_at", starts_at)]
    return requests.see_other(booking_url(*chosen))


routes = [
    Route(NEW_ENTRY_PATH, show_join_form),
    Route(NEW_ENTRY_PATH, submit_join_form, methods=["POST"]),
    Route("/waiting/{token}", show_entry),
    Route("/waiting/{token}", submit_entry_answer, methods=["POST"]),
]
