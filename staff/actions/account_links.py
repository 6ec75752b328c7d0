"""Links with which a person of the staff sets a password once: invitations and resets.

A token is derived from the installation's secret, so that an e-mail can contain it; the table keeps its hash.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.rate_limits import record_guess
from ...core.errors import Gone, NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, all_offices
from ..domain import account
from ..domain.people import (
    LINK_LIFETIMES,
    AccountLink,
    LinkPurpose,
    LinkState,
    PersonState,
    StaffPerson,
    audit_office,
    link_state,
)
from ..storage import link_rows
from .accounts import replace_password
from .passwords import hash_password
from .second_factor import LoginBrowser, LoginResult, continue_login

logger = logging.getLogger(__name__)

LINK_PATH = "/staff/link"
# Of TokenSigner.derive: notifications derive the same token for the e-mail.
LINK_SUBJECT = "account"
# An expired link still says what to do (docs/install.md).
LINK_RETENTION = timedelta(days=7)
MESSAGE_KINDS = {LinkPurpose.INVITATION: "staff_invitation", LinkPurpose.RESET: "staff_reset"}


@dataclass(frozen=True, slots=True)
class NewAccountLink:
    """A link that was just made. It is shown once; the table keeps a hash."""

    url: str
    person: StaffPerson
    purpose: LinkPurpose
    expires_at: datetime


async def create_link(tx: Transaction, person: StaffPerson, purpose: LinkPurpose, language: str) -> NewAccountLink:
    """Create a link, void older links, and enqueue its e-mail if there is an address."""
    link_id, subject = new_id(), f"person:{person.id}"
    token = tx.runtime.tokens.derive(LINK_SUBJECT, link_id)
    expires_at = tx.now + LINK_LIFETIMES[purpose]
    await link_rows.void_links(tx.session, person.id, tx.now)
    await tx.void_messages(subject)
    await link_rows.delete_links_expired_before(tx.session, tx.now - LINK_RETENTION)
    await link_rows.insert_link(
        tx.session,
        link_id=link_id,
        token_hash=hash_token(token),
        user_id=person.id,
        purpose=purpose,
        now=tx.now,
        expires_at=expires_at,
    )
    if person.details.email is not None:
        office = _office_of_person(person, await all_offices(tx.session))
        tx.enqueue_message(
            MESSAGE_KINDS[purpose],
            subject=subject,
            recipient=person.details.email,
            key=f"account_link:{link_id}",
            language=language,
            payload={
                f"{LINK_SUBJECT}_id": link_id,
                "token_hash": hash_token(token),
                "name": person.name,
                "username": person.username,
                "timezone": office.timezone.key if office else "UTC",
                "office": office.name if office and person.offices is not None else None,
                "office_slug": office.slug if office and person.offices is not None else None,
                "expires_at": expires_at.isoformat(),
            },
        )
    return NewAccountLink(f"{tx.runtime.public_url}{LINK_PATH}/{token}", person, purpose, expires_at)


def _office_of_person(person: StaffPerson, offices: list[Office]) -> Office | None:
    """Return the first office of a person, whose time zone the e-mail uses."""
    return next((office for office in offices if person.offices is None or office.slug in person.offices), None)


async def open_link(runtime: Runtime, token: str, address: str) -> tuple[AccountLink, LinkState]:
    """Load the link of a token and its state. Changes nothing.

    Raises NotFound for an unknown token, RateLimited after five of them in 15 minutes from this address.
    """
    async with runtime.read_session() as session:
        link = await link_rows.link_by_token_hash(session, hash_token(token))
    if link is None:
        await record_guess(runtime, f"account link:{address}")
        raise NotFound
    return link, link_state(link, runtime.now())


async def set_password_by_link(runtime: Runtime, token: str, password: str, browser: LoginBrowser) -> LoginResult:
    """Set the password of a link's account, and begin the person's login.

    All other sessions and links of the account end.
    Raises Invalid for the password, NotFound, RateLimited, Gone with the state of a link that is over.
    """
    link, state = await open_link(runtime, token, browser.address)
    if state is not LinkState.VALID:
        raise Gone(state)
    account.check_password(password)
    password_hash = await hash_password(password)
    async with runtime.transaction() as tx:
        if not await link_rows.use_link(tx.session, link.id, tx.now):
            raise Gone(LinkState.USED)
        # disabled between the two transactions: the row lock of the link does not protect the account
        person = await link_rows.locked_person(tx.session, link.person.id)
        if person.state is PersonState.DISABLED:
            raise Gone(LinkState.DISABLED)
        # All sessions end: others may have known the old password.
        await replace_password(tx, person.id, password_hash)
        actor = AuditActor(person.id, person.name)
        subject, office = ("person", person.id, person.name), audit_office(person.offices)
        add_audit_entry(tx.session, tx.now, actor, "person.password_set", subject, office=office)
        return await continue_login(tx, person.id, person.role, browser)
