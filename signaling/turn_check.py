"""Check of a TURN relay by sending data through it. Stores nothing.

Two allocations on the relay send data to each other. That is the path of two browsers that both
need the relay, the hardest path that a call can take. A second check covers the path from the relay
to the connection test on this machine. Only this module and precheck/realtime import aioice.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from aioice import stun
from aioice.turn import TurnTransport, create_turn_endpoint

from .ice import TurnServerAddress, parse_turn_uri

CHECK_TIMEOUT_S = 8.0  # for a whole check; an allocation takes four round trips, over TLS seven
RETRY_INTERVAL_S = 0.2  # UDP loses packets, and the first packets arrive before the receiver's permission
STUN_RETRY_INTERVAL_S = 1.0  # longer than any round trip, because each request has an id of its own
MAX_TRIES = 15
DEALLOCATION_TIMEOUT_S = 1.0  # an unreachable relay ends an allocation by itself within 10 minutes

REASON_BY_ERROR_CODE = {
    401: "it refuses our credentials (401): is TURN_SECRET its static-auth-secret, and are both clocks right?",
    486: "it has given us all the relays that one name may have (486): see user-quota",
    508: "it has no relay left (508): see min-port, max-port and total-quota",
}
FORBIDDEN_ERROR_CODE = 403
PEERS_FORBIDDEN = (
    "it forbids its own addresses as peers (403), so two people behind it cannot meet: see denied-peer-ip"
)
THIS_MACHINE_FORBIDDEN = "it forbids this machine's address as a peer (403): see allowed-peer-ip"
PACKETS_LOST = "it allocates, but what one of its addresses sends does not arrive: is the way open for UDP?"


async def find_turn_problem(
    uri: str, server: Mapping[str, Any], tls: ssl.SSLContext | None = None, timeout_s: float = CHECK_TIMEOUT_S
) -> str | None:
    """Return why the relay at this URI does not work, or None if it works.

    `server` is an entry of `iceServers`, with its username and credential.
    """
    return await _find_problem(
        uri, lambda address: measure_round_trip_ms(address, server, tls), PEERS_FORBIDDEN, timeout_s
    )


async def find_path_problem(
    uri: str,
    server: Mapping[str, Any],
    ports: range,
    tls: ssl.SSLContext | None = None,
    timeout_s: float = CHECK_TIMEOUT_S,
) -> str | None:
    """Return why the relay at this URI cannot reach this machine's UDP `ports`, or None."""
    return await _find_problem(
        uri,
        lambda address: _check_path_to_this_machine(address, server, ports, tls),
        THIS_MACHINE_FORBIDDEN,
        timeout_s,
    )


async def _find_problem(
    uri: str, check: Callable[[TurnServerAddress], Awaitable[object]], forbidden: str, timeout_s: float
) -> str | None:
    try:
        async with asyncio.timeout(timeout_s):
            await check(parse_turn_uri(uri))
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except (ValueError, OSError, stun.TransactionError) as error:
        return _describe_error(error, forbidden)
    return None


async def _check_path_to_this_machine(
    address: TurnServerAddress, server: Mapping[str, Any], ports: range, tls: ssl.SSLContext | None
) -> None:
    async with (
        _open_udp_socket(await _local_address_towards(address), ports) as here,
        _open_allocation(address, server, tls) as there,
    ):
        await _deliver_with_retries(secrets.token_bytes(16), there, here)


async def measure_round_trip_ms(
    address: TurnServerAddress, server: Mapping[str, Any], tls: ssl.SSLContext | None = None
) -> float:
    """Measure the milliseconds from a relayed address to another and back.

    Raises OSError, of which TLS errors are a subclass, or aioice's TransactionError. The caller sets
    a timeout, because a silent relay raises nothing.
    """
    async with _open_allocation(address, server, tls) as here, _open_allocation(address, server, tls) as there:
        there.send(b"", here)  # binds a channel, so that `there` receives from `here` (RFC 8656, section 12)
        await _deliver_both_ways(here, there)
        began = time.perf_counter()
        await _deliver_both_ways(here, there)
        return 1000 * (time.perf_counter() - began)


async def measure_stun_round_trip_ms(uri: str, timeout_s: float = CHECK_TIMEOUT_S) -> float:
    """Measure the milliseconds to a STUN server, `stun:HOST:PORT`, and back (RFC 8489).

    Raises OSError, of which TimeoutError is a subclass. Lost requests are repeated.
    """
    address = parse_turn_uri(uri.replace("stun:", "turn:", 1))
    endpoint = _Endpoint()
    endpoint.transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: endpoint, remote_addr=(address.host, address.port)
    )
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                with contextlib.suppress(TimeoutError):
                    return await _ask_stun_server(endpoint)
                if endpoint.failure is not None:
                    raise endpoint.failure
    finally:
        endpoint.transport.close()


async def _ask_stun_server(endpoint: _Endpoint) -> float:
    transport = cast(asyncio.DatagramTransport, endpoint.transport)
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    began = time.perf_counter()
    transport.sendto(bytes(request))
    async with asyncio.timeout(STUN_RETRY_INTERVAL_S):
        while True:
            with contextlib.suppress(ValueError):  # a datagram that is no answer
                if stun.parse_message(await endpoint.received.get()).transaction_id == request.transaction_id:
                    return 1000 * (time.perf_counter() - began)


class _Endpoint(asyncio.DatagramProtocol):
    """An address with its received datagrams and its last error."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.failure: Exception | None = None
        self.closed = asyncio.Event()
        self.transport: TurnTransport | asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, _sender: Any) -> None:
        self.received.put_nowait(data)

    def error_received(self, error: Exception) -> None:
        self.failure = error

    def connection_lost(self, error: Exception | None) -> None:
        self.failure = error or ConnectionResetError("it closed the connection")
        self.closed.set()

    def send(self, data: bytes, to: _Endpoint) -> None:
        assert self.transport is not None
        assert to.transport is not None
        self.transport.sendto(data, to.transport.get_extra_info("sockname"))

    async def wait_for_datagram(self, expected: bytes) -> None:
        while await self.received.get() != expected:
            pass  # a retransmission of an earlier datagram


@asynccontextmanager
async def _open_allocation(
    address: TurnServerAddress, server: Mapping[str, Any], tls: ssl.SSLContext | None
) -> AsyncIterator[_Endpoint]:
    endpoint = _Endpoint()
    endpoint.transport, _ = await create_turn_endpoint(
        lambda: endpoint,
        (address.host, address.port),
        username=server["username"],
        password=server["credential"],
        transport="udp" if address.transport == "udp" else "tcp",
        ssl=(tls or ssl.create_default_context()) if address.transport == "tls" else None,
    )
    try:
        yield endpoint
    finally:
        endpoint.transport.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DEALLOCATION_TIMEOUT_S):
                await endpoint.closed.wait()


@asynccontextmanager
async def _open_udp_socket(host: str, ports: range) -> AsyncIterator[_Endpoint]:
    """Open the first free of these UDP ports. Raises OSError if none is free."""
    loop, end = asyncio.get_running_loop(), _Endpoint()
    for port in ports:
        with contextlib.suppress(OSError):
            end.transport, _ = await loop.create_datagram_endpoint(lambda: end, local_addr=(host, port))
            break
    if end.transport is None:
        raise OSError(f"no UDP port of {ports.start}-{ports.stop - 1} is free on {host}")
    try:
        yield end
    finally:
        end.transport.close()


async def _local_address_towards(address: TurnServerAddress) -> str:
    """Return this machine's address on the route to a relay. Sends nothing."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(address.host, address.port), family=socket.AF_INET
    )
    host: str = transport.get_extra_info("sockname")[0]
    transport.close()
    return host


async def _deliver_both_ways(here: _Endpoint, there: _Endpoint) -> None:
    await _deliver_with_retries(secrets.token_bytes(16), here, there)
    await _deliver_with_retries(secrets.token_bytes(16), there, here)


async def _deliver_with_retries(data: bytes, sender: _Endpoint, receiver: _Endpoint) -> None:
    """Send data until it arrives. Raises the endpoint's error, or ConnectionError."""
    for _ in range(MAX_TRIES):
        sender.send(data, receiver)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_INTERVAL_S):
                return await receiver.wait_for_datagram(data)
        for end in (sender, receiver):
            if end.failure is not None:
                raise end.failure
    raise ConnectionError(PACKETS_LOST)


def _describe_error(error: Exception, forbidden: str) -> str:
    if isinstance(error, stun.TransactionFailed):
        if error.response.error_code == FORBIDDEN_ERROR_CODE:
            return forbidden
        code, reason = error.response.attributes.get("ERROR-CODE", (0, "without a reason"))
        return REASON_BY_ERROR_CODE.get(code, f"it refuses: {code} {reason}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"it does not speak TLS there ({error.reason})"
    if isinstance(error, socket.gaierror):
        return "the host name cannot be resolved"
    return str(error)
