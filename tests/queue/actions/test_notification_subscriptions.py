"""Subscriptions over the API, with a real push service at the other end, and by SMS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.queue import service
from office360.server.settings import Settings

from ...conftest import AppServer
from ...notifications.support.gateways import FakeHttpService, SubscribedBrowser, with_push_keys
from ...support.timeouts import TEST_TIMEOUT_S
from ..conftest import AT_11, BORIS, OfficeDriver
from ..support.notifications import notification_rows

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("embedded_worker"),  # which sends the messages
]

NUMBER = "+34600000001"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_push_keys(settings)


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[Any]:
    async with app_server.client() as client:
        yield client


async def post_json(client: Any, path: str, body: Any = None) -> tuple[int, Any]:
    async with client.post(f"/api/v1{path}", json=body or {}) as answer:
        return answer.status, await answer.json()


async def test_subscribed_browser_gets_code_and_call(
    client: Any, server_driver: OfficeDriver, push_service: FakeHttpService
) -> None:
    phone = SubscribedBrowser(f"{push_service.url}/send/amina")
    issued = await server_driver.take_ticket()
    status, ticket = await post_json(client, f"/tickets/{issued.token}/push", phone.subscription)
    assert (status, ticket["state"]) == (200, "waiting")
    first = phone.decrypt((await push_service.wait_for_requests(1))[0])
    assert first["title"] == "A-001: es el código de tu turno"
    await server_driver.open_desk()
    await server_driver.call_next()
    called = phone.decrypt((await push_service.wait_for_requests(2))[1])
    assert (called["title"], called["urgent"]) == ("Mesa 1: es tu turno", True)
    assert called["url"].endswith(f"/t/{issued.token}")


async def test_unsubscribed_browser_gets_no_call(
    client: Any, server_driver: OfficeDriver, push_service: FakeHttpService
) -> None:
    phone = SubscribedBrowser(f"{push_service.url}/send/amina")
    issued = await server_driver.take_ticket()
    await post_json(client, f"/tickets/{issued.token}/push", phone.subscription)
    await push_service.wait_for_requests(1)
    end = {"endpoint": phone.address.endpoint}
    assert (await post_json(client, f"/tickets/{issued.token}/push/end", end))[0] == 200
    await server_driver.open_desk()
    await server_driver.call_next()
    assert [row.kind for row in await notification_rows(server_driver.runtime)] == ["turn_issued"]


async def test_appointment_subscription_continues_with_ticket(
    client: Any, server_driver: OfficeDriver, push_service: FakeHttpService, clock: Any
) -> None:
    phone = SubscribedBrowser(f"{push_service.url}/send/amina")
    appointment = await server_driver.book_appointment(AT_11)
    token = appointments.appointment_token(server_driver.runtime, appointment)
    status, shown = await post_json(client, f"/appointments/{token}/push", phone.subscription)
    assert (status, shown["state"]) == (200, "confirmed")
    await push_service.wait_for_requests(1)
    clock.set(AT_11)
    await server_driver.check_in(appointment)
    await push_service.wait_for_requests(2)  # before a newer message replaces it
    await server_driver.open_desk()
    await server_driver.call_next()
    received = await push_service.wait_for_requests(3)
    assert [phone.decrypt(message)["title"] for message in received] == [
        "Te avisamos aquí de tu cita",
        "A-001: es el código de tu turno",
        "Mesa 1: es tu turno",
    ]


async def test_cancelled_appointment_is_pushed(
    client: Any, server_driver: OfficeDriver, push_service: FakeHttpService
) -> None:
    phone = SubscribedBrowser(f"{push_service.url}/send/amina")
    appointment = await server_driver.book_appointment(AT_11)
    token = appointments.appointment_token(server_driver.runtime, appointment)
    await post_json(client, f"/appointments/{token}/push", phone.subscription)
    await push_service.wait_for_requests(1)
    await appointments.cancel_appointment(server_driver.runtime, token, by="office")
    received = await push_service.wait_for_requests(2)
    assert phone.decrypt(received[1])["title"] == "Se ha cancelado tu cita"
    assert (await post_json(client, f"/appointments/{token}/push", phone.subscription))[0] == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "https://10.0.0.1/x"}, "endpoint"),
        ({"endpoint": "http://push.example.org/x"}, "endpoint"),
        ({"keys": {"p256dh": "BAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}}, "keys.p256dh"),
        ({"keys": {"auth": "AAAA"}}, "keys.auth"),
    ],
)
async def test_push_subscription_reports_invalid_field(
    change: dict[str, Any], field: str, client: Any, server_driver: OfficeDriver
) -> None:
    whole = SubscribedBrowser("https://push.example.org/send/1").subscription
    if "keys" in change:
        change = {"keys": {**whole["keys"], **change["keys"]}}
    issued = await server_driver.take_ticket()
    status, problem = await post_json(client, f"/tickets/{issued.token}/push", {**whole, **change})
    assert status == 422
    assert [error["field"] for error in problem["errors"]] == [field]
    assert await notification_rows(server_driver.runtime) == []


async def test_sms_subscription_sends_ticket_code(client: Any, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket()
    for phone in ("600 000", "913 000 001", "+1 202 555 0123"):
        assert (await post_json(client, f"/tickets/{issued.token}/sms", {"phone": phone}))[0] == 422
    assert (await post_json(client, f"/tickets/{issued.token}/sms", {"phone": "600 000 001"}))[0] == 200
    (row,) = await notification_rows(server_driver.runtime)
    assert (row.channel, row.recipient, row.kind) == ("sms", NUMBER, "turn_issued")
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while (await notification_rows(server_driver.runtime))[
            0
        ].state != "sent":  # the worker polls once a second
            await asyncio.sleep(0.05)
    async with client.get("/dev/outbox") as answer:
        page = await answer.text()
    assert "A-001: es el código de tu turno" in page
    assert f"/t/{issued.token}" in page
    assert (await post_json(client, f"/tickets/{issued.token}/sms/end"))[0] == 200


async def test_integration_takes_ticket_with_sms(client: Any, server_driver: OfficeDriver) -> None:
    body = {"service": "documents", "phone": "600 000 001", "sms": True}
    status, problem = await post_json(client, "/offices/centro/tickets", {**body, "phone": "913 000 001"})
    assert (status, [error["code"] for error in problem["errors"]]) == (422, ["phone_not_mobile"])
    status, _ = await post_json(client, "/offices/centro/tickets", body)
    assert status == 201
    assert [row.recipient for row in await notification_rows(server_driver.runtime)] == [NUMBER]


async def test_finishing_ticket_voids_pending_messages(client: Any, server_driver: OfficeDriver) -> None:
    issued, called = await server_driver.call_new_ticket()
    await post_json(client, f"/tickets/{issued.token}/sms", {"phone": "600 000 001"})
    await service.start_service(server_driver.runtime, BORIS, called.id)
    await service.finish_service(server_driver.runtime, BORIS, called.id)
    assert {row.state for row in await notification_rows(server_driver.runtime)} <= {"void", "sent"}
