"""Check of addresses that strangers name, against server-side request forgery. No sockets.

A browser names its push service, so a stranger can make the server send a request anywhere. Only public addresses
are allowed (docs/decisions/0014), never an address inside the operator's network.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL_LENGTH = 2_048  # push services use 200 to 600 characters
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address embedded in a public IPv6 address
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215

HTTPS_PORTS = frozenset({443})

IpAddress = IPv4Address | IPv6Address


def is_public_address(text: str) -> bool:
    """Tell whether an IP address and all addresses embedded in it are public.

    False for a text that is no address.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    embedded = _embedded_ipv4_addresses(address)
    return all(part.is_global and not part.is_multicast for part in (address, *embedded))


def is_loopback_host(host: str) -> bool:
    """Tell whether a host name or IP address is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _embedded_ipv4_addresses(address: IpAddress) -> list[IPv4Address]:
    """Return the IPv4 addresses to which an IPv6 address is translated."""
    if not isinstance(address, IPv6Address):
        return []
    addresses = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or address in LOCAL_NAT64:
        addresses.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [embedded for embedded in addresses if embedded is not None]


def is_allowed_url(url: str, *, allow_loopback: bool = False, ports: Collection[int] = HTTPS_PORTS) -> bool:
    """Tell whether a stranger's URL may be stored: https to a name or a public address.

    A name is resolved and checked at each request. `allow_loopback`: this machine, too, for development and tests.
    `ports`: those of public hosts; at others a stranger could make us try any service.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if (
        len(url) > MAX_URL_LENGTH
        or not url.isascii()
        or not host
        or "@" in parts.netloc
        or parts.fragment
        or port == 0
    ):
        return False
    if allow_loopback and is_loopback_host(host):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and (port or 443) in ports and _is_public_host(host, parts)


def _is_public_host(host: str, parts: SplitResult) -> bool:
    if "[" in parts.netloc or host.replace(".", "").isdigit():
        return is_public_address(host)
    return "." in host.strip(".") and not host.rstrip(".").endswith((".localhost", ".local", ".internal"))
