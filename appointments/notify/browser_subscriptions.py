"""Whoever wants to be told of an appointment by their browser. Its e-mails come all the same."""

from __future__ import annotations

from ...core.contact import push_subscriptions
from ...core.contact.push_schemas import check_can_push
from ...core.contact.push_subscriptions import Browser, PushSite
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import office_by_id
from ..domain.appointment import Appointment, AppointmentState
from ..service import appointment_by_token
from . import appointment_messages

FOLLOWED = frozenset({AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN})


async def subscribe(runtime: Runtime, token: str, browser: Browser, site: PushSite | None) -> Appointment:
    """Tell this browser of changes, beginning with the proof that it works. The turn that is taken with the
    appointment is told there too. Raises NotFound, Invalid, Unavailable, Refused("appointment_over")."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        check_can_push(browser, site)
        if appointment.state not in FOLLOWED or appointment.ends_at <= tx.now:
            raise Refused("appointment_over")
        office = await office_by_id(tx.session, appointment.office_id)
        subject = appointment_messages.subject(appointment)
        subscription = await push_subscriptions.subscribe(
            tx.session, subject, browser, tx.now, appointment.ends_at + appointment_messages.PUSHES_KEPT
        )
        await appointment_messages.followed(tx, office, appointment, subscription)
        return appointment


async def unsubscribe(runtime: Runtime, token: str, endpoint: str) -> Appointment:
    """Tell this browser no more. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        await push_subscriptions.unsubscribe(tx.session, appointment_messages.subject(appointment), endpoint)
        return appointment
