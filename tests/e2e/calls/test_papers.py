"""Documents, texts to accept and the document camera in a call between two browsers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from office360.core.runtime import Runtime
from office360.rooms.actions.accept_text import CODE_PURPOSE
from office360.rooms.domain.acceptance import code_subject
from office360.rooms.storage.acceptance_rows import room_acceptances
from playwright.async_api import Page, Route, expect

from ...rooms.support.accepted_texts import store_texts
from ...rooms.support.documents import pdf
from ...rooms.support.video_appointments import BookedVideoAppointment
from ...support.chromium import PEER_CONNECTION_JS
from ...support.timeouts import PAGE_TIMEOUT_MS
from ..support.video_call import PICTURE_WIDTH, BrowserCall

pytestmark = pytest.mark.e2e

TEXT = {"title": {"es": "Consulta de mis datos"}, "body": {"es": "Autorizo la consulta.\n\nUna sola vez."}}
SENT_PICTURE_JS = f"""() => {{
  const sender = {PEER_CONNECTION_JS}.getSenders().find((one) => one.track?.kind === "video");
  const {{ width }} = sender.track.getSettings();
  return [width, sender.track.contentHint, sender.getParameters().degradationPreference ?? null];
}}"""


@pytest.fixture
async def booked(runtime: Runtime, booked: BookedVideoAppointment) -> BookedVideoAppointment:
    """The appointment of Amina, in an office with a text to accept."""
    await store_texts(runtime, booked, {"query": TEXT})
    return booked


async def expect_sent_picture(page: Page, expected: list[int | str | None]) -> None:
    """Expect width, content hint and priority of the picture that a page sends."""
    sent = None
    try:
        async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
            while (sent := await page.evaluate(SENT_PICTURE_JS)) != expected:
                await page.wait_for_timeout(100)
    except TimeoutError:
        raise AssertionError(f"it sends {sent}") from None


async def test_document_survives_a_cut_and_text_is_accepted(call: BrowserCall, tmp_path: Path) -> None:
    citizen, agent = call.citizen, call.agent
    cuts = 0

    async def cut_third_part(route: Route) -> None:
        nonlocal cuts
        cuts += route.request.method == "PATCH"
        await (route.abort("internetdisconnected") if cuts in (2, 3) else route.continue_())

    await citizen.route("**/documents/*", cut_third_part)
    content = pdf(700 * 1024)
    (tmp_path / "nómina.pdf").write_bytes(content)
    await citizen.get_by_role("button", name="Más").click()
    await citizen.get_by_role("button", name="Enviar un documento").click()
    (tmp_path / "notas.txt").write_text("hola, esto no es un documento")
    for refused, size in (("notas.txt", 0), ("enorme.pdf", 11 << 20)):  # both before anything is sent
        if size:
            (tmp_path / refused).write_bytes(pdf(size))
        await citizen.locator("input[type=file]").first.set_input_files(tmp_path / refused)
        await expect(citizen.get_by_role("alert").get_by_text(refused)).to_be_visible()
    assert cuts == 0
    await citizen.locator("input[type=file]").first.set_input_files(tmp_path / "nómina.pdf")
    await expect(citizen.get_by_role("link", name="nómina.pdf")).to_be_visible()
    assert cuts > 3
    await agent.get_by_text("Amina ha enviado nómina.pdf").wait_for()
    await agent.get_by_role("button", name="Ver", exact=True).click()
    async with agent.expect_download() as download:
        await agent.get_by_role("link", name="nómina.pdf").click()
    assert Path(await (await download.value).path()).read_bytes() == content  # noqa: ASYNC240 - a test

    await agent.get_by_role("button", name="Ofrecerlo").click()
    await expect(citizen.get_by_text("Autorizo la consulta.")).to_be_visible()
    await citizen.get_by_role("button", name="Lo acepto", exact=True).click()
    await expect(citizen.get_by_text("Hemos enviado un código a a•••@example.org")).to_be_visible()
    async with call.server.runtime.read_session() as session:
        (offered,) = await room_acceptances(session, call.booking.appointment.id)
    code = call.server.runtime.tokens.derive_code(CODE_PURPOSE, code_subject(offered.id, 1))
    await citizen.get_by_label("Código de seis cifras").fill("1")
    await citizen.get_by_role("button", name="Aceptar el texto").click()
    await expect(citizen.get_by_text("Ese no es el código.")).to_be_visible()
    await citizen.get_by_label("Código de seis cifras").fill(f"{code[:3]} {code[3:]}")
    await citizen.get_by_role("button", name="Aceptar el texto").click()
    await expect(citizen.get_by_text("Lo aceptaste a las 11:55.")).to_be_visible()
    await expect(agent.get_by_text("Aceptado a las 11:55, código enviado a")).to_be_visible()

    await agent.locator(".tools [data-switch='camera']").click()  # both pages share one fake camera, and its size
    await citizen.get_by_role("button", name="Cerrar").click()
    assert (await citizen.evaluate(SENT_PICTURE_JS))[0] == PICTURE_WIDTH
    await citizen.get_by_role("button", name="Más").click()
    await citizen.get_by_role("button", name="Enseñar un documento").click()
    await expect(agent.locator(".tile.screen")).to_be_visible()
    await expect(agent.get_by_role("button", name="Más grande")).to_be_visible()
    await expect_sent_picture(citizen, [1920, "detail", "maintain-resolution"])
    await citizen.get_by_role("button", name="Parar").click()
    await expect(agent.locator(".tile.screen")).to_have_count(0)
    await expect_sent_picture(citizen, [PICTURE_WIDTH, "", "balanced"])
    await agent.get_by_role("button", name="Terminar", exact=True).click()
    await agent.get_by_role("button", name="Terminar la llamada").click()
    for page in (citizen, agent):
        await expect(page.get_by_role("link", name="nómina.pdf")).to_be_visible()
        await expect(page.get_by_text("Consulta de mis datos", exact=True)).to_be_visible()
