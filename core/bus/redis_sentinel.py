"""Redis Sentinel: URL of a group, address of its present primary. Keeps no connection.

`redis+sentinel://USER:PASSWORD@HOST:26379,HOST2,HOST3/0?service=NAME`, with `rediss+sentinel` for TLS. User and
password are those of the servers; `sentinel_username` and `sentinel_password` are those of the sentinels.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from redis.asyncio import Connection

SENTINEL_SUFFIX = "+sentinel"
DEFAULT_SENTINEL_PORT = 26379
DEFAULT_SERVICE = "mymaster"  # as in the sentinel.conf that Redis ships
ANSWER_TIMEOUT_S = 1.0  # then the next sentinel is asked

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SentinelGroup:
    """Sentinels that watch a primary.

    Options are those of a connection, without host and port.
    """

    sentinels: tuple[Address, ...]
    service: str
    sentinel_options: Mapping[str, Any]
    server_options: Mapping[str, Any]

    async def find_primary(self, new_connection: Callable[[Mapping[str, Any]], Connection]) -> Address:
        """Ask the sentinels in turn. Raises RedisConnectionError if none knows the primary."""
        from redis.exceptions import ConnectionError as RedisConnectionError
        from redis.exceptions import RedisError

        for host, port in self.sentinels:
            connection = new_connection({**self.sentinel_options, "host": host, "port": port})
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await connection.connect()  # type: ignore[no-untyped-call]
                    await connection.send_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
                    answer = await connection.read_response()
            except (RedisError, OSError, TimeoutError):
                continue
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await connection.disconnect(nowait=True)
            if answer:
                return answer[0].decode(), int(answer[1])
        raise RedisConnectionError("no sentinel knows the primary")


def parse_sentinel_url(url: str) -> SentinelGroup | None:
    """Parse the URL of a group; None for a URL of another kind.

    Raises ValueError for a wrong address.
    """
    parts = urlsplit(url)
    if not parts.scheme.endswith(SENTINEL_SUFFIX):
        return None
    # imported late: settings are checked without a bus, too
    from redis.asyncio.connection import parse_url

    scheme = parts.scheme.removesuffix(SENTINEL_SUFFIX)
    credentials, at, hosts = parts.netloc.rpartition("@")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    server_options = {**parse_url(f"{scheme}://{credentials}{at}localhost{parts.path}")}
    sentinel_options = {**parse_url(f"{scheme}://localhost")}
    for name in ("username", "password"):
        if f"sentinel_{name}" in query:
            sentinel_options[name] = query[f"sentinel_{name}"]
    for options in (server_options, sentinel_options):
        options.pop("host", None)
        options.pop("port", None)
    sentinels = tuple(_parse_address(host) for host in hosts.split(","))
    return SentinelGroup(sentinels, query.get("service", DEFAULT_SERVICE), sentinel_options, server_options)


def _parse_address(text: str) -> Address:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port == 0:
        raise ValueError(f"{text} is no address of a sentinel")
    return parts.hostname, parts.port or DEFAULT_SENTINEL_PORT
