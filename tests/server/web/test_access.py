"""Access of every role to every route and socket command.

The rows are those of docs/api.md#calls and access_rows.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.web.api_route import API_PREFIX, STAFF_ROLES
from office360.core.web.authentication import STAFF_COOKIE
from office360.offices.service import Office
from office360.rooms.realtime.room_commands import COMMANDS
from office360.server.app import create_app
from office360.server.settings import load_settings
from office360.server.testroom.app import create_testroom_app
from office360.server.web.openapi_document import API_ROUTES
from office360.signaling import close_codes
from office360.staff.actions.accounts import create_api_key, create_user, login, revoke_api_key
from starlette.applications import Starlette

from ...conftest import TEST_SECRET, AppServer, FakeClock
from ...rooms.support.room_client import enter_room_client
from ...rooms.support.video_appointments import AT, book_video_appointment
from ...staff.conftest import fetch_csrf_token
from ...support.routes import all_routes
from ...support.timeouts import TEST_TIMEOUT_S
from ..support import access_rows
from ..support.access_rows import parse_rows
from ..support.openapi_checker import valid_body

# The calls for staff, with the letters of docs/api.md#calls, which test_docs.py compares.
SERVED = {
    call: route.access.value + ("i" if route.allows_key else "")
    for call, route in API_ROUTES.items()
    if route.access in STAFF_ROLES
}
# a test without an appointment belongs to no office, alerts to a person
OF_NO_OFFICE = {"GET /staff/tests/{code}", "POST /staff/alerts/push", "POST /staff/alerts/push/end"}


PAGE_ROWS, SOCKET_ROWS = parse_rows(access_rows.PAGES), parse_rows(access_rows.SOCKETS)
COMMAND_ROWS = parse_rows(access_rows.ROOM_COMMANDS)
API_ROWS = {route: SERVED.get(route, call.access.value) for route, call in API_ROUTES.items()}
RANKS = [StaffRole.AGENT, StaffRole.HOST, StaffRole.MANAGER, StaffRole.ADMINISTRATOR]


@dataclass(frozen=True)
class Caller:
    """A caller with a role in one office.

    `has_login`: a person; otherwise a program with a key.
    """

    name: str
    role: StaffRole | None = None
    office: str = "centro"
    has_login: bool = True
    bearer: str | None = None

    def is_allowed(self, letters: str, *, is_of_no_office: bool = False) -> bool:
        if letters[0] == "p":
            return True
        if self.role is None or (self.office != "centro" and not is_of_no_office):
            return False
        if self.role is StaffRole.INTEGRATION:
            return "i" in letters
        return RANKS.index(self.role) >= "ahmd".index(letters[0])


CALLERS = [
    Caller("anonymous"),
    Caller("other token", bearer="of-a-ticket"),
    Caller("integration", StaffRole.INTEGRATION, has_login=False),
    Caller("agent", StaffRole.AGENT),
    Caller("agent of another office", StaffRole.AGENT, "norte"),
    Caller("host", StaffRole.HOST),
    Caller("key of one office", StaffRole.HOST, "norte", has_login=False),
    Caller("manager", StaffRole.MANAGER),
    Caller("administrator", StaffRole.ADMINISTRATOR),
]
every_caller = pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)


def served_rows(app: Starlette) -> set[str]:
    """List method and path of every route of an app."""
    served = {
        f"{method} {route.path}"  # type: ignore[attr-defined]
        for route in all_routes(app.routes)
        for method in getattr(route, "methods", None) or ["WS"]
    }
    return {row.replace(f" {API_PREFIX}/", " /api:/") for row in served if not row.startswith("HEAD ")}


def test_each_route_and_command_has_one_row(record_property: Any) -> None:
    settings = load_settings(environment="development", secret_key=[TEST_SECRET])
    with_rooms = settings.model_copy(update={"testroom_url": ["http://127.0.0.1:1"]})
    api = {row.replace(" /", " /api:/", 1) for row in API_ROWS}
    forwarded = parse_rows(access_rows.FORWARDED).keys()
    web = PAGE_ROWS.keys() | SOCKET_ROWS.keys() | api
    assert served_rows(create_app(settings)) == web
    assert served_rows(create_app(with_rooms)) == {row for row in web if " /api:/tests" not in row} | forwarded
    assert served_rows(create_testroom_app(settings)) <= web
    assert COMMANDS.keys() == COMMAND_ROWS.keys()
    rows = len(web | forwarded) + len(COMMANDS)
    record_property("summary", f"access matrix: {rows} rows × {len(CALLERS)} callers, 0 holes")


def _path(route: str, ids: dict[str, str]) -> str:
    """Fill the parameters of a route; a token belongs to another kind of thing."""
    path = route.split(" ")[1]
    kind = "appointment" if path.startswith(("/t/", "/tickets/")) else "ticket"
    for word, value in ids.items():
        path = path.replace(word, value)
    return re.sub(r"{(token|test)}", ids[f"{kind} token"], path)


async def caller_key(server: AppServer, caller: Caller, token: str) -> str | None:
    """Return what the caller sends as `Bearer`; None for an anonymous caller."""
    if caller.role is None:
        return token if caller.bearer else None
    if caller.role is StaffRole.ADMINISTRATOR:
        return None  # keys have no such role; administrators sign in
    return await create_api_key(server.runtime, role=caller.role, offices=[caller.office])


async def caller_headers(server: AppServer, caller: Caller, token: str) -> dict[str, str]:
    """Return the headers of a page request: the session of a person, or the key of a program."""
    if caller.role is None or not caller.has_login:
        key = await caller_key(server, caller, token)
        return {"Authorization": f"Bearer {key}"} if key else {}
    password = "a password of boris"
    await create_user(
        server.runtime,
        username="boris",
        name="Boris",
        role=caller.role,
        offices=[caller.office],
        password=password,
    )
    session = await login(server.runtime, "boris", password, "192.0.2.7")
    return {"Cookie": f"{STAFF_COOKIE}={session}"}


@every_caller
async def test_every_operation_enforces_contract_access(
    app_server: AppServer, path_values: dict[str, str], caller: Caller
) -> None:
    key = await caller_key(app_server, caller, path_values["ticket token"])
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if key is None and caller.role is not None:
        same_site = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        headers = same_site | await caller_headers(app_server, caller, "")
    wrong = []
    async with app_server.client(headers=headers) as client:
        for route in SERVED:
            method = route.split(" ")[0]
            body = valid_body(route) if method == "POST" else None
            async with client.request(method, API_PREFIX + _path(route, path_values), json=body) as answer:
                code = (await answer.json())["code"] if answer.status >= 400 else None
            refused = (answer.status, code) in {(401, "unauthenticated"), (403, "forbidden")}
            named = (answer.status == 401) == (caller.role is None)
            if (
                refused == caller.is_allowed(SERVED[route], is_of_no_office=route in OF_NO_OFFICE)
                or not named
                or answer.status in (404, 405)
                or (answer.status >= 500 and code != "unavailable")  # the server has no keys for web push
            ):
                wrong.append(f"{route}: {answer.status} {code}")
    assert wrong == []


AWAY = {"GET": ("/staff/", "/staff/desk"), "POST": ("/staff/",)}  # where a page sends a caller who may not see it


@every_caller
async def test_every_page_enforces_its_row(
    app_server: AppServer, path_values: dict[str, str], caller: Caller
) -> None:
    headers = await caller_headers(app_server, caller, path_values["ticket token"])
    slips = {f"{kind}/{{id}}/slip": f"{path_values[kind + '/{id}']}/slip" for kind in ("tickets", "appointments")}
    calls = {"calls/{id}": path_values["appointments/{id}"].replace("appointments", "calls")}
    ids = path_values | slips | calls | {"{id}": "none"}
    wrong = []
    async with app_server.client() as client:
        csrf = await fetch_csrf_token(client, "/staff/")
        for row, letters in PAGE_ROWS.items():
            method, path = row.split(" ")[0], re.sub(r"{(secret|group|build|path:path)}", "x", _path(row, ids))
            form = {"csrf": csrf} if method == "POST" else None
            async with client.request(method, path, data=form, headers=headers, allow_redirects=False) as answer:
                status, target = answer.status, answer.headers.get("location", "")
            is_sent_away = target.startswith("/staff/?next") or target in AWAY[method]
            refused = status in (401, 403) or (is_sent_away and letters != "p")
            if letters == "t":  # a form without its fields may lead back to the page, which is not found
                is_wrong = status not in (404, 422) and re.split("[?#]", target)[0] != "/".join(
                    path.split("/")[:3]
                )
            else:
                may = caller.is_allowed(letters, is_of_no_office="o" in letters)
                may = may and (letters[0] == "p" or caller.has_login or "k" in letters)
                is_wrong = refused == may or status >= 500
            if is_wrong:
                wrong.append(f"{row}: {status} {target}")
    assert wrong == []


async def test_token_of_another_thing_opens_no_operation(
    app_server: AppServer, path_values: dict[str, str]
) -> None:
    wrong = []
    async with app_server.client() as client:
        for route in (route for route, letters in API_ROWS.items() if letters == "t"):
            method, path = route.split(" ")[0], API_PREFIX + _path(route, path_values)
            async with client.request(method, path, json=valid_body(route)) as answer:
                if answer.status not in (400, 404, 422):
                    wrong.append(f"{route}: {answer.status}")
    assert wrong == []


async def test_bad_key_is_refused_on_every_api_call(app_server: AppServer, path_values: dict[str, str]) -> None:
    revoked = await create_api_key(app_server.runtime, role=StaffRole.INTEGRATION, key_id="revoked")
    retry = {"Authorization": f"Bearer {revoked}", "Idempotency-Key": "1"}
    chat = {"url": f"{API_PREFIX}/chat", "json": valid_body("POST /chat")}
    async with app_server.client(headers=retry) as client, client.post(**chat) as answer:
        assert answer.status == 200  # this answer is kept for a repetition
    await revoke_api_key(app_server.runtime, "revoked")
    first_rows = {letters: row for row, letters in sorted(API_ROWS.items(), reverse=True)}.values()
    wrong = []
    async with app_server.client() as client:
        for row in sorted(API_ROWS):
            method, path = row.split(" ")[0], API_PREFIX + _path(row, path_values)
            sent: dict[str, Any] = {"json": valid_body(row)} if method == "POST" else {}
            # every call reads the header in the same way, so a single call of each access proves the other
            # spellings
            spellings = ("bearer  unknown", "Bearer", "Basic eDp5") if row in first_rows else ()
            for credential in ("Bearer unknown", f"Bearer {revoked}", *spellings):
                headers = {"Authorization": credential, "Idempotency-Key": "1"}
                async with client.request(method, path, headers=headers, **sent) as answer:
                    code = (await answer.json())["code"] if answer.status == 401 else None
                is_public = API_ROWS[row] in ("p", "t")
                if (code == "unauthenticated") == (credential.startswith("Basic") and is_public):
                    wrong.append(f"{row} {credential}: {answer.status} {code}")
    assert wrong == []


async def test_own_token_opens_its_page_and_operation(app_server: AppServer, path_values: dict[str, str]) -> None:
    appointment, ticket, test = (path_values[f"{kind} token"] for kind in ("appointment", "ticket", "test"))
    paths = [f"/a/{appointment}", f"/t/{ticket}", f"/test/{test}"]
    paths += [f"{API_PREFIX}/appointments/{appointment}", f"{API_PREFIX}/tickets/{ticket}"]
    async with app_server.client() as client:
        for path in [*paths, f"{API_PREFIX}/tests/{test}"]:
            async with client.get(path) as answer:
                assert answer.status == 200, path


@every_caller
async def test_every_socket_enforces_its_row(
    app_server: AppServer, path_values: dict[str, str], clock: FakeClock, caller: Caller
) -> None:
    video = await book_video_appointment(app_server.runtime, AT, "Diego")
    clock.set(AT)
    key = await caller_key(app_server, caller, path_values["ticket token"])
    headers = {"Origin": app_server.url} | await caller_headers(app_server, caller, "") if key is None else {}
    hellos = {
        "WS /ws/ticket": {"token": path_values["appointment token"]},
        "WS /ws/display": {"office": "centro"},
        "WS /ws/staff": {"office": "centro", **({"key": key} if key else {})},
        "WS /ws/room": {"appointment": video.appointment.id, **({"key": key} if key else {})},
    }
    wrong = []
    async with app_server.client() as client:
        for row, letters in SOCKET_ROWS.items():
            async with client.ws_connect(row.split(" ")[1], headers=headers) as socket:
                await socket.send_json({"type": "hello", **hellos[row]})
                first = await socket.receive(timeout=TEST_TIMEOUT_S)
                code = None if first.type is aiohttp.WSMsgType.TEXT else socket.close_code
            refused = code in (close_codes.NOT_ALLOWED, close_codes.NOT_FOUND)
            if refused == (letters != "t" and caller.is_allowed(letters)):
                wrong.append(f"{row}: {code}")
    assert wrong == []


ANY_COMMAND: dict[str, Any] = {
    "side": "front",
    "on": True,
    "participant": "none",
    "text": "t",
    "state": "busy",
    "items": {"id": True},
    "outcome": "resolved",
}
ANY_COMMAND |= {"to": "none", "pc_gen": 1, "candidate": None, "description": {"type": "offer", "sdp": "v=0"}}


async def test_room_commands_of_staff_are_refused_to_citizens(
    app_server: AppServer, office: Office, clock: FakeClock
) -> None:
    booked = await book_video_appointment(app_server.runtime, AT, "Amina")
    clock.set(AT)
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.send("join")
        await amina.receive("lobby")
        for command in (command for command, letter in COMMAND_ROWS.items() if letter == "s"):
            assert await amina.send_refused(command, **ANY_COMMAND) == "staff_only", command
