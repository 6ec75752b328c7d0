"""People in the manager's console: invitation, change, disabling, sessions, two managers."""

from __future__ import annotations

import re

import pytest
from office360.core.auth import StaffRole
from office360.core.db.outbox import OutboxRow
from office360.staff.actions import accounts
from office360.staff.domain.people import StaffPerson
from office360.staff.queries.people import person_by_username
from sqlalchemy import select

from ...appointments.support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ...conftest import AppServer
from ...staff.conftest import PASSWORD
from ..conftest import SignIn

PEOPLE, INVITE = "/staff/manage/people", "/staff/manage/people/invite"
ROSA: dict[str, str | list[str] | None] = {
    "name": "Rosa Etxeberria",
    "username": "rosa",
    "email": "rosa@example.org",
    "role": "agent",
}
LINK = re.compile(r'value="http://[^/]+(/staff/link/[^"]+)"')


async def load_person(server: AppServer, username: str) -> StaffPerson:
    async with server.runtime.read_session() as session:
        person = await person_by_username(session, username)
    assert person is not None
    return person


async def open_person(server: AppServer, browser: CitizenBrowser, username: str) -> HtmlPage:
    return await browser.get(f"{PEOPLE}/{(await load_person(server, username)).id}")


async def invite_rosa(browser: CitizenBrowser, **changes: str | list[str] | None) -> HtmlPage:
    page = await browser.get(INVITE)
    form = next(form for form in page.forms if form.value("username") is not None)
    return await browser.post(INVITE, form.filled_values(**{**ROSA, **changes}))


async def save_person(browser: CitizenBrowser, page: HtmlPage, **changes: str | list[str] | None) -> HtmlPage:
    form = next(form for form in page.forms if form.value("loaded") is not None)
    return await browser.post(form.action, form.filled_values(**changes))


async def send_own_form(browser: CitizenBrowser, page: HtmlPage) -> HtmlPage:
    """Send the form that the page sends to itself."""
    return await browser.post(page.path, next(form for form in page.forms if form.action == "").values)


async def test_invited_person_chooses_password_and_signs_in(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await invite_rosa(carmen)
        assert page.headers["Cache-Control"] == "private, no-store"
        found = LINK.search(page.html)
        assert found is not None
        assert "rosa@example.org" in page.text
        person = await open_person(managers, carmen, "rosa")
        assert LINK.search(person.html) is None, "the link is shown once"
        assert "Invited" in (await carmen.get(PEOPLE)).text
    async with citizen_browser(managers, "en") as rosa:
        form = await rosa.get(found.group(1))
        assert form.headers["Cache-Control"] == "private, no-store"
        short = await rosa.post(form.path, form.form.filled_values(password="short"))
        assert (short.status, "at least 10 characters" in short.text) == (422, True)
        assert "rosa" in short.html
        home = await rosa.post(form.path, short.form.filled_values(password="a long password of rosa"))
        assert home.path.startswith("/staff/desk")
        used = await rosa.get(found.group(1))
        assert (used.status, "This link has been used" in used.text) == (410, True)
        assert (await rosa.get(PEOPLE)).status == 403
    async with managers.runtime.read_session() as session:
        (message,) = (await session.execute(select(OutboxRow))).scalars().all()
    assert (message.kind, message.recipient, message.office) == ("staff_invitation", "rosa@example.org", "centro")
    assert found.group(1).rpartition("/")[2] not in str(message.payload)


async def test_wrong_invitation_keeps_typed_values(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await invite_rosa(carmen, username="boris", email="rosa", offices=None)
        assert page.status == 422
        assert 'id="email-error"' in page.html
        assert 'id="offices-error"' in page.html
        taken = await invite_rosa(carmen, username="Boris")
        assert 'id="username-error"' in taken.html
        form = next(form for form in taken.forms if form.value("username") is not None)
        assert (form.value("name"), form.value("username")) == ("Rosa Etxeberria", "Boris")
        assert form.value("offices") == "centro"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "administrator", "everywhere": "1"}, "role"),
        ({"offices": ["norte"]}, "offices"),
        ({"everywhere": "1"}, "offices"),
    ],
)
async def test_manager_cannot_grant_beyond_own_scope(
    managers: AppServer, sign_in_as: SignIn, changes: dict[str, str | list[str]], field: str
) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(INVITE)
        assert 'value="administrator"' not in page.html
        assert "Oficina Norte" not in page.text
        refused = await invite_rosa(carmen, **changes)
        assert (refused.status, f'id="{field}-error"' in refused.html) == (422, True)


async def test_people_of_other_offices_stay_closed(managers: AppServer, sign_in_as: SignIn) -> None:
    await accounts.create_user(
        managers.runtime,
        username="noor",
        name="Noor",
        role=StaffRole.AGENT,
        offices=["centro", "norte"],
        password=PASSWORD,
    )
    async with sign_in_as("carmen") as carmen:
        listed = await carmen.get(PEOPLE)
        assert "Boris" in listed.text
        assert "Diego" not in listed.text
        assert "An administrator manages this account" in listed.text  # noor, who works in both
        for username, status in (("diego", 404), ("noor", 403), ("elena", 403)):
            page = await open_person(managers, carmen, username)
            assert page.status == status, username
            own = await open_person(managers, carmen, "boris")
            form = next(form for form in own.forms if form.action.endswith("/link"))
            path = f"{PEOPLE}/{(await load_person(managers, username)).id}/link"
            assert (await carmen.post(path, form.values)).status == status, username


async def test_disabling_is_previewed_done_and_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("boris") as boris, sign_in_as("carmen") as carmen:
        page = await open_person(managers, carmen, "boris")
        preview = await carmen.get(f"{page.path}/disable")
        assert "One open session ends at once." in preview.text
        assert (await boris.get("/staff/desk")).path == "/staff/desk"
        done = await send_own_form(carmen, preview)
        assert "The account is disabled. Sessions have ended." in done.text
        assert (await boris.get("/staff/desk")).path.startswith("/staff/?next")
        enabled = await carmen.send(done, "/enable")
        assert "The account works again" in enabled.text
        own = await carmen.get(f"{(await open_person(managers, carmen, 'carmen')).path}/disable")
        refused = await send_own_form(carmen, own)
        assert (refused.status, "You cannot disable your own account." in refused.text) == (409, True)


async def test_sessions_are_seen_and_ended(managers: AppServer, sign_in_as: SignIn) -> None:
    login = await accounts.login(managers.runtime, "boris", PASSWORD, "192.0.2.7", device="Firefox, Windows")
    async with sign_in_as("carmen") as carmen:
        page = await open_person(managers, carmen, "boris")
        assert "Firefox, Windows" in page.text
        ended = await carmen.send(page, "/sessions/end")
        assert "All sessions have ended." in ended.text
        assert "Firefox, Windows" not in ended.text
    assert await accounts.authenticate(managers.runtime, cookie=login, bearer=None) is None


async def test_second_manager_sees_change_and_keeps_typed_name(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen, sign_in_as("elena") as elena:
        page = await open_person(managers, carmen, "boris")
        await save_person(elena, await open_person(managers, elena, "boris"), role="host", email="b@example.org")
        conflict = await save_person(carmen, page, name="Borja")
        assert conflict.status == 409
        assert "Role is now: Host" in conflict.text
        assert (await load_person(managers, "boris")).name == "Boris"
        saved = await save_person(carmen, conflict)
        assert "Saved" in saved.text
        assert "Role: Agent → Host" in saved.text, "among the latest changes"
    person = await load_person(managers, "boris")
    assert (person.name, person.role, person.details.email) == ("Borja", StaffRole.HOST, "b@example.org")


async def test_long_list_is_searched_and_filtered(managers: AppServer, sign_in_as: SignIn) -> None:
    for number in range(8):
        await accounts.create_user(
            managers.runtime,
            username=f"person{number}",
            name=f"Núria {number}",
            role=StaffRole.AGENT,
            offices=["norte"],
            password=PASSWORD,
        )
    async with sign_in_as("elena") as elena:
        assert "12 of 12" not in (await elena.get(PEOPLE)).text
        found = await elena.get(f"{PEOPLE}?q=nuria%203")
        assert ("Núria 3" in found.text, "Núria 4" in found.text) == (True, False)
        assert "1 of 12" in found.text
        norte = await elena.get(f"{PEOPLE}?office=norte&state=active")
        assert ("Núria 4" in norte.text, "Boris" in norte.text) == (True, False)
        assert "There is no such person" in (await elena.get(f"{PEOPLE}?state=invited&office=none")).text
