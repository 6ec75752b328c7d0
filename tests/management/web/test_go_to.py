"""The "go to" box: pages, people and appointments by role and office, and its limit."""

from __future__ import annotations

import pytest
from office360.appointments.service import Appointment, book_appointment
from office360.management.web import go_to

from ...appointments.support.html_client import CitizenBrowser, citizen_browser
from ...appointments.support.requesters import make_booking_request
from ...conftest import AppServer
from ..conftest import SignIn

Found = dict[str, list[tuple[str, str]]]


async def look_up(browser: CitizenBrowser, query: str, office: str = "") -> tuple[Found, str]:
    """Return the goals by group, as pairs of label and address, and the text below."""
    status, sent = await browser.post_json("/staff/go", {"q": query, "office": office})
    assert status == 200
    groups = {
        group["label"]: [(goal["label"], goal["href"]) for goal in group["goals"]] for group in sent["groups"]
    }
    return groups, sent["text"]


async def book(server: AppServer, office: str = "centro", name: str = "Amina Núñez") -> Appointment:
    request = make_booking_request({"name": name, "email": "amina@example.org"})
    return await book_appointment(server.runtime, office, request)


async def test_pages_are_those_of_role_and_office(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("boris") as boris:
        found, _ = await look_up(boris, "")
        paths = [path for _, path in found["Pages"]]
        assert "/staff/desk?office=centro" in paths
        assert [path for path in paths if "host" in path or "manage" in path or "norte" in path] == []
    async with sign_in_as("carmen") as carmen:
        found, _ = await look_up(carmen, "desks")
        assert ("Desks", "/staff/manage/o/centro/desks") in found["Pages"]
        pauses = ("Reasons to pause a desk", "/staff/manage/o/centro/settings/lists/desk_pauses")
        assert pauses in (await look_up(carmen, "pause"))[0]["Pages"]
        assert (await look_up(carmen, "look and law"))[0] == {}
    async with sign_in_as("elena") as elena:
        assert ("Look and law", "/staff/manage/look") in (await look_up(elena, "look and law"))[0]["Pages"]
        found, _ = await look_up(elena, "queues", "norte")
        assert [path for _, path in found["Pages"]][:2] == [
            f"/staff/manage/o/{slug}/lines" for slug in ("norte", "centro")
        ]
        assert (await look_up(elena, "queues norte"))[0]["Pages"] == [("Queues", "/staff/manage/o/norte/lines")]
        for _, path in (await look_up(elena, ""))[0]["Pages"]:
            assert (await elena.get(path)).status == 200, path


async def test_managers_find_the_people_that_they_manage(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        (label, path), *_ = (await look_up(elena, "DIEGO"))[0]["People"]
        assert (label, (await elena.get(path)).status) == ("Diego", 200)
    async with sign_in_as("carmen") as carmen:
        assert "People" not in (await look_up(carmen, "diego"))[0], "of another office"
        assert "People" not in (await look_up(carmen, "elena"))[0], "an administrator"
    async with sign_in_as("boris") as boris:
        assert "People" not in (await look_up(boris, "boris"))[0]


async def test_hosts_find_appointments_of_their_offices(managers: AppServer, sign_in_as: SignIn) -> None:
    own, foreign = await book(managers), await book(managers, "norte", "Amina Ruiz")
    async with sign_in_as("carmen") as carmen:
        for query in ("amina nunez", own.locator, own.locator.lower()):
            found, text = await look_up(carmen, query)
            assert found["Appointments"] == [("Amina Núñez", f"/staff/calendar/{own.id}")], query
            assert text == "1 found"
        assert (await look_up(carmen, foreign.locator))[0] == {}
        assert (await carmen.get(f"/staff/calendar/{own.id}")).status == 200
    async with sign_in_as("boris") as boris:
        assert (await look_up(boris, "amina"))[0] == {}


async def test_searches_are_limited_and_pages_are_still_found(
    managers: AppServer, sign_in_as: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(go_to, "MAX_SEARCHES", 1)
    await book(managers)
    async with sign_in_as("carmen") as carmen:
        assert "Appointments" in (await look_up(carmen, "amina"))[0]
        found, text = await look_up(carmen, "amina")
        assert (found, "Too many searches" in text) == ({}, True)
        assert "Pages" in (await look_up(carmen, "queues"))[0]


async def test_box_is_for_staff_in_their_language(managers: AppServer, sign_in_as: SignIn) -> None:
    async with citizen_browser(managers, "en") as browser:
        assert (await browser.post_json("/staff/go", {"q": "a"}))[0] == 401
    async with sign_in_as("carmen", "es") as carmen:
        page = await carmen.get("/staff/manage")
        assert 'role="combobox"' in page.html
        assert 'data-opens="go-to"' in page.html
        groups, text = await look_up(carmen, "colas")
        assert ("Colas", "/staff/manage/o/centro/lines") in groups["Páginas"]
        assert "resultado" in text
