"""Conversations with a language model, whose additions are asked about."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.offices.service import Office
from office360.server.settings import Settings

from ...conftest import AppServer, FakeClock, serve_app
from ..support.client import open_chat_client
from ..support.fake_chat_model import FakeChatModel, run_chat_model

UNKNOWN = "me apaño fatal con el asunto del arenque ahumado"
CERTIFICATE = "cita para Certificado digital"


@pytest.fixture
async def model() -> AsyncIterator[FakeChatModel]:
    async with run_chat_model() as running:
        yield running


@pytest.fixture
async def server(
    settings: Settings, clock: FakeClock, office: Office, model: FakeChatModel
) -> AsyncIterator[AppServer]:
    async with serve_app(settings.model_copy(update=model.settings), clock) as running:
        yield running


async def test_rewritten_service_is_asked_about(server: AppServer, model: FakeChatModel) -> None:
    model.phrases = [(phrase, "arenque") for phrase in (CERTIFICATE, "sí", "quiero pedir cita")]
    async with open_chat_client(server) as amina:
        await amina.say(UNKNOWN)
        assert amina.choices[0]["value"] == "service:certificate"
        assert len(model.received) == 1
        await amina.press("Certificado")
        assert len(model.received) == 1


async def test_details_and_danger_are_never_sent(server: AppServer, model: FakeChatModel) -> None:
    async with open_chat_client(server) as amina:
        await amina.say("mi marido me va a matar esta noche")
        await amina.say("certificado digital por vídeo el viernes a las 9")
        for text in ("la de siempre, la hija del herrero", "Amina Haddad", "pues el de casa de toda la vida"):
            await amina.say(text)
    assert model.received == []


async def test_privacy_page_names_the_operator(server: AppServer) -> None:
    async with server.client(headers={"Accept-Language": "en"}) as client:
        page = await (await client.get("/privacy")).text()
    assert "Example Models gets it" in page


async def test_no_model_is_asked_by_default(app_server: AppServer) -> None:
    async with open_chat_client(app_server) as amina:
        await amina.say(UNKNOWN)
    async with app_server.client(headers={"Accept-Language": "en"}) as client:
        assert "language model" not in await (await client.get("/privacy")).text()
