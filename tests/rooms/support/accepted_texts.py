"""Texts to accept of the office of a booked appointment."""

from __future__ import annotations

from typing import Any

from office360.core.runtime import Runtime
from office360.offices.service import bump_office_versions
from office360.offices.storage.tables import OfficeRow
from sqlalchemy import update

from .video_appointments import BookedVideoAppointment


async def store_texts(runtime: Runtime, booked: BookedVideoAppointment, texts: dict[str, Any]) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(acceptance_texts=texts))
        await bump_office_versions(tx.session, [booked.appointment.office_id])
