"""Validators of settings: each takes a variable's text and raises ValueError with advice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ..core.bus.redis_sentinel import SENTINEL_SUFFIX, parse_sentinel_url
from ..core.contact.emergency_numbers import parse_emergency_numbers
from ..notifications.email.mime import parse_sender
from ..signaling.ice import parse_turn_uri
from .testroom.addresses import check_regions, format_test_room, parse_test_room

# Headers that browsers send, so that a proxy would not always replace them.
RESERVED_HEADERS = {"authorization", "cookie", "host", "origin", "referer", "user-agent", "x-forwarded-for"}
DATABASE_DRIVERS = {"sqlite+aiosqlite", "postgresql+asyncpg"}


def split_commas(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def check_database_url(url: str) -> str:
    try:
        driver = make_url(url).drivername
    except ArgumentError:
        raise ValueError("not a database URL") from None
    if driver not in DATABASE_DRIVERS:
        raise ValueError(f"{driver} is not supported; use one of {', '.join(sorted(DATABASE_DRIVERS))}")
    return url


def url_with_scheme(*schemes: str) -> Callable[[str], str]:
    """Make a validator of an optional URL with any of these schemes."""

    def check(url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in schemes or not (parts.netloc or parts.path) or _is_port_invalid(parts)):
            raise ValueError(f"write it as {' or '.join(f'{scheme}://…' for scheme in schemes)}")
        return url

    return check


def check_model_url(url: str) -> str:
    """Check the base URL of a model's API: sentences cross the internet encrypted only."""
    url = url_with_scheme("https", "http")(url.strip()).rstrip("/")
    host = urlsplit(url).hostname or ""
    if url.startswith("http://") and not _is_private_host(host):
        raise ValueError("write it as https://…; http:// only to this machine or a private network")
    return url


def _is_private_host(host: str) -> bool:
    """Tell whether a host has a private address, or a name without a domain."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host


def check_addresses(addresses: list[str]) -> list[str]:
    """Check addresses, at most one IPv4 and one IPv6 address."""
    try:
        families = {ip_address(address).version for address in addresses}
    except ValueError:
        families = set()
    if len(families) != len(addresses):
        raise ValueError("write one IPv4 address, one IPv6 address, or both, such as 203.0.113.7,2001:db8::7")
    return addresses


def check_networks(networks: list[str]) -> list[str]:
    """Check networks in CIDR notation; a single address is a network too."""
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            raise ValueError(f"write {network} as ADDRESS/BITS with the first address of the network") from None
    return networks


def check_redis_url(url: str) -> str:
    """Check the URL of the bus: one server, a cluster, or a group of sentinels."""
    if SENTINEL_SUFFIX not in url.partition("://")[0]:
        return url_with_scheme("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")(url)
    try:
        parse_sentinel_url(url)
    except ValueError:
        raise ValueError("write it as redis+sentinel://HOST:26379,HOST2:26379/0?service=NAME") from None
    return url


def _is_port_invalid(parts: SplitResult) -> bool:
    """Tell whether the URL's port is not a number, or 0."""
    try:
        return parts.port == 0
    except ValueError:
        return True


def check_mail_from(text: str) -> str:
    parse_sender(text)
    return text


def allow_empty(check: Callable[[str], Any]) -> Callable[[str], str]:
    """Make a validator that accepts an empty text."""

    def checked(text: str) -> str:
        if text:
            check(text)
        return text

    return checked


def check_calling_codes(codes: list[str]) -> list[str]:
    if not all(code.isdecimal() and len(code) <= 3 for code in codes):
        raise ValueError("write calling codes without a sign, such as 34,351")
    return codes


def check_ports(ports: list[str]) -> list[str]:
    """Check TCP ports. Raises ValueError with advice."""
    if not ports or not all(re.fullmatch(r"[1-9][0-9]{0,4}", port) and int(port) <= 65_535 for port in ports):
        raise ValueError("write ports such as 443,8443")
    return ports


def check_emergency_numbers(entries: list[str]) -> list[str]:
    parse_emergency_numbers(entries)
    return entries


def normalize_test_rooms(entries: list[str]) -> list[str]:
    """Check test rooms: `URL`, or `REGION=URL+stun:HOST:PORT`."""
    parsed = [parse_test_room(entry) for entry in entries]
    rooms = [replace(room, url=normalize_site(room.url)) for room in parsed]
    check_regions(rooms)
    return [format_test_room(room) for room in rooms]


def check_port_range(text: str) -> str:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1024 <= int(first) <= int(last) <= 65535):
        raise ValueError("write the first and the last port, such as 49500-49999")
    return text


def check_issuer(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("write it as https://HOST or https://HOST/PATH, as the provider names itself")
    return url


def check_scopes(text: str) -> str:
    if "openid" not in text.split():
        raise ValueError("openid is needed, such as: openid profile email")
    return text


def check_user_header(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) or name.lower() in RESERVED_HEADERS:
        raise ValueError("write the name of a header that only the proxy sets, such as X-Remote-User")
    return name


def check_relays(uris: list[str]) -> list[str]:
    for uri in uris:
        parse_turn_uri(uri)
    return uris


def normalize_site(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise ValueError("write scheme and host only, such as https://citas.example.org")
    return url.rstrip("/")
