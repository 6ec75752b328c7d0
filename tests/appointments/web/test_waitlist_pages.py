"""The waitlist by its pages without JavaScript, and by the API."""

from __future__ import annotations

from typing import Any

from office360.appointments import service
from office360.appointments.actions.waitlist import waitlist_token
from office360.appointments.storage.tables import WaitlistEntryRow
from office360.core.db.timers import fire_due_timers
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import AppServer, FakeClock, serve_app
from ..support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ..support.requesters import solve_new_challenge
from .test_api import call_api


async def join_on_page(server: AppServer, person: CitizenBrowser) -> str:
    """Join the waitlist on the page. Returns the address of the entry's page."""
    page = await person.get("/waiting/new?service=certificate&office=centro&mode=video")
    chosen = {"service": "certificate", "office": "centro", "mode": "video"}
    sent = await person.send(page, email="diego@example.org", privacy_accepted="1", altcha="", **chosen)
    assert "Mira tu correo" in sent.text
    async with server.runtime.read_session() as session:
        (entry,) = (await session.execute(select(WaitlistEntryRow))).scalars()
    return f"/waiting/{waitlist_token(server.runtime, entry.id)}"


async def join_with_open_offer(server: AppServer, person: CitizenBrowser) -> tuple[str, HtmlPage]:
    path = await join_on_page(server, person)
    await person.send(await person.get(path), answer="confirm")
    await fire_due_timers(server.runtime, service.TIMERS)
    page = await person.get(path)
    assert "Hay una hora para ti" in page.text
    return path, page


async def test_person_joins_waitlist_and_accepts_an_offer(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        path, page = await join_with_open_offer(app_server, person)
        details = await person.send(page, answer="accept")
        assert details.path.startswith("/appointments/new?")
        assert "starts_at=2026-11-25T11:00:00" in details.path
        assert details.status == 200
        again = await person.get(path)
        assert "Estás en la lista" in again.text, "until the appointment is booked"


async def test_waitlist_email_link_changes_nothing(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        path = await join_on_page(app_server, person)
        for _ in range(2):
            assert "¿Quieres esperar a que haya hora?" in (await person.get(path)).text


async def test_person_refuses_an_offer_and_leaves_the_waitlist(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        path, page = await join_with_open_offer(app_server, person)
        page = await person.send(page, answer="refuse")
        assert "Estás en la lista" in page.text
        page = await person.send(page, answer="stop")
        assert "Ya no estás esperando" in page.text
        assert "/appointments/new?office=centro&service=certificate&mode=video" in page.links
        assert (await person.get(path)).forms == []


async def test_waitlist_form_names_missing_fields_and_keeps_input(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(
            await person.get("/waiting/new"), service="certificate", email="diego.example.org"
        )
        assert page.status == 422
        assert page.form.value("email") == "diego.example.org"
        assert "Revisa 2 datos Falta la arroba" in page.text
        assert page.text.count("Acepta cómo usamos tus datos") == 2, "in the summary and at the field"


async def test_waitlist_page_with_unknown_token_is_not_found(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        assert (await person.get("/waiting/somebody-elses-token")).status == 404


async def test_waitlist_api_reveals_nothing_about_the_mailbox(app_server: AppServer) -> None:
    body = {"service": "certificate", "email": "diego@example.org", "privacy_accepted": True}
    for _ in range(2):
        assert (await call_api(app_server, "/api/v1/waiting-list", json=body))[:2] == (
            202,
            {"state": "unverified"},
        )
    status, answer, _ = await call_api(app_server, "/api/v1/waiting-list", json=body | {"service": "none"})
    assert (status, answer["code"]) == (422, "invalid")


async def test_waitlist_api_with_proof_waits_at_once(app_server: AppServer) -> None:
    body = {"service": "certificate", "email": "diego@example.org", "privacy_accepted": True}
    proved = body | {"altcha": solve_new_challenge(app_server.runtime)}
    assert (await call_api(app_server, "/api/v1/waiting-list", json=proved))[:2] == (202, {"state": "waiting"})
    status, answer, _ = await call_api(app_server, "/api/v1/waiting-list", json=proved)
    assert (status, [one["code"] for one in answer["errors"]]) == (422, ["proof_used"])


async def test_waitlist_page_treats_a_used_proof_as_missing(app_server: AppServer) -> None:
    chosen = {"service": "certificate", "office": "centro", "mode": "video", "privacy_accepted": "1"}
    async with citizen_browser(app_server) as person:
        page = await person.get("/waiting/new")
        once = solve_new_challenge(app_server.runtime)
        sent = await person.send(page, email="amina@example.org", altcha=once, **chosen)
        assert "Estás en la lista" in sent.text
        sent = await person.send(page, email="diego@example.org", altcha=once, **chosen)
        assert "Mira tu correo" in sent.text


async def test_waitlist_page_limit_shows_refusal_and_keeps_input(
    settings: Any, clock: FakeClock, office: Office
) -> None:
    few = settings.model_copy(update={"unverified_per_address": 1})
    chosen = {"service": "certificate", "office": "centro", "mode": "video", "privacy_accepted": "1", "altcha": ""}
    async with serve_app(few, clock) as server, citizen_browser(server) as person:
        page = await person.get("/waiting/new")
        assert "Mira tu correo" in (await person.send(page, email="amina@example.org", **chosen)).text
        refused = await person.send(page, email="diego@example.org", **chosen)
        assert refused.status == 409
        assert "Confirma antes tu correo" in refused.text
        assert refused.form.value("email") == "diego@example.org"
        with_proof = {name: value for name, value in chosen.items() if name != "altcha"}
        assert "Mira tu correo" in (await person.send(refused, email="diego@example.org", **with_proof)).text
