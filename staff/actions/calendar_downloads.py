"""Downloads of the calendar, which name citizens and are therefore in the audit."""

from __future__ import annotations

from datetime import date

from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.runtime import Runtime
from ...offices.service import Office


async def note_download(runtime: Runtime, principal: Principal, office: Office, day: date, count: int) -> None:
    """Record that a person downloaded the appointments of a day. `count`: how many."""
    async with runtime.transaction() as tx:
        add_audit_entry(
            tx.session,
            tx.now,
            AuditActor.from_principal(principal),
            "office.calendar_downloaded",
            ("office", office.id, office.name),
            office=office.slug,
            after={"day": day.isoformat(), "appointments": count},
        )
