"""Check of a TURN relay against a real coturn, and the problems that it reports."""

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
from office360.signaling.ice import TurnServerAddress, TurnServers, ice_servers, parse_turn_uri
from office360.signaling.turn_check import (
    find_path_problem,
    find_turn_problem,
    measure_round_trip_ms,
    measure_stun_round_trip_ms,
)

from ..conftest import skip_or_fail_tier
from ..support import coturn as coturns
from ..support.coturn import TRANSPORTS, CoturnServer, Transport
from ..support.ports import LOOPBACK, free_port
from ..support.timeouts import TEST_TIMEOUT_S


def turn_credentials(coturn: CoturnServer, *, secret: str | None = None, **ttl: float) -> dict[str, Any]:
    """Return credentials as a browser gets them; coturn uses the machine's clock."""
    turn = TurnServers([coturn.uri("udp")], secret or coturn.secret)
    (server,) = ice_servers(turn, datetime.now(UTC), timedelta(**(ttl or {"hours": 1})))
    return server


@pytest.fixture(autouse=True)
async def wait_for_closed_allocations() -> AsyncIterator[None]:
    """Keep the event loop until aioice has closed the connections of refused allocations."""
    connections: Any = getattr(asyncio.get_running_loop(), "_transports")  # noqa: B009 - the loop's own list
    of_others = {*connections.values()}
    yield
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while any(transport._sock is not None for transport in {*connections.values()} - of_others):
            await asyncio.sleep(0.01)


@pytest.fixture
def trusted_tls(coturn: CoturnServer) -> ssl.SSLContext:
    """A TLS context that trusts the relay's certificate."""
    return ssl.create_default_context(cafile=str(coturn.authority))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_working_relay_has_no_problem_and_a_round_trip(
    coturn: CoturnServer, trusted_tls: ssl.SSLContext, transport: Transport
) -> None:
    assert await find_turn_problem(coturn.uri(transport), turn_credentials(coturn), trusted_tls) is None
    began = time.perf_counter()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        took_ms = await measure_round_trip_ms(
            parse_turn_uri(coturn.uri(transport)), turn_credentials(coturn), trusted_tls
        )
    assert 0 < took_ms < 1000 * (time.perf_counter() - began)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_expired_credentials_are_refused(
    coturn: CoturnServer, trusted_tls: ssl.SSLContext, transport: Transport
) -> None:
    problem = await find_turn_problem(coturn.uri(transport), turn_credentials(coturn, seconds=-5), trusted_tls)
    assert problem is not None
    assert "401" in problem


async def test_credentials_of_another_secret_are_refused(coturn: CoturnServer) -> None:
    problem = await find_turn_problem(coturn.uri("udp"), turn_credentials(coturn, secret="another secret"))
    assert problem is not None
    assert "TURN_SECRET" in problem


async def test_extended_username_expiry_is_refused(coturn: CoturnServer) -> None:
    server = turn_credentials(coturn, minutes=3)
    later = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
    longer = {**server, "username": f"{later}:{server['username'].partition(':')[2]}"}
    assert "401" in (await find_turn_problem(coturn.uri("udp"), longer) or "")


async def test_first_check_of_credentials_writes_no_file(tmp_path: Path) -> None:
    """Keep the disk out of the check's time limit: its tables are in memory."""
    if not coturns.is_coturn_installed():
        skip_or_fail_tier(coturns.COTURN_MISSING)
    with coturns.running_coturn(tmp_path) as relay:
        before = relay.file_names()
        assert await find_turn_problem(relay.uri("udp"), turn_credentials(relay)) is None
        assert relay.file_names() == before


async def test_allocations_are_deleted_after_the_check(coturn: CoturnServer) -> None:
    server = turn_credentials(coturn)
    assert await find_turn_problem(coturn.uri("udp"), server) is None
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while coturn.log().count(f"delete: realm=<office360.test>, username=<{server['username']}>") < 2:
            await asyncio.sleep(0.02)


async def test_self_signed_certificate_is_reported(coturn: CoturnServer) -> None:
    problem = await find_turn_problem(coturn.uri("tls"), turn_credentials(coturn))
    assert problem is not None
    assert problem.startswith("its certificate is not trusted: self-signed")


async def test_port_without_tls_is_reported(coturn: CoturnServer, trusted_tls: ssl.SSLContext) -> None:
    answered = asyncio.Event()

    async def answer_in_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        answered.set()

    async with await asyncio.start_server(answer_in_clear, "127.0.0.1", 0) as server:
        uri = f"turns:127.0.0.1:{server.sockets[0].getsockname()[1]}"
        problem = await find_turn_problem(uri, turn_credentials(coturn), trusted_tls)
        async with asyncio.timeout(TEST_TIMEOUT_S):
            await answered.wait()
    assert problem is not None
    assert problem.startswith("it does not speak TLS there")


async def test_closed_port_is_reported(coturn: CoturnServer) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound without listening, so that no other process gets the port
        problem = await find_turn_problem(
            f"turn:127.0.0.1:{probe.getsockname()[1]}?transport=tcp", turn_credentials(coturn)
        )
    assert problem is not None
    assert "Connect call failed" in problem


async def test_missing_answer_is_reported_after_timeout(coturn: CoturnServer) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        uri = f"turn:127.0.0.1:{deaf.getsockname()[1]}"
        assert await find_turn_problem(uri, turn_credentials(coturn), timeout_s=0.3) == "no answer within 0.3 s"


@pytest.fixture
def self_forbidding_relay(coturn: CoturnServer) -> Iterator[CoturnServer]:
    """A relay that forbids its own address as a peer.

    The fixture `coturn` skips the test if coturn is not installed.
    """
    denied = f"denied-peer-ip={LOOPBACK}"
    with tempfile.TemporaryDirectory() as folder, coturns.running_coturn(Path(folder), denied) as relay:
        yield relay


async def test_relay_forbidding_its_own_addresses_is_reported(self_forbidding_relay: CoturnServer) -> None:
    problem = await find_turn_problem(self_forbidding_relay.uri("udp"), turn_credentials(self_forbidding_relay))
    assert problem is not None
    assert "denied-peer-ip" in problem


PORTS = range(49_900, 50_000)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_working_path_from_relay_has_no_problem(
    coturn: CoturnServer, trusted_tls: ssl.SSLContext, transport: Transport
) -> None:
    assert await find_path_problem(coturn.uri(transport), turn_credentials(coturn), PORTS, trusted_tls) is None


async def test_relay_forbidding_this_machine_is_reported(self_forbidding_relay: CoturnServer) -> None:
    problem = await find_path_problem(
        self_forbidding_relay.uri("udp"), turn_credentials(self_forbidding_relay), PORTS
    )
    assert problem is not None
    assert "allowed-peer-ip" in problem


async def test_machine_without_free_port_is_reported(coturn: CoturnServer) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        problem = await find_path_problem(coturn.uri("udp"), turn_credentials(coturn), range(port, port + 1))
    assert problem == f"no UDP port of {port}-{port} is free on 127.0.0.1"


URIS = [
    ("turn:relay.example.org", TurnServerAddress("relay.example.org", 3478, "udp")),
    ("turn:relay.example.org:80?transport=tcp", TurnServerAddress("relay.example.org", 80, "tcp")),
    ("turns:relay.example.org", TurnServerAddress("relay.example.org", 5349, "tls")),
    ("turns:relay.example.org:443?transport=tcp", TurnServerAddress("relay.example.org", 443, "tls")),
    ("turn:192.0.2.7:3478?transport=udp", TurnServerAddress("192.0.2.7", 3478, "udp")),
    ("turn:[2001:db8::7]:3478", TurnServerAddress("2001:db8::7", 3478, "udp")),
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
def test_turn_uri_is_parsed(uri: str, address: TurnServerAddress) -> None:
    assert parse_turn_uri(uri) == address


@pytest.mark.parametrize("uri", WRONG)
async def test_invalid_turn_uri_is_refused(uri: str) -> None:
    with pytest.raises(ValueError):
        parse_turn_uri(uri)
    assert await find_turn_problem(uri, {"username": "1:a", "credential": "b"}) is not None


async def test_stun_round_trip_to_a_relay_is_measured(coturn: CoturnServer) -> None:
    _, host, port = coturn.uri("udp").partition("?")[0].split(":")
    assert 0 < await measure_stun_round_trip_ms(f"stun:{host}:{port}") < 1_000


async def test_silent_stun_server_raises_a_timeout() -> None:
    with pytest.raises(OSError):
        await measure_stun_round_trip_ms(f"stun:127.0.0.1:{free_port()}", timeout_s=0.3)
