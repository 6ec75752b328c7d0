"""A probe without sockets, whose answer and close can be held back."""

from __future__ import annotations

import asyncio

from office360.precheck.domain.offer import BadOffer
from office360.precheck.realtime.live_tests import MediaProbe, ProbeCallbacks

BAD_OFFER = "bad"


class FakeProbe:
    """A probe that a test may hold back.

    `answer_gate` and `close_gate` are open unless a test closes them.
    """

    def __init__(self, callbacks: ProbeCallbacks) -> None:
        self.callbacks = callbacks
        self.answer_gate, self.close_gate = asyncio.Event(), asyncio.Event()
        self.answer_gate.set()
        self.close_gate.set()
        self.is_answering = self.is_closing = self.is_closed = self.is_aborted = False
        self.has_traffic = False

    async def answer_offer(self, offer: str) -> str:
        self.is_answering = True
        await self.answer_gate.wait()
        if offer == BAD_OFFER:
            raise BadOffer("test")
        return "answer"

    def has_new_traffic(self) -> bool:
        return self.has_traffic

    async def close(self) -> None:
        self.is_closing = True
        await self.close_gate.wait()
        self.is_closed = True

    async def abort(self) -> None:
        self.is_aborted = True


class FakeProbes:
    """All probes that a room opened. The next probes are held as the flags say."""

    def __init__(self) -> None:
        self.opened: list[FakeProbe] = []
        self.hold_answers = self.hold_closes = False

    def open_probe(self, callbacks: ProbeCallbacks) -> MediaProbe:
        probe = FakeProbe(callbacks)
        if self.hold_answers:
            probe.answer_gate.clear()
        if self.hold_closes:
            probe.close_gate.clear()
        self.opened.append(probe)
        return probe
