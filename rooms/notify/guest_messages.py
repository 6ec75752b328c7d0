"""Outbox rows with the link of a guest, written in the transaction of the invitation."""

from __future__ import annotations

from datetime import datetime

from ...appointments.service import Appointment, appointment_services
from ...core.i18n.dates import format_utc
from ...core.i18n.languages import join_list
from ...core.runtime import Transaction
from ...offices.service import Office
from ..domain.room_invite import InviteChannel, RoomInvite

INVITE_PURPOSE = "guest"  # of the token in the link, and the prefix of its id in the payload
INVITE_KIND = "room_invite"


def invite_subject(invite_id: str) -> str:
    """Return the subject of the outbox rows of an invitation."""
    return f"guest:{invite_id}"


def send_invite(
    tx: Transaction, office: Office, appointment: Appointment, invite: RoomInvite, closes_at: datetime
) -> None:
    """Enqueue the e-mail or SMS with the link.

    It never names the citizen, who is another person.
    """
    assert invite.contact is not None
    services = appointment_services(office, appointment)
    tx.enqueue_message(
        INVITE_KIND,
        subject=invite_subject(invite.id),
        recipient=invite.contact,
        payload={
            f"{INVITE_PURPOSE}_id": invite.id,
            "token_hash": invite.token_hash,
            "role": invite.role.value,
            "name": invite.name if invite.channel is InviteChannel.EMAIL else "",
            "service": join_list((service.name(invite.language) for service in services), invite.language),
            "office": office.name,
            "office_slug": office.slug,
            "office_phone": office.phone,
            "timezone": office.timezone.key,
            "starts_at": format_utc(appointment.starts_at),
            "until": format_utc(closes_at),
        },
        key=f"{INVITE_KIND}:{invite.id}:{format_utc(invite.sent_at)}",
        language=invite.language,
        channel=invite.channel.value,
    )
