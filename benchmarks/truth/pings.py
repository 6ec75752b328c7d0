"""True delay and jitter of an idle link, pinged from the person's device.

As a script: `pings.py udp|tcp ADDRESS PORT`. Prints one JSON object.
"""

from __future__ import annotations

import itertools
import json
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PINGS, INTERVAL_S = 100, 0.02  # as often as packets of a voice
PING_BYTES = 100  # and as large: a narrow line takes 10 ms to send each, each way
CONNECTIONS = 7
WAIT_S = 3.0
MIN_ANSWERS = 5  # fewer tell nothing


@contextmanager
def udp_echo(address: str) -> Iterator[int]:
    """Send every datagram back for the block, on a free port."""
    with socket.socket(type=socket.SOCK_DGRAM) as echo:
        echo.bind((address, 0))
        echo.settimeout(0.2)
        ends = threading.Event()

        def answer() -> None:
            while not ends.is_set():
                try:
                    data, sender = echo.recvfrom(256)
                    echo.sendto(data, sender)
                except TimeoutError:
                    continue

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield echo.getsockname()[1]
        finally:
            ends.set()
            thread.join()


def ping_by_udp(address: tuple[str, int]) -> dict[int, float]:
    """Return the delays in ms by the number of the ping, in the order of the answers."""
    delays: dict[int, float] = {}
    with socket.socket(type=socket.SOCK_DGRAM) as pings:
        sent_at: list[float] = []
        begun_at = time.monotonic()
        while (now := time.monotonic()) < begun_at + PINGS * INTERVAL_S + WAIT_S and len(delays) < PINGS:
            if len(sent_at) < PINGS and now >= begun_at + len(sent_at) * INTERVAL_S:
                sent_at.append(now)
                pings.sendto(len(sent_at).to_bytes(4, "big").ljust(PING_BYTES, b"\0"), address)
            pings.settimeout(max(0.001, min(INTERVAL_S, begun_at + len(sent_at) * INTERVAL_S - now)))
            try:
                number = int.from_bytes(pings.recv(256)[:4], "big") - 1
            except TimeoutError:
                continue
            delays[number] = (time.monotonic() - sent_at[number]) * 1000
    return delays


def ping_by_tcp(address: tuple[str, int]) -> dict[int, float]:
    """Return how long each of some connections took to open, in ms."""
    delays = {}
    for number in range(CONNECTIONS):
        begun_at = time.monotonic()
        socket.create_connection(address, timeout=2 * WAIT_S).close()
        delays[number] = (time.monotonic() - begun_at) * 1000
    return delays


def mean_jitter_ms(delays: dict[int, float], *, in_order_only: bool) -> float:
    """Return the mean change of delay from one packet to the next (RFC 3550 section 6.4.1).

    Browsers leave out packets that were overtaken (libwebrtc, `StreamStatisticianImpl`).
    """
    newest, kept = -1, []
    for number, delay in delays.items():
        if number > newest or not in_order_only:
            kept.append(delay)
        newest = max(newest, number)
    return statistics.mean(abs(earlier - later) for earlier, later in itertools.pairwise(kept))


def main() -> None:
    way, host, port = sys.argv[1:]
    delays = {"udp": ping_by_udp, "tcp": ping_by_tcp}[way]((host, int(port)))
    found: dict[str, Any] = {}
    if len(delays) > MIN_ANSWERS:
        jitters = [mean_jitter_ms(delays, in_order_only=only) for only in (True, False)]
        found = {"rtt_ms": statistics.median(delays.values()), "jitter_ms": sorted(jitters)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
