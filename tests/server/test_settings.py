"""Settings: all problems are reported, and unsafe values refused in production."""

from __future__ import annotations

import os

import pytest
from office360.server.checks.settings_check import check_setting_names
from office360.server.settings import ENV_PREFIX, SettingsError, load_settings
from office360.server.settings_validators import check_model_url

SAFE = {"secret_key": ["k" * 40], "public_url": "https://citas.example.org"}


def problems(**settings: object) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(**settings)
    return refused.value.problems


def test_all_settings_problems_are_reported_at_once() -> None:
    found = problems(
        database_url="mysql://localhost/x", port_of_nothing=1, turn_uris="turn:relay.example.org", workers=3
    )
    names = {line.split(":")[0] for line in found}
    assert names == {
        "OFFICE360_DATABASE_URL",
        "OFFICE360_SECRET_KEY",
        "OFFICE360_PUBLIC_URL",
        "OFFICE360_TURN_SECRET",
        "OFFICE360_REDIS_URL",
    }


def test_production_needs_a_secret_key() -> None:
    assert problems(public_url="https://citas.example.org")[0].startswith("OFFICE360_SECRET_KEY: missing")


def test_a_short_secret_key_is_refused() -> None:
    assert problems(secret_key="short", public_url=SAFE["public_url"]) == [
        "OFFICE360_SECRET_KEY: each needs at least 32 characters"
    ]


def test_production_needs_https() -> None:
    assert problems(secret_key=SAFE["secret_key"], public_url="http://citas.example.org")[0].startswith(
        "OFFICE360_PUBLIC_URL"
    )


def test_several_workers_need_a_bus() -> None:
    assert problems(**SAFE, workers=2)[0].startswith("OFFICE360_REDIS_URL")


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1", "redis://", "redis://host:port/0"])
def test_redis_url_needs_redis_scheme(url: str) -> None:
    assert problems(**SAFE, redis_url=url)[0].startswith("OFFICE360_REDIS_URL")


@pytest.mark.parametrize(
    "url", ["citas.example.org", "https://", "ftp://a.example.org", "https://a.example.org/x"]
)
def test_public_url_needs_scheme_and_host_only(url: str) -> None:
    assert problems(secret_key=SAFE["secret_key"], public_url=url)[0].startswith("OFFICE360_PUBLIC_URL")


def test_turn_uri_needs_browser_syntax() -> None:
    found = problems(**SAFE, turn_uris="turn:relay.example.org, turn://relay.example.org", turn_secret="s")
    assert [line.split(":")[0] for line in found] == ["OFFICE360_TURN_URIS"]


@pytest.mark.parametrize("url", ["mail.example.org", "smtp://mail.example.org:x", "smtp://a.example.org?tls=yes"])
def test_invalid_smtp_url_is_refused(url: str) -> None:
    found = problems(**SAFE, smtp_url=url, mail_from="Cita <cita@example.org>")
    assert [line.split(":")[0] for line in found] == ["OFFICE360_SMTP_URL"]


def test_smtp_needs_valid_sender() -> None:
    assert problems(**SAFE, smtp_url="smtp://mail.example.org")[0].startswith("OFFICE360_MAIL_FROM: needed")
    assert problems(**SAFE, mail_from="Ayuntamiento, Cita <a@example.org>")[0].startswith("OFFICE360_MAIL_FROM")


@pytest.mark.parametrize("text", ["Bounces <bounces@example.org>", "bounces", "a@example.org, b@example.org"])
def test_return_path_is_one_address_without_name(text: str) -> None:
    assert problems(**SAFE, mail_return_path=text) == [
        "OFFICE360_MAIL_RETURN_PATH: write the address alone, such as bounces@example.org"
    ]


def test_list_settings_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE360_SECRET_KEY", f"{'a' * 32}, {'b' * 32}")
    monkeypatch.setenv("OFFICE360_PUBLIC_URL", "https://citas.example.org/")
    settings = load_settings()
    assert settings.secret_key == ["a" * 32, "b" * 32]
    assert settings.public_url == "https://citas.example.org"


def test_test_room_has_one_address_of_each_family() -> None:
    settings = load_settings(**SAFE, testroom_addresses="203.0.113.7, 2001:db8::7")
    assert settings.testroom_addresses == ["203.0.113.7", "2001:db8::7"]
    for wrong in ("203.0.113.7,203.0.113.8", "turn.example.org", "203.0.113.0/24"):
        (problem,) = problems(**SAFE, testroom_addresses=wrong)
        assert problem.startswith("OFFICE360_TESTROOM_ADDRESSES: write one IPv4 address")


@pytest.mark.parametrize("ports", ["", "0", "65536", "https", "443,x", "-1"])
def test_push_ports_are_tcp_ports(ports: str) -> None:
    assert load_settings(**SAFE, push_ports="443, 8443").push_port_numbers == {443, 8443}
    (problem,) = problems(**SAFE, push_ports=ports)
    assert problem.startswith("OFFICE360_PUSH_PORTS")


def test_development_needs_only_secret_key() -> None:
    assert load_settings(environment="development", secret_key=["k" * 40]).embedded_worker


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"oidc_issuer": "https://login.example.org"}, "OIDC_CLIENT_ID: needed beside OIDC_ISSUER"),
        ({"oidc_issuer": "login.example.org"}, "OIDC_ISSUER: write it as https://HOST"),
        ({"oidc_issuer": "http://login.example.org"}, "OIDC_ISSUER: https:// is needed in production"),
        ({"oidc_scopes": "profile"}, "OIDC_SCOPES: openid is needed"),
        ({"local_login": False}, "LOCAL_LOGIN: false needs OIDC_ISSUER or REMOTE_USER_HEADER"),
        ({"remote_user_header": "X-Remote-User"}, "REMOTE_USER_HEADER: needs the proxies' addresses"),
        (
            {"remote_user_header": "X-Remote-User", "trusted_proxies": ["*"]},
            "REMOTE_USER_HEADER: needs the proxies' addresses",
        ),
        ({"remote_user_header": "Cookie"}, "REMOTE_USER_HEADER: write the name of a header"),
    ],
)
def test_unsafe_ways_to_sign_in_are_refused_at_start(changes: dict[str, object], problem: str) -> None:
    assert any(line.startswith(f"OFFICE360_{problem}") for line in problems(**{**SAFE, **changes}))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("OFFICE360_SECRT_KEY", "is it OFFICE360_SECRET_KEY?"),
        ("OFFICE360_TURN_SECRETS_FILE", "is it OFFICE360_TURN_SECRET_FILE?"),
        ("OFFICE360_PUBLIC_URL_FILE", "is it OFFICE360_PUBLIC_URL?"),
        ("OFFICE360_ENVFILE", "is it OFFICE360_ENV_FILE?"),
        ("OFFICE360_TEST_ROOM_URL", "is it OFFICE360_TESTROOM_URL?"),
        ("office360_workrs", "is it OFFICE360_WORKERS?"),
        ("OFFICE360_SMTP_PORT", ""),  # no service link: Kubernetes would also set OFFICE360_SMTP_SERVICE_HOST
        ("OFFICE360_XYZZY", "docs/settings.md lists them"),
    ],
)
def test_check_warns_of_unknown_variable(name: str, advice: str, clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv(name, "not shown")
    (warned,) = check_setting_names()
    assert (warned.part, warned.state) == (f"settings {name}", "warning")
    assert warned.line().endswith(f"{advice} [docs/troubleshooting.md#settings]" if advice else "]")
    assert "not shown" not in warned.line()


@pytest.mark.parametrize(
    "names",
    [
        ["WORKERS", "SECRET_KEY_FILE", "ENV_FILE"],
        ["SITE", "IMAGE", "TLS", "UPSTREAM", "ACCESS_LOG", "UNAVAILABLE"],
        ["TEST_DATABASE_URL", "TEST_REQUIRE_ALL"],
        ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP", "PORT_80_TCP_ADDR"],
        ["WEB_SERVICE_HOST", "WEB_SERVICE_PORT", "WEB_PORT", "WEB_PORT_80_TCP_PROTO"],
    ],
)
def test_check_accepts_variables_of_others(names: list[str], clean_environment: pytest.MonkeyPatch) -> None:
    for name in names:
        clean_environment.setenv(f"{ENV_PREFIX}{name}", "1")
    assert check_setting_names() == []


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Remove the variables of the tests' own machine."""
    for name in list(os.environ):
        if name.upper().startswith(ENV_PREFIX):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize(
    ("url", "is_accepted"),
    [
        ("https://models.example.org/v1/", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://10.0.0.7/v1", True),
        ("http://models:8000/v1", True),
        ("http://models.example.org/v1", False),
        ("http://203.0.113.7.example/v1", False),
        ("models.example.org", False),
    ],
)
def test_model_over_the_internet_needs_https(url: str, is_accepted: bool) -> None:
    try:
        assert not check_model_url(url).endswith("/")
    except ValueError:
        assert not is_accepted
    else:
        assert is_accepted
