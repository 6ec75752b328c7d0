"""Actions of staff on a dead message: a retry, or a note that its recipient knows."""

from __future__ import annotations

from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ..queries.delivery_report import can_retry
from ..storage import delivery_rows
from ..storage.delivery_rows import DeliveryRecord


async def retry_dead_message(runtime: Runtime, outbox_id: str, principal: Principal) -> bool:
    """Make a dead message pending again and store who did it.

    Returns False if it is not dead or has expired. Raises NotFound, also for another office's message.
    """
    async with runtime.transaction() as tx:
        record = await _load_visible_record(tx, outbox_id, principal)
        if not can_retry(record, tx.now) or not await delivery_rows.revive_dead_message(tx.session, outbox_id):
            return False
        await _store_action(tx, record, principal, delivery_rows.TRIED_AGAIN, "message.retried")
        return True


async def mark_told_otherwise(runtime: Runtime, outbox_id: str, principal: Principal) -> bool:
    """Note that staff told the recipient of a dead message in another way.

    Idempotent. Returns False if it is not dead. Raises NotFound, also for another office's message.
    """
    async with runtime.transaction() as tx:
        record = await _load_visible_record(tx, outbox_id, principal)
        if not await delivery_rows.is_open_failure(tx.session, outbox_id):
            return False
        await _store_action(tx, record, principal, delivery_rows.TOLD_OTHERWISE, "message.told_otherwise")
        return True


async def _load_visible_record(tx: Transaction, outbox_id: str, principal: Principal) -> DeliveryRecord:
    record = await delivery_rows.delivery_record_by_id(tx.session, outbox_id)
    if record is None:
        raise NotFound
    if principal.offices is not None and not (record.office and principal.can_access_office(record.office)):
        raise NotFound
    return record


async def _store_action(
    tx: Transaction, record: DeliveryRecord, principal: Principal, event: str, audit_action: str
) -> None:
    """Store an action of staff for the list of messages and for the audit."""
    message = record.message
    await delivery_rows.insert_delivery_event(tx.session, message.id, event, principal.id, principal.name, tx.now)
    add_audit_entry(
        tx.session,
        tx.now,
        AuditActor.from_principal(principal),
        audit_action,
        _audit_subject(record.subject, message.id),
        office=record.office,
        after={"kind": message.kind, "channel": message.channel},
    )


def _audit_subject(subject: str, outbox_id: str) -> tuple[str, str, str]:
    """Return the subject of the audit: the ticket or appointment, else the message itself."""
    kind, _, id = subject.partition(":")
    return (kind, id, "") if kind in ("ticket", "appointment") else ("message", outbox_id, "")
