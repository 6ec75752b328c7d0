"""JSON calls of tickets and desks over HTTP: shapes, statuses and error codes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from office360.appointments.service import appointment_token
from office360.core.auth import StaffRole
from office360.core.db.idempotency_keys import IdempotentRequestRow
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import OfficeRow
from office360.server.settings import Settings
from office360.staff.actions.accounts import create_api_key
from sqlalchemy import delete, update

from ...conftest import AppServer, FakeClock, serve_app
from ...support.office_fixture import build_office
from ..conftest import AT_11, OfficeDriver

TICKET_KEYS = {
    "id",
    "code",
    "office",
    "line",
    "service",
    "kind",
    "state",
    "ahead",
    "at_most_overtaken_by",
    "eta",
    "desks_open",
    "desk",
    "called_at",
    "recalls",
    "reason",
    "may",
    "v",
}


class ApiClient:
    """A client of the API, with or without a key."""

    def __init__(self, client: aiohttp.ClientSession, key: str | None = None) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = {**self._headers, **headers}
        async with self._client.post(f"/api/v1{path}", json=body or {}, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> tuple[int, Any]:
        async with self._client.get(f"/api/v1{path}", headers=self._headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def take_ticket(self, **body: Any) -> dict[str, Any]:
        status, ticket = await self.post("/offices/centro/tickets", {"service": "documents", **body})
        assert status == 201
        return ticket  # type: ignore[no-any-return]


@pytest.fixture
async def public(app_server: AppServer) -> Any:
    async with app_server.client() as client:
        yield ApiClient(client)


@pytest.fixture
async def agent(app_server: AppServer, office: Office) -> Any:
    key = await create_api_key(app_server.runtime, role=StaffRole.AGENT)
    async with app_server.client() as client:
        yield ApiClient(client, key)


async def test_ticket_json_is_the_same_in_every_response(
    public: ApiClient, agent: ApiClient, server_driver: OfficeDriver
) -> None:
    ticket = await public.take_ticket()
    assert TICKET_KEYS | {"token", "links"} <= ticket.keys()
    assert ticket["links"]["page"].endswith(f"/t/{ticket['token']}")
    status, again = await public.get(f"/tickets/{ticket['token']}")
    assert (status, again) == (200, ticket)
    await agent.post(f"/desks/{server_driver.desk_id(1)}/open")
    status, called = await agent.post(f"/desks/{server_driver.desk_id(1)}/call-next")
    assert (status, called["id"], called["state"]) == (200, ticket["id"], "called")
    assert called.keys() >= TICKET_KEYS
    assert "token" not in called


async def test_citizen_actions_return_new_state_or_refusal(
    public: ApiClient, agent: ApiClient, server_driver: OfficeDriver
) -> None:
    ticket = await public.take_ticket()
    for action, expected in (("help", "waiting"), ("postpone", "waiting"), ("leave", "left")):
        status, after = await public.post(f"/tickets/{ticket['token']}/{action}")
        assert (status, after["state"]) == (200, expected)
    status, problem = await public.post(f"/tickets/{ticket['token']}/rejoin")
    assert (status, problem["code"]) == (409, "illegal_transition")
    status, problem = await public.post("/tickets/nothing/leave")
    assert (status, problem["code"]) == (404, "not_found")


async def test_check_in_accepts_token_or_locator_with_contact(
    public: ApiClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    first, second = (
        await server_driver.book_appointment(AT_11),
        await server_driver.book_appointment(AT_11, "Elena"),
    )
    clock.set(AT_11 - timedelta(minutes=16))
    token = appointment_token(server_driver.runtime, first)
    status, problem = await public.post("/offices/centro/tickets", {"appointment": token})
    assert (status, problem["code"], problem["opens_at"]) == (409, "too_early", "2026-11-25T10:45:00+01:00")
    clock.set(AT_11)
    status, ticket = await public.post("/offices/centro/tickets", {"appointment": token})
    assert (status, ticket["kind"]) == (201, "appointment")
    named = {"locator": second.locator.lower(), "email": "elena@example.org"}
    status, ticket = await public.post("/offices/centro/tickets", {"appointment": named})
    assert (status, ticket["kind"]) == (201, "appointment")
    wrong = {"locator": second.locator, "email": "amina@example.org"}
    status, problem = await public.post("/offices/centro/tickets", {"appointment": wrong})
    assert (status, problem["code"]) == (404, "not_found")
    status, problem = await public.post("/offices/centro/tickets", {"appointment": "nothing"})
    assert (status, problem["code"]) == (404, "not_found")


async def test_closed_office_response_lists_alternatives(
    public: ApiClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    clock.advance(hours=10)
    status, problem = await public.post("/offices/centro/tickets", {"service": "documents"})
    assert (status, problem["code"]) == (409, "closed")
    assert problem["alternatives"][0]["kind"] == "appointment"
    assert problem["detail"]


async def test_known_contact_is_answered_like_an_unknown_one(
    public: ApiClient, server_driver: OfficeDriver
) -> None:
    mine = await public.take_ticket(email="amina@example.org")
    answers = [
        await public.post("/offices/centro/tickets", {"service": "documents", "email": email})
        for email in ("amina@example.org", "diego@example.org")
    ]
    assert [status for status, _ in answers] == [201, 201]
    known, unknown = (set(body) for _, body in answers)
    assert known == unknown
    assert mine["code"] not in str(answers[0])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "service"),
        ({"service": "nothing"}, "service"),
        ({"service": "documents", "email": "amina"}, "email"),
        ({"service": "documents", "phone": "12"}, "phone"),
        ({"service": "documents", "language": "xx"}, "language"),
        ({"service": "documents", "name": "N" * 121}, "name"),
        ({"appointment": 5}, "appointment"),
        ({"appointment": ""}, "appointment"),
        ({"appointment": {"locator": "AAAAAAAA"}}, "appointment"),
        ({"appointment": {"email": "amina@example.org"}}, "appointment.locator"),
    ],
)
async def test_invalid_ticket_request_names_the_field(
    public: ApiClient, server_driver: OfficeDriver, body: dict[str, Any], field: str
) -> None:
    status, problem = await public.post("/offices/centro/tickets", body)
    assert status == 422
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_repeated_idempotency_key_returns_first_response(
    public: ApiClient, server_driver: OfficeDriver
) -> None:
    body = {"service": "documents"}
    first = await public.post("/offices/centro/tickets", body, **{"Idempotency-Key": "k1"})
    again = await public.post("/offices/centro/tickets", body, **{"Idempotency-Key": "k1"})
    assert first == again
    assert first[0] == 201
    other = await public.post("/offices/centro/tickets", {"service": "certificate"}, **{"Idempotency-Key": "k1"})
    assert (other[0], other[1]["code"]) == (422, "idempotency_mismatch")


async def test_retry_after_lost_response_returns_same_ticket(
    public: ApiClient, agent: ApiClient, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    body, key = {"service": "documents"}, {"Idempotency-Key": "k1"}
    first = await public.post("/offices/centro/tickets", body, **key)
    async with app_server.runtime.transaction() as tx:  # as after a crash before the answer was stored
        await tx.session.execute(delete(IdempotentRequestRow))
    again = await public.post("/offices/centro/tickets", body, **key)
    assert (again[0], again[1]["token"]) == (201, first[1]["token"])
    assert (await agent.post("/offices/centro/tickets", body, **key))[1]["id"] != first[1]["id"]


@pytest.mark.parametrize(("offices", "status"), [(["norte"], 409), (["centro"], 201)])
async def test_integration_is_exempt_only_in_its_own_offices(
    app_server: AppServer, server_driver: OfficeDriver, offices: list[str], status: int
) -> None:
    await build_office(server_driver.runtime, slug="norte", name="Oficina Norte", position=1)
    key = await create_api_key(app_server.runtime, role=StaffRole.INTEGRATION, offices=offices)
    async with app_server.client(headers={"Cookie": "office360_device=kiosk"}) as client:
        program = ApiClient(client, key)
        await program.take_ticket()
        body = {"service": "documents"}
        assert (await program.post("/offices/centro/tickets", body))[0] == status


async def test_agent_calls_return_new_state_or_refusal(
    public: ApiClient, agent: ApiClient, server_driver: OfficeDriver
) -> None:
    desk = f"/desks/{server_driver.desk_id(1)}"
    status, problem = await agent.post(f"{desk}/call-next")
    assert (status, problem["code"]) == (403, "not_your_desk")
    status, opened = await agent.post(f"{desk}/open")
    assert (status, opened["state"], opened["lines"]) == (200, "free", ["registry", "identity"])
    assert (await agent.post(f"{desk}/call-next"))[0] == 204
    ticket = await public.take_ticket()
    await agent.post(f"{desk}/call-next")
    status, problem = await agent.post(f"{desk}/call-next")
    assert (status, problem["code"]) == (409, "desk_busy")
    staff = f"/staff/tickets/{ticket['id']}"
    assert (await agent.post(f"{staff}/recall"))[1]["recalls"] == 1
    assert (await agent.post(f"{staff}/put-back"))[1]["state"] == "waiting"
    await agent.post(f"{desk}/call-next")
    assert (await agent.post(f"{staff}/start"))[1]["state"] == "serving"
    assert (await agent.post(f"{staff}/hold", {"minutes": 5}))[1]["state"] == "on_hold"
    assert (await agent.post(f"{staff}/start"))[1]["state"] == "serving"
    status, problem = await agent.post(f"{staff}/no-show")
    assert (status, problem["code"]) == (409, "illegal_transition")
    status, done = await agent.post(f"{staff}/finish", {"outcome": "resolved", "note": "All done"})
    assert (status, done["state"]) == (200, "finished")
    assert (await agent.post(f"{desk}/close"))[1]["state"] == "closed"


async def test_agent_marks_called_ticket_as_missed_and_undoes_it(
    public: ApiClient, agent: ApiClient, server_driver: OfficeDriver
) -> None:
    ticket = await public.take_ticket()
    await agent.post(f"/desks/{server_driver.desk_id(1)}/open")
    await agent.post(f"/desks/{server_driver.desk_id(1)}/call-next")
    assert (await agent.post(f"/staff/tickets/{ticket['id']}/no-show"))[1]["state"] == "missed"
    assert (await agent.post(f"/staff/tickets/{ticket['id']}/undo-no-show"))[1]["state"] == "called"


async def test_second_agent_key_cannot_open_taken_desk(
    app_server: AppServer, agent: ApiClient, server_driver: OfficeDriver
) -> None:
    await agent.post(f"/desks/{server_driver.desk_id(1)}/open")
    key = await create_api_key(app_server.runtime, role=StaffRole.AGENT)
    async with app_server.client() as client:
        status, problem = await ApiClient(client, key).post(f"/desks/{server_driver.desk_id(1)}/open")
    assert (status, problem["code"]) == (409, "desk_taken")


async def test_opening_desk_needs_key_of_an_agent(
    app_server: AppServer, public: ApiClient, server_driver: OfficeDriver
) -> None:
    assert (await public.post(f"/desks/{server_driver.desk_id(1)}/open"))[0] == 401
    key = await create_api_key(app_server.runtime, role=StaffRole.INTEGRATION)
    async with app_server.client() as client:
        program = ApiClient(client, key)
        assert (await program.post(f"/desks/{server_driver.desk_id(1)}/open"))[0] == 403
        for _ in range(2):
            await program.take_ticket(email="info@example.org")


async def test_transfer_requires_service_or_desk(
    public: ApiClient, agent: ApiClient, server_driver: OfficeDriver
) -> None:
    ticket = await public.take_ticket()
    await agent.post(f"/desks/{server_driver.desk_id(1)}/open")
    await agent.post(f"/desks/{server_driver.desk_id(1)}/call-next")
    path = f"/staff/tickets/{ticket['id']}/transfer"
    status, problem = await agent.post(path, {"service": "certificate"})
    assert (status, problem["code"]) == (409, "illegal_transition")
    await agent.post(f"/staff/tickets/{ticket['id']}/start")
    status, problem = await agent.post(path)
    assert (status, problem["errors"][0]["field"]) == (422, "service")
    status, after = await agent.post(path, {"service": "certificate"})
    assert (status, after["state"], after["code"], after["line"]["slug"]) == (200, "waiting", "A-001", "identity")
    status, problem = await public.post(path, {"service": "certificate"})
    assert status == 401


async def test_standby_flood_of_one_address_is_refused(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    limited = settings.model_copy(update={"turns_per_address": 30})
    async with serve_app(limited, clock) as server:
        statuses: Counter[int] = Counter()
        for _ in range(20):
            async with server.client() as stranger:  # another device each time
                path = "/api/v1/offices/centro/standby"
                async with stranger.post(path, json={"service": "documents"}) as answer:
                    statuses[answer.status] += 1
                    problem = await answer.json(content_type=None)
    assert statuses == {201: 3, 409: 17}
    assert problem["code"] == "proof_required"


async def test_pause_reason_reaches_each_phone_in_its_language(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    key = await create_api_key(app_server.runtime, role=StaffRole.HOST)
    async with app_server.client() as client:
        host = ApiClient(client, key)
        path = "/staff/offices/centro/pause"
        status, paused = await host.post(path, {"reason": "evacuation", "message": "Puerta B."})
        assert (status, paused["pause_message"]) == (
            200,
            "Sal por la salida más cercana y espera fuera. Puerta B.",
        )
        seen = await server_driver.ticket_json(issued, "en")
        assert seen["pause_message"] == "Leave by the nearest exit and wait outside. Puerta B."
        assert (paused["evacuation"], seen["evacuation"]) == (True, True)
        status, refused = await host.post(path, {"message": "Simulacro."})
        assert (status, refused["code"]) == (409, "evacuating")
        await host.post("/staff/offices/centro/resume", {})
        await host.post(path, {"message": "Simulacro."})
        assert (await server_driver.ticket_json(issued, "en"))["pause_message"] == "Simulacro."
        assert (await host.post(path, {"reason": "fire"}))[0] == 422


async def test_pause_and_stop_accept_keys_of_office_lists(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    choices = {
        "pause_messages": {"drill": {"es": "Es un simulacro.", "en": "This is a drill."}},
        "stop_reasons": {"paper": {"es": "No hay papel.", "en": "There is no paper."}},
    }
    async with app_server.runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(choices=choices))
        await bump_office_versions(tx.session, [server_driver.office.id])
    issued = await server_driver.take_ticket()
    key = await create_api_key(app_server.runtime, role=StaffRole.HOST)
    async with app_server.client() as client:
        host = ApiClient(client, key)
        line = f"/staff/lines/{server_driver.office.line('registry').id}"
        _, stopped = await host.post(f"{line}/stop", {"choice": "paper", "reason": "Vuelve a las 12."})
        assert stopped["stop_reason"] == "No hay papel. Vuelve a las 12."
        _, refused = await ApiClient(client).post(
            "/offices/centro/tickets", {"service": "documents"}, **{"Accept-Language": "en"}
        )
        assert (refused["code"], refused["reason"]) == (
            "walk_ins_stopped",
            "There is no paper. Vuelve a las 12.",
        )
        _, opened = await host.post(f"{line}/open")
        assert opened["stop_reason"] is None
        status, unknown = await host.post(f"{line}/stop", {"choice": "flood"})
        assert (status, unknown["errors"][0]["field"]) == (422, "choice")
        pause = "/staff/offices/centro/pause"
        _, paused = await host.post(pause, {"reason": "drill"})
        assert paused["pause_message"] == "Es un simulacro."
        assert (await server_driver.ticket_json(issued, "en"))["pause_message"] == "This is a drill."
        status, unknown = await host.post(pause, {"reason": "flood"})
        assert (status, [error["field"] for error in unknown["errors"]]) == (422, ["reason"])
        for reason in ("outage", "short_break", "evacuation"):
            assert (await host.post(pause, {"reason": reason}))[0] == 200
