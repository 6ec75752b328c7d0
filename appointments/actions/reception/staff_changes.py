"""Changes of an appointment by staff: cancellation on request, contact, link, notes.

Moves are in cancel_and_reschedule.py, cancellations for reasons of the office in office_cancellation.py.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from ....core.auth import Principal, StaffRole, require_role
from ....core.contact.chosen_channels import OLD_CHANNEL, ChosenChannel
from ....core.db.audit_entries import AuditActor
from ....core.errors import Conflict, Refused
from ....core.runtime import Runtime, Transaction
from ....offices.service import Office
from ...domain.appointment import ACTIVE_STATES, Appointment, AppointmentState, check_changeable
from ...domain.contact_identifiers import appointment_contact_key, contact_keys
from ...notify import appointment_messages
from ...queries.lookup import appointment_by_id
from ...queries.visit_services import appointment_services
from ...storage import appointment_rows
from ...storage.audit_rows import audit_appointment
from .. import freed_slots
from ..attendance import update_or_conflict
from ..cancel_and_reschedule import end_appointment
from ..locked_appointment import lock_agenda_and_reload

logger = logging.getLogger(__name__)

CHANGED_BY_OFFICE = frozenset({AppointmentState.CANCELLED_OFFICE, AppointmentState.RESCHEDULED})
PERSONAL = frozenset({"name", "email", "phone"})  # the audit notes that they changed, not their values
MASK = "•••"


@dataclass(frozen=True, slots=True)
class CitizenDetails:
    """The details of a citizen that staff may correct."""

    name: str
    email: str | None
    phone: str | None
    channels: tuple[ChosenChannel, ...]
    language: str

    @classmethod
    def from_appointment(cls, appointment: Appointment) -> CitizenDetails:
        return cls(
            appointment.name,
            appointment.email,
            appointment.phone,
            appointment.channels,
            appointment.language,
        )

    @property
    def digest(self) -> str:
        """Hash the details, by which a form notices that another person changed them meanwhile."""
        return hashlib.sha256(repr(dataclasses.astuple(self)).encode()).hexdigest()[:16]


async def cancel_for_citizen(runtime: Runtime, principal: Principal | None, appointment_id: str) -> Appointment:
    """Cancel an appointment because its citizen asked for it, and release its slot.

    Idempotent. The deadline of changes does not bind staff.
    Raises NotAllowed, NotFound, Refused("illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        staff, office, appointment = await _lock_for_staff(tx, principal, appointment_id)
        if appointment.state is AppointmentState.CANCELLED_CITIZEN:
            return appointment
        check_changeable(appointment, AppointmentState.CANCELLED_CITIZEN, tx.now)
        cancelled = dataclasses.replace(
            appointment, state=AppointmentState.CANCELLED_CITIZEN, revision=appointment.revision + 1
        )
        await end_appointment(tx, appointment, cancelled)
        await appointment_messages.send_cancellation(tx, office, cancelled)
        await freed_slots.release_slot(tx, office, appointment_services(office, cancelled)[0], cancelled)
        states = {"before": {"state": str(appointment.state)}, "after": {"state": str(cancelled.state)}}
        audit_appointment(tx, staff, "cancelled", cancelled, **states)
        logger.info("appointment_cancelled", extra={"appointment": appointment.id, "by": "staff"})
        return cancelled


async def correct_details(
    runtime: Runtime, principal: Principal | None, appointment_id: str, details: CitizenDetails, seen: str
) -> Appointment:
    """Correct the details of a citizen, and confirm the appointment to the new contact.

    `seen`: the digest of the details that the form showed. Idempotent. The audit has no name and no contact.
    Raises NotAllowed, NotFound, Conflict("details_changed"), Refused("illegal_transition" |
    "duplicate_appointment").
    """
    async with runtime.transaction() as tx:
        staff, office, appointment = await _lock_for_staff(tx, principal, appointment_id)
        current = CitizenDetails.from_appointment(appointment)
        if current == details:
            return appointment
        if current.digest != seen:
            raise Conflict("details_changed")
        if appointment.state is not AppointmentState.CONFIRMED:
            raise Refused("illegal_transition", state=str(appointment.state), to=str(appointment.state))
        values = {field.name: getattr(details, field.name) for field in dataclasses.fields(details)}
        corrected = dataclasses.replace(appointment, **values)
        changed = [name for name, value in values.items() if value != getattr(appointment, name)]
        if {"email", "phone"} & set(changed):
            await _check_no_duplicate(tx, office, corrected)
        if "email" in changed:
            corrected = dataclasses.replace(corrected, email_verified_at=None)
        await _save_details(tx, appointment, corrected)
        if {"email", "phone", "channels"} & set(changed):
            # a message that has not left would go to the old contact
            await appointment_messages.void_pending_messages(tx, appointment)
            await appointment_messages.send_confirmation_to_contact(tx, office, corrected)
        audited = {name: MASK if name in PERSONAL else getattr(corrected, name) for name in changed}
        if "channels" in changed:
            del audited["channels"]
            audited |= _audited_channels(appointment, corrected)
        audit_appointment(tx, staff, "corrected", corrected, after=audited)
        logger.info("appointment_corrected", extra={"appointment": appointment.id})
        return corrected


async def send_link_again(runtime: Runtime, principal: Principal | None, appointment_id: str) -> Appointment:
    """Send the link of an appointment to its citizen again, by e-mail or SMS.

    At most once in a minute.
    Raises NotAllowed, NotFound, Refused("illegal_transition" | "no_contact").
    """
    async with runtime.transaction() as tx:
        staff, office, appointment = await _lock_for_staff(tx, principal, appointment_id)
        if appointment.state not in ACTIVE_STATES or appointment.ends_at <= tx.now:
            raise Refused("illegal_transition", state=str(appointment.state), to=str(appointment.state))
        if not appointment.can_be_notified:
            raise Refused("no_contact")
        if await appointment_messages.send_link(tx, office, appointment):
            audit_appointment(tx, staff, "link_sent", appointment)
            logger.info("appointment_link_sent", extra={"appointment": appointment.id})
        return appointment


async def note_told(
    runtime: Runtime, principal: Principal | None, appointment_id: str, *, is_told: bool = True
) -> Appointment:
    """Note that staff told the citizen of a change by the office, or take that back.

    Idempotent. Raises NotAllowed, NotFound, Refused("illegal_transition").
    """
    async with runtime.transaction() as tx:
        staff, _, appointment = await _lock_for_staff(tx, principal, appointment_id)
        if appointment.state not in CHANGED_BY_OFFICE:
            raise Refused("illegal_transition", state=str(appointment.state), to=str(appointment.state))
        if await appointment_rows.set_untold(tx.session, appointment.id, not is_told):
            audit_appointment(tx, staff, "told" if is_told else "told_withdrawn", appointment)
        return appointment


async def _lock_for_staff(
    tx: Transaction, principal: Principal | None, appointment_id: str
) -> tuple[AuditActor, Office, Appointment]:
    """Lock the agenda of an appointment for a host of its office."""
    appointment = await appointment_by_id(tx.session, appointment_id)
    staff = AuditActor.from_principal(require_role(principal, StaffRole.HOST, appointment.office_slug))
    office, appointment = await lock_agenda_and_reload(tx, appointment)
    return staff, office, appointment


def _audited_channels(before: Appointment, after: Appointment) -> dict[str, Any]:
    """Return which channels the citizen has now, without addresses.

    SMS has its name of older versions.
    """
    old, new = ({each.channel for each in appointment.channels} for appointment in (before, after))
    audited: dict[str, Any] = {"channels": ", ".join(sorted(new - {OLD_CHANNEL}))}
    if old - {OLD_CHANNEL} == new - {OLD_CHANNEL}:
        audited = {}
    return audited | ({"remind_by_sms": OLD_CHANNEL in new} if OLD_CHANNEL in old ^ new else {})


async def _check_no_duplicate(tx: Transaction, office: Office, corrected: Appointment) -> None:
    """Refuse a contact that has another appointment for the service."""
    keys = contact_keys(tx.runtime.tokens, corrected.email, corrected.phone)
    service_ids = [service.id for service in appointment_services(office, corrected)]
    found = await appointment_rows.find_active_appointments(tx.session, service_ids, keys, tx.now)
    if any(other.id != corrected.id for other in found):
        raise Refused("duplicate_appointment")


async def _save_details(tx: Transaction, appointment: Appointment, corrected: Appointment) -> None:
    await update_or_conflict(
        tx,
        appointment,
        name=corrected.name,
        email=corrected.email or "",
        email_key=appointment_contact_key(tx.runtime.tokens, corrected),
        phone=corrected.phone,
        **appointment_rows.channel_columns(corrected.channels),
        language=corrected.language,
        email_verified_at=corrected.email_verified_at,
    )
