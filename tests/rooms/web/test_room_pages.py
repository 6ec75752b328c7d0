"""Pages of a room without scripts, before, during and after the call."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from office360.appointments import service as appointments
from office360.core.auth import StaffRole
from office360.core.formats.qr import encode_qr
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import OfficeRow
from office360.rooms.actions import participant_actions, staff_actions
from office360.staff.actions import accounts as staff
from sqlalchemy import update

from ...appointments.support.phone_mode import allow_phone
from ...conftest import AppServer, FakeClock
from ..support.video_appointments import (
    AT,
    BookedVideoAppointment,
    book_video_appointment,
    enter_as_agent,
    enter_as_citizen,
)


async def get_page(server: AppServer, path: str, *, cookie: str | None = None) -> tuple[int, str]:
    """Return the status of a page, and its text or the target of its redirect."""
    headers = {"Cookie": f"office360_staff={cookie}"} if cookie else {}
    async with server.client() as client, client.get(path, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


@pytest.fixture
async def boris(app_server: AppServer) -> str:
    """Session cookie of Boris."""
    await staff.create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro"],
        password="a password of boris",
    )
    return await staff.login(app_server.runtime, "boris", "a password of boris", "192.0.2.7")


async def test_early_page_shows_opening_time(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    status, text = await get_page(app_server, f"/a/{amina.token}/room")
    assert status == 200
    assert "Podrás entrar desde las 11:45" in text
    assert 'http-equiv="refresh"' not in text


async def test_early_page_refreshes_itself_near_opening(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(AT - timedelta(minutes=20))
    _, text = await get_page(app_server, f"/a/{amina.token}/room")
    assert '<meta http-equiv="refresh" content="301">' in text


async def test_room_page_offers_other_device_and_office(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, elena: BookedVideoAppointment
) -> None:
    clock.set(AT - timedelta(minutes=15))
    _, text = await get_page(app_server, f"/a/{amina.token}/room")
    assert encode_qr(f"{app_server.runtime.public_url}/a/{amina.token}/room", "m").path in text
    assert f'data-to="/a/{amina.token}/reschedule?mode=in_person"' in text
    _, only_by_video = await get_page(app_server, f"/a/{elena.token}/room")
    assert "mode=in_person" not in only_by_video


async def test_room_page_offers_a_telephone_call_if_the_office_does(
    app_server: AppServer, clock: FakeClock, office: Office, amina: BookedVideoAppointment
) -> None:
    clock.set(AT - timedelta(minutes=15))
    change = f'data-to="/a/{amina.token}/reschedule?mode=phone"'
    assert change not in (await get_page(app_server, f"/a/{amina.token}/room"))[1]
    await allow_phone(app_server.runtime, office)
    assert change in (await get_page(app_server, f"/a/{amina.token}/room"))[1]


async def test_open_page_is_the_room_with_name_filled_in(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(AT - timedelta(minutes=15))
    _, text = await get_page(app_server, f"/a/{amina.token}/room")
    assert 'data-module="rooms/room_page"' in text
    assert 'value="Amina"' in text
    assert "Esta página necesita JavaScript" in text


async def test_cancelled_page_offers_new_booking(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    await appointments.cancel_appointment(app_server.runtime, amina.token)
    _, text = await get_page(app_server, f"/a/{amina.token}/room")
    assert "Esta cita se canceló" in text
    assert "/appointments/new?office=centro&amp;service=certificate&amp;mode=video" in text


async def test_old_room_link_leads_to_the_new_room(app_server: AppServer, amina: BookedVideoAppointment) -> None:
    new = await appointments.reschedule_appointment(app_server.runtime, amina.token, AT + timedelta(hours=1))
    _, old = await get_page(app_server, f"/a/{amina.token}/room")
    token = appointments.appointment_token(app_server.runtime, new)
    assert f"/a/{token}/room" in old
    assert amina.token not in old


async def test_past_appointment_page_says_time_has_passed(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(AT + timedelta(hours=2))
    _, text = await get_page(app_server, f"/a/{amina.token}/room")
    assert "La hora de tu videollamada ya pasó" in text


async def test_ended_pages_show_duration_agent_and_outcome(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, boris: str
) -> None:
    clock.set(AT)
    guest, agent = (
        await enter_as_citizen(app_server.runtime, amina),
        await enter_as_agent(app_server.runtime, amina),
    )
    await participant_actions.join_lobby(app_server.runtime, guest, None)
    await staff_actions.admit_participant(app_server.runtime, agent, guest.participant_id)
    clock.advance(minutes=12)
    await staff_actions.end_room(app_server.runtime, agent, "documents_missing")
    _, text = await get_page(app_server, f"/a/{amina.token}/room")
    for part in ("Tu videollamada ha terminado", "Duró 12 minutos.", "Boris", "Falta documentación"):
        assert part in text
    _, text = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    for part in ("La videollamada con Amina ha terminado", "Duró 12 minutos.", "Falta documentación"):
        assert part in text


async def test_office_outcome_is_offered_and_readable_when_removed(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, boris: str
) -> None:
    paid = {"paid": {"es": "Pagado", "en": "Paid"}}

    async def store(choices: dict[str, object]) -> None:
        async with app_server.runtime.transaction() as tx:
            await tx.session.execute(update(OfficeRow).values(choices=choices))
            await bump_office_versions(tx.session, [amina.appointment.office_id])

    await store({"outcomes": paid})
    clock.set(AT)
    _, text = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    offered = re.findall(r'<option value="(\w+)">([^<]+)</option>', text[text.index('id="outcome"') :])
    assert offered == [
        ("paid", "Pagado"),
        ("technical_problem", "Falló la conexión"),
        ("no_show", "No vino nadie"),
    ]
    guest = await enter_as_citizen(app_server.runtime, amina)
    agent = await enter_as_agent(app_server.runtime, amina)
    await participant_actions.join_lobby(app_server.runtime, guest, None)
    await staff_actions.admit_participant(app_server.runtime, agent, guest.participant_id)
    await staff_actions.end_room(app_server.runtime, agent, "paid")
    await store({"former_outcomes": paid})
    _, text = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    assert "Pagado" in text


async def test_in_person_link_redirects_to_appointment_page(
    app_server: AppServer, runtime: Runtime, office: Office
) -> None:
    booked = await book_video_appointment(runtime, AT, mode="in_person")
    status, location = await get_page(app_server, f"/a/{booked.token}/room")
    assert (status, location) == (303, f"/a/{booked.token}")


async def test_unknown_token_page_is_not_found(app_server: AppServer, office: Office) -> None:
    assert (await get_page(app_server, "/a/not-a-token/room"))[0] == 404


async def test_staff_page_redirects_to_login(app_server: AppServer, amina: BookedVideoAppointment) -> None:
    status, location = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}")
    assert (status, location) == (303, f"/staff/?next=/staff/rooms/{amina.appointment.id}")


async def test_agent_of_another_office_is_forbidden(
    app_server: AppServer, amina: BookedVideoAppointment, clock: FakeClock
) -> None:
    from ...support.office_fixture import build_office

    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    await staff.create_user(
        app_server.runtime,
        username="diego",
        name="Diego",
        role=StaffRole.AGENT,
        offices=["norte"],
        password="a password of diego",
    )
    cookie = await staff.login(app_server.runtime, "diego", "a password of diego", "192.0.2.7")
    status, text = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=cookie)
    assert status == 403
    assert "Amina" not in text


async def test_staff_page_shows_the_expected_citizen(
    app_server: AppServer, amina: BookedVideoAppointment, boris: str
) -> None:
    status, text = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    assert status == 200
    for part in ("Amina aún no ha llegado", "Certificado digital", 'data-module="rooms/room_page"'):
        assert part in text


async def test_staff_page_does_not_contain_citizen_token(
    app_server: AppServer, amina: BookedVideoAppointment, boris: str
) -> None:
    _, text = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    assert amina.token not in text


async def test_tabs_of_a_call_begin_with_second_level_heading(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, boris: str
) -> None:
    clock.set(AT)
    _, page = await get_page(app_server, f"/staff/rooms/{amina.appointment.id}", cookie=boris)
    headings = [re.search(r"<h[1-6]\b", panel) for panel in page.split('role="tabpanel"')[1:]]
    assert len(headings) > 3
    assert {heading[0] for heading in headings if heading} == {"<h2"}


async def test_timeline_is_on_pages_of_staff_only(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, boris: str
) -> None:
    clock.set(AT)
    runtime = app_server.runtime
    guest, agent = await enter_as_citizen(runtime, amina), await enter_as_agent(runtime, amina)
    await participant_actions.join_lobby(runtime, guest, None)
    await staff_actions.admit_participant(runtime, agent, guest.participant_id)
    clock.advance(minutes=2)
    await participant_actions.record_audit_event(runtime, guest, "quality", {"available_up_kbps": 180})
    address = f"/staff/rooms/{amina.appointment.id}"
    sentence = "La subida de Amina bajó a 180 kbps"
    for path in (address, f"{address}/timeline"):  # in the panel of the call, and by itself
        status, text = await get_page(app_server, path, cookie=boris)
        assert (status, sentence in text) == (200, True)
        assert "<time>12:02</time>" in text
    await staff_actions.end_room(runtime, agent, "resolved")
    _, ended = await get_page(app_server, address, cookie=boris)
    assert sentence in ended
    assert "Terminó la videollamada" in ended
    _, page = await get_page(app_server, f"/a/{amina.token}/room")
    assert sentence not in page
    assert (await get_page(app_server, f"{address}/timeline"))[0] == 401
    assert (await get_page(app_server, f"/staff/rooms/{amina.token}/timeline", cookie=boris))[0] == 404


@pytest.mark.parametrize(("needs", "signs"), [(("sign_language",), "true"), ((), "false")])
async def test_page_knows_whether_appointment_is_in_sign_language(
    app_server: AppServer, clock: FakeClock, office: Office, needs: tuple[str, ...], signs: str
) -> None:
    clock.set(AT - timedelta(days=5))  # an interpreter needs notice
    booked = await book_video_appointment(app_server.runtime, AT, "Fatima", needs=needs)
    clock.set(AT)
    _, text = await get_page(app_server, f"/a/{booked.token}/room")
    assert f'"signs": {signs}' in text
