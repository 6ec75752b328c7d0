"""Use cases of a person's alerts: choices, and devices that get pushes. No SQL."""

from __future__ import annotations

from dataclasses import asdict

from ...core.auth import Principal
from ...core.contact import push_subscriptions
from ...core.contact.push_schemas import check_push_endpoint
from ...core.contact.push_subscriptions import PushSettings, PushSubscription
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.errors import NotAllowed, NotFound
from ...core.runtime import Runtime, Transaction
from ..domain.alerts import NO_ALERTS, AlertSettings
from ..domain.people import audit_office
from ..notify.staff_pushes import push_subject
from ..storage import alert_rows
from ..storage.alert_rows import AlertDevice
from .alert_pushes import DEVICE_KEPT_FOR

UNKNOWN_DEVICE = "?"


async def save_settings(runtime: Runtime, principal: Principal, settings: AlertSettings) -> None:
    """Save the choices of a person. Idempotent."""
    async with runtime.transaction() as tx:
        known = await alert_rows.load_alert_settings(tx.session, [principal.id])
        before = known.get(principal.id, NO_ALERTS)
        if settings == before:
            return
        await alert_rows.save_alert_settings(tx.session, principal.id, settings)
        old, new = asdict(before), asdict(settings)
        changed = [name for name in new if new[name] != old[name]]
        _audit(
            tx,
            principal,
            "alerts.changed",
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
        )


async def add_device(
    runtime: Runtime,
    principal: Principal,
    browser: PushSubscription,
    site: PushSettings | None,
    *,
    label: str | None,
    language: str,
) -> None:
    """Send pushes to this browser, to this person only. Idempotent.

    Raises NotAllowed("people_only") for an API key, Invalid, Unavailable.
    """
    if principal.is_api_key:
        raise NotAllowed("people_only")
    check_push_endpoint(browser, site)
    async with runtime.transaction() as tx:
        subscription_id = await push_subscriptions.save_push_subscription(
            tx.session, push_subject(principal.id), browser, tx.now, tx.now + DEVICE_KEPT_FOR
        )
        known = await alert_rows.alert_devices(tx.session, principal.id)
        if any(device.subscription_id == subscription_id for device in known):
            return
        # A browser belongs to the person who chose last: another person must not see the pushes.
        await alert_rows.delete_other_subscriptions(tx.session, subscription_id)
        device = AlertDevice(subscription_id, label or UNKNOWN_DEVICE, tx.now)
        await alert_rows.insert_alert_device(tx.session, principal.id, device, language)
        _audit(tx, principal, "alerts.device_added", after={"name": device.label})


async def end_browser(runtime: Runtime, principal: Principal, endpoint: str) -> None:
    """End the pushes to this browser. Idempotent."""
    async with runtime.transaction() as tx:
        known = await alert_rows.alert_devices(tx.session, principal.id)
        await push_subscriptions.delete_push_subscription(tx.session, push_subject(principal.id), endpoint)
        left = {device.subscription_id for device in await alert_rows.alert_devices(tx.session, principal.id)}
        for device in known:
            if device.subscription_id not in left:
                await alert_rows.delete_alert_device(tx.session, principal.id, device.subscription_id)
                _audit(tx, principal, "alerts.device_removed", before={"name": device.label})


async def remove_device(runtime: Runtime, principal: Principal, subscription_id: str) -> None:
    """End the pushes to a device of the person. Raises NotFound."""
    async with runtime.transaction() as tx:
        device = await alert_rows.delete_alert_device(tx.session, principal.id, subscription_id)
        if device is None:
            raise NotFound
        _audit(tx, principal, "alerts.device_removed", before={"name": device.label})


def _audit(
    tx: Transaction,
    principal: Principal,
    action: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    add_audit_entry(
        tx.session,
        tx.now,
        AuditActor.from_principal(principal),
        action,
        ("person", principal.id, principal.name),
        office=audit_office(principal.offices),
        before=before,
        after=after,
    )
