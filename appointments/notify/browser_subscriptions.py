"""Push subscriptions of browsers to an appointment. They change nothing about its e-mails."""

from __future__ import annotations

from ...core.contact import push_subscriptions
from ...core.contact.push_schemas import check_push_endpoint
from ...core.contact.push_subscriptions import PushSettings, PushSubscription
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import office_by_id
from ..domain.appointment import Appointment, AppointmentState
from ..queries.lookup import appointment_by_token
from .appointment_messages import PUSH_SUBSCRIPTION_GRACE, send_push_confirmation
from .reminder_timers import outbox_subject

SUBSCRIBABLE_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN})


async def subscribe_browser(
    runtime: Runtime, token: str, browser: PushSubscription, site: PushSettings | None
) -> Appointment:
    """Subscribe a browser to an appointment, and send it a first push.

    The browser also gets the messages about the ticket that is issued for the appointment. Raises NotFound,
    Invalid, Unavailable, Refused("appointment_over").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        check_push_endpoint(browser, site)
        if appointment.state not in SUBSCRIBABLE_STATES or appointment.ends_at <= tx.now:
            raise Refused("appointment_over")
        office = await office_by_id(tx.session, appointment.office_id)
        expires_at = appointment.ends_at + PUSH_SUBSCRIPTION_GRACE
        subscription = await push_subscriptions.save_push_subscription(
            tx.session, outbox_subject(appointment), browser, tx.now, expires_at
        )
        await send_push_confirmation(tx, office, appointment, subscription)
        return appointment


async def unsubscribe_browser(runtime: Runtime, token: str, endpoint: str) -> Appointment:
    """Remove the subscription of a browser. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        await push_subscriptions.delete_push_subscription(tx.session, outbox_subject(appointment), endpoint)
        return appointment
