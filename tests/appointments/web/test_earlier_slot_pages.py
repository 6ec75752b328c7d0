"""Requests for an earlier slot and answers to offers, by pages and by the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from office360.appointments import service
from office360.appointments.actions.earlier_slot import request_earlier_slot
from office360.appointments.domain.offer import EarlierSlotRequest
from office360.appointments.service import appointment_token, book_appointment, cancel_appointment
from office360.core.db.timers import fire_due_timers
from office360.offices.service import office_by_slug

from ...conftest import AppServer, FakeClock
from ..support.agenda_settings import set_agenda
from ..support.html_client import citizen_browser
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request
from .test_api import call_api

LATER = FRIDAY_AT_9 + timedelta(hours=2)


async def book_diego(server: AppServer, **more: Any) -> str:
    """Book for Diego at eleven. Returns the appointment's token."""
    appointment = await book_appointment(
        server.runtime, "centro", make_booking_request(DIEGO, starts_at=LATER, **more)
    )
    return appointment_token(server.runtime, appointment)


async def book_with_open_offer(server: AppServer) -> str:
    """Book for Diego at eleven and offer him an earlier slot. Returns the appointment's token."""
    amina, token = (
        await book_appointment(server.runtime, "centro", make_booking_request(AMINA)),
        await book_diego(server),
    )
    await request_earlier_slot(server.runtime, token, EarlierSlotRequest())
    await cancel_appointment(server.runtime, appointment_token(server.runtime, amina))
    await fire_due_timers(server.runtime, service.TIMERS)
    return token


async def test_person_requests_earlier_slot_and_cancels_request(app_server: AppServer) -> None:
    token = await book_diego(app_server)
    async with citizen_browser(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "te la ofrecemos primero" in page.text
        page = await person.send(page, "/earlier", part="morning", not_before="2026-11-26", answer="want")
        assert "Solo antes de las 14:00" in page.text
        assert "No antes del jueves 26 de noviembre" in page.text
        page = await person.send(page, "/earlier", answer="stop")
        assert "te la ofrecemos primero" in page.text


async def test_earlier_request_with_invalid_date_is_ignored(app_server: AppServer) -> None:
    token = await book_diego(app_server)
    async with citizen_browser(app_server) as person:
        page = await person.send(await person.get(f"/a/{token}"), "/earlier", not_before="soon", answer="want")
        assert page.status == 200
        assert "te la ofrecemos primero" in page.text


async def test_earlier_request_is_hidden_without_interpreter_notice(
    app_server: AppServer, clock: FakeClock
) -> None:
    token = await book_diego(app_server, needs=("sign_language",))
    async with citizen_browser(app_server) as person:
        earlier = f"/a/{token}/earlier"
        assert earlier in [form.action for form in (await person.get(f"/a/{token}")).forms]
        clock.set(LATER - timedelta(hours=24))
        assert earlier not in [form.action for form in (await person.get(f"/a/{token}")).forms]
        times = await person.get(f"/a/{token}/reschedule")
        assert times.form.option_values("starts_at")[0] == "2026-11-27T11:15:00+01:00"
    status, answer, _ = await call_api(app_server, f"/api/v1/appointments/{token}/earlier", json={"wanted": True})
    assert (status, answer["code"]) == (409, "bound_to_the_time")


async def test_offer_shows_expiry_and_its_link_changes_nothing(app_server: AppServer) -> None:
    token = await book_with_open_offer(app_server)
    async with citizen_browser(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "Puedes adelantar tu cita: viernes 27 de noviembre, 9:00" in page.text
        assert "Te la guardamos hasta las 11:00" in page.text
        assert f"/a/{token}/earlier" in page.links
        for _ in range(2):
            assert "¿Quieres adelantar tu cita?" in (await person.get(f"/a/{token}/earlier")).text


async def test_offer_can_be_accepted_after_the_change_limit(app_server: AppServer) -> None:
    async with app_server.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    await set_agenda(app_server.runtime, office, change_until=30 * 24 * 60)
    token = await book_diego(app_server)
    await request_earlier_slot(app_server.runtime, token, EarlierSlotRequest())
    amina = await book_appointment(app_server.runtime, "centro", make_booking_request(AMINA))
    await cancel_appointment(app_server.runtime, appointment_token(app_server.runtime, amina), by="office")
    await fire_due_timers(app_server.runtime, service.TIMERS)
    async with citizen_browser(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert f"/a/{token}/cancel" not in page.links
        assert "Puedes adelantar tu cita: viernes 27 de noviembre, 9:00" in page.text
        page = await person.send(await person.get(f"/a/{token}/earlier"), answer="accept")
        assert "9:00" in page.text


async def test_early_start_page_hides_the_later_entry_time(app_server: AppServer, clock: FakeClock) -> None:
    await book_appointment(app_server.runtime, "centro", make_booking_request(AMINA))
    token = await book_diego(app_server)
    await request_earlier_slot(app_server.runtime, token, EarlierSlotRequest())
    clock.set(FRIDAY_AT_9 + timedelta(minutes=10))
    await fire_due_timers(app_server.runtime, service.TIMERS)
    async with citizen_browser(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "Puedes entrar ahora" in page.text
        assert "El botón para entrar aparecerá" not in page.text


async def test_accept_page_is_idempotent(app_server: AppServer) -> None:
    token = await book_with_open_offer(app_server)
    async with citizen_browser(app_server) as person:
        page = await person.get(f"/a/{token}/earlier")
        new = await person.send(page, answer="accept")
        assert "Tu videollamada es el viernes 27 de noviembre a las 9:00" in new.text
        assert new.path.endswith("?moved=1")
        assert (await person.send(page, answer="accept")).path == new.path


async def test_refuse_keeps_appointment_and_request(app_server: AppServer) -> None:
    token = await book_with_open_offer(app_server)
    async with citizen_browser(app_server) as person:
        page = await person.send(await person.get(f"/a/{token}/earlier"), answer="refuse")
        assert "Tu cita sigue como estaba" in page.text
        assert "Te avisaremos si alguien deja libre una hora anterior" in page.text


async def test_accept_after_expiry_shows_that_offer_is_over(app_server: AppServer, clock: FakeClock) -> None:
    token = await book_with_open_offer(app_server)
    async with citizen_browser(app_server) as person:
        page = await person.get(f"/a/{token}/earlier")
        clock.advance(minutes=31)
        late = await person.send(page, answer="accept")
        assert late.status == 409
        assert "Ya no te guardamos esa hora" in late.text
        assert "Puedes adelantar tu cita" not in (await person.get(f"/a/{token}")).text


async def test_offer_page_without_offer_redirects_to_appointment(app_server: AppServer) -> None:
    token = await book_diego(app_server)
    async with citizen_browser(app_server) as person:
        assert (await person.get(f"/a/{token}/earlier")).path == f"/a/{token}"


async def test_page_after_three_moves_tells_to_call_the_office(app_server: AppServer) -> None:
    token = await book_diego(app_server)
    for quarter in (1, 2, 3):
        at = FRIDAY_AT_9 + quarter * timedelta(minutes=15)
        token = appointment_token(
            app_server.runtime, await service.reschedule_appointment(app_server.runtime, token, at)
        )
    async with citizen_browser(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "Ya has cambiado esta cita tres veces" in page.text
        assert f"/a/{token}/reschedule" not in page.links
        assert (await person.get(f"/a/{token}/reschedule")).path == f"/a/{token}"
        assert f"/a/{token}/cancel" in page.links


async def test_api_requests_and_accepts_an_earlier_slot(app_server: AppServer) -> None:
    amina, token = (
        await book_appointment(app_server.runtime, "centro", make_booking_request(AMINA)),
        await book_diego(app_server),
    )
    path = f"/api/v1/appointments/{token}/earlier"
    status, answer, _ = await call_api(app_server, path, json={"wanted": True, "part": "morning"})
    assert status == 200
    assert answer["earlier"] == {"wanted": True, "not_before": None, "part": "morning", "offer": None}
    await cancel_appointment(app_server.runtime, appointment_token(app_server.runtime, amina))
    await fire_due_timers(app_server.runtime, service.TIMERS)
    _, answer, _ = await call_api(app_server, f"/api/v1/appointments/{token}")
    offer = answer["earlier"]["offer"]
    assert (offer["starts_at"], offer["until"]) == ("2026-11-27T09:00:00+01:00", "2026-11-25T11:00:00+01:00")
    status, new, _ = await call_api(app_server, f"{path}/accept", json={"offer": offer["id"]})
    assert (status, new["starts_at"], new["state"]) == (200, "2026-11-27T09:00:00+01:00", "confirmed")
    assert new["earlier"]["wanted"] is False


async def test_api_refuses_an_offer_and_cancels_the_request(app_server: AppServer) -> None:
    token = await book_with_open_offer(app_server)
    path = f"/api/v1/appointments/{token}/earlier"
    _, answer, _ = await call_api(app_server, f"/api/v1/appointments/{token}")
    offer = answer["earlier"]["offer"]
    status, answer, _ = await call_api(app_server, f"{path}/refuse", json={"offer": offer["id"]})
    assert (status, answer["earlier"]["wanted"], answer["earlier"]["offer"]) == (200, True, None)
    status, answer, _ = await call_api(app_server, f"{path}/accept", json={"offer": offer["id"]})
    assert (status, answer["code"]) == (409, "offer_over")
    status, answer, _ = await call_api(app_server, path, json={"wanted": False})
    assert (status, answer["earlier"]["wanted"]) == (200, False)
    status, answer, _ = await call_api(app_server, f"{path}/accept", json={"offer": "no-such-offer"})
    assert (status, answer["code"]) == (404, "not_found")
