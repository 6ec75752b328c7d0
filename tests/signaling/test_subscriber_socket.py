"""Sockets that only follow: let in, left to a Follower, answered, and gone; under our server and under another."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.signaling import close_codes, subscriber_socket
from office360.signaling.asgi_websocket import WAITING_MESSAGES
from office360.signaling.close_codes import Closed
from office360.signaling.connection import MESSAGES_BURST
from office360.signaling.keepalive import Keepalive
from office360.signaling.push_socket import Outlet, push_socket
from office360.signaling.subscriber_socket import Follower, follow, refusal_of
from office360.signaling.websocket_protocol import SocketProtocol, Sockets
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from ..support.timeouts import PATIENCE_S
from .support.asgi_apps import Site, masked, raw, site


class One(Follower):
    """A follower that says when it is gone."""

    __slots__ = ("over",)

    def __init__(self, outlet: Outlet, refusal: str) -> None:
        super().__init__(outlet, refusal)
        self.over = asyncio.Event()

    def gone(self) -> None:
        self.over.set()


class Desk:
    """Lets in whoever does not say `wrong`, with a state at once."""

    def __init__(self) -> None:
        self.in_: list[One] = []
        self.over: list[str] = []
        self.slow = asyncio.Event()
        self.slow.set()

    async def hello(self, websocket: WebSocket, outlet: Outlet, message: dict[str, Any]) -> Follower:
        if message.get("token") == "wrong":
            raise Closed(close_codes.NOT_FOUND, "no such token")
        await self.slow.wait()
        one = One(outlet, refusal_of(websocket))
        outlet.push(b'{"state":1}')
        if message.get("token") == "over":
            outlet.close(close_codes.NORMAL, "over")
        self.in_.append(one)
        return one

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        websocket = WebSocket(scope, receive, send)
        websocket.state.describe_error = lambda _connection, error: f"the text of {error.code}"
        websocket.state.runtime = type("Site", (), {"public_url": "https://office.example.org"})()
        try:
            await follow(websocket, self)
        finally:
            socket = push_socket(scope)
            if socket is not None:
                socket.when_over(lambda: self.over.append("seat"))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=["ours", "websockets-sansio"])
async def at(request: pytest.FixtureRequest, desk: Desk) -> AsyncIterator[Site]:
    """Both ways to serve a follower."""
    async with site(desk, None if request.param == "ours" else request.param) as running:
        yield running


@pytest.fixture
async def ours(desk: Desk) -> AsyncIterator[Site]:
    async with site(desk) as running:
        yield running


async def _greeted(peer: ClientConnection, token: str = "amina") -> None:
    await peer.send(json.dumps({"type": "hello", "token": token}))
    assert await peer.recv() == '{"state":1}'


async def _close_code(peer: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionClosedError):  # an error to the library: it was not 1000 or 1001
            async for _ in peer:
                continue
    return peer.close_code


async def _gone(one: One) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await one.over.wait()


# The same under every server


async def test_whoever_is_let_in_is_told_states(at: Site, desk: Desk) -> None:
    async with connect(at.url) as peer:
        await _greeted(peer)
        desk.in_[0].outlet.push('{"state":"ñ"}'.encode())
        assert await peer.recv() == '{"state":"ñ"}'


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type":"hello","token":"wrong"}', close_codes.NOT_FOUND),
        ('{"type":"ping"}', close_codes.NO_HELLO),
        ("nonsense", close_codes.MALFORMED),
        (b"bytes", close_codes.MALFORMED),
    ],
)
async def test_what_is_no_good_hello_ends_the_socket(at: Site, first: str | bytes, code: int) -> None:
    async with connect(at.url) as peer:
        await peer.send(first)
        assert await _close_code(peer) == code


async def test_silence_is_not_waited_for(at: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_socket, "HELLO_S", 0.1)
    monkeypatch.setattr("office360.signaling.connection.HELLO_S", 0.1)
    async with connect(at.url) as peer:
        assert await _close_code(peer) == close_codes.NO_HELLO


async def test_a_foreign_page_is_refused_before_the_upgrade(at: Site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(at.url, origin="https://elsewhere.example.org").__aenter__()  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


async def test_it_answers_pings_and_refuses_the_rest_in_words(at: Site, desk: Desk) -> None:
    async with connect(at.url) as peer:
        await _greeted(peer)
        await peer.send('{"type":"ping"}')
        assert await peer.recv() == '{"type":"pong"}'
        await peer.send('{"type":"pong"}')
        await peer.send('{"type":"dance","id":7}')
        assert json.loads(await peer.recv()) == {
            "type": "error",
            "code": "unknown_type",
            "message": "the text of unknown_type",
            "in_reply_to": "dance",
            "id": 7,
        }


@pytest.mark.parametrize("said", ["{", "[]", b"bytes"])
async def test_nonsense_ends_this_socket_only(at: Site, desk: Desk, said: str | bytes) -> None:
    async with connect(at.url) as peer, connect(at.url) as other:
        await _greeted(peer)
        await _greeted(other)
        await peer.send(said)
        assert await _close_code(peer) == close_codes.MALFORMED
        await _gone(desk.in_[0])
        desk.in_[1].outlet.push(b'{"state":2}')
        assert await other.recv() == '{"state":2}'


async def test_a_flood_of_messages_is_closed(at: Site) -> None:
    async with connect(at.url) as peer:
        await _greeted(peer)
        for _ in range(MESSAGES_BURST + 5):
            await peer.send('{"type":"pong"}')
        assert await _close_code(peer) == close_codes.TOO_MANY


async def test_whoever_is_over_gets_the_last_state_and_the_end(at: Site, desk: Desk) -> None:
    async with connect(at.url) as peer:
        await _greeted(peer, "over")
        assert await _close_code(peer) == close_codes.NORMAL
    await _gone(desk.in_[0])


async def test_whoever_leaves_is_gone(at: Site, desk: Desk) -> None:
    async with connect(at.url) as peer:
        await _greeted(peer)
    await _gone(desk.in_[0])


async def test_a_server_that_ends_says_so_to_followers(at: Site, desk: Desk) -> None:
    peer = await connect(at.url).__aenter__()
    await _greeted(peer)
    at.server.should_exit = True
    assert await _close_code(peer) == 1012
    await _gone(desk.in_[0])


# Ours: nothing is kept of a follower but its socket


async def _settled(at: Site) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while at.server.server_state.tasks:
            await asyncio.sleep(0)


async def test_no_task_no_scope_and_no_parser_stay(ours: Site, desk: Desk) -> None:
    async with connect(ours.url) as peer:
        await _greeted(peer)
        await _settled(ours)
        socket = desk.in_[0].outlet
        assert isinstance(socket, SocketProtocol)
        assert (socket._exchange, socket._conn) == (None, None)
        assert len(ours.server.server_state.connections) == 1
        await peer.send('{"type":"ping"}')
        assert await peer.recv() == '{"type":"pong"}'
        assert socket._conn is None
        kept = [one for one in gc.get_referrers(desk.in_[0]) if isinstance(one, dict) and "headers" in one]
        assert kept == []
    await _gone(desk.in_[0])
    assert desk.over == ["seat"]


async def test_a_follower_may_speak_in_pieces(ours: Site, desk: Desk) -> None:
    async with raw(ours.port) as peer:
        peer.write(masked(b'{"type":"hello"}'))
        assert await peer.frame() == (0x81, b'{"state":1}')
        await _settled(ours)
        for part in (b'{"type"', b':"pi', b'ng"}'):
            first = 0x01 if part.startswith(b"{") else 0x80 if part.endswith(b"}") else 0x00
            whole = masked(part, first)
            for piece in (whole[:1], whole[1:5], whole[5:]):
                peer.write(piece)
                await peer.writer.drain()
                await asyncio.sleep(0.001)
        assert await peer.frame() == (0x81, b'{"type":"pong"}')
        peer.write(masked(b"x" * 65_537))
        assert await peer.close_code() == 1009
    await _gone(desk.in_[0])


async def test_what_came_before_it_was_left_alone_is_heard(ours: Site, desk: Desk) -> None:
    desk.slow.clear()
    async with raw(ours.port) as peer:
        peer.write(masked(b'{"type":"hello"}') + masked(b'{"type":"ping"}') + masked(b"", 0x89))
        assert await peer.frame() == (0x8A, b"")
        desk.slow.set()
        assert await peer.frame() == (0x81, b'{"state":1}')
        assert await peer.frame() == (0x81, b'{"type":"pong"}')


async def test_whoever_said_more_than_was_read_is_read_on_once_it_was_left_alone(ours: Site, desk: Desk) -> None:
    desk.slow.clear()
    said = masked(b'{"type":"ping"}')
    async with raw(ours.port) as peer:
        peer.write(masked(b'{"type":"hello"}') + said * (2 * WAITING_MESSAGES) + masked(b"", 0x89))
        assert await peer.frame() == (0x8A, b"")
        desk.slow.set()
        assert await peer.frame() == (0x81, b'{"state":1}')
        peer.write(said)
        for _ in range(2 * WAITING_MESSAGES + 1):
            assert await peer.frame() == (0x81, b'{"type":"pong"}')
    await _gone(desk.in_[0])


async def test_whoever_left_during_its_hello_is_gone_all_the_same(ours: Site, desk: Desk) -> None:
    desk.slow.clear()
    async with raw(ours.port) as peer:
        peer.write(masked(b'{"type":"hello"}') + masked(b"", 0x89))
        await peer.frame()
    async with asyncio.timeout(PATIENCE_S):
        while ours.server.server_state.connections:
            await asyncio.sleep(0.001)
    desk.slow.set()
    await _settled(ours)
    await _gone(desk.in_[0])
    assert desk.over == ["seat"]


async def test_a_follower_that_never_reads_is_let_go_within_bounded_memory(ours: Site, desk: Desk) -> None:
    async with raw(ours.port, limit=1_000) as peer, connect(ours.url) as other:
        peer.write(masked(b'{"type":"hello"}'))
        await peer.frame()
        await _greeted(other)
        socket = desk.in_[0].outlet
        assert isinstance(socket, SocketProtocol)
        state, most = b'{"state":"' + b"x" * 10_000 + b'"}', 0
        while not socket.is_over:
            socket.push(state)
            most = max(most, socket._transport.get_write_buffer_size())
            await asyncio.sleep(0)
        assert most < 64 * 1024 + 2 * len(state)
        await _gone(desk.in_[0])
        desk.in_[1].outlet.push(b'{"state":2}')
        assert await other.recv() == '{"state":2}'


async def test_a_silent_follower_is_given_up(desk: Desk) -> None:
    sockets = Sockets(Keepalive(every=2, given_up_after=5, tick_s=0.05))
    async with site(desk, sockets) as at, raw(at.port) as silent, connect(at.url) as answering:
        silent.write(masked(b'{"type":"hello"}'))
        await _greeted(answering)
        assert await silent.close_code() == 1011
        await answering.send('{"type":"ping"}')
        assert await answering.recv() == '{"type":"pong"}'
