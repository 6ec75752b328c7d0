"""Appointments that no longer fit: what is proposed, chosen and done.

The review page of a change and the page that settles them later use it. Both carry the new times that they
show, so that what is confirmed is what was shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from ...appointments.service import Appointment, appointment_services, propose_new_times
from ...core.auth import Principal
from ...core.errors import FieldError, Invalid, Malformed
from ...core.web import requests
from ...core.web.form_page import SentForm
from ...core.web.validation import AwareTime, parse_json
from ...offices.service import Office, hours
from ...staff.service import CANCEL_REASONS, cancel_reason_texts, shown_choices
from ..actions.settle_appointments import (
    MAX_SETTLED,
    SettledAppointment,
    SettlementChoice,
    SettlementOutcome,
    SettlementPlan,
)
from .manage_page import MANAGE_PATH, render_manage_page

PREFIX = "settle."
TIMES: TypeAdapter[dict[str, AwareTime | None]] = TypeAdapter(
    Annotated[dict[str, AwareTime | None], Field(max_length=MAX_SETTLED)]
)


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """An appointment that no longer fits.

    `is_today`: the host console finds the person. `new_time` is None if it cannot be moved. `override`: why staff
    booked it at a time closed to the public.
    """

    appointment: Appointment
    services: str
    is_today: bool
    new_time: datetime | None = None
    override: str | None = None


@dataclass(frozen=True, slots=True)
class ShownSettlement:
    """The appointments and what was chosen for them.

    `count` includes those that are not shown. `reasons`: keys and texts. `choice` and the other fields that were
    sent are empty until a person chooses.
    """

    visits: Sequence[ShownVisit]
    count: int
    times: str
    reasons: Sequence[tuple[str, str]]
    choice: str
    why: str
    reason: str
    rest: str
    errors: Mapping[str, str]

    @property
    def with_time(self) -> int:
        """How many of the shown ones can be moved."""
        return sum(visit.new_time is not None for visit in self.visits)


async def propose_settlement(
    session: AsyncSession,
    request: Request,
    office: Office,
    appointments: Mapping[Appointment, str | None],
    sent: SentForm,
    errors: Mapping[str, str],
) -> ShownSettlement:
    """Propose new times for appointments, each with the reason of staff to book it or None.

    `office`: as it will be. `sent`: what was chosen before.
    """
    now = requests.current_runtime(request).now()
    shown = list(appointments)[:MAX_SETTLED]
    times = await propose_new_times(session, office, shown, now)
    visits = [
        _shown_visit(request, office, visit, new_time=times.get(visit.id), override=appointments[visit])
        for visit in shown
    ]
    carried = {visit.id: times[visit.id].isoformat() if visit.id in times else None for visit in shown}
    return ShownSettlement(
        visits,
        len(appointments),
        json.dumps(carried),
        shown_choices(request, office, CANCEL_REASONS),
        **{name: sent.text(PREFIX + name) for name in ("choice", "why", "reason", "rest")},
        errors=errors,
    )


def parse_settlement(sent: SentForm, office: Office) -> SettlementPlan:
    """Parse what was chosen. Nothing is assumed in place of a choice.

    Raises Invalid for the reason or the choice, Malformed for the times.
    """
    choice, cancels_rest = sent.text("settle.choice"), "settle.rest" in sent
    if choice not in set(SettlementChoice):
        raise Invalid(FieldError("settle.choice", "settlement_missing"))
    try:
        times = TIMES.validate_python(parse_json(sent.text("settle.times") or "{}"))
    except ValueError:
        raise Malformed("malformed") from None
    plan = SettlementPlan(SettlementChoice(choice), times, {}, cancels_rest)
    if not plan.may_cancel:
        return plan
    reason = cancel_reason_texts(
        office,
        sent.text("settle.why"),
        " ".join(sent.text("settle.reason").split()),
        sent.request.state.catalogues.localized,
        key_field="settle.why",
        words_field="settle.reason",
    )
    return replace(plan, reason=reason)


def carried_choice(sent: FormData) -> list[tuple[str, str]]:
    """Return what was chosen, for hidden fields of the form that is edited again."""
    return [
        (name, str(value))
        for name, value in sent.multi_items()
        if name.startswith(PREFIX) and name != "settle.times" and value
    ]


def _shown_visit(request: Request, office: Office, appointment: Appointment, **more: Any) -> ShownVisit:
    language, now = requests.current_language(request), requests.current_runtime(request).now()
    return ShownVisit(
        appointment,
        ", ".join(service.name(language) for service in appointment_services(office, appointment)),
        hours.to_local_day(office.hours, appointment.starts_at) == hours.to_local_day(office.hours, now),
        **more,
    )


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
            "visit": _shown_visit(
                request, office, one.appointment, new_time=one.new.starts_at if one.new else None
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
