"""The booking pages with several services in one visit, without JavaScript."""

from __future__ import annotations

import pytest
from office360.appointments.service import waiting_token
from office360.appointments.storage.tables import WaitingRow
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import AppServer
from ..support.agenda_settings import set_agenda
from ..support.html_client import citizen
from ..support.requesters import AMINA

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIRST = "/appointments/new?office=centro&service=documents"
FRIDAY = "&day=2026-11-27&from=2026-11-27"


async def test_another_service_is_added_and_booked_in_the_same_visit(app_server: AppServer) -> None:
    async with citizen(app_server) as amina:
        services = await amina.get("/appointments/new?office=centro")
        assert "Añadir otro trámite a la misma visita" in services.text
        adding = await amina.send(services, service="documents", step="more")
        assert adding.form.offered("more") == ["certificate"]  # complaints are only heard by video
        times = await amina.send(adding, more=["certificate"])
        assert "Registro de documentos Certificado digital" in times.text
        assert "Unos 25 minutos" in times.text
        details = await amina.send(times, starts_at=times.form.offered("starts_at")[0])
        done = await amina.send(details, **AMINA, privacy_accepted="1")
        assert done.path.startswith("/a/")
        assert "Registro de documentos Certificado digital" in done.text
        assert "Dura unos 25 minutos" in done.text


async def test_the_sheet_on_paper_names_every_service_and_what_each_needs(app_server: AppServer) -> None:
    async with citizen(app_server) as amina:
        times = await amina.get(f"{FIRST}&more=certificate{FRIDAY}")
        details = await amina.send(times, starts_at="2026-11-27T09:00:00+01:00")
        done = await amina.send(details, **AMINA, privacy_accepted="1")
        sheet = done.text.partition("Enseña este código en la entrada")[2]
        assert "Trámites Registro de documentos Certificado digital" in sheet
        assert "Trae Los documentos y una copia DNI o NIE" in sheet


async def test_no_other_service_is_added_where_the_office_wants_one_a_visit(
    app_server: AppServer, office: Office
) -> None:
    await set_agenda(app_server.runtime, office, most_services=1)
    async with citizen(app_server) as amina:
        assert "Añadir otro trámite" not in (await amina.get("/appointments/new?office=centro")).text
        times = await amina.get(f"{FIRST}&more=certificate")
        assert "Unos 10 minutos" in times.text


async def test_services_that_are_not_given_in_the_same_way_are_named_and_kept_ticked(
    app_server: AppServer,
) -> None:
    asked = "/appointments/new?office=centro&service=certificate&more=documents&more=complaints&asked=more"
    async with citizen(app_server) as amina:
        page = await amina.get(asked)
        assert "Estos trámites no caben en una misma visita" in page.text
        assert [value for name, value in page.form.values if name == "more"] == ["documents", "complaints"]
        times = await amina.send(page, more=["documents"])
        assert "¿Qué día y a qué hora?" in times.text


async def test_the_way_is_asked_for_among_those_of_all_services(app_server: AppServer) -> None:
    async with citizen(app_server) as amina:
        modes = await amina.get("/appointments/new?office=centro&service=certificate")
        assert modes.form.offered("mode") == ["video", "in_person"]
        times = await amina.get("/appointments/new?office=centro&service=certificate&more=complaints")
        assert "Por videollamada" in times.text
        assert times.form.offered("starts_at")


async def test_whoever_finds_no_time_for_several_services_waits_for_all_of_them(
    app_server: AppServer, office: Office
) -> None:
    await set_agenda(app_server.runtime, office, "documents", release={"days": 0, "at": "11:00", "weekday": 0})
    async with citizen(app_server) as amina:
        times = await amina.get(f"{FIRST}&more=certificate")
        form = next(link for link in times.links if link.startswith("/waiting/new"))
        asked = await amina.get(form)
        assert "En la misma visita: Certificado digital" in asked.text
        chosen = {"service": "documents", "office": "centro", "mode": "in_person"}
        sent = await amina.send(asked, email=AMINA["email"], privacy_accepted="1", **chosen)
        assert sent.path.startswith("/waiting/new?sent=")
    async with app_server.runtime.reading() as session:
        (entry,) = (await session.execute(select(WaitingRow))).scalars()
    assert (entry.service_slug, entry.more_services) == ("documents", ["certificate"])
    async with citizen(app_server) as amina:
        page = await amina.get(f"/waiting/{waiting_token(app_server.runtime, entry.id)}")
        assert "Trámites Registro de documentos, Certificado digital" in page.text


async def test_a_visit_of_several_services_is_moved_whole(app_server: AppServer) -> None:
    async with citizen(app_server) as amina:
        times = await amina.get(f"{FIRST}&more=certificate{FRIDAY}")
        details = await amina.send(times, starts_at="2026-11-27T09:00:00+01:00")
        done = await amina.send(details, **AMINA, privacy_accepted="1")
        others = await amina.get(f"{done.path.split('?')[0]}/reschedule?day=2026-11-27&from=2026-11-27")
        offered = others.form.offered("starts_at")
        assert "2026-11-27T09:10:00+01:00" in offered
        assert "2026-11-27T18:40:00+01:00" not in offered  # it would end after closing
        moved = await amina.send(others, starts_at="2026-11-27T09:10:00+01:00")
        assert "9:10" in moved.text
        assert "Certificado digital" in moved.text


async def test_when_new_dates_open_is_said_where_none_is_free(app_server: AppServer, office: Office) -> None:
    release = {"days": 0, "at": "11:00", "weekday": 0}
    await set_agenda(app_server.runtime, office, "documents", release=release)
    async with citizen(app_server) as amina:
        page = await amina.get(FIRST)
        assert (
            "Ahora no hay horas libres El lunes 30 de noviembre a las 11:00 se abren nuevas fechas." in page.text
        )
    async with citizen(app_server, "en") as boris:
        page = await boris.get(FIRST)
        assert "On Monday 30 November at 11:00 new dates open." in page.text
