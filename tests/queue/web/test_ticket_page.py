"""The office page and the ticket page over HTTP, without JavaScript."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from gettext import NullTranslations
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from office360.appointments.service import BookingLimits, Requester, appointment_token
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import ExtraOpeningRow, LineRow
from office360.queue import service
from office360.queue.actions.agent import record_no_show
from office360.queue.actions.pause import evacuate_office, reopen_walk_ins, resume_office, stop_walk_ins
from office360.queue.domain.admission import AdmissionRefusal
from office360.queue.domain.ticket_notifications import NEXT_AHEAD, RETURN_WITHIN
from office360.queue.domain.wait_estimate import ROUNDING_STEP
from office360.queue.queries.walk_in_admission import walk_in_refusals
from office360.queue.realtime.display_board import load_display_board
from office360.queue.storage.tables import TicketRow
from office360.queue.web.ticket_texts import (
    TICKET_PAGE_TEXTS,
    TicketPageTexts,
    page_state,
    page_values,
)
from office360.server.settings import Settings
from sqlalchemy import select, update

from ...conftest import AppServer, FakeClock, serve_app
from ...notifications.support.gateways import with_push_keys
from ...support.office_fixture import build_office
from ..conftest import AT_11, BORIS, CARMEN, OfficeDriver


class FormClient:
    """A browser without scripts: opens pages and submits their forms."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client
        self.status = 0
        self.url = ""
        self.html = ""

    async def open(self, path: str) -> str:
        async with self._client.get(path) as answer:
            return await self._read(answer)

    async def submit(self, action: str, **fields: str) -> str:
        """Submit the form with this action, and follow the redirect.

        `way`, if given, selects one of several forms.
        """
        forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', self.html, re.S)
        bodies = [body for found, body in forms if unescape(found) == action]
        body = next(
            body for body in bodies if "way" not in fields or f'name="way" value="{fields["way"]}"' in body
        )
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
        async with self._client.post(action, data={**hidden, **fields}) as answer:
            return await self._read(answer)

    async def _read(self, answer: aiohttp.ClientResponse) -> str:
        self.status, self.url, self.html = answer.status, answer.url.path, await answer.text()
        return self.text

    @property
    def text(self) -> str:
        """Return the visible text of the page."""
        plain = re.sub(r"<script.*?</script>", "", self.html, flags=re.S)
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", plain)))

    def page_state(self) -> str:
        found = re.search(r'data-mood="(\w+)"', self.html)
        return found.group(1) if found else ""


@pytest.fixture
async def amina(app_server: AppServer, office: Office) -> Any:
    async with app_server.client() as client:
        yield FormClient(client)


# The office page


async def test_walk_in_form_issues_ticket(amina: FormClient, server_driver: OfficeDriver) -> None:
    await server_driver.open_desk()
    text = await amina.open("/o/centro")
    assert "Oficina Centro" in text
    assert "Registro de documentos" in text
    assert 'value="complaints"' not in amina.html  # this service needs an appointment
    assert 'Te llamarían entre <b class="number nowrap">las 10:30 y las 10:35</b>' in amina.html
    await amina.submit("/o/centro", way="walk_in", service="documents")
    assert (amina.status, amina.url[:3], amina.page_state()) == (200, "/t/", "next")
    assert "Eres la siguiente persona" in amina.text
    # beside the range: how often the ranges of this office were right
    assert 'href="/o/centro/punctuality"' in amina.html


@pytest.mark.parametrize(
    ("networks", "text"),
    [
        ([], "Desde esta conexión ya se han cogido muchos turnos. Pide el tuyo en la entrada."),
        (["127.0.0.0/8"], "¿Qué necesitas?"),
    ],
    ids=["visitors", "office"],
)
async def test_full_address_is_told_before_the_press(
    settings: Settings, clock: FakeClock, office: Office, networks: list[str], text: str
) -> None:
    strict = settings.model_copy(update={"turns_per_address": 3, "office_networks": networks})
    async with serve_app(strict, clock) as server, server.client() as client:
        await take_from_this_address(OfficeDriver(server.runtime, office), 3)
        amina = FormClient(client)
        assert text in await amina.open("/o/centro")
        assert ('value="documents"' in amina.html) is bool(networks)


async def test_failed_proof_asks_to_press_again(settings: Settings, clock: FakeClock, office: Office) -> None:
    strict = settings.model_copy(update={"turns_per_address": 5})
    async with serve_app(strict, clock) as server, server.client() as client:
        await take_from_this_address(OfficeDriver(server.runtime, office), 3)
        amina = FormClient(client)
        assert "Activa JavaScript" in await amina.open("/o/centro")
        await amina.submit("/o/centro", way="walk_in", service="documents", altcha="unsolved")
        assert (amina.status, "Vuelve a pulsar «Coger turno»" in amina.text) == (409, True)
        await amina.submit("/o/centro", way="walk_in", service="documents")
        assert (amina.status, "Activa JavaScript" in amina.text) == (409, True)


async def take_from_this_address(driver: OfficeDriver, count: int) -> None:
    address = driver.runtime.tokens.sign("address", "127.0.0.1")
    for _ in range(count):
        await driver.take_ticket(requester=Requester(address=address, limits=BookingLimits(open_turns=count)))


async def test_appointment_only_service_links_to_booking(amina: FormClient, server_driver: OfficeDriver) -> None:
    text = await amina.open("/o/centro")
    assert "Solo con cita Sugerencias y quejas por videollamada" in text
    assert 'href="/appointments/new?office=centro&amp;service=complaints"' in amina.html


async def test_closed_office_page_offers_only_appointments(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    clock.set(AT_11.replace(hour=3))
    text = await amina.open("/o/centro")
    assert "Abre hoy a las 9:00." in text
    assert "Tengo cita" in text
    assert "No tengo cita" not in text
    assert "Ahora no se dan turnos. Puedes pedir cita a cualquier hora." in text
    assert 'value="walk_in"' not in amina.html


async def test_office_page_shows_closing_time(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    assert "Abierta hasta las 19:00" in await amina.open("/o/centro")
    await _open_whole_days(server_driver, first=AT_11.date(), days=1)
    assert "Abierta hasta medianoche" in await amina.open("/o/centro")
    await _open_whole_days(server_driver, first=AT_11.date() + timedelta(days=1), days=30)
    assert "Abierta día y noche" in await amina.open("/o/centro")


async def _open_whole_days(server_driver: OfficeDriver, first: date, days: int) -> None:
    async with server_driver.runtime.transaction() as tx:
        tx.session.add_all(
            ExtraOpeningRow(
                office_id=server_driver.office.id, day=first + timedelta(days=ahead), opens=time(), closes=time()
            )
            for ahead in range(days)
        )
        await bump_office_versions(tx.session, [server_driver.office.id])


async def test_resubmitted_form_issues_one_ticket(amina: FormClient, server_driver: OfficeDriver) -> None:
    page = await amina.open("/o/centro")
    entrance = amina.html
    await amina.submit("/o/centro", way="walk_in", service="documents")
    first = amina.url
    amina.html = entrance
    await amina.submit("/o/centro", way="walk_in", service="documents")
    assert amina.url == first
    assert page


async def test_office_page_links_to_ticket_of_device(amina: FormClient, server_driver: OfficeDriver) -> None:
    await amina.open("/o/centro")
    entrance = amina.html
    await amina.submit("/o/centro", way="walk_in", service="documents")
    mine = amina.url
    assert "Ya tienes un turno" in await amina.open("/o/centro")
    assert f'href="{mine}"' in amina.html
    amina.html = re.sub(r'name="request_key" value="\w+"', 'name="request_key" value="another"', entrance)
    await amina.submit("/o/centro", way="walk_in", service="certificate")
    assert amina.status == 409
    assert "Ya tienes el turno A-001." in amina.text
    assert f"{mine}" in amina.html


async def test_invalid_form_shows_errors_and_keeps_input(amina: FormClient, server_driver: OfficeDriver) -> None:
    await amina.open("/o/centro")
    await amina.submit("/o/centro", way="walk_in", email="amina")
    assert amina.status == 422
    assert "Falta la arroba." in amina.text
    assert 'value="amina"' in amina.html
    assert '<details class="way" name="way" open>' in amina.html


async def test_other_language_of_an_answered_form_is_a_page(
    amina: FormClient, server_driver: OfficeDriver
) -> None:
    await amina.open("/o/centro")
    await amina.submit("/o/centro", way="walk_in", service="certificate", email="amina")
    assert 'formaction="/o/centro?lang=en"' in amina.html
    issued = await server_driver.take_ticket()
    await amina.open(f"/t/{issued.token}")
    await amina.submit(f"/t/{issued.token}/sms#sms", phone="1")
    assert amina.status == 422
    assert f'formaction="/t/{issued.token}/sms?lang=en"' in amina.html


async def test_stopped_service_says_so_before_the_press(amina: FormClient, server_driver: OfficeDriver) -> None:
    line_id = server_driver.office.line("registry").id
    await server_driver.open_desk()
    await stop_walk_ins(server_driver.runtime, CARMEN, line_id, "Se ha ido la luz.")
    entrance = await amina.open("/o/centro")
    assert "Registro de documentos Ahora no: se ha ido la luz." in entrance
    assert 'value="documents"' not in amina.html
    assert 'value="certificate" checked' in amina.html  # the only service that gives tickets
    stopped = await amina.open("/o/centro?service=documents")
    assert "Registro de documentos: ahora no Se ha ido la luz. Cuando vuelva a haber turnos" in stopped
    assert 'class="other" href="/o/centro?service=certificate"' in amina.html
    await amina.submit("/o/centro/standby", way="walk_in", service="documents")
    assert amina.page_state() == "standby"


async def test_office_with_all_lines_stopped_offers_no_ticket(
    amina: FormClient, server_driver: OfficeDriver
) -> None:
    for line in server_driver.office.lines:
        await stop_walk_ins(server_driver.runtime, CARMEN, line.id)
    text = await amina.open("/o/centro")
    assert "Registro de documentos Ahora no: no se dan turnos sin cita." in text
    assert "Te llamarían" not in text
    assert "Coger turno" not in text.partition("No tengo cita")[2]
    assert "Por ahora, solo con cita." in await amina.open("/")


async def test_line_without_tickets_offers_no_wait_anywhere(
    amina: FormClient, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    async with server_driver.runtime.transaction() as tx:
        await tx.session.execute(update(LineRow).values(daily_quota=0))
        await bump_office_versions(tx.session, [server_driver.office.id])
    for path in ("/", "/turn"):
        text = await amina.open(path)
        assert "Hoy, solo con cita." in text
        assert "Te llamarían" not in text
    offices = json.loads(await amina.open("/api/v1/offices"))
    assert [(line["refusal"], line["eta"]) for line in offices[0]["lines"]] == [("quota_reached", None)] * 2


async def test_refusal_page_shows_reason_and_alternatives(amina: FormClient, server_driver: OfficeDriver) -> None:
    await build_office(server_driver.runtime, slug="norte", name="Oficina Norte", position=1)
    await amina.open("/o/centro")
    async with server_driver.runtime.transaction() as tx:
        await tx.session.execute(
            update(LineRow).where(LineRow.office_id == server_driver.office.id).values(stopped=True)
        )
    await amina.submit("/o/centro", way="walk_in", service="certificate")
    assert amina.status == 409
    assert "Certificado digital: ahora no Por ahora no se dan más turnos sin cita." in amina.text
    for link in (
        "/o/norte?service=certificate",
        "/appointments/new?office=centro&amp;service=certificate&amp;mode=in_person",
        "/appointments/new?office=centro&amp;service=certificate&amp;mode=video",
    ):
        assert f'href="{link}"' in amina.html


@pytest.mark.parametrize(
    ("minutes_to_closing", "says", "may_pass"),
    [
        (25, "ahora no Ahora hay demasiada gente; prueba más tarde. Cuando vuelva a haber turnos", True),
        (10, "hoy ya no hay turnos Hoy ya no da tiempo a atender a nadie más. Esto es lo que puedes hacer", False),
    ],
)
async def test_refusal_says_whether_it_may_pass_today(
    amina: FormClient,
    server_driver: OfficeDriver,
    clock: FakeClock,
    minutes_to_closing: int,
    says: str,
    may_pass: bool,
) -> None:
    clock.set(datetime(2026, 11, 25, 18, tzinfo=UTC) - timedelta(minutes=minutes_to_closing))
    await server_driver.open_desk()
    if may_pass:
        await server_driver.take_ticket()
    assert f"Registro de documentos: {says}" in await amina.open("/o/centro?service=documents")
    assert ('data-module="queue/refused_turn"' in amina.html) is may_pass
    async with server_driver.runtime.read_session() as session:
        refusals = await walk_in_refusals(session, server_driver.office, clock.now())
    assert refusals["documents"] == AdmissionRefusal("no_capacity", lasts_today=not may_pass)


async def test_closed_office_page_shows_next_opening(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    clock.advance(hours=10)
    text = await amina.open("/o/centro")
    assert "La oficina está cerrada" in text
    assert "Abre mañana a las 9:00." in text


async def test_email_link_checks_in_with_one_button(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    appointment = await server_driver.book_appointment(AT_11)
    address = f"/o/centro?appointment={appointment_token(server_driver.runtime, appointment)}"
    assert "Podrás coger tu turno desde las 10:45" in await amina.open(address)
    assert f'action="{address}"' not in amina.html
    clock.set(AT_11 - timedelta(minutes=15))
    await amina.open(address)
    assert "hoy a las 11:00" in amina.text
    await amina.submit(address)
    assert amina.url.startswith("/t/")
    assert "cita a las 11:00" in amina.text
    assert "Ya tienes un turno" in await amina.open(address)


async def test_past_appointment_page_offers_rebooking(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    appointment = await server_driver.book_appointment(AT_11)
    clock.set(AT_11 + timedelta(minutes=31))
    text = await amina.open(f"/o/centro?appointment={appointment_token(server_driver.runtime, appointment)}")
    assert "La hora de tu cita ha pasado" in text
    assert 'href="/appointments/new?office=centro&amp;service=documents"' in amina.html


async def test_page_names_and_rebooks_all_services(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    appointment = await server_driver.book_appointment(AT_11, more=("certificate",))
    again = "/appointments/new?office=centro&amp;service=documents&amp;more=certificate"
    address = f"/o/centro?appointment={appointment_token(server_driver.runtime, appointment)}"
    clock.set(AT_11 + timedelta(minutes=31))
    await amina.open(address)
    assert f'href="{again}"' in amina.html
    clock.set(AT_11)
    assert "Trámites Registro de documentos, Certificado digital" in await amina.open(address)
    await amina.submit(address)
    assert "Registro de documentos, Certificado digital, cita a las 11:00" in amina.text
    assert "Ten a mano: los documentos y una copia; DNI o NIE." in amina.text
    assert f'href="{again}"' in amina.html


async def test_locator_form_checks_in_appointment(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    appointment = await server_driver.book_appointment(AT_11)
    clock.set(AT_11)
    await amina.open("/o/centro?appointment=1")
    await amina.submit("/o/centro", way="appointment", locator="AAAAAAAA", contact="amina@example.org")
    assert amina.status == 404
    assert 'value="AAAAAAAA"' in amina.html
    await amina.submit("/o/centro", way="appointment", locator=appointment.locator, contact="amina@example.org")
    assert amina.url.startswith("/t/")


async def test_rate_limited_form_keeps_input(amina: FormClient, server_driver: OfficeDriver) -> None:
    await amina.open("/o/centro?appointment=1")
    for _ in range(6):
        await amina.submit("/o/centro", way="appointment", locator="AAAAAAAA", contact="amina@example.org")
    assert amina.status == 429
    assert 'value="AAAAAAAA"' in amina.html


async def test_unknown_office_or_ticket_shows_not_found_page(
    amina: FormClient, server_driver: OfficeDriver
) -> None:
    for path in ("/o/nowhere", "/t/nothing", "/t/nothing/leave"):
        await amina.open(path)
        assert amina.status == 404
        assert "Ir al inicio" in amina.text


async def test_cross_site_post_is_refused(app_server: AppServer, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket()
    async with app_server.client() as client:
        await (await client.get("/o/centro")).read()
        for path in ("/o/centro", f"/t/{issued.token}/leave"):
            async with client.post(path, data={"way": "walk_in", "service": "documents"}) as answer:
                assert answer.status == 403
    assert await server_driver.ticket_state(issued) == "waiting"


async def test_standby_works_without_javascript(
    amina: FormClient, server_driver: OfficeDriver, runtime: Runtime
) -> None:
    line_id = server_driver.office.line("registry").id
    await stop_walk_ins(runtime, CARMEN, line_id, "Hoy hay demasiada gente.")
    await amina.open("/o/centro")
    text = await amina.submit("/o/centro", way="walk_in", service="documents", email="amina@example.org")
    assert amina.status == 409
    assert "Hoy hay demasiada gente." in text
    assert "Todavía no espera nadie" in text
    text = await amina.submit("/o/centro/standby")
    assert (amina.status, amina.page_state()) == (200, "standby")
    assert "Estás en reserva" in text
    await reopen_walk_ins(runtime, CARMEN, line_id)
    await server_driver.fire_due_timers()
    await amina.open(amina.url)
    assert amina.page_state() in ("waiting", "next")
    assert "Estás en reserva" not in re.sub(r"<div[^>]* hidden>.*?</div>", "", amina.html)


async def test_walk_in_form_requests_priority(amina: FormClient, server_driver: OfficeDriver) -> None:
    await amina.open("/o/centro")
    await amina.submit("/o/centro", way="walk_in", service="documents", preferential_requested="true")
    async with server_driver.runtime.read_session() as session:
        rows = await session.execute(select(TicketRow.preferential_requested, TicketRow.priority))
    assert rows.all() == [(True, "normal")]


async def test_lost_ticket_form_works_without_javascript(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket(email="amina@example.org")
    assert "Tengo un turno y he perdido su enlace" in await amina.open("/o/centro")
    await amina.open("/o/centro/lost")
    text = await amina.submit("/o/centro/lost", code="", contact="amina@example.org")
    assert (amina.status, text.count("Escribe tu código") == 2) == (422, True)
    for code in (issued.ticket.code, "A-999"):
        text = await amina.submit("/o/centro/lost", code=code, contact="amina@example.org")
        assert (amina.status, "el enlace va de camino" in text) == (200, True)
    for _ in range(4):
        await amina.open("/o/centro/lost")
        text = await amina.submit("/o/centro/lost", code="A-999", contact="amina@example.org")
    assert amina.status == 429


# The ticket page


async def test_ticket_page_is_complete_without_javascript(amina: FormClient, server_driver: OfficeDriver) -> None:
    await server_driver.open_desk()
    for _ in range(3):
        await server_driver.take_ticket()
    issued = await server_driver.take_ticket()
    text = await amina.open(f"/t/{issued.token}")
    assert amina.page_state() == "waiting"
    assert "las 10:45 y las 11:15" in text
    assert "3 personas delante" in text
    assert "1 mesa abierta" in text
    assert "<title>A-004, 3 personas delante · Office 360</title>" in amina.html
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in amina.html


async def test_called_page_shows_desk_way_and_deadline(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued, _ = await server_driver.call_new_ticket()
    text = await amina.open(f"/t/{issued.token}")
    assert amina.page_state() == "called"
    assert 'data-ticket="called"' in amina.html
    assert "Te esperamos hasta las 10:33." in text
    assert "Al fondo, a la izquierda" in text
    assert "Ten a mano: los documentos y una copia." in text


async def test_leave_page_asks_then_leaves(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket()
    await amina.open(f"/t/{issued.token}/leave")
    assert "¿Quieres dejar tu turno?" in amina.text
    assert await server_driver.ticket_state(issued) == "waiting"  # GET changes nothing
    await amina.submit(f"/t/{issued.token}/leave")
    assert amina.page_state() == "left"
    assert "refresh" not in amina.html
    await amina.open(f"/t/{issued.token}/leave")
    assert amina.url == f"/t/{issued.token}"


async def test_ticket_page_postpones_and_requests_help(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket()
    await amina.open(f"/t/{issued.token}")
    page = amina.html
    await amina.submit(f"/t/{issued.token}/postpone")
    assert "No te llamaremos antes de las 10:40." in amina.text
    await amina.submit(f"/t/{issued.token}/help")
    assert "Ya sabemos que necesitas ayuda" in amina.text
    amina.html = page
    await amina.submit(f"/t/{issued.token}/postpone")
    assert amina.status == 409
    assert "Ya has pedido diez minutos más." in amina.text


async def test_missed_ticket_page_rejoins(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    issued, _ = await server_driver.call_new_ticket()
    clock.advance(minutes=3)
    await server_driver.fire_due_timers()
    text = await amina.open(f"/t/{issued.token}")
    assert "Puedes volver a la cola hasta las 10:53." in text
    await amina.submit(f"/t/{issued.token}/rejoin")
    assert amina.page_state() == "next"
    await server_driver.call_next()
    clock.advance(minutes=3)
    await server_driver.fire_due_timers()
    assert "Dentro de un minuto puedes coger otro turno." in await amina.open(f"/t/{issued.token}")


async def test_person_who_asked_for_help_never_reads_did_not_come(
    amina: FormClient, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    issued, called = await server_driver.call_new_ticket()
    await service.ask_for_help(server_driver.runtime, issued.token)
    await record_no_show(server_driver.runtime, BORIS, called.id)
    text = await amina.open(f"/t/{issued.token}")
    assert amina.page_state() == "missed"
    assert "Pediste ayuda: te guardamos el turno" in text
    assert "no llegaste" not in text
    assert "Puedes volver a la cola" in text
    async with server_driver.runtime.read_session() as session:
        board = await load_display_board(session, server_driver.office, clock.now(), "es")
    assert board["missed"] == []
    clock.advance(minutes=30)
    await server_driver.fire_due_timers()
    text = await amina.open(f"/t/{issued.token}")
    assert amina.page_state() == "no_show"
    assert "No hemos llegado a tiempo. Pide ayuda en la entrada" in text
    assert "no llegaste" not in text


async def test_ticket_page_shows_serving_and_finished(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued, called = await server_driver.call_new_ticket()
    await service.start_service(server_driver.runtime, BORIS, called.id)
    await amina.open(f"/t/{issued.token}")
    assert amina.page_state() == "serving"
    await service.finish_service(server_driver.runtime, BORIS, called.id)
    await amina.open(f"/t/{issued.token}")
    assert amina.page_state() == "finished"


async def test_ticket_page_is_available_in_english(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued, _ = await server_driver.call_new_ticket()
    text = await amina.open(f"/t/{issued.token}?lang=en")
    assert "It is your turn" in text
    assert "At the back, on the left" in text


SCRIPT = Path(__file__).parent.parent.parent.parent / "static" / "queue" / "ticket_texts.js"


def test_page_script_repeats_the_numbers_of_the_server() -> None:
    script = SCRIPT.read_text()
    minutes = RETURN_WITHIN.total_seconds() / 60
    assert f"const NEXT_AHEAD = {NEXT_AHEAD};" in script
    assert f"const RETURN_WITHIN_MS = {minutes:.0f} * 60_000;" in script
    assert f"const ROUNDING_STEP_MS = {ROUNDING_STEP.total_seconds() / 60:.0f} * 60_000;" in script


def test_page_and_script_fill_the_same_values() -> None:
    script = SCRIPT.read_text()
    used = set(re.findall(r'text\("(\w+)"', script)) | set(re.findall(r'pluralText\("(\w+)"', script))
    known = set(TICKET_PAGE_TEXTS) | {"ahead", "desks", "others", "postpone", "promise"}
    assert used <= known
    seen = {
        "code": "A-001",
        "state": "waiting",
        "ahead": 1,
        "at_most_overtaken_by": 2,
        "eta": None,
        "desks_open": 0,
        "ahead_in_other_lines": 0,
        "desk": None,
        "recalls": 0,
        "reason": None,
        "may": [],
        "postpone": None,
        "until": None,
        "help": False,
        "help_answered": False,
        "paused": False,
        "pause_message": None,
        "sent_at": "2026-11-25T10:30:00+01:00",
    }
    painted = page_values(seen, TicketPageTexts(NullTranslations(), "en"))
    assert all(f"    {slot}:" in script or f"    {slot}," in script for slot in painted)


async def test_evacuated_page_offers_only_help_to_get_out(amina: FormClient, server_driver: OfficeDriver) -> None:
    """Without JavaScript, in every state in which a person may be in the office."""
    usual = {"es": "Sal por la salida más cercana y espera fuera.", "en": "Leave."}
    called, waiting = [await server_driver.take_ticket() for _ in range(2)]
    await server_driver.open_desk()
    runtime = server_driver.runtime
    assert await server_driver.call_next() is not None
    await evacuate_office(runtime, CARMEN, "centro", lambda _: usual)
    for issued in (called, waiting):  # the call is not taken back yet
        await amina.open(f"/t/{issued.token}")
        assert amina.page_state() == "evacuation"
        assert '<noscript><meta http-equiv="refresh"' in amina.html
        shown = visible_part(amina.html)
        assert re.findall(r"<h1[^>]*>(.*?)</h1>", shown) == ["Sal ya del edificio"]
        assert re.findall(r"<title>(.*?) ·", amina.html) == ["Sal ya del edificio"]
        assert re.findall(r"<button[^>]*>(.*?)</button>", shown) == ["Necesito ayuda para salir"]
        assert usual["es"] in shown
    await amina.submit(f"/t/{waiting.token}/help")
    assert "Sabemos que necesitas ayuda para salir" in visible_part(amina.html)
    await resume_office(runtime, CARMEN, "centro")
    assert "La evacuación ha terminado Tu turno conserva su sitio." in await amina.open(f"/t/{waiting.token}")
    assert "hidden" not in amina.html.split("data-evacuation-over")[1].split(">")[0]


async def test_evacuated_office_page_gives_no_turns(amina: FormClient, server_driver: OfficeDriver) -> None:
    texts = {"es": "Sal por aquí.", "en": "Leave."}
    await evacuate_office(server_driver.runtime, CARMEN, "centro", lambda _: texts)
    for path in ("/o/centro", "/", "/turn"):
        text = await amina.open(path)
        assert ("sal ya del edificio" in text, "en pausa" in text) == (True, False), path
    text = await amina.open("/o/centro")
    assert "Sal por aquí." in text
    assert "<form" not in amina.html


def visible_part(page: str) -> str:
    """Return the section of the page that an evacuation shows."""
    section = page.split("<section", 1)[1].split("</section>", 1)[0]
    assert " hidden" not in section.split(">", 1)[0]
    return section


@pytest.mark.parametrize("ahead", [0, 1, 2, 3])
def test_page_says_return_with_two_or_fewer_ahead(ahead: int) -> None:
    seen = {"state": "waiting", "ahead": ahead, "until": None, "paused": False, "eta": None}
    seen["sent_at"] = "2026-11-25T10:30:00+01:00"
    assert page_state(seen) == ("next" if ahead <= 2 else "waiting")
    assert page_state({**seen, "until": "2026-11-25T10:40:00+01:00"}) == "waiting"
    assert page_state({**seen, "paused": True}) == "waiting"
    assert page_state({**seen, "state": "called"}) == "called"


@pytest.mark.parametrize(
    ("ahead", "starts", "face"),
    [(2, "10:45", "next"), (2, "10:50", "waiting"), (1, "10:50", "waiting"), (0, "10:50", "waiting")],
)
def test_page_does_not_say_return_during_long_wait(ahead: int, starts: str, face: str) -> None:
    day = "2026-11-25T"
    eta = {"earliest": f"{day}{starts}:00+01:00", "latest": f"{day}11:30:00+01:00"}
    seen = {"state": "waiting", "ahead": ahead, "until": None, "paused": False, "eta": eta}
    assert page_state({**seen, "sent_at": f"{day}10:30:00+01:00"}) == face


async def test_phone_with_sms_is_not_told_that_push_is_blocked(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    async with serve_app(with_push_keys(settings), clock) as server, server.client() as client:
        issued = await OfficeDriver(server.runtime, office).take_ticket()
        amina = FormClient(client)
        await amina.open(f"/t/{issued.token}")
        assert "Los avisos están bloqueados en este móvil" in amina.html
        await amina.submit(f"/t/{issued.token}/sms#sms", phone="600 000 001")
        await amina.open(f"/t/{issued.token}")
        assert "Al número que termina en 001." in amina.text
        assert "Los avisos están bloqueados en este móvil" not in amina.html


class _ShownTexts(HTMLParser):
    """Collects the texts of `main` that are not hidden, each with its heading."""

    VOID = frozenset({"input", "path", "rect", "circle", "meta", "link", "br", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self._open.append((tag, "hidden" in dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if data.strip() and "main" in tags and not any(hidden for _, hidden in self._open):
            heading = next((tag for tag in reversed(tags) if tag in ("h1", "h2", "h3")), "")
            self.texts.append((heading, data.strip()))


def _first_heading(html: str) -> str:
    reader = _ShownTexts()
    reader.feed(html)
    return reader.texts[0][0]


async def test_ticket_heading_comes_first_in_each_state(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued = [await server_driver.take_ticket() for _ in range(6)]
    await server_driver.open_desk()
    shown = {}
    for ticket in (issued[0], issued[-1]):  # among the next tickets, and far behind
        await amina.open(f"/t/{ticket.token}")
        shown[amina.page_state()] = _first_heading(amina.html)
    await server_driver.call_next()
    await amina.open(f"/t/{issued[0].token}")
    shown[amina.page_state()] = _first_heading(amina.html)
    await evacuate_office(server_driver.runtime, CARMEN, "centro", lambda _: {"es": "Fuera", "en": "Out"})
    await amina.open(f"/t/{issued[-1].token}")
    shown[amina.page_state()] = _first_heading(amina.html)
    assert shown == dict.fromkeys(("next", "waiting", "called", "evacuation"), "h1")


async def test_refused_action_stands_behind_the_heading(amina: FormClient, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket()
    page = f"/t/{issued.token}"
    await amina.open(page)
    html = amina.html
    await amina.submit(f"{page}/leave")
    amina.html = html  # an old page in another tab
    await amina.submit(f"{page}/postpone")
    assert amina.status == 409
    assert _first_heading(amina.html) == "h1"
