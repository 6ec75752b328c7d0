"""A test message by push to a registered device, over a push service."""

from __future__ import annotations

import re

import pytest
from office360.core.contact.push_subscriptions import PushSettings
from office360.server.settings import Settings
from office360.staff.actions import alert_settings

from ....conftest import AppServer
from ....notifications.support.gateways import FakeHttpService, SubscribedBrowser, with_push_keys
from ....staff.conftest import load_principal
from ...conftest import SignIn

pytestmark = pytest.mark.usefixtures("embedded_worker")  # which sends the message

DEVICE = re.compile(r'value="(push:[^"]+)"')
TEST = "/staff/manage/messages/test"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with keys for push."""
    return with_push_keys(settings)


async def test_test_push_reaches_only_own_registered_device(
    managers: AppServer, sign_in_as: SignIn, push_service: FakeHttpService
) -> None:
    phones = {}
    for username in ("carmen", "elena"):
        phones[username] = SubscribedBrowser(f"{push_service.url}/send/{username}")
        await alert_settings.add_device(
            managers.runtime,
            await load_principal(managers.runtime, username),
            phones[username].address,
            PushSettings("key", True),
            label=f"Phone of {username}",
            language="en",
        )
    async with sign_in_as("elena") as elena:
        (theirs,) = DEVICE.findall((await elena.get(TEST)).html)
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(TEST)
        assert "To Phone of carmen, your device since" in page.text
        assert "Phone of elena" not in page.text
        (own,) = DEVICE.findall(page.html)
        csrf = ("csrf", page.form.value("csrf") or "")
        assert (await carmen.post(TEST, [csrf, ("channel", theirs)])).status == 422
        sent = await carmen.post(TEST, [csrf, ("channel", own)])
        assert sent.path.startswith(f"{TEST}/")
        (received,) = await push_service.wait_for_requests(1)
        assert received.path == "/send/carmen"
        assert phones["carmen"].decrypt(received)["url"].endswith("/staff/manage/messages")
