"""Allows a service of the test office by telephone, as a manager does."""

from __future__ import annotations

from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions, office_by_slug
from office360.offices.storage.tables import ServiceRow
from sqlalchemy import update

AMINA_PHONE = "+34600111222"


async def allow_phone(runtime: Runtime, office: Office, service: str = "certificate", places: int = 1) -> Office:
    """Give the service the mode `phone` with this many places. Returns the reloaded office."""
    changed = office.service(service)
    values = {"modes": [*changed.modes, "phone"], "capacity": {**changed.capacity, "phone": places}}
    async with runtime.transaction() as tx:
        await tx.session.execute(update(ServiceRow).where(ServiceRow.id == changed.id).values(**values))
        await bump_office_versions(tx.session, [office.id])
    async with runtime.read_session() as session:
        return await office_by_slug(session, office.slug)
