"""Lines, services and desks: adding, changing, ordering and removing them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.core.errors import NotFound
from office360.offices.service import Office, office_by_slug
from office360.queue.service import open_desk

from ....conftest import AppServer, FakeClock
from ....queue.conftest import OfficeDriver
from ....rooms.support.video_appointments import AT, book_video_appointment
from ....staff.conftest import load_principal
from ...conftest import SignIn
from ...support.console_forms import fill, form_named, send_form

CENTRO = "/staff/manage/o/centro"
LINES, SERVICES, DESKS = f"{CENTRO}/lines", f"{CENTRO}/services", f"{CENTRO}/desks"


async def load_centro(server: AppServer) -> Office:
    async with server.runtime.read_session() as session:
        return await office_by_slug(session, "centro")


# Lines


async def test_new_line_is_served_by_all_desks_and_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{LINES}/new")
        assert form_named(page, "loaded")["letter"] == "C"
        saved = await send_form(carmen, page, "save", names__es="Impuestos", daily_quota="40", all_desks="1")
        office = await load_centro(managers)
        line = office.line("impuestos")
        assert (line.letter, line.daily_quota) == ("C", 40)
        assert {desk.line_ids[-1] for desk in office.desks} == {line.id}
        await carmen.send(saved, "/undo")
        with pytest.raises(NotFound):
            (await load_centro(managers)).line("impuestos")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"names__es": "", "names__en": "Taxes"}, "names-es"),
        ({"letter": "A"}, "letter"),
        ({"daily_quota": "many"}, "daily_quota"),
        ({"slug": "registry"}, "slug"),
        ({"slug": "No slug"}, "slug"),
    ],
)
async def test_wrong_value_of_new_line_is_kept(
    managers: AppServer, sign_in_as: SignIn, wrong: dict[str, str], field: str
) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await fill(carmen, f"{LINES}/new", **{"names__es": "Impuestos", **wrong})
        assert page.status == 422
        assert f'id="{field}-error"' in page.html
        typed = form_named(page, "loaded")
        assert {name: typed[name.replace("__", ".")] for name in wrong} == wrong
        assert len((await load_centro(managers)).lines) == 2


async def test_line_with_a_taken_sign_names_its_owner(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await fill(carmen, f"{LINES}/registry", "review", letter="B")
        assert (page.status, "Digital identity already has this letter." in page.text) == (422, True)


async def test_line_goes_after_its_services(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        in_use = await carmen.get(f"{LINES}/identity/remove")
        assert "is in use" in in_use.text
        assert f"{SERVICES}/certificate" in in_use.links
        removed = await fill(carmen, f"{SERVICES}/certificate/remove")
        assert removed.path.startswith(f"{SERVICES}?saved")
        await fill(carmen, f"{LINES}/identity/remove")
        office = await load_centro(managers)
        assert [line.slug for line in office.lines] == ["registry"]
        assert {len(desk.line_ids) for desk in office.desks} == {1}


async def test_line_with_waiting_people_stays(managers: AppServer, sign_in_as: SignIn, office: Office) -> None:
    await OfficeDriver(managers.runtime, office).take_ticket("certificate")
    async with sign_in_as("carmen") as carmen:
        await fill(carmen, f"{SERVICES}/certificate/remove")
        refused = await fill(carmen, f"{LINES}/identity/remove")
        assert (refused.status, "People wait in queue B." in refused.text) == (409, True)


# Services


async def test_details_of_parts_reach_the_page_of_the_office(managers: AppServer, sign_in_as: SignIn) -> None:
    desk = (await load_centro(managers)).desks[0]
    async with sign_in_as("carmen") as carmen:
        wrong = await fill(carmen, f"{SERVICES}/certificate", online_address__en="https://valdemora.example")
        assert (wrong.status, "online_address-es" in wrong.html) == (422, True)
        address = "https://valdemora.example/certificado"
        saved = await fill(carmen, f"{SERVICES}/certificate", online_address__es=address)
        assert saved.path.startswith(f"{SERVICES}?saved")
        await fill(carmen, f"{DESKS}/{desk.id}", hearing_loop="1")
        office = await load_centro(managers)
        assert (office.service("certificate").online_address, office.desk(desk.id).hearing_loop) == (
            {"es": address},
            True,
        )
        page = await carmen.get("/o/centro")
        assert (address in page.links, "Desks with a hearing loop" in page.text) == (True, True)
        await fill(carmen, f"{DESKS}/{desk.id}", hearing_loop=None)
        assert not (await load_centro(managers)).desk(desk.id).hearing_loop


async def test_service_is_added_at_the_end_and_moved_up(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await fill(
            carmen,
            f"{SERVICES}/new",
            names__es="Empadronarse",
            line="registry",
            modes=["in_person", "video"],
            words__es="cambiar de casa\n\npadrón ",
        )
        assert "Empadronarse" in page.text
        service = (await load_centro(managers)).services[-1]
        assert (service.slug, service.modes) == ("empadronarse", ("in_person", "video"))
        assert service.words == {"es": ("cambiar de casa", "padrón")}
        assert service.capacity == {"in_person": 4, "video": 1}
        values = [("csrf", form_named(page, "csrf")["csrf"]), ("move", "up:empadronarse")]
        moved = await carmen.post(f"{SERVICES}/order", values)
        assert "autofocus" in moved.html
        slugs = [service.slug for service in (await load_centro(managers)).services]
        assert slugs == ["documents", "certificate", "empadronarse", "complaints"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"names__es": ""}, "names-es"),
        ({"line": ""}, "line"),
        ({"minutes": "0"}, "minutes"),
        ({"modes": None}, "modes"),
        ({"capacity__in_person": "-1"}, "capacity-in_person"),
        ({"bring__en": "Your card", "bring__es": ""}, "bring-es"),
        ({"words__es": "x" * 61}, "words-es"),
    ],
)
async def test_wrong_value_of_new_service_is_kept(
    managers: AppServer, sign_in_as: SignIn, wrong: dict[str, str | None], field: str
) -> None:
    async with sign_in_as("carmen") as carmen:
        typed: dict[str, Any] = {"names__es": "Empadronarse", "line": "registry", **wrong}
        page = await fill(carmen, f"{SERVICES}/new", **typed)
        assert page.status == 422
        assert f'id="{field}-error"' in page.html
        shown = form_named(page, "loaded")
        assert {name: shown.get(name.replace("__", ".")) for name in typed} == typed


async def test_service_is_copied_from_another_office(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        await fill(elena, f"{SERVICES}/new", names__es="Empadronarse", line="registry", minutes="25")
        sources = await elena.get("/staff/manage/o/norte/services/copy")
        link = "/staff/manage/o/norte/services/new?copy=centro.empadronarse"
        assert [link for link in sources.links if "copy=" in link] == [link]
        page = await elena.get(link)
        assert form_named(page, "loaded")["minutes"] == "25"
        await send_form(elena, page, "save")
    async with managers.runtime.read_session() as session:
        assert (await office_by_slug(session, "norte")).service("empadronarse").minutes == 25


async def test_removal_shows_appointments_of_the_service(
    managers: AppServer, sign_in_as: SignIn, clock: FakeClock
) -> None:
    clock.set(AT - timedelta(days=1))
    booked = await book_video_appointment(managers.runtime, AT, "Amina")
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{SERVICES}/{booked.appointment.service_slug}/remove")
        assert booked.appointment.locator in page.text
        assert "1 appointment falls on this" in page.text
        removed = await send_form(carmen, page, "save")
        await carmen.send(removed, "/undo")
        assert (await load_centro(managers)).service(booked.appointment.service_slug)


async def test_second_manager_of_a_service_loses_nothing(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen, sign_in_as("elena") as elena:
        theirs = await carmen.get(f"{SERVICES}/documents")
        await fill(elena, f"{SERVICES}/documents", minutes="20")
        page = await send_form(carmen, theirs, "save", names__es="Registro general")
        assert (page.status, form_named(page, "loaded")["minutes"]) == (409, "20")
        await send_form(carmen, page, "save")
        service = (await load_centro(managers)).service("documents")
        assert (service.minutes, service.names["es"]) == (20, "Registro general")


# Desks


async def test_several_desks_are_added_at_once(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{DESKS}/new")
        assert form_named(page, "loaded")["name"] == "5"
        changes = {"line.registry": "2", "line.identity": "1"}
        values = {**form_named(page, "loaded"), "last": "8", "way.es": "Arriba", **changes, "step": "save"}
        saved = await carmen.post(f"{DESKS}/new", list(values.items()))
        assert "Desk 8" in saved.text
        office = await load_centro(managers)
        assert [desk.name for desk in office.desks] == list("12345678")
        assert office.desks[-1].line_ids == (office.line("identity").id, office.line("registry").id)
        await carmen.send(saved, "/undo")
        assert len((await load_centro(managers)).desks) == 4


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "2"}, "name"),
        ({"name": "3", "last": "9"}, "name"),
        ({"name": "North", "last": "9"}, "name"),
        ({"name": "7", "last": "6"}, "last"),
        ({"name": "7", "last": "999"}, "last"),
        ({"name": "7", "last": "9", "way__es": ""}, "way-es"),
        ({"name": "a name that is too long"}, "name"),
    ],
)
async def test_wrong_value_of_new_desks_is_kept(
    managers: AppServer, sign_in_as: SignIn, wrong: dict[str, str], field: str
) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await fill(carmen, f"{DESKS}/new", **{"way__es": "Arriba", **wrong})
        assert page.status == 422
        assert f'id="{field}-error"' in page.html
        typed = form_named(page, "loaded")
        assert {name: typed[name.replace("__", ".")] for name in wrong} == wrong
        assert len((await load_centro(managers)).desks) == 4


async def test_open_desk_is_renamed_and_cannot_be_removed(
    managers: AppServer, sign_in_as: SignIn, office: Office
) -> None:
    desk = office.desks[0]
    await open_desk(managers.runtime, await load_principal(managers.runtime, "boris"), desk.id)
    async with sign_in_as("carmen") as carmen:
        taken = await fill(carmen, f"{DESKS}/{desk.id}/rename", name="2")
        assert (taken.status, "Another desk has this name." in taken.text) == (409, True)
        assert (await fill(carmen, f"{DESKS}/{desk.id}/rename", name=" ")).status == 422
        assert "Desk 1 A" in (await fill(carmen, f"{DESKS}/{desk.id}/rename", name="1 A")).text
        refused = await fill(carmen, f"{DESKS}/{desk.id}/remove")
        assert (refused.status, "An agent works at desk 1 A." in refused.text) == (409, True)
        assert (await load_centro(managers)).desk(desk.id).name == "1 A"


async def test_change_of_a_desk_is_reviewed(managers: AppServer, sign_in_as: SignIn, office: Office) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{DESKS}/{office.desks[1].id}")
        values = {**form_named(page, "loaded"), "line.registry": "", "arrow": "right", "step": "review"}
        review = await carmen.post(page.path, list(values.items()))
        assert "To the right" in review.text
        await send_form(carmen, review, "save")
        desk = (await load_centro(managers)).desks[1]
        assert (desk.arrow, desk.line_ids) == ("right", (office.line("identity").id,))


async def test_removed_desk_has_no_page(managers: AppServer, sign_in_as: SignIn, office: Office) -> None:
    async with sign_in_as("carmen") as carmen:
        path = f"{DESKS}/{office.desks[3].id}"
        await fill(carmen, f"{path}/remove")
        assert [(await carmen.get(path + end)).status for end in ("", "/rename", "/remove")] == [404] * 3
        assert [(await carmen.get(f"{base}/gone")).status for base in (LINES, SERVICES)] == [404] * 2
