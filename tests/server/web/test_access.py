"""Access to every staff call by every role, as docs/api.md#calls says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from office360.appointments.actions.office_cancellation import CancellationPeriod
from office360.appointments.service import cancel_period, upcoming_closed_periods
from office360.core.auth import Principal, StaffRole
from office360.core.web.openapi import API_PREFIX, ApiAccess
from office360.offices.service import Office
from office360.precheck.actions.connection_tests import create_test
from office360.server.web.openapi_document import OPERATIONS
from office360.staff.actions.accounts import create_api_key

from ...conftest import AppServer
from ...queue.conftest import AT_11, OfficeDriver
from ...support.office_fixture import build_office
from ..support.openapi_checker import valid_body

# The calls of docs/api.md#calls that are not public, with their letters.
CONTRACT = {
    "POST /desks/{desk}/open": "a",
    "POST /desks/{desk}/close": "a",
    "POST /desks/{desk}/call-next": "a",
    "POST /staff/tickets/{id}/recall": "a",
    "POST /staff/tickets/{id}/start": "a",
    "POST /staff/tickets/{id}/hold": "a",
    "POST /staff/tickets/{id}/put-back": "a",
    "POST /staff/tickets/{id}/transfer": "a",
    "POST /staff/tickets/{id}/no-show": "a",
    "POST /staff/tickets/{id}/finish": "a",
    "POST /staff/tickets/{id}/priority": "h",
    "POST /staff/tickets/{id}/order": "h",
    "POST /staff/tickets/{id}/helped": "h",
    "POST /staff/tickets/{id}/leave": "h",
    "POST /staff/offices/{office}/tickets": "h",
    "POST /staff/appointments/{id}/check-in": "h",
    "GET /staff/offices/{office}/search": "h",
    "POST /staff/lines/{id}/stop": "h",
    "POST /staff/lines/{id}/open": "h",
    "POST /staff/offices/{office}/pause": "h",
    "POST /staff/offices/{office}/resume": "h",
    "GET /staff/offices/{office}/board": "ai",
    "GET /staff/offices/{office}/appointments": "a",
    "POST /staff/offices/{office}/appointments": "h",
    "GET /staff/tests/{code}": "a",
    "POST /staff/appointments/{id}/cancel": "h",
    "POST /staff/offices/{office}/appointments/cancel": "h",
    "GET /staff/offices/{office}/appointments/closed": "h",
    "POST /staff/offices/{office}/appointments/closed/{id}/open": "h",
}
SERVED = {route: letters for route, letters in CONTRACT.items() if route in OPERATIONS}
OF_NO_OFFICE = {"GET /staff/tests/{code}"}  # a test without an appointment belongs to no office


@dataclass(frozen=True)
class ApiCaller:
    """A caller with a key and an office."""

    name: str
    role: StaffRole | None
    office: str = "centro"

    def is_allowed(self, route: str) -> bool:
        letters = SERVED[route]
        if self.office != "centro" and route not in OF_NO_OFFICE:
            return False
        if self.role is StaffRole.INTEGRATION:
            return "i" in letters
        least = {"a": 0, "h": 1, "m": 2}[letters[0]]
        return (
            self.role is not None
            and [StaffRole.AGENT, StaffRole.HOST, StaffRole.MANAGER].index(self.role) >= least
        )


CALLERS = [
    ApiCaller("public", None),
    ApiCaller("integration", StaffRole.INTEGRATION),
    ApiCaller("agent", StaffRole.AGENT),
    ApiCaller("agent of another office", StaffRole.AGENT, "norte"),
    ApiCaller("host", StaffRole.HOST),
    ApiCaller("host of another office", StaffRole.HOST, "norte"),
    ApiCaller("manager", StaffRole.MANAGER),
]


def test_published_access_equals_contract() -> None:
    published = {
        route: one.access.value + ("i" if one.allows_api_key else "")
        for route, one in OPERATIONS.items()
        if one.access not in (ApiAccess.PUBLIC, ApiAccess.TOKEN)
    }
    assert published == SERVED


@pytest.fixture
async def path_values(app_server: AppServer, office: Office) -> dict[str, str]:
    """Create one object of each kind, by its path parameter or the word before `{id}`."""
    driver = OfficeDriver(app_server.runtime, office)
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    issued = await driver.take_ticket()
    appointment = await driver.book_appointment(AT_11)
    test, _ = await create_test(app_server.runtime, "room", None)
    boss = Principal("boss", "Boss", StaffRole.MANAGER, frozenset({"centro"}))
    await cancel_period(
        app_server.runtime, boss, "centro", CancellationPeriod(date(2026, 12, 24)), "Closed for works"
    )
    async with app_server.runtime.read_session() as session:
        (closed,) = await upcoming_closed_periods(session, office, app_server.runtime.now())
    return {
        "{desk}": driver.desk_id(1),
        "{office}": "centro",
        "{code}": test.code or "",
        "tickets/{id}": f"tickets/{issued.ticket.id}",
        "lines/{id}": f"lines/{office.lines[0].id}",
        "appointments/{id}": f"appointments/{appointment.id}",
        "closed/{id}": f"closed/{closed.id}",
    }


def _path(route: str, ids: dict[str, str]) -> str:
    path = route.split(" ")[1]
    for word, value in ids.items():
        path = path.replace(word, value)
    return API_PREFIX + path


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("caller", CALLERS, ids=lambda one: one.name)
async def test_every_operation_enforces_contract_access(
    app_server: AppServer, path_values: dict[str, str], caller: ApiCaller
) -> None:
    key = caller.role and await create_api_key(app_server.runtime, role=caller.role, offices=[caller.office])
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    wrong = []
    async with app_server.client(headers=headers) as client:
        for route in SERVED:
            method = route.split(" ")[0]
            body = valid_body(route) if method == "POST" else None
            async with client.request(method, _path(route, path_values), json=body) as answer:
                code = (await answer.json())["code"] if answer.status >= 400 else None
            refused = (answer.status, code) in {(401, "unauthenticated"), (403, "forbidden")}
            named = (answer.status == 401) == (caller.role is None)
            if (
                refused == caller.is_allowed(route)
                or not named
                or answer.status in (404, 405)
                or answer.status >= 500
            ):
                wrong.append(f"{route}: {answer.status} {code}")
    assert wrong == []
