"""Finished calls and their quality, for figures over periods. No writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.call_quality import CallQuality, measure_quality
from ..domain.call_record import CallRecord
from ..storage import call_rows


async def call_records(session: AsyncSession, appointment_ids: Collection[str]) -> Mapping[str, CallRecord]:
    """Return the call of each appointment whose room was opened, by appointment."""
    return await call_rows.load_call_records(session, appointment_ids)


async def call_qualities(session: AsyncSession, appointment_ids: Collection[str]) -> Mapping[str, CallQuality]:
    """Return the quality of each call with measurements, by appointment."""
    samples = await call_rows.load_quality_samples(session, appointment_ids)
    measured = {appointment_id: measure_quality(one) for appointment_id, one in samples.items()}
    return {appointment_id: quality for appointment_id, quality in measured.items() if quality is not None}
