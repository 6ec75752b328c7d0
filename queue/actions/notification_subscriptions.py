"""What a person does to be told of their ticket away from its page: a browser's push, an SMS to a number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from ...core.contact import push_subscriptions
from ...core.contact.phone_numbers import check_number
from ...core.contact.push_schemas import check_can_push
from ...core.contact.push_subscriptions import Browser, PushSite
from ...core.db.batch_delete import AT_ONCE, in_batches
from ...core.db.rate_limits import spend_guess
from ...core.errors import Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_id
from ..domain import ticket_notifications
from ..domain.ticket import OVER, Ticket
from ..notify import ticket_messages
from ..notify.ticket_messages import subject_of
from ..storage import store
from ..storage.store import Addressee
from .citizen import describe, record_by_token
from .line_transaction import Locked, change_ticket, lock_ticket

KEPT = timedelta(hours=1)  # after a ticket's last moment a push about its end may still be on its way
NUMBERS = 3  # a ticket may name so many numbers in a quarter of an hour: whoever mistypes, not whoever annoys


async def subscribe(runtime: Runtime, token: str, browser: Browser, site: PushSite | None) -> Ticket:
    """Tell this browser of the ticket, beginning with what it is now.

    Raises NotFound, Invalid, Unavailable, Refused("ticket_over").
    """
    async with runtime.transaction() as tx:
        locked, found, person = await _followed(tx, token)
        check_can_push(browser, site)
        subject = subject_of(found.id)
        subscription = await push_subscriptions.subscribe(
            tx.session, subject, browser, tx.now, person.expires_at + KEPT
        )
        return await _follow(locked, found, person, ("push", subscription))


async def unsubscribe(runtime: Runtime, token: str, endpoint: str) -> Ticket:
    """Tell this browser no more. Raises NotFound."""
    async with runtime.transaction() as tx:
        locked, found, person = await _addressee(tx, token)
        await push_subscriptions.unsubscribe(tx.session, subject_of(found.id), endpoint)
        return await _if_nobody_follows(locked, found, person.sms_phone)


async def ask_sms(runtime: Runtime, token: str, phone: str, *, countries: Collection[str]) -> Ticket:
    """Tell this number of the ticket, in E.164. `countries`: see `check_number`.

    Raises NotFound, Unavailable, Invalid, RateLimited, Refused("ticket_over").
    """
    async with runtime.reading() as session:
        ticket_id = (await record_by_token(session, token)).ticket.id
    check_number(phone, countries)
    await spend_guess(runtime, f"sms:{ticket_id}", guesses=NUMBERS)
    async with runtime.transaction() as tx:
        locked, found, person = await _followed(tx, token)
        await store.change_phone(tx.session, found.id, phone)
        return await _follow(locked, found, person, ("sms", phone))


async def stop_sms(runtime: Runtime, token: str) -> Ticket:
    """No more SMS. Raises NotFound."""
    async with runtime.transaction() as tx:
        locked, found, _ = await _addressee(tx, token)
        await store.change_phone(tx.session, found.id, None)
        return await _if_nobody_follows(locked, found, None)


async def forget_people(runtime: Runtime, before: datetime) -> None:
    """Delete whose the tickets were that ended before: nobody is told of them any more."""
    await in_batches(runtime, partial(store.forget_people, before=before, limit=AT_ONCE))


async def inherit(tx: Transaction, ticket: Ticket, expires_at: datetime) -> int:
    """Whoever is told of the appointment is told of its ticket; how many browsers."""
    if ticket.appointment_id is None:
        return 0
    appointment, subject = f"appointment:{ticket.appointment_id}", subject_of(ticket.id)
    return await push_subscriptions.hand_on(tx.session, appointment, subject, tx.now, expires_at + KEPT)


async def _followed(tx: Transaction, token: str) -> tuple[Locked, Ticket, Addressee]:
    locked, found, person = await _addressee(tx, token)
    if found.state in OVER:
        raise Refused("ticket_over")
    return locked, found, person


async def _addressee(tx: Transaction, token: str) -> tuple[Locked, Ticket, Addressee]:
    record = await record_by_token(tx.session, token)
    office = await office_by_id(tx.session, record.office_id)
    locked, found = await lock_ticket(tx, office, record.ticket)
    return locked, found, await store.addressee(tx.session, found.id)


async def _follow(locked: Locked, found: Ticket, person: Addressee, way: tuple[str, str]) -> Ticket:
    tx, after = locked.tx, replace(found, notify=True)
    if not found.notify:
        await change_ticket(locked, found, after, "notify_asked", ticket_notifications.CITIZEN)
    await tx.session.flush()
    seen = await describe(tx.session, tx.runtime, found.id, person.language)
    await ticket_messages.tell_issued(tx, locked.office, after, seen, way)
    return after


async def _if_nobody_follows(locked: Locked, found: Ticket, phone: str | None) -> Ticket:
    """Whoever is told nothing any more costs nothing any more."""
    subject = subject_of(found.id)
    await locked.tx.session.flush()
    if (
        found.state in OVER
        or phone
        or (await push_subscriptions.of_subjects(locked.tx.session, [subject])).get(subject)
        or not found.notify
    ):
        return found
    after = replace(found, notify=False)
    await change_ticket(locked, found, after, "notify_ended", ticket_notifications.CITIZEN)
    await locked.tx.void(subject, ticket_notifications.KINDS)
    return after
