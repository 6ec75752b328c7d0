"""What a person away from the page is told: pure, then as rows of the outbox beside their cause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.core.contact import push_subscriptions
from office360.core.contact.push_subscriptions import Browser, PushSite
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import office_by_slug
from office360.queue import service
from office360.queue.actions import notification_subscriptions
from office360.queue.actions.line_transaction import lock
from office360.queue.actions.upcoming_call_notifications import Foreseen, Foreteller
from office360.queue.domain import ticket, ticket_notifications
from office360.queue.domain.ticket import LineRules, State
from office360.queue.domain.ticket_notifications import Told
from office360.queue.notify.ticket_messages import News
from office360.queue.service import IssuedTicket
from office360.queue.storage import line_cache, store
from sqlalchemy import event, select

from ...support.timeouts import PATIENCE_S
from ..conftest import BORIS, ELENA, Hall
from ..support.tickets import at, walk_in

PHONE = Browser("https://push.example.org/send/amina", "BPublic", "auth")
LAPTOP = Browser("https://push.example.org/send/amina-laptop", "BPublic", "auth")
SITE = PushSite("public key")
NUMBER = "+34600000001"
RULES = LineRules()


# Pure


def test_nobody_is_told_what_they_did_themselves() -> None:
    missed = walk_in(1, 0, state=State.CALLED)
    back = ticket.postpone(missed, RULES, at(1))
    assert ticket_notifications.of_change(missed, back, ticket_notifications.CITIZEN) is None
    returned = ticket_notifications.of_change(missed, back, "staff:boris")
    assert returned is not None
    assert returned.kind == "turn_returned"


@pytest.mark.parametrize(
    ("was", "state", "kind"),
    [
        (State.WAITING, State.CALLED, "turn_called"),
        (State.ON_HOLD, State.CALLED, "turn_called"),
        (State.CALLED, State.MISSED, "turn_missed"),
        (State.MISSED, State.NO_SHOW, "turn_lost"),
        (State.CALLED, State.NO_SHOW, "turn_lost"),
        (State.STANDBY, State.WAITING, "turn_admitted"),
        (State.SERVING, State.WAITING, "turn_transferred"),
        (State.WAITING, State.EXPIRED, "turn_closed"),
        (State.STANDBY, State.EXPIRED, "turn_closed"),
        (State.CALLED, State.SERVING, None),
        (State.SERVING, State.ON_HOLD, None),
        (State.ON_HOLD, State.WAITING, None),
        (State.MISSED, State.WAITING, None),
        (State.SERVING, State.FINISHED, None),
        (State.WAITING, State.LEFT, None),
    ],
)
def test_each_change_that_matters_has_its_notice(was: State, state: State, kind: str | None) -> None:
    before = walk_in(1, 0, state=was)
    notice = ticket_notifications.of_change(before, replace(before, state=state), "timer")
    assert (notice.kind if notice else None) == kind


def test_a_call_and_each_call_again_are_different_things_to_tell() -> None:
    waiting = walk_in(1, 0)
    called = ticket.call(waiting, "desk", "boris", at(5))
    again = ticket.recall(called)
    told = [
        ticket_notifications.of_change(waiting, called, "staff:b"),
        ticket_notifications.of_change(called, again, "timer"),
    ]
    third = ticket_notifications.of_change(again, ticket.recall(again), "staff:b")
    assert [one.kind for one in told if one] == ["turn_called", "turn_called_again"]
    assert third is not None
    assert len({(one.kind, one.stamp) for one in [*told, third] if one}) == 3


def test_a_range_has_moved_when_one_end_has_gone_more_than_a_quarter_of_an_hour() -> None:
    told = Told(at(30), at(40))
    assert not ticket_notifications.moved(told, Told(at(45), at(55)))
    assert ticket_notifications.moved(told, Told(at(46), at(56)))
    assert ticket_notifications.moved(told, Told(at(10), at(20)))
    assert ticket_notifications.moved(told, Told(at(30), at(56)))
    assert not ticket_notifications.moved(told, None)
    assert ticket_notifications.moved(None, told)


def test_near_are_the_first_three_unless_they_asked_for_time() -> None:
    waiting = walk_in(1, 0)
    assert [ticket_notifications.nearing(waiting, ahead, at(1)) is not None for ahead in (0, 1, 2, 3, None)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert ticket_notifications.nearing(replace(waiting, not_before=at(11)), 0, at(1)) is None
    assert ticket_notifications.nearing(replace(waiting, state=State.CALLED), 0, at(1)) is None


def test_every_kind_that_can_be_told_is_listed() -> None:
    made = {
        ticket_notifications.ISSUED.kind,
        *ticket_notifications._NEW_STATE.values(),
        *ticket_notifications._BACK_IN_LINE.values(),
    }
    made |= {"turn_called_again", "turn_next", "turn_moved", "turn_paused", "turn_resumed"}
    assert made == ticket_notifications.KINDS


# Beside their cause


async def told(runtime: Runtime, state: str | None = None) -> list[OutboxRow]:
    """The notices written, in their order."""
    statement = select(OutboxRow).where(OutboxRow.channel != "email").order_by(OutboxRow.created_at, OutboxRow.id)
    async with runtime.reading() as session:
        rows = list((await session.execute(statement)).scalars())
    return [row for row in rows if state is None or row.state == state]


def kinds(rows: list[OutboxRow]) -> list[str]:
    return [row.kind for row in rows]


async def test_who_did_not_ask_is_told_nothing(hall: Hall) -> None:
    _, called = await hall.called()
    await service.recall(hall.runtime, BORIS, called.id)
    assert await told(hall.runtime) == []


async def test_a_call_of_somebody_who_did_not_ask_asks_for_no_browser(
    hall: Hall, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    follower = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, follower.token, PHONE, SITE)
    await service.postpone(hall.runtime, follower.token)
    await hall.take()
    await hall.open()
    with statements() as said:
        called = await hall.call()
    assert called is not None
    assert not called.notify
    assert said
    assert [one for one in said if "push_subscriptions" in one or "outbox" in one] == []


@pytest.fixture
def statements(runtime: Runtime) -> Callable[[], AbstractContextManager[list[str]]]:
    """What is said to the database within a block."""

    @contextmanager
    def listening() -> Iterator[list[str]]:
        said: list[str] = []

        def note(*about: Any) -> None:
            said.append(str(about[2]))

        engines = {runtime.db.writer.sync_engine, runtime.db.reader.sync_engine}
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        yield said
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)

    return listening


async def test_whoever_subscribes_hears_the_code_and_the_range_at_once(hall: Hall) -> None:
    await hall.open()
    await hall.take()
    issued = await hall.take(language="en")
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    (row,) = await told(hall.runtime)
    seen: Any = await hall.seen(issued)
    assert (row.kind, row.channel, row.language) == ("turn_issued", "push", "en")
    assert row.payload["code"] == "A-002"
    assert row.payload["ahead"] == 1
    assert row.payload["eta_earliest"] is not None
    assert seen["eta"] is not None
    assert issued.token not in str(row.payload)


async def test_a_call_is_told_to_every_browser_and_the_number_once_each(hall: Hall, clock: Any) -> None:
    issued = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    await notification_subscriptions.subscribe(hall.runtime, issued.token, LAPTOP, SITE)
    await notification_subscriptions.ask_sms(hall.runtime, issued.token, NUMBER, countries={"34"})
    await hall.open()
    clock.advance(seconds=1)
    called = await hall.call()
    assert called is not None
    rows = [row for row in await told(hall.runtime) if row.kind == "turn_called"]
    assert sorted(row.channel for row in rows) == ["push", "push", "sms"]
    assert {row.payload["desk"] for row in rows} == {"1"}
    assert {row.payload["way"] for row in rows} == {"Al fondo, a la izquierda"}
    assert {row.state for row in await told(hall.runtime) if row.kind == "turn_issued"} == {"void"}


async def test_subscribing_again_from_the_same_browser_is_one_subscription(hall: Hall) -> None:
    issued = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    await hall.open()
    await hall.call()
    assert kinds(await told(hall.runtime)) == ["turn_issued", "turn_called"]


async def test_a_visit_is_told_from_the_call_to_the_lost_turn(hall: Hall, clock: Any) -> None:
    issued = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    await hall.open()
    await hall.call()
    clock.advance(seconds=61)
    await hall.timers()
    clock.advance(seconds=120)
    await hall.timers()
    rows = {row.kind: row for row in await told(hall.runtime)}
    assert list(rows) == ["turn_issued", "turn_called", "turn_called_again", "turn_missed"]
    assert rows["turn_missed"].payload["may_return_until"] is not None
    clock.advance(minutes=21)
    await hall.timers()
    assert kinds(await told(hall.runtime))[-1] == "turn_lost"


async def test_when_the_office_closes_whoever_still_waits_is_told(hall: Hall, clock: Any) -> None:
    issued = await hall.take()
    await notification_subscriptions.ask_sms(hall.runtime, issued.token, NUMBER, countries={"34"})
    clock.set(clock.now().replace(hour=19))
    await hall.timers()
    assert await hall.state(issued) == "expired"
    assert kinds(await told(hall.runtime, "pending")) == ["turn_closed"]


async def test_what_was_not_sent_is_taken_back_when_the_turn_is_over(hall: Hall) -> None:
    issued = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    await service.leave(hall.runtime, issued.token)
    assert await told(hall.runtime, "pending") == []
    with pytest.raises(Refused, match="ticket_over"):
        await notification_subscriptions.subscribe(hall.runtime, issued.token, LAPTOP, SITE)


async def test_browsers_are_forgotten_when_there_is_nothing_more_to_tell_them(hall: Hall, clock: Any) -> None:
    people = [await hall.take() for _ in range(2)]
    for one in people:
        await notification_subscriptions.subscribe(hall.runtime, one.token, PHONE, SITE)
    await service.leave(hall.runtime, people[0].token)
    assert await subscribed(hall, people) == [people[1].ticket.id]
    clock.set(clock.now().replace(hour=19))
    await hall.timers()  # the office has closed: that is still told
    assert await subscribed(hall, people) == [people[1].ticket.id]
    clock.advance(hours=2)
    await Foreteller(hall.runtime).tidy()
    assert await subscribed(hall, people) == []


async def subscribed(hall: Hall, people: list[IssuedTicket]) -> list[str]:
    subjects = {f"ticket:{one.ticket.id}": one.ticket.id for one in people}
    async with hall.runtime.reading() as session:
        found = await push_subscriptions.of_subjects(session, list(subjects))
    return [subjects[one] for one in found]


async def test_whoever_ends_it_is_told_nothing_more(hall: Hall) -> None:
    issued = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    await notification_subscriptions.ask_sms(hall.runtime, issued.token, NUMBER, countries={"34"})
    await notification_subscriptions.stop_sms(hall.runtime, issued.token)
    await notification_subscriptions.unsubscribe(hall.runtime, issued.token, PHONE.endpoint)
    await hall.open()
    called = await hall.call()
    assert called is not None
    assert not called.notify
    assert await told(hall.runtime, "pending") == []


async def test_a_number_given_with_consent_is_told_from_the_start(hall: Hall) -> None:
    await hall.take(phone=NUMBER, sms=True)
    await hall.take(phone="+34600000002")
    (row,) = await told(hall.runtime)
    assert (row.kind, row.channel, row.recipient) == ("turn_issued", "sms", NUMBER)


async def test_a_pause_is_told_to_those_who_wait_and_not_to_those_at_a_desk(hall: Hall, clock: Any) -> None:
    from office360.queue.notify import ticket_messages

    first, second = await hall.take(), await hall.take()
    for one in (first, second):
        await notification_subscriptions.subscribe(
            hall.runtime, one.token, replace(PHONE, endpoint=f"{PHONE.endpoint}/{one.token}"), SITE
        )
    await hall.open()
    await hall.call()
    clock.advance(seconds=1)
    async with hall.runtime.transaction() as tx:
        await ticket_messages.tell_pause(tx, hall.office, paused=True, message="Simulacro de evacuación.")
    clock.advance(minutes=5)
    async with hall.runtime.transaction() as tx:
        await ticket_messages.tell_pause(tx, hall.office, paused=False, message=None)
    rows = [row for row in await told(hall.runtime) if row.kind in ("turn_paused", "turn_resumed")]
    assert [(row.kind, row.subject) for row in rows] == [
        ("turn_paused", f"ticket:{second.ticket.id}"),
        ("turn_resumed", f"ticket:{second.ticket.id}"),
    ]
    assert rows[0].payload["message"] == "Simulacro de evacuación."


async def test_a_fourth_number_within_a_quarter_of_an_hour_is_refused(hall: Hall, clock: Any) -> None:
    from office360.core.errors import RateLimited

    issued = await hall.take()
    for number in range(notification_subscriptions.NUMBERS):
        await notification_subscriptions.ask_sms(
            hall.runtime, issued.token, f"+3460000000{number}", countries={"34"}
        )
    with pytest.raises(RateLimited):
        await notification_subscriptions.ask_sms(hall.runtime, issued.token, "+34600000009", countries={"34"})
    clock.advance(seconds=timedelta(minutes=15).total_seconds())
    await notification_subscriptions.ask_sms(hall.runtime, issued.token, "+34600000009", countries={"34"})


# What nobody does: one's place, and one's time


async def look(hall: Hall) -> int:
    return await Foreteller(hall.runtime).look()


async def test_somebody_is_told_once_to_be_among_the_next(hall: Hall) -> None:
    await hall.open()
    people = [await hall.take() for _ in range(4)]
    await notification_subscriptions.subscribe(hall.runtime, people[3].token, PHONE, SITE)
    assert await look(hall) == 0
    await hall.call()
    assert await look(hall) == 1
    assert await look(hall) == 0
    (row,) = await told(hall.runtime, "pending")
    assert (row.kind, row.payload["ahead"], row.payload["code"]) == ("turn_next", 2, "A-004")
    await hall.open(2, ELENA)
    await hall.call(2, ELENA)
    assert await look(hall) == 0


async def test_after_ten_minutes_more_one_is_told_again_to_be_among_the_next(hall: Hall, clock: Any) -> None:
    await hall.open()
    people = [await hall.take() for _ in range(4)]
    await notification_subscriptions.subscribe(hall.runtime, people[3].token, PHONE, SITE)
    await hall.call()
    assert await look(hall) == 1
    await service.postpone(hall.runtime, people[3].token)
    assert await look(hall) == 0  # not to be called before the ten minutes are over
    clock.advance(minutes=11)
    assert await look(hall) == 1
    assert await look(hall) == 0
    assert kinds(await told(hall.runtime)).count("turn_next") == 2


async def test_a_call_that_was_answered_is_not_told_afterwards(hall: Hall) -> None:
    issued = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    await hall.open()
    called = await hall.call()
    assert called is not None
    assert kinds(await told(hall.runtime, "pending")) == ["turn_called"]
    await service.start(hall.runtime, BORIS, called.id)
    assert kinds(await told(hall.runtime, "pending")) == []


async def test_a_time_that_has_moved_by_more_than_a_quarter_of_an_hour_is_told_again(hall: Hall) -> None:
    await hall.open()
    people = [await hall.take() for _ in range(7)]
    await notification_subscriptions.ask_sms(hall.runtime, people[6].token, NUMBER, countries={"34"})
    assert await look(hall) == 0
    await hall.open(2, ELENA)  # a second desk halves the wait
    assert await look(hall) == 1
    (row,) = await told(hall.runtime, "pending")
    (first,) = await told(hall.runtime, "void")
    assert (row.kind, first.kind) == ("turn_moved", "turn_issued")
    assert row.payload["eta_earliest"] < first.payload["eta_earliest"]
    assert await look(hall) == 0


async def test_where_no_desk_was_open_the_first_time_that_can_be_told_is_told(hall: Hall) -> None:
    people = [await hall.take() for _ in range(5)]
    await notification_subscriptions.subscribe(hall.runtime, people[4].token, PHONE, SITE)
    assert (await told(hall.runtime))[0].payload["eta_earliest"] is None
    assert await look(hall) == 0
    await hall.open()
    assert await look(hall) == 1
    assert kinds(await told(hall.runtime, "pending")) == ["turn_moved"]


async def test_who_is_near_from_the_start_is_not_told_so_again(hall: Hall) -> None:
    await hall.open()
    issued = await hall.take()
    await notification_subscriptions.subscribe(hall.runtime, issued.token, PHONE, SITE)
    assert await look(hall) == 0
    assert (await told(hall.runtime))[0].payload["ahead"] == 0


async def test_two_workers_that_look_at_once_tell_it_once(hall: Hall) -> None:
    import asyncio

    await hall.open()
    people = [await hall.take() for _ in range(4)]
    await notification_subscriptions.subscribe(hall.runtime, people[3].token, PHONE, SITE)
    await hall.call()
    looks = await asyncio.gather(*(look(hall) for _ in range(4)))
    assert sum(looks) == 1
    assert kinds(await told(hall.runtime)).count("turn_next") == 1


async def test_whoever_tells_of_a_line_keeps_nobody_waiting_who_has_the_database(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In SQLite one transaction writes at a time: who waits for that must not hold the line of who has it."""
    monkeypatch.setattr(line_cache, "PATIENCE_S", 60.0)
    issued = await hall.take()
    async with hall.runtime.reading() as session:
        office = await office_by_slug(session, "centro")
        person = await store.addressee(session, issued.ticket.id)
    found = Foreseen(person, News(issued.ticket, ticket_notifications.ISSUED))
    async with hall.runtime.transaction() as tx, asyncio.timeout(PATIENCE_S):
        await office_by_slug(tx.session, "centro")
        telling = asyncio.create_task(Foreteller(hall.runtime)._tell(office, [found]))
        await asyncio.sleep(0)
        await lock(tx, office, [issued.ticket.line_id])
    await telling


async def test_whoever_was_called_meanwhile_is_not_told_to_come_back(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hall.open()
    await hall.open(2, ELENA)
    people = [await hall.take() for _ in range(4)]
    await notification_subscriptions.subscribe(hall.runtime, people[3].token, PHONE, SITE)
    await hall.call()
    teller = Foreteller(hall.runtime)
    tell = teller._tell

    async def called_first(*found: Any) -> int:
        for one in people[1:3]:
            await service.leave(hall.runtime, one.token)
        await hall.call(2, ELENA)
        return await tell(*found)

    monkeypatch.setattr(teller, "_tell", called_first)
    assert await teller.look() == 0
    assert kinds(await told(hall.runtime, "pending")) == ["turn_called"]
