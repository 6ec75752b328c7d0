"""Visual checks of documents and texts of a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from office360.core.runtime import Runtime
from playwright.async_api import Page, expect

from ...rooms.support.accepted_texts import store_texts
from ...rooms.support.documents import pdf
from ...rooms.support.video_appointments import BookedVideoAppointment
from ..support.axe import ALL_RULES, CONTRAST_RULE
from ..support.video_call import (
    BrowserCall,
)
from ..support.visual_check import ScreenVariant, VisualCheck

pytestmark = pytest.mark.e2e

VARIANTS = (
    ScreenVariant("phone", 390, 844, "light", ALL_RULES),
    ScreenVariant("phone on its side", 844, 390, "light", None),
    ScreenVariant("desk", 1280, 800, "dark", CONTRAST_RULE),
)
DESK = (ScreenVariant("desk", 1280, 800, "light", ALL_RULES),)
BODY = "Autorizo a la oficina a consultar mis datos del padrón.\n\nVale para este trámite, una sola vez."
TEXT = {"title": {"es": "Consulta de mis datos"}, "body": {"es": BODY}}


# Whether the picture of the other person is shown whole, with nothing but its name over it.
WHOLE_PICTURE_JS = """() => {
  const video = document.querySelector(".tile video");
  const box = video.getBoundingClientRect();
  const own = document.querySelector("[data-self]");
  const ownBox = own.getBoundingClientRect();
  const isApart = !own.checkVisibility() || ownBox.left >= box.right || ownBox.top >= box.bottom;
  const atCorners = [[5, -5], [-5, -5]].map(([x, y]) => [(x < 0 ? box.right : box.left) + x, box.bottom + y]);
  const isUncovered = atCorners.every(([x, y]) => document.elementFromPoint(x, y)?.closest(".tile"));
  return { fit: getComputedStyle(video).objectFit, isApart, isUncovered };
}"""
WHOLE_PICTURE = {"fit": "contain", "isApart": True, "isUncovered": True}


async def expect_whole_picture_beside_panel(citizen: Page) -> None:
    """Expect the agent's whole picture beside the panel, on a phone held both ways."""
    for width, height in ((844, 390), (390, 844)):
        await citizen.set_viewport_size({"width": width, "height": height})
        for tab in ("Texto", "Chat", "Documentos"):
            await citizen.get_by_role("tab", name=tab).click()
            assert await citizen.evaluate(WHOLE_PICTURE_JS) == WHOLE_PICTURE, (width, tab)


@pytest.fixture
def booking_fields() -> dict[str, Any]:
    return {"phone": "+34600111222"}


@pytest.fixture
async def booked(runtime: Runtime, booked: BookedVideoAppointment) -> BookedVideoAppointment:
    """The appointment of Amina, in an office with a text to accept."""
    await store_texts(runtime, booked, {"query": TEXT})
    return booked


async def check_desk(eyes: VisualCheck, agent: Page, name: str) -> None:
    """Check the agent's page at the size at which the panel is beside the picture."""
    await eyes.check_page(agent, name, DESK)
    await agent.set_viewport_size({"width": 1280, "height": 800})


async def check_phone(eyes: VisualCheck, citizen: Page, name: str) -> None:
    """Check the citizen's page, which then has the size of a phone again."""
    await eyes.check_page(citizen, name, VARIANTS)
    await citizen.set_viewport_size({"width": 390, "height": 844})


async def test_documents_and_texts_pass_visual_check(call: BrowserCall, tmp_path: Path) -> None:
    eyes, citizen, agent = VisualCheck(), call.citizen, call.agent
    await citizen.get_by_role("button", name="Más").click()
    await citizen.get_by_role("button", name="Enviar un documento").click()
    await agent.get_by_role("tab", name="Documentos").click()
    await expect_whole_picture_beside_panel(citizen)
    await eyes.check_page(citizen, "papers empty", VARIANTS)
    await check_desk(eyes, agent, "staff papers empty")

    (tmp_path / "notas.txt").write_text("no es un documento")
    (tmp_path / "certificado de empadronamiento.pdf").write_bytes(pdf(40_000))
    await citizen.locator("input[type=file]").first.set_input_files(tmp_path / "notas.txt")
    await citizen.get_by_role("alert").get_by_text("notas.txt").wait_for()
    await eyes.check_page(citizen, "papers refused", VARIANTS)
    await citizen.route("**/documents/*", lambda route: route.abort("internetdisconnected"))
    await citizen.locator("input[type=file]").first.set_input_files(
        tmp_path / "certificado de empadronamiento.pdf"
    )
    await citizen.get_by_text("Sin conexión. Sigue sola cuando vuelva.").wait_for()
    await eyes.check_page(citizen, "papers uploading", VARIANTS)
    await citizen.unroute("**/documents/*")
    await agent.get_by_role("link", name="certificado de empadronamiento.pdf").wait_for()
    await eyes.check_page(citizen, "papers sent", VARIANTS)

    for answered in range(3):  # the first is declined, the second waits for its code
        await agent.get_by_role("button", name="Ofrecerlo").click()
        text = citizen.locator(".text-card").first
        await expect(text.get_by_role("button", name="Lo acepto", exact=True)).to_be_visible()
        if answered == 0:
            await eyes.check_page(citizen, "text offered", VARIANTS)
            await text.get_by_role("button", name="No lo acepto").first.click()
            await agent.get_by_text("No aceptado").wait_for()
            continue
        await text.get_by_role("button", name="Lo acepto", exact=True).click()
        await expect(text.get_by_text("Por SMS")).to_be_visible()
        await eyes.check_page(citizen, "text contact", VARIANTS)
        await text.get_by_role("button", name="Enviarme el código").click()
        await text.get_by_label("Código de seis cifras").fill("1")
        await text.get_by_role("button", name="Aceptar el texto").click()
        await citizen.get_by_text("Ese no es el código.").wait_for()
        await eyes.check_page(citizen, "text code wrong", VARIANTS)
        assert not await citizen.evaluate("document.documentElement.scrollHeight > innerHeight"), (
            "the page scrolls"
        )
        await check_desk(eyes, agent, "staff texts")
        break
    eyes.assert_no_flaws()
