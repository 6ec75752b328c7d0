"""From an empty database to an office that calls its first walk-in; showing an office."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from office360.core.auth import StaffRole
from office360.core.db.audit_entries import AuditActor
from office360.core.web.form_page import version_text
from office360.management.actions.change_office import change_office
from office360.management.domain.readiness import SetupStep
from office360.offices.service import REQUIRED_DETAILS, Office, office_by_slug
from office360.queue.service import call_next
from office360.server.settings import Settings
from office360.staff.actions import accounts

from ....appointments.support.html_client import CitizenBrowser, citizen_browser
from ....conftest import AppServer, FakeClock, serve_app
from ....staff.conftest import PASSWORD, load_principal
from ...conftest import SignIn
from ...support.console_forms import fill, form_named

MANAGE = "/staff/manage"
NEW = "/staff/manage/offices/new"
CENTRO = "/staff/manage/o/centro"
PLACE = {
    "name": "Oficina de Getafe",
    "address": "Plaza Mayor, 1",
    "town": "Getafe",
    "phone": "910 000 360",
    "timezone": "Europe/Madrid",
    "country": "ES",
    "subdivision": "MD",
}


@pytest.fixture
async def empty_server(settings: Settings, clock: FakeClock) -> AsyncIterator[AppServer]:
    """Serve an installation that has one administrator and nothing else."""
    async with serve_app(settings, clock) as server:
        await accounts.create_user(
            server.runtime, username="elena", name="Elena", role=StaffRole.ADMINISTRATOR, password=PASSWORD
        )
        yield server


async def sign_in(browser: CitizenBrowser, username: str) -> str:
    """Log in. Returns the path of the page that follows."""
    page = await browser.get("/staff/")
    return (await browser.send(page, "/staff/login", user=username, password=PASSWORD)).path


async def open_on_weekdays(server: AppServer, slug: str) -> None:
    """Set opening hours as the page of hours does."""
    week = {day: ["09:00-14:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
    await change_office(server.runtime, AuditActor(None, "test"), slug, lambda office: {**office, "hours": week})


async def load_office(server: AppServer, slug: str) -> Office:
    async with server.runtime.read_session() as session:
        return await office_by_slug(session, slug)


async def test_empty_installation_becomes_an_office_that_calls(empty_server: AppServer) -> None:
    async with citizen_browser(empty_server, "en") as elena, citizen_browser(empty_server, "en") as amina:
        assert "No offices yet" in (await amina.get("/")).text
        assert await sign_in(elena, "elena") == MANAGE
        begin = await elena.get(MANAGE)
        assert NEW in begin.links
        assert begin.html.count('class="mark"') == len(SetupStep)
        assert f"Step 1 of {len(SetupStep)}: Name and place" in (await elena.get(NEW)).text
        office = (await fill(elena, NEW, **PLACE)).path.partition("?")[0]
        assert office == f"{MANAGE}/o/oficina-getafe"
        lines = await fill(elena, f"{office}/lines/new", names__es="Registro", letter="R")
        assert f"Next, step 3 of {len(SetupStep)}: Services" in lines.text
        await fill(elena, f"{office}/services/new", names__es="Empadronarse", line="registro")
        desks = await fill(elena, f"{office}/desks/new", name="1", last="3", way__es="Al fondo")
        assert "Desk 3" in desks.text
        await open_on_weekdays(empty_server, "oficina-getafe")
        alone = await elena.get(office)
        assert f"5 of {len(SetupStep)} steps are done" in alone.text
        assert "So far only the administrator can work here." in alone.text
        assert f"{office}/listed" not in alone.links
        await accounts.create_user(
            empty_server.runtime, username="boris", name="Boris", role=StaffRole.AGENT, password=PASSWORD
        )
        assert f"{office}/listed" in (await elena.get(office)).links
        assert "No offices yet" in (await amina.get("/")).text
        assert (await fill(elena, f"{office}/listed")).status == 200

        assert "Oficina de Getafe" in (await amina.get("/")).text
        ticket = await fill_walk_in(amina, "/o/oficina-getafe")
        desk = (await load_office(empty_server, "oficina-getafe")).desks[1]
        assert "/staff/desk?office=oficina-getafe" in (await elena.get(office)).links
        console = await elena.send(await elena.get(f"{office}/desks"), "/staff/desk/open", desk=desk.id)
        assert "R-001" in console.text
        called = await call_next(
            empty_server.runtime, await load_principal(empty_server.runtime, "elena"), desk.id
        )
        assert called is not None
        assert "Desk 2" in (await amina.get(ticket)).text


async def fill_walk_in(browser: CitizenBrowser, path: str) -> str:
    """Take a ticket without an appointment. Returns its page."""
    page = await browser.get(path)
    form = next(form for form in page.forms if form.option_values("service"))
    values = form.filled_values(service="empadronarse")
    return (await browser.post(path, values)).path


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"address": ""}, "address"),
        ({"phone": "call us"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"timezone": ""}, "timezone"),
        ({"slug": "Getafe Centro"}, "slug"),
        ({"slug": "centro"}, "slug"),
        ({"country": "ES", "subdivision": "XX"}, "subdivision"),
    ],
)
async def test_wrong_value_of_new_office_is_kept(
    managers: AppServer, sign_in_as: SignIn, wrong: dict[str, str], field: str
) -> None:
    async with sign_in_as("elena") as elena:
        page = await fill(elena, NEW, **{**PLACE, **wrong})
        assert page.status == 422
        assert f'id="{field}-error"' in page.html
        assert form_named(page, "address")["town"] == "Getafe"
        assert form_named(page, "address")[field] == wrong[field].strip()


async def test_regions_are_shown_without_scripts(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        page = await fill(elena, NEW, "regions", **{**PLACE, "country": "DE", "subdivision": ""})
        assert "Bayern" in page.text
        assert form_named(page, "address")["name"] == PLACE["name"]
        assert "Bayern" in (await elena.get(f"{CENTRO}/details?country=DE")).text


async def test_office_is_copied_with_its_parts(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        form = await elena.get(f"{NEW}?copy=centro")
        assert form_named(form, "address")["copy"] == "centro"
        created = await fill(elena, f"{NEW}?copy=centro", **{**PLACE, "slug": "getafe"})
        assert created.path == f"{MANAGE}/o/getafe?created=centro"
        assert "It is a copy of Oficina Centro." in created.text
        office, copy = await load_office(managers, "centro"), await load_office(managers, "getafe")
        assert [service.names for service in copy.services] == [service.names for service in office.services]
        assert not copy.listed
        assert "Added the office as a copy of another one" in (await elena.get(f"{MANAGE}/audit")).text
        wrong = await fill(elena, NEW, **{**PLACE, "slug": "other", "copy": "nowhere"})
        assert (wrong.status, 'id="copy-error"' in wrong.html) == (422, True)
    async with sign_in_as("carmen") as carmen:
        values = [("csrf", form_named(await carmen.get(f"{CENTRO}/details"), "csrf")["csrf"]), ("copy", "centro")]
        assert (await carmen.post(NEW, values)).status == 403


async def test_same_name_gets_another_short_name(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        paths = [(await fill(elena, NEW, **PLACE)).path for _ in range(2)]
        assert [path.partition("?")[0][-8:] for path in paths] == ["a-getafe", "getafe-2"]


async def test_managers_create_no_office_and_see_no_foreign_one(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        home = await carmen.get(MANAGE)
        assert "Oficina Centro" in home.text
        assert "Oficina Norte" not in home.text
        assert NEW not in home.links
        assert (await carmen.get(NEW)).status == 403
        paths = ["", "/lines", "/services/new", "/desks", "/listed", "/services/copy"]
        assert [(await carmen.get(f"{MANAGE}/o/norte{path}")).status for path in paths] == [403] * len(paths)
        assert (await carmen.get(f"{MANAGE}/switch?office=norte&section=lines")).path == MANAGE
        copied = await carmen.get(f"{CENTRO}/services/new?copy=norte.documents")
        assert copied.status == 403


async def test_office_is_switched_within_a_section(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        page = await elena.get(f"{CENTRO}/desks")
        other = await elena.send(page, "/switch", office="norte")
        assert other.path == f"{MANAGE}/o/norte/desks"


async def test_incomplete_office_cannot_be_shown(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        office = (await fill(elena, NEW, **PLACE)).path.partition("?")[0]
        page = await elena.get(f"{office}/listed")
        assert "is not ready yet" in page.text
        forged = {
            **form_named(page, "csrf"),
            "loaded": version_text({"listed": False}),
            "listed": "1",
            "step": "save",
        }
        refused = await elena.post(f"{office}/listed", list(forged.items()))
        assert (refused.status, "Something is still missing" in refused.text) == (409, True)
        assert not (await load_office(managers, "oficina-getafe")).listed


async def test_hiding_an_office_can_be_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        hidden = await fill(carmen, f"{CENTRO}/listed")
        assert not (await load_office(managers, "centro")).listed
        assert "They do not see this office." in hidden.text
        assert (await carmen.send(hidden, "/undo")).path.startswith(f"{CENTRO}?saved")
        assert (await load_office(managers, "centro")).listed


async def test_missing_parts_are_counted_and_linked(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        await fill(carmen, f"{CENTRO}/lines/new", names__es="Impuestos", all_desks=None)
        assert "1 step is missing" in (await carmen.get(MANAGE)).text
        overview = await carmen.get(CENTRO)
        assert "Queue C has no service" in overview.text
        assert f"{CENTRO}/services" in overview.links


async def test_undo_returns_to_its_page_and_to_no_other_site(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await fill(carmen, f"{CENTRO}/lines/new", names__es="Impuestos")
        assert (await carmen.send(page, "/undo")).path.startswith(f"{CENTRO}/lines?saved")
        page = await fill(carmen, f"{CENTRO}/lines/new", names__es="Impuestos")
        elsewhere = await carmen.send(page, "/undo", back=f"{CENTRO}/..//example.org")
        assert elsewhere.path.startswith(f"{CENTRO}?saved")


async def test_staff_without_office_are_told(empty_server: AppServer) -> None:
    for username, role in (("boris", StaffRole.AGENT), ("carmen", StaffRole.HOST), ("diego", StaffRole.MANAGER)):
        await accounts.create_user(
            empty_server.runtime, username=username, name=username, role=role, offices=[], password=PASSWORD
        )
    async with citizen_browser(empty_server, "en") as boris:
        assert await sign_in(boris, "boris") == "/staff/desk"
        assert "You work in no office yet" in (await boris.get("/staff/desk")).text
    async with citizen_browser(empty_server, "en") as carmen:
        assert await sign_in(carmen, "carmen") == "/staff/host"
        assert (await carmen.get("/staff/notices")).status == 403
    async with citizen_browser(empty_server, "en") as diego:
        assert await sign_in(diego, "diego") == MANAGE
        assert "You manage no office yet" in (await diego.get(MANAGE)).text


async def test_consoles_of_an_office_without_parts_lead_on(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        office = (await fill(elena, NEW, **PLACE)).path.partition("?")[0]
        desk = await elena.get("/staff/desk?office=oficina-getafe")
        assert f"{office}/desks" in desk.links
        pages = ["/staff/host?office=oficina-getafe", "/o/oficina-getafe", "/o/oficina-getafe/display"]
        pages += ["/appointments/new?office=oficina-getafe", "/waiting/new?office=oficina-getafe"]
        assert [(await elena.get(path)).status for path in pages] == [200] * len(pages)


async def test_form_marks_what_first_steps_ask_for(managers: AppServer, sign_in_as: SignIn) -> None:
    """Fields that the step of the details needs are marked in both of its forms."""
    async with sign_in_as("elena") as elena:
        for path in (NEW, f"{CENTRO}/details"):
            html = (await elena.get(path)).html
            marked = set(re.findall(r'name="([\w.]+)"[^>]*aria-required="true"', html))
            assert marked == {*REQUIRED_DETAILS, "timezone"}, path
        page = await fill(elena, f"{CENTRO}/details", phone="")
        assert page.status == 422
        assert 'id="phone-error"' in page.html
