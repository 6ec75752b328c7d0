"""Audit of staff changes of appointments: in the same transaction, without the citizen."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.book import book_as_staff
from office360.appointments.actions.office_cancellation import CancellationPeriod, cancel_by_office, cancel_period
from office360.appointments.notify import offer_messages
from office360.appointments.service import AppointmentState, book_appointment, reopen_period
from office360.appointments.storage.tables import ClosedPeriodRow
from office360.core.db.audit_entries import AuditActor, AuditEntryRow
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...appointments.support.database import load_rows
from ...appointments.support.requesters import AMINA, FRIDAY_AT_9, make_booking_request
from ...appointments.support.staff import CARMEN

REASON = "El agente está de baja."
STAFF = AuditActor("carmen", "Carmen")


async def load_entries(runtime: Runtime) -> list[tuple[str, str, dict[str, Any] | None, dict[str, Any] | None]]:
    rows = sorted(await load_rows(runtime, AuditEntryRow), key=lambda row: row.id)
    stored = json.dumps([[row.before, row.after, row.subject_label] for row in rows])
    assert AMINA["name"] not in stored
    assert AMINA["email"] not in stored
    return [(row.action, row.subject_label, row.before, row.after) for row in rows]


async def test_booking_by_staff_is_audited_with_override(runtime: Runtime, office: Office) -> None:
    booked = await book_as_staff(
        runtime, CARMEN, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9, override="Urgente")
    )
    assert await load_entries(runtime) == [
        (
            "appointment.booked",
            booked.locator,
            None,
            {
                "service": booked.service_slug,
                "mode": booked.mode,
                "starts_at": "2026-11-27T08:00:00+00:00",
                "state": "confirmed",
                "override": "Urgente",
            },
        )
    ]


async def test_booking_by_citizen_is_not_audited(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9))
    assert await load_entries(runtime) == []


async def test_cancellation_by_office_is_audited_once(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9))
    for _ in range(2):  # the second request changes nothing
        await cancel_by_office(runtime, CARMEN, booked.id, REASON)
    cancelled = {"state": "cancelled_office", "reason": REASON}
    assert await load_entries(runtime) == [
        ("appointment.cancelled", booked.locator, {"state": "confirmed"}, cancelled)
    ]


async def test_closed_and_reopened_period_is_audited(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9))
    await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY_AT_9.date()), REASON)
    (closed,) = await load_rows(runtime, ClosedPeriodRow)
    await reopen_period(runtime, CARMEN, "centro", closed.id)
    day = {"starts_at": "2026-11-27T00:00:00+01:00", "ends_at": "2026-11-28T00:00:00+01:00"}
    assert [(action, before, after) for action, _, before, after in await load_entries(runtime)] == [
        ("period.closed", None, {**day, "reason": REASON}),
        ("appointment.cancelled", {"state": "confirmed"}, {"state": "cancelled_office", "reason": REASON}),
        ("period.reopened", day, None),
    ]
    assert booked.locator


@pytest.mark.parametrize(
    ("change", "action"),
    [
        (service.check_in, "appointment.checked_in"),
        (service.mark_no_show, "appointment.no_show"),
    ],
)
async def test_attendance_recorded_by_staff_is_audited(
    runtime: Runtime, office: Office, change: Any, action: str
) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9))
    async with runtime.transaction() as tx:
        await change(tx, booked.id, staff=STAFF)
    assert [entry[0] for entry in await load_entries(runtime)] == [action]
    other = make_booking_request(
        {"name": "Elena", "email": "elena@example.org"}, starts_at=FRIDAY_AT_9 + timedelta(hours=1)
    )
    by_timer = await book_appointment(runtime, "centro", other)
    async with runtime.transaction() as tx:
        await change(tx, by_timer.id)
    assert len(await load_entries(runtime)) == 1


async def test_failed_cancellation_leaves_no_entry(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9))

    async def fail(*_: object) -> None:
        raise RuntimeError("no message")

    monkeypatch.setattr(offer_messages, "send_office_cancellation", fail)
    with pytest.raises(RuntimeError, match="no message"):
        await cancel_by_office(runtime, CARMEN, booked.id, REASON)
    assert await load_entries(runtime) == []
    async with runtime.read_session() as session:
        assert (await service.appointment_by_id(session, booked.id)).state is AppointmentState.CONFIRMED
