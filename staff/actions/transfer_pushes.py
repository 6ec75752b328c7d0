"""Push to a colleague who is asked to take over a video call. No rules."""

from __future__ import annotations

from ...core.runtime import Transaction
from ...offices.service import office_by_id
from ...rooms.service import RoomOffered
from ..notify.staff_pushes import enqueue_transfer_pushes
from ..storage import alert_rows


async def push_transfer(tx: Transaction, event: RoomOffered) -> None:
    """Write a push for each device of the receiver, which a visible console hides.

    It does not depend on the alerts that the person chose: the offer is addressed to them.
    """
    office = await office_by_id(tx.session, event.transfer.office_id)
    recipients = await alert_rows.push_recipients(tx.session, office.slug, tx.now)
    await enqueue_transfer_pushes(tx.session, office, event.transfer, recipients, tx.now)
