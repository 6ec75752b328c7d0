"""Common rules of all API calls: errors and idempotency."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.web.api_route import API_PREFIX, STAFF_ROLES, NonJsonBody
from office360.server.web.idempotency import UNSTORED_STATUSES
from office360.server.web.openapi_document import API_ROUTES
from office360.staff.actions.accounts import create_api_key, create_user

from ...conftest import AppServer
from ...staff.conftest import PASSWORD, sign_in
from ..support.openapi_checker import find_operation, valid_body, validate

POSTS = [route for route in API_ROUTES if route.startswith("POST")]
FOR_STAFF = [route for route in POSTS if API_ROUTES[route].access in STAFF_ROLES]
WITH_BODY = [route for route, call in API_ROUTES.items() if isinstance(call.body, type)]
TEXTS = [route for route, call in API_ROUTES.items() if isinstance(call.body, NonJsonBody)]


def _path(route: str) -> str:
    """Fill a path with an existing office and otherwise unknown ids."""
    path = route.split(" ")[1].replace("{office}", "centro")
    return API_PREFIX + re.sub(r"\{\w+\}", "nothing", path)


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a client that may call everything."""
    key = await create_api_key(app_server.runtime, role=StaffRole.MANAGER)
    async with app_server.client(headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


def _find_flaws(route: str, answer: aiohttp.ClientResponse, problem: Any, code: str) -> list[str]:
    """List the differences of an error from the document and RFC 9457."""
    found = []
    if answer.content_type != "application/problem+json":
        return [f"{route}: {answer.status} {answer.content_type}"]
    if (problem["status"], problem["code"]) != (answer.status, code):
        found.append(f"{route}: {answer.status} {problem['code']} instead of {code}")
    _, published = find_operation(route.split(" ")[0], _path(route).removeprefix(API_PREFIX))
    said = published["responses"].get(str(answer.status), {"description": ""})
    if f"`{problem['code']}`" not in said["description"]:
        found.append(f"{route}: {problem['code']} is not published for {answer.status}")
    else:
        validate(said["content"]["application/problem+json"]["schema"], problem)
    return found


async def test_every_operation_refuses_unknown_field(client: aiohttp.ClientSession) -> None:
    wrong = []
    for route in WITH_BODY:
        body = {**valid_body(route), "surprise": 1}
        async with client.request(route.split(" ")[0], _path(route), json=body) as answer:
            problem = await answer.json(content_type=None)
            codes = {error["field"]: error["code"] for error in problem.get("errors", ())}
            if answer.status != 422 or codes.get("surprise") != "unknown_field":
                wrong.append(f"{route}: {problem}")
    assert wrong == []


async def test_unknown_field_of_inner_object_is_named(client: aiohttp.ClientSession) -> None:
    named = {"locator": "7KQM2X9T", "email": "amina@example.org", "colour": "red"}
    async with client.post(_path("POST /offices/{office}/tickets"), json={"appointment": named}) as answer:
        problem = await answer.json(content_type=None)
    assert (answer.status, problem["code"]) == (422, "unknown_field")
    assert [error["field"] for error in problem["errors"]] == ["appointment.colour"]


async def test_many_unknown_fields_get_a_small_answer(client: aiohttp.ClientSession) -> None:
    body = {f"f{number}": 1 for number in range(10_000)}
    async with client.post(_path("POST /holds"), json=body) as answer:
        assert answer.status == 422
        assert len(await answer.read()) < 10_000


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/o/centro", "GET, HEAD, POST"),
        ("/api/v1/tests/nothing", "DELETE, GET, HEAD"),
        ("/api/v1/appointments/nothing/verify", "POST"),
    ],
)
async def test_allow_names_every_method_of_the_path(
    client: aiohttp.ClientSession, path: str, allowed: str
) -> None:
    async with client.put(path) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, allowed)


async def test_every_operation_refuses_malformed_json(client: aiohttp.ClientSession) -> None:
    wrong = []
    for route in WITH_BODY:
        for body in (b"{", b"[]", b'"text"', b"\xff"):
            headers = {"Content-Type": "application/json"}
            async with client.post(_path(route), data=body, headers=headers) as answer:
                wrong += _find_flaws(route, answer, await answer.json(content_type=None), "malformed")
    assert wrong == []


async def test_every_operation_translates_not_found(
    client: aiohttp.ClientSession,
) -> None:
    wrong = []
    named = [route for route in API_ROUTES if "{" in route.replace("{office}", "") and route not in TEXTS]
    for route in named:
        details = []
        sent: dict[str, Any] = {"json": valid_body(route)} if route.startswith("POST") else {}
        for language in ("es", "en"):
            headers = {"Accept-Language": language}
            async with client.request(route.split(" ")[0], _path(route), headers=headers, **sent) as answer:
                problem = await answer.json(content_type=None)
                wrong += _find_flaws(route, answer, problem, "not_found")
                details.append(problem["detail"])
        if details[0] == details[1]:
            wrong.append(f"{route}: {details}")
    assert wrong == []


async def test_every_operation_names_missing_fields(client: aiohttp.ClientSession) -> None:
    for route in WITH_BODY:
        model = API_ROUTES[route].body
        assert isinstance(model, type)
        needed = {field.alias or name for name, field in model.model_fields.items() if field.is_required()}
        if not needed:
            continue
        async with client.post(_path(route), json={}) as answer:
            problem = await answer.json(content_type=None)
        assert (answer.status, problem["code"]) == (422, "invalid"), route
        assert {error["field"] for error in problem["errors"]} == needed, route
        assert all(error["code"] == "required" and error["message"] for error in problem["errors"]), route


async def test_every_post_replays_idempotent_response(client: aiohttp.ClientSession) -> None:
    wrong = []
    for route in POSTS:
        answers = []
        for body in (b"{}", b"{}", b'{"other": 1}'):
            headers = {"Idempotency-Key": f"key of {route}", "Content-Type": "application/json"}
            async with client.post(_path(route), data=body, headers=headers) as answer:
                answers.append((answer.status, await answer.read(), answer.headers.get("Idempotent-Replayed")))
        first, again, other = answers
        is_replayed = again == (first[0], first[1], "true") and b"idempotency_mismatch" in other[1]
        if not is_replayed and first[0] not in UNSTORED_STATUSES:
            wrong.append(f"{route}: {answers}")
    assert wrong == []


async def test_every_staff_operation_refuses_forged_request(app_server: AppServer) -> None:
    await create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.MANAGER,
        offices=["centro"],
        password=PASSWORD,
    )
    forged = [
        {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
        {"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
    ]
    wrong = []
    async with app_server.client() as client:
        await sign_in(client, "boris")
        for route in FOR_STAFF:
            for headers in forged:
                async with client.post(_path(route), data=b"{}", headers=headers) as answer:
                    wrong += _find_flaws(route, answer, await answer.json(content_type=None), "csrf")
    assert wrong == []
