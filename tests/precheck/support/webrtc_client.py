"""A browser's side of a test by aiortc: real media and data channels on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from office360.precheck.realtime.ice_gathering import LOOPBACK, gather_candidates

from ...support.timeouts import TEST_TIMEOUT_S

BROWSER_PORTS = range(42_000, 42_400)


class BrowserPeer:
    """A peer connection like the page's: video, audio, `control` and `probe`."""

    def __init__(self, *, video: bool = True, audio: bool = True) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.control = self.pc.createDataChannel("control")
        self.probe = self.pc.createDataChannel("probe", ordered=False, maxRetransmits=0)
        self.packets: list[bytes] = []
        self._told: list[dict[str, Any]] = []
        self.tracks: dict[str, MediaStreamTrack] = {}
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.control.on("message", lambda text: self._said.put_nowait(json.loads(text)))
        self.probe.on("message", self._note_probe_message)
        self.pc.on("track", lambda track: self.tracks.setdefault(track.kind, track))
        for track in [*([VideoStreamTrack()] if video else []), *([AudioStreamTrack()] if audio else [])]:
            self.pc.addTrack(track)

    async def offer(self) -> str:
        """Create an offer with candidates on loopback only."""
        for ice in {self._ice(sender) for sender in [*self.pc.getSenders(), self.pc.sctp]}:
            await gather_candidates(ice.iceGatherer._connection, [LOOPBACK], BROWSER_PORTS)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    @staticmethod
    def _ice(part: Any) -> Any:
        return part.transport.transport

    async def accept(self, answer: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await self.wait_until_open(self.control)

    async def wait_until_open(self, channel: RTCDataChannel) -> None:
        """Wait until a channel is open."""
        await wait_until(lambda: channel.readyState == "open")

    def told(self, type: str) -> list[dict[str, Any]]:
        """Return the messages of a type that the server sent on `probe`."""
        return [message for message in self._told if message["type"] == type]

    def _note_probe_message(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self.packets.append(data)
        else:
            self._told.append(json.loads(data))

    async def request(self, **message: Any) -> dict[str, Any]:
        """Send a message on `control`. Returns the next answer."""
        self.control.send(json.dumps(message))
        return await asyncio.wait_for(self._said.get(), TEST_TIMEOUT_S)

    async def receive_frames(self, kind: str, count: int) -> list[Any]:
        """Receive and decode `count` returned frames."""
        return [await asyncio.wait_for(self.tracks[kind].recv(), TEST_TIMEOUT_S) for _ in range(count)]


async def wait_until(holds: Callable[[], bool], seconds: float = TEST_TIMEOUT_S) -> None:
    """Wait until the condition holds. Fails after the timeout."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def connect_browser(answer: Callable[[str], Awaitable[str]], **media: bool) -> AsyncIterator[BrowserPeer]:
    """Connect a browser through the function that answers its offer."""
    browser = BrowserPeer(**media)
    try:
        await browser.accept(await answer(await browser.offer()))
        yield browser
    finally:
        await browser.pc.close()
