"""Quality of finished calls, for figures over periods. No writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.call_quality import CallQuality, measure_quality
from ..storage import call_rows


async def call_qualities(session: AsyncSession, appointment_ids: Collection[str]) -> Mapping[str, CallQuality]:
    """Return the quality of each call with measurements, by appointment."""
    samples = await call_rows.load_quality_samples(session, appointment_ids)
    qualities = {appointment_id: measure_quality(measured) for appointment_id, measured in samples.items()}
    return {appointment_id: quality for appointment_id, quality in qualities.items() if quality is not None}
