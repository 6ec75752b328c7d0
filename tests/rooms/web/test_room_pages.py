"""The room's pages without a script: which door somebody finds, and what stands after the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments import service as appointments
from office360.core.auth import Role
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.staff.actions import accounts as staff

from ...conftest import AppServer, FakeClock
from ..conftest import AT, Booked, agent, book, citizen

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def page(server: AppServer, path: str, *, cookie: str | None = None) -> tuple[int, str]:
    """Status and text of a page; a redirect's text is where it leads."""
    headers = {"Cookie": f"office360_staff={cookie}"} if cookie else {}
    async with server.client() as client, client.get(path, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


@pytest.fixture
async def boris(app_server: AppServer) -> str:
    """The cookie of boris, who has signed in."""
    await staff.create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=Role.AGENT,
        offices=["centro"],
        password="a password of boris",
    )
    return await staff.login(app_server.runtime, "boris", "a password of boris", "192.0.2.7")


async def test_too_early_says_from_when(app_server: AppServer, clock: FakeClock, amina: Booked) -> None:
    status, text = await page(app_server, f"/a/{amina.token}/room")
    assert status == 200
    assert "Podrás entrar desde las 11:45" in text
    assert 'http-equiv="refresh"' not in text


async def test_a_little_too_early_opens_by_itself(app_server: AppServer, clock: FakeClock, amina: Booked) -> None:
    clock.set(AT - timedelta(minutes=20))
    _, text = await page(app_server, f"/a/{amina.token}/room")
    assert '<meta http-equiv="refresh" content="301">' in text


async def test_in_time_the_page_is_the_room_with_the_name_filled_in(
    app_server: AppServer, clock: FakeClock, amina: Booked
) -> None:
    clock.set(AT - timedelta(minutes=15))
    _, text = await page(app_server, f"/a/{amina.token}/room")
    assert 'data-module="rooms/room_page"' in text
    assert 'value="Amina"' in text
    assert "Esta página necesita JavaScript" in text


async def test_a_cancelled_appointment_offers_another(
    app_server: AppServer, clock: FakeClock, amina: Booked
) -> None:
    await appointments.cancel(app_server.runtime, amina.token)
    _, text = await page(app_server, f"/a/{amina.token}/room")
    assert "Esta cita se canceló" in text
    assert "/appointments/new?office=centro&amp;service=certificate&amp;mode=video" in text


async def test_a_moved_appointment_leads_to_the_newest_e_mail(app_server: AppServer, amina: Booked) -> None:
    await appointments.reschedule(app_server.runtime, amina.token, AT + timedelta(hours=1))
    _, text = await page(app_server, f"/a/{amina.token}/room")
    assert "Esta cita tiene ahora otra hora" in text


async def test_a_time_that_passed_says_so(app_server: AppServer, clock: FakeClock, amina: Booked) -> None:
    clock.set(AT + timedelta(hours=2))
    _, text = await page(app_server, f"/a/{amina.token}/room")
    assert "La hora de tu videollamada ya pasó" in text


async def test_after_the_end_both_read_what_happened(
    app_server: AppServer, clock: FakeClock, amina: Booked, boris: str
) -> None:
    clock.set(AT)
    guest, host = await citizen(app_server.runtime, amina), await agent(app_server.runtime, amina)
    await participants.join(app_server.runtime, guest, None, None)
    await participants.admit(app_server.runtime, host, guest.participant_id)
    clock.advance(minutes=12)
    await participants.end(app_server.runtime, host, "documents_missing")
    _, text = await page(app_server, f"/a/{amina.token}/room")
    for part in ("Tu videollamada ha terminado", "Duró 12 minutos.", "Boris", "Falta documentación"):
        assert part in text
    _, text = await page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    for part in ("La videollamada con Amina ha terminado", "Duró 12 minutos.", "Falta documentación"):
        assert part in text


async def test_an_appointment_in_person_leads_to_its_own_page(
    app_server: AppServer, runtime: Runtime, office: Office
) -> None:
    booked = await book(runtime, AT, mode="in_person")
    status, location = await page(app_server, f"/a/{booked.token}/room")
    assert (status, location) == (303, f"/a/{booked.token}")


async def test_a_wrong_link_says_so(app_server: AppServer, office: Office) -> None:
    assert (await page(app_server, "/a/not-a-token/room"))[0] == 404


async def test_the_agent_s_page_asks_who_one_is(app_server: AppServer, amina: Booked) -> None:
    status, location = await page(app_server, f"/staff/rooms/{amina.appointment.id}")
    assert (status, location) == (303, f"/staff/?next=/staff/rooms/{amina.appointment.id}")


async def test_an_agent_of_another_office_may_not_see_it(
    app_server: AppServer, amina: Booked, clock: FakeClock
) -> None:
    from ...support.office_fixture import build_office

    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    await staff.create_user(
        app_server.runtime,
        username="diego",
        name="Diego",
        role=Role.AGENT,
        offices=["norte"],
        password="a password of diego",
    )
    cookie = await staff.login(app_server.runtime, "diego", "a password of diego", "192.0.2.7")
    status, text = await page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=cookie)
    assert status == 403
    assert "Amina" not in text


async def test_the_agent_s_page_says_who_is_expected(app_server: AppServer, amina: Booked, boris: str) -> None:
    status, text = await page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    assert status == 200
    for part in ("Amina aún no ha llegado", "Certificado digital", 'data-module="rooms/room_page"'):
        assert part in text


async def test_no_page_of_a_room_shows_the_token_of_a_citizen_to_staff(
    app_server: AppServer, amina: Booked, boris: str
) -> None:
    _, text = await page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    assert amina.token not in text
