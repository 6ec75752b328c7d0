"""Page on which a host cancels appointments for the office: form, preview, cancellation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    Appointment,
    ClosedPeriod,
    SpanMessage,
    appointment_by_id,
    appointment_services,
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
from ...core.i18n.catalogues import Catalogues
from ...core.i18n.languages import LocalizedText, text_in_language
from ...core.web import forms, requests
from ...core.web.form_page import SentForm, handle_form_for
from ...core.web.validation import parse_model
from ...offices.service import Office, hours, office_by_slug
from ..domain.cancel_reasons import CANCEL_REASONS, OWN_WORDS, cancel_reason_texts
from .host_pages import shown_choices
from .messages_page import parse_day
from .staff_session import HOST_PATH, current_user, require_login

CANCELLATION_PATH = "/staff/host/{office}/cancel"
FORM_FIELDS = ("date", "from", "until", "service", "mode", "why", "reason")
MAX_SHOWN_PEOPLE = 200  # named on the page; the count includes all
MAX_COUNT_DIGITS = 6  # of the number of people in the address


@dataclass(frozen=True, slots=True)
class CancellationForm:
    """The typed values and their errors.

    `message` and `reason` (by language) are None until the form is valid.
    """

    typed: Mapping[str, str]
    errors: Mapping[str, str]
    message: SpanMessage | None = None
    reason: LocalizedText | None = None

    @property
    def is_ready(self) -> bool:
        return self.message is not None


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
    typed = dict.fromkeys(FORM_FIELDS, "") | {"date": day.isoformat()}
    notices: dict[str, Any] = {
        "told": _parse_told_count(request.query_params.get("told", "")),
        "opened": "opened" in request.query_params,
    }
    return _render_cancellation_page(
        request,
        office,
        CancellationForm(typed, {}),
        days=days,
        spans=_closed_period_rows(office, spans),
        to_tell=to_tell,
        noted=noted,
        **notices,
    )


def _parse_told_count(text: str) -> int | None:
    """Parse the number of notified people from the address; None without one."""
    return int(text) if text.isdecimal() and len(text) <= MAX_COUNT_DIGITS else None


@handle_form_for(_require_own_host)
async def submit_cancellation(request: Request, fields: SentForm, principal: Principal) -> Response:
    """Handle the form: `step=who` shows a preview, `step=all` cancels all, `one` cancels one."""
    slug, runtime = request.path_params["office"], fields.runtime
    typed = fields.texts(*FORM_FIELDS, strip=True)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        form = _parse_form(request, office, typed)
        if form.message is None or form.reason is None:
            return _render_cancellation_page(request, office, form, status_code=422)
        if not fields.get("one") and fields.get("step") != "all":
            return await _preview_page(request, session, office, form)
    told = await _cancel_appointments(request, principal, slug, form.message, form.reason, fields.text("one"))
    return requests.see_other(f"{CANCELLATION_PATH.format(office=slug)}?told={told}")


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
    """Load the appointment whose person was just told; None without one of the office."""
    if not appointment_id:
        return None
    with suppress(NotFound):
        found = await appointment_by_id(session, appointment_id)
        return found if found.office_id == office.id else None
    return None


async def _cancel_appointments(
    request: Request,
    principal: Principal | None,
    slug: str,
    message: SpanMessage,
    reason: LocalizedText,
    appointment_id: str,
) -> int:
    """Cancel one or all.

    Returns how many were told by a message, without those who cancelled or came meanwhile.
    """
    if not appointment_id:
        cancelled = await cancel_period(
            requests.current_runtime(request), principal, slug, period_from_message(message), reason
        )
        return sum(appointment.can_be_notified for appointment in cancelled)
    try:
        one = await cancel_by_office(requests.current_runtime(request), principal, appointment_id, reason)
    except (Refused, NotFound):
        return 0
    return int(one.can_be_notified)


async def _preview_page(
    request: Request, session: AsyncSession, office: Office, form: CancellationForm
) -> Response:
    assert form.message is not None
    appointments = await appointments_to_cancel(
        session, office, period_from_message(form.message), requests.current_runtime(request).now()
    )
    return _render_cancellation_page(
        request, office, form, meant=appointments[:MAX_SHOWN_PEOPLE], count=len(appointments)
    )


def _parse_form(request: Request, office: Office, typed: Mapping[str, str]) -> CancellationForm:
    catalogues: Catalogues = request.state.catalogues
    wrong: list[FieldError] = []
    reason, message = None, None
    try:
        reason = cancel_reason_texts(
            office, _chosen_reason(typed), typed["reason"], catalogues.localized, words_field="reason"
        )
    except Invalid as invalid:
        wrong += invalid.fields
    try:
        said = text_in_language(reason, requests.current_language(request)) if reason else "-"
        message = parse_model(SpanMessage, {**typed, "reason": said})
    except Invalid as invalid:
        wrong += invalid.fields
    if wrong:
        return CancellationForm(typed, forms.field_error_texts(request, Invalid(*wrong)))
    return CancellationForm(typed, {}, message, reason)


def _chosen_reason(typed: Mapping[str, str]) -> str:
    """Return the key of the chosen reason. Own words alone are a reason too."""
    return typed["why"] or (OWN_WORDS if typed["reason"] else "")


def _render_cancellation_page(
    request: Request, office: Office, form: CancellationForm, *, status_code: int = 200, **context: Any
) -> Response:
    """Render the page. `shown` overrides the default context of this step."""
    defaults = {
        "meant": None,
        "count": 0,
        "told": None,
        "opened": False,
        "days": None,
        "spans": (),
        "to_tell": (),
        "noted": None,
    }
    return requests.render_page(
        request,
        "staff/cancel.html",
        status_code=status_code,
        office=office,
        services_of=appointment_services,
        has_phone=bool(office.services_for("phone")),
        asked=form,
        reasons=shown_choices(request, office, CANCEL_REASONS),
        noon=_noon_of_requested_day(office, form),
        back=f"{HOST_PATH}?office={office.slug}",
        **defaults | context,
    )


def _noon_of_requested_day(office: Office, form: CancellationForm) -> datetime | None:
    """Return noon of the requested day, from which the page formats its name."""
    return datetime.combine(form.message.date, time(12), office.timezone) if form.message else None


routes = [
    Route(CANCELLATION_PATH, show_cancellation_page),
    Route(CANCELLATION_PATH, submit_cancellation, methods=["POST"]),
    Route(f"{CANCELLATION_PATH}/{{id}}/open", reopen_closed_period, methods=["POST"]),
    Route(f"{CANCELLATION_PATH}/{{appointment}}/told", submit_told, methods=["POST"]),
]
