"""Changes the agenda settings of an office, as an operator does."""

from __future__ import annotations

from typing import Any

from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions, office_by_slug
from office360.offices.storage.tables import OfficeRow, ServiceRow
from sqlalchemy import update


async def set_agenda(runtime: Runtime, office: Office, service: str | None = None, **rules: Any) -> Office:
    """Save these settings for the office or one service. Returns the reloaded office."""
    async with runtime.transaction() as tx:
        if service is None:
            await tx.session.execute(update(OfficeRow).where(OfficeRow.id == office.id).values(booking=rules))
        else:
            changed = office.service(service)
            await tx.session.execute(update(ServiceRow).where(ServiceRow.id == changed.id).values(booking=rules))
        await bump_office_versions(tx.session, [office.id])
    async with runtime.read_session() as session:
        return await office_by_slug(session, office.slug)
