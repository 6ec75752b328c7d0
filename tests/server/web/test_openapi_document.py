"""The API's document: every call and none besides, valid, and true of what is really answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.appointments.notify.appointment_messages import secret_id
from office360.appointments.service import token_of
from office360.core.auth import Role
from office360.core.web.openapi import PREFIX
from office360.offices.service import Office
from office360.server.app import TEXTS, create_app
from office360.server.settings import Settings, load_settings
from office360.server.web.openapi_document import OPERATIONS, document
from office360.staff.actions.accounts import create_api_key
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from ...appointments.support.requesters import solved
from ...conftest import SECRET, AppServer, FakeClock
from ...queue.conftest import AT_11, Hall
from ..support.openapi_checker import Judge

PLACE = ("office", "service", "mode", "starts_at")
MEASURED = {"rtt_ms": 20, "loss_up_pct": 0, "path": "udp", "video_fps": 25, "permissions": "granted"}


def test_every_call_is_published_and_none_besides() -> None:
    app = create_app(load_settings(environment="development", secret_key=[SECRET]))
    served = {
        f"{method} {route.path.removeprefix(PREFIX)}"
        for route in app.routes
        if isinstance(route, Route) and route.path.startswith(PREFIX)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert served == set(OPERATIONS)


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_no_two_calls_have_the_same_name() -> None:
    names = [one["operationId"] for path in document()["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


def test_every_code_that_is_published_has_a_sentence() -> None:
    codes = {code for one in OPERATIONS.values() for refused in one.refuses.values() for code in refused}
    assert codes - set(TEXTS) == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_product_publishes_it_itself(app_server: AppServer) -> None:
    async with app_server.client() as client, client.get("/api/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        assert await answer.json() == document()


# What is really answered


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    return Hall(app_server.runtime, office)


@pytest.fixture
async def public(app_server: AppServer) -> AsyncIterator[Judge]:
    async with app_server.client() as client:
        yield Judge(client)


async def judge_of(app_server: AppServer, public: Judge, role: Role) -> Judge:
    key = await create_api_key(app_server.runtime, role=role)
    return Judge(public.client, {"Authorization": f"Bearer {key}"})


async def test_offices_and_appointments_are_as_published(public: Judge, hall: Hall, settings: Settings) -> None:
    await public.call("GET", "/offices")
    await public.call("GET", "/offices/centro/services")
    await public.call("GET", "/offices/nowhere/services")
    free = "/offices/centro/slots?service=certificate&mode=video&from=2026-11-26&days=2"
    status, slots = await public.call("GET", free)
    assert status == 200
    await public.call("GET", "/offices/centro/slots?service=certificate&mode=video&days=63")
    asked = {
        "office": "centro",
        "service": "certificate",
        "mode": "video",
        "starts_at": slots[0]["starts_at"],
        "name": "Amina",
        "email": "amina@example.org",
        "privacy_accepted": True,
    }
    status, kept = await public.call("POST", "/holds", {name: asked[name] for name in PLACE})
    assert status == 201
    assert (await public.call("POST", "/holds", {"office": "centro"}))[0] == 422
    status, challenge = await public.call("GET", "/altcha")
    assert status == 200
    proved = {**asked, "altcha": solved(challenge), "hold": kept["hold"]}
    status, made = await public.call("POST", "/appointments", proved)
    assert (status, made["state"]) == (201, "confirmed")
    assert (await public.call("POST", "/appointments", {**proved, "email": "elena@example.org"}))[0] == 422
    without = {**asked, "starts_at": slots[2]["starts_at"], "email": "farid@example.org"}
    status, unproved = await public.call("POST", "/appointments", without)
    assert (status, unproved["state"]) == (201, "preconfirmed")
    confirm = f"/appointments/{unproved['token']}/verify"
    assert (await public.call("POST", confirm, {"secret": unproved["token"]}))[0] == 404
    secret = hall.runtime.tokens.derive("verify", secret_id(unproved["id"], without["email"]))
    assert (await public.call("POST", confirm, {"secret": secret}))[1]["state"] == "confirmed"
    assert (await public.call("POST", "/appointments", {**asked, "email": "elena@example.org"}))[0] == 409
    assert (await public.call("POST", "/appointments", {**asked, "email": "amina"}))[0] == 422
    await public.call("GET", f"/appointments/{made['token']}")
    status, moved = await public.call(
        "POST", f"/appointments/{made['token']}/reschedule", {"starts_at": slots[1]["starts_at"]}
    )
    assert status == 200
    assert (await public.call("POST", f"/appointments/{moved['token']}/cancel"))[0] == 200
    assert (await public.call("POST", f"/appointments/{moved['token']}/reschedule", {}))[0] == 422


async def test_tickets_desks_and_boards_are_as_published(
    app_server: AppServer, public: Judge, hall: Hall, clock: FakeClock
) -> None:
    agent = await judge_of(app_server, public, Role.AGENT)
    desk, take = f"/desks/{hall.desk(1)}", "/offices/centro/tickets"
    assert (await agent.call("POST", f"{desk}/call-next"))[0] == 403
    assert (await agent.call("POST", f"{desk}/open"))[0] == 200
    assert (await agent.call("POST", f"{desk}/call-next"))[0] == 204
    status, first = await public.call("POST", take, {"service": "documents", "email": "amina@example.org"})
    assert status == 201
    status, second = await public.call("POST", take, {"service": "certificate"})
    assert status == 201
    assert (await public.call("POST", take, {"service": "documents", "email": "amina@example.org"}))[0] == 409
    token = token_of(hall.runtime, await hall.book(AT_11 + timedelta(hours=2)))
    assert (await public.call("POST", take, {"appointment": token}))[0] == 409
    for action in ("help", "postpone", "rejoin"):
        await public.call("POST", f"/tickets/{second['token']}/{action}")
    await public.call("GET", f"/tickets/{first['token']}")
    host = await judge_of(app_server, public, Role.HOST)
    assert (await host.call("POST", "/staff/offices/centro/pause"))[0] == 200
    assert (await agent.call("POST", f"{desk}/call-next"))[0] == 409
    assert (await host.call("POST", "/staff/offices/centro/resume"))[0] == 200
    status, called = await agent.call("POST", f"{desk}/call-next")
    assert (status, called["id"]) == (200, first["id"])
    board = "/staff/offices/centro/board"
    status, found = await agent.call("GET", board)
    assert found["desks"][0]["state"] == "calling"
    program = await judge_of(app_server, public, Role.INTEGRATION)
    await program.call("GET", board)
    await public.call("GET", board)
    for action in ("recall", "start", "hold", "start", "put-back", "transfer", "finish", "no-show"):
        await agent.call("POST", f"/staff/tickets/{first['id']}/{action}")
    assert (await agent.call("POST", f"{desk}/close"))[0] == 200
    assert (await public.call("POST", f"/tickets/{second['token']}/leave"))[0] == 200
    status, found = await agent.call("GET", "/staff/offices/centro/appointments")
    assert (status, len(found)) == (200, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_standby_and_recovery_are_as_published(public: Judge, hall: Hall) -> None:
    asked = {"service": "documents", "email": "amina@example.org"}
    status, made = await public.call("POST", "/offices/centro/standby", asked)
    assert (status, made["state"]) == (201, "standby")
    assert (await public.call("POST", "/offices/centro/standby", asked))[0] == 409
    lost = {"code": made["code"], "office": "centro", "contact": "amina@example.org"}
    assert (await public.call("POST", "/tickets/recover", lost))[0] == 202
    assert (await public.call("POST", "/tickets/recover", {**lost, "code": "A-999"}))[0] == 202
    assert (await public.call("POST", "/tickets/recover", {}))[0] == 422
    for _ in range(4):
        status, _ = await public.call("POST", "/tickets/recover", lost)
    assert status == 429


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_hosts_do_is_as_published(app_server: AppServer, public: Judge, hall: Hall) -> None:
    issued = await hall.take()
    host = await judge_of(app_server, public, Role.HOST)
    for action, body in (("priority", {"class": "preferential"}), ("order", {"reason": "Late."}), ("helped", {})):
        assert (await host.call("POST", f"/staff/tickets/{issued.ticket.id}/{action}", body))[0] == 200
    status, given = await host.call(
        "POST", "/staff/offices/centro/tickets", {"service": "documents", "name": "Ada"}
    )
    assert status == 201
    early = await hall.book(AT_11 + timedelta(hours=3), "Elena")
    for expected in (201, 200):
        assert (await host.call("POST", f"/staff/appointments/{early.id}/check-in"))[0] == expected
    _, found = await host.call("GET", "/staff/offices/centro/search?q=ada")
    assert [one["code"] for one in found["tickets"]] == [given["code"]]
    _, found = await host.call("GET", f"/staff/offices/centro/search?q={early.locator.lower()}")
    assert [one["id"] for one in found["appointments"]] == [early.id]
    assert (await host.call("GET", "/staff/offices/centro/search"))[0] == 422
    inside = {
        "service": "documents",
        "mode": "in_person",
        "starts_at": "2026-11-29T22:05:00+01:00",
        "name": "Ada",
        "email": "ada@example.org",
    }
    staff = "/staff/offices/centro/appointments"
    assert (await host.call("POST", staff, inside))[0] == 409
    assert (await host.call("POST", staff, {**inside, "override": "Works at night."}))[0] == 201
    for action in ("pause", "resume"):
        assert (await host.call("POST", f"/staff/offices/centro/{action}", {"message": "A test."}))[0] == 200
    for action in ("stop", "open"):
        line = hall.office.line("identity").id
        assert (await host.call("POST", f"/staff/lines/{line}/{action}", {"reason": "A test."}))[0] == 200
    assert (await host.call("POST", f"/staff/tickets/{issued.ticket.id}/leave"))[0] == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_connection_tests_are_as_published(app_server: AppServer, public: Judge, hall: Hall) -> None:
    agent = await judge_of(app_server, public, Role.AGENT)
    status, begun = await public.call("POST", "/tests", {})
    assert status == 201
    await public.call("POST", f"/tests/{begun['token']}/offer", {})
    for body in ({"measurements": MEASURED}, {}):
        await public.call("POST", f"/tests/{begun['token']}/report", body)
    status, found = await public.call("GET", f"/tests/{begun['token']}")
    assert (status, found["code"]) == (200, begun["code"])
    assert (await agent.call("GET", f"/staff/tests/{begun['code']}"))[0] == 200
    assert (await public.call("DELETE", f"/tests/{begun['token']}"))[0] == 204
