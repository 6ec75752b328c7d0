"""Free ports of loopback, for servers that are started later, or again.

None that the kernel hands out by itself: while a server is being started, or is down, such a port becomes somebody
else's, and on a machine that tests side by side it does so now and then.
"""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the kernel's own (32,768 and more) and those of the relays (coturn.py), above those that browsers refuse.
PORTS = range(11_000, 20_000)

_chance = random.SystemRandom()  # hypothesis sows `random` anew, in each process alike


def free_port() -> int:
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody has, neither for TCP nor for UDP."""
    found: list[int] = []
    while len(found) < count:
        port = _chance.choice(PORTS)
        if port not in found and all(is_free(port, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            found.append(port)
    return found


def is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
