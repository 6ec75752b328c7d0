"""Actions of staff on a dead message: a retry, or a note that its recipient knows."""

from __future__ import annotations

from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.errors import NotFound
from ...core.runtime import Runtime
from ..queries.delivery_report import can_retry
from ..storage import delivery_rows


async def retry_dead_message(runtime: Runtime, outbox_id: str, principal: Principal) -> bool:
    """Make a dead message pending again and store who did it.

    Returns False if it is not dead or has expired. Raises NotFound, also for another office's message.
    """
    async with runtime.transaction() as tx:
        record = await delivery_rows.delivery_record_by_id(tx.session, outbox_id)
        if record is None or not _can_see(principal, record.office):
            raise NotFound
        if not can_retry(record, tx.now) or not await delivery_rows.revive_dead_message(tx.session, outbox_id):
            return False
        await delivery_rows.insert_delivery_event(
            tx.session, outbox_id, delivery_rows.TRIED_AGAIN, principal.id, principal.name, tx.now
        )
        add_audit_entry(
            tx.session,
            tx.now,
            AuditActor.from_principal(principal),
            "message.retried",
            _audit_subject(record.subject, outbox_id),
            office=record.office,
            after={"kind": record.message.kind, "channel": record.message.channel},
        )
        return True


async def mark_told_otherwise(runtime: Runtime, outbox_id: str, principal: Principal) -> bool:
    """Note that staff told the recipient of a dead message in another way.

    Idempotent. Returns False if it is not dead. Raises NotFound, also for another office's message.
    """
    async with runtime.transaction() as tx:
        record = await delivery_rows.delivery_record_by_id(tx.session, outbox_id)
        if record is None or not _can_see(principal, record.office):
            raise NotFound
        if not await delivery_rows.is_open_failure(tx.session, outbox_id):
            return False
        told = delivery_rows.TOLD_OTHERWISE
        await delivery_rows.insert_delivery_event(
            tx.session, outbox_id, told, principal.id, principal.name, tx.now
        )
        add_audit_entry(
            tx.session,
            tx.now,
            AuditActor.from_principal(principal),
            "message.told_otherwise",
            _audit_subject(record.subject, outbox_id),
            office=record.office,
            after={"kind": record.message.kind, "channel": record.message.channel},
        )
        return True


def _audit_subject(subject: str, outbox_id: str) -> tuple[str, str, str]:
    """Return the subject of the audit: the ticket or appointment, else the message itself."""
    kind, _, id = subject.partition(":")
    return (kind, id, "") if kind in ("ticket", "appointment") else ("message", outbox_id, "")


def _can_see(principal: Principal, office: str | None) -> bool:
    return principal.offices is None or (office is not None and principal.can_access_office(office))
