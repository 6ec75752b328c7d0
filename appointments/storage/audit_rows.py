"""Audit entries of staff changes of appointments and closed periods. No rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.runtime import Transaction
from ...offices.service import Office
from ..domain.appointment import Appointment


def audit_appointment(
    tx: Transaction,
    actor: AuditActor | None,
    verb: str,
    appointment: Appointment,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Record that a member of staff changed an appointment; nothing if `actor` is None.

    Never the citizen's name or contacts: the label is the locator.
    """
    if actor is None:
        return
    add_audit_entry(
        tx.session,
        tx.now,
        actor,
        f"appointment.{verb}",
        ("appointment", appointment.id, appointment.locator),
        office=appointment.office_slug,
        before=before,
        after=after,
    )


def audit_closed_period(
    tx: Transaction, actor: AuditActor, verb: str, period_id: str, office: Office, values: Mapping[str, Any]
) -> None:
    """Record that a member of staff closed or reopened a period.

    `values`: the period and the reason.
    """
    shown = {name: value for name, value in values.items() if value is not None}
    is_closed = verb == "closed"
    add_audit_entry(
        tx.session,
        tx.now,
        actor,
        f"period.{verb}",
        ("period", period_id, office.name),
        office=office.slug,
        before=None if is_closed else shown,
        after=shown if is_closed else None,
    )
