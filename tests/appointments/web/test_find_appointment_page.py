"""The page that finds an appointment, and its limit for guesses."""

from __future__ import annotations

import pytest

from ...conftest import AppServer
from ..support.html_client import citizen_browser
from ..support.requesters import AMINA
from .test_appointment_pages import book_with_page


async def test_find_page_accepts_locator_and_contact(app_server: AppServer) -> None:
    appointment, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        form = await person.get("/appointments/find")
        shown = await person.send(form, locator=appointment.locator.lower(), contact=AMINA["email"])
    assert shown.path == page


async def test_wrong_guesses_look_alike_and_are_rate_limited(app_server: AppServer) -> None:
    appointment, _ = await book_with_page(app_server)
    wrong = [("7KQM2X9T", AMINA["email"]), (appointment.locator, "other@example.org"), ("?", "?")]
    async with citizen_browser(app_server) as person:
        form = await person.get("/appointments/find")
        shown = [await person.send(form, locator=one, contact=other) for one, other in (*wrong, *wrong)]
        right = await person.send(form, locator=appointment.locator, contact=AMINA["email"])
    assert [page.status for page in shown] == [404] * 5 + [429]
    assert all("No encontramos ninguna cita con estos datos" in page.text for page in shown[:5])
    assert right.status == 429
    assert "Prueba otra vez dentro de 15 minutos" in right.text
    assert int(right.headers["Retry-After"]) > 800


async def test_lost_link_answer_is_the_same_for_every_mailbox(app_server: AppServer) -> None:
    await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        shown = []
        for email in (AMINA["email"], "stranger@example.org"):
            form = (await person.get("/appointments/find")).forms[1]
            shown.append(await person.post(form.action, form.filled_values(email=email)))
        wrong = await person.post(form.action, form.filled_values(email="amina"))
    assert shown[0].text == shown[1].text
    assert (shown[0].status, shown[0].path) == (200, "/appointments/find?sent=1")
    assert "Si ese correo tiene citas, sus enlaces van de camino" in shown[0].text
    assert (wrong.status, "Falta la arroba" in wrong.text) == (422, True)
    assert 'formaction="/appointments/lost?lang=en"' in wrong.html, "the other language keeps the error"


@pytest.mark.parametrize(
    ("path", "place", "typed"),
    [
        ("/appointments/find", 0, {"locator": "7KQM 2X9T", "contact": "amina"}),
        ("/appointments/find", 1, {"email": "amina@gm"}),
        ("/waiting/new?service=certificate", 0, {"email": "amina@gm"}),
        ("/o/centro", 0, {"locator": "7KQM 2X9T", "contact": "amina"}),
        ("/o/centro", 1, {"service": "certificate", "email": "amina@gm"}),
    ],
)
async def test_language_button_of_a_form_keeps_its_values(
    app_server: AppServer, path: str, place: int, typed: dict[str, str]
) -> None:
    async with citizen_browser(app_server) as person:
        form = (await person.get(path)).forms[place]
        values = form.filled_values(**typed, language_only="1")
        shown = await person.post(f"{form.action}?lang=en", values)
    assert (shown.status, '<html lang="en"' in shown.html) == (200, True)
    kept = shown.forms[place].filled_values()
    assert set(typed.items()) <= set(kept)
    assert 'role="alert" tabindex' not in shown.html


async def test_empty_find_form_reports_missing_fields(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        shown = await person.send(await person.get("/appointments/find"))
    assert shown.status == 422
    assert 'href="#locator"' in shown.html
