"""Pages of held slots: while the form is filled in, and until the e-mail is verified."""

from __future__ import annotations

from typing import Any

import pytest
from office360.appointments.service import TIMERS, AppointmentState, appointment_by_token, hold_slot
from office360.appointments.storage.tables import HoldRow
from office360.core.db import timers
from office360.core.errors import Refused
from office360.core.formats.qr import encode_qr
from office360.offices.service import Office
from office360.queue.service import TicketRequest, take_ticket
from sqlalchemy import select

from ...conftest import AppServer, FakeClock, serve_app
from ..support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ..support.messages import active_messages, verification_secret
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, solve_new_challenge
from .test_booking_pages import AT_9, FILLED, booking_path

HELD_UNTIL_TEXT = "Te guardamos este sitio hasta las"
AT_9_15 = "2026-11-27T09:15:00+01:00"
AT_9_30 = "2026-11-27T09:30:00+01:00"


async def open_times_page(person: CitizenBrowser) -> HtmlPage:
    return await person.get(booking_path(office="centro", service="certificate", mode="video", day="2026-11-27"))


async def choose_time(person: CitizenBrowser, at: str = AT_9) -> HtmlPage:
    """Choose a time. Returns the form of the details."""
    return await person.send(await open_times_page(person), starts_at=at)


async def submit_without_proof(person: CitizenBrowser, **changes: Any) -> HtmlPage:
    """Book without scripts, so without a proof of work. Returns the appointment's page."""
    return await person.send(await choose_time(person), **{**FILLED, "altcha": "", **changes})


async def is_slot_held(server: AppServer) -> bool:
    """Return whether Friday at nine is closed to other people."""
    try:
        await hold_slot(server.runtime, "centro", "certificate", "video", FRIDAY_AT_9, holder="somebody else")
    except Refused:
        return True
    return False


async def test_choosing_a_time_holds_the_slot_and_shows_expiry(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await choose_time(person)
        assert page.redirect_statuses == (303,)
        assert f"{HELD_UNTIL_TEXT} 10:40." in page.text
        assert await is_slot_held(app_server)
        assert f"{HELD_UNTIL_TEXT} 10:40." in (await person.get(page.path)).text


async def test_link_to_a_time_holds_nothing(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(office="centro", service="certificate", mode="video", starts_at=AT_9))
    assert HELD_UNTIL_TEXT not in page.text
    assert not await is_slot_held(app_server)


async def test_own_held_slot_stays_choosable_until_replaced(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        await choose_time(person)
        assert AT_9 in (await open_times_page(person)).form.option_values("starts_at")
        page = await choose_time(person, AT_9_15)
        assert HELD_UNTIL_TEXT in page.text
    assert not await is_slot_held(app_server)


async def test_booking_consumes_its_hold(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await choose_time(person), **FILLED)
        assert "Cita confirmada" in page.text
    async with app_server.runtime.read_session() as session:
        assert (await session.execute(select(HoldRow.id))).all() == []


async def test_expired_hold_is_rechecked_and_input_is_kept(app_server: AppServer, clock: FakeClock) -> None:
    async with citizen_browser(app_server) as person:
        page = await choose_time(person)
        clock.advance(minutes=11)
        assert await is_slot_held(app_server) is False  # so that another person can book it now
        page = await person.send(page, **FILLED)
        assert page.status == 409
        assert page.form.value("name") == AMINA["name"]
        page = await person.send(page, starts_at=page.form.option_values("starts_at")[0])
        assert "Cita confirmada" in page.text


async def test_invalid_form_still_shows_the_hold_expiry(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await choose_time(person), name=AMINA["name"])
    assert page.status == 422
    assert f"{HELD_UNTIL_TEXT} 10:40." in page.text


async def test_hold_limit_of_address_does_not_block_booking(
    settings: Any, clock: FakeClock, office: Office
) -> None:
    few = settings.model_copy(update={"holds_per_address": 1})
    async with (
        serve_app(few, clock) as server,
        citizen_browser(server) as first,
        citizen_browser(server) as second,
    ):
        await choose_time(first, AT_9_15)
        page = await choose_time(second)
        assert (page.status, HELD_UNTIL_TEXT in page.text) == (200, False)
        assert "Cita confirmada" in (await second.send(page, **FILLED)).text


# Without a proof of work


async def test_page_without_scripts_asks_to_verify_the_email(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await submit_without_proof(person)
    assert "Confirma tu correo para quedarte con esta cita" in page.text
    assert f"Abre el correo que hemos enviado a {AMINA['email']}." in page.text
    assert "Te guardamos el sitio hasta las 11:00" in page.text


async def test_verification_link_confirms_only_by_its_button(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await submit_without_proof(person)
        (message,) = await active_messages(app_server.runtime)
        link = f"{page.path.partition('?')[0]}/verify/{verification_secret(app_server.runtime, message)}"
        async with citizen_browser(app_server) as mailbox:  # the link is opened on another device
            asked = await mailbox.get(link)
            assert "Pulsa el botón y esta cita es tuya." in asked.text
            assert "Confirma tu correo para quedarte" in (await person.get(page.path)).text
            done = await mailbox.send(asked)
        assert "Correo confirmado: la cita es tuya" in done.text
        assert "Sin confirmar" not in (await person.get(page.path)).text


async def test_wrong_verification_link_confirms_nothing(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await submit_without_proof(person)
        shown = await person.get(f"{page.path.partition('?')[0]}/verify/wrong")
        assert "Sin confirmar" in shown.text


async def test_verification_email_can_be_resent_three_times(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await submit_without_proof(person)
        for _ in range(3):
            page = await submit_form(person, page, "/letter")
            assert f"Correo enviado a {AMINA['email']}" in page.text
        page = await submit_form(person, page, "/letter")
        assert page.status == 409
        assert "Ya hemos enviado varios correos" in page.text


async def test_mistyped_email_is_corrected_on_the_page(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await submit_without_proof(person, email="amina@exmaple.org")
        wrong = await submit_form(person, page, "/email", email="amina")
        assert wrong.status == 422
        assert ("email", "amina") in next(one for one in wrong.forms if one.action.endswith("/email")).values
        page = await submit_form(person, page, "/email", email=AMINA["email"])
    assert f"Correo enviado a {AMINA['email']}" in page.text
    assert {message.recipient for message in await active_messages(app_server.runtime)} == {AMINA["email"]}


async def test_expired_unverified_page_links_to_new_booking(app_server: AppServer, clock: FakeClock) -> None:
    async with citizen_browser(app_server) as person:
        page = await submit_without_proof(person)
        clock.advance(minutes=30)
        await timers.fire_due_timers(app_server.runtime, TIMERS)
        page = await person.get(page.path)
    assert "Esta cita no se confirmó a tiempo" in page.text
    assert "/appointments/new?office=centro&amp;service=certificate&amp;mode=video" in page.html


async def test_unverified_appointment_can_be_cancelled(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await submit_form(person, await submit_without_proof(person), "/cancel")
    token = page.path.split("/")[2].partition("?")[0]
    async with app_server.runtime.read_session() as session:
        assert (await appointment_by_token(session, token)).state is AppointmentState.CANCELLED_CITIZEN


async def test_unverified_appointment_cannot_take_a_ticket(app_server: AppServer, clock: FakeClock) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(office="centro", service="certificate", mode="in_person"))
        page = await person.send(page, starts_at=page.form.option_values("starts_at")[0])
        page = await person.send(page, **FILLED, altcha="")
        token = page.path.split("/")[2].partition("?")[0]
        clock.advance(minutes=20)
        with pytest.raises(Refused, match="not_confirmed"):
            await take_ticket(app_server.runtime, "centro", TicketRequest(appointment=token, device="phone"))
        shown = await person.get(f"/o/centro?appointment={token}")
    assert "Esta cita todavía no está confirmada" in shown.text


async def submit_form(person: CitizenBrowser, page: HtmlPage, ending: str, **changes: str) -> HtmlPage:
    """Send the form whose action has this ending."""
    form = next(one for one in page.forms if one.action.endswith(ending))
    return await person.post(form.action, form.filled_values(**changes))


# Duplicate appointments


async def test_duplicate_is_shown_to_its_own_device_only(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        made = await person.send(await choose_time(person), **FILLED)
        again = await person.send(await choose_time(person, AT_9_15), **FILLED)
        assert made.path.partition("?")[0] in again.links
        async with citizen_browser(app_server) as other:
            again = await other.send(await choose_time(other, AT_9_30), **FILLED)
            assert made.path.partition("?")[0] not in again.links
            assert again.path != made.path
            assert f"Te enviamos un correo a {AMINA['email']}" in again.text


async def test_verified_mailbox_can_book_from_a_busy_address(
    settings: Any, clock: FakeClock, office: Office
) -> None:
    few = settings.model_copy(update={"unverified_per_address": 1})
    async with serve_app(few, clock) as server, citizen_browser(server) as person:
        await person.send(await choose_time(person), **{**FILLED, **DIEGO})
        page = await person.send(await choose_time(person, AT_9_15), **FILLED)
        assert page.status == 409
        assert "Confirma antes tu correo" in page.text
        (message,) = [one for one in await active_messages(server.runtime) if one.kind == "mailbox_verify"]
        link = f"/verify/{server.runtime.tokens.derive('mailbox', message.payload['mailbox_id'])}"
        assert "Ya puedes reservar" in (await person.send(await person.get(link))).text
        assert "Cita confirmada" in (await person.send(page)).text
        assert (await person.get("/verify/unknown")).status == 404


# Needs and the printed page


async def test_needs_are_shown_on_page_and_printed_sheet(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(
            await choose_time(person), **FILLED, needs=["easy_reading"], needs_note="Voy con mi perro guía"
        )
        assert page.text.count("Lectura fácil o más tiempo") == 2
        assert page.text.count("Voy con mi perro guía") == 2
        link = f"{app_server.url}{page.path.partition('?')[0]}"
        assert encode_qr(link, "m").path in page.html
        assert (
            "Usa «Imprimir» en el menú de tu navegador"
            in (await person.get(f"{link}?print=1"[len(app_server.url) :])).text
        )
        too_long = await person.send(
            await choose_time(person, AT_9_15), **{**FILLED, **DIEGO}, needs_note="x" * 201
        )
        assert "Acorta lo que has escrito" in too_long.text


async def test_case_number_is_kept_and_shown(app_server: AppServer) -> None:
    number = {"details.case_number": "2026/417"}
    async with citizen_browser(app_server) as person:
        page = await person.send(await choose_time(person), **FILLED, **number)
        assert page.text.count("2026/417") == 2  # on the page and on the printed sheet
        too_long = await person.send(
            await choose_time(person, AT_9_15), **{**FILLED, **DIEGO}, **{"details.case_number": "1" * 61}
        )
        assert "Acorta lo que has escrito" in too_long.text
        assert "1" * 61 in too_long.html


async def test_expired_times_page_continues_without_hold(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await open_times_page(person), starts_at=AT_9, csrf="of long ago")
        assert (page.status, "Paso 4 de 5: tus datos" in page.text) == (200, True)
    assert not await is_slot_held(app_server)


async def test_api_explains_the_limit_of_a_busy_address(settings: Any, clock: FakeClock, office: Office) -> None:
    few = settings.model_copy(update={"unverified_per_address": 1})
    asked = {"office": "centro", "service": "certificate", "mode": "video", "privacy_accepted": True}
    async with serve_app(few, clock) as server, server.client() as client:
        for person, at, expected in ((AMINA, AT_9, 201), (DIEGO, AT_9_15, 409)):
            sent = {**asked, **person, "starts_at": at, "altcha": solve_new_challenge(server.runtime)}
            async with client.post("/api/v1/appointments", json=sent) as answer:
                problem = await answer.json()
                assert answer.status == expected
    assert problem["code"] == "verify_first"
    assert office.phone in problem["detail"]
    assert "Abre el enlace de uno de esos correos" in problem["detail"]
