"""An appointment with all that the reception may know of it. No writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import (
    Appointment,
    AppointmentState,
    BookedAppointment,
    VisitPerson,
    appointment_moves,
    appointment_services,
    current_appointment,
    visit_notes,
)
from ...core.db.audit_entries import STAFF_PREFIX, AuditEntryRow, audit_entries_about
from ...core.json_types import JsonObject
from ...core.tokens import TokenSigner
from ...offices.service import Office, OfficeService, hours, office_by_id
from ...precheck.service import ConnectionTestSummary, latest_test_summaries
from ..storage.staff_directory import staff_names

S = AppointmentState
OPEN_STATES = frozenset({S.HELD, S.PRECONFIRMED, S.CONFIRMED})
ACTIVE_STATES = OPEN_STATES | {S.CHECKED_IN}
# Told by the appointments themselves.
OWN_HISTORY = frozenset({"appointment.booked", "appointment.moved"})


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An event of an appointment.

    `who`: a member of staff, None for the citizen or the product. `event`: the verb of the audit, such as
    `moved`. `starts_at`: the time of the appointment after a booking or move. `detail`: the audited values.
    """

    at: datetime
    event: str
    who: str | None
    starts_at: datetime | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AppointmentCard:
    """An appointment as its card shows it.

    `successor`: the appointment that replaced it, None if it still counts.
    """

    appointment: Appointment
    office: Office
    services: Sequence[OfficeService]
    booked: BookedAppointment
    booked_by: str | None
    history: Sequence[HistoryEntry]
    notes: Sequence[JsonObject]
    test: ConnectionTestSummary | None
    successor: Appointment | None
    now: datetime

    @property
    def is_open(self) -> bool:
        """Whether staff can still cancel it."""
        return self.appointment.state in OPEN_STATES and self.now < self.appointment.ends_at

    @property
    def is_movable(self) -> bool:
        """Whether staff can move it and correct its contact."""
        return self.is_open and self.appointment.state is S.CONFIRMED

    @property
    def is_active(self) -> bool:
        return self.appointment.state in ACTIVE_STATES and self.now < self.appointment.ends_at

    @property
    def can_check_in(self) -> bool:
        """Whether the citizen can be given the turn of this appointment now."""
        today = hours.to_local_day(self.office.hours, self.now)
        is_today = hours.to_local_day(self.office.hours, self.appointment.starts_at) == today
        is_expected = self.appointment.state is S.CONFIRMED and self.appointment.mode == "in_person"
        return is_today and is_expected


async def load_appointment_card(
    session: AsyncSession, tokens: TokenSigner, booked: BookedAppointment, now: datetime
) -> AppointmentCard:
    """Load all that the card of an appointment shows."""
    appointment = booked.appointment
    office = await office_by_id(session, appointment.office_id)
    chain = await appointment_moves(session, appointment)
    past = [booking for booking in chain if booking.appointment.created_at <= appointment.created_at]
    names = await staff_names(session, {_staff_id(booking) for booking in (*past, booked)} - {""})
    entries = await audit_entries_about(session, "appointment", [booking.appointment.id for booking in past])
    notes = await visit_notes(
        session, tokens, office, {appointment.id: VisitPerson(appointment_id=appointment.id)}
    )
    tests = await latest_test_summaries(session, [appointment.id]) if appointment.mode == "video" else {}
    is_moved = appointment.rescheduled_to is not None
    return AppointmentCard(
        appointment,
        office,
        appointment_services(office, appointment),
        booked,
        names.get(_staff_id(booked)),
        _build_history(past, entries, names),
        notes.get(appointment.id, []),
        tests.get(appointment.id),
        await current_appointment(session, appointment) if is_moved else None,
        now,
    )


def _staff_id(booked: BookedAppointment) -> str:
    return booked.booked_by.removeprefix(STAFF_PREFIX) if booked.booked_by.startswith(STAFF_PREFIX) else ""


def _build_history(
    chain: Sequence[BookedAppointment], entries: Iterable[AuditEntryRow], names: Mapping[str, str]
) -> list[HistoryEntry]:
    """Join bookings and moves, which citizens make too, with the changes by staff."""
    history = [
        HistoryEntry(
            booking.appointment.created_at,
            "moved" if place else "booked",
            names.get(_staff_id(booking)),
            starts_at=booking.appointment.starts_at,
            detail={"override": booking.override} if booking.override else None,
        )
        for place, booking in enumerate(chain)
    ]
    history += [
        HistoryEntry(entry.at, entry.action.partition(".")[2], entry.actor_name, detail=entry.after)
        for entry in entries
        if entry.action not in OWN_HISTORY
    ]
    return sorted(history, key=lambda entry: entry.at)
