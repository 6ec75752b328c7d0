"""The chat that a citizen connects to an appointment by a link."""

from __future__ import annotations

from ....core.contact.channel_links import ChannelLinked
from ....core.contact.chosen_channels import with_channel
from ....core.runtime import Runtime, Transaction
from ...domain.appointment import ACTIVE_STATES, Appointment
from ...queries.lookup import appointment_by_id, appointment_by_token, current_appointment
from ...storage import appointment_rows
from ..attendance import update_or_conflict


async def save_linked_chat(tx: Transaction, event: ChannelLinked) -> None:
    """Send messages about an appointment to the chat that its citizen connected, if it stands."""
    appointment_id = event.subject_id("appointment")
    if appointment_id is not None:
        appointment = await appointment_by_id(tx.session, appointment_id)
        await _save_channel(tx, appointment, event.channel, event.address)


async def end_channel(runtime: Runtime, token: str, channel: str) -> None:
    """End the messages about an appointment on a channel. Idempotent. Raises NotFound."""
    async with runtime.transaction() as tx:
        await _save_channel(tx, await appointment_by_token(tx.session, token), channel, None)


async def _save_channel(tx: Transaction, found: Appointment, channel: str, address: str | None) -> None:
    found = await current_appointment(tx.session, found)
    appointment = await appointment_rows.lock_appointment(tx.session, found.id)
    if appointment is None or appointment.state not in ACTIVE_STATES or tx.now >= appointment.ends_at:
        return
    channels = with_channel(appointment.channels, channel, address)
    if channels != appointment.channels:
        await update_or_conflict(tx, appointment, **appointment_rows.channel_columns(channels))
