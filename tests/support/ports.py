"""Free ports of loopback for servers that are started later, or restarted.

They are outside the kernel's ephemeral range: while a server is down, the kernel could give its port to another
process, which happens when several tests run on a machine.

A found port is claimed, because seconds pass until its server listens. Without the claim another test process
could find the same port, and this test would talk to the server of that process.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the kernel's (32,768 and more) and the relays' (coturn.py), above those that browsers refuse.
PORTS = range(11_000, 20_000)
CLAIMED_PORTS_LIMIT = 1_000  # a process then releases its oldest; by far more than one test needs

_chance = random.SystemRandom()  # hypothesis seeds `random` with the same value in each process
_claims: list[range] = []


def free_port() -> int:
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """Find and claim different ports that are free for TCP and UDP."""
    found = [find_free_range(1, PORTS, socket.SOCK_STREAM, socket.SOCK_DGRAM)[0] for _ in range(count)]
    single = [ports for ports in _claims if len(ports) == 1]
    for ports in single[:-CLAIMED_PORTS_LIMIT]:
        _release(ports)
    return found


def find_free_range(size: int, within: range, *kinds: socket.SocketKind) -> range:
    """Find and claim consecutive ports that are free for these kinds of sockets.

    Raises OSError if there are none.
    """
    starts = within[: len(within) - size + 1]
    offset = _chance.randrange(len(starts))
    for first in itertools.chain(starts[offset:], starts[:offset]):
        ports = range(first, first + size)
        if not _claim(ports):
            continue
        if all(_is_free(port, kind) for port in ports for kind in kinds):
            return ports
        _release(ports)
    raise OSError(f"no {size} free ports in {within}")


def _claim(ports: range) -> bool:
    """Lock these ports against all other test processes of this user."""
    if any(ports.start < claimed.stop and claimed.start < ports.stop for claimed in _claims):
        return False  # the system's lock excludes other processes only
    try:
        fcntl.lockf(_open_lock_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, len(ports), ports.start)
    except (BlockingIOError, PermissionError):
        return False
    _claims.append(ports)
    return True


def _release(ports: range) -> None:
    _claims.remove(ports)
    fcntl.lockf(_open_lock_file(), fcntl.LOCK_UN, len(ports), ports.start)


@cache
def _open_lock_file() -> int:
    """Open the file whose byte N stands for port N."""
    path = Path(tempfile.gettempdir()) / f"office360-test-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
