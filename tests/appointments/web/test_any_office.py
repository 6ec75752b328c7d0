"""A video call with any office: the chosen time fixes the office."""

from __future__ import annotations

import pytest
from office360.appointments.service import appointment_by_token
from office360.offices.storage.tables import OfficeRow
from sqlalchemy import update

from ...conftest import AppServer
from ...support.office_fixture import build_office
from ..support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from .test_booking_pages import FILLED, booking_path

ANY_TIMES = booking_path(office="*", service="certificate", mode="video")


@pytest.fixture
async def norte(app_server: AppServer) -> str:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    return "norte"


def offered(page: HtmlPage) -> dict[str, str]:
    """Return the office of each offered time."""
    values = [value for form in page.forms for value in form.option_values("starts_at")]
    assert values, page.text
    return dict(value.split("~") for value in values)


async def booked_office(server: AppServer, page: HtmlPage) -> str:
    async with server.runtime.read_session() as session:
        token = page.path.removeprefix("/a/").partition("?")[0]
        return (await appointment_by_token(session, token)).office_slug


async def choose(person: CitizenBrowser, page: HtmlPage, starts_at: str) -> HtmlPage:
    return await person.send(page, starts_at=f"{starts_at}~{offered(page)[starts_at]}")


async def test_any_office_is_booked_step_by_step(app_server: AppServer, norte: str) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get("/appointments/new")
        assert page.form.option_values("office") == ["*", "centro", "norte"]
        page = await person.send(page, office="*")
        assert page.form.option_values("service") == ["certificate", "complaints"], "not what needs a visit"
        page = await person.send(page, service="certificate")
        assert "Paso 3 de 5" in page.text, "the mode is known"
        assert "Oficina Cualquier oficina" in page.text
        starts_at, office = next(iter(offered(page).items()))
        page = await choose(person, page, starts_at)
        assert "Paso 4 de 5" in page.text
        page = await person.send(page, **FILLED)
    assert await booked_office(app_server, page) == office


async def test_slot_of_any_office_is_where_places_are_left(app_server: AppServer, norte: str) -> None:
    """A start that one office has given away is still offered, of the other office."""
    starts_at, day = "2026-11-27T09:00:00+01:00", f"{ANY_TIMES}&day=2026-11-27"
    async with citizen_browser(app_server) as person:
        first = offered(await person.get(day))[starts_at]
        address = booking_path(office=first, service="certificate", mode="video", starts_at=starts_at)
        for number in range(4):  # more than the office has places at once
            async with citizen_browser(app_server) as other:
                page = await other.get(address)
                if page.status == 200:
                    await other.send(page, **{**FILLED, "email": f"citizen{number}@example.org"})
        page = await person.get(day)
        second = offered(page)[starts_at]
        assert second != first
        page = await person.send(await choose(person, page, starts_at), **FILLED)
    assert await booked_office(app_server, page) == second


async def test_other_time_is_chosen_among_all_offices_again(app_server: AppServer, norte: str) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(f"{ANY_TIMES}&day=2026-11-27")
        page = await choose(person, page, "2026-11-27T09:00:00+01:00")
        back = next(link for link in page.links if "step=time" in link)
        assert offered(await person.get(back))
        page = await person.send(page, step="time", **FILLED)
        assert offered(page), "the typed details are kept, and times of all offices are shown"
        values = [one for one in page.form.values if one[0] not in ("starts_at", "step")]
        office = offered(page)["2026-11-27T09:15:00+01:00"]
        changed = [("starts_at", f"2026-11-27T09:15:00+01:00~{office}"), ("step", "details")]
        page = await person.post("/appointments/new", [*values, *changed])
        assert (page.form.value("name"), page.form.value("office")) == (FILLED["name"], office)


async def test_office_by_video_links_to_times_of_all(app_server: AppServer, norte: str) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(office="centro", service="certificate", mode="video"))
        link = next(link for link in page.links if "office=%2A" in link)
        assert set(offered(await person.get(link)).values()) <= {"centro", "norte"}
        in_person = await person.get(booking_path(office="centro", service="certificate", mode="in_person"))
    assert not [link for link in in_person.links if "office=%2A" in link]


async def test_one_office_offers_no_other(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(ANY_TIMES)
        assert "Horas libres de cualquier oficina" not in page.text
        assert "~" not in "".join(page.form.option_values("starts_at"))


async def test_missing_time_of_any_office_is_reported(app_server: AppServer, norte: str) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.send(await person.get(ANY_TIMES))
    assert "Elige una hora" in page.text
    assert offered(page)


async def test_evacuated_office_gives_no_video_times(app_server: AppServer, norte: str) -> None:
    async with app_server.runtime.transaction() as tx:
        statement = update(OfficeRow).where(OfficeRow.slug == "centro")
        await tx.session.execute(statement.values(paused=True, pause_reason="evacuation"))
    async with citizen_browser(app_server) as person:
        assert set(offered(await person.get(ANY_TIMES)).values()) == {"norte"}


async def test_times_of_two_zones_name_their_clock(app_server: AppServer, norte: str) -> None:
    async with app_server.runtime.transaction() as tx:
        statement = update(OfficeRow).where(OfficeRow.slug == "norte")
        await tx.session.execute(statement.values(timezone="Atlantic/Canary"))
    async with citizen_browser(app_server) as person:
        page = await person.get(f"{ANY_TIMES}&day=2026-11-27")
    assert "9:00 CET" in page.text
    assert " WET" in page.text


@pytest.mark.parametrize("starts_at", ["2026-11-27T09:00:00+01:00~nowhere", "~centro", "~", "x~centro"])
async def test_wrong_slot_of_any_office_is_asked_again(app_server: AppServer, norte: str, starts_at: str) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get(ANY_TIMES)
        page = await person.post("/appointments/new", page.form.filled_values(starts_at=starts_at))
    assert page.status == 200
    assert "Paso" in page.text
