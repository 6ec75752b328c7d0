"""A relay is proven by using it, and what is wrong with one is said so that somebody can repair it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.signaling.ice import RelayAddress, TurnServers, ice_servers, relay_address
from office360.signaling.turn_check import path_problem, round_trip, turn_problem

from ..support import coturn as coturns
from ..support.coturn import TRANSPORTS, Coturn, Transport
from ..support.ports import LOOPBACK
from ..support.timeouts import PATIENCE_S


def credentials(coturn: Coturn, *, secret: str | None = None, **ttl: float) -> dict[str, Any]:
    """What a browser is given; coturn looks at the machine's own clock."""
    turn = TurnServers([coturn.uri("udp")], secret or coturn.secret)
    (server,) = ice_servers(turn, datetime.now(UTC), timedelta(**(ttl or {"hours": 1})))
    return server


@pytest.fixture(autouse=True)
async def goodbyes() -> AsyncIterator[None]:
    """aioice closes the connection of a refused allocation without waiting: the loop lives until it is gone."""
    yield
    connections: Any = getattr(asyncio.get_running_loop(), "_transports")  # noqa: B009 - the loop's own list
    async with asyncio.timeout(PATIENCE_S):
        while any(one._sock is not None for one in list(connections.values())):
            await asyncio.sleep(0.01)


@pytest.fixture
def trust(coturn: Coturn) -> ssl.SSLContext:
    """Trusts the relay's certificate."""
    return ssl.create_default_context(cafile=str(coturn.authority))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_one_relayed_address_sends_reaches_another_and_comes_back(
    coturn: Coturn, trust: ssl.SSLContext, transport: Transport
) -> None:
    assert await turn_problem(coturn.uri(transport), credentials(coturn), trust) is None
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE_S):
        took_ms = await round_trip(relay_address(coturn.uri(transport)), credentials(coturn), trust)
    assert 0 < took_ms < 1000 * (time.perf_counter() - began)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_expired_credentials_are_refused(
    coturn: Coturn, trust: ssl.SSLContext, transport: Transport
) -> None:
    problem = await turn_problem(coturn.uri(transport), credentials(coturn, seconds=-5), trust)
    assert problem is not None
    assert "401" in problem


async def test_credentials_of_another_secret_are_refused(coturn: Coturn) -> None:
    problem = await turn_problem(coturn.uri("udp"), credentials(coturn, secret="another secret"))
    assert problem is not None
    assert "TURN_SECRET" in problem


async def test_a_name_whose_time_was_prolonged_by_its_owner_is_refused(coturn: Coturn) -> None:
    server = credentials(coturn, minutes=3)
    later = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
    longer = {**server, "username": f"{later}:{server['username'].partition(':')[2]}"}
    assert "401" in (await turn_problem(coturn.uri("udp"), longer) or "")


async def test_an_allocation_is_given_back_at_once(coturn: Coturn) -> None:
    server = credentials(coturn)
    assert await turn_problem(coturn.uri("udp"), server) is None
    async with asyncio.timeout(PATIENCE_S):
        while coturn.log().count(f"delete: realm=<office360.test>, username=<{server['username']}>") < 2:
            await asyncio.sleep(0.02)


async def test_a_certificate_that_nobody_signed_is_said(coturn: Coturn) -> None:
    problem = await turn_problem(coturn.uri("tls"), credentials(coturn))
    assert problem is not None
    assert problem.startswith("its certificate is not trusted: self-signed")


async def test_a_port_without_tls_is_said(coturn: Coturn, trust: ssl.SSLContext) -> None:
    answered = asyncio.Event()

    async def answer_in_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        answered.set()

    async with await asyncio.start_server(answer_in_clear, "127.0.0.1", 0) as server:
        uri = f"turns:127.0.0.1:{server.sockets[0].getsockname()[1]}"
        problem = await turn_problem(uri, credentials(coturn), trust)
        async with asyncio.timeout(PATIENCE_S):
            await answered.wait()
    assert problem is not None
    assert problem.startswith("it does not speak TLS there")


async def test_nobody_at_the_door_is_said(coturn: Coturn) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it meanwhile
        problem = await turn_problem(f"turn:127.0.0.1:{probe.getsockname()[1]}?transport=tcp", credentials(coturn))
    assert problem is not None
    assert "Connect call failed" in problem


async def test_silence_is_said_after_a_while(coturn: Coturn) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        uri = f"turn:127.0.0.1:{deaf.getsockname()[1]}"
        assert await turn_problem(uri, credentials(coturn), patience_s=0.3) == "no answer within 0.3 s"


@pytest.fixture
def jealous(coturn: Coturn) -> Iterator[Coturn]:
    """A relay that forbids its own address as a peer. (`coturn` says whether there is one at all.)"""
    denied = f"denied-peer-ip={LOOPBACK}"
    with tempfile.TemporaryDirectory() as folder, coturns.running_coturn(Path(folder), denied) as relay:
        yield relay


async def test_a_relay_that_lets_nobody_meet_is_said(jealous: Coturn) -> None:
    problem = await turn_problem(jealous.uri("udp"), credentials(jealous))
    assert problem is not None
    assert "denied-peer-ip" in problem


PORTS = range(49_900, 50_000)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_the_relay_sends_arrives_at_this_machine(
    coturn: Coturn, trust: ssl.SSLContext, transport: Transport
) -> None:
    assert await path_problem(coturn.uri(transport), credentials(coturn), PORTS, trust) is None


async def test_a_relay_that_may_not_send_to_this_machine_is_said(jealous: Coturn) -> None:
    problem = await path_problem(jealous.uri("udp"), credentials(jealous), PORTS)
    assert problem is not None
    assert "allowed-peer-ip" in problem


async def test_a_machine_without_a_free_port_is_said(coturn: Coturn) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        problem = await path_problem(coturn.uri("udp"), credentials(coturn), range(port, port + 1))
    assert problem == f"no UDP port of {port}-{port} is free on 127.0.0.1"


URIS = [
    ("turn:relay.example.org", RelayAddress("relay.example.org", 3478, "udp")),
    ("turn:relay.example.org:80?transport=tcp", RelayAddress("relay.example.org", 80, "tcp")),
    ("turns:relay.example.org", RelayAddress("relay.example.org", 5349, "tls")),
    ("turns:relay.example.org:443?transport=tcp", RelayAddress("relay.example.org", 443, "tls")),
    ("turn:192.0.2.7:3478?transport=udp", RelayAddress("192.0.2.7", 3478, "udp")),
    ("turn:[2001:db8::7]:3478", RelayAddress("2001:db8::7", 3478, "udp")),
]
WRONG = [
    "relay.example.org",
    "turn://relay.example.org",
    "turn:",
    "turn:relay.example.org:port",
    "turn:relay.example.org:70000",
    "turn:relay.example.org?transport=quic",
    "turn:user@relay.example.org",
    "turns:relay.example.org?transport=udp",
    "stun:relay.example.org",
]


@pytest.mark.parametrize(("uri", "address"), URIS)
def test_a_uri_says_where_and_how(uri: str, address: RelayAddress) -> None:
    assert relay_address(uri) == address


@pytest.mark.parametrize("uri", WRONG)
async def test_a_uri_that_no_browser_takes_is_refused(uri: str) -> None:
    with pytest.raises(ValueError):
        relay_address(uri)
    assert await turn_problem(uri, {"username": "1:a", "credential": "b"}) is not None
