"""Invitations without a server, whose worker would send their messages."""

from __future__ import annotations

from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions.room_invites import send_again
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.guests import invite_guest
from ..support.video_appointments import BORIS, BookedVideoAppointment


async def test_link_sent_again_voids_its_unsent_message(
    runtime: Runtime, office: Office, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    invite, _ = await invite_guest(runtime, booked, email="fatima@example.org")
    clock.advance(minutes=1)
    await send_again(runtime, BORIS, office, booked.appointment, invite.id)
    async with runtime.read_session() as session:
        in_order = select(OutboxRow.state).where(OutboxRow.kind == "room_invite").order_by(OutboxRow.created_at)
        assert list(await session.scalars(in_order)) == ["void", "pending"]
