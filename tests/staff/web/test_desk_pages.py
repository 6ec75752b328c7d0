"""Login, logout, desk pages and posters, over real HTTP."""

from __future__ import annotations

import asyncio

import pypdfium2
import zxingcpp
from office360.core.auth import StaffRole
from office360.core.web.authentication import STAFF_COOKIE
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import ClosureRow
from office360.queue.service import TicketRequest, call_next, desk_id_for_agent, take_ticket
from office360.staff.actions import accounts

from ...conftest import AppServer, FakeClock
from ..conftest import PASSWORD, fetch_csrf_token, load_principal, post, sign_in


async def test_signing_in_redirects_agent_to_desk(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        answer = await sign_in(client, "boris")
        assert (answer.status, answer.headers["Location"]) == (303, "/staff/desk")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert "max-age" not in cookie.lower()
        async with client.get("/staff/", allow_redirects=False) as again:
            assert (again.status, again.headers["Location"]) == (303, "/staff/desk")


async def test_wrong_login_keeps_username_but_not_password(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        known = await sign_in(client, "boris", "a wrong password")
        unknown = await sign_in(client, "nobody", "a wrong password")
        page = await known.text()
        assert known.status == unknown.status == 422
        assert "El usuario o la contraseña no coinciden" in page
        assert 'value="boris"' in page
        assert "a wrong password" not in page
        assert STAFF_COOKIE not in known.cookies
        assert (await unknown.text()).count("no coinciden") == page.count("no coinciden")


async def test_empty_login_reports_both_fields(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        page = await (await sign_in(client, " ", "")).text()
    assert '<a href="#user">Usuario: ' in page
    assert '<a href="#password">Contraseña: ' in page


async def test_json_login_reports_invalid_fields(app_server: AppServer, staff: dict[str, str]) -> None:
    headers = {"Accept": "application/json"}
    async with app_server.client() as client:
        csrf = await fetch_csrf_token(client, "/staff/")
        for user, password, expected in (
            ("", "", [("user", "required"), ("password", "required")]),
            ("boris", "", [("password", "required")]),
            ("boris", "a wrong password", [("user", "wrong_login"), ("password", "wrong_login")]),
        ):
            form = {"csrf": csrf, "user": user, "password": password}
            answer = await post(client, "/staff/login", data=form, headers=headers)
            assert (answer.status, answer.content_type) == (422, "application/problem+json")
            problem = await answer.json(content_type=None)
            assert [(error["field"], error["code"]) for error in problem["errors"]] == expected
            assert all(error["message"] for error in problem["errors"])
        for _ in range(5):
            answer = await post(client, "/staff/login", data=form, headers=headers)
        assert (answer.status, answer.headers["Retry-After"]) == (429, "900")
        assert (await answer.json(content_type=None))["code"] == "rate_limited"


async def test_too_many_logins_show_waiting_time(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        for _ in range(5):
            assert (await sign_in(client, "boris", "a wrong password")).status == 422
        answer = await sign_in(client, "boris")
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "900"
        assert "dentro de 15 min" in await answer.text()


async def test_login_without_csrf_token_is_refused(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        answer = await post(client, "/staff/login", data={"user": "boris", "password": PASSWORD})
        assert answer.status == 403


async def test_login_redirects_to_safe_requested_page(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        csrf = await fetch_csrf_token(client, "/staff/?next=/staff/rooms/01J?admit=2")
        form = {"csrf": csrf, "user": "boris", "password": PASSWORD}
        for wanted, location in [
            ("/staff/rooms/01J?admit=2", "/staff/rooms/01J?admit=2"),
            ("https://example.org/", "/staff/desk"),
        ]:
            answer = await post(client, "/staff/login", data={**form, "next": wanted}, allow_redirects=False)
            assert answer.headers["Location"] == location


async def test_desk_without_session_redirects_to_login(app_server: AppServer) -> None:
    async with app_server.client() as client, client.get("/staff/desk", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/staff/?next=/staff/desk")


async def test_logout_ends_session_and_closes_desk(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        await open_desk_by_form(client, office.desks[0].id)
        token = {cookie.key: cookie.value for cookie in client.cookie_jar}[STAFF_COOKIE]
        csrf = await fetch_csrf_token(client, "/staff/desk")
        answer = await post(client, "/staff/logout", data={"csrf": csrf}, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/staff/")
    runtime = app_server.runtime
    assert await accounts.authenticate(runtime, cookie=token, bearer=None) is None
    async with runtime.read_session() as session:
        assert await desk_id_for_agent(session, staff["boris"]) is None


async def open_desk_by_form(client, desk_id: str, office: str = "centro"):  # type: ignore[no-untyped-def]
    csrf = await fetch_csrf_token(client, "/staff/desk")
    form = {"csrf": csrf, "desk": desk_id, "office": office}
    return await post(client, "/staff/desk/open", data=form, allow_redirects=False)


async def test_agent_without_desk_chooses_desk_of_own_office(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/staff/desk?office=norte") as answer:
            page = await answer.text()
        assert all(f'value="{desk.id}"' in page for desk in office.desks)
        assert "Oficina Norte" not in page
        opened = await open_desk_by_form(client, office.desks[1].id)
        assert (opened.status, opened.headers["Location"]) == (303, "/staff/desk")
        async with client.get("/staff/desk") as answer:
            page = await answer.text()
        assert "<title>Mesa 2" in page
        assert "Llamar al siguiente" in page


async def test_desk_choice_preselects_open_office(
    app_server: AppServer, staff: dict[str, str], office: Office
) -> None:
    runtime = app_server.runtime
    async with runtime.transaction() as tx:
        tx.session.add(ClosureRow(office_id=office.id, day=runtime.now().date(), reason="Fiesta local"))
        await bump_office_versions(tx.session, [office.id])
    await accounts.create_user(
        runtime,
        username="elena",
        name="Elena",
        role=StaffRole.AGENT,
        offices=["centro", "norte"],
        password=PASSWORD,
    )
    async with app_server.client() as client:
        await sign_in(client, "elena")
        for path, expected in (("/staff/desk", "norte"), ("/staff/desk?office=centro", "centro")):
            async with client.get(path) as page:
                assert f'name="office" value="{expected}"' in await page.text()


async def test_taken_desk_is_refused_and_choice_is_shown_again(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    async with app_server.client() as boris, app_server.client() as carmen:
        await asyncio.gather(sign_in(boris, "boris"), sign_in(carmen, "carmen"))
        await open_desk_by_form(carmen, office.desks[0].id)
        answer = await open_desk_by_form(boris, office.desks[0].id)
        page = await answer.text()
        assert answer.status == 409
        assert 'class="problems"' in page
        assert "Carmen" in page


async def test_missing_or_unknown_desk_shows_choice_again(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        for desk_id in ("", "made up"):
            answer = await open_desk_by_form(client, desk_id)
            assert answer.status == 409
            assert "Elige la mesa en la que estás" in await answer.text()


async def test_desk_of_other_office_is_refused(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    async with app_server.client() as client:
        await sign_in(client, "diego")
        assert (await open_desk_by_form(client, office.desks[0].id, "norte")).status == 403


async def test_desk_console_is_rendered_without_scripts(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate", name="Amina", device="a"))
    other = await take_ticket(runtime, "centro", TicketRequest(service="documents", device="b"))
    async with app_server.client() as client:
        await sign_in(client, "boris")
        await open_desk_by_form(client, office.desks[0].id)
        await call_next(runtime, await load_principal(runtime, "boris"), office.desks[0].id)
        async with client.get("/staff/desk") as answer:
            page = await answer.text()
    called, waits = sorted(
        (issued.ticket, other.ticket), key=lambda ticket: f'data-ticket-id="{ticket.id}"' not in page
    )
    assert f'data-ticket-id="{called.id}"' in page
    assert 'data-state="called"' in page
    assert f'data-id="{waits.id}"' in page


async def test_desk_with_current_ticket_cannot_be_closed(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    await take_ticket(runtime, "centro", TicketRequest(service="certificate", device="a"))
    async with app_server.client() as client:
        await sign_in(client, "boris")
        await open_desk_by_form(client, office.desks[0].id)
        await call_next(runtime, await load_principal(runtime, "boris"), office.desks[0].id)
        csrf = await fetch_csrf_token(client, "/staff/desk")
        answer = await post(client, "/staff/desk/close", data={"csrf": csrf}, allow_redirects=False)
        assert answer.status == 409
        assert 'class="notice"' in await answer.text()


async def test_agent_with_current_ticket_cannot_sign_out(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    await take_ticket(runtime, "centro", TicketRequest(service="certificate", device="a"))
    async with app_server.client() as client:
        await sign_in(client, "boris")
        await open_desk_by_form(client, office.desks[0].id)
        await call_next(runtime, await load_principal(runtime, "boris"), office.desks[0].id)
        csrf = await fetch_csrf_token(client, "/staff/desk")
        answer = await post(client, "/staff/logout", data={"csrf": csrf}, allow_redirects=False)
        assert answer.status == 409
        assert 'class="notice"' in await answer.text()
        async with client.get("/staff/desk") as page:
            assert page.status == 200


async def test_closing_desk_redirects_to_choice(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        await open_desk_by_form(client, office.desks[0].id)
        csrf = await fetch_csrf_token(client, "/staff/desk")
        answer = await post(client, "/staff/desk/close", data={"csrf": csrf}, allow_redirects=False)
        assert answer.headers["Location"] == "/staff/desk?office=centro"
        async with client.get("/staff/desk") as page:
            assert f'value="{office.desks[0].id}"' in await page.text()


async def test_expired_session_redirects_to_login(
    app_server: AppServer, clock: FakeClock, staff: dict[str, str]
) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        clock.advance(hours=2)
        async with client.get("/staff/desk", allow_redirects=False) as answer:
            assert answer.status == 303


async def test_agent_downloads_poster_of_own_office(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/staff/posters/centro.pdf") as answer:
            pdf = await answer.read()
            assert (answer.status, answer.content_type) == (200, "application/pdf")
            assert answer.headers["Content-Disposition"] == 'attachment; filename="centro.pdf"'
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil().convert("L")
    assert [barcode.text for barcode in zxingcpp.read_barcodes(picture)] == [f"{app_server.url}/o/centro"]


async def test_poster_of_other_office_is_refused(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "diego")
        for office in ("centro", "nowhere"):
            async with client.get(f"/staff/posters/{office}.pdf") as answer:
                assert answer.status == 403


async def test_poster_without_session_redirects_to_login(app_server: AppServer, staff: dict[str, str]) -> None:
    path = "/staff/posters/centro.pdf"
    async with app_server.client() as client, client.get(path, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/staff/?next={path}")


async def test_desk_choice_links_to_poster_and_display(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/staff/desk") as answer:
            page = await answer.text()
    assert 'href="/staff/posters/centro.pdf"' in page
    assert 'href="/o/centro/display"' in page
