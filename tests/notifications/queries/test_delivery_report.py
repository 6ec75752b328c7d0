"""The delivery report on both databases; tests/staff tests the page of staff."""

from __future__ import annotations

from datetime import timedelta

from office360.core.auth import Principal, StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.actions.retry_dead_message import retry_dead_message
from office360.notifications.queries.delivery_problems import delivery_problems
from office360.notifications.queries.delivery_report import build_delivery_report
from office360.notifications.storage.delivery_rows import DeliveryQuery
from sqlalchemy import update

from ..support.messages import enqueue_message, stored_messages
from ..support.payloads import appointment_payload, ticket_notification_payload

CARMEN = Principal("01CARMEN", "Carmen", StaffRole.HOST, frozenset({"centro"}))


async def test_delivery_report_includes_messages_postponed_overnight(runtime: Runtime) -> None:
    now = runtime.now()
    states = {"sent": "sent", "dead": "dead", "waits": "pending", "elsewhere": "dead"}
    for key in (*states, "night", "next week"):
        await enqueue_message(
            runtime, key, payload={**appointment_payload(runtime.tokens), "office_slug": "centro"}
        )
    async with runtime.transaction() as tx:
        for key, state in states.items():
            changes = {"state": state, "office": "norte" if key == "elsewhere" else "centro"}
            await tx.session.execute(update(OutboxRow).where(OutboxRow.key == key).values(changes))
        night = {"not_before": now + timedelta(hours=20), "failure": "quiet_hours"}
        await tx.session.execute(update(OutboxRow).where(OutboxRow.key == "night").values(night))
        later = update(OutboxRow).where(OutboxRow.key == "next week")
        await tx.session.execute(later.values(not_before=now + timedelta(days=7)))
    day = DeliveryQuery(["centro"], now - timedelta(hours=10), now + timedelta(hours=14))
    async with runtime.read_session() as session:
        report = await build_delivery_report(session, day, "all", now)
        failed = await build_delivery_report(session, day, "given_up", now)
        everywhere = await build_delivery_report(
            session, DeliveryQuery(None, day.begins, day.ends), "given_up", now
        )
        about = await build_delivery_report(
            session, DeliveryQuery(None, day.begins, day.ends, "appointment:next week"), "all", now
        )
        assert await delivery_problems(session, ["email"], now) == []
    assert report.counts == {"waiting": 2, "sent": 1, "given_up": 1, "not_sent": 0}
    assert [delivery.state for delivery in report.deliveries] == ["put_off", "waiting", "given_up", "sent"]
    assert (len(failed.deliveries), len(everywhere.deliveries), len(about.deliveries)) == (1, 2, 1)


async def test_report_shows_the_end_of_a_chat_until_it_is_deleted(runtime: Runtime) -> None:
    payload = ticket_notification_payload(runtime.tokens)
    for key, recipient in (("known", "600001"), ("deleted", "")):
        await enqueue_message(
            runtime, key, kind="turn_called", channel="telegram", recipient=recipient, payload=payload
        )
    day = DeliveryQuery(None, runtime.now() - timedelta(hours=10), runtime.now() + timedelta(hours=14))
    async with runtime.read_session() as session:
        report = await build_delivery_report(session, day, "all", runtime.now())
    assert [delivery.to for delivery in report.deliveries] == ["", "•••01"]


async def test_dead_message_is_retried_once(runtime: Runtime) -> None:
    await enqueue_message(
        runtime, "dead", payload={**appointment_payload(runtime.tokens), "office_slug": "centro"}
    )
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OutboxRow).values(state="dead", attempts=16, failure="later: 503"))
    dead = (await stored_messages(runtime))["dead"].id
    assert [await retry_dead_message(runtime, dead, CARMEN) for _ in range(2)] == [True, False]
    row = (await stored_messages(runtime))["dead"]
    assert (row.state, row.attempts, row.failure) == ("pending", 0, None)
