"""Groups of the identity provider in the console, and accounts that ask to be connected."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.staff.actions.federation.connect_accounts import connect_person
from office360.staff.actions.people import OPERATOR
from office360.staff.domain.people import LinkRequest, StaffPerson
from office360.staff.queries.people import person_by_username
from office360.staff.storage import people_rows, provider_rows

from ...appointments.support.html_client import CitizenBrowser, HtmlPage
from ...conftest import AppServer
from ..conftest import SignIn

GROUPS = "/staff/manage/people/groups"
BORIS_AT_PROVIDER = "https://login.example.org 7"


async def load(runtime: Runtime, username: str) -> StaffPerson:
    async with runtime.read_session() as session:
        person = await person_by_username(session, username)
    assert person is not None
    return person


async def follow_groups(runtime: Runtime, username: str, *groups: str) -> None:
    """Let an account come from the provider, with these groups."""
    async with runtime.transaction() as tx:
        person_id = await people_rows.person_id_by_username(tx.session, username)
        assert person_id is not None
        await people_rows.set_external(
            tx.session, person_id, external_id=f"issuer {username}", groups=groups, username=username
        )


async def send(browser: CitizenBrowser, page: HtmlPage, **changes: str | list[str] | None) -> HtmlPage:
    form = next(form for form in page.forms if "logout" not in form.action)
    path = form.action or page.path
    return await browser.post(path, form.filled_values(**changes))


async def new_group(browser: CitizenBrowser, group: str, role: str, *offices: str) -> HtmlPage:
    page = await browser.get(f"{GROUPS}/new")
    return await send(browser, page, group=group, role=role, offices=list(offices))


async def test_change_of_group_is_reviewed_and_counts_at_once(managers: AppServer, sign_in_as: SignIn) -> None:
    runtime = managers.runtime
    await follow_groups(runtime, "boris", "agents", "hosts")
    async with sign_in_as("elena") as elena:
        assert "hosts" in (await elena.get(GROUPS)).text
        review = await new_group(elena, "/hosts", "host", "centro", "norte")
        assert "One person gets another access" in review.text
        assert (await load(runtime, "boris")).role is StaffRole.AGENT
        assert (await send(elena, review)).path == f"{GROUPS}?saved"
        boris = await load(runtime, "boris")
        assert (boris.role, boris.offices) == (StaffRole.HOST, frozenset({"centro", "norte"}))
        listed = await elena.get(GROUPS)
        link = next(link for link in listed.links if link.startswith(f"{GROUPS}/") and link.endswith("/remove"))
        removal = await elena.get(link)
        assert "no access" in removal.text
        assert (await send(elena, removal)).path == f"{GROUPS}?removed"
        assert (await load(runtime, "boris")).offices == frozenset()
        audit = await elena.get("/staff/manage/audit")
        assert "Took the role of a group away" in audit.text
        assert "Gave a group a role" in audit.text


async def test_wrong_group_is_answered_beside_its_field(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        page = await new_group(elena, "", "administrator", "centro")
        assert (page.status, "Group: fill this in" in page.text) == (422, True)
        assert "An administrator works in all offices" in page.text
        await new_group(elena, "agents", "agent", "centro")
        again = await new_group(elena, "agents", "host", "norte")
        assert (again.status, "in the list already" in again.text) == (422, True)


async def test_second_editor_of_a_group_is_told(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        await new_group(elena, "agents", "agent", "centro")
        listed = await elena.get(GROUPS)
        path = next(link for link in listed.links if link.startswith(f"{GROUPS}/0"))
        first, second = await elena.get(path), await elena.get(path)
        assert (await send(elena, first, role="host")).path == f"{GROUPS}?saved"
        late = await send(elena, second, offices=["norte"])
        assert (late.status, "Role is now: Host" in late.text) == (409, True)
        assert (await send(elena, late)).path == f"{GROUPS}?saved"


async def test_own_role_is_kept(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        page = await elena.get(f"{GROUPS}/new")
        await send(elena, page, group="chiefs", role="administrator", everywhere="1")
        await follow_groups(managers.runtime, "elena", "chiefs")
        listed = await elena.get(GROUPS)
        removal = await elena.get(next(link for link in listed.links if link.endswith("/remove")))
        refused = await send(elena, removal)
        assert (refused.status, "your own role" in refused.text) == (409, True)


async def test_groups_are_for_administrators(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        assert (await carmen.get(GROUPS)).status == 403
        assert GROUPS not in (await carmen.get("/staff/manage/people")).links


async def ask_for_boris(runtime: Runtime) -> str:
    """Let an account of the provider ask for the account of boris. Returns the id of boris."""
    boris = await load(runtime, "boris")
    async with runtime.transaction() as tx:
        wanted = LinkRequest(BORIS_AT_PROVIDER, "Boris B", "b@example.org", tx.now)
        await provider_rows.save_link_request(tx.session, boris.id, wanted)
    return boris.id


async def test_manager_connects_the_account_that_asks(managers: AppServer, sign_in_as: SignIn) -> None:
    boris_id = await ask_for_boris(managers.runtime)
    async with sign_in_as("carmen") as carmen, sign_in_as("boris") as boris:
        page = await carmen.get(f"/staff/manage/people/{boris_id}")
        assert "Boris B asks for this account" in page.text
        done = await carmen.send(page, "/connect")
        assert done.path.endswith("?done=connected")
        assert (await boris.get("/staff/desk")).path.startswith("/staff/?next")
        assert not any(form.action.endswith("/link") for form in done.forms)
        link = await carmen.post(f"/staff/manage/people/{boris_id}/link", _csrf(done))
        assert (link.status, "no password here" in link.text) == (409, True)
    async with managers.runtime.read_session() as session:
        assert await people_rows.person_id_by_external_id(session, BORIS_AT_PROVIDER) == boris_id


def _csrf(page: HtmlPage) -> list[tuple[str, str]]:
    return [("csrf", page.form.value("csrf") or "")]


async def test_declined_request_leaves_the_account(managers: AppServer, sign_in_as: SignIn) -> None:
    boris_id = await ask_for_boris(managers.runtime)
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"/staff/manage/people/{boris_id}")
        assert (await carmen.send(page, "/connect", decline="1")).path.endswith("?done=declined")
        late = await carmen.send(page, "/connect")
        assert (late.status, "Look at it again" in late.text) == (409, True)
    assert not (await load(managers.runtime, "boris")).is_from_provider


async def test_last_local_administrator_is_not_connected(managers: AppServer) -> None:
    elena = await load(managers.runtime, "elena")
    async with managers.runtime.transaction() as tx:
        wanted = LinkRequest("issuer elena", "Elena", None, tx.now)
        await provider_rows.save_link_request(tx.session, elena.id, wanted)
    with pytest.raises(Refused, match="last_administrator"):
        await connect_person(managers.runtime, OPERATOR, elena.id, "issuer elena")
