"""Asking for an earlier time and answering an offer: by the pages without JavaScript, and by the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.service import Wish, book, cancel, token_of
from office360.core.db.timers import fire_due
from office360.offices.service import office_by_slug

from ...conftest import AppServer, FakeClock
from ..support.agenda_settings import set_agenda
from ..support.html_client import citizen
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking
from .test_api import ask

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no SQL of its own

LATER = FRIDAY_AT_9 + timedelta(hours=2)


async def diego(server: AppServer, **more: Any) -> str:
    """The token of somebody who has an appointment at eleven."""
    appointment = await book(server.runtime, "centro", asking(DIEGO, starts_at=LATER, **more))
    return token_of(server.runtime, appointment)


async def offered(server: AppServer) -> str:
    """The same, and an earlier time is offered to them."""
    amina, token = await book(server.runtime, "centro", asking(AMINA)), await diego(server)
    await service.want_earlier(server.runtime, token, Wish())
    await cancel(server.runtime, token_of(server.runtime, amina))
    await fire_due(server.runtime, service.TIMERS)
    return token


async def test_one_asks_with_limits_and_stops_again(app_server: AppServer) -> None:
    token = await diego(app_server)
    async with citizen(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "te la ofrecemos primero" in page.text
        page = await person.send(page, part="morning", not_before="2026-11-26", answer="want")
        assert "Solo antes de las 14:00" in page.text
        assert "No antes del jueves 26 de noviembre" in page.text
        page = await person.send(page, answer="stop")
        assert "te la ofrecemos primero" in page.text


async def test_a_date_that_is_none_is_no_crash(app_server: AppServer) -> None:
    token = await diego(app_server)
    async with citizen(app_server) as person:
        page = await person.send(await person.get(f"/a/{token}"), not_before="soon", answer="want")
        assert page.status == 200
        assert "te la ofrecemos primero" in page.text


async def test_whoever_needs_an_interpreter_is_not_asked_for_what_they_cannot_have(
    app_server: AppServer, clock: FakeClock
) -> None:
    token = await diego(app_server, needs=("sign_language",))
    async with citizen(app_server) as person:
        assert len((await person.get(f"/a/{token}")).forms) == 1
        clock.set(LATER - timedelta(hours=24))
        assert (await person.get(f"/a/{token}")).forms == []
        times = await person.get(f"/a/{token}/reschedule")
        assert times.form.offered("starts_at")[0] == "2026-11-27T11:15:00+01:00"
    status, answer, _ = await ask(app_server, f"/api/v1/appointments/{token}/earlier", json={"wanted": True})
    assert (status, answer["code"]) == (409, "bound_to_the_time")


async def test_an_offer_is_shown_until_when_and_following_its_link_changes_nothing(app_server: AppServer) -> None:
    token = await offered(app_server)
    async with citizen(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "Puedes adelantar tu cita: viernes 27 de noviembre, 9:00" in page.text
        assert "Te la guardamos hasta las 11:00" in page.text
        assert f"/a/{token}/earlier" in page.links
        for _ in range(2):
            assert "¿Quieres adelantar tu cita?" in (await person.get(f"/a/{token}/earlier")).text


async def test_an_offer_can_be_answered_when_it_is_too_late_to_move_alone(app_server: AppServer) -> None:
    async with app_server.runtime.reading() as session:
        office = await office_by_slug(session, "centro")
    await set_agenda(app_server.runtime, office, change_until=30 * 24 * 60)
    token = await diego(app_server)
    await service.want_earlier(app_server.runtime, token, Wish())
    amina = await book(app_server.runtime, "centro", asking(AMINA))
    await cancel(app_server.runtime, token_of(app_server.runtime, amina), by="office")
    await fire_due(app_server.runtime, service.TIMERS)
    async with citizen(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert f"/a/{token}/cancel" not in page.links
        assert "Puedes adelantar tu cita: viernes 27 de noviembre, 9:00" in page.text
        page = await person.send(await person.get(f"/a/{token}/earlier"), answer="accept")
        assert "9:00" in page.text


async def test_whoever_can_come_in_now_is_told_of_no_later_time(app_server: AppServer, clock: FakeClock) -> None:
    await book(app_server.runtime, "centro", asking(AMINA))
    token = await diego(app_server)
    await service.want_earlier(app_server.runtime, token, Wish())
    clock.set(FRIDAY_AT_9 + timedelta(minutes=10))
    await fire_due(app_server.runtime, service.TIMERS)
    async with citizen(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "Puedes entrar ahora" in page.text
        assert "El botón para entrar aparecerá" not in page.text


async def test_accepting_leads_to_the_new_appointment_twice_as_once(app_server: AppServer) -> None:
    token = await offered(app_server)
    async with citizen(app_server) as person:
        page = await person.get(f"/a/{token}/earlier")
        new = await person.send(page, answer="accept")
        assert "Tu videollamada es el viernes 27 de noviembre a las 9:00" in new.text
        assert new.path.endswith("?moved=1")
        assert (await person.send(page, answer="accept")).path == new.path


async def test_refusing_keeps_the_appointment_and_the_wish(app_server: AppServer) -> None:
    token = await offered(app_server)
    async with citizen(app_server) as person:
        page = await person.send(await person.get(f"/a/{token}/earlier"), answer="refuse")
        assert "Tu cita sigue como estaba" in page.text
        assert "Te avisaremos si alguien deja libre una hora anterior" in page.text


async def test_an_answer_that_comes_too_late_says_so(app_server: AppServer, clock: FakeClock) -> None:
    token = await offered(app_server)
    async with citizen(app_server) as person:
        page = await person.get(f"/a/{token}/earlier")
        clock.advance(minutes=31)
        late = await person.send(page, answer="accept")
        assert late.status == 409
        assert "Ya no te guardamos esa hora" in late.text
        assert "Puedes adelantar tu cita" not in (await person.get(f"/a/{token}")).text


async def test_without_an_offer_its_page_leads_to_the_appointment(app_server: AppServer) -> None:
    token = await diego(app_server)
    async with citizen(app_server) as person:
        assert (await person.get(f"/a/{token}/earlier")).path == f"/a/{token}"


async def test_after_three_moves_the_page_says_whom_to_call(app_server: AppServer) -> None:
    token = await diego(app_server)
    for quarter in (1, 2, 3):
        at = FRIDAY_AT_9 + quarter * timedelta(minutes=15)
        token = token_of(app_server.runtime, await service.reschedule(app_server.runtime, token, at))
    async with citizen(app_server) as person:
        page = await person.get(f"/a/{token}")
        assert "Ya has cambiado esta cita tres veces" in page.text
        assert f"/a/{token}/reschedule" not in page.links
        assert (await person.get(f"/a/{token}/reschedule")).path == f"/a/{token}"
        assert f"/a/{token}/cancel" in page.links


async def test_a_program_asks_is_offered_and_accepts(app_server: AppServer) -> None:
    amina, token = await book(app_server.runtime, "centro", asking(AMINA)), await diego(app_server)
    path = f"/api/v1/appointments/{token}/earlier"
    status, answer, _ = await ask(app_server, path, json={"wanted": True, "part": "morning"})
    assert status == 200
    assert answer["earlier"] == {"wanted": True, "not_before": None, "part": "morning", "offer": None}
    await cancel(app_server.runtime, token_of(app_server.runtime, amina))
    await fire_due(app_server.runtime, service.TIMERS)
    _, answer, _ = await ask(app_server, f"/api/v1/appointments/{token}")
    offer = answer["earlier"]["offer"]
    assert (offer["starts_at"], offer["until"]) == ("2026-11-27T09:00:00+01:00", "2026-11-25T11:00:00+01:00")
    status, new, _ = await ask(app_server, f"{path}/accept", json={"offer": offer["id"]})
    assert (status, new["starts_at"], new["state"]) == (200, "2026-11-27T09:00:00+01:00", "confirmed")
    assert new["earlier"]["wanted"] is False


async def test_a_program_refuses_and_stops(app_server: AppServer) -> None:
    token = await offered(app_server)
    path = f"/api/v1/appointments/{token}/earlier"
    _, answer, _ = await ask(app_server, f"/api/v1/appointments/{token}")
    offer = answer["earlier"]["offer"]
    status, answer, _ = await ask(app_server, f"{path}/refuse", json={"offer": offer["id"]})
    assert (status, answer["earlier"]["wanted"], answer["earlier"]["offer"]) == (200, True, None)
    status, answer, _ = await ask(app_server, f"{path}/accept", json={"offer": offer["id"]})
    assert (status, answer["code"]) == (409, "offer_over")
    status, answer, _ = await ask(app_server, path, json={"wanted": False})
    assert (status, answer["earlier"]["wanted"]) == (200, False)
    status, answer, _ = await ask(app_server, f"{path}/accept", json={"offer": "no-such-offer"})
    assert (status, answer["code"]) == (404, "not_found")
