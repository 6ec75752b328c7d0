"""Search over the appointments of all days, for the reception. Read-only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from unicodedata import normalize

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.text_search import fold_text
from ...core.ids import LOCATOR_LENGTH, normalize_locator
from ...core.tokens import TokenSigner
from ...core.web.validation import parse_email
from ...offices.service import OfficeService
from ..domain.appointment import Appointment
from ..domain.contact_identifiers import contact_keys, email_keys
from ..storage import appointment_rows, appointment_search_rows
from .lookup import current_appointment

MIN_SEARCH_CHARACTERS = 2  # as the search of the host's console
MAX_SEARCH_WORDS = 6


async def search_appointments(
    session: AsyncSession,
    tokens: TokenSigner,
    office_ids: Collection[str],
    query: str,
    now: datetime,
    limit: int,
) -> list[Appointment]:
    """Search by locator, e-mail, telephone, document or parts of a name, without accents.

    Upcoming appointments come first, by time, then past appointments, newest first. The locator of
    a moved appointment leads to its successor. A whole locator or e-mail is looked up in an index; anything
    else reads the appointments of these offices that carry personal data.
    """
    if len(fold_text(query)) < MIN_SEARCH_CHARACTERS or not office_ids:
        return []
    locator = normalize_locator(query)
    if len(locator) == LOCATOR_LENGTH:
        # A name or a document can be as long as a locator, so an unknown locator is searched as words.
        found = await appointment_search_rows.find_by_locator(session, office_ids, locator)
        if found is not None:
            return [await current_appointment(session, found)]
    email = parse_email(query) if "@" in query else None
    if email is not None:
        keys = email_keys(tokens, email)
        return await appointment_search_rows.find_by_contact_keys(session, office_ids, keys, now, limit)
    return await appointment_search_rows.find_by_words(session, office_ids, search_words(query), now, limit)


def search_words(query: str) -> list[str]:
    """Split a query at all characters but letters and digits, and fold its words.

    A telephone number with spaces stays one word.
    """
    whole = fold_text(query)
    if whole.isdecimal():
        return [whole]
    spaced = "".join(character if character.isalnum() else " " for character in normalize("NFC", query))
    words = (fold_text(word) for word in spaced.split())
    return [word for word in words if word][:MAX_SEARCH_WORDS]


async def duplicate_appointments(
    session: AsyncSession,
    tokens: TokenSigner,
    services: Collection[OfficeService],
    email: str | None,
    phone: str | None,
    now: datetime,
) -> list[Appointment]:
    """Return the active appointments of a citizen for any of these services."""
    keys = contact_keys(tokens, email, phone)
    if not keys:
        return []
    return await appointment_rows.find_active_appointments(
        session, [service.id for service in services], keys, now
    )
