"""Writing of whole offices from their documents. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Conflict, NotFound
from ..domain.office import Office
from ..domain.office_document import OfficeDocument
from ..queries.offices import office_by_slug
from ..storage import office_rows, office_writes


async def lock_office(session: AsyncSession, slug: str) -> Office:
    """Lock an office against other changes until the commit, and load it. Raises NotFound."""
    office = await office_by_slug(session, slug)
    # lines first, as every transaction of the queue that also changes its office
    await office_rows.lock_lines(session, [line.id for line in office.lines])
    await office_writes.lock_office(session, office.id)
    return await office_by_slug(session, slug)


async def create_office(session: AsyncSession, slug: str, document: OfficeDocument, now: datetime) -> Office:
    """Insert an office. Raises Conflict("slug_taken")."""
    try:
        await office_by_slug(session, slug)
    except NotFound:
        await office_writes.insert_office(session, slug, document, now)
        return await office_by_slug(session, slug)
    raise Conflict("slug_taken")


async def save_office(session: AsyncSession, office: Office, document: OfficeDocument, now: datetime) -> Office:
    """Make a locked office equal to a checked document. Returns it as it is then."""
    await office_writes.update_office(session, office.id, document, now)
    return await office_by_slug(session, office.slug)


async def rename_desk(session: AsyncSession, office: Office, old: str, new: str) -> Office:
    """Rename a desk of a locked office, which keeps its tickets. The new name is free."""
    await office_writes.rename_desk_row(session, office.id, old, new)
    return await office_by_slug(session, office.slug)
