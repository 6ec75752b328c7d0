"""Two network namespaces joined by a link with loss, delay and a bit rate.

Needs root and /dev/net/tun.

`tc netem` is missing on many kernels of containers, so packets pass through this process: it drops, paces and
delays UDP. TCP passes unchanged, so that the product's own sockets do not disturb a measurement of media.
"""

from __future__ import annotations

import fcntl
import heapq
import json
import multiprocessing
import os
import random
import select
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FIRST_ADDRESS = "10.99.0.1"
SECOND_ADDRESS = "10.99.0.2"
TUNSETIFF = 0x400454CA  # <linux/if_tun.h>
IFF_TUN_WITHOUT_HEADER = 0x1001  # IFF_TUN | IFF_NO_PI
MTU_BYTES = 1_400
UDP = 17  # protocol number in the IP header
QUEUE_S = 0.2  # of a home router; what waits longer is dropped
READ_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """Quality of both directions. `kbps` 0: without a limit. `delay_ms`: of one direction."""

    kbps: int = 0
    loss_pct: float = 0
    delay_ms: float = 0


class EmulatedLink:
    """A running link, whose quality can be changed."""

    def __init__(self, first: str, second: str, control: Path) -> None:
        self.first = first
        self.second = second
        self.control_path = control

    def set_quality(self, quality: LinkQuality) -> None:
        """Change the quality of both directions, for packets that arrive from now on."""
        new = self.control_path.with_suffix(".new")
        new.write_text(json.dumps(asdict(quality)))
        new.rename(self.control_path)


@contextmanager
def run_link(prefix: str) -> Iterator[EmulatedLink]:
    """Create two namespaces, `{prefix}a` and `{prefix}b`, and join them."""
    namespaces = (f"{prefix}a", f"{prefix}b")
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "link.json"
        link = EmulatedLink(*namespaces, control)
        link.set_quality(LinkQuality())
        for name in namespaces:
            _run("ip", "netns", "add", name)
        forwarder: multiprocessing.Process | None = None
        try:
            ends = [
                _open_end(f"{prefix[:8]}-a", namespaces[0], FIRST_ADDRESS, SECOND_ADDRESS),
                _open_end(f"{prefix[:8]}-b", namespaces[1], SECOND_ADDRESS, FIRST_ADDRESS),
            ]
            forwarder = multiprocessing.get_context("fork").Process(
                target=_forward, args=(*ends, control), daemon=True
            )
            forwarder.start()
            yield link
        finally:
            if forwarder is not None:
                forwarder.terminate()
                forwarder.join()
            for name in namespaces:
                _run("ip", "netns", "delete", name)


def _open_end(device: str, namespace: str, address: str, peer: str) -> int:
    """Create a TUN device in a namespace. Return its file descriptor, which stays valid here."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN_WITHOUT_HEADER))
    _run("ip", "link", "set", device, "netns", namespace)
    _run("ip", "-n", namespace, "addr", "add", address, "peer", peer, "dev", device)
    _run("ip", "-n", namespace, "link", "set", device, "up", "mtu", str(MTU_BYTES), "txqueuelen", "1000")
    _run("ip", "-n", namespace, "link", "set", "lo", "up")
    return end


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _forward(first: int, second: int, control: Path) -> None:
    """Forward packets between both ends until the process is terminated."""
    other = {first: second, second: first}
    free_at = {first: 0.0, second: 0.0}  # when the link has sent all packets from this end
    due: list[tuple[float, int, int, bytes]] = []
    count, read_at, quality = 0, 0, LinkQuality()
    while True:
        changed = control.stat().st_mtime_ns
        if changed != read_at:
            quality, read_at = LinkQuality(**json.loads(control.read_text())), changed
        wait_s = min(0.05, max(0.0, due[0][0] - time.monotonic())) if due else 0.05
        for end in select.select([first, second], [], [], wait_s)[0]:
            for packet in _read_packets(end):
                at = _leaves_at(packet, end, free_at, quality)
                if at is not None:
                    count += 1
                    heapq.heappush(due, (at, count, other[end], packet))
        while due and due[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(due)
            try:
                os.write(end, packet)
            except OSError:
                continue  # the receiver's queue is full, as on a real link


def _read_packets(end: int) -> Iterator[bytes]:
    for _ in range(READ_AT_ONCE):
        try:
            packet = os.read(end, 2_048)
        except BlockingIOError:
            return
        if packet[0] >> 4 == 4:
            yield packet


def _leaves_at(packet: bytes, end: int, free_at: dict[int, float], quality: LinkQuality) -> float | None:
    """Return when a packet reaches the other end, or None if it is lost."""
    now = time.monotonic()
    if packet[9] != UDP:
        return now
    if random.random() * 100 < quality.loss_pct:
        return None
    at = now
    if quality.kbps:
        at = max(free_at[end], now)
        if at - now > QUEUE_S:
            return None
        at += len(packet) * 8 / (quality.kbps * 1_000)
        free_at[end] = at
    return at + quality.delay_ms / 1_000


def link_problem() -> str | None:
    """Return why this machine cannot emulate a link, or None."""
    if os.geteuid() != 0:
        return "an emulated link needs root"
    if not Path("/dev/net/tun").exists():
        return "an emulated link needs /dev/net/tun"
    return None


def command_in(namespace: str, *command: Any) -> list[str]:
    """Return a command that runs in a namespace."""
    return ["ip", "netns", "exec", namespace, *map(str, command)]
