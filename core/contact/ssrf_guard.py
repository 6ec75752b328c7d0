"""Where a request of ours may go when a stranger names the address. Pure: no sockets.

A browser tells us where its push service is, so anybody can make us send something somewhere. It must leave for
the public internet (docs/decisions/0014-a-push-goes-to-public-addresses-only.md): an address inside our own
network is not for strangers to reach through us.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL_LENGTH = 2_048  # push services use 200 to 600 characters
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the clothes of a public IPv6 one
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215

IpAddress = IPv4Address | IPv6Address


def is_public_address(text: str) -> bool:
    """Whether an IP address, and any that it carries inside, is of the public internet. False for no address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (address, *_embedded_ipv4_addresses(address)))


def is_loopback_address(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _embedded_ipv4_addresses(address: IpAddress) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if not isinstance(address, IPv6Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or address in LOCAL_NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def is_allowed_url(url: str, *, allow_loopback: bool = False) -> bool:
    """Whether a stranger's URL may be kept: https to a name, or to a public address.

    What a name leads to is looked at when something is sent. `local`: this machine too, for development and tests.
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
    if allow_loopback and (host == "localhost" or is_loopback_address(host)):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and _is_public_host(host, parts)


def _is_public_host(host: str, parts: SplitResult) -> bool:
    if "[" in parts.netloc or host.replace(".", "").isdigit():
        return is_public_address(host)
    return "." in host.strip(".") and not host.rstrip(".").endswith((".localhost", ".local", ".internal"))
