"""Pages of a place that is kept, without scripts: while a form is filled in, until an e-mail is verified."""

from __future__ import annotations

from typing import Any

import pytest
from office360.appointments.service import TIMERS, AppointmentState, appointment_by_token, hold
from office360.appointments.storage.tables import HoldRow
from office360.core.db import timers
from office360.core.errors import Refused
from office360.core.formats.qr import qr_code
from office360.offices.service import Office
from office360.queue.service import TicketRequest, take_ticket
from sqlalchemy import select

from ...conftest import AppServer, FakeClock, serving
from ..actions.test_verify_email import letters, secret_of
from ..support.html_client import Citizen, Page, citizen
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, work
from .test_booking_pages import AT_9, FILLED, address

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

KEPT = "Te guardamos este sitio hasta las"
AT_9_15 = "2026-11-27T09:15:00+01:00"
AT_9_30 = "2026-11-27T09:30:00+01:00"


async def times(person: Citizen) -> Page:
    return await person.get(address(office="centro", service="certificate", mode="video", day="2026-11-27"))


async def chosen(person: Citizen, at: str = AT_9) -> Page:
    """The form of the details, after a time was chosen."""
    return await person.send(await times(person), starts_at=at)


async def unproved(person: Citizen, **changes: Any) -> Page:
    """The page of an appointment that somebody books without scripts."""
    return await person.send(await chosen(person), **{**FILLED, "altcha": "", **changes})


async def is_kept(server: AppServer) -> bool:
    """Whether nobody else can have Friday at nine."""
    try:
        await hold(server.runtime, "centro", "certificate", "video", FRIDAY_AT_9, holder="somebody else")
    except Refused:
        return True
    return False


async def test_choosing_a_time_keeps_it_and_says_until_when(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await chosen(person)
        assert page.came_through == (303,)
        assert f"{KEPT} 10:40." in page.text
        assert await is_kept(app_server)
        assert f"{KEPT} 10:40." in (await person.get(page.path)).text


async def test_a_link_to_a_time_keeps_nothing(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await person.get(address(office="centro", service="certificate", mode="video", starts_at=AT_9))
    assert KEPT not in page.text
    assert not await is_kept(app_server)


async def test_ones_own_place_is_still_to_be_chosen_and_another_one_frees_it(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        await chosen(person)
        assert AT_9 in (await times(person)).form.offered("starts_at")
        page = await chosen(person, AT_9_15)
        assert KEPT in page.text
    assert not await is_kept(app_server)


async def test_a_booking_uses_the_place_up(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await person.send(await chosen(person), **FILLED)
        assert "Cita confirmada" in page.text
    async with app_server.runtime.reading() as session:
        assert (await session.execute(select(HoldRow.id))).all() == []


async def test_a_place_that_ran_out_is_looked_at_again_and_nothing_typed_is_lost(
    app_server: AppServer, clock: FakeClock
) -> None:
    async with citizen(app_server) as person:
        page = await chosen(person)
        clock.advance(minutes=11)
        assert await is_kept(app_server) is False  # and so the next one has it now
        page = await person.send(page, **FILLED)
        assert page.status == 409
        assert page.form.value("name") == AMINA["name"]
        page = await person.send(page, starts_at=page.form.offered("starts_at")[0])
        assert "Cita confirmada" in page.text


async def test_a_form_that_is_sent_again_says_still_until_when(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await person.send(await chosen(person), name=AMINA["name"])
    assert page.status == 422
    assert f"{KEPT} 10:40." in page.text


async def test_too_many_holds_of_an_address_keep_nothing_and_forbid_nothing(
    settings: Any, clock: FakeClock, office: Office
) -> None:
    few = settings.model_copy(update={"holds_per_address": 1})
    async with serving(few, clock) as server, citizen(server) as first, citizen(server) as second:
        await chosen(first, AT_9_15)
        page = await chosen(second)
        assert (page.status, KEPT in page.text) == (200, False)
        assert "Cita confirmada" in (await second.send(page, **FILLED)).text


# Without a proof


async def test_without_scripts_the_page_says_what_to_do_and_until_when(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await unproved(person)
    assert "Confirma tu correo para quedarte con esta cita" in page.text
    assert f"Abre el correo que hemos enviado a {AMINA['email']}." in page.text
    assert "Te guardamos el sitio hasta las 11:00" in page.text


async def test_opening_the_letters_link_changes_nothing_and_its_button_confirms(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await unproved(person)
        (letter,) = await letters(app_server.runtime)
        link = f"{page.path.partition('?')[0]}/verify/{secret_of(app_server.runtime, letter)}"
        async with citizen(app_server) as mailbox:  # opened on another device
            asked = await mailbox.get(link)
            assert "Pulsa el botón y esta cita es tuya." in asked.text
            assert "Confirma tu correo para quedarte" in (await person.get(page.path)).text
            done = await mailbox.send(asked)
        assert "Correo confirmado: la cita es tuya" in done.text
        assert "Sin confirmar" not in (await person.get(page.path)).text


async def test_a_wrong_link_leads_to_the_page_and_confirms_nothing(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await unproved(person)
        shown = await person.get(f"{page.path.partition('?')[0]}/verify/wrong")
        assert "Sin confirmar" in shown.text


async def test_the_letter_can_be_sent_again_a_few_times(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await unproved(person)
        for _ in range(3):
            page = await press(person, page, "/letter")
            assert f"Correo enviado a {AMINA['email']}" in page.text
        page = await press(person, page, "/letter")
        assert page.status == 409
        assert "Ya hemos enviado varios correos" in page.text


async def test_a_mistyped_address_is_corrected_on_the_page(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await unproved(person, email="amina@exmaple.org")
        wrong = await press(person, page, "/email", email="amina")
        assert wrong.status == 422
        assert ("email", "amina") in next(one for one in wrong.forms if one.action.endswith("/email")).values
        page = await press(person, page, "/email", email=AMINA["email"])
    assert f"Correo enviado a {AMINA['email']}" in page.text
    assert {letter.recipient for letter in await letters(app_server.runtime)} == {AMINA["email"]}


async def test_a_place_that_nobody_confirmed_says_how_to_go_on(app_server: AppServer, clock: FakeClock) -> None:
    async with citizen(app_server) as person:
        page = await unproved(person)
        clock.advance(minutes=30)
        await timers.fire_due(app_server.runtime, TIMERS)
        page = await person.get(page.path)
    assert "Esta cita no se confirmó a tiempo" in page.text
    assert "/appointments/new?office=centro&amp;service=certificate&amp;mode=video" in page.html


async def test_whoever_does_not_want_it_gives_it_back(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await press(person, await unproved(person), "/cancel")
    token = page.path.split("/")[2].partition("?")[0]
    async with app_server.runtime.reading() as session:
        assert (await appointment_by_token(session, token)).state is AppointmentState.CANCELLED_CITIZEN


async def test_it_takes_no_turn_until_it_is_confirmed(app_server: AppServer, clock: FakeClock) -> None:
    async with citizen(app_server) as person:
        page = await person.get(address(office="centro", service="certificate", mode="in_person"))
        page = await person.send(page, starts_at=page.form.offered("starts_at")[0])
        page = await person.send(page, **FILLED, altcha="")
        token = page.path.split("/")[2].partition("?")[0]
        clock.advance(minutes=20)
        with pytest.raises(Refused, match="not_confirmed"):
            await take_ticket(app_server.runtime, "centro", TicketRequest(appointment=token, device="phone"))
        shown = await person.get(f"/o/centro?appointment={token}")
    assert "Esta cita todavía no está confirmada" in shown.text


async def press(person: Citizen, page: Page, ending: str, **changes: str) -> Page:
    """Send the form of the page whose action ends so."""
    form = next(one for one in page.forms if one.action.endswith(ending))
    return await person.post(form.action, form.filled(**changes))


# Who has one already


async def test_the_owners_device_is_led_to_what_it_has_and_others_to_their_mailbox(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        made = await person.send(await chosen(person), **FILLED)
        again = await person.send(await chosen(person, AT_9_15), **FILLED)
        assert made.path.partition("?")[0] in again.links
        async with citizen(app_server) as other:
            again = await other.send(await chosen(other, AT_9_30), **FILLED)
            assert made.path.partition("?")[0] not in again.links
            assert f"Acabamos de enviar un correo a {AMINA['email']}" in again.text


async def test_a_busy_address_is_told_what_to_do_and_the_link_makes_room(
    settings: Any, clock: FakeClock, office: Office
) -> None:
    few = settings.model_copy(update={"unverified_per_address": 1})
    async with serving(few, clock) as server, citizen(server) as person:
        await person.send(await chosen(person), **{**FILLED, **DIEGO})
        page = await person.send(await chosen(person, AT_9_15), **FILLED)
        assert page.status == 409
        assert "Confirma antes tu correo" in page.text
        (letter,) = [one for one in await letters(server.runtime) if one.kind == "mailbox_verify"]
        link = f"/verify/{server.runtime.tokens.derive('mailbox', letter.payload['mailbox_id'])}"
        assert "Ya puedes reservar" in (await person.send(await person.get(link))).text
        assert "Cita confirmada" in (await person.send(page)).text
        assert (await person.get("/verify/unknown")).status == 404


# What is asked for, and what is printed


async def test_what_was_asked_for_stands_on_the_page_and_on_paper(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await person.send(
            await chosen(person), **FILLED, needs=["step_free"], needs_note="Voy con mi perro guía"
        )
        assert page.text.count("Acceso sin escalones, silla de ruedas") == 2
        assert page.text.count("Voy con mi perro guía") == 2
        link = f"{app_server.url}{page.path.partition('?')[0]}"
        assert qr_code(link, "m").path in page.html
        assert (
            "Usa «Imprimir» en el menú de tu navegador"
            in (await person.get(f"{link}?print=1"[len(app_server.url) :])).text
        )
        too_long = await person.send(await chosen(person, AT_9_15), **{**FILLED, **DIEGO}, needs_note="x" * 201)
        assert "Acorta lo que has escrito" in too_long.text


async def test_an_old_page_of_times_leads_on_and_keeps_nothing(app_server: AppServer) -> None:
    async with citizen(app_server) as person:
        page = await person.send(await times(person), starts_at=AT_9, csrf="of long ago")
        assert (page.status, "Paso 4 de 5: tus datos" in page.text) == (200, True)
    assert not await is_kept(app_server)


async def test_a_program_reads_what_to_do_about_a_busy_address(
    settings: Any, clock: FakeClock, office: Office
) -> None:
    few = settings.model_copy(update={"unverified_per_address": 1})
    asked = {"office": "centro", "service": "certificate", "mode": "video", "privacy_accepted": True}
    async with serving(few, clock) as server, server.client() as client:
        for person, at, expected in ((AMINA, AT_9, 201), (DIEGO, AT_9_15, 409)):
            sent = {**asked, **person, "starts_at": at, "altcha": work(server.runtime)}
            async with client.post("/api/v1/appointments", json=sent) as answer:
                problem = await answer.json()
                assert answer.status == expected
    assert problem["code"] == "verify_first"
    assert office.phone in problem["detail"]
    assert "Abre el enlace de uno de esos correos" in problem["detail"]
