"""Places and media of a test room: whatever happens, no media outlives its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

import pytest
from office360.core.errors import Gone, Unavailable
from office360.core.runtime import Runtime
from office360.precheck.domain.offer import BadOffer
from office360.precheck.realtime import live_tests
from office360.precheck.realtime.live_tests import LiveTestLimits, LiveTests

from ...conftest import FakeClock
from ..support.fake_probe import BAD_OFFER, FakeProbe, FakeProbes
from ..support.webrtc_client import wait_until

AMINA, BORIS = live_tests.TestRequester("192.0.2.1"), live_tests.TestRequester("192.0.2.2")


@dataclass
class HeldRoom:
    """A room of four places whose probes a test holds back."""

    live: LiveTests
    probes: FakeProbes
    clock: FakeClock

    async def begin_answer(self, test_id: str, offer: str = "offer") -> asyncio.Task[str]:
        """Send an offer, and return once its probe makes the answer."""
        before = len(self.probes.opened)
        task = asyncio.create_task(self.live.answer_offer(test_id, AMINA, offer))
        await wait_until(lambda: len(self.probes.opened) > before and self.probes.opened[-1].is_answering)
        return task

    async def expire_all(self) -> None:
        """Let all places expire, and wait until their media has closed."""
        self.clock.advance(minutes=3)
        self.live.release_idle_places()
        await wait_until(lambda: all(probe.is_closed for probe in self.probes.opened))

    @property
    def places(self) -> list[str]:
        return [place.test_id for place in self.live.current_room.places]

    @property
    def probe(self) -> FakeProbe:
        return self.probes.opened[-1]


@pytest.fixture
async def room(clock: FakeClock) -> AsyncIterator[HeldRoom]:
    probes = FakeProbes()
    live = LiveTests(cast(Runtime, clock), LiveTestLimits(sessions=4, per_hour=20), probes.open_probe)
    yield HeldRoom(live, probes, clock)
    for probe in probes.opened:
        probe.answer_gate.set()
        probe.close_gate.set()
    await live.close()


async def test_another_start_keeps_the_place_being_answered(room: HeldRoom) -> None:
    room.probes.hold_answers = True
    room.live.take_place("first", AMINA)
    answer = await room.begin_answer("first")
    room.live.take_place("second", AMINA)
    assert room.places == ["first", "second"]
    room.probe.answer_gate.set()
    assert await answer == "answer"
    await room.expire_all()
    assert (room.places, room.live.open_probes) == ([], 0)


async def test_place_without_media_ends_with_another_start(room: HeldRoom) -> None:
    with pytest.raises(BadOffer):
        await room.live.answer_offer("first", AMINA, BAD_OFFER)
    room.live.take_place("second", AMINA)
    assert room.places == ["second"]
    assert room.live._media == {}
    assert room.probe.is_closed


async def test_bad_second_offer_keeps_the_place(room: HeldRoom) -> None:
    await room.live.answer_offer("first", AMINA, "offer")
    with pytest.raises(BadOffer):
        await room.live.answer_offer("first", AMINA, BAD_OFFER)
    room.live.take_place("second", AMINA)
    assert room.places == ["first", "second"]
    assert all(probe.is_closed for probe in room.probes.opened)


async def test_media_without_a_place_is_swept(room: HeldRoom) -> None:
    await room.live.answer_offer("first", AMINA, "offer")
    room.live._room = replace(room.live._room, places=())
    room.live.release_idle_places()
    await wait_until(lambda: room.probe.is_closed)
    assert room.live._media == {}


async def test_answer_of_a_deleted_test_closes_its_probe(room: HeldRoom) -> None:
    room.probes.hold_answers = True
    answer = await room.begin_answer("first")
    waiting = asyncio.create_task(room.live.answer_offer("first", AMINA, "offer"))
    await asyncio.sleep(0)
    room.live.release_place("first")
    room.probe.answer_gate.set()
    for offered in (answer, waiting):
        with pytest.raises(Unavailable):
            await offered
    assert (room.places, room.live.open_probes, len(room.probes.opened)) == ([], 0, 1)


async def test_expired_test_with_hanging_answer_ends(room: HeldRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_tests, "ANSWER_TIMEOUT_S", 0.01)
    room.probes.hold_answers = True
    with pytest.raises(Unavailable):
        await room.live.answer_offer("first", AMINA, "offer")
    assert room.probe.is_closed


async def test_cancelled_request_closes_its_probe(room: HeldRoom) -> None:
    room.probes.hold_answers = room.probes.hold_closes = True
    answer = await room.begin_answer("first")
    answer.cancel()
    await wait_until(lambda: room.probe.is_closing)
    answer.cancel()  # a second time, while the probe closes
    with suppress(asyncio.CancelledError):
        await answer
    room.probe.close_gate.set()
    await wait_until(lambda: room.probe.is_closed)
    assert room.live.open_probes == 0


async def test_replaced_probe_closes_though_request_is_cancelled(room: HeldRoom) -> None:
    room.probes.hold_closes = True
    await room.live.answer_offer("first", AMINA, "offer")
    second = asyncio.create_task(room.live.answer_offer("first", AMINA, "offer"))
    await wait_until(lambda: room.probe.is_closing)
    second.cancel()
    with suppress(asyncio.CancelledError):
        await second
    room.probe.close_gate.set()
    await wait_until(lambda: room.probe.is_closed)
    assert len(room.probes.opened) == 1


async def test_hanging_close_is_aborted(room: HeldRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_tests, "CLOSE_TIMEOUT_S", 0.01)
    room.probes.hold_closes = True
    await room.live.answer_offer("first", AMINA, "offer")
    room.live.release_place("first")
    await wait_until(lambda: room.probe.is_aborted)
    await wait_until(lambda: room.live.open_probes == 0)


async def test_offers_beyond_the_limit_leave_no_probe(room: HeldRoom) -> None:
    for _ in range(live_tests.MAX_OFFERS):
        await room.live.answer_offer("first", AMINA, "offer")
    with pytest.raises(Gone):
        await room.live.answer_offer("first", AMINA, "offer")
    assert room.live.open_probes == 1
    await room.expire_all()


async def test_closed_room_ends_answers_and_refuses_offers(room: HeldRoom) -> None:
    room.probes.hold_answers = True
    answer = await room.begin_answer("first")
    closing = asyncio.create_task(room.live.close())
    await asyncio.sleep(0)
    assert not closing.done()
    room.probe.answer_gate.set()
    await closing
    with pytest.raises(Unavailable):
        await answer
    with pytest.raises(Unavailable):
        await room.live.answer_offer("second", BORIS, "offer")
    assert (room.probe.is_closed, room.live.open_probes, len(room.probes.opened)) == (True, 0, 1)
