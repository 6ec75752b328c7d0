"""All offices of a manager now: figures, troubles, roles, and the number of statements."""

from __future__ import annotations

import re

from office360.core.auth import StaffRole
from office360.core.db.outbox import DEAD, OutboxRow
from office360.management.queries.today import load_today
from office360.offices.service import office_by_slug
from office360.offices.storage.tables import OfficeRow
from office360.queue.service import TicketRequest, take_ticket
from office360.staff.actions import accounts
from office360.staff.actions.emergencies import press_at_desk
from sqlalchemy import update

from ....conftest import AppServer
from ....notifications.support.messages import enqueue_message
from ....staff.conftest import PASSWORD, load_principal, sign_in
from ....support.office_fixture import build_office
from ....support.statements import recorded_statements
from ...conftest import SignIn

TODAY = "/staff/manage/today"


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def test_page_shows_own_offices_and_troubles(managers: AppServer, sign_in_as: SignIn) -> None:
    runtime = managers.runtime
    await take_ticket(runtime, "centro", TicketRequest(service="documents"))
    await enqueue_message(runtime, "failed")
    async with runtime.transaction() as tx:
        await tx.session.execute(
            update(OutboxRow).values(state=DEAD, failure="not_an_address", office="centro", not_before=tx.now)
        )
        await tx.session.execute(update(OfficeRow).where(OfficeRow.slug == "norte").values(paused=True))
    async with sign_in_as("elena") as elena:
        page = await elena.get(TODAY)
    said = words(page.text)
    assert said.index("Oficina Norte") < said.index("Oficina Centro")
    assert "1 message failed" in said
    assert "People wait and no desk is open" in said
    assert "Paused" in said
    async with sign_in_as("diego") as diego:
        own = words((await diego.get(TODAY)).text)
        assert "Oficina Norte" in own
        assert "Oficina Centro" not in own
    async with sign_in_as("boris") as boris:
        assert (await boris.get(TODAY)).status == 403


async def test_emergency_stands_first_with_its_desk(managers: AppServer, sign_in_as: SignIn) -> None:
    runtime = managers.runtime
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).where(OfficeRow.slug == "norte").values(paused=True))
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    await press_at_desk(runtime, await load_principal(runtime, "elena"), office.desks[1].id)
    async with sign_in_as("elena") as elena:
        page = await elena.get(TODAY)
    said = words(page.text)
    assert f"Emergency at desk {office.desks[1].name} since" in said
    assert "Emergencies 1" in said
    assert said.index("Oficina Centro") < said.index("Oficina Norte")


async def test_managers_of_several_offices_start_at_today(managers: AppServer) -> None:
    await accounts.create_user(
        managers.runtime,
        username="fatou",
        name="Fatou",
        role=StaffRole.MANAGER,
        offices=["centro", "norte"],
        password=PASSWORD,
    )
    homes = {"fatou": TODAY, "elena": TODAY, "carmen": "/staff/host", "boris": "/staff/desk"}
    for username, home in homes.items():
        async with managers.client() as client:
            assert (await sign_in(client, username)).headers["Location"] == home


async def test_unreadable_office_has_no_data(managers: AppServer, sign_in_as: SignIn) -> None:
    async with managers.runtime.transaction() as tx:
        broken = update(OfficeRow).where(OfficeRow.slug == "norte")
        await tx.session.execute(broken.values(timezone="Nowhere", version=OfficeRow.version + 1))
    async with sign_in_as("elena") as elena:
        said = words((await elena.get(TODAY)).text)
    assert "No data: its settings cannot be read" in said
    assert "There is no data of 1 office" in said


async def test_statements_do_not_grow_with_offices(managers: AppServer) -> None:
    runtime = managers.runtime
    elena = await load_principal(runtime, "elena")

    async def count() -> int:
        with recorded_statements(runtime.db) as statements:
            async with runtime.read_session() as session:
                await load_today(session, elena, runtime.now())
        return sum(statement.sql.startswith(("SELECT", "WITH")) for statement in statements)

    await build_office(runtime, slug="office-0", name="Office 0", position=2)  # new lines are not cached
    await count()  # reads whole offices into the cache
    few = await count()
    for number in range(1, 11):
        await build_office(runtime, slug=f"office-{number}", name=f"Office {number}", position=number + 2)
    await count()
    assert await count() == few <= 10
