"""How messages fare: staff see those of their offices, no contact and no text, and can try one again once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from office360.core.auth import Role
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.domain.message_texts import REASONS, UNKNOWN_REASON
from office360.notifications.queries.delivery_report import masked, reason_of
from office360.notifications.storage import outbox_rows
from office360.notifications.storage.tables import NoticeEventRow
from office360.server.settings import Settings
from office360.staff.actions import accounts
from sqlalchemy import select, update

from ...conftest import AppServer
from ...notifications.conftest import appointment, enqueue, notice, rows
from ..conftest import CSRF, PASSWORD, post, sign_in


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nothing is sent meanwhile."""
    return settings.model_copy(update={"embedded_worker": False})


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LATER = "2026-11-25T12:00:00Z"


async def told(runtime: Runtime, key: str, state: str = "pending", office: str = "centro", **row: Any) -> str:
    """A letter of an office in this state; its id."""
    payload = {**appointment(runtime.tokens), "office_slug": office}
    await enqueue(runtime, key, payload=payload, recipient=f"{key}@example.org")
    async with runtime.transaction() as tx:
        mine = update(OutboxRow).where(OutboxRow.key == key)
        await tx.session.execute(mine.values(state=state, **row))
    return (await rows(runtime))[key].id


async def shown(server: AppServer, who: str, path: str = "/staff/notices?lang=en") -> str:
    async with server.client() as client:
        await sign_in(client, who)
        async with client.get(path) as answer:
            assert answer.status == 200
            return re.sub(r"\s+", " ", await answer.text())


async def test_each_state_is_told_in_words_and_no_contact_or_text(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    now = runtime.now()
    await told(runtime, "waits", failure="later: 503", lease_until=now + timedelta(minutes=12))
    await told(runtime, "sent", "sent", sent_at=now)
    await told(runtime, "dead", "dead", failure="recipient_refused 550 5.1.1")
    await told(runtime, "over", "void", failure="stopped")
    await told(runtime, "night", not_before=now + timedelta(hours=20), failure="quiet_hours")
    await enqueue(
        runtime, "sms", kind="turn_called", channel="sms", recipient="+34600000123", payload=notice(runtime.tokens)
    )
    page = await shown(app_server, "carmen")
    for words in (
        "The other side asks us to come later (503).",
        "Sent at 10:30",
        "The mail server refuses this address (550 5.1.1).",
        "This person has stopped messages of this kind.",
        "Put off until 6:30",
        "d…@example.org",
        "··· 123",
    ):
        assert words in page, words
    assert "dead@example.org" not in page
    assert "600000123" not in page
    assert "7KQM2X9T" not in page


async def test_staff_see_the_messages_of_their_offices_and_administrators_all(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    await accounts.create_user(
        runtime, username="ada", name="Ada", role=Role.ADMINISTRATOR, password=PASSWORD, offices=None
    )
    await told(runtime, "norte", office="norte")
    assert "n…@example.org" not in await shown(app_server, "carmen", "/staff/notices?office=norte")
    assert "n…@example.org" in await shown(app_server, "ada", "/staff/notices?office=norte")
    assert "n…@example.org" in await shown(app_server, "ada", "/staff/notices?office=all")


async def test_an_agent_is_shown_the_way_back_and_a_stranger_the_login(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    async with app_server.client() as client:
        async with client.get("/staff/notices", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/staff/?next=/staff/notices")
        await sign_in(client, "boris")
        async with client.get("/staff/notices") as answer:
            assert answer.status == 403


async def test_what_is_looked_for_is_a_day_a_state_and_a_way(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    await told(runtime, "sent", "sent", sent_at=runtime.now())
    await told(runtime, "dead", "dead", failure="too_late")
    await told(runtime, "tomorrow", not_before=runtime.now() + timedelta(days=1))
    assert "t…@example.org" not in await shown(app_server, "carmen")
    assert "t…@example.org" in await shown(app_server, "carmen", "/staff/notices?day=2026-11-26")
    only = await shown(app_server, "carmen", "/staff/notices?state=given_up&way=email")
    assert ("d…@example.org" in only, "s…@example.org" in only) == (True, False)
    assert "s…@example.org" not in await shown(app_server, "carmen", "/staff/notices?way=sms")
    assert "s…@example.org" in await shown(app_server, "carmen", "/staff/notices?day=nonsense&state=x&way=x")
    for edge in ("9999-12-31", "0001-01-01"):
        assert "s…@example.org" in await shown(app_server, "carmen", f"/staff/notices?day={edge}"), "today's"
    about = await shown(app_server, "carmen", "/staff/notices?about=appointment:tomorrow")
    assert ("t…@example.org" in about, "s…@example.org" in about) == (True, False)


async def test_what_keeps_messages_from_people_stands_on_top(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    await enqueue(runtime, "push", channel="push", payload=notice(runtime.tokens))
    async with runtime.transaction() as tx:
        await outbox_rows.raise_alarm(tx.session, tx.now.date(), "sms_budget_spent", tx.now)
    page = await shown(app_server, "carmen")
    assert "Today's budget for SMS is spent." in page
    assert "Pushes that wait because there is no key for them: 1" in page


async def again(server: AppServer, who: str, outbox_id: str) -> int:
    async with server.client() as client:
        await sign_in(client, who)
        async with client.get("/staff/notices") as page:
            csrf = CSRF.search(await page.text())
        assert csrf is not None
        form = {"csrf": csrf[1], "back": "office=centro"}
        return (await post(client, f"/staff/notices/{outbox_id}/again", data=form, allow_redirects=False)).status


async def test_what_was_given_up_is_tried_again_once_and_it_is_noted_who_did_it(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    one = await told(runtime, "dead", "dead", failure="later: 503", attempts=16)
    assert "Try again" in await shown(app_server, "carmen")
    for _ in range(2):
        assert await again(app_server, "carmen", one) == 303
    async with runtime.reading() as session:
        (event,) = (await session.execute(select(NoticeEventRow))).scalars().all()
    assert (event.outbox_id, event.actor, event.event) == (one, staff["carmen"], "tried_again")
    assert (await rows(runtime))["dead"].state != "dead"
    assert "Tried again by Carmen at 10:30" in await shown(app_server, "carmen")


async def test_what_is_over_or_not_theirs_is_not_tried_again(
    app_server: AppServer, staff: dict[str, str], clock: Any
) -> None:
    runtime = app_server.runtime
    theirs = await told(runtime, "theirs", "dead", office="norte", failure="later: 503")
    assert await again(app_server, "carmen", theirs) == 404
    over = await told(runtime, "over", "dead", failure="later: 503")
    clock.advance(days=3)
    assert await again(app_server, "carmen", over) == 303
    assert (await rows(runtime))["over"].state == "dead"


@pytest.mark.parametrize(
    ("channel", "recipient", "seen"),
    [
        ("email", "amina@example.org", "a…@example.org"),
        ("sms", "+34600000123", "··· 123"),
        ("push", "01SUBSCRIPTION", ""),
        ("email", "", ""),
        ("sms", "", ""),
    ],
)
def test_a_contact_is_shown_as_far_as_one_needs_to_recognise_it(
    channel: str, recipient: str, seen: str, database_url: str
) -> None:
    assert masked(channel, recipient) == seen


@pytest.mark.parametrize(
    ("failure", "sentence", "detail"),
    [
        ("refused: 422", REASONS["refused"], "422"),
        ("recipient_refused 550 5.1.1", REASONS["recipient_refused"], "550 5.1.1"),
        ("phone_country", REASONS["phone_country"], ""),
        ("all connections are busy", REASONS["all"], "connections are busy"),
        ("ConnectionResetError", UNKNOWN_REASON, "ConnectionResetError"),
        (None, None, ""),
    ],
)
def test_every_failure_has_its_words(failure: str | None, sentence: str, detail: str, database_url: str) -> None:
    assert reason_of(failure) == (sentence, detail)
