"""Where a stranger may make us send something: nowhere but to the public internet."""

from __future__ import annotations

import pytest
from office360.core.contact.ssrf_guard import is_public, may_be_reached


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "no address",
    ],
)
def test_what_is_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4003:80f::200a", "64:ff9b::808:808"])
def test_what_is_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.org/x",
        "ftp://push.example.org/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.1:8443/x",
        "https://2130706433/x",
        "https://localhost/x",
        "https://printer.local/x",
        "https://metadata.google.internal/x",
        "https://intranet/x",
        "https://user:password@push.example.org/x",
        "https://:password@push.example.org/x",
        "https://push.example.org:99999/x",
        "https://push.example.org/" + "x" * 2_048,
        "https://",
        "push.example.org/x",
        "",
    ],
)
def test_an_address_that_leads_inside_or_nowhere_is_refused(url: str) -> None:
    assert not may_be_reached(url)


def test_this_machine_is_reached_in_development_only() -> None:
    assert may_be_reached("http://127.0.0.1:9000/push/1", local=True)
    assert may_be_reached("https://push.example.org/send/1")
    assert not may_be_reached("http://192.168.1.1/x", local=True)
    assert not may_be_reached("http://push.example.org/x", local=True)
