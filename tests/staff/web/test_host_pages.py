"""Pages of a host, over real HTTP: access, search, paper slip."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from office360.appointments.service import BookingRequest, book_appointment
from office360.core.auth import StaffRole
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import ServiceRow
from office360.queue.service import TicketRequest, take_ticket
from office360.staff.actions import accounts
from sqlalchemy import delete

from ...conftest import AppServer
from ..conftest import PASSWORD, post, sign_in


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (StaffRole.AGENT, "/staff/desk"),
        (StaffRole.HOST, "/staff/host"),
        (StaffRole.MANAGER, "/staff/host"),
        (StaffRole.ADMINISTRATOR, "/staff/host"),
    ],
)
async def test_signing_in_redirects_by_role(
    app_server: AppServer, office: Office, role: StaffRole, home: str
) -> None:
    runtime = app_server.runtime
    await accounts.create_user(runtime, username="fatou", name="Fatou", role=role, password=PASSWORD)
    async with app_server.client() as client:
        answer = await sign_in(client, "fatou")
        assert (answer.status, answer.headers["Location"]) == (303, home)
        async with client.get("/staff/", allow_redirects=False) as again:
            assert again.headers["Location"] == home


async def test_host_console_without_session_redirects_to_login(app_server: AppServer) -> None:
    async with app_server.client() as client, client.get("/staff/host", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/staff/?next=/staff/host")


async def test_agent_is_refused_host_console(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/staff/host") as answer:
            page = await answer.text()
        assert answer.status == 403
        assert 'href="/staff/desk"' in page
        for path in ("/staff/host/centro/found",):
            refused = await post(client, path, json={"q": "amina"}, headers={"Accept": "application/json"})
            assert refused.status == 403


async def test_desk_page_links_to_host_console_for_host_only(app_server: AppServer, staff: dict[str, str]) -> None:
    for who, expected in (("carmen", 1), ("boris", 0)):
        async with app_server.client() as client:
            await sign_in(client, who)
            async with client.get("/staff/desk") as answer:
                page = await answer.text()
        assert page.count('href="/staff/host?office=centro"') == expected


async def test_integration_board_hides_appointment_names(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    booking = BookingRequest(
        service="documents",
        mode="in_person",
        starts_at=runtime.now() + timedelta(hours=1),
        name="Amina",
        email="amina@example.org",
    )
    await book_appointment(runtime, "centro", booking, request_key=None)
    names = []
    for role in (StaffRole.AGENT, StaffRole.INTEGRATION):
        key = await accounts.create_api_key(runtime, role=role)
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            app_server.client() as client,
            client.get("/api/v1/staff/offices/centro/board", headers=headers) as answer,
        ):
            names += [entry["name"] for entry in (await answer.json())["agenda"]]
    assert names == ["Amina", None]


async def test_appointment_of_removed_service_is_listed_and_found(
    app_server: AppServer, staff: dict[str, str], office: Office
) -> None:
    runtime = app_server.runtime
    booking = BookingRequest(
        service="documents",
        mode="in_person",
        starts_at=runtime.now() + timedelta(hours=1),
        name="Amina",
        email="amina@example.org",
    )
    await book_appointment(runtime, "centro", booking)
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(ServiceRow).where(ServiceRow.slug == "documents"))
        await bump_office_versions(tx.session, [office.id])
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        async with client.get("/staff/host?office=centro") as answer:
            page = await answer.text()
        assert "Amina" in page
        assert "documents" in page, "nothing better is known of it than its slug"
        found = await post(client, "/staff/host/centro/found", json={"q": "amina"})
        assert (found.status, "Amina" in await found.text()) == (200, True)


async def test_host_sees_own_offices_only(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        async with client.get("/staff/host?office=norte") as answer:
            page = await answer.text()
        assert 'data-office="centro"' in page
        assert "Oficina Norte" not in page
        refused = await post(client, "/staff/host/norte/found", json={"q": "amina"})
        assert refused.status == 403


async def test_host_console_is_rendered_without_scripts(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    asked = TicketRequest(service="certificate", name="Amina", device="a", preferential_requested=True)
    issued = await take_ticket(runtime, "centro", asked)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        async with client.get("/staff/host") as answer:
            page = await answer.text()
    assert page.count(f'data-ticket="{issued.ticket.id}"') == 1
    assert f'class="person" data-id="{issued.ticket.id}"' in page
    assert "Pide atención preferente." in page
    assert "Amina" in page


async def test_search_result_describes_person(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    await take_ticket(runtime, "centro", TicketRequest(service="certificate", name="Ámina", phone="+34600000001"))
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        for said in ("amina", "b-1", "600 000 001"):
            answer = await post(client, "/staff/host/centro/found", json={"q": said})
            found = await answer.json()
            assert [person["name"] for person in found["people"]] == ["Ámina"], said
            assert (found["visits"], found["text"]) == ([], "1 resultado")
        answer = await post(client, "/staff/host/centro/found", json={"q": "nobody"})
        assert (await answer.json())["text"] == "Hoy no hay nadie así"
        answer = await post(client, "/staff/host/centro/found", json={"q": " "})
        assert answer.status == 422


async def test_slip_has_qr_code_and_language_of_ticket(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate", language="en"))
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        async with client.get(f"/staff/tickets/{issued.ticket.id}/slip") as answer:
            page = await answer.text()
    assert '<html lang="en"' in page
    assert "Scan this code to see your ticket on any phone." in page
    assert re.search(r'<svg class="qr" viewBox="-4 -4 \d+ \d+"', page)
    assert issued.token not in page  # only the QR code contains it


@pytest.mark.parametrize(("who", "status"), [("boris", 403), ("diego", 403), ("carmen", 200)])
async def test_slip_requires_host_of_office(
    app_server: AppServer, staff: dict[str, str], who: str, status: int
) -> None:
    issued = await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate"))
    async with app_server.client() as client:
        await sign_in(client, who)
        async with client.get(f"/staff/tickets/{issued.ticket.id}/slip") as answer:
            assert answer.status == status


async def test_host_of_other_office_is_refused_slip(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    await accounts.create_user(
        runtime, username="elena", name="Elena", role=StaffRole.HOST, offices=["norte"], password=PASSWORD
    )
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate"))
    async with app_server.client() as client:
        await sign_in(client, "elena")
        async with client.get(f"/staff/tickets/{issued.ticket.id}/slip") as answer:
            assert answer.status == 403


async def test_slip_of_unknown_ticket_is_not_found(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        async with client.get("/staff/tickets/none/slip") as answer:
            assert answer.status == 404
