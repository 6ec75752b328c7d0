"""Board and appointments as JSON, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from office360.appointments.service import BookingRequest, book_appointment
from office360.core.auth import StaffRole
from office360.offices.service import office_by_slug
from office360.queue.service import TicketRequest, take_ticket
from office360.staff.actions import accounts
from office360.staff.queries.board import load_board

from ...conftest import AppServer
from ..conftest import sign_in

BOARD = "/api/v1/staff/offices/centro/board"
APPOINTMENTS = "/api/v1/staff/offices/centro/appointments"


async def bearer(server: AppServer, role: StaffRole, *offices: str) -> dict[str, str]:
    key = await accounts.create_api_key(server.runtime, role=role, offices=offices or None)
    return {"Authorization": f"Bearer {key}"}


async def test_board_lists_lines_desks_tickets_and_lobby(app_server: AppServer, staff: dict[str, str]) -> None:
    issued = await take_ticket(
        app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina", device="a")
    )
    headers = await bearer(app_server, StaffRole.AGENT, "centro")
    async with app_server.client() as client, client.get(BOARD, headers=headers) as answer:
        board = await answer.json()
    assert answer.status == 200
    assert [line["slug"] for line in board["lines"]] == ["registry", "identity"]
    assert {desk["state"] for desk in board["desks"]} == {"closed"}
    assert [(ticket["code"], ticket["name"]) for ticket in board["tickets"]] == [(issued.ticket.code, "Amina")]
    assert board["lobby"] == []


async def test_an_integration_reads_the_board_without_names(app_server: AppServer, staff: dict[str, str]) -> None:
    await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina", device="a"))
    headers = await bearer(app_server, StaffRole.INTEGRATION)
    async with app_server.client() as client, client.get(BOARD, headers=headers) as answer:
        assert (await answer.json())["tickets"][0]["name"] is None


@pytest.mark.parametrize("path", [BOARD, APPOINTMENTS])
async def test_staff_api_requires_authentication_and_scope(
    app_server: AppServer, staff: dict[str, str], path: str
) -> None:
    async with app_server.client() as client:
        async with client.get(path) as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, "unauthenticated")
        async with client.get(path, headers=await bearer(app_server, StaffRole.AGENT, "norte")) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "forbidden")
        async with client.get(path, headers={"Authorization": "Bearer made up"}) as answer:
            assert answer.status == 401


async def test_an_integration_reads_no_appointments(app_server: AppServer, staff: dict[str, str]) -> None:
    headers = await bearer(app_server, StaffRole.INTEGRATION)
    async with app_server.client() as client, client.get(APPOINTMENTS, headers=headers) as answer:
        assert answer.status == 403


async def test_an_unknown_office_is_not_found(app_server: AppServer, staff: dict[str, str]) -> None:
    headers = await bearer(app_server, StaffRole.AGENT)
    async with (
        app_server.client() as client,
        client.get("/api/v1/staff/offices/nowhere/board", headers=headers) as answer,
    ):
        assert answer.status == 404


async def test_agent_lists_appointments_by_day_and_mode(app_server: AppServer, staff: dict[str, str]) -> None:
    for hour, mode in [(11, "video"), (12, "in_person")]:
        booking = BookingRequest(
            service="certificate",
            mode=mode,  # type: ignore[arg-type]
            starts_at=datetime(2026, 11, 25, hour, tzinfo=UTC),
            name="Amina",
            email=f"amina{hour}@example.org",
        )
        await book_appointment(app_server.runtime, "centro", booking, request_key=None)
    async with app_server.client() as client:
        await sign_in(client, "boris")

        async def listed(query: str) -> list[dict[str, Any]]:
            async with client.get(f"{APPOINTMENTS}{query}") as answer:
                found = await answer.json()
                assert isinstance(found, list)
                return found

        assert [entry["mode"] for entry in await listed("")] == ["video", "in_person"]
        video = await listed("?date=2026-11-25&mode=video")
        assert [entry["starts_at"] for entry in video] == ["2026-11-25T12:00:00+01:00"]
        assert "token" not in video[0]
        assert await listed("?date=2026-11-26") == []
        async with client.get(f"{APPOINTMENTS}?date=yesterday&mode=letter") as answer:
            problem = await answer.json()
            assert answer.status == 422
            assert {error["field"] for error in problem["errors"]} == {"date", "mode"}
        for edge in ("0001-01-01", "9999-12-31"):
            async with client.get(f"{APPOINTMENTS}?date={edge}") as answer:
                assert (answer.status, (await answer.json())["code"]) == (422, "invalid_time")


@pytest.mark.parametrize("mode", ["in_person", "video"])
async def test_appointment_needs_appear_in_list_and_board(
    app_server: AppServer, staff: dict[str, str], mode: Any
) -> None:
    starts_at = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    asked = BookingRequest(
        service="certificate",
        mode=mode,
        starts_at=starts_at,
        name="Amina",
        email="amina@example.org",
        needs=("sign_language", "step_free", "accompanied", "easy_reading"),
        override="An interpreter is in the house.",
        needs_note="Comes with a guide dog",
        details={"case_number": "2026/417"},
    )
    await book_appointment(app_server.runtime, "centro", asked)
    headers = await bearer(app_server, StaffRole.AGENT, "centro")
    of_mode = [need for need in asked.needs if mode == "in_person" or need != "step_free"]  # only for a place
    expected = [*of_mode, "Comes with a guide dog"]
    today = f"{APPOINTMENTS}?date=2026-11-25"
    async with app_server.client() as client, client.get(today, headers=headers) as answer:
        (shown,) = await answer.json()
        assert (shown["needs"], shown["details"]) == (expected, {"case_number": "2026/417"})
    async with app_server.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        found = await load_board(session, app_server.runtime.tokens, office, "es", app_server.runtime.now())
    listed = found["video"] if mode == "video" else found["agenda"]
    assert [(item["needs"], item["details"]) for item in listed] == [(expected, {"case_number": "2026/417"})]
