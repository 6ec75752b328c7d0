"""API keys in the manager's console: shown once, last use, revocation, scope."""

from __future__ import annotations

import re

from office360.core.auth import StaffRole
from office360.staff.actions.accounts import create_api_key
from office360.staff.storage.key_rows import load_keys

from ...appointments.support.html_client import CitizenBrowser, HtmlPage
from ...conftest import AppServer
from ..conftest import SignIn

KEYS, NEW = "/staff/manage/keys", "/staff/manage/keys/new"
KEY = re.compile(r"o360_[\w-]{43}")


async def create_key(browser: CitizenBrowser, **changes: str | list[str] | None) -> HtmlPage:
    page = await browser.get(NEW)
    form = next(form for form in page.forms if form.value("key_id") is not None)
    values = form.filled_values(**{"name": "Kiosk", "role": "integration", "offices": ["centro"], **changes})
    return await browser.post(NEW, values)


async def board_status(server: AppServer, key: str) -> int:
    headers, board = {"Authorization": f"Bearer {key}"}, "/api/v1/staff/offices/centro/board"
    async with server.client(headers=headers) as program, program.get(board) as answer:
        return answer.status


async def test_key_is_shown_once_used_and_revoked(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        created = await create_key(carmen)
        assert created.headers["Cache-Control"] == "private, no-store"
        found = KEY.search(created.html)
        assert found is not None
        assert await board_status(managers, found[0]) == 200
        listed = await carmen.get(KEYS)
        assert KEY.search(listed.html) is None
        assert "Not yet" not in listed.text, "it was used"
        revoke = next(link for link in listed.links if link.endswith("/revoke"))
        preview = await carmen.get(revoke)
        assert await board_status(managers, found[0]) == 200
        form = next(form for form in preview.forms if form.action == "")
        for _ in range(2):
            done = await carmen.post(revoke, form.values)
            assert "The key is revoked. Programs with it are refused." in done.text
        assert "One revoked key" in done.text
    assert await board_status(managers, found[0]) == 401


async def test_form_sent_twice_creates_one_key(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        form = next(form for form in (await carmen.get(NEW)).forms if form.value("key_id") is not None)
        values = form.filled_values(name="Kiosk", offices=["centro"])
        await carmen.post(NEW, values)
        again = await carmen.post(NEW, values)
        assert "This key was created already." in again.text
    async with managers.runtime.read_session() as session:
        assert len(await load_keys(session)) == 1


async def test_manager_has_keys_of_own_offices_only(managers: AppServer, sign_in_as: SignIn) -> None:
    for name, offices in (("North", ["norte"]), ("Everywhere", None), ("Centre", ["centro"])):
        await create_api_key(managers.runtime, name=name, role=StaffRole.HOST, offices=offices)
    async with sign_in_as("carmen") as carmen:
        listed = await carmen.get(KEYS)
        assert [name in listed.text for name in ("North", "Everywhere", "Centre")] == [False, False, True]
        for changes in ({"offices": ["norte"]}, {"everywhere": "1"}, {"offices": None}):
            refused = await create_key(carmen, **changes)
            assert (refused.status, 'id="offices-error"' in refused.html) == (422, True)
        async with managers.runtime.read_session() as session:
            others = {key.name: key.id for key in await load_keys(session)}
        for name, status in (("North", 404), ("Everywhere", 403)):
            path = f"{KEYS}/{others[name]}/revoke"
            own = next(form for form in listed.forms if form.action.endswith("/logout"))
            assert (await carmen.get(path)).status == status
            assert (await carmen.post(path, own.values)).status == status
