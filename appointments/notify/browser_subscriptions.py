"""Whoever wants to be told of an appointment by their browser. Its e-mails come all the same."""

from __future__ import annotations

from ...core.contact import push_subscriptions
from ...core.contact.push_schemas import check_push_endpoint
from ...core.contact.push_subscriptions import PushSettings, PushSubscription
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import office_by_id
from ..domain.appointment import Appointment, AppointmentState
from ..queries.lookup import appointment_by_token
from . import appointment_messages

SUBSCRIBABLE_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN})


async def subscribe_browser(
    runtime: Runtime, token: str, browser: PushSubscription, site: PushSettings | None
) -> Appointment:
    """Tell this browser of changes, beginning with the proof that it works. The turn that is taken with the
    appointment is told there too. Raises NotFound, Invalid, Unavailable, Refused("appointment_over")."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        check_push_endpoint(browser, site)
        if appointment.state not in SUBSCRIBABLE_STATES or appointment.ends_at <= tx.now:
            raise Refused("appointment_over")
        office = await office_by_id(tx.session, appointment.office_id)
        subject = appointment_messages.outbox_subject(appointment)
        subscription = await push_subscriptions.save_push_subscription(
            tx.session,
            subject,
            browser,
            tx.now,
            appointment.ends_at + appointment_messages.PUSH_SUBSCRIPTION_GRACE,
        )
        await appointment_messages.send_push_confirmation(tx, office, appointment, subscription)
        return appointment


async def unsubscribe_browser(runtime: Runtime, token: str, endpoint: str) -> Appointment:
    """Tell this browser no more. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        await push_subscriptions.delete_push_subscription(
            tx.session, appointment_messages.outbox_subject(appointment), endpoint
        )
        return appointment
