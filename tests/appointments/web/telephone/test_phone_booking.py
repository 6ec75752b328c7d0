"""Booking by telephone in the web app and over the API, and its appointment page."""

from __future__ import annotations

from typing import Any

from office360.offices.service import Office

from ....conftest import AppServer, FakeClock
from ...support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ...support.phone_mode import AMINA_PHONE, allow_phone
from ...support.requesters import AMINA, FRIDAY_AT_9, solve_new_challenge

AT_9 = "2026-11-27T09:00:00+01:00"
DETAILS = "/appointments/new?office=centro&service=certificate&mode=phone&starts_at=2026-11-27T09:00:00%2B01:00"


async def book_by_phone(person: CitizenBrowser) -> HtmlPage:
    page = await person.get(DETAILS)
    return await person.send(page, phone="600 111 222", privacy_accepted="1", **AMINA)


async def test_booking_offers_the_telephone_and_requires_a_number(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    async with citizen_browser(app_server) as person:
        page = await person.get("/appointments/new?office=centro&service=certificate")
        assert page.form.option_values("mode") == ["video", "phone", "in_person"]
        page = await person.get(DETAILS)
        page = await person.send(page, privacy_accepted="1", **AMINA)
        assert page.status == 422
        assert "Escribe tu teléfono" in page.text
        assert page.form.value("name") == AMINA["name"]
        page = await person.send(page, phone="600 111 222")
    assert "Te llamamos el viernes 27 de noviembre a las 9:00" in page.text
    assert "entre las 9:00 y las 9:15" in page.text
    assert "6•• ••• •22" in page.text.replace("\xa0", " ")
    assert AMINA_PHONE[3:] not in page.html
    assert not any(link.endswith(("/room", "/test")) for link in page.links)


async def test_number_is_changed_on_the_page(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    async with citizen_browser(app_server) as person:
        page = await book_by_phone(person)
        page = await person.send(page, "/phone", phone="6001")
        assert page.status == 422
        assert "6001" in page.html
        page = await person.send(page, "/phone", phone="600 333 444")
    assert "6•• ••• •44" in page.text.replace("\xa0", " ")


async def test_calendar_entry_says_who_calls(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    async with citizen_browser(app_server) as person:
        page = await book_by_phone(person)
        entry = (await person.get(page.path.partition("?")[0] + "/calendar.ics")).html.replace("\r\n ", "")
    assert "LOCATION:Por teléfono" in entry
    assert "Te llamamos al 6•• ••• •22 entre las 9:00 y las 9:15." in entry


async def test_old_services_are_asked_as_before(app_server: AppServer, office: Office) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get("/appointments/new?office=centro&service=certificate")
        assert page.form.option_values("mode") == ["video", "in_person"]
        page = await person.get("/waiting/new")
        assert "Por teléfono" not in page.text


async def test_api_books_by_phone_and_changes_the_number(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    body: dict[str, Any] = {
        "office": "centro",
        "service": "certificate",
        "mode": "phone",
        "starts_at": AT_9,
        "privacy_accepted": True,
        "altcha": solve_new_challenge(app_server.runtime),
        **AMINA,
    }
    async with app_server.client() as client:
        async with client.post("/api/v1/appointments", json=body) as answer:
            assert answer.status == 422
            assert [error["field"] for error in (await answer.json())["errors"]] == ["phone"]
        async with client.post("/api/v1/appointments", json=body | {"phone": "600 111 222"}) as answer:
            booked = await answer.json()
            assert answer.status == 201, booked
        assert (booked["mode"], booked["call_to"]) == ("phone", "6•• ••• •22")
        assert set(booked["links"]) == {"page", "ics"}
        path = f"/api/v1/appointments/{booked['token']}/phone"
        async with client.post(path, json={"phone": "600 333 444"}) as answer:
            assert (await answer.json())["call_to"] == "6•• ••• •44"
        ticket = {"appointment": booked["token"]}
        async with client.post("/api/v1/offices/centro/tickets", json=ticket) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "appointment_is_phone")


async def test_page_says_when_the_call_has_begun(app_server: AppServer, office: Office, clock: FakeClock) -> None:
    await allow_phone(app_server.runtime, office)
    async with citizen_browser(app_server) as person:
        page = await book_by_phone(person)
        clock.set(FRIDAY_AT_9)
        page = await person.get(page.path.partition("?")[0])
        assert "Te llamamos hoy a las 9:00" in page.text
        assert "turno" not in page.text
