"""UDP sockets of a connection test, within the port range that the firewall opens.

aioice binds any port and skips loopback, and has no setting for either. The sockets are therefore opened here and
handed to the ICE connection as if it had gathered them.
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections.abc import Iterable, Sequence

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses
from aioice.turn import UDP_SOCKET_BUFFER_SIZE

from . import aiortc_internals

LOOPBACK = "127.0.0.1"
RTP_COMPONENT = 1  # RTP and RTCP share it (RFC 8834 section 4.5)
_CANDIDATES = re.compile(r"^a=(?:candidate:|end-of-candidates).*\r?\n", re.MULTILINE)
_MID = re.compile(r"^(a=mid:.*)$", re.MULTILINE)
# The discard port of this machine: a pair that never answers, so that the connection keeps waiting.
UNREACHABLE_CANDIDATES = "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\na=candidate:2 1 udp 1 ::1 9 typ host"


def host_addresses(*, loopback: bool) -> list[str]:
    """List the addresses of this machine; loopback only if browsers run on the same machine."""
    return [*get_host_addresses(use_ipv4=True, use_ipv6=True), *([LOOPBACK] if loopback else [])]


def strip_candidates(offer: str) -> str:
    """Replace the candidates of an offer, so that the server answers checks and starts none.

    An offer could name any address of the server's network and make it send packets there, and `.local` names
    would be looked up in that network. The browser finds the server by the server's candidates.
    """
    return _MID.sub(lambda mid: f"{mid.group(1).rstrip()}\r\n{UNREACHABLE_CANDIDATES}", _CANDIDATES.sub("", offer))


async def gather_candidates(connection: Connection, addresses: Sequence[str], ports: range) -> None:
    """Open one socket on each address for the connection. Raises OSError if no port is free."""
    aiortc_internals.start_gathering(connection)
    for address in addresses:
        protocol = await _bind_socket(connection, address, ports)
        if protocol is not None:
            aiortc_internals.add_socket(connection, protocol)
    aiortc_internals.finish_gathering(connection)
    if not connection.local_candidates:
        raise OSError("no UDP port of the test room is free")


async def _bind_socket(connection: Connection, address: str, ports: range) -> StunProtocol | None:
    loop = asyncio.get_running_loop()
    for port in _shuffle_ports(ports):
        try:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: StunProtocol(connection), local_addr=(address, port)
            )
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
