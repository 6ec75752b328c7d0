"""The form of a test message: what it says about each channel."""

from __future__ import annotations

import pytest
from office360.server.settings import Settings

from ....conftest import AppServer
from ...conftest import SignIn


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with WhatsApp."""
    return settings.model_copy(update={"whatsapp_number_id": "106700", "whatsapp_token": "EAA"})


async def test_channel_by_number_asks_for_a_number(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get("/staff/manage/messages/test")
    for channel in ("SMS", "WhatsApp"):
        assert f"{channel} To the number that you write" in page.text
    assert "For SMS, WhatsApp. Such as 600 000 000" in page.text
