"""Addresses that strangers may name: only those of the public internet."""

from __future__ import annotations

import pytest
from office360.core.contact.push_schemas import check_push_endpoint
from office360.core.contact.push_subscriptions import PushSettings, PushSubscription
from office360.core.contact.ssrf_guard import is_allowed_url, is_public_address
from office360.core.errors import Invalid


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
def test_internal_address_is_not_public(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4003:80f::200a", "64:ff9b::808:808"])
def test_public_address_is_public(address: str) -> None:
    assert is_public_address(address)


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
        "https://push.example.org:8443/x",
        "https://push.example.org:22/x",
        "https://push.example.org:80/x",
        "https://8.8.8.8:6379/x",
        "https://push.example.org/" + "x" * 2_048,
        "https://",
        "push.example.org/x",
        "",
    ],
)
def test_url_to_internal_or_invalid_host_is_refused(url: str) -> None:
    assert not is_allowed_url(url)


def test_push_service_has_a_port_of_the_settings() -> None:
    browser = PushSubscription("https://push.example.org:8443/send/1", "p", "a")
    with pytest.raises(Invalid) as refused:
        check_push_endpoint(browser, PushSettings("key"))
    assert [(error.field, error.code) for error in refused.value.fields] == [("endpoint", "push_address")]
    check_push_endpoint(browser, PushSettings("key", ports=frozenset({443, 8443})))
    assert is_allowed_url("https://push.example.org:443/x")


def test_loopback_url_is_allowed_in_development_only() -> None:
    assert is_allowed_url("http://127.0.0.1:9000/push/1", allow_loopback=True)
    assert is_allowed_url("https://push.example.org/send/1")
    assert not is_allowed_url("http://192.168.1.1/x", allow_loopback=True)
    assert not is_allowed_url("http://push.example.org/x", allow_loopback=True)
