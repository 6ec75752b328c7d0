"""The audit of a soak reads mistakes out of a real database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from office360.benchmarks.soak.audit import Audit
from office360.benchmarks.soak.ledger import Ledger, Outcome, PhoneState, RecordedWrite
from office360.benchmarks.soak.phones import Phone
from office360.core.clock import SystemClock
from office360.core.db.idempotency_keys import IdempotentRequestRow
from office360.core.db.outbox import OutboxRow
from office360.core.db.timer_rows import TimerRow
from office360.core.ids import new_id
from office360.core.runtime import Runtime, Transaction
from office360.offices.service import Office
from office360.queue.actions.take_ticket import take_ticket
from office360.queue.actions.ticket_request import IssuedTicket, TicketRequest
from office360.queue.storage.tables import TicketEventRow, TicketRow
from sqlalchemy import delete, update

AMINA = "amina@example.org"


@pytest.fixture
async def issued(runtime: Runtime, office: Office) -> IssuedTicket:
    """Take a ticket, whose timers and messages are due in an hour by the database's clock."""
    taken = await take_ticket(runtime, office.slug, TicketRequest(service="documents", email=AMINA))
    later = SystemClock().now() + timedelta(hours=1)
    async with runtime.transaction() as tx:
        await tx.session.execute(update(TimerRow).values(due_at=later))
        await tx.session.execute(update(OutboxRow).values(not_before=later))
    return taken


@pytest.fixture
def audit(runtime: Runtime, issued: IssuedTicket) -> Audit:
    sink = SimpleNamespace(received=lambda channel: [])
    ledger = Ledger(tickets={AMINA: RecordedWrite(Outcome.ACKNOWLEDGED, issued.ticket.id)})
    return Audit(cast(Any, SimpleNamespace(runtime=runtime, sink=sink)), ledger, desks=4)


async def unbalanced_books(audit: Audit) -> set[str]:
    return {name for name, found in (await audit.balance()).items() if found}


async def lose_ticket(tx: Transaction) -> None:
    await tx.session.execute(delete(TicketEventRow))
    await tx.session.execute(delete(TicketRow))


async def forget_event(tx: Transaction) -> None:
    await tx.session.execute(delete(TicketEventRow))


async def leave_timer(tx: Transaction) -> None:
    tx.session.add(TimerRow(kind="recall", subject="t1", due_at=SystemClock().now() - timedelta(seconds=10)))


async def leave_claim(tx: Transaction) -> None:
    tx.session.add(IdempotentRequestRow(id="k", fingerprint="f", claimed_at=tx.now, owner=new_id(), answer=None))


async def mark_messages_sent(tx: Transaction) -> None:
    await tx.session.execute(update(OutboxRow).values(state="sent"))


@pytest.mark.parametrize(
    ("damage", "book"),
    [
        (lose_ticket, "tickets"),
        (forget_event, "tickets"),
        (leave_timer, "timers"),
        (leave_claim, "leases"),
        (mark_messages_sent, "messages"),
    ],
)
async def test_audit_finds_damaged_row(
    audit: Audit, runtime: Runtime, damage: Callable[[Transaction], Awaitable[None]], book: str
) -> None:
    assert await unbalanced_books(audit) == set()
    async with runtime.transaction() as tx:
        await damage(tx)
    assert await unbalanced_books(audit) == {book}


async def test_audit_finds_phone_with_stale_frame(audit: Audit, runtime: Runtime, issued: IssuedTicket) -> None:
    waiting = PhoneState("waiting", None, 0, 0)
    phone = cast(Phone, SimpleNamespace(ticket=issued.ticket.id, token=issued.token, shown=lambda: waiting))
    async with runtime.transaction() as tx:
        await tx.session.execute(update(TicketRow).values(state="left"))
    (found,) = await audit.compare_phones([phone], cast(Any, None))
    assert "its phone shows" in found
