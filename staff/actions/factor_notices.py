"""E-mail to a person whose second factors changed, so that a stranger's change is noticed."""

from __future__ import annotations

from enum import StrEnum

from ...core.ids import new_id
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import all_offices
from ..storage import people_rows

NOTICE_KIND = "staff_factor"
# Of TokenSigner.derive, as every message has a token; the page needs a login instead.
NOTICE_SUBJECT = "account"


class FactorChange(StrEnum):
    """A change of second factors, as the e-mail tells it."""

    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    RESET = "reset"


async def enqueue_factor_notice(tx: Transaction, person_id: str, change: FactorChange, language: str) -> None:
    """Enqueue the e-mail about a change, if the account has an address."""
    person = await people_rows.person_by_id(tx.session, person_id)
    if person is None or person.details.email is None:
        return
    offices = await all_offices(tx.session)
    office = next((office for office in offices if person.offices is None or office.slug in person.offices), None)
    notice_id = new_id()
    tx.enqueue_message(
        NOTICE_KIND,
        subject=f"factor:{person.id}",  # not the links' subject, whose messages a new link voids
        recipient=person.details.email,
        key=f"staff_factor:{notice_id}",
        language=language,
        payload={
            f"{NOTICE_SUBJECT}_id": notice_id,
            "token_hash": hash_token(tx.runtime.tokens.derive(NOTICE_SUBJECT, notice_id)),
            "name": person.name,
            "username": person.username,
            "change": str(change),
            "timezone": office.timezone.key if office else "UTC",
            "office_slug": office.slug if office and person.offices is not None else None,
            "changed_at": tx.now.isoformat(),
        },
    )
