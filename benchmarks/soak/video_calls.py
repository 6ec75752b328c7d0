"""Video calls and connection tests of a soak: sockets, signals, and media by aiortc."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
from aiortc import RTCSessionDescription

from ...tests.precheck.support.webrtc_client import BrowserPeer
from .citizens import Citizens, book
from .ledger import Outcome

CALL_S = (4.0, 12.0)
STEP_TIMEOUT_S = 60.0  # a step of a call, with all reconnections
RECONNECT_DELAY_S = (0.2, 1.5)
ROOM_OPENS = timedelta(minutes=14)  # before the start; the product says 15
LAST_CODES = frozenset({1000, 4100, 4101, 4102, 4104, 4105, 4106})
NOT_FOUND = 4104  # also of a room that is over
DESCRIPTION = {"type": "offer", "sdp": "v=0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


@dataclass
class RoomPeer:
    """One side of a call, which reconnects with its session as static/rooms/signaling.js does."""

    session: aiohttp.ClientSession
    hello: dict[str, Any]
    people: Citizens
    is_citizen: bool
    welcome: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    peer: str = ""
    is_ended: bool = False
    reconnections: int = 0
    received: Counter[str] = field(default_factory=Counter)
    close_code: int | None = None
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _seq: int = 0

    def __str__(self) -> str:
        return f"{self.state}, close code {self.close_code}, received {dict(self.received)}"

    async def follow(self) -> None:
        """Keep a socket until the call is over."""
        while not self.is_ended and self.close_code not in LAST_CODES:
            try:
                async with self.session.ws_connect("/ws/room", timeout=_WS_TIMEOUT) as socket:
                    resume = (
                        {"resume": {"session": self.welcome["session"], "seq": self._seq}} if self.welcome else {}
                    )
                    await socket.send_json({"type": "hello", **self.hello, **resume})
                    self._socket = socket
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            self._take(message.json())
                    self.close_code = socket.close_code
                    self.is_ended = self.is_ended or (bool(self.welcome) and self.close_code == NOT_FOUND)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
                pass
            self._socket = None
            self.reconnections += 1
            await asyncio.sleep(self.people.chance.uniform(*RECONNECT_DELAY_S))

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        self.received[kind] += 1
        self._seq = message.get("seq", self._seq)
        if kind == "welcome":
            self.welcome, self.state = message, message["state"]
            for participant in message["participants"]:
                self._see(participant)
        elif kind in ("participant_joined", "participant_updated"):
            self._see(message)
        elif kind in ("lobby", "admitted"):
            self.state = kind
            for participant in message.get("participants", ()):
                self._see(participant)
        elif kind == "ended":
            self.is_ended = True

    def _see(self, other: dict[str, Any]) -> None:
        if other.get("role") == "citizen" or (self.is_citizen and other.get("role")):
            self.peer = other["participant"]

    async def send(self, type: str, **more: Any) -> None:
        """Send if there is a socket; a caller repeats it until it sees the effect."""
        if self._socket is not None and not self._socket.closed:
            try:
                await self._socket.send_json({"type": type, **more})
            except (aiohttp.ClientError, OSError):
                return

    async def send_until(self, done: Any, type: str, **more: Any) -> bool:
        """Repeat a command once a second until its effect shows. Returns False after the timeout."""
        deadline = time.monotonic() + STEP_TIMEOUT_S
        while not done():
            if time.monotonic() > deadline:
                return False
            if self.close_code not in LAST_CODES:  # else the effect may still reach the other
                await self.send(
                    type, **{name: value() if callable(value) else value for name, value in more.items()}
                )
            for _ in range(10):
                if done():
                    break
                await asyncio.sleep(0.1)
        return True


_WS_TIMEOUT = aiohttp.ClientWSTimeout(ws_receive=60.0, ws_close=2.0)


@dataclass
class VideoCalls:
    """Counts of calls and of connection tests."""

    people: Citizens
    calls: Counter[str] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)
    reconnections: int = 0
    stuck: list[str] = field(default_factory=list)  # calls in which a step had no effect

    async def call(self) -> None:
        """Book a video appointment that is soon, meet the agent, exchange signals, and end."""
        people = self.people
        email, office = people.new_email("video"), people.office()
        booked = await book(people, email, office, "certificate", "video", within=ROOM_OPENS)
        if booked is None:
            self.calls["no slot"] += 1
            return
        citizen = RoomPeer(people.client.session, {"token": booked["token"]}, people, is_citizen=True)
        hello = {"appointment": booked["id"], "key": office.host_key}
        agent = RoomPeer(people.client.session, hello, people, is_citizen=False)
        following = [asyncio.create_task(side.follow(), name="room socket") for side in (citizen, agent)]
        try:
            reached = await self._talk(citizen, agent)
        finally:
            for task in following:
                task.cancel()
            results = await asyncio.gather(*following, return_exceptions=True)
        for failed in (result for result in results if isinstance(result, Exception)):
            raise failed  # a mistake of the soak itself
        self.reconnections += citizen.reconnections + agent.reconnections
        self.calls[reached] += 1
        if reached == "ended":
            people.ledger.ended_rooms.add(booked["id"])
        else:
            self.stuck.append(f"room {booked['id']}: {reached}; citizen {citizen}; agent {agent}")

    async def _talk(self, citizen: RoomPeer, agent: RoomPeer) -> str:
        if not await citizen.send_until(lambda: citizen.state in ("lobby", "admitted"), "join"):
            return "no lobby"
        if not await agent.send_until(
            lambda: citizen.state == "admitted" and agent.peer, "admit", participant=lambda: agent.peer
        ):
            return "not admitted"
        signals = (
            (agent, citizen, "description", {"description": DESCRIPTION, "pc_gen": 0}),
            (citizen, agent, "description", {"description": {**DESCRIPTION, "type": "answer"}, "pc_gen": 0}),
            (citizen, agent, "candidate", {"candidate": CANDIDATE, "pc_gen": 0}),
            (agent, citizen, "chat", {"text": "Buenos días"}),
        )
        for sender, receiver, type, more in signals:
            to = {} if type == "chat" else {"to": lambda sender=sender: sender.peer}
            if not await sender.send_until(lambda: receiver.received[type], type, **to, **more):  # noqa: B023
                return f"no {type}"
        await asyncio.sleep(self.people.chance.uniform(*CALL_S))
        ended = await agent.send_until(lambda: citizen.is_ended and agent.is_ended, "end", outcome="served")
        return "ended" if ended else "not ended"

    async def test_connection(self) -> None:
        """Measure a connection as the page does: media to the test room, pings, and a report."""
        client = self.people.client
        begun = await client.post("/api/v1/tests", {}, patience_s=30)
        if begun.outcome is not Outcome.ACKNOWLEDGED:
            self.tests[f"refused {begun.status}"] += 1
            return
        path = f"/api/v1/tests/{begun.body['token']}"
        browser = BrowserPeer(video=False)
        try:
            async with asyncio.timeout(30):
                offer = await browser.offer()
                headers = {"Content-Type": "application/sdp"}
                async with client.session.post(f"{path}/offer", data=offer, headers=headers) as answer:
                    client.traffic.record(answer.status, "POST /api/v1/tests/…/offer", 0.0)
                    if answer.status != 201:
                        self.tests[f"offer {answer.status}"] += 1
                        return
                    sdp = await answer.text()
                await browser.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
                await browser.wait_until_open(browser.control)
                await browser.request(type="ping", n=1)
            self.tests["media"] += 1
        except (aiohttp.ClientError, TimeoutError, OSError, ConnectionError):
            self.tests["no media"] += 1
        finally:
            await browser.pc.close()
        report = await client.post(f"{path}/report", {"measurements": {"rtt_ms": 20, "path": "udp"}})
        self.tests["reported" if report.outcome is Outcome.ACKNOWLEDGED else f"report {report.status}"] += 1
