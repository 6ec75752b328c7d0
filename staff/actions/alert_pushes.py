"""Job that tells people by push what happens in their offices while no console is open.

An elected worker looks every few seconds. A push is written once: its outbox key names the situation and the
device. Nothing depends on the bus.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from ...core.db.outbox import enqueue_unless_present, present_keys
from ...core.periodic import run_every
from ...core.runtime import Runtime
from ...offices.service import Office, all_offices
from ..notify.staff_pushes import alert_push_rows
from ..queries.attention import load_office_attention
from ..storage import alert_rows

logger = logging.getLogger(__name__)

LOOK_INTERVAL_S = 5.0  # as the boards are loaded again
DEVICE_KEPT_FOR = timedelta(days=60)  # after its owner was last there


async def run_alert_pushes(runtime: Runtime, stop: asyncio.Event) -> None:
    """Write pushes every few seconds until `stop` is set."""
    await run_every(
        LOOK_INTERVAL_S, stop, lambda: push_alerts(runtime), logger=logger, failure_event="alerts_failed"
    )


async def push_alerts(runtime: Runtime) -> None:
    """Write the pushes that are due now, office by office. Idempotent."""
    # Asked every five seconds: without any device, nothing else is read.
    if await runtime.db.first_value(alert_rows.SELECT_DEVICE) is None:
        return
    now = runtime.now()
    async with runtime.read_session() as session:
        slugs = await alert_rows.offices_of_devices(session, now)
        if not slugs:  # no device, or all owners are signed out
            return
        offices = [office for office in await all_offices(session) if None in slugs or office.slug in slugs]
    for office in offices:
        await _push_alerts_of_office(runtime, office)


async def _push_alerts_of_office(runtime: Runtime, office: Office) -> None:
    now = runtime.now()
    async with runtime.read_session() as session:
        recipients = await alert_rows.push_recipients(session, office.slug, now)
        settings = await alert_rows.load_alert_settings(session, {recipient.user_id for recipient in recipients})
        if not any(chosen.events and chosen.pushes_about(office.slug) for chosen in settings.values()):
            return
        attention = await load_office_attention(session, office, now)
        rows = alert_push_rows(office, attention, recipients, settings, now)
        # A key names situation and device, so that a push is sent once, also after a restart.
        present = await present_keys(session, [row.key for row in rows])
    if new := [row for row in rows if row.key not in present]:
        async with runtime.transaction() as tx:
            await enqueue_unless_present(tx.session, new)


async def delete_unused_devices(runtime: Runtime) -> int:
    """Delete devices of disabled accounts and of people who were not there for weeks.

    Keep the others.

    Returns the number of deleted devices.
    """
    async with runtime.transaction() as tx:
        deleted = await alert_rows.delete_unused_devices(tx.session, tx.now - DEVICE_KEPT_FOR)
        await alert_rows.extend_subscriptions(tx.session, tx.now + DEVICE_KEPT_FOR)
    return deleted
