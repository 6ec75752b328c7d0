"""Pages of Look and law over real HTTP, and every page that shows what they save."""

from __future__ import annotations

import html
import io
import re
import threading
from collections.abc import AsyncIterator

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.management.web.look import look_pages
from office360.management.web.look.look_pages import LOOK_PATH
from office360.notifications.domain.message_content import OutboxMessage
from office360.notifications.email.writer import EmailWriter
from office360.offices.domain.theme import legible_plaque
from office360.offices.queries.current_site import set_default_help_phone
from office360.offices.service import (
    Logo,
    SiteProfile,
    SiteSection,
    clean_logo,
    current_site,
    declared_fields,
    read_site,
)
from office360.server.web.site_files import LOGO_POLICY
from office360.staff.actions import accounts
from PIL import Image

from ...conftest import AppServer
from ...notifications.support.payloads import appointment_payload
from ...staff.conftest import CSRF, PASSWORD, sign_in

SVG_LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10" onload="alert(1)"><script>alert(1)</script>'
    b'<path d="M1 1h8v8h-8z" fill="#8B1E3F"/></svg>'
)
NAMES = {"names.es": "Ayuntamiento de Valdemora", "names.en": "Valdemora City Council"}


def png_logo() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (40, 20), (139, 30, 63)).save(output, "PNG")
    return output.getvalue()


@pytest.fixture
async def elena(app_server: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    """An administrator who is signed in."""
    async for client in signed_in(app_server, "elena", StaffRole.ADMINISTRATOR):
        yield client


async def signed_in(server: AppServer, username: str, role: StaffRole) -> AsyncIterator[aiohttp.ClientSession]:
    await accounts.create_user(
        server.runtime, username=username, name=username.capitalize(), role=role, password=PASSWORD
    )
    async with server.client() as client:
        await sign_in(client, username)
        yield client


async def read(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        assert answer.status == 200, path
        return html.unescape(await answer.text())


async def hidden_fields(client: aiohttp.ClientSession, section: str) -> dict[str, str]:
    """Return the hidden fields of a form: the token, and the version of its values."""
    page = await read(client, f"{LOOK_PATH}/{section}")
    found = CSRF.search(page)
    assert found is not None
    loaded = re.findall(r"name=\"(loaded)\" value=\"(\{.*?\})\"", page)
    return {"csrf": found.group(1), **dict(loaded)}


async def send(
    client: aiohttp.ClientSession, section: str, values: dict[str, str], hidden: dict[str, str] | None = None
) -> tuple[int, str]:
    """Send a section's form as a browser does. Returns status and page; 303 if it was saved."""
    form = {**(hidden or await hidden_fields(client, section)), **values}
    async with client.post(f"{LOOK_PATH}/{section}", data=form, allow_redirects=False) as answer:
        return answer.status, html.unescape(await answer.text())


async def upload(client: aiohttp.ClientSession, content: bytes, name: str = "logo.svg") -> tuple[int, str]:
    form = aiohttp.FormData()
    form.add_field("csrf", (await hidden_fields(client, "logo"))["csrf"])
    form.add_field("logo", io.BytesIO(content), filename=name, content_type="image/svg+xml")
    async with client.post(f"{LOOK_PATH}/logo", data=form, allow_redirects=False) as answer:
        return answer.status, html.unescape(await answer.text())


async def test_manager_has_no_access(app_server: AppServer) -> None:
    async for client in signed_in(app_server, "carmen", StaffRole.MANAGER):
        assert LOOK_PATH not in await read(client, "/staff/manage")
        csrf = CSRF.search(await read(client, "/staff/manage"))
        assert csrf is not None
        for path in (LOOK_PATH, f"{LOOK_PATH}/law", f"{LOOK_PATH}/sample.css"):
            async with client.get(path) as answer:
                assert answer.status == 403, path
        for path in (f"{LOOK_PATH}/organisation", f"{LOOK_PATH}/logo"):
            async with client.post(path, data={"csrf": csrf.group(1), **NAMES}) as answer:
                assert answer.status == 403, path
    assert (await read_site(app_server.runtime)).version == 0


async def test_form_without_token_saves_nothing(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    assert (await send(elena, "organisation", NAMES, {"csrf": "forged"}))[0] == 403
    async with elena.post(f"{LOOK_PATH}/logo", data={"csrf": "forged", "remove": "1"}) as answer:
        assert answer.status == 403
    assert (await read_site(app_server.runtime)).version == 0


async def test_new_installation_invents_nothing(elena: aiohttp.ClientSession) -> None:
    home = await read(elena, "/")
    assert "· Office 360</title>" in home
    assert "Teléfono de ayuda" not in home
    assert colour_rules(home) == []
    assert "900 000 360" not in home
    privacy, statement = await read(elena, "/privacy"), await read(elena, "/accessibility")
    assert privacy.count("La organización aún no ha dado este dato.") == 5
    assert "La organización aún no ha dado su declaración de accesibilidad." in statement
    assert "conforme con" not in statement
    assert "Faltan" in await read(elena, LOOK_PATH)


async def test_saved_name_is_on_every_page(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    saved = await send(elena, "organisation", {**NAMES, "short_name": "Valdemora", "help_phone": "010"})
    assert saved[0] == 303
    for path in ("/", "/staff/", "/o/centro", "/o/centro/display", "/no/such/page"):
        async with elena.get(path) as answer:
            page = await answer.text()
        assert "· Ayuntamiento de Valdemora</title>" in page, path
    assert "Valdemora City Council" in await read(elena, "/?lang=en")
    assert re.search(r'class="brand" href="/">.*<span>Ayuntamiento de Valdemora', await read(elena, "/?lang=es"))
    assert re.search(r'Teléfono de ayuda:.{,80}href="tel:010"', await read(elena, "/"))
    assert "<small>Ayuntamiento de Valdemora</small>" in await read(elena, "/o/centro/display")
    async with elena.get("/manifest.webmanifest") as answer:
        manifest = await answer.json(content_type=None)
    assert (manifest["name"], manifest["short_name"]) == ("Ayuntamiento de Valdemora", "Valdemora")


async def test_wrong_values_stay_in_the_form_beside_their_error(
    app_server: AppServer, elena: aiohttp.ClientSession
) -> None:
    status, page = await send(elena, "organisation", {**NAMES, "help_phone": "llámanos"})
    assert status == 422
    assert re.search(r'id="help_phone"[^>]*value="llámanos"[^>]*aria-invalid="true"', page)
    assert "Escríbelo como se marca, por ejemplo 010" in page
    assert 'value="Valdemora City Council"' in page
    status, page = await send(elena, "law", {"controller_email": "datos", "legal_basis.es": "Porque sí"})
    assert status == 422
    assert "Porque sí</textarea>" in page
    assert "Falta la arroba" in page
    assert (await read_site(app_server.runtime)).version == 0


async def test_second_administrator_sees_the_first_ones_change(elena: aiohttp.ClientSession) -> None:
    stale = await hidden_fields(elena, "organisation")
    await send(elena, "organisation", {**NAMES, "help_phone": "010"})
    typed = {"names.es": "Otro nombre", "names.en": "Valdemora City Council", "help_phone": "010"}
    status, page = await send(elena, "organisation", typed, stale)
    assert status == 409
    assert "Otra persona guardó esta página después de que la abrieras." in page
    assert "Nombre de la organización (Español) ahora es: Ayuntamiento de Valdemora" in page
    assert 'value="Otro nombre"' in page
    again = {**stale, **dict(re.findall(r"name=\"(loaded)\" value=\"(\{.*?\})\"", page))}
    assert (await send(elena, "organisation", typed, again))[0] == 303
    assert "Otro nombre" in await read(elena, "/")


async def test_other_section_does_not_disturb(elena: aiohttp.ClientSession) -> None:
    stale = await hidden_fields(elena, "law")
    await send(elena, "organisation", NAMES)
    assert (await send(elena, "law", {"controller_name": "Ayuntamiento de Valdemora"}, stale))[0] == 303
    assert "Ayuntamiento de Valdemora" in await read(elena, "/privacy")


async def test_last_change_is_undone_from_its_page(elena: aiohttp.ClientSession) -> None:
    await send(elena, "organisation", NAMES)
    page = await read(elena, LOOK_PATH)
    (path,) = re.findall(r'action="(/staff/manage/audit/[^"]+/undo)"', page)
    form = dict(re.findall(r'name="(csrf)" value="([^"]+)"', page))
    assert "Último cambio" in page
    async with elena.post(path, data=form) as answer:
        assert answer.status == 200
    assert "· Office 360</title>" in await read(elena, "/")
    async with elena.post(path, data=form) as answer:
        assert answer.status == 409


async def test_logo_is_not_undone_as_its_picture_is_gone(elena: aiohttp.ClientSession) -> None:
    await upload(elena, png_logo(), "logo.png")
    assert "/undo" not in await read(elena, LOOK_PATH)
    assert "/undo" not in await read(elena, "/staff/manage/audit")


async def test_colours_are_undone_from_the_audit(elena: aiohttp.ClientSession) -> None:
    await send(elena, "colours", {"primary_colour": "#8B1E3F"})
    await send(elena, "organisation", NAMES)  # another value: the older change can still be undone
    audit = await read(elena, "/staff/manage/audit")
    undo = re.findall(r'action="(/staff/manage/audit/[^"]+/undo)"', audit)
    form = {"csrf": re.findall(r'name="csrf" value="([^"]+)"', audit)[0]}
    async with elena.post(undo[1], data=form) as answer:
        assert (answer.status, answer.url.path) == (200, LOOK_PATH)
    assert 'value="#8B1E3F"' not in await read(elena, f"{LOOK_PATH}/colours")
    assert undo[1] not in await read(elena, "/staff/manage/audit")


# Colours


async def test_pale_colour_is_refused_with_the_nearest_legible_one(elena: aiohttp.ClientSession) -> None:
    status, page = await send(elena, "colours", {"primary_colour": "#F29BB0"})
    assert status == 422
    assert "Demasiado pálido para leerlo: 1,8 a 1" in page
    assert 'value="#F29BB0"' in page
    status, page = await send(elena, "colours", {"primary_colour": "#F29BB0", "nearest": "primary_colour"})
    assert (status, 'name="primary_colour" class="short number" value="#A4546A"' in page) == (200, True)


async def test_preview_changes_nothing(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    status, page = await send(elena, "colours", {"primary_colour": "#8b1e3f", "step": "preview"})
    assert (status, (await read_site(app_server.runtime)).version) == (200, 0)
    address = re.search(r'href="([^"]+sample.css[^"]+)"', page)
    assert address is not None
    css = await read(elena, address.group(1))
    assert ".sample { --primary: #8B1E3F;" in css
    assert "7,7 : 1" in page


async def test_sample_holds_no_text_of_its_address(elena: aiohttp.ClientSession) -> None:
    css = await read(elena, f"{LOOK_PATH}/sample.css?primary=red;}}body{{display:none&plaque=%23F2B705")
    assert "display" not in css
    assert f"--plaque: {legible_plaque('#F2B705')};" in css


async def test_saved_colours_are_on_pages_manifest_and_email(
    app_server: AppServer, elena: aiohttp.ClientSession
) -> None:
    await send(elena, "colours", {"primary_colour": "#8b1e3f", "plaque_colour": "#5B2A86"})
    (rules,) = colour_rules(await read(elena, "/"))
    assert "--primary: #8B1E3F" in rules
    async with elena.get("/manifest.webmanifest") as answer:
        assert (await answer.json(content_type=None))["theme_color"] == "#5B2A86"
    email = write_email(app_server)
    assert "background: #8B1E3F" in email
    assert "#0B5C6B" not in email


def colour_rules(page: str) -> list[str]:
    """Return the rules of a page that override the design tokens."""
    return re.findall(r'<style nonce="[^"]+">(:root { --.*?)</style>', page, re.DOTALL)


def write_email(server: AppServer) -> str:
    """Write an e-mail with the templates of a running process."""
    runtime = server.runtime
    writer = EmailWriter(server.lifespan_state["pages"], runtime.tokens, runtime.public_url, "a@example.org")
    payload = appointment_payload(runtime.tokens)
    message = OutboxMessage(
        "01", "k:1", "email", "appointment_confirmed", "amina@example.org", "es", payload, runtime.now()
    )
    return writer.write(message, runtime.now()).html


# Logo


async def test_logo_stands_in_head_email_display_and_poster(
    app_server: AppServer, elena: aiohttp.ClientSession
) -> None:
    await send(elena, "organisation", NAMES)
    assert (await upload(elena, png_logo(), "logo.png"))[0] == 303
    path = current_site(app_server.runtime).logo_path
    for page in ("/", "/o/centro/display", "/privacy"):
        assert f'<img class="logo" src="{path}" alt="">' in await read(elena, page), page
    assert f'src="{app_server.runtime.public_url}{path}"' in write_email(app_server)
    async with elena.get("/staff/posters/centro.pdf") as answer:
        assert b"/Subtype /Image" in await answer.read()


async def test_svg_logo_is_served_clean_and_confined(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    assert (await upload(elena, SVG_LOGO))[0] == 303
    async with elena.get(current_site(app_server.runtime).logo_path) as answer:
        content = await answer.text()
        assert answer.content_type == "image/svg+xml"
        assert answer.headers["Content-Security-Policy"] == LOGO_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"].endswith("immutable")
    assert "alert" not in content
    assert 'fill="#8B1E3F"' in content
    assert "<img" not in write_email(app_server)  # mail programs show no SVG


async def test_unusable_logo_is_refused_in_place(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    for content, text in (
        (b"", "Completa este dato."),
        (b"GIF89a", "Elige un PNG o un SVG."),
        (b"x" * 1_500_000, "La imagen es demasiado grande. El límite es 1000 kB."),
    ):
        status, page = await upload(elena, content)
        assert status == 422
        assert re.search(rf'id="logo-error">.*{re.escape(text)}', page)
    assert (await read_site(app_server.runtime)).logo is None


async def test_logo_is_cleaned_beside_the_event_loop(
    app_server: AppServer, elena: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def clean_and_note(content: bytes) -> Logo:
        threads.append(threading.current_thread())
        return clean_logo(content)

    monkeypatch.setattr(look_pages, "clean_logo", clean_and_note)
    assert (await upload(elena, png_logo()))[0] == 303
    assert threading.current_thread() not in threads
    assert len(threads) == 1


async def test_removed_logo_gives_way_to_the_mark(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    await upload(elena, SVG_LOGO)
    form = {"csrf": (await hidden_fields(elena, "logo"))["csrf"], "remove": "1"}
    async with elena.post(f"{LOOK_PATH}/logo", data=form) as answer:
        assert answer.status == 200
    assert "/logo?" not in await read(elena, "/")
    async with elena.get("/logo") as answer:
        assert answer.status == 404


# Legal pages


async def test_legal_pages_show_the_organisations_texts(elena: aiohttp.ClientSession) -> None:
    await send(elena, "organisation", {**NAMES, "help_phone": "010"})
    await send(
        elena,
        "law",
        {
            "controller_name": "Ayuntamiento de Valdemora",
            "controller_address": "Plaza Mayor, 1",
            "officer_contact": "dpd@example.org",
            "legal_basis.es": "Primero.\r\n\r\nSegundo: https://example.org/norma",
            "retention.es": "Cinco años <script>",
            "complaint_authority.en": "The authority.",
        },
    )
    await send(
        elena,
        "accessibility",
        {
            "conformance": "partial",
            "accessibility_law.es": "la norma de ejemplo",
            "gaps.es": "Los mapas.",
            "assessment": "self",
            "prepared_on": "2026-11-20",
            "enforcement.es": "Escribe a la entidad.",
        },
    )
    async with elena.get("/privacy") as answer:
        privacy = await answer.text()
    assert "<p>Primero.</p><p>Segundo: <a href=" in privacy
    assert "Cinco años &lt;script&gt;" in privacy
    assert re.search(r'lang="en"[^>]*><p>The authority.</p>', privacy)
    assert "30 días después de tu cita o turno" in privacy
    statement = await read(elena, "/accessibility")
    assert "Ayuntamiento de Valdemora se compromete" in statement
    assert "de conformidad con la norma de ejemplo" in statement
    assert "parcialmente conforme" in statement
    assert "20 de noviembre de 2026" in statement
    assert "Los mapas." in statement
    assert "no ha dado este dato" in statement  # how to give feedback


async def test_look_page_speaks_the_readers_language(elena: aiohttp.ClientSession) -> None:
    page = await read(elena, f"{LOOK_PATH}/accessibility?lang=en")
    assert "Compliance status" in page
    assert "The model statement of the European Union." in page


async def test_unknown_section_is_not_found(elena: aiohttp.ClientSession) -> None:
    async with elena.get(f"{LOOK_PATH}/motto") as answer:
        assert answer.status == 404


async def test_telephone_of_the_settings_is_shown(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    set_default_help_phone(app_server.runtime, "900 111 111")
    assert 'href="tel:+34900111111"' in await read(elena, "/")


async def test_look_marks_what_a_site_in_use_needs(app_server: AppServer, elena: aiohttp.ClientSession) -> None:
    """The marked items are those that the overview and `office360 check` name."""

    async def marked(section: SiteSection) -> set[str]:
        page = await read(elena, f"{LOOK_PATH}/{section}")
        single = re.findall(r'for="(\w+)">[^<]*\(necesario\)<', page)
        both = re.findall(r'<legend>[^<]*\(necesario\)</legend>.*?name="(\w+)\.es"', page, re.DOTALL)
        return {*single, *both}

    found = [name for section in SiteSection for name in await marked(section)]
    assert sorted(found) == sorted(key for key, kind in declared_fields(SiteProfile).items() if kind.needed_for)
    assert await marked(SiteSection.ORGANISATION) == {"names", "help_phone"}
    set_default_help_phone(app_server.runtime, "900 111 111")
    assert await marked(SiteSection.ORGANISATION) == {"names"}
