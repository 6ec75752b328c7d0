"""Outbox rows of notifications: after a change, and for position and forecast range."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.core.contact import push_subscriptions
from office360.core.contact.push_subscriptions import PushSettings, PushSubscription
from office360.core.db.outbox import OutboxRow
from office360.core.errors import RateLimited, Refused
from office360.offices.service import office_by_slug
from office360.queue import service
from office360.queue.actions import notification_subscriptions
from office360.queue.actions.agent import recall_ticket
from office360.queue.actions.citizen import postpone_call
from office360.queue.actions.line_transaction import lock_office_lines
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.actions.upcoming_call_notifications import UpcomingCallNotifier, UpcomingNotification
from office360.queue.domain import ticket_notifications
from office360.queue.notify import ticket_messages
from office360.queue.notify.ticket_messages import NotificationDraft
from office360.queue.storage import contact_rows, line_cache

from ...notifications.support.channels import SMS_OFFERS, by_sms
from ...support.statements import recorded_statements
from ...support.timeouts import TEST_TIMEOUT_S
from ..conftest import BORIS, ELENA, OfficeDriver
from ..support.notifications import notification_rows

PHONE = PushSubscription("https://push.example.org/send/amina", "BPublic", "auth")
LAPTOP = PushSubscription("https://push.example.org/send/amina-laptop", "BPublic", "auth")
SITE = PushSettings("public key")
NUMBER = "+34600000001"


def row_kinds(rows: list[OutboxRow]) -> list[str]:
    return [row.kind for row in rows]


async def test_ticket_without_subscription_gets_no_notification(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await recall_ticket(driver.runtime, BORIS, called.id)
    assert await notification_rows(driver.runtime) == []


async def test_call_without_subscription_reads_no_subscriptions(driver: OfficeDriver) -> None:
    subscribed = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, subscribed.token, PHONE, SITE)
    await postpone_call(driver.runtime, subscribed.token)
    await driver.take_ticket()
    await driver.open_desk()
    with recorded_statements(driver.runtime.db) as statements:
        called = await driver.call_next()
    assert called is not None
    assert not called.notify
    assert statements
    assert [sql for sql, _ in statements if "push_subscriptions" in sql or "outbox" in sql] == []


async def test_subscribing_sends_code_and_range_at_once(driver: OfficeDriver) -> None:
    await driver.open_desk()
    await driver.take_ticket()
    issued = await driver.take_ticket(language="en")
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    (row,) = await notification_rows(driver.runtime)
    seen: Any = await driver.ticket_json(issued)
    assert (row.kind, row.channel, row.language) == ("turn_issued", "push", "en")
    assert row.payload["code"] == "A-002"
    assert row.payload["ahead"] == 1
    assert row.payload["eta_earliest"] is not None
    assert seen["eta"] is not None
    assert issued.token not in str(row.payload)


async def test_call_notifies_each_browser_and_number_once(driver: OfficeDriver, clock: Any) -> None:
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, LAPTOP, SITE)
    await notification_subscriptions.subscribe_number(
        driver.runtime, issued.token, *by_sms(NUMBER), offers=SMS_OFFERS
    )
    await driver.open_desk()
    clock.advance(seconds=1)
    called = await driver.call_next()
    assert called is not None
    rows = [row for row in await notification_rows(driver.runtime) if row.kind == "turn_called"]
    assert sorted(row.channel for row in rows) == ["push", "push", "sms"]
    assert {row.payload["desk"] for row in rows} == {"1"}
    assert {row.payload["way"] for row in rows} == {"Al fondo, a la izquierda"}
    assert {row.state for row in await notification_rows(driver.runtime) if row.kind == "turn_issued"} == {"void"}


async def test_same_browser_subscribes_only_once(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await driver.open_desk()
    await driver.call_next()
    assert row_kinds(await notification_rows(driver.runtime)) == ["turn_issued", "turn_called"]


async def test_missed_visit_is_notified_from_call_to_no_show(driver: OfficeDriver, clock: Any) -> None:
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await driver.open_desk()
    await driver.call_next()
    clock.advance(seconds=61)
    await driver.fire_due_timers()
    clock.advance(seconds=120)
    await driver.fire_due_timers()
    rows = {row.kind: row for row in await notification_rows(driver.runtime)}
    assert list(rows) == ["turn_issued", "turn_called", "turn_called_again", "turn_missed"]
    assert rows["turn_missed"].payload["may_return_until"] is not None
    clock.advance(minutes=21)
    await driver.fire_due_timers()
    assert row_kinds(await notification_rows(driver.runtime))[-1] == "turn_lost"


async def test_closing_office_notifies_waiting_tickets(driver: OfficeDriver, clock: Any) -> None:
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_number(
        driver.runtime, issued.token, *by_sms(NUMBER), offers=SMS_OFFERS
    )
    clock.set(clock.now().replace(hour=19))
    await driver.fire_due_timers()
    assert await driver.ticket_state(issued) == "expired"
    assert row_kinds(await notification_rows(driver.runtime, "pending")) == ["turn_closed"]


async def test_ended_ticket_voids_unsent_notifications(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await service.leave_line(driver.runtime, issued.token)
    assert await notification_rows(driver.runtime, "pending") == []
    with pytest.raises(Refused, match="ticket_over"):
        await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, LAPTOP, SITE)


async def test_subscriptions_are_deleted_after_last_message(driver: OfficeDriver, clock: Any) -> None:
    tickets = [await driver.take_ticket() for _ in range(2)]
    for issued in tickets:
        await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await service.leave_line(driver.runtime, tickets[0].token)
    assert await subscribed_ticket_ids(driver, tickets) == [tickets[1].ticket.id]
    clock.set(clock.now().replace(hour=19))
    await driver.fire_due_timers()  # the office has closed, which is still notified
    assert await subscribed_ticket_ids(driver, tickets) == [tickets[1].ticket.id]
    clock.advance(hours=2)
    await UpcomingCallNotifier(driver.runtime).delete_expired_subscriptions()
    assert await subscribed_ticket_ids(driver, tickets) == []


async def subscribed_ticket_ids(driver: OfficeDriver, tickets: list[IssuedTicket]) -> list[str]:
    subjects = {f"ticket:{issued.ticket.id}": issued.ticket.id for issued in tickets}
    async with driver.runtime.read_session() as session:
        found = await push_subscriptions.subscription_ids_by_subject(session, list(subjects))
    return [subjects[subject] for subject in found]


async def test_unsubscribed_citizen_gets_no_notification(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await notification_subscriptions.subscribe_number(
        driver.runtime, issued.token, *by_sms(NUMBER), offers=SMS_OFFERS
    )
    await notification_subscriptions.unsubscribe_channel(driver.runtime, issued.token, "sms")
    await notification_subscriptions.unsubscribe_browser(driver.runtime, issued.token, PHONE.endpoint)
    await driver.open_desk()
    called = await driver.call_next()
    assert called is not None
    assert not called.notify
    assert await notification_rows(driver.runtime, "pending") == []


async def test_ticket_with_sms_consent_is_notified_at_issue(driver: OfficeDriver) -> None:
    await driver.take_ticket(phone=NUMBER, sms=True)
    await driver.take_ticket(phone="+34600000002")
    (row,) = await notification_rows(driver.runtime)
    assert (row.kind, row.channel, row.recipient) == ("turn_issued", "sms", NUMBER)


async def test_pause_notifies_only_waiting_tickets(driver: OfficeDriver, clock: Any) -> None:
    first, second = await driver.take_ticket(), await driver.take_ticket()
    for issued in (first, second):
        phone = replace(PHONE, endpoint=f"{PHONE.endpoint}/{issued.token}")
        await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, phone, SITE)
    await driver.open_desk()
    await driver.call_next()
    clock.advance(seconds=1)
    paused = replace(driver.office, paused=True, pause_message="Simulacro de evacuación.")
    async with driver.runtime.transaction() as tx:
        await ticket_messages.notify_of_pause(tx, paused)
    clock.advance(minutes=5)
    async with driver.runtime.transaction() as tx:
        await ticket_messages.notify_of_pause(tx, driver.office)
    rows = [row for row in await notification_rows(driver.runtime) if row.kind in ("turn_paused", "turn_resumed")]
    assert [(row.kind, row.subject) for row in rows] == [
        ("turn_paused", f"ticket:{second.ticket.id}"),
        ("turn_resumed", f"ticket:{second.ticket.id}"),
    ]
    assert rows[0].payload["message"] == "Simulacro de evacuación."


async def test_fourth_sms_number_in_15_minutes_is_refused(driver: OfficeDriver, clock: Any) -> None:
    issued = await driver.take_ticket()
    for number in range(notification_subscriptions.MAX_NUMBERS):
        await notification_subscriptions.subscribe_number(
            driver.runtime, issued.token, *by_sms(f"+3460000000{number}"), offers=SMS_OFFERS
        )
    with pytest.raises(RateLimited):
        await notification_subscriptions.subscribe_number(
            driver.runtime, issued.token, *by_sms("+34600000009"), offers=SMS_OFFERS
        )
    clock.advance(seconds=timedelta(minutes=15).total_seconds())
    await notification_subscriptions.subscribe_number(
        driver.runtime, issued.token, *by_sms("+34600000009"), offers=SMS_OFFERS
    )


# Position and forecast range


async def notify_once(driver: OfficeDriver) -> int:
    return await UpcomingCallNotifier(driver.runtime).notify_once()


async def test_next_notification_is_sent_once(driver: OfficeDriver) -> None:
    await driver.open_desk()
    tickets = [await driver.take_ticket() for _ in range(4)]
    await notification_subscriptions.subscribe_browser(driver.runtime, tickets[3].token, PHONE, SITE)
    assert await notify_once(driver) == 0
    await driver.call_next()
    assert await notify_once(driver) == 1
    assert await notify_once(driver) == 0
    (row,) = await notification_rows(driver.runtime, "pending")
    assert (row.kind, row.payload["ahead"], row.payload["code"]) == ("turn_next", 2, "A-004")
    await driver.open_desk(2, ELENA)
    await driver.call_next(2, ELENA)
    assert await notify_once(driver) == 0


async def test_next_notification_is_repeated_after_postponing(driver: OfficeDriver, clock: Any) -> None:
    await driver.open_desk()
    tickets = [await driver.take_ticket() for _ in range(4)]
    await notification_subscriptions.subscribe_browser(driver.runtime, tickets[3].token, PHONE, SITE)
    await driver.call_next()
    assert await notify_once(driver) == 1
    await postpone_call(driver.runtime, tickets[3].token)
    assert await notify_once(driver) == 0  # not callable before its time and ten minutes are over
    clock.advance(minutes=26)
    assert await notify_once(driver) == 1
    assert await notify_once(driver) == 0
    assert row_kinds(await notification_rows(driver.runtime)).count("turn_next") == 2


async def test_answered_call_voids_its_notification(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    await driver.open_desk()
    called = await driver.call_next()
    assert called is not None
    assert row_kinds(await notification_rows(driver.runtime, "pending")) == ["turn_called"]
    await service.start_service(driver.runtime, BORIS, called.id)
    assert row_kinds(await notification_rows(driver.runtime, "pending")) == []


async def test_range_moved_over_15_minutes_is_notified(driver: OfficeDriver) -> None:
    await driver.open_desk()
    tickets = [await driver.take_ticket() for _ in range(7)]
    await notification_subscriptions.subscribe_number(
        driver.runtime, tickets[6].token, *by_sms(NUMBER), offers=SMS_OFFERS
    )
    assert await notify_once(driver) == 0
    await driver.open_desk(2, ELENA)  # a second desk halves the wait
    assert await notify_once(driver) == 1
    (row,) = await notification_rows(driver.runtime, "pending")
    (first,) = await notification_rows(driver.runtime, "void")
    assert (row.kind, first.kind) == ("turn_moved", "turn_issued")
    assert row.payload["eta_earliest"] < first.payload["eta_earliest"]
    assert await notify_once(driver) == 0


async def test_first_known_range_is_notified(driver: OfficeDriver) -> None:
    tickets = [await driver.take_ticket() for _ in range(5)]
    await notification_subscriptions.subscribe_browser(driver.runtime, tickets[4].token, PHONE, SITE)
    assert (await notification_rows(driver.runtime))[0].payload["eta_earliest"] is None
    assert await notify_once(driver) == 0
    await driver.open_desk()
    assert await notify_once(driver) == 1
    assert row_kinds(await notification_rows(driver.runtime, "pending")) == ["turn_moved"]


async def test_ticket_next_at_issue_gets_no_second_notification(driver: OfficeDriver) -> None:
    await driver.open_desk()
    issued = await driver.take_ticket()
    await notification_subscriptions.subscribe_browser(driver.runtime, issued.token, PHONE, SITE)
    assert await notify_once(driver) == 0
    assert (await notification_rows(driver.runtime))[0].payload["ahead"] == 0


async def test_concurrent_workers_notify_once(driver: OfficeDriver) -> None:
    await driver.open_desk()
    tickets = [await driver.take_ticket() for _ in range(4)]
    await notification_subscriptions.subscribe_browser(driver.runtime, tickets[3].token, PHONE, SITE)
    await driver.call_next()
    sent = await asyncio.gather(*(notify_once(driver) for _ in range(4)))
    assert sum(sent) == 1
    assert row_kinds(await notification_rows(driver.runtime)).count("turn_next") == 1


async def test_notifier_takes_database_before_line_lock(
    driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In SQLite one transaction writes at a time.

    A transaction that waits must not hold a line that the other transaction needs.
    """
    monkeypatch.setattr(line_cache, "LOCK_TIMEOUT_S", 60.0)
    issued = await driver.take_ticket()
    async with driver.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        recipient = await contact_rows.notification_recipient(session, issued.ticket.id)
    draft = NotificationDraft(issued.ticket, ticket_notifications.ISSUED_NOTIFICATION)
    upcoming = UpcomingNotification(recipient, draft)
    async with driver.runtime.transaction() as tx, asyncio.timeout(TEST_TIMEOUT_S):
        await office_by_slug(tx.session, "centro")
        sending = asyncio.create_task(UpcomingCallNotifier(driver.runtime)._send_if_current(office, [upcoming]))
        await asyncio.sleep(0)
        await lock_office_lines(tx, office, [issued.ticket.line_id])
    await sending


async def test_called_ticket_gets_no_next_notification(
    driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driver.open_desk()
    await driver.open_desk(2, ELENA)
    tickets = [await driver.take_ticket() for _ in range(4)]
    await notification_subscriptions.subscribe_browser(driver.runtime, tickets[3].token, PHONE, SITE)
    await driver.call_next()
    notifier = UpcomingCallNotifier(driver.runtime)
    send_if_current = notifier._send_if_current

    async def send_after_call(*arguments: Any) -> int:
        for issued in tickets[1:3]:
            await service.leave_line(driver.runtime, issued.token)
        await driver.call_next(2, ELENA)
        return await send_if_current(*arguments)

    monkeypatch.setattr(notifier, "_send_if_current", send_after_call)
    assert await notifier.notify_once() == 0
    assert row_kinds(await notification_rows(driver.runtime, "pending")) == ["turn_called"]
