"""The pages by a real server, without JavaScript: the entrance, the ticket, and what one does on it."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from gettext import NullTranslations
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from office360.appointments.service import token_of
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_offices
from office360.offices.tables import ExtraOpeningRow, LineRow
from office360.queue import service
from office360.queue.storage.tables import TicketRow
from office360.queue.web.ticket_texts import NEXT_AHEAD, PHRASES, RETURN_WITHIN, Phrases, mood, slots
from sqlalchemy import select, update

from ...conftest import AppServer, FakeClock
from ...support.office_fixture import build_office
from ..conftest import AT_11, BORIS, CARMEN, Hall


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    return Hall(app_server.runtime, office)


class Reader:
    """A browser without scripts: reads pages, and sends their forms as they stand."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client
        self.status = 0
        self.url = ""
        self.html = ""

    async def open(self, path: str) -> str:
        async with self._client.get(path) as answer:
            return await self._read(answer)

    async def send(self, action: str, **fields: str) -> str:
        """Send the form of this page with this action (and `way`, if it has one), and follow to its result."""
        forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', self.html, re.S)
        bodies = [body for found, body in forms if unescape(found) == action]
        body = next(one for one in bodies if "way" not in fields or f'name="way" value="{fields["way"]}"' in one)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
        async with self._client.post(action, data={**hidden, **fields}) as answer:
            return await self._read(answer)

    async def _read(self, answer: aiohttp.ClientResponse) -> str:
        self.status, self.url, self.html = answer.status, answer.url.path, await answer.text()
        return self.text

    @property
    def text(self) -> str:
        """What stands on the page, without hidden parts of other moods."""
        plain = re.sub(r"<script.*?</script>", "", self.html, flags=re.S)
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", plain)))

    def mood(self) -> str:
        found = re.search(r'data-mood="(\w+)"', self.html)
        return found.group(1) if found else ""


@pytest.fixture
async def amina(app_server: AppServer, office: Office) -> Any:
    async with app_server.client() as client:
        yield Reader(client)


# The entrance


async def test_without_an_appointment_one_chooses_a_service_and_has_a_turn(amina: Reader, hall: Hall) -> None:
    await hall.open()
    text = await amina.open("/o/centro")
    assert "Oficina Centro" in text
    assert "Registro de documentos" in text
    assert 'value="complaints"' not in amina.html  # only with an appointment
    assert 'Te llamarían entre <b class="number nowrap">10:30 y 10:35</b>' in amina.html
    await amina.send("/o/centro", way="walk_in", service="documents")
    assert (amina.status, amina.url[:3], amina.mood()) == (200, "/t/", "next")
    assert "Eres la siguiente persona" in amina.text


async def test_what_needs_an_appointment_is_named_and_leads_to_booking_it(amina: Reader, hall: Hall) -> None:
    text = await amina.open("/o/centro")
    assert "Solo con cita Sugerencias y quejas por videollamada" in text
    assert 'href="/appointments/new?office=centro&amp;service=complaints"' in amina.html


async def test_a_closed_office_offers_no_turn_but_an_appointment(
    amina: Reader, hall: Hall, clock: FakeClock
) -> None:
    clock.set(AT_11.replace(hour=3))
    text = await amina.open("/o/centro")
    assert "Abre hoy a las 9:00." in text
    assert "Tengo cita" in text
    assert "No tengo cita" not in text
    assert "Ahora no se dan turnos. Puedes pedir cita a cualquier hora." in text
    assert 'value="walk_in"' not in amina.html


async def test_an_office_says_until_when_it_is_open(amina: Reader, hall: Hall, clock: FakeClock) -> None:
    assert "Abierta hasta las 19:00" in await amina.open("/o/centro")
    await _open_whole_days(hall, first=AT_11.date(), days=1)
    assert "Abierta hasta medianoche" in await amina.open("/o/centro")
    await _open_whole_days(hall, first=AT_11.date() + timedelta(days=1), days=30)
    assert "Abierta día y noche" in await amina.open("/o/centro")


async def _open_whole_days(hall: Hall, first: date, days: int) -> None:
    async with hall.runtime.transaction() as tx:
        tx.session.add_all(
            ExtraOpeningRow(
                office_id=hall.office.id, day=first + timedelta(days=ahead), opens=time(), closes=time()
            )
            for ahead in range(days)
        )
        await bump_offices(tx.session, [hall.office.id])


async def test_a_form_sent_twice_is_one_turn(amina: Reader, hall: Hall) -> None:
    page = await amina.open("/o/centro")
    entrance = amina.html
    await amina.send("/o/centro", way="walk_in", service="documents")
    first = amina.url
    amina.html = entrance
    await amina.send("/o/centro", way="walk_in", service="documents")
    assert amina.url == first
    assert page


async def test_whoever_has_a_turn_is_shown_the_way_to_it(amina: Reader, hall: Hall) -> None:
    await amina.open("/o/centro")
    entrance = amina.html
    await amina.send("/o/centro", way="walk_in", service="documents")
    mine = amina.url
    assert "Ya tienes un turno" in await amina.open("/o/centro")
    assert f'href="{mine}"' in amina.html
    amina.html = re.sub(r'name="request_key" value="\w+"', 'name="request_key" value="another"', entrance)
    await amina.send("/o/centro", way="walk_in", service="certificate")
    assert amina.status == 409
    assert "Ya tienes el turno A-001." in amina.text
    assert f"{mine}" in amina.html


async def test_what_is_missing_is_said_and_what_was_typed_is_kept(amina: Reader, hall: Hall) -> None:
    await amina.open("/o/centro")
    await amina.send("/o/centro", way="walk_in", email="amina")
    assert amina.status == 422
    assert "Falta la arroba." in amina.text
    assert 'value="amina"' in amina.html
    assert '<details class="way" name="way" open>' in amina.html


async def test_a_refusal_says_why_and_what_there_is_instead(amina: Reader, hall: Hall) -> None:
    await build_office(hall.runtime, slug="norte", name="Oficina Norte", position=1)
    async with hall.runtime.transaction() as tx:
        await tx.session.execute(update(LineRow).where(LineRow.office_id == hall.office.id).values(stopped=True))
    await amina.open("/o/centro")
    await amina.send("/o/centro", way="walk_in", service="certificate")
    assert amina.status == 409
    assert "Por ahora no se dan más turnos sin cita." in amina.text
    for link in (
        "/o/norte?service=certificate",
        "/appointments/new?office=centro&amp;service=certificate&amp;mode=in_person",
        "/appointments/new?office=centro&amp;service=certificate&amp;mode=video",
    ):
        assert f'href="{link}"' in amina.html


async def test_a_closed_office_says_when_it_opens(amina: Reader, hall: Hall, clock: FakeClock) -> None:
    clock.advance(hours=10)
    text = await amina.open("/o/centro")
    assert "La oficina está cerrada" in text
    assert "Abre mañana a las 9:00." in text


async def test_the_link_of_the_e_mail_leads_to_the_turn_in_one_press(
    amina: Reader, hall: Hall, clock: FakeClock
) -> None:
    appointment = await hall.book(AT_11)
    address = f"/o/centro?appointment={token_of(hall.runtime, appointment)}"
    assert "Podrás coger tu turno desde las 10:45" in await amina.open(address)
    assert f'action="{address}"' not in amina.html
    clock.set(AT_11 - timedelta(minutes=15))
    await amina.open(address)
    assert "hoy a las 11:00" in amina.text
    await amina.send(address)
    assert amina.url.startswith("/t/")
    assert "cita a las 11:00" in amina.text
    assert "Ya tienes un turno" in await amina.open(address)


async def test_an_old_appointment_offers_another(amina: Reader, hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11 + timedelta(minutes=31))
    text = await amina.open(f"/o/centro?appointment={token_of(hall.runtime, appointment)}")
    assert "La hora de tu cita ha pasado" in text
    assert 'href="/appointments/new?office=centro&amp;service=documents"' in amina.html


async def test_a_visit_of_several_services_is_named_whole_and_booked_again_whole(
    amina: Reader, hall: Hall, clock: FakeClock
) -> None:
    appointment = await hall.book(AT_11, more=("certificate",))
    again = "/appointments/new?office=centro&amp;service=documents&amp;more=certificate"
    address = f"/o/centro?appointment={token_of(hall.runtime, appointment)}"
    clock.set(AT_11 + timedelta(minutes=31))
    await amina.open(address)
    assert f'href="{again}"' in amina.html
    clock.set(AT_11)
    assert "Trámites Registro de documentos, Certificado digital" in await amina.open(address)
    await amina.send(address)
    assert "Registro de documentos, Certificado digital, cita a las 11:00" in amina.text
    assert "Ten a mano: los documentos y una copia; DNI o NIE." in amina.text
    assert f'href="{again}"' in amina.html


async def test_by_locator_and_contact_one_has_a_turn(amina: Reader, hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    await amina.open("/o/centro?appointment=1")
    await amina.send("/o/centro", way="appointment", locator="AAAAAAAA", contact="amina@example.org")
    assert amina.status == 404
    assert 'value="AAAAAAAA"' in amina.html
    await amina.send("/o/centro", way="appointment", locator=appointment.locator, contact="amina@example.org")
    assert amina.url.startswith("/t/")


async def test_guessing_is_stopped_with_what_was_typed(amina: Reader, hall: Hall) -> None:
    await amina.open("/o/centro?appointment=1")
    for _ in range(6):
        await amina.send("/o/centro", way="appointment", locator="AAAAAAAA", contact="amina@example.org")
    assert amina.status == 429
    assert 'value="AAAAAAAA"' in amina.html


async def test_an_unknown_office_or_ticket_has_a_page_that_says_so(amina: Reader, hall: Hall) -> None:
    for path in ("/o/nowhere", "/t/nothing", "/t/nothing/leave"):
        await amina.open(path)
        assert amina.status == 404
        assert "Ir al inicio" in amina.text


async def test_another_site_cannot_take_or_leave_a_turn(app_server: AppServer, hall: Hall) -> None:
    issued = await hall.take()
    async with app_server.client() as client:
        await (await client.get("/o/centro")).read()
        for path in ("/o/centro", f"/t/{issued.token}/leave"):
            async with client.post(path, data={"way": "walk_in", "service": "documents"}) as answer:
                assert answer.status == 403
    assert await hall.state(issued) == "waiting"


async def test_where_there_is_no_room_one_waits_for_some_without_a_script(
    amina: Reader, hall: Hall, runtime: Runtime
) -> None:
    line_id = hall.office.line("registry").id
    await service.stop_line(runtime, CARMEN, line_id, "Hoy hay demasiada gente.")
    await amina.open("/o/centro")
    text = await amina.send("/o/centro", way="walk_in", service="documents", email="amina@example.org")
    assert amina.status == 409
    assert "Hoy hay demasiada gente." in text
    assert "Todavía no espera nadie" in text
    text = await amina.send("/o/centro/standby")
    assert (amina.status, amina.mood()) == (200, "standby")
    assert "Estás en reserva" in text
    await service.open_line(runtime, CARMEN, line_id)
    await hall.timers()
    await amina.open(amina.url)
    assert amina.mood() in ("waiting", "next")
    assert "Estás en reserva" not in re.sub(r"<div[^>]* hidden>.*?</div>", "", amina.html)


async def test_priority_is_asked_for_at_the_entrance(amina: Reader, hall: Hall) -> None:
    await amina.open("/o/centro")
    await amina.send("/o/centro", way="walk_in", service="documents", preferential_requested="true")
    async with hall.runtime.reading() as session:
        rows = await session.execute(select(TicketRow.preferential_requested, TicketRow.priority))
    assert rows.all() == [(True, "normal")]


async def test_whoever_has_lost_the_link_asks_for_it_without_a_script(amina: Reader, hall: Hall) -> None:
    issued = await hall.take(email="amina@example.org")
    assert "Tengo un turno y he perdido su enlace" in await amina.open("/o/centro")
    await amina.open("/o/centro/lost")
    text = await amina.send("/o/centro/lost", code="", contact="amina@example.org")
    assert (amina.status, "Completa este dato." in text) == (422, True)
    for code in (issued.ticket.code, "A-999"):
        text = await amina.send("/o/centro/lost", code=code, contact="amina@example.org")
        assert (amina.status, "el enlace va de camino" in text) == (200, True)
    for _ in range(4):
        await amina.open("/o/centro/lost")
        text = await amina.send("/o/centro/lost", code="A-999", contact="amina@example.org")
    assert amina.status == 429


# The ticket


async def test_the_page_is_painted_whole_and_read_anew_without_a_script(amina: Reader, hall: Hall) -> None:
    await hall.open()
    for _ in range(3):
        await hall.take()
    issued = await hall.take()
    text = await amina.open(f"/t/{issued.token}")
    assert amina.mood() == "waiting"
    assert "10:45 y 11:15" in text
    assert "3 personas delante" in text
    assert "1 mesa abierta" in text
    assert "<title>A-004, 3 personas delante · Office 360</title>" in amina.html
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in amina.html


async def test_the_called_page_is_a_sign(amina: Reader, hall: Hall) -> None:
    issued, _ = await hall.called()
    text = await amina.open(f"/t/{issued.token}")
    assert amina.mood() == "called"
    assert 'data-ticket="called"' in amina.html
    assert "Te esperamos hasta las 10:33." in text
    assert "Al fondo, a la izquierda" in text
    assert "Ten a mano: los documentos y una copia." in text


async def test_one_can_leave_after_being_asked(amina: Reader, hall: Hall) -> None:
    issued = await hall.take()
    await amina.open(f"/t/{issued.token}/leave")
    assert "¿Quieres dejar tu turno?" in amina.text
    assert await hall.state(issued) == "waiting"  # reading changes nothing
    await amina.send(f"/t/{issued.token}/leave")
    assert amina.mood() == "left"
    assert "refresh" not in amina.html
    await amina.open(f"/t/{issued.token}/leave")
    assert amina.url == f"/t/{issued.token}"


async def test_one_can_ask_for_time_and_for_help(amina: Reader, hall: Hall) -> None:
    issued = await hall.take()
    await amina.open(f"/t/{issued.token}")
    page = amina.html
    await amina.send(f"/t/{issued.token}/postpone")
    assert "No te llamaremos antes de las 10:40." in amina.text
    await amina.send(f"/t/{issued.token}/help")
    assert "Ya saben que necesitas ayuda" in amina.text
    amina.html = page
    await amina.send(f"/t/{issued.token}/postpone")
    assert amina.status == 409
    assert "Ya has pedido diez minutos más." in amina.text


async def test_after_a_missed_call_one_can_come_back_in_time(amina: Reader, hall: Hall, clock: FakeClock) -> None:
    issued, _ = await hall.called()
    clock.advance(minutes=3)
    await hall.timers()
    text = await amina.open(f"/t/{issued.token}")
    assert "Puedes volver a la cola hasta las 10:53." in text
    await amina.send(f"/t/{issued.token}/rejoin")
    assert amina.mood() == "next"


async def test_every_end_of_a_visit_has_its_page(amina: Reader, hall: Hall) -> None:
    issued, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await amina.open(f"/t/{issued.token}")
    assert amina.mood() == "serving"
    await service.finish(hall.runtime, BORIS, called.id)
    await amina.open(f"/t/{issued.token}")
    assert amina.mood() == "finished"


async def test_the_page_speaks_english(amina: Reader, hall: Hall) -> None:
    issued, _ = await hall.called()
    text = await amina.open(f"/t/{issued.token}?lang=en")
    assert "It is your turn" in text
    assert "At the back, on the left" in text


SCRIPT = Path(__file__).parent.parent.parent.parent / "static" / "queue" / "ticket_texts.js"


def test_page_script_repeats_the_numbers_of_the_server() -> None:
    script = SCRIPT.read_text()
    minutes = RETURN_WITHIN.total_seconds() / 60
    assert f"const NEXT_AHEAD = {NEXT_AHEAD};" in script
    assert f"const RETURN_WITHIN_MS = {minutes:.0f} * 60_000;" in script


def test_the_page_and_its_script_fill_the_same_slots() -> None:
    script = SCRIPT.read_text()
    used = set(re.findall(r'text\("(\w+)"', script)) | set(re.findall(r'pluralText\("(\w+)"', script))
    known = set(PHRASES) | {"ahead", "desks", "promise"}
    assert used <= known
    seen = {
        "code": "A-001",
        "state": "waiting",
        "ahead": 1,
        "at_most_overtaken_by": 2,
        "eta": None,
        "desks_open": 0,
        "desk": None,
        "recalls": 0,
        "reason": None,
        "may": [],
        "until": None,
        "paused": False,
        "pause_message": None,
    }
    painted = slots(seen, Phrases(NullTranslations()))
    assert all(f"    {slot}:" in script or f"    {slot}," in script for slot in painted)


@pytest.mark.parametrize("ahead", [0, 1, 2, 3])
def test_two_people_ahead_are_near_enough_to_come_back(ahead: int) -> None:
    seen = {"state": "waiting", "ahead": ahead, "until": None, "paused": False, "eta": None}
    assert mood(seen) == ("next" if ahead <= 2 else "waiting")
    assert mood({**seen, "until": "2026-11-25T10:40:00+01:00"}) == "waiting"
    assert mood({**seen, "paused": True}) == "waiting"
    assert mood({**seen, "state": "called"}) == "called"


@pytest.mark.parametrize(
    ("ahead", "starts", "face"),
    [(2, "10:45", "next"), (2, "10:50", "waiting"), (1, "10:50", "waiting"), (0, "10:50", "next")],
)
def test_whoever_waits_for_long_visits_is_not_sent_back_yet(ahead: int, starts: str, face: str) -> None:
    day = "2026-11-25T"
    eta = {"earliest": f"{day}{starts}:00+01:00", "latest": f"{day}11:30:00+01:00"}
    seen = {"state": "waiting", "ahead": ahead, "until": None, "paused": False, "eta": eta}
    assert mood({**seen, "sent_at": f"{day}10:30:00+01:00"}) == face
