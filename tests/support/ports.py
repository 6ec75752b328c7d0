"""Free ports of loopback for servers that are started later, or restarted.

They are outside the kernel's ephemeral range: while a server is down, the kernel could give its port to another
process, which happens when several tests run on a machine.
"""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the kernel's (32,768 and more) and the relays' (coturn.py), above those that browsers refuse.
PORTS = range(11_000, 20_000)

_chance = random.SystemRandom()  # hypothesis seeds `random` with the same value in each process


def free_port() -> int:
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """Find different ports that are free for TCP and UDP."""
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
