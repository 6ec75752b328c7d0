"""Rules of managers about people, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from office360.core.auth import Principal, StaffRole
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.edited_values import form_version
from office360.core.errors import (
    Conflict,
    Gone,
    Invalid,
    NotAllowed,
    NotFound,
    RateLimited,
    Refused,
    Unauthenticated,
)
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.service import TicketRequest, call_next, desk_id_for_agent, open_desk, take_ticket
from office360.staff.actions import accounts, people
from office360.staff.actions.account_links import open_link, set_password_by_link
from office360.staff.actions.second_factor import LoginBrowser
from office360.staff.domain.people import AccountDetails, LinkState, StaffPerson, account_values
from office360.staff.storage import people_rows
from office360.staff.storage.tables import AccountLinkRow
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import PASSWORD, load_principal

ADDRESS = "192.0.2.7"
AGENT_IN_CENTRO = AccountDetails("Elena", "elena@example.org", StaffRole.AGENT, frozenset({"centro"}))


@pytest.fixture
async def amina(runtime: Runtime, staff: dict[str, str]) -> Principal:
    """Manager of the central office."""
    await accounts.create_user(
        runtime, username="amina", name="Amina", role=StaffRole.MANAGER, offices=["centro"], password=PASSWORD
    )
    return await load_principal(runtime, "amina")


async def load_person(runtime: Runtime, person_id: str) -> StaffPerson:
    async with runtime.read_session() as session:
        person = await people_rows.person_by_id(session, person_id)
    assert person is not None
    return person


async def change(runtime: Runtime, principal: Principal, person_id: str, **values: object) -> None:
    stored = (await load_person(runtime, person_id)).details
    loaded = form_version(account_values(stored))
    await people.change_person(runtime, principal, person_id, loaded, replace(stored, **values))  # type: ignore[arg-type]


async def invite(
    runtime: Runtime, principal: Principal, details: AccountDetails = AGENT_IN_CENTRO
) -> tuple[str, str]:
    """Invite elena, and return the token of the link and her id."""
    link = await people.invite_person(runtime, principal, "elena", details, "es")
    return link.url.rpartition("/")[2], link.person.id


async def use_link(runtime: Runtime, token: str, password: str = PASSWORD) -> str:
    result = await set_password_by_link(runtime, token, password, LoginBrowser(ADDRESS))
    assert result.session_token is not None
    return result.session_token


async def load_link_state(runtime: Runtime, token: str) -> LinkState:
    return (await open_link(runtime, token, ADDRESS))[1]


async def test_invited_person_chooses_password_and_works(runtime: Runtime, amina: Principal) -> None:
    token, person_id = await invite(runtime, amina)
    with pytest.raises(Unauthenticated):
        await accounts.login(runtime, "elena", "", ADDRESS)
    with pytest.raises(Invalid):
        await use_link(runtime, token, "short")
    session_token = await use_link(runtime, token)
    found = await accounts.authenticate(runtime, cookie=session_token, bearer=None)
    assert found == Principal(person_id, "Elena", StaffRole.AGENT, frozenset({"centro"}), username="elena")
    await accounts.login(runtime, "elena", PASSWORD, ADDRESS)


async def test_link_sets_password_once(runtime: Runtime, amina: Principal) -> None:
    token, _ = await invite(runtime, amina)
    results = await asyncio.gather(*(use_link(runtime, token) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1
    assert {result.code for result in results if isinstance(result, Gone)} == {LinkState.USED}


async def test_link_expires_and_newer_link_replaces_it(
    runtime: Runtime, clock: FakeClock, amina: Principal
) -> None:
    first, person_id = await invite(runtime, amina)
    second = (await people.send_link(runtime, amina, person_id, "es")).url.rpartition("/")[2]
    assert await load_link_state(runtime, first) is LinkState.REPLACED
    with pytest.raises(Gone):
        await use_link(runtime, first)
    clock.advance(days=7, seconds=-1)
    assert await load_link_state(runtime, second) is LinkState.VALID
    clock.advance(seconds=1)
    assert await load_link_state(runtime, second) is LinkState.EXPIRED
    clock.advance(days=8)
    await people.send_link(runtime, amina, person_id, "es")
    async with runtime.read_session() as session:
        assert len((await session.execute(select(AccountLinkRow))).all()) == 1  # data retention


async def test_reset_ends_sessions_and_works_a_day(
    runtime: Runtime, clock: FakeClock, amina: Principal, staff: dict[str, str]
) -> None:
    old_session = await accounts.login(runtime, "boris", PASSWORD, ADDRESS)
    token = (await people.send_link(runtime, amina, staff["boris"], "es")).url.rpartition("/")[2]
    assert await accounts.authenticate(runtime, cookie=old_session, bearer=None)  # until the link is used
    await use_link(runtime, token, "another password")
    assert await accounts.authenticate(runtime, cookie=old_session, bearer=None) is None
    late = (await people.send_link(runtime, amina, staff["boris"], "es")).url.rpartition("/")[2]
    clock.advance(hours=24)
    assert await load_link_state(runtime, late) is LinkState.EXPIRED


async def test_new_email_and_new_password_void_links(
    runtime: Runtime, amina: Principal, staff: dict[str, str]
) -> None:
    token, person_id = await invite(runtime, amina)
    await change(runtime, amina, person_id, email="other@example.org")
    assert await load_link_state(runtime, token) is LinkState.EXPIRED
    reset = (await people.send_link(runtime, amina, staff["boris"], "es")).url.rpartition("/")[2]
    await accounts.set_password(runtime, "boris", "another password")
    assert await load_link_state(runtime, reset) is LinkState.EXPIRED


async def test_guessed_links_are_rate_limited(runtime: Runtime, amina: Principal) -> None:
    token, _ = await invite(runtime, amina)
    for guess in range(5):
        with pytest.raises(NotFound):
            await open_link(runtime, f"guess {guess}", ADDRESS)
    with pytest.raises(RateLimited):
        await open_link(runtime, "guess 6", ADDRESS)
    assert await load_link_state(runtime, token) is LinkState.VALID


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"role": StaffRole.ADMINISTRATOR, "offices": None}, "role"),
        ({"role": StaffRole.INTEGRATION}, "role"),
        ({"offices": None}, "offices"),
        ({"offices": frozenset({"norte"})}, "offices"),
        ({"offices": frozenset({"centro", "norte"})}, "offices"),
        ({"offices": frozenset()}, "offices"),
    ],
)
async def test_manager_grants_own_role_and_offices_at_most(
    runtime: Runtime, amina: Principal, staff: dict[str, str], values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await invite(runtime, amina, replace(AGENT_IN_CENTRO, **values))  # type: ignore[arg-type]
    assert field in {error.field for error in caught.value.fields}
    with pytest.raises(Invalid):
        await change(runtime, amina, staff["boris"], **values)
    assert (await load_person(runtime, staff["boris"])).role is StaffRole.AGENT


async def test_manager_cannot_touch_higher_roles_or_other_offices(
    runtime: Runtime, amina: Principal, staff: dict[str, str]
) -> None:
    chief = await accounts.create_user(
        runtime, username="chief", name="Chief", role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    for person_id in (chief, staff["diego"]):
        for act in (people.disable_person, people.enable_person, people.end_sessions):
            with pytest.raises((NotAllowed, NotFound)):
                await act(runtime, amina, person_id)
        with pytest.raises((NotAllowed, NotFound)):
            await people.send_link(runtime, amina, person_id, "es")
        with pytest.raises((NotAllowed, NotFound)):
            await change(runtime, amina, person_id, name="Other")


async def test_account_without_office_does_nothing(runtime: Runtime, staff: dict[str, str]) -> None:
    await accounts.create_user(
        runtime, username="elena", name="Elena", role=StaffRole.MANAGER, offices=[], password=PASSWORD
    )
    elena = await load_principal(runtime, "elena")
    assert not elena.can_access_office("centro")
    with pytest.raises(NotFound):
        await people.disable_person(runtime, elena, staff["boris"])


async def test_last_administrator_stays(runtime: Runtime, staff: dict[str, str]) -> None:
    ids = [
        await accounts.create_user(
            runtime, username=name, name=name, role=StaffRole.ADMINISTRATOR, password=PASSWORD
        )
        for name in ("first", "second")
    ]
    first, second = [await load_principal(runtime, name) for name in ("first", "second")]
    with pytest.raises(Refused, match="own_account"):
        await people.disable_person(runtime, first, ids[0])
    results = await asyncio.gather(
        people.disable_person(runtime, first, ids[1]),
        people.disable_person(runtime, second, ids[0]),
        return_exceptions=True,
    )
    assert [str(result) for result in results if result is not None] == ["last_administrator"]
    (left,) = [id for id in ids if (await load_person(runtime, id)).state == "active"]
    with pytest.raises(Refused, match="last_administrator"):
        await change(runtime, first, left, role=StaffRole.MANAGER)


async def test_disabling_ends_sessions_links_and_free_desk(
    runtime: Runtime, office: Office, amina: Principal, staff: dict[str, str]
) -> None:
    boris = await load_principal(runtime, "boris")
    await open_desk(runtime, boris, office.desks[0].id)
    cookie = await accounts.login(runtime, "boris", PASSWORD, ADDRESS)
    token = (await people.send_link(runtime, amina, staff["boris"], "es")).url.rpartition("/")[2]
    await people.disable_person(runtime, amina, staff["boris"])
    assert await accounts.authenticate(runtime, cookie=cookie, bearer=None) is None
    assert await load_link_state(runtime, token) is LinkState.DISABLED
    with pytest.raises(Refused, match="account_disabled"):
        await people.send_link(runtime, amina, staff["boris"], "es")
    async with runtime.read_session() as session:
        assert await desk_id_for_agent(session, staff["boris"]) is None
    await people.enable_person(runtime, amina, staff["boris"])
    await accounts.login(runtime, "boris", PASSWORD, ADDRESS)
    assert await load_link_state(runtime, token) is LinkState.EXPIRED


async def test_desk_with_ticket_stays_open_after_disabling(
    runtime: Runtime, office: Office, amina: Principal, staff: dict[str, str]
) -> None:
    boris = await load_principal(runtime, "boris")
    await open_desk(runtime, boris, office.desks[0].id)
    await take_ticket(runtime, "centro", TicketRequest(service="certificate", device="a"))
    await call_next(runtime, boris, office.desks[0].id)
    await people.disable_person(runtime, amina, staff["boris"])
    async with runtime.read_session() as session:
        assert await desk_id_for_agent(session, staff["boris"]) == office.desks[0].id


async def test_role_and_offices_count_at_once(runtime: Runtime, amina: Principal, staff: dict[str, str]) -> None:
    cookie = await accounts.login(runtime, "boris", PASSWORD, ADDRESS)
    await change(runtime, amina, staff["boris"], role=StaffRole.HOST)
    found = await accounts.authenticate(runtime, cookie=cookie, bearer=None)
    assert found is not None
    assert found.role is StaffRole.HOST


async def test_second_manager_is_told_of_change(runtime: Runtime, amina: Principal, staff: dict[str, str]) -> None:
    stored = (await load_person(runtime, staff["boris"])).details
    loaded = form_version(account_values(stored))
    await change(runtime, amina, staff["boris"], role=StaffRole.HOST)
    with pytest.raises(Conflict, match="edited_meanwhile"):
        await people.change_person(runtime, amina, staff["boris"], loaded, replace(stored, name="Borja"))
    assert (await load_person(runtime, staff["boris"])).details == replace(stored, role=StaffRole.HOST)


async def test_one_session_or_all_are_ended(
    runtime: Runtime, clock: FakeClock, amina: Principal, staff: dict[str, str]
) -> None:
    cookies = []
    for device in ("Firefox, Windows", "Chrome, Android", "Safari, iPhone"):
        cookies.append(await accounts.login(runtime, "boris", PASSWORD, ADDRESS, device=device))
        clock.advance(seconds=1)
    async with runtime.read_session() as session:
        newest, *_ = found = await people_rows.open_sessions(session, staff["boris"], runtime.now())
    assert [entry.device for entry in found] == ["Safari, iPhone", "Chrome, Android", "Firefox, Windows"]
    await people.end_sessions(runtime, amina, staff["boris"], newest.id)
    valid = [await accounts.authenticate(runtime, cookie=cookie, bearer=None) for cookie in cookies]
    assert [principal is not None for principal in valid] == [True, True, False]
    await people.end_sessions(runtime, amina, staff["boris"])
    assert not any([await accounts.authenticate(runtime, cookie=cookie, bearer=None) for cookie in cookies])


async def test_changes_are_audited_without_secrets(
    runtime: Runtime, amina: Principal, staff: dict[str, str]
) -> None:
    token, person_id = await invite(runtime, amina)
    await use_link(runtime, token)
    await change(runtime, amina, person_id, role=StaffRole.HOST, name="Elena Ruiz")
    await people.end_sessions(runtime, amina, person_id)
    await people.send_link(runtime, amina, person_id, "es")
    await people.disable_person(runtime, amina, person_id)
    await people.enable_person(runtime, amina, person_id)
    async with runtime.read_session() as session:
        rows = (await session.execute(select(AuditEntryRow).order_by(AuditEntryRow.id))).scalars().all()
    assert [row.action.partition(".")[2] for row in rows] == [
        *("invited", "password_set", "changed", "ended", "reset", "disabled", "enabled")
    ]
    assert {row.actor_name for row in rows} == {"Amina", "Elena"}
    assert {(row.subject_id, row.office) for row in rows} == {(person_id, "centro")}
    changed = rows[2]
    assert (changed.before, changed.after) == (
        {"name": "Elena", "role": "agent"},
        {"name": "Elena Ruiz", "role": "host"},
    )
    stored = str([(row.before, row.after, row.subject_label) for row in rows])
    assert token not in stored
    assert PASSWORD not in stored
