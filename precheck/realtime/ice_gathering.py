"""UDP sockets of a connection test, within the port range that the firewall opens.

aioice binds any port and skips loopback, and has no setting for either. The sockets are therefore opened here and
handed to the ICE connection as if it had gathered them.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses
from aioice.turn import UDP_SOCKET_BUFFER_SIZE

from . import aiortc_internals
from .peer_limits import LimitedStunProtocol, PeerPacketLimit

LOOPBACK = "127.0.0.1"
ALL_ADDRESSES = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - only behind an address translator
RTP_COMPONENT = 1  # RTP and RTCP share it (RFC 8834 section 4.5)


def host_addresses(*, loopback: bool) -> list[str]:
    """List the addresses of this machine; loopback only if browsers run on the same machine."""
    return [*get_host_addresses(use_ipv4=True, use_ipv6=True), *([LOOPBACK] if loopback else [])]


async def gather_candidates(
    connection: Connection, addresses: Sequence[str], ports: range, *, translated: bool = False
) -> None:
    """Open a socket on each address for the connection. Raises OSError if no port is free.

    Translated addresses are not this machine's: sockets listen on all addresses of the machine, and
    candidates name the translated addresses.
    """
    aiortc_internals.start_gathering(connection)
    limit = PeerPacketLimit()
    for address in addresses:
        listens_on = ALL_ADDRESSES[ip_address(address).version] if translated else address
        protocol = await _bind_socket(lambda: LimitedStunProtocol(connection, limit), listens_on, address, ports)
        if protocol is not None:
            aiortc_internals.add_socket(connection, protocol)
    aiortc_internals.finish_gathering(connection)
    if not connection.local_candidates:
        raise OSError("no UDP port of the test room is free")


async def _bind_socket(
    make_protocol: Callable[[], StunProtocol], listens_on: str, address: str, ports: range
) -> StunProtocol | None:
    loop = asyncio.get_running_loop()
    for port in _shuffle_ports(ports):
        try:
            transport, protocol = await loop.create_datagram_endpoint(make_protocol, local_addr=(listens_on, port))
        except OSError:
            continue
        # As aioice does: with the system's small buffer, a busy event loop would look like loss on the network.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_SOCKET_BUFFER_SIZE)
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", address),
            component=RTP_COMPONENT,
            transport="udp",
            priority=candidate_priority(RTP_COMPONENT, "host"),
            host=address,
            port=port,
            type="host",
        )
        return protocol
    return None


def _shuffle_ports(ports: range) -> Iterable[int]:
    """Order the ports at random: a closed port may still receive packets of its last test."""
    return random.sample(ports, len(ports))
