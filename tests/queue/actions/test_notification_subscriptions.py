"""Whoever asks to be told: over the API, with a real push service at the other end, and by SMS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.notifications.service import new_private_key
from office360.offices.service import Office
from office360.queue import service
from office360.server.settings import Settings

from ...conftest import AppServer
from ...notifications.support.gateways import Outside, Phone, outside
from ...support.timeouts import PATIENCE_S
from ..conftest import AT_11, BORIS, Hall
from ..domain.test_ticket_notifications import told

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NUMBER = "+34600000001"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    keys = {"vapid_private_key": new_private_key(), "vapid_subject": "mailto:it@example.org"}
    return settings.model_copy(update=keys)


@pytest.fixture
async def push_service() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    return Hall(app_server.runtime, office)


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[Any]:
    async with app_server.client() as client:
        yield client


async def post(client: Any, path: str, body: Any = None) -> tuple[int, Any]:
    async with client.post(f"/api/v1{path}", json=body or {}) as answer:
        return answer.status, await answer.json()


async def test_a_closed_page_is_told_of_its_turn_from_the_code_to_the_desk(
    client: Any, hall: Hall, push_service: Outside
) -> None:
    phone = Phone(f"{push_service.url}/send/amina")
    issued = await hall.take()
    status, ticket = await post(client, f"/tickets/{issued.token}/push", phone.subscription)
    assert (status, ticket["state"]) == (200, "waiting")
    first = phone.read((await push_service.until(1))[0])
    assert first["title"] == "A-001: es el código de tu turno"
    await hall.open()
    await hall.call()
    called = phone.read((await push_service.until(2))[1])
    assert (called["title"], called["urgent"]) == ("Mesa 1: es tu turno", True)
    assert called["url"].endswith(f"/t/{issued.token}")


async def test_after_unsubscribing_nothing_comes(client: Any, hall: Hall, push_service: Outside) -> None:
    phone = Phone(f"{push_service.url}/send/amina")
    issued = await hall.take()
    await post(client, f"/tickets/{issued.token}/push", phone.subscription)
    await push_service.until(1)
    end = {"endpoint": phone.browser.endpoint}
    assert (await post(client, f"/tickets/{issued.token}/push/end", end))[0] == 200
    await hall.open()
    await hall.call()
    assert [row.kind for row in await told(hall.runtime)] == ["turn_issued"]


async def test_what_is_told_of_an_appointment_goes_on_with_its_turn(
    client: Any, hall: Hall, push_service: Outside, clock: Any
) -> None:
    phone = Phone(f"{push_service.url}/send/amina")
    appointment = await hall.book(AT_11)
    token = appointments.token_of(hall.runtime, appointment)
    status, shown = await post(client, f"/appointments/{token}/push", phone.subscription)
    assert (status, shown["state"]) == (200, "confirmed")
    await push_service.until(1)
    clock.set(AT_11)
    await hall.check_in(appointment)
    await push_service.until(2)  # before anything newer takes its place
    await hall.open()
    await hall.call()
    received = await push_service.until(3)
    assert [phone.read(one)["title"] for one in received] == [
        "Te avisamos aquí de tu cita",
        "A-001: es el código de tu turno",
        "Mesa 1: es tu turno",
    ]


async def test_a_cancelled_appointment_is_told(client: Any, hall: Hall, push_service: Outside) -> None:
    phone = Phone(f"{push_service.url}/send/amina")
    appointment = await hall.book(AT_11)
    token = appointments.token_of(hall.runtime, appointment)
    await post(client, f"/appointments/{token}/push", phone.subscription)
    await push_service.until(1)
    await appointments.cancel(hall.runtime, token, by="office")
    received = await push_service.until(2)
    assert phone.read(received[1])["title"] == "Se ha cancelado tu cita"
    assert (await post(client, f"/appointments/{token}/push", phone.subscription))[0] == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "https://10.0.0.1/x"}, "endpoint"),
        ({"endpoint": "http://push.example.org/x"}, "endpoint"),
        ({"keys": {"p256dh": "BAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}}, "keys.p256dh"),
        ({"keys": {"auth": "AAAA"}}, "keys.auth"),
    ],
)
async def test_what_is_no_browser_of_the_outside_is_refused_by_field(
    change: dict[str, Any], field: str, client: Any, hall: Hall
) -> None:
    whole = Phone("https://push.example.org/send/1").subscription
    if "keys" in change:
        change = {"keys": {**whole["keys"], **change["keys"]}}
    issued = await hall.take()
    status, problem = await post(client, f"/tickets/{issued.token}/push", {**whole, **change})
    assert status == 422
    assert [one["field"] for one in problem["errors"]] == [field]
    assert await told(hall.runtime) == []


async def test_an_sms_is_asked_for_with_a_number_and_stands_in_the_outbox(client: Any, hall: Hall) -> None:
    issued = await hall.take()
    for phone in ("600 000", "913 000 001", "+1 202 555 0123"):
        assert (await post(client, f"/tickets/{issued.token}/sms", {"phone": phone}))[0] == 422
    assert (await post(client, f"/tickets/{issued.token}/sms", {"phone": "600 000 001"}))[0] == 200
    (row,) = await told(hall.runtime)
    assert (row.channel, row.recipient, row.kind) == ("sms", NUMBER, "turn_issued")
    async with asyncio.timeout(PATIENCE_S):
        while (await told(hall.runtime))[0].state != "sent":  # the worker looks once a second
            await asyncio.sleep(0.05)
    async with client.get("/dev/outbox") as answer:
        page = await answer.text()
    assert "A-001: es el código de tu turno" in page
    assert f"/t/{issued.token}" in page
    assert (await post(client, f"/tickets/{issued.token}/sms/end"))[0] == 200


async def test_a_program_takes_a_turn_with_sms_for_somebody(client: Any, hall: Hall) -> None:
    body = {"service": "documents", "phone": "600 000 001", "sms": True}
    status, problem = await post(client, "/offices/centro/tickets", {**body, "phone": "913 000 001"})
    assert (status, [one["code"] for one in problem["errors"]]) == (422, ["phone_not_mobile"])
    status, _ = await post(client, "/offices/centro/tickets", body)
    assert status == 201
    assert [row.recipient for row in await told(hall.runtime)] == [NUMBER]


async def test_what_was_told_is_void_when_the_agent_finishes(client: Any, hall: Hall) -> None:
    issued, called = await hall.called()
    await post(client, f"/tickets/{issued.token}/sms", {"phone": "600 000 001"})
    await service.start(hall.runtime, BORIS, called.id)
    await service.finish(hall.runtime, BORIS, called.id)
    assert {row.state for row in await told(hall.runtime)} <= {"void", "sent"}
