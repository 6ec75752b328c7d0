"""Staff open a test by the code that a citizen dictates; the console shows the last one of each appointment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from office360.appointments import service as appointments
from office360.appointments.service import Appointment
from office360.core.auth import Role
from office360.precheck.actions import connection_tests
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.rooms.actions import participants as rooms
from office360.staff.actions.accounts import create_user

from ...appointments.support.requesters import asking
from ...conftest import MORNING, AppServer
from ...rooms.conftest import session_hash
from ...staff.conftest import PASSWORD, sign_in

WEAK = MeasurementsMessage.model_validate({"rtt_ms": 84, "loss_up_pct": 3.1, "microphone_dbfs": -31})


@pytest.fixture
async def boris(app_server: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    """An agent of the office, signed in."""
    await create_user(
        app_server.runtime, username="boris", name="Boris", role=Role.AGENT, offices=["centro"], password=PASSWORD
    )
    async with app_server.client() as client:
        await sign_in(client, "boris")
        yield client


async def amina(server: AppServer) -> Appointment:
    """A video appointment of today, whose room is open."""
    return await appointments.book(server.runtime, "centro", asking(starts_at=MORNING + timedelta(minutes=90)))


async def reported(server: AppServer, appointment: Appointment | None = None) -> str:
    """The code of a test that reported weak sending."""
    token = appointments.token_of(server.runtime, appointment) if appointment else None
    test, secret = await connection_tests.start_test(server.runtime, "room", token)
    await connection_tests.add_report(server.runtime, secret, WEAK)
    assert test.code
    return test.code


async def page(client: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with client.get(path) as answer:
        return answer.status, await answer.text()


async def board(server: AppServer, client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/api/v1/staff/offices/centro/board") as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def test_the_page_shows_what_the_citizen_sees_and_whose_it_is(
    app_server: AppServer, boris: aiohttp.ClientSession
) -> None:
    code = await reported(app_server, await amina(app_server))
    status, html = await page(boris, f"/staff/tests/{code.lower()}")
    assert status == 200
    for part in (
        code,
        "Se te oirá bien. La imagen puede cortarse.",
        "3,1 %",
        "Amina Haddad",
        'data-verdict="amber"',
    ):
        assert part in html


async def test_a_code_is_looked_up_however_it_is_typed(
    app_server: AppServer, boris: aiohttp.ClientSession
) -> None:
    code = await reported(app_server)
    status, html = await page(boris, f"/staff/tests?code=+{code[0].lower()}{code[1]}+{code[3:]}+")
    assert (status, code in html, "Hecha sin cita." in html) == (200, True, True)


@pytest.mark.parametrize("typed", ["K7-41", "nonsense", "", "x" * 60])
async def test_a_code_nobody_has_says_so_and_keeps_what_was_typed(
    app_server: AppServer, boris: aiohttp.ClientSession, typed: str
) -> None:
    status, html = await page(boris, f"/staff/tests?code={typed}")
    assert status == 404
    assert "No encontramos ninguna prueba con este código" in html
    assert f'value="{typed[:12]}"' in html


async def test_the_public_is_sent_to_the_login_and_comes_back(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for path in ("/staff/tests/K7-42", "/staff/tests?code=k742"):
            async with client.get(path, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, "/staff/?next=/staff/tests/K7-42")


async def test_the_console_shows_the_last_test_and_its_code(
    app_server: AppServer, boris: aiohttp.ClientSession
) -> None:
    appointment = await amina(app_server)
    (row,) = (await board(app_server, boris))["video"]
    assert (row["verdict"], row["test"]) == (None, None)
    code = await reported(app_server, appointment)
    (row,) = (await board(app_server, boris))["video"]
    assert (row["verdict"], row["test"]["code"], row["test"]["fault"]) == ("amber", code, "wifi")
    _, html = await page(boris, "/staff/desk")
    assert f'href="/staff/tests/{code}"' in html
    assert "Envía con poca señal" in html


async def test_a_code_said_on_joining_brings_its_test_along(
    app_server: AppServer, boris: aiohttp.ClientSession, clock: Any
) -> None:
    appointment = await amina(app_server)
    code = await reported(app_server)
    clock.set(appointment.starts_at - timedelta(minutes=5))
    token = appointments.token_of(app_server.runtime, appointment)
    seat = await rooms.enter_citizen(app_server.runtime, token, session_hash())
    await rooms.join(app_server.runtime, seat, None, code.replace("-", ""))
    found = await board(app_server, boris)
    assert [one["verdict"] for one in found["lobby"]] == ["amber"]
    assert found["video"][0]["test"]["code"] == code
