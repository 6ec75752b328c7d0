"""Appointments by video or telephone with their calls, tests and quality. No writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, appointments_of_day, load_calls
from ...offices.service import Office, hours
from ...precheck.service import grades_before
from ...rooms.service import CallRecord, SurveyAnswer, call_qualities, call_records, survey_answers
from ..domain.call_statistics import NOT_TESTED, MeasuredCall
from ..domain.phone_statistics import MeasuredPhoneVisit
from ..storage.call_quality_rows import KeptQuality, load_kept_qualities


async def video_appointments(
    session: AsyncSession, office: Office, start: datetime, end: datetime
) -> Sequence[Appointment]:
    """Return the video appointments in [start, end) that were not cancelled."""
    return await appointments_of_day(session, office.id, start, end, "video")


async def load_phone_facts(
    session: AsyncSession, office: Office, start: datetime, end: datetime
) -> list[MeasuredPhoneVisit]:
    """Return the appointments by telephone that start in [start, end), with their calls."""
    appointments = await appointments_of_day(session, office.id, start, end, "phone")
    calls = await load_calls(session, [appointment.id for appointment in appointments])
    return [
        MeasuredPhoneVisit(
            service=appointment.service_slug,
            day=hours.to_local_day(office.hours, appointment.starts_at),
            hour=appointment.starts_at.astimezone(office.timezone).hour,
            state=appointment.state,
            due_at=appointment.expected_at,
            calls=tuple(calls[appointment.id]),
        )
        for appointment in appointments
    ]


async def load_call_facts(
    session: AsyncSession, office: Office, start: datetime, end: datetime
) -> list[MeasuredCall]:
    """Return the measured calls of the appointments that start in [start, end)."""
    appointments = await video_appointments(session, office, start, end)
    if not appointments:
        return []
    records = await call_records(session, [appointment.id for appointment in appointments])
    kept = await load_kept_qualities(session, [appointment.id for appointment in appointments])
    fresh = [appointment for appointment in appointments if appointment.id not in kept]
    qualities = {**kept, **await measure_qualities(session, fresh, records)}
    answers = await survey_answers(session, list(records))
    return [
        _measured_call(
            office,
            appointment,
            records.get(appointment.id),
            qualities[appointment.id],
            answers.get(appointment.id, ()),
        )
        for appointment in appointments
    ]


async def measure_qualities(
    session: AsyncSession, appointments: Sequence[Appointment], records: Mapping[str, CallRecord]
) -> dict[str, KeptQuality]:
    """Measure test and quality of each call from its tests and measurements."""
    if not appointments:
        return {}
    limits = dict(_test_limits(appointments, records))
    grades = await grades_before(session, limits)
    measured = await call_qualities(
        session, [appointment.id for appointment in appointments if appointment.id in records]
    )
    return {
        appointment.id: KeptQuality(str(grades.get(appointment.id, NOT_TESTED)), measured.get(appointment.id))
        for appointment in appointments
    }


def _test_limits(
    appointments: Iterable[Appointment], records: Mapping[str, CallRecord]
) -> Iterable[tuple[str, datetime]]:
    """Return until when a test counts as made before the call: admission, or planned end."""
    for appointment in appointments:
        record = records.get(appointment.id)
        yield appointment.id, (record.admitted_at if record else None) or appointment.ends_at


def _measured_call(
    office: Office,
    appointment: Appointment,
    record: CallRecord | None,
    kept: KeptQuality,
    answers: Sequence[SurveyAnswer],
) -> MeasuredCall:
    local_start = appointment.starts_at.astimezone(office.timezone)
    return MeasuredCall(
        service=appointment.service_slug,
        day=hours.to_local_day(office.hours, appointment.starts_at),
        hour=local_start.hour,
        state=appointment.state,
        starts_at=appointment.starts_at,
        due_at=appointment.expected_at,
        record=record,
        quality=kept.quality,
        test=kept.test,
        answers=answers,
    )
