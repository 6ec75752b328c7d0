"""Writing of whole offices from their documents. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_conflicts import WriteConflict
from ...core.errors import Conflict, Refused
from ..domain.documents.office import OfficeDocument
from ..domain.office import Office
from ..queries.offices import office_by_slug
from ..storage import office_rows, office_writes
from ..storage.office_from_rows import UnreadableOffice
from ..storage.tables import OfficeRow


async def lock_office(session: AsyncSession, slug: str) -> Office:
    """Lock an office against other changes until the commit, and load it. Raises NotFound."""
    office = await office_by_slug(session, slug)
    # lines first, as every transaction of the queue that also changes its office
    await office_rows.lock_lines(session, [line.id for line in office.lines])
    await office_writes.lock_office(session, office.id)
    return await office_by_slug(session, slug)


async def create_office(session: AsyncSession, slug: str, document: OfficeDocument, now: datetime) -> Office:
    """Insert an office. Raises Conflict("slug_taken")."""
    if await office_rows.load_office_entries(session, OfficeRow.slug == slug):
        raise Conflict("slug_taken")
    try:
        await office_writes.insert_office(session, slug, document, now)
    except WriteConflict:  # another transaction was first
        raise Conflict("slug_taken") from None
    return await office_by_slug(session, slug)


async def save_office(session: AsyncSession, office: Office, document: OfficeDocument, now: datetime) -> Office:
    """Make a locked office equal to a checked document. Returns it as it is then."""
    await office_writes.update_office(session, office.id, document, now)
    return await office_by_slug(session, office.slug)


async def rename_desk(session: AsyncSession, office: Office, old: str, new: str) -> Office:
    """Rename a desk of a locked office, which keeps its tickets. The new name is free."""
    await office_writes.rename_desk_row(session, office.id, old, new)
    return await office_by_slug(session, office.slug)


async def repair_office(
    session: AsyncSession, unreadable: UnreadableOffice, document: OfficeDocument, now: datetime
) -> Office:
    """Write an office whose rows cannot be read anew, from a checked document.

    Raises Refused("undecodable") if the database holds a value that no statement can read, such as broken JSON.
    """
    if any(problem.code == "undecodable" for problem in unreadable.problems):
        raise Refused("undecodable")
    await office_writes.lock_office(session, unreadable.id)
    await office_writes.complete_removed_parts(session, unreadable.id, document)
    await office_writes.update_office(session, unreadable.id, document, now)
    return await office_by_slug(session, unreadable.slug)


async def delete_office(session: AsyncSession, office: Office) -> bool:
    """Delete an office that was never used.

    Returns False and changes nothing if an appointment, ticket, account or any other record names it.
    """
    return await office_writes.delete_office_rows(session, office.id)


async def order_offices(session: AsyncSession, slugs: Sequence[str]) -> None:
    """Set the order of all offices."""
    await office_writes.update_positions(session, slugs)
