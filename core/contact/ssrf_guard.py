"""Where a request of ours may go when a stranger names the address. Pure: no sockets.

A browser tells us where its push service is, so anybody can make us send something somewhere. It must leave for
the public internet (docs/decisions/0014-a-push-goes-to-public-addresses-only.md): an address inside our own
network is not for strangers to reach through us.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

URL_LENGTH = 2_048  # push services use 200 to 600 characters
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the clothes of a public IPv6 one
NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")  # RFC 8215

Address = IPv4Address | IPv6Address


def is_public(text: str) -> bool:
    """Whether an IP address, and any that it carries inside, is of the public internet. False for no address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (address, *_inside(address)))


def is_loopback(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _inside(address: Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if not isinstance(address, IPv6Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or address in NAT64_LOCAL:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def may_be_reached(url: str, *, local: bool = False) -> bool:
    """Whether a stranger's URL may be kept: https to a name, or to a public address.

    What a name leads to is looked at when something is sent. `local`: this machine too, for development and tests.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if (
        len(url) > URL_LENGTH
        or not url.isascii()
        or not host
        or "@" in parts.netloc
        or parts.fragment
        or port == 0
    ):
        return False
    if local and (host == "localhost" or is_loopback(host)):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and _names_the_outside(host, parts)


def _names_the_outside(host: str, parts: SplitResult) -> bool:
    if "[" in parts.netloc or host.replace(".", "").isdigit():
        return is_public(host)
    return "." in host.strip(".") and not host.rstrip(".").endswith((".localhost", ".local", ".internal"))
