"""The booking pages with several services in one visit, without JavaScript."""

from __future__ import annotations

from office360.appointments.actions.waitlist import waitlist_token
from office360.appointments.storage.tables import WaitlistEntryRow
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import AppServer
from ..support.agenda_settings import set_agenda
from ..support.html_client import citizen_browser
from ..support.requesters import AMINA

FIRST = "/appointments/new?office=centro&service=documents"
FRIDAY = "&day=2026-11-27&from=2026-11-27"


async def test_additional_service_is_booked_in_the_same_visit(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as amina:
        services = await amina.get("/appointments/new?office=centro")
        assert "Añadir otro trámite a la misma visita" in services.text
        adding = await amina.send(services, service="documents", step="more")
        assert adding.form.option_values("more") == ["certificate"]  # complaints are given by video only
        times = await amina.send(adding, more=["certificate"])
        assert "Registro de documentos Certificado digital" in times.text
        assert "Unos 25 minutos" in times.text
        details = await amina.send(times, starts_at=times.form.option_values("starts_at")[0])
        done = await amina.send(details, **AMINA, privacy_accepted="1")
        assert done.path.startswith("/a/")
        assert "Registro de documentos Certificado digital" in done.text
        assert "Dura unos 25 minutos" in done.text


async def test_printed_sheet_names_every_service_and_documents(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as amina:
        times = await amina.get(f"{FIRST}&more=certificate{FRIDAY}")
        details = await amina.send(times, starts_at="2026-11-27T09:00:00+01:00")
        done = await amina.send(details, **AMINA, privacy_accepted="1")
        sheet = done.text.partition("Enseña este código en la entrada")[2]
        assert "Trámites Registro de documentos Certificado digital" in sheet
        assert "Trae Los documentos y una copia DNI o NIE" in sheet


async def test_single_service_office_offers_no_additional_service(app_server: AppServer, office: Office) -> None:
    await set_agenda(app_server.runtime, office, most_services=1)
    async with citizen_browser(app_server) as amina:
        assert "Añadir otro trámite" not in (await amina.get("/appointments/new?office=centro")).text
        times = await amina.get(f"{FIRST}&more=certificate")
        assert "Unos 10 minutos" in times.text


async def test_incompatible_services_are_named_and_stay_ticked(
    app_server: AppServer,
) -> None:
    asked = "/appointments/new?office=centro&service=certificate&more=documents&more=complaints&asked=more"
    async with citizen_browser(app_server) as amina:
        page = await amina.get(asked)
        assert "Estos trámites no caben en una misma visita" in page.text
        assert [value for name, value in page.form.values if name == "more"] == ["documents", "complaints"]
        times = await amina.send(page, more=["documents"])
        assert "¿Qué día y a qué hora?" in times.text


async def test_mode_step_offers_common_modes_only(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as amina:
        modes = await amina.get("/appointments/new?office=centro&service=certificate")
        assert modes.form.option_values("mode") == ["video", "in_person"]
        times = await amina.get("/appointments/new?office=centro&service=certificate&more=complaints")
        assert "Por videollamada" in times.text
        assert times.form.option_values("starts_at")


async def test_full_multi_service_agenda_leads_to_waitlist(app_server: AppServer, office: Office) -> None:
    await set_agenda(app_server.runtime, office, "documents", release={"days": 0, "at": "11:00", "weekday": 0})
    async with citizen_browser(app_server) as amina:
        times = await amina.get(f"{FIRST}&more=certificate")
        form = next(link for link in times.links if link.startswith("/waiting/new"))
        asked = await amina.get(form)
        assert "En la misma visita: Certificado digital" in asked.text
        chosen = {"service": "documents", "office": "centro", "mode": "in_person"}
        sent = await amina.send(asked, email=AMINA["email"], privacy_accepted="1", **chosen)
        assert sent.path.startswith("/waiting/new?sent=")
    async with app_server.runtime.read_session() as session:
        (entry,) = (await session.execute(select(WaitlistEntryRow))).scalars()
    assert (entry.service_slug, entry.more_services) == ("documents", ["certificate"])
    async with citizen_browser(app_server) as amina:
        page = await amina.get(f"/waiting/{waitlist_token(app_server.runtime, entry.id)}")
        assert "Trámites Registro de documentos, Certificado digital" in page.text


async def test_multi_service_visit_is_rescheduled_whole(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as amina:
        times = await amina.get(f"{FIRST}&more=certificate{FRIDAY}")
        details = await amina.send(times, starts_at="2026-11-27T09:00:00+01:00")
        done = await amina.send(details, **AMINA, privacy_accepted="1")
        others = await amina.get(f"{done.path.split('?')[0]}/reschedule?day=2026-11-27&from=2026-11-27")
        offered = others.form.option_values("starts_at")
        assert "2026-11-27T09:10:00+01:00" in offered
        assert "2026-11-27T18:40:00+01:00" not in offered  # the visit would end after closing
        moved = await amina.send(others, starts_at="2026-11-27T09:10:00+01:00")
        assert "9:10" in moved.text
        assert "Certificado digital" in moved.text


async def test_full_agenda_shows_the_next_release(app_server: AppServer, office: Office) -> None:
    release = {"days": 0, "at": "11:00", "weekday": 0}
    await set_agenda(app_server.runtime, office, "documents", release=release)
    async with citizen_browser(app_server) as amina:
        page = await amina.get(FIRST)
        assert (
            "Ahora no hay horas libres El lunes 30 de noviembre a las 11:00 se abren nuevas fechas." in page.text
        )
    async with citizen_browser(app_server, "en") as boris:
        page = await boris.get(FIRST)
        assert "New dates open on Monday 30 November at 11:00." in page.text
