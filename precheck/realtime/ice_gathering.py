"""Where a test's media reaches this process: UDP sockets on our addresses, within the range a firewall knows.

aioice binds any port and leaves loopback out, and offers no setting for either. Its parts are public, so the
sockets are opened here and handed to the connection as if it had gathered them; the names that takes are listed in
docs/decisions/0010-a-byte-mirror-on-private-names.md and held by tests/precheck/realtime/test_aiortc_internals.py.
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections.abc import Iterable, Sequence
from typing import Any

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses
from aioice.turn import UDP_SOCKET_BUFFER_SIZE

LOOPBACK = "127.0.0.1"
RTP_COMPONENT = 1  # RTP and RTCP share it (RFC 8834 section 4.5)
_CANDIDATES = re.compile(r"^a=(?:candidate:|end-of-candidates).*\r?\n", re.MULTILINE)
_MID = re.compile(r"^(a=mid:.*)$", re.MULTILINE)
# The discard port of this machine itself: a pair that never answers, so that the connection stays and waits.
UNREACHABLE_CANDIDATES = "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\na=candidate:2 1 udp 1 ::1 9 typ host"


def host_addresses(*, loopback: bool) -> list[str]:
    """This machine's addresses; with its loopback only where browsers run on the same machine."""
    return [*get_host_addresses(use_ipv4=True, use_ipv6=True), *([LOOPBACK] if loopback else [])]


def strip_candidates(offer: str) -> str:
    """The offer as one that reaches out to nobody: checks come from the browser, and we only answer.

    An offer could name any address of our own network, and we would send packets there; a browser's `.local`
    names would have to be asked for on the network; and a browser finds us by our candidates anyway.
    """
    return _MID.sub(lambda mid: f"{mid.group(1).rstrip()}\r\n{UNREACHABLE_CANDIDATES}", _CANDIDATES.sub("", offer))


async def gather_candidates(connection: Connection, addresses: Sequence[str], ports: range) -> None:
    """Give the connection one socket on each address. Raises OSError when none can be had."""
    gathered: Any = connection
    gathered._local_candidates_start = True
    for address in addresses:
        protocol = await _bind_socket(connection, address, ports)
        if protocol is not None:
            gathered._protocols.append(protocol)
            gathered._local_candidates.append(protocol.local_candidate)
    gathered._local_candidates_end = True
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
        # As aioice does: with the system's small buffer a busy moment of ours would look like loss on the way.
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
    """By chance: a port just given back may still get packets of its last test."""
    return random.sample(ports, len(ports))
