"""Appointments that no longer fit: what is proposed, chosen and done.

The review page of a change and the page that settles them later use it. Both carry the new times that they
show, so that what is confirmed is what was shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from ...appointments.service import Appointment, propose_new_times
from ...core.auth import Principal
from ...core.errors import FieldError, Invalid, Malformed
from ...core.web import requests
from ...core.web.form_page import SentForm
from ...core.web.validation import AwareTime, parse_json
from ...offices.service import Office
from ...staff.service import CancelPreview, parse_cancel_reason, preview_cancellation
from ..actions.settle_appointments import MAX_SETTLED, SettledAppointment, SettlementOutcome, SettlementPlan
from .manage_page import MANAGE_PATH, render_manage_page

PREFIX = "settle."
TIMES: TypeAdapter[dict[str, AwareTime | None]] = TypeAdapter(
    Annotated[dict[str, AwareTime | None], Field(max_length=MAX_SETTLED)]
)


class SettlementChoice(StrEnum):
    LEAVE = "leave"
    MOVE = "move"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class ShownSettlement:
    """Appointments that no longer fit, and what was chosen for them.

    `count` includes those that are not shown. `new_times`: by id, without those that cannot be moved. `overrides`:
    why staff booked the appointment at a time closed to the public, else None. `sent`: empty before the choice.
    """

    preview: CancelPreview
    count: int
    new_times: Mapping[str, datetime]
    overrides: Mapping[Appointment, str | None]
    sent: SentForm
    errors: Mapping[str, str]

    @property
    def times(self) -> str:
        """The proposed times as the form carries them."""
        shown = [appointment.id for appointment in self.preview.appointments]
        return TIMES.dump_json({key: self.new_times.get(key) for key in shown}).decode()


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
    shown = list(appointments)[:MAX_SETTLED]
    new_times = await propose_new_times(session, office, shown, requests.current_runtime(request).now())
    preview = preview_cancellation(request, office, shown)
    return ShownSettlement(preview, len(appointments), new_times, appointments, sent, errors)


def parse_settlement(sent: SentForm, office: Office) -> SettlementPlan:
    """Parse what was chosen. Nothing is assumed in place of a choice.

    Raises Invalid for the reason or the choice, Malformed for the times.
    """
    choice = sent.text("settle.choice")
    if choice not in set(SettlementChoice):
        raise Invalid(FieldError("settle.choice", "settlement_missing"))
    try:
        times = TIMES.validate_python(parse_json(sent.text("settle.times") or "{}"))
    except ValueError:
        raise Malformed("malformed") from None
    if choice == SettlementChoice.LEAVE:
        return SettlementPlan({})
    if choice == SettlementChoice.MOVE and "settle.rest" not in sent:
        return SettlementPlan(times)
    reason = parse_cancel_reason(sent, office, "settle.why", "settle.reason")
    return SettlementPlan(times if choice == SettlementChoice.MOVE else dict.fromkeys(times), reason)


def carried_choice(sent: FormData) -> list[tuple[str, str]]:
    """Return what was chosen, for hidden fields of the form that is edited again."""
    return [
        (name, str(value))
        for name, value in sent.multi_items()
        if name.startswith(PREFIX) and name != "settle.times" and value
    ]


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
    changed = [each.appointment for each in settled if each.outcome is not SettlementOutcome.LEFT]
    return render_manage_page(
        request,
        "management/settled.html",
        principal,
        section=section,
        office=office,
        settled=settled,
        preview=preview_cancellation(request, office, changed),
        counts=Counter(each.outcome.value for each in settled),
        errors={each.error: requests.error_text(request, each.error) for each in settled if each.error},
        back_url=back_url,
        later_url=f"{MANAGE_PATH}/o/{office.slug}/hours/appointments",
        entry_id=entry_id,
        is_saved=is_saved,
        page_url=back_url,
    )
