"""The booking pages in a browser without JavaScript."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import pytest
from office360.appointments.service import appointment_by_token, appointment_token, book_appointment
from office360.offices.storage.tables import OfficeRow, ServiceRow
from sqlalchemy import update

from ...conftest import AppServer, FakeClock
from ...support.office_fixture import build_office
from ..support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ..support.requesters import AMINA, DIEGO, make_booking_request

AT_9 = "2026-11-27T09:00:00+01:00"
NEW = "/appointments/new"
FILLED = {"name": AMINA["name"], "email": AMINA["email"], "privacy_accepted": "1"}


def booking_path(**choices: str) -> str:
    return f"{NEW}?{urlencode(choices)}"


async def open_details_page(person: CitizenBrowser, starts_at: str = AT_9) -> HtmlPage:
    """Open the form of the last step."""
    page = await person.get(
        booking_path(office="centro", service="certificate", mode="video", starts_at=starts_at)
    )
    assert page.status == 200
    return page


async def test_person_books_step_by_step(app_server: AppServer) -> None:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    async with citizen_browser(app_server) as person:
        page = await person.get(NEW)
        assert page.form.option_values("office") == ["*", "centro", "norte"]
        page = await person.send(page, office="norte")
        assert "Paso 1 de 5: oficina y trámite" in page.text
        page = await person.send(page, service="certificate")
        assert "Paso 2 de 5: cómo te atendemos" in page.text
        assert page.form.value("mode") is None
        page = await person.send(page, mode="in_person")
        assert "Paso 3 de 5: día y hora" in page.text
        page = await person.send(page, starts_at=AT_9)
        assert "Paso 4 de 5: tus datos" in page.text
        page = await person.send(page, needs=["sign_language"], phone="612 345 678", **FILLED)
    assert page.redirect_statuses == (303,)
    assert page.path.startswith("/a/")
    assert "Cita confirmada" in page.text
    assert "Tu cita es el viernes 27 de noviembre a las 9:00" in page.text
    assert "Intérprete de lengua de signos" in page.text


async def test_link_prefills_its_choices(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(office="centro", service="certificate"))
        assert page.form.option_values("mode") == ["video", "in_person"]
        page = await person.get(booking_path(office="centro", service="certificate", mode="video"))
        assert "Paso 3 de 5" in page.text


async def test_prefilled_choices_survive_earlier_steps(app_server: AppServer) -> None:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(service="certificate", mode="video"))
        assert "Primera hora libre: hoy, 11:00" in page.text
        page = await person.send(page, office="norte")
    assert "Paso 3 de 5" in page.text


async def test_only_office_and_only_mode_are_skipped(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(NEW)
        assert page.form.option_values("service") == ["documents", "certificate", "complaints"]
        page = await person.send(page, service="documents")
    assert "Paso 3 de 5" in page.text
    assert "En la oficina" in page.text


@pytest.mark.parametrize(
    "choices",
    [
        {"office": "unknown"},
        {"office": "centro", "service": "unknown"},
        {"office": "centro", "service": "documents", "mode": "video"},
        {"office": "centro", "service": "certificate", "mode": "telepathy"},
        {"office": "centro", "service": "certificate", "mode": "video", "starts_at": "soon"},
        {"office": "centro", "service": "certificate", "mode": "video", "day": "x", "from": "y"},
        {"office": "centro", "service": "certificate", "mode": "video", "from": "9999-12-31"},
        {"office": "centro", "service": "certificate", "mode": "video", "from": "0001-01-01", "day": "0001-01-01"},
        {"office": "centro", "service": "certificate", "mode": "video", "starts_at": "0001-01-01T00:00:00Z"},
        {"office": "centro", "service": "certificate", "mode": "video", "starts_at": "9999-12-31T23:59:59Z"},
        {"step": "details"},
    ],
)
async def test_invalid_choices_are_requested_again(app_server: AppServer, choices: dict[str, str]) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(**choices))
    assert page.status == 200
    assert "Paso" in page.text


async def test_empty_step_names_the_missing_answer(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await person.get(NEW))
        assert "Falta una respuesta" in page.text
        assert "Elige el trámite" in page.text


async def test_missing_answers_are_reported_by_the_server(
    app_server: AppServer,
) -> None:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    steps: list[dict[str, str]] = [
        {},
        {"office": "centro"},
        {"office": "centro", "service": "certificate", "step": "mode"},
        {"office": "centro", "service": "certificate", "mode": "video"},
    ]
    async with citizen_browser(app_server) as person:
        for choices in steps:
            page = await person.get(booking_path(**choices))
            assert "novalidate" in page.html, choices
            step = page.form.value("asked") or ""
            answers = {name: value for name, value in choices.items() if name != step}
            page = await person.get(booking_path(**{**answers, "asked": step}))
            assert "Falta una respuesta" in page.text, choices


async def test_details_without_time_report_missing_time(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await open_details_page(person), step="time", **FILLED)
        values = [one for one in page.form.values if one[0] not in ("starts_at", "step")]
        page = await person.post(NEW, [*values, ("step", "details")])
    assert "Falta una respuesta" in page.text
    assert page.form.value("name") == AMINA["name"]


async def test_office_step_shows_opening_state(app_server: AppServer, clock: FakeClock) -> None:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    async with citizen_browser(app_server) as person:
        page = await person.get(NEW)
        assert page.text.count("Abierta ahora") == 2
        clock.advance(seconds=12 * 3600)
        page = await person.get(NEW)
    assert page.text.count("Abre mañana a las") == 2


async def test_back_link_keeps_the_choices(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await open_details_page(person)
        back = next(link for link in page.links if "step=time" in link)
        page = await person.get(back)
        assert page.form.value("starts_at") == AT_9
        back = next(link for link in page.links if "step=mode" in link)
        page = await person.get(back)
    assert page.form.value("mode") == "video"


async def test_time_step_shows_a_few_open_days_at_once(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(office="centro", service="certificate", mode="video"))
        days = [link for link in page.links if "day=" in link]
        assert [link.split("day=")[1].split("#")[0] for link in days] == [
            "2026-11-25",
            "2026-11-26",
            "2026-11-27",
            "2026-11-28",
            "2026-11-30",
        ]
        more = next(link for link in page.links if "from=2026-12-01" in link and "day=" not in link)
        page = await person.get(more)
        assert any("day=2026-12-01" in link for link in page.links)
        assert "Primeros días" in page.text


async def test_day_groups_its_times_by_part_of_day(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(
            booking_path(office="centro", service="certificate", mode="video", step="time", day="2026-11-28")
        )
    assert "Sábado 28 de noviembre" in page.text
    assert "Por la mañana" in page.text
    assert "Por la tarde" not in page.text
    assert page.form.option_values("starts_at")[0] == "2026-11-28T09:00:00+01:00"
    assert page.form.option_values("starts_at")[-1] == "2026-11-28T12:45:00+01:00"


async def test_invalid_fields_are_named_and_input_is_kept(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(
            await open_details_page(person),
            name="Rosa Etxeberria Goikoetxea",
            email="rosa.example.org",
            phone="612 34 55",
            needs=["accompanied"],
        )
    assert page.status == 422
    assert page.html.index("problems") < page.html.index("<h1>")
    assert "Falta la arroba" in page.text
    assert 'href="#email"' in page.html
    assert 'href="#privacy_accepted"' in page.html
    assert 'aria-describedby="email-hint email-error"' in page.html
    assert page.form.value("name") == "Rosa Etxeberria Goikoetxea"
    assert page.form.value("email") == "rosa.example.org"
    assert page.form.value("phone") == "612 34 55"
    assert ("needs", "accompanied") in page.form.values


async def test_typed_markup_is_escaped(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await open_details_page(person), name='"><script>x</script>', email="no")
    assert "<script>x" not in page.html


async def test_taken_slot_offers_nearest_and_one_press_books(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await open_details_page(person)
        await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
        page = await person.send(page, needs=["easy_reading"], phone="612345678", **FILLED)
        assert page.status == 409
        assert "Esa hora acaba de ocuparse" in page.text
        assert page.form.option_values("starts_at") == [
            "2026-11-27T09:15:00+01:00",
            "2026-11-27T09:30:00+01:00",
            "2026-11-27T09:45:00+01:00",
        ]
        assert page.form.value("name") == AMINA["name"]
        assert ("needs", "easy_reading") in page.form.values
        page = await person.send(page)
    assert page.redirect_statuses == (303,)
    assert "a las 9:15" in page.text


async def test_changing_the_time_keeps_typed_details(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await open_details_page(person)
        await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
        page = await person.send(page, needs=["easy_reading"], **FILLED)
        page = await person.send(page, step="time")
        assert page.status == 200
        assert AMINA["email"] not in page.url
        page = await person.send(page, day="2026-11-30")
        assert page.form.value("name") == AMINA["name"]
        page = await person.send(page, step="details", starts_at="2026-11-30T10:00:00+01:00")
        assert page.form.value("email") == AMINA["email"]
        assert ("needs", "easy_reading") in page.form.values
        page = await person.send(page)
    assert page.redirect_statuses == (303,)
    assert "lunes 30 de noviembre a las 10:00" in page.text


async def test_link_to_taken_slot_offers_nearest_slots(app_server: AppServer) -> None:
    await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(office="centro", service="certificate", mode="video", starts_at=AT_9))
        assert page.status == 409
        assert "Esa hora acaba de ocuparse" in page.text
        page = await person.send(page)
    assert "Paso 4 de 5" in page.text


async def test_duplicate_appointment_page_offers_next_steps(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        await person.send(await open_details_page(person, AT_9.replace("09:00", "11:00")), **FILLED)
        page = await person.send(await open_details_page(person), **FILLED)
    assert page.status == 409
    assert "<title>Ya tienes una cita para este trámite" in page.html
    assert any(link.startswith("/a/") for link in page.links)
    assert page.form.value("email") == AMINA["email"]


async def test_double_submit_books_once(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await open_details_page(person)
        both = await asyncio.gather(*(person.send(page, **FILLED) for _ in range(2)))
    assert both[0].path == both[1].path
    assert [one.status for one in both] == [200, 200]


async def test_changed_form_after_booking_shows_first_booking(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await open_details_page(person)
        first = await person.send(page, **FILLED)
        again = await person.send(page, **{**FILLED, "name": "Amina H."})
    assert again.path == first.path.replace("?new=1", "?kept=1")
    assert "Tu cita ya estaba confirmada con los datos anteriores." in again.text
    assert "Amina H." not in again.text


async def test_concurrent_browsers_get_the_last_slot_once(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as amina, citizen_browser(app_server) as diego:
        pages = await asyncio.gather(open_details_page(amina), open_details_page(diego))
        answers = await asyncio.gather(amina.send(pages[0], **FILLED), diego.send(pages[1], **{**FILLED, **DIEGO}))
    assert sorted(page.status for page in answers) == [200, 409]
    (loser,) = (page for page in answers if page.status == 409)
    assert "Esa hora acaba de ocuparse" in loser.text


async def test_forged_form_books_nothing_and_keeps_input(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await open_details_page(person), csrf="forged", **FILLED)
        assert page.status == 403
        assert "La página llevaba mucho tiempo abierta" in page.text
        assert page.form.value("email") == AMINA["email"]
        page = await person.send(page)
    assert page.redirect_statuses == (303,)


async def test_empty_post_restarts_the_booking(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        csrf = (await open_details_page(person)).form.value("csrf") or ""
        page = await person.post(NEW, [("csrf", csrf)])
    assert "Paso 1 de 5" in page.text


async def test_full_agenda_offers_alternatives(app_server: AppServer, clock: FakeClock) -> None:
    async with app_server.runtime.transaction() as tx:
        full = update(ServiceRow).where(ServiceRow.slug == "certificate")
        await tx.session.execute(full.values(capacity={"in_person": 1, "video": 0}))
        await tx.session.execute(update(OfficeRow).values(version=OfficeRow.version + 1))
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(office="centro", service="certificate", mode="video"))
    assert "Ahora no hay horas libres" in page.text
    assert "Oficina Centro, en persona" in page.text
    assert any("mode=in_person" in link for link in page.links)


async def test_booking_pages_are_translated_to_english(app_server: AppServer) -> None:
    async with citizen_browser(app_server, "en") as person:
        page = await person.send(await open_details_page(person), **FILLED)
    assert "Appointment confirmed" in page.text
    assert "Your video call is on Friday 27 November at 9:00" in page.text


async def test_appointment_keeps_the_language_of_the_form(app_server: AppServer) -> None:
    async with citizen_browser(app_server, "en") as person:
        page = await person.send(await open_details_page(person), **FILLED)
    token = page.path.removeprefix("/a/").split("?")[0]
    async with app_server.client() as client, client.get(f"/api/v1/appointments/{token}") as response:
        assert response.status == 200
    async with app_server.runtime.read_session() as session:
        booked = await appointment_by_token(session, token)
    assert booked.language == "en"
    assert appointment_token(app_server.runtime, booked) == token


async def test_interpreter_refusal_shows_the_earliest_time(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(f"{NEW}?office=centro&service=certificate&mode=video")
        page = await person.send(page, starts_at="2026-11-25T16:00:00+01:00")
        refused = await person.send(page, needs=["sign_language"], **FILLED)
        assert refused.status == 409
        assert "A esa hora no podemos tener intérprete" in refused.text
        assert "a partir del jueves 26 de noviembre a las 10:30" in refused.text
        assert refused.form.value("email") == FILLED["email"]
        assert "Cita confirmada" in (await person.send(refused, needs=[])).text


# A time that has passed


async def test_passed_time_of_a_link_is_not_called_taken(app_server: AppServer, clock: FakeClock) -> None:
    clock.set(clock.now().replace(day=27, hour=9, minute=30))
    async with citizen_browser(app_server) as person:
        path = booking_path(office="centro", service="certificate", mode="video", starts_at=AT_9)
        spanish, english = await person.get(path), await person.get(f"{path}&lang=en")
    assert (spanish.status, english.status) == (409, 409)
    assert "Ya es tarde para reservar esa hora." in spanish.text
    assert "acaba de ocuparse" not in spanish.text
    assert "It is too late to book that time." in english.text


async def test_time_that_passes_over_the_form_is_too_late(app_server: AppServer, clock: FakeClock) -> None:
    async with citizen_browser(app_server) as person:
        page = await open_details_page(person)
        clock.set(clock.now().replace(day=27, hour=9, minute=30))
        page = await person.send(page, **FILLED)
    assert page.status == 409
    assert "Ya es tarde para reservar esa hora." in page.text
    assert "acaba de ocuparse" not in page.text
    assert page.form.value("name") == FILLED["name"]
