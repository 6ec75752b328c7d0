"""Delivery report: staff see their offices' messages without contact or text."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.domain.message_texts import FAILURE_REASONS, UNKNOWN_FAILURE_REASON
from office360.notifications.queries.delivery_report import failure_reason
from office360.notifications.storage import channel_usage_rows
from office360.notifications.storage.tables import NoticeEventRow, SentMessageRow
from office360.staff.actions import accounts
from sqlalchemy import select, update

from ...conftest import AppServer
from ...notifications.support.messages import enqueue_message, stored_messages
from ...notifications.support.payloads import appointment_payload, ticket_notification_payload
from ..conftest import CSRF, PASSWORD, post, sign_in

LATER = "2026-11-25T12:00:00Z"


async def add_message(
    runtime: Runtime, key: str, state: str = "pending", office: str = "centro", **row: Any
) -> str:
    """Insert an e-mail of an office in this state. Returns its id."""
    payload = {**appointment_payload(runtime.tokens), "office_slug": office}
    await enqueue_message(runtime, key, payload=payload, recipient=f"{key}@example.org")
    async with runtime.transaction() as tx:
        mine = update(OutboxRow).where(OutboxRow.key == key)
        await tx.session.execute(mine.values(state=state, **row))
    return (await stored_messages(runtime))[key].id


async def fetch_page_text(server: AppServer, who: str, path: str = "/staff/notices?lang=en") -> str:
    async with server.client() as client:
        await sign_in(client, who)
        async with client.get(path) as answer:
            assert answer.status == 200
            return re.sub(r"\s+", " ", await answer.text())


async def test_message_states_are_described_without_contact_or_text(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    now = runtime.now()
    await add_message(runtime, "waits", failure="later: 503", lease_until=now + timedelta(minutes=12))
    await add_message(runtime, "sent", "sent", sent_at=now)
    await add_message(runtime, "dead", "dead", failure="recipient_refused 550 5.1.1")
    await add_message(runtime, "over", "void", failure="stopped")
    await add_message(runtime, "night", not_before=now + timedelta(hours=20), failure="quiet_hours")
    await enqueue_message(
        runtime,
        "sms",
        kind="turn_called",
        channel="sms",
        recipient="+34600000123",
        payload=ticket_notification_payload(runtime.tokens),
    )
    arrived = await add_message(runtime, "arrived", "sent", sent_at=now)
    async with runtime.transaction() as tx:
        values = {"outbox_id": arrived, "channel": "email", "recipient": "", "title": "", "sent_at": now}
        arrived_at = now + timedelta(minutes=3)
        tx.session.add(SentMessageRow(message_id="arrived", arrived_at=arrived_at, **values))
    page = await fetch_page_text(app_server, "carmen")
    for words in (
        "The other side asks us to come later (503).",
        "Sent at 10:30",
        "Arrived at 10:33",
        "The mail server refuses this address (550 5.1.1).",
        "This person has stopped messages of this kind.",
        "Put off until 6:30",
        "d•••@example.org",
        "6•• ••• •23",
    ):
        assert words in page, words
    assert "dead@example.org" not in page
    assert "600000123" not in page
    assert "7KQM2X9T" not in page


async def test_staff_see_messages_of_own_offices_only(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    await accounts.create_user(
        runtime, username="ada", name="Ada", role=StaffRole.ADMINISTRATOR, password=PASSWORD, offices=None
    )
    await add_message(runtime, "norte", office="norte")
    assert "n•••@example.org" not in await fetch_page_text(app_server, "carmen", "/staff/notices?office=norte")
    assert "n•••@example.org" in await fetch_page_text(app_server, "ada", "/staff/notices?office=norte")
    assert "n•••@example.org" in await fetch_page_text(app_server, "ada", "/staff/notices?office=all")


async def test_messages_page_refuses_agent_and_anonymous(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        async with client.get("/staff/notices", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/staff/?next=/staff/notices")
        await sign_in(client, "boris")
        async with client.get("/staff/notices") as answer:
            assert answer.status == 403


async def test_messages_are_filtered_by_day_state_and_subject(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    await add_message(runtime, "sent", "sent", sent_at=runtime.now())
    await add_message(runtime, "dead", "dead", failure="too_late")
    await add_message(runtime, "tomorrow", not_before=runtime.now() + timedelta(days=1))
    assert "t•••@example.org" not in await fetch_page_text(app_server, "carmen")
    assert "t•••@example.org" in await fetch_page_text(app_server, "carmen", "/staff/notices?day=2026-11-26")
    only = await fetch_page_text(app_server, "carmen", "/staff/notices?state=given_up&way=email")
    assert ("d•••@example.org" in only, "s•••@example.org" in only) == (True, False)
    assert "s•••@example.org" not in await fetch_page_text(app_server, "carmen", "/staff/notices?way=sms")
    assert "s•••@example.org" in await fetch_page_text(
        app_server, "carmen", "/staff/notices?day=nonsense&state=x&way=x"
    )
    for edge in ("9999-12-31", "0001-01-01"):
        assert "s•••@example.org" in await fetch_page_text(app_server, "carmen", f"/staff/notices?day={edge}"), (
            "today's"
        )
    about = await fetch_page_text(app_server, "carmen", "/staff/notices?about=appointment:tomorrow")
    assert ("t•••@example.org" in about, "s•••@example.org" in about) == (True, False)


async def test_delivery_problems_are_shown_on_messages_page(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    await enqueue_message(runtime, "push", channel="push", payload=ticket_notification_payload(runtime.tokens))
    async with runtime.transaction() as tx:
        await channel_usage_rows.insert_alarm(tx.session, tx.now.date(), "sms_budget_spent", tx.now)
    page = await fetch_page_text(app_server, "carmen")
    assert "Today's budget for SMS is spent." in page
    assert "Pushes that wait because there is no key for them: 1" in page


async def retry_message(server: AppServer, who: str, outbox_id: str) -> int:
    async with server.client() as client:
        await sign_in(client, who)
        async with client.get("/staff/notices") as page:
            csrf = CSRF.search(await page.text())
        assert csrf is not None
        form = {"csrf": csrf[1], "back": "office=centro"}
        return (await post(client, f"/staff/notices/{outbox_id}/again", data=form, allow_redirects=False)).status


async def test_failed_message_is_retried_once_and_retry_is_logged(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    message_id = await add_message(runtime, "dead", "dead", failure="later: 503", attempts=16)
    assert "Try again" in await fetch_page_text(app_server, "carmen")
    for _ in range(2):
        assert await retry_message(app_server, "carmen", message_id) == 303
    async with runtime.read_session() as session:
        (event,) = (await session.execute(select(NoticeEventRow))).scalars().all()
    assert (event.outbox_id, event.actor, event.event) == (message_id, staff["carmen"], "tried_again")
    assert (await stored_messages(runtime))["dead"].state != "dead"
    assert "Tried again by Carmen at 10:30" in await fetch_page_text(app_server, "carmen")


async def test_expired_or_foreign_message_is_not_retried(
    app_server: AppServer, staff: dict[str, str], clock: Any
) -> None:
    runtime = app_server.runtime
    theirs = await add_message(runtime, "theirs", "dead", office="norte", failure="later: 503")
    assert await retry_message(app_server, "carmen", theirs) == 404
    over = await add_message(runtime, "over", "dead", failure="later: 503")
    clock.advance(days=3)
    assert await retry_message(app_server, "carmen", over) == 303
    assert (await stored_messages(runtime))["over"].state == "dead"


@pytest.mark.parametrize(
    ("failure", "sentence", "detail"),
    [
        ("refused: 422", FAILURE_REASONS["refused"], "422"),
        ("recipient_refused 550 5.1.1", FAILURE_REASONS["recipient_refused"], "550 5.1.1"),
        ("phone_country", FAILURE_REASONS["phone_country"], ""),
        ("all connections are busy", FAILURE_REASONS["all"], "connections are busy"),
        ("ConnectionResetError", UNKNOWN_FAILURE_REASON, "ConnectionResetError"),
        (None, None, ""),
    ],
)
def test_every_failure_has_text(failure: str | None, sentence: str, detail: str, database_url: str) -> None:
    assert failure_reason(failure) == (sentence, detail)
