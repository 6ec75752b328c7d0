"""Publishes one event for each byte on stdin, by the protocol of the server.

    python publisher.py redis CHANNEL | nchan PORT        PAYLOAD_BYTES and REDIS_URL from the environment

The payload carries a version and CLOCK_MONOTONIC, stamped just before it leaves, and is filled up to its size.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable

PublishPayload = Callable[[bytes], object]


def build_payload(v: int, size_bytes: int) -> bytes:
    text = f'{{"v":{v},"k":"T={time.monotonic_ns()};","pad":"'
    return (text + "x" * max(0, size_bytes - len(text) - 2) + '"}').encode()


def redis_publisher(channel: str) -> PublishPayload:
    from redis import Redis

    redis = Redis.from_url(os.environ["REDIS_URL"])
    return lambda text: redis.publish(channel, text)


def nchan_publisher(port: str) -> PublishPayload:
    """Publish by POST on one connection, without waiting for answers."""
    connection = socket.create_connection(("127.0.0.1", int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def discard() -> None:
        while connection.recv(65536):
            pass

    threading.Thread(target=discard, daemon=True).start()
    head = "POST /publish HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
    return lambda text: connection.sendall((head % len(text)).encode() + text)


def main() -> None:
    kind, target = sys.argv[1], sys.argv[2]
    publish = nchan_publisher(target) if kind == "nchan" else redis_publisher(target)
    size_bytes, v = int(os.environ["PAYLOAD_BYTES"]), 0
    while asked := os.read(0, 4096):
        for _ in asked:
            v += 1
            publish(build_payload(v, size_bytes))


if __name__ == "__main__":
    main()
