"""HTTP rules that gateways and push services share."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from office360.notifications.domain.gateway import GatewayCheck
from office360.notifications.http_client import find_gateway_problem, is_temporary_status, parse_retry_after_s

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", None),
        ("Wed, 25 Nov 2026 09:31:00 GMT", 60),
        ("Wed, 25 Nov 2026 09:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_accepts_seconds_and_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "is_temporary"), [(408, True), (429, True), (500, True), (503, True), (401, False), (410, False)]
)
def test_temporary_statuses_are_busy_or_broken_servers(status: int, is_temporary: bool) -> None:
    assert is_temporary_status(status) == is_temporary


async def test_check_of_a_gateway_names_a_redirect() -> None:
    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    app = web.Application()
    app.router.add_get("/account", redirect)
    async with TestServer(app) as server:
        check = GatewayCheck(str(server.make_url("/account")), refusal="it does not take the token")
        problem = await find_gateway_problem(check)
    assert problem == "it does not take the token: 302"
