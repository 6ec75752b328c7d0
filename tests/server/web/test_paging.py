"""Paging of API lists: `limit`, `after`, and `Link` to the next page."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from ...conftest import AppServer
from ...support.office_fixture import build_office

SLOTS = "/api/v1/offices/centro/slots?service=documents&mode=in_person&from=2026-11-26&days=2"


async def _get(client: aiohttp.ClientSession, path: str) -> tuple[int, Any, str | None]:
    async with client.get(path) as answer:
        following = answer.links.get("next")
        return answer.status, await answer.json(), str(following["url"]) if following else None


@pytest.mark.parametrize(("path", "key"), [("/api/v1/offices", "slug"), (SLOTS, "starts_at")])
async def test_pages_add_up_to_whole_list(app_server: AppServer, path: str, key: str) -> None:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    await build_office(app_server.runtime, slug="henares", name="Oficina Henares", desks=1, position=2)
    async with app_server.client() as client:
        _, whole, following = await _get(client, path)
        assert following is None
        parts: list[Any] = []
        here: str | None = f"{path}{'&' if '?' in path else '?'}limit={len(whole) - 1}"
        while here is not None:
            _, part, here = await _get(client, here)
            parts += part
    assert len(whole) > 2
    assert [item[key] for item in parts] == [item[key] for item in whole]


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("after=no", "after")]
)
async def test_invalid_paging_query_is_refused(app_server: AppServer, query: str, field: str) -> None:
    async with app_server.client() as client:
        status, problem, _ = await _get(client, f"/api/v1/offices?{query}")
    assert (status, [error["field"] for error in problem["errors"]]) == (422, [field])
