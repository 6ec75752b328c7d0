"""SQL of the kept qualities of calls. No rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...rooms.service import CallQuality
from .tables import CallQualityRow


@dataclass(frozen=True, slots=True)
class KeptQuality:
    """The grade of the test before a call, and the measured quality of the call."""

    test: str
    quality: CallQuality | None


async def load_kept_qualities(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, KeptQuality]:
    """Return the kept qualities of these appointments, by appointment."""
    rows = await session.scalars(select(CallQualityRow).where(CallQualityRow.appointment_id.in_(appointment_ids)))
    return {row.appointment_id: KeptQuality(row.test, _to_quality(row)) for row in rows}


def _to_quality(row: CallQualityRow) -> CallQuality | None:
    return CallQuality(row.samples, row.bad_samples, row.rtt_ms, row.loss_pct) if row.samples else None


def add_kept_qualities(session: AsyncSession, kept: Mapping[str, KeptQuality]) -> None:
    """Insert the qualities of calls that have none."""
    session.add_all(
        CallQualityRow(
            appointment_id=appointment_id,
            test=quality.test,
            samples=quality.quality.samples if quality.quality else 0,
            bad_samples=quality.quality.bad_samples if quality.quality else 0,
            rtt_ms=quality.quality.rtt_ms if quality.quality else None,
            loss_pct=quality.quality.loss_pct if quality.quality else None,
        )
        for appointment_id, quality in kept.items()
    )
