"""The pages of the waitlist: join, confirm, answer an offer, leave.

They need no JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import Invalid, NotFound, Office360Error, RateLimited, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ...core.web.validation import parse_model
from ...offices.service import MODE_NAMES, Office, OfficeService, all_offices, office_by_id, public_offices
from ..actions.waitlist import (
    WaitlistRequest,
    accept_waitlist_offer,
    check_wanted_visit,
    confirm_waitlist_entry,
    join_waitlist,
    leave_waitlist,
    refuse_waitlist_offer,
    waitlist_entry_by_token,
)
from ..domain.booking_url import booking_url
from ..domain.offer import OfferReason, SlotOffer
from ..domain.requester import Requester, holder_key
from ..domain.waitlist_entry import WaitlistEntry, WaitlistState
from ..storage import offer_rows
from .booking_state import list_values
from .error_texts import FIELD_SENTENCES
from .schemas import WaitingMessage, build_requester, run_with_optional_proof, waitlist_request

NEW_ENTRY_PATH = "/waiting/new"
FORM_FIELD_NAMES = ("service", "office", "mode", "email")


@dataclass(frozen=True, slots=True)
class WaitlistEntryView:
    """An entry of the waitlist as its page shows it. Templates read these attributes by name."""

    entry: WaitlistEntry
    office: Office | None
    services: tuple[OfficeService, ...]
    offer: SlotOffer | None
    offer_office: Office | None
    token: str
    now: datetime

    @property
    def face(self) -> str:
        """Name the variant of the page; `late`: the link of the e-mail was opened too late."""
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
        """Build the address at which the citizen can look for a time."""
        known = [
            ("office", self.office and self.office.slug),
            *_service_pairs(self.entry),
            ("mode", self.entry.mode),
        ]
        return booking_url(*((name, slug) for name, slug in known if slug))


def _service_pairs(entry: WaitlistEntry) -> list[tuple[str, str]]:
    """List the services of an entry as the booking address names them."""
    return [("service", entry.service_slug), *(("more", slug) for slug in entry.more_services)]


# Joining


async def show_join_form(request: Request) -> Response:
    """GET `/waiting/new`: the form, filled from the address, or the state after joining."""
    query = request.query_params
    typed: dict[str, Any] = {name: str(query.get(name) or "") for name in FORM_FIELD_NAMES} | {
        "privacy_accepted": False
    }
    typed["more_services"] = list_values(query, "more")
    return await _join_form_page(request, typed, sent=query.get("sent"))


@handle_form
async def submit_join_form(request: Request, form: SentForm) -> Response:
    """POST `/waiting/new`: join. An invalid form is shown again with all its values."""
    typed: dict[str, Any] = dict(form.texts(*FORM_FIELD_NAMES, strip=True))
    typed["privacy_accepted"] = form.get("privacy_accepted") is not None
    typed["more_services"] = [slug for slug in list_values(form, "more") if slug != typed["service"]]
    with form.catch(sentences=FIELD_SENTENCES, element="wait-form") as problem:
        message = await _parse_join_form(request, typed)
        form.stop_for_language(Refused("confirm_first", phone=form.text("call")), RateLimited(retry_after_s=3600))
        wanted = waitlist_request(message, requests.current_language(request))
        state = await _join_with_proof(request, wanted, form.text("altcha") or None)
        return requests.see_other(f"{NEW_ENTRY_PATH}?sent={state}")
    return await _join_form_page(request, typed, problem)


async def _parse_join_form(request: Request, typed: Mapping[str, Any]) -> WaitingMessage:
    """Parse the form. Raises Invalid with the errors of the visit and of the citizen at once."""
    try:
        return parse_model(WaitingMessage, typed)
    except Invalid as invalid:
        problems = list(invalid.fields)
    office, mode, more = typed["office"] or None, typed["mode"] or None, tuple(typed["more_services"])
    wanted = WaitlistRequest(typed["service"], office, mode, email="", language="", more_services=more)
    async with requests.current_runtime(request).read_session() as session:
        try:
            await check_wanted_visit(session, wanted)
        except Invalid as impossible:
            known = {problem.field for problem in problems}
            problems = [*(each for each in impossible.fields if each.field not in known), *problems]
    raise Invalid(*problems)


async def _join_with_proof(request: Request, wanted: WaitlistRequest, altcha: str | None) -> WaitlistState:
    """Join the waitlist. Without an accepted proof the citizen confirms by e-mail."""

    async def join(requester: Requester) -> WaitlistState:
        return await join_waitlist(requests.current_runtime(request), wanted, requester)

    return await run_with_optional_proof(request, altcha, wanted.office, join)


async def _join_form_page(
    request: Request,
    typed: Mapping[str, Any],
    problem: FormProblem = NO_PROBLEM,
    *,
    sent: str | None = None,
) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        offices = await public_offices(session, also=typed["office"])
    services = {service.slug: service for office in offices for service in office.services}
    chosen = {name: typed[name] for name in ("service", "office", "mode") if typed[name]}
    chosen |= {"more": typed["more_services"]} if typed["more_services"] else {}
    return requests.render_page(
        request,
        "appointments/wait.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        page_url=f"{NEW_ENTRY_PATH}?{urlencode(chosen, doseq=True)}",
        offices=offices,
        services=list(services.values()),
        mode_names=_offered_mode_names(services.values(), typed["mode"]),
        typed=typed,
        call=problem.details.get("phone", ""),
        sent=sent,
        **problem.context | {"refused": _refusal_text(request, problem.error)},
    )


def _offered_mode_names(services: Iterable[OfficeService], typed: str) -> dict[str, str]:
    """Return the modes in which any service is given, and the typed mode."""
    offered = {mode for service in services for mode in service.modes} | {typed}
    return {mode: name for mode, name in MODE_NAMES.items() if mode in offered or mode != "phone"}


def _refusal_text(request: Request, refusal: Office360Error | None) -> str:
    """Return the text of a refusal; no-break spaces keep a phone number on one line."""
    if refusal is None:
        return ""
    phone = str(refusal.details.get("phone", "")).replace(" ", "\u00a0")
    return requests.error_text(request, refusal.code, {**refusal.details, "phone": phone})


# An entry


async def show_entry(request: Request, *, status_code: int = 200, gone: bool = False) -> Response:
    """GET `/waiting/{token}`: the state of the entry. A GET changes nothing."""
    async with requests.current_runtime(request).read_session() as session:
        wait = await _load_entry_view(request, session)
    return requests.render_page(
        request,
        "appointments/waiting.html",
        status_code=status_code,
        headers=requests.PRIVATE_PAGE_HEADERS,
        wait=wait,
        mode_names=MODE_NAMES,
        gone=gone,
    )


async def _load_entry_view(request: Request, session: AsyncSession) -> WaitlistEntryView:
    token, now = request.path_params["token"], requests.current_runtime(request).now()
    entry = await waitlist_entry_by_token(session, token)
    offices = {office.id: office for office in await all_offices(session)}
    office = offices.get(entry.office_id or "")
    providers = [office] if office else offices.values()
    provided = {service.slug: service for provider in providers for service in provider.services}
    services = tuple(provided[slug] for slug in entry.service_slugs if slug in provided)
    offer = await offer_rows.latest_offer_to_taker(session, entry.id, OfferReason.WAITLIST)
    return WaitlistEntryView(
        entry, office, services, offer, offices.get(offer.office_id) if offer else None, token, now
    )


@handle_form
async def submit_entry_answer(request: Request, form: SentForm) -> Response:
    """POST `/waiting/{token}`: the button sent is `confirm`, `accept`, `refuse` or `stop`."""
    token = request.path_params["token"]
    runtime, offer_id = form.runtime, form.text("offer")
    match form.get("answer"):
        case "confirm":
            await confirm_waitlist_entry(runtime, token)
        case "stop":
            await leave_waitlist(runtime, token)
        case "refuse":
            with suppress(NotFound):
                await refuse_waitlist_offer(runtime, token, offer_id)
        case "accept":
            return await _accept_offer(request, token, offer_id)
    return requests.see_other(f"/waiting/{token}")


async def _accept_offer(request: Request, token: str, offer_id: str) -> Response:
    """Hold the offered slot for this device and redirect to the details of a booking."""
    runtime = requests.current_runtime(request)
    try:
        offer = await accept_waitlist_offer(runtime, token, offer_id, holder_key(await build_requester(request)))
    except (Refused, NotFound):
        return await show_entry(request, status_code=409, gone=True)
    async with runtime.read_session() as session:
        office = await office_by_id(session, offer.office_id)
        entry = await waitlist_entry_by_token(session, token)
    starts_at = format_rfc3339(offer.starts_at, office.timezone)
    chosen = [("office", office.slug), *_service_pairs(entry), ("mode", offer.mode), ("starts_at", starts_at)]
    return requests.see_other(booking_url(*chosen))


routes = [
    Route(NEW_ENTRY_PATH, show_join_form),
    LimitedRoute(NEW_ENTRY_PATH, submit_join_form, WriteLimit.FORMS),
    Route("/waiting/{token}", show_entry),
    Route("/waiting/{token}", submit_entry_answer, methods=["POST"]),
]
