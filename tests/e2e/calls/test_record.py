"""Identity check, telephone and survey in a call between two browsers, and how they look."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from ..support.video_call import BrowserCall
from ..support.visual_check import VisualCheck
from .test_visual_papers import VARIANTS, check_desk, check_phone

pytestmark = pytest.mark.e2e


@pytest.fixture
def booking_fields() -> dict[str, Any]:
    return {"phone": "+34600111222"}


async def test_identity_telephone_and_survey_of_one_call(call: BrowserCall) -> None:
    citizen, agent, eyes = call.citizen, call.agent, VisualCheck()
    await agent.get_by_role("tab", name="Ficha", exact=True).click()
    await check_desk(eyes, agent, "person")

    # Identity: the person is asked, shows for ten seconds, and the camera comes back by itself.
    await agent.get_by_role("button", name="Enseñar anverso").click()
    asked = citizen.get_by_role("dialog", name="La oficina te pide ver el anverso de tu documento de identidad")
    await expect(asked).to_be_visible()
    await check_phone(eyes, citizen, "document asked")
    await asked.get_by_role("button", name="Ahora no").click()
    await expect(agent.get_by_text("La persona no quiere enseñarlo ahora.")).to_be_visible()
    await agent.get_by_role("button", name="Enseñar anverso").click()
    await asked.get_by_role("button", name="Enseñarlo").click()
    await expect(agent.get_by_text(re.compile("Míralo ahora: [0-9]+ s"))).to_be_visible()
    await expect(agent.locator(".tile.screen")).to_be_visible()
    await expect(citizen.get_by_text("Estás enseñando un documento.")).to_be_visible()
    await expect(agent.get_by_text("Lo ha enseñado. Puedes pedirlo otra vez.")).to_be_visible(timeout=15_000)
    await expect(agent.locator(".tile.screen")).to_have_count(0)
    await expect(agent.get_by_label("Anverso visto")).to_be_checked()

    await agent.get_by_role("button", name="Identidad comprobada").click()
    await expect(agent.get_by_text("Elige antes el tipo de documento.")).to_be_visible()
    await agent.get_by_label("Documento", exact=True).select_option("passport")
    for step in ("La cara coincide con la foto", "El nombre y el número son los del expediente"):
        await agent.get_by_label(step).check()
    await agent.get_by_role("button", name="Identidad comprobada").click()
    await expect(agent.get_by_text("Comprobada y anotada")).to_be_visible()

    # Telephone: the number is shown on a press, the citizen reads the masked number, and there is a way back.
    number = agent.get_by_role("link", name="600\N{NO-BREAK SPACE}111\N{NO-BREAK SPACE}222")
    assert "600111222" not in await agent.content()
    await agent.get_by_role("button", name="Ver el número").click()
    await expect(number).to_be_focused()
    await expect(number).to_have_attribute("href", "tel:+34600111222")
    told = citizen.get_by_text("La oficina te llama al 6•• ••• •22. Contesta al teléfono.").locator("visible=true")
    await agent.get_by_role("button", name="Seguir por teléfono").click()
    await expect(told).to_have_count(1)
    await agent.get_by_role("button", name="Volver a la videollamada").click()
    await expect(told).to_have_count(0)
    await agent.get_by_role("button", name="Seguir por teléfono").click()
    await expect(told).to_have_count(1)
    await expect(agent.get_by_text("Por teléfono desde").first).to_be_visible()
    await check_desk(eyes, agent, "person by phone")
    await check_phone(eyes, citizen, "by phone")

    await agent.get_by_role("navigation").get_by_role("button", name="Terminar").click()
    await agent.get_by_role("button", name="Terminar la llamada").click()
    # the timeline says it during the call, too: the page of its end is loaded after that
    await expect(
        agent.get_by_role("heading", name=re.compile("La videollamada con .* ha terminado"))
    ).to_be_visible()
    await expect(agent.get_by_text("Boris comprobó la identidad: Pasaporte").first).to_be_visible()
    await expect(agent.get_by_text("Boris miró el número de teléfono").first).to_be_visible()
    await expect(agent.get_by_text("Boris siguió por teléfono").first).to_be_visible()
    await check_desk(eyes, agent, "staff after papers")

    # Survey: on its own page, which the appointment offers too.
    await expect(citizen.get_by_role("heading", name="¿Qué tal ha ido la llamada?")).to_be_visible()
    await citizen.goto(f"{call.server.url}/a/{call.booking.token}")
    await eyes.check_page(citizen, "appointment to rate", VARIANTS)
    await citizen.get_by_role("link", name="Valorar la llamada").click()
    await expect(citizen.get_by_role("heading", name="¿Qué tal ha ido la llamada?")).to_be_visible()
    await eyes.check_page(citizen, "survey", VARIANTS)
    await citizen.goto(call.citizen_url)
    # Survey: a form on the citizen's page of the ended call.
    await expect(citizen.get_by_role("heading", name="¿Qué tal ha ido la llamada?")).to_be_visible()
    for group, face in (("En conjunto", "Bien"), ("Sonido", "Regular")):
        await citizen.get_by_role("group", name=group).get_by_label(face).check()
    await citizen.get_by_role("button", name="Enviar").click()
    await expect(citizen.get_by_text("La oficina lo lee. Puedes cambiarlo durante un día.")).to_be_visible()
    await expect(citizen.get_by_role("group", name="Sonido").get_by_label("Regular")).to_be_checked()
    eyes.assert_no_flaws()
