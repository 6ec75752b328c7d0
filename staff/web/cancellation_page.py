"""Page on which a host cancels appointments for the office: form, preview, cancellation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    Appointment,
    CancellationPeriod,
    ClosedPeriod,
    SpanMessage,
    appointment_by_id,
    appointments_on_closed_days,
    appointments_to_cancel,
    cancel_by_office,
    cancel_period,
    note_told,
    people_to_tell,
    period_from_message,
    reopen_period,
    upcoming_closed_periods,
)
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import FieldError, Invalid, NotFound, Refused
from ...core.i18n.languages import LocalizedText
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, SentForm, handle_form_for
from ...core.web.validation import parse_model
from ...offices.service import Office, hours, office_by_slug
from .cancel_preview import parse_cancel_reason, preview_cancellation
from .messages_page import parse_day
from .staff_session import HOST_PATH, current_user, require_login

CANCELLATION_PATH = "/staff/host/{office}/cancel"
FORM_FIELDS = ("date", "from", "until", "service", "mode", "why", "reason")
MAX_SHOWN_PEOPLE = 200  # named on the page; the count includes all
OPTIONAL_PARTS: dict[str, Any] = dict.fromkeys(("reason", "told", "opened", "days", "spans", "to_tell", "noted"))
MAX_COUNT_DIGITS = 6  # of the number of people in the address


async def _require_own_host(request: Request) -> Principal:
    """Return the host of the office of the address. Raises Unauthenticated, NotAllowed."""
    return require_role(await current_user(request), StaffRole.HOST, request.path_params["office"])


async def show_cancellation_page(request: Request) -> Response:
    """Show the form for today or the `date` of the address.

    Above it are days that closed after people had booked, below it the closed periods, which can be reopened.
    """
    require_role(await require_login(request), StaffRole.HOST, request.path_params["office"])
    now = requests.current_runtime(request).now()
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        days = await appointments_on_closed_days(session, office, now)
        spans = await upcoming_closed_periods(session, office, now)
        to_tell = await people_to_tell(session, office, now)
        noted = await _noted_person(session, office, request.query_params.get("noted", ""))
    day = parse_day(request.query_params.get("date"), hours.to_local_day(office.hours, now))
    return _render_cancellation_page(
        request,
        office,
        dict.fromkeys(FORM_FIELDS, "") | {"date": day.isoformat()},
        days=days,
        spans=_closed_period_rows(office, spans),
        to_tell=to_tell,
        noted=noted,
        told=_parse_told_count(request.query_params.get("told", "")),
        opened="opened" in request.query_params,
        **NO_PROBLEM.context,
    )


def _parse_told_count(text: str) -> int | None:
    """Parse the number of notified people from the address; None if it is missing."""
    return int(text) if text.isdecimal() and len(text) <= MAX_COUNT_DIGITS else None


@handle_form_for(_require_own_host)
async def submit_cancellation(request: Request, form: SentForm, principal: Principal) -> Response:
    """Handle the form: `step=who` shows a preview, `step=all` cancels all, `one` a single one."""
    slug, typed = request.path_params["office"], form.texts(*FORM_FIELDS, strip=True)
    async with form.runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    with form.catch(Invalid) as problem:
        period, reason = _parse_cancellation(form, office, typed)
        # The preview carries what was typed, and it is parsed again: hidden fields may be forged.
        if form.get("one") or form.get("step") == "all":
            told = await _cancel_appointments(form, principal, slug, period, reason)
            return requests.see_other(f"{CANCELLATION_PATH.format(office=slug)}?told={told}")
        async with form.runtime.read_session() as session:
            found = await appointments_to_cancel(session, office, period, form.runtime.now())
        return _render_cancellation_page(
            request,
            office,
            typed,
            preview=preview_cancellation(request, office, found),
            reason=reason,
            noon=datetime.combine(period.day, time(12), office.timezone),
            **problem.context,
        )
    return _render_cancellation_page(request, office, typed, **problem.context)


def _closed_period_rows(office: Office, closed: Sequence[ClosedPeriod]) -> list[Mapping[str, Any]]:
    """Build the rows of closed periods, with the service and whether it is a whole day."""
    services = {service.id: service for service in office.services}
    return [
        {
            "id": period.id,
            "starts_at": period.starts_at,
            "ends_at": period.ends_at,
            "mode": period.mode,
            "service": services.get(period.service_id or ""),
            "whole_day": (period.starts_at, period.ends_at)
            == hours.day_bounds(office.hours, hours.to_local_day(office.hours, period.starts_at)),
        }
        for period in closed
    ]


@handle_form_for(_require_own_host)
async def reopen_closed_period(request: Request, form: SentForm, principal: Principal) -> Response:
    """Reopen a closed period. Idempotent: a second press shows the same message."""
    slug = request.path_params["office"]
    with suppress(NotFound):
        await reopen_period(form.runtime, principal, slug, request.path_params["id"])
    return requests.see_other(f"{CANCELLATION_PATH.format(office=slug)}?opened")


@handle_form_for(_require_own_host)
async def submit_told(request: Request, form: SentForm, principal: Principal) -> Response:
    """Note that a person was told, or with `undo` take that back. Idempotent."""
    slug, appointment_id = request.path_params["office"], request.path_params["appointment"]
    is_told = not form.get("undo")
    await note_told(form.runtime, principal, appointment_id, is_told=is_told)
    place = f"?noted={appointment_id}" if is_told else "#to-tell"
    return requests.see_other(f"{CANCELLATION_PATH.format(office=slug)}{place}")


async def _noted_person(session: AsyncSession, office: Office, appointment_id: str) -> Appointment | None:
    """Load the appointment whose person was just told; None if the office lacks it."""
    if not appointment_id:
        return None
    with suppress(NotFound):
        found = await appointment_by_id(session, appointment_id)
        return found if found.office_id == office.id else None
    return None


async def _cancel_appointments(
    form: SentForm, principal: Principal, slug: str, period: CancellationPeriod, reason: LocalizedText
) -> int:
    """Cancel a single appointment or all.

    Returns how many were told by a message, without those who cancelled or came meanwhile.
    """
    cancelled: list[Appointment] = []
    # A citizen may have cancelled or come since the preview; that needs no message to the host.
    with suppress(Refused, NotFound):
        if appointment_id := form.text("one"):
            cancelled = [await cancel_by_office(form.runtime, principal, appointment_id, reason)]
        else:
            cancelled = await cancel_period(form.runtime, principal, slug, period, reason)
    return sum(appointment.can_be_notified for appointment in cancelled)


def _parse_cancellation(
    form: SentForm, office: Office, typed: Mapping[str, str]
) -> tuple[CancellationPeriod, LocalizedText]:
    """Parse the period and the reason. Raises Invalid with the errors of both."""
    wrong: list[FieldError] = []
    try:
        reason = parse_cancel_reason(form, office, "why", "reason")
    except Invalid as invalid:
        wrong += invalid.fields
    try:
        message = parse_model(SpanMessage, {**typed, "reason": "-"})
    except Invalid as invalid:
        wrong += invalid.fields
    if wrong:
        raise Invalid(*wrong)
    return period_from_message(message), reason


def _render_cancellation_page(
    request: Request, office: Office, typed: Mapping[str, str], **context: Any
) -> Response:
    """Render the page with the parts that the step has."""
    parts = OPTIONAL_PARTS | {"preview": preview_cancellation(request, office, ())} | context
    return requests.render_page(
        request,
        "staff/cancel.html",
        office=office,
        has_phone=bool(office.services_for("phone")),
        max_shown=MAX_SHOWN_PEOPLE,
        typed=typed,
        back=f"{HOST_PATH}?office={office.slug}",
        **parts,
    )


routes = [
    Route(CANCELLATION_PATH, show_cancellation_page),
    Route(CANCELLATION_PATH, submit_cancellation, methods=["POST"]),
    Route(f"{CANCELLATION_PATH}/{{id}}/open", reopen_closed_period, methods=["POST"]),
    Route(f"{CANCELLATION_PATH}/{{appointment}}/told", submit_told, methods=["POST"]),
]
