"""The page of a person's alerts, as a browser without scripts uses it."""

from __future__ import annotations

import aiohttp
import pytest
from office360.core.contact.push_subscriptions import PushSettings, PushSubscription
from office360.core.runtime import Runtime
from office360.staff.actions import alert_settings
from office360.staff.domain.alerts import AlertSettings
from office360.staff.storage import alert_rows

from ...conftest import AppServer
from ..conftest import fetch_csrf_token, load_principal, post, sign_in

pytestmark = pytest.mark.usefixtures("staff")


async def stored_settings(runtime: Runtime, person_id: str) -> AlertSettings:
    async with runtime.read_session() as session:
        return (await alert_rows.load_alert_settings(session, [person_id]))[person_id]


async def send_choices(client: aiohttp.ClientSession, **fields: str) -> aiohttp.ClientResponse:
    csrf = await fetch_csrf_token(client, "/staff/alerts")
    data = {"csrf": csrf, "wait_minutes": "30", "volume": "60", **fields}
    return await post(client, "/staff/alerts", data=data, allow_redirects=False)


async def test_choices_are_kept_with_the_account(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        answer = await send_choices(client, help="1", long_wait="1", chime="1", wait_minutes="45", volume="80")
        assert answer.headers["location"] == "/staff/alerts?saved=1"
    expected = AlertSettings(help=True, long_wait=True, chime=True, wait_minutes=45, volume=80)
    assert await stored_settings(app_server.runtime, staff["carmen"]) == expected


async def test_wrong_number_is_explained_and_kept(app_server: AppServer) -> None:
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        answer = await send_choices(client, lobby="1", wait_minutes="soon")
        page = await answer.text()
    assert answer.status == 422
    assert 'value="soon"' in page
    assert "Escribe un número entre 5 y 240." in page


async def test_agent_chooses_no_long_waits(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        await send_choices(client, lobby="1", long_wait="1")
    assert await stored_settings(app_server.runtime, staff["boris"]) == AlertSettings(lobby=True)


async def test_people_remove_their_own_devices_only(app_server: AppServer, staff: dict[str, str]) -> None:
    runtime, carmen = app_server.runtime, await load_principal(app_server.runtime, "carmen")
    browser = PushSubscription("https://push.example.org/1", "p", "a")
    await alert_settings.add_device(runtime, carmen, browser, PushSettings("key"), label="Edge", language="es")
    async with runtime.read_session() as session:
        (device,) = await alert_rows.alert_devices(session, carmen.id)
    path, statuses = f"/staff/alerts/devices/{device.subscription_id}/remove", []
    for person in ("boris", "carmen"):
        async with app_server.client() as client:
            await sign_in(client, person)
            csrf = await fetch_csrf_token(client, "/staff/alerts")
            statuses.append((await post(client, path, data={"csrf": csrf}, allow_redirects=False)).status)
    assert statuses == [404, 303]
