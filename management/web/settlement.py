"""Appointments that no longer fit: what is proposed, chosen and done.

The review page of a change and the page that settles them later use it. Both carry the new times that they
show, so that what is confirmed is what was shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from ...appointments.service import Appointment, AppointmentState, appointment_services, propose_new_times
from ...core.auth import Principal
from ...core.errors import FieldError, Invalid, Malformed
from ...core.i18n.catalogues import N_
from ...core.web import forms, requests
from ...core.web.validation import SUPPORTED_YEARS, parse_json
from ...offices.service import Office, hours
from ..actions.settle_appointments import (
    MAX_SETTLED,
    SettledAppointment,
    SettlementChoice,
    SettlementOutcome,
    SettlementPlan,
)
from .manage_page import MANAGE_PATH, render_manage_page

PREFIX = "settle."
MAX_REASON = 300  # the column appointments.cancel_reason
LABELS = {"settle.reason": N_("Reason for cancelling"), "settle.choice": N_("What happens with them")}


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """An appointment that no longer fits.

    `is_today`: the host console finds the person. `new_time` is None if it cannot be moved; `is_unverified`:
    because its e-mail is not verified. `override`: why staff booked it at a time closed to the public.
    """

    appointment: Appointment
    services: str
    is_today: bool
    new_time: datetime | None = None
    is_unverified: bool = False
    override: str | None = None


@dataclass(frozen=True, slots=True)
class ShownSettlement:
    """The appointments and what was chosen for them.

    `count` includes those that are not shown. `choice`: None until a person chooses.
    """

    visits: Sequence[ShownVisit]
    count: int
    times: str
    choice: SettlementChoice | None = None
    reason: str = ""
    cancels_rest: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def with_time(self) -> int:
        """How many of the shown ones can be moved."""
        return sum(visit.new_time is not None for visit in self.visits)


async def propose_settlement(
    session: AsyncSession,
    request: Request,
    office: Office,
    appointments: Mapping[Appointment, str | None],
    sent: FormData,
    errors: Mapping[str, str],
) -> ShownSettlement:
    """Propose new times for appointments, each with the reason of staff to book it or None.

    `office`: as it will be. `sent`: what was chosen before.
    """
    now = requests.current_runtime(request).now()
    shown = list(appointments)[:MAX_SETTLED]
    times = await propose_new_times(session, office, shown, now)
    visits = [
        ShownVisit(
            one,
            services_text(request, office, one),
            is_today(request, office, one),
            times.get(one.id),
            one.state is AppointmentState.PRECONFIRMED,
            appointments[one],
        )
        for one in shown
    ]
    carried = {one.id: times[one.id].isoformat() if one.id in times else None for one in shown}
    choice = str(sent.get("settle.choice") or "")
    return ShownSettlement(
        visits,
        len(appointments),
        json.dumps(carried),
        SettlementChoice(choice) if choice in set(SettlementChoice) else None,
        str(sent.get("settle.reason") or ""),
        "settle.rest" in sent,
        errors,
    )


def parse_settlement(sent: FormData) -> SettlementPlan:
    """Parse what was chosen. Nothing is assumed in place of a choice.

    Raises Invalid for the reason or the choice, Malformed for the times.
    """
    choice = str(sent.get("settle.choice") or "")
    reason = " ".join(str(sent.get("settle.reason") or "").split())
    if choice not in set(SettlementChoice):
        raise Invalid(FieldError("settle.choice", "settlement_missing"))
    plan = SettlementPlan(SettlementChoice(choice), _parse_times(sent), reason, "settle.rest" in sent)
    cancels = plan.choice is SettlementChoice.CANCEL or (
        plan.choice is SettlementChoice.MOVE and plan.cancels_rest
    )
    if cancels and not reason:
        raise Invalid(FieldError("settle.reason", "required"))
    if len(reason) > MAX_REASON:
        raise Invalid(FieldError("settle.reason", "too_long", {"max": MAX_REASON}))
    return plan


def _parse_times(sent: FormData) -> dict[str, datetime | None]:
    try:
        given = parse_json(str(sent.get("settle.times") or "{}"))
        if not isinstance(given, dict) or len(given) > MAX_SETTLED:
            raise ValueError("not a table of times")
        return {key: None if text is None else _parse_instant(text) for key, text in given.items()}
    except (ValueError, TypeError, OverflowError):
        raise Malformed("malformed") from None


def _parse_instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment.year not in SUPPORTED_YEARS:
        raise ValueError("not an instant")
    return moment.astimezone(UTC)


def settlement_errors(request: Request, invalid: Invalid) -> dict[str, str]:
    """Return the texts of the errors of `parse_settlement` by field."""
    return forms.field_error_texts(request, invalid)


def carried_choice(sent: FormData) -> list[tuple[str, str]]:
    """Return what was chosen, for hidden fields of the form that is edited again."""
    return [
        (name, str(value))
        for name, value in sent.multi_items()
        if name.startswith(PREFIX) and name != "settle.times" and value
    ]


def services_text(request: Request, office: Office, appointment: Appointment) -> str:
    """Name the services of an appointment."""
    language = requests.current_language(request)
    return ", ".join(service.name(language) for service in appointment_services(office, appointment))


def is_today(request: Request, office: Office, appointment: Appointment) -> bool:
    """Return whether the appointment is today, so that the host console finds the person."""
    today = hours.to_local_day(office.hours, requests.current_runtime(request).now())
    return hours.to_local_day(office.hours, appointment.starts_at) == today


def settled_page(
    request: Request,
    principal: Principal,
    office: Office,
    settled: Sequence[SettledAppointment],
    *,
    section: str,
    back_url: str,
    entry_id: str | None,
    is_saved: bool,
) -> Response:
    """Show what happened with each appointment.

    `entry_id`: the audit entry of the change, which can be undone. `is_saved`: an office was changed before.
    """
    shown = [
        {
            "visit": ShownVisit(
                one.appointment,
                services_text(request, office, one.appointment),
                one.outcome is SettlementOutcome.LEFT and is_today(request, office, one.appointment),
                one.new.starts_at if one.new else None,
            ),
            "outcome": one.outcome,
            "to_tell": one.outcome is not SettlementOutcome.LEFT and not one.appointment.can_be_notified,
            "error": requests.error_text(request, one.error) if one.error else "",
        }
        for one in settled
    ]
    counts = {str(outcome): sum(one.outcome is outcome for one in settled) for outcome in SettlementOutcome}
    return render_manage_page(
        request,
        "management/settled.html",
        principal,
        section=section,
        office=office,
        settled=shown,
        counts=counts,
        back_url=back_url,
        later_url=f"{MANAGE_PATH}/o/{office.slug}/hours/appointments",
        entry_id=entry_id,
        is_saved=is_saved,
        page_url=back_url,
    )
