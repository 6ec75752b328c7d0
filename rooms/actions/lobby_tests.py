"""Results of a citizen's connection tests, as staff see them beside the name. No rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ...precheck.service import ConnectionTestSummary, latest_test_summaries, summary_of_appointment_test
from ..domain import room as rules
from ..domain.room import LobbyTest
from .room_transaction import RoomChange, RoomMember, room_transaction

LINE_VALIDITY = timedelta(hours=1)  # of a measured speed; a test of yesterday was maybe on another network


async def show_lobby_test(runtime: Runtime, member: RoomMember, token: str) -> None:
    """Show staff the result of a test of this appointment. Raises NotFound."""
    async with room_transaction(runtime, member.appointment_id) as change:
        summary = await summary_of_appointment_test(change.tx.session, member.appointment_id, token)
        if summary is None:
            raise NotFound
        change.room = rules.set_test(change.room, member.participant_id, _to_lobby_test(summary, change.tx.now))


async def set_latest_test(change: RoomChange, participant_id: str) -> None:
    """Show staff the latest test of the appointment, if it was tested."""
    appointment_id = change.row.appointment_id
    summary = (await latest_test_summaries(change.tx.session, [appointment_id])).get(appointment_id)
    if summary is not None:
        change.room = rules.set_test(change.room, participant_id, _to_lobby_test(summary, change.tx.now))


def _to_lobby_test(summary: ConnectionTestSummary, now: datetime) -> LobbyTest:
    advice = summary.advice_codes[0] if summary.advice_codes else None
    start_kbps = summary.start_kbps if now - summary.at <= LINE_VALIDITY else None
    return LobbyTest(summary.code, summary.verdict.value, advice, summary.quick, start_kbps)
