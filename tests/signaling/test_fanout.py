"""Batches of states: the same rules with and without the native call, in both event loops."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import struct
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop
from office360.signaling import close_codes, fanout
from office360.signaling.fanout import StateBatch
from office360.signaling.frames import build_text_frame_header
from office360.signaling.push_socket import StateSink
from office360.signaling.websocket_protocol import (
    MAX_UNREAD_STATE_BYTES,
    UvicornWebSocketProtocol,
    WebSocketProtocolFactory,
)

from ..support.coturn import write_certificate
from ..support.timeouts import TEST_TIMEOUT_S
from .support.socket_pairs import open_socket_pairs, read_frames

RunTest = Callable[[Coroutine[Any, Any, None]], None]
SMALL_BUFFER_BYTES = 4_096  # of the kernel, which doubles it; its least value is about as large


@pytest.fixture(params=["native", "pure"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pure":
        monkeypatch.setattr(fanout, "send_frames", None)
    elif fanout.send_frames is None:
        pytest.skip("the native call was not built")
    return str(request.param)


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> RunTest:
    """Run a coroutine in an event loop of its own, beside that of the other tests."""

    def run_in_thread(test: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(test, TEST_TIMEOUT_S))

    return lambda test: ThreadPoolExecutor(1).submit(run_in_thread, test).result()


def push(sinks: list[StateSink], state: bytes) -> None:
    """Push one state to all, as its end."""
    batch = StateBatch(state)
    for sink in sinks:
        batch.add(sink)
    batch.push()


def unread_bytes(sink: UvicornWebSocketProtocol) -> int:
    return sink._transport.get_write_buffer_size()


def test_each_socket_receives_its_own_state(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            opened = [await pairs.open() for _ in range(3)]
            batch = StateBatch(b"|end")
            for number, (sink, _) in enumerate(opened):
                batch.add(sink, (b"ticket", b"", b"%d" % number, b"|line"))
            batch.push()
            for number, (_, client) in enumerate(opened):
                async with read_frames(client) as peer:
                    assert await peer.read_frame() == (0x81, b"ticket%d|line|end" % number)

    run(test())


@pytest.mark.parametrize("size_bytes", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_state_of_any_size_arrives_whole(run: RunTest, size_bytes: int) -> None:
    async def test() -> None:
        state = bytes(index % 251 for index in range(size_bytes))
        async with open_socket_pairs() as pairs:
            sink, client = await pairs.open()
            for cut in (0, size_bytes // 3, size_bytes):
                batch = StateBatch(state[cut:])
                batch.add(sink, (state[: cut // 2], state[cut // 2 : cut]))
                batch.push()
            async with read_frames(client) as peer:
                for _ in range(3):
                    assert await peer.read_frame() == (0x81, state)

    run(test())


def test_idle_socket_is_sent_to_in_the_same_callback(run: RunTest, way: str) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, client = await pairs.open()
            push([sink], b"state")
            assert unread_bytes(sink) == 0 or way == "pure"
            if way == "native":
                assert client.recv(100) == b"\x81\x05state"

    run(test())


def test_states_follow_what_the_transport_holds(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, client = await pairs.open(SMALL_BUFFER_BYTES)
            for number in range(40):
                sink.push(b"a%02d" % number * 200)
                push([sink], b"b%02d" % number * 200)
            assert 0 < unread_bytes(sink) < MAX_UNREAD_STATE_BYTES
            async with read_frames(client) as peer:
                for number in range(40):
                    assert (await peer.read_frame())[1] == b"a%02d" % number * 200
                    assert (await peer.read_frame())[1] == b"b%02d" % number * 200

    run(test())


def test_state_waits_for_transport_though_kernel_has_room(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, client = await pairs.open(SMALL_BUFFER_BYTES)
            pushed, received = 0, b""
            while not unread_bytes(sink):
                sink.push(b"a" * 1_000)
                pushed += 1
            with suppress(BlockingIOError):
                while True:  # the transport learns of this room only after this callback
                    received += client.recv(1 << 16)
            push([sink], b"b" * 1_000)
            expected = b"".join(b"\x81\x7e\x03\xe8" + content * 1_000 for content in (b"a",) * pushed + (b"b",))
            while len(received) < len(expected):
                received += await asyncio.get_running_loop().sock_recv(client, 1 << 16)
            assert received == expected

    run(test())


def test_closing_transport_receives_no_further_state(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, client = await pairs.open()
            sink._transport.close()
            push([sink], b"too late")
            assert await asyncio.get_running_loop().sock_recv(client, 100) == b""

    run(test())


@pytest.mark.parametrize("size_bytes", [9_001, 60_000])
def test_rest_of_a_partial_write_follows_in_order(run: RunTest, way: str, size_bytes: int) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, client = await pairs.open(SMALL_BUFFER_BYTES)
            states, parts_sent = [bytes([65 + number]) * size_bytes for number in range(4)], 0
            for state in states[:2]:
                push([sink], state)
                parts_sent += 0 < unread_bytes(sink) < size_bytes
                await asyncio.sleep(0)
            assert parts_sent or way == "pure"
            async with read_frames(client) as peer:
                assert [(await peer.read_frame())[1] for _ in range(2)] == states[:2]
                for state in states[2:]:
                    push([sink], state)
                    assert (await peer.read_frame())[1] == state

    run(test())


def test_slow_reader_is_aborted_and_others_served(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            slow, _ = await pairs.open(SMALL_BUFFER_BYTES)
            other, client = await pairs.open()
            most_bytes = pushed = 0
            async with read_frames(client) as peer:
                while not slow.is_closing:
                    push([slow, other], b"x" * 3_000)
                    most_bytes, pushed = max(most_bytes, unread_bytes(slow)), pushed + 1
                    assert await peer.read_frame() == (0x81, b"x" * 3_000)
            assert MAX_UNREAD_STATE_BYTES - 3_000 < most_bytes < MAX_UNREAD_STATE_BYTES + 2 * 3_004

    run(test())


def test_closing_socket_receives_no_further_state(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, client = await pairs.open()
            push([sink], b"last")
            sink.close(close_codes.NORMAL, "over")
            push([sink], b"too late")
            async with read_frames(client) as peer:
                assert await peer.read_frame() == (0x81, b"last")
                assert (await peer.read_frame())[0] == 0x88
                assert await peer.reader.read() == b""

    run(test())


def test_shutdown_follows_the_last_state(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            opened = [await pairs.open(SMALL_BUFFER_BYTES) for _ in range(2)]
            push([sink for sink, _ in opened], b"last" * 5_000)  # one more than the kernel takes at once
            for sink, _ in opened:
                sink.shutdown()
            push([sink for sink, _ in opened], b"too late")
            for _, client in opened:
                async with read_frames(client) as peer:
                    assert await peer.read_frame() == (0x81, b"last" * 5_000)
                    assert await peer.read_close_code() == close_codes.SERVICE_RESTART

    run(test())


def test_reused_descriptor_receives_nothing(run: RunTest) -> None:
    """The kernel gives the number of a closed socket to the next socket."""

    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, _ = await pairs.open()
            descriptor = sink.idle_descriptor()
            assert descriptor > 0
            sink._transport.abort()
            reused: list[tuple[socket.socket, socket.socket]] = []
            for _ in range(5):  # turns of the event loop, in one of which the descriptor is closed
                reused.append(socket.socketpair())
                push([sink], b"for another socket")
                await asyncio.sleep(0)
            ends = [end for pair in reused for end in pair]
            assert descriptor in {end.fileno() for end in ends}
            for end in ends:
                end.setblocking(False)
                with pytest.raises(BlockingIOError):
                    end.recv(1)
            for end in ends:
                end.close()

    run(test())


def test_reset_socket_ends_and_others_are_served(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs() as pairs:
            (reset, resetting), (other, client) = await pairs.open(), await pairs.open()
            resetting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            resetting.close()  # the kernel knows at once, the transport after this callback
            push([reset, other], b"state")
            async with read_frames(client) as peer:
                assert await peer.read_frame() == (0x81, b"state")
            while not reset.is_closing:
                await asyncio.sleep(0)

    run(test())


def test_tls_socket_receives_encrypted_states(run: RunTest, tmp_path: Path) -> None:
    write_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    trusting = ssl.create_default_context(cafile=tmp_path / "cert.pem")

    async def test() -> None:
        async with open_socket_pairs() as pairs:
            sink, peer = await pairs.open_with_tls(serving, trusting)
            assert sink.idle_descriptor() == -1
            for _ in range(3):
                push([sink], b"secret")
                assert await peer.read_frame() == (0x81, b"secret")
            peer.writer.transport.abort()

    run(test())


def test_operator_can_forbid_to_bypass_transports(run: RunTest) -> None:
    async def test() -> None:
        async with open_socket_pairs(WebSocketProtocolFactory(may_bypass_transport=False)) as pairs:
            sink, client = await pairs.open()
            assert sink.idle_descriptor() == -1
            push([sink], b"state")
            async with read_frames(client) as peer:
                assert await peer.read_frame() == (0x81, b"state")

    run(test())


def test_two_thousand_sockets_receive_each_state() -> None:
    """Every hundredth reads late, and still gets each state: all fit into the limit."""
    versions = range(12)

    def state(number: int, version: int) -> tuple[bytes, ...]:
        return b'{"code":"A%04d",' % number, b'"text":"%b",' % (b"x" * 1_500), b'"v":%02d}' % version

    async def read_states(number: int, client: socket.socket) -> None:
        expected = b"".join(
            build_text_frame_header(len(whole)) + whole
            for whole in (b"".join(state(number, version)) for version in versions)
        )
        received = b""
        while len(received) < len(expected):
            received += await asyncio.get_running_loop().sock_recv(client, 1 << 16)
        assert received == expected

    async def test() -> None:
        async with open_socket_pairs() as pairs:
            opened = [await pairs.open(0 if number % 100 else SMALL_BUFFER_BYTES) for number in range(2_000)]
            for version in versions:
                batch = StateBatch(state(0, version)[-1])
                for number, (sink, _) in enumerate(opened):
                    batch.add(sink, state(number, version)[:-1])
                batch.push()
                await asyncio.sleep(0)
            assert all(unread_bytes(sink) > 0 for sink, _ in opened[::100])
            for number, (_, client) in enumerate(opened):
                await read_states(number, client)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ThreadPoolExecutor(1).submit(runner.run, asyncio.wait_for(test(), TEST_TIMEOUT_S)).result()


# The native call itself


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
    return ends


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_native_call_tells_what_was_not_sent() -> None:
    assert fanout.send_frames is not None
    (sender, receiver), (closed, other) = _socket_pair(), _socket_pair()
    other.close()
    part, end = b"p" * 40, b"e" * 60
    descriptors = [sender.fileno(), -1, closed.fileno(), 1 << 20]
    assert fanout.send_frames(descriptors, [(part,)] * 4, end) == [(1, 0), (2, 0), (3, 0)]
    assert receiver.recv(1_000) == b"\x81\x64" + part + end
    for held in (sender, receiver, closed):
        held.close()


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_native_call_keeps_nothing_after_errors() -> None:
    send_frames: Any = fanout.send_frames
    part, end, descriptor = b"p" * 1_000, b"e" * 1_000, 1 << 20
    own = (part,)
    wrong: list[tuple[Any, ...]] = [
        ([descriptor], [], end),
        ([descriptor], [[part]], end),
        ([descriptor, "1"], [own, own], end),
        ([descriptor], [(part, "text")], end),
        ([1 << 40], [own], end),
        ([descriptor], [own], "text"),
        ((descriptor,), [own], end),
        (None, [own], end),
    ]

    def call_all() -> None:
        for arguments in wrong:
            with pytest.raises((TypeError, ValueError, OverflowError)):
                send_frames(*arguments)
        assert send_frames([descriptor] * 9, [own] * 9, end) == [(index, 0) for index in range(9)]

    call_all()
    gc.collect()
    before = [sys.getrefcount(held) for held in (part, end, own, descriptor)]
    for _ in range(3):
        call_all()
    gc.collect()
    assert [sys.getrefcount(held) for held in (part, end, own, descriptor)] == before
