"""Staff pages: a test by its dictated code, and the last test of each appointment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from office360.appointments import service as appointments
from office360.appointments.service import Appointment
from office360.core.auth import StaffRole
from office360.precheck.actions import connection_tests
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.rooms.actions import participant_actions, room_entry
from office360.staff.actions.accounts import create_user

from ...appointments.support.requesters import make_booking_request
from ...conftest import MORNING, AppServer
from ...rooms.support.video_appointments import new_session_hash
from ...staff.conftest import PASSWORD, sign_in

WEAK = MeasurementsMessage.model_validate(
    {"rtt_ms": 84, "jitter_ms": 44, "loss_up_pct": 3.1, "microphone_dbfs": -31}
)


@pytest.fixture
async def boris(app_server: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A session of an agent who is logged in."""
    await create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro"],
        password=PASSWORD,
    )
    async with app_server.client() as client:
        await sign_in(client, "boris")
        yield client


async def book_amina(server: AppServer) -> Appointment:
    """Book a video appointment of today whose room is open."""
    return await appointments.book_appointment(
        server.runtime, "centro", make_booking_request(starts_at=MORNING + timedelta(minutes=90))
    )


async def report_test(server: AppServer, appointment: Appointment | None = None) -> str:
    """Report a test with slow upload. Returns its code."""
    token = appointments.appointment_token(server.runtime, appointment) if appointment else None
    test, secret = await connection_tests.create_test(server.runtime, "room", token)
    await connection_tests.add_report(server.runtime, secret, WEAK)
    assert test.code
    return test.code


async def get_page(client: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with client.get(path) as answer:
        return answer.status, await answer.text()


async def get_board(server: AppServer, client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/api/v1/staff/offices/centro/board") as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def test_staff_page_shows_report_and_citizen_name(
    app_server: AppServer, boris: aiohttp.ClientSession
) -> None:
    code = await report_test(app_server, await book_amina(app_server))
    status, html = await get_page(boris, f"/staff/tests/{code.lower()}")
    assert status == 200
    for part in (
        code,
        "Se te oirá bien. La imagen puede cortarse.",
        "3,1 %",
        "Amina Haddad",
        'data-verdict="amber"',
    ):
        assert part in html


async def test_code_search_accepts_any_notation(app_server: AppServer, boris: aiohttp.ClientSession) -> None:
    code = await report_test(app_server)
    status, html = await get_page(boris, f"/staff/tests?code=+{code[0].lower()}{code[1]}+{code[3:]}+")
    assert (status, code in html, "Hecha sin cita." in html) == (200, True, True)


@pytest.mark.parametrize("typed", ["K7-41", "nonsense", "", "x" * 60])
async def test_unknown_code_page_keeps_the_typed_text(
    app_server: AppServer, boris: aiohttp.ClientSession, typed: str
) -> None:
    status, html = await get_page(boris, f"/staff/tests?code={typed}")
    assert status == 404
    assert "No encontramos ninguna prueba con este código" in html
    assert f'value="{typed[:12]}"' in html


async def test_signed_out_visitor_is_redirected_to_login(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for path in ("/staff/tests/K7-42", "/staff/tests?code=k742"):
            async with client.get(path, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, "/staff/?next=/staff/tests/K7-42")


async def test_console_shows_latest_test_and_its_code(app_server: AppServer, boris: aiohttp.ClientSession) -> None:
    appointment = await book_amina(app_server)
    (row,) = (await get_board(app_server, boris))["video"]
    assert (row["verdict"], row["test"]) == (None, None)
    code = await report_test(app_server, appointment)
    (row,) = (await get_board(app_server, boris))["video"]
    assert (row["verdict"], row["test"]["code"], row["test"]["fault"]) == ("amber", code, "wifi")
    _, html = await get_page(boris, "/staff/desk")
    assert f'href="/staff/tests/{code}"' in html
    assert "Se pierden datos" in html


async def test_code_given_on_join_links_the_test(
    app_server: AppServer, boris: aiohttp.ClientSession, clock: Any
) -> None:
    appointment = await book_amina(app_server)
    code = await report_test(app_server)
    clock.set(appointment.starts_at - timedelta(minutes=5))
    token = appointments.appointment_token(app_server.runtime, appointment)
    seat = await room_entry.enter_as_citizen(app_server.runtime, token, new_session_hash())
    await participant_actions.join_lobby(app_server.runtime, seat, None)
    await participant_actions.link_test(app_server.runtime, seat, token=None, code=code.replace("-", ""))
    found = await get_board(app_server, boris)
    assert [person["verdict"] for person in found["lobby"]] == ["amber"]
    assert found["video"][0]["test"]["code"] == code
