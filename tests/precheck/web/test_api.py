"""API of the connection test with a real server and a real peer."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest
from aiohttp.typedefs import StrOrURL
from office360.appointments import service as appointments
from office360.appointments.service import Appointment
from office360.core.auth import StaffRole
from office360.offices.service import Office
from office360.precheck.actions import connection_tests
from office360.precheck.realtime.live_tests import LiveTests
from office360.server.settings import Settings
from office360.staff.actions.accounts import create_api_key

from ...appointments.support.requesters import make_booking_request
from ...conftest import AppServer, FakeClock, serve_app
from ..support.offers import CHROMIUM_OFFER, mutated_offer
from ..support.webrtc_client import BrowserPeer, connect_browser, wait_until

SDP = {"Content-Type": "application/sdp"}
WEAK = {"measurements": {"rtt_ms": 84, "jitter_ms": 44, "loss_up_pct": 3.1, "path": "udp", "microphone_dbfs": -31}}


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with app_server.client() as made:
        yield made


@pytest.fixture
async def one_place_server(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[AppServer]:
    """A server whose test room has a single place."""
    async with serve_app(settings.model_copy(update={"testroom_sessions": 1}), clock) as server:
        yield server


def client_at(server: AppServer, address: str) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """Open a client with an address of its own."""
    return server.client(connector=aiohttp.TCPConnector(local_addr=(address, 0)))


def live_tests(server: AppServer) -> LiveTests:
    found = server.lifespan_state["live_tests"]
    assert isinstance(found, LiveTests)
    return found


async def begin_test(client: aiohttp.ClientSession, **body: Any) -> dict[str, Any]:
    async with client.post("/api/v1/tests", json=body) as answer:
        assert answer.status == 201, await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
        found: dict[str, Any] = await answer.json()
        return found


async def begin_refused_test(client: aiohttp.ClientSession, **body: Any) -> tuple[int, dict[str, Any], str | None]:
    async with client.post("/api/v1/tests", json=body) as answer:
        return answer.status, await answer.json(), answer.headers.get("Retry-After")


async def request_status(client: aiohttp.ClientSession, method: str, url: StrOrURL, **options: Any) -> int:
    """Send a request and read the whole answer, which frees the connection."""
    async with client.request(method, url, **options) as answer:
        await answer.read()
        return answer.status


async def send_offer(client: aiohttp.ClientSession, token: str, sdp: str) -> str:
    async with client.post(f"/api/v1/tests/{token}/offer", data=sdp, headers=SDP) as answer:
        assert answer.status == 201, await answer.text()
        assert answer.content_type == "application/sdp"
        assert answer.headers["Location"] == f"/api/v1/tests/{token}"
        return await answer.text()


async def book_appointment(server: AppServer) -> tuple[Appointment, str]:
    made = await appointments.book_appointment(server.runtime, "centro", make_booking_request())
    return made, appointments.appointment_token(server.runtime, made)


# Starting


async def test_started_test_has_token_code_and_limits(client: aiohttp.ClientSession) -> None:
    test = await begin_test(client)
    assert test.keys() == {"token", "code", "ice_servers", "limits"}
    assert test["limits"] == {"seconds": 180, "probe_kbps": 5000, "probe_seconds": 3, "sessions": 24}


async def test_turn_credentials_last_three_minutes(settings: Settings, clock: FakeClock, office: Office) -> None:
    relay = {"turn_uris": ["turn:relay.example.org"], "turn_secret": "shared"}
    async with serve_app(settings.model_copy(update=relay), clock) as server, server.client() as client:
        (ice,) = (await begin_test(client))["ice_servers"]
    assert int(ice["username"].split(":")[0]) == int(clock.now().timestamp()) + 180


@pytest.mark.parametrize("nothing", [None, "", " "])
async def test_test_starts_without_an_appointment(client: aiohttp.ClientSession, nothing: str | None) -> None:
    await begin_test(client, appointment=nothing, place=True)


async def test_unknown_appointment_starts_no_test(client: aiohttp.ClientSession, app_server: AppServer) -> None:
    assert (await begin_refused_test(client, appointment="x" * 24))[0] == 404
    assert (await begin_refused_test(client, appointment=7))[0] == 422
    assert live_tests(app_server).current_room.places == ()


async def test_tests_without_appointment_are_limited_per_address(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    async with serve_app(settings.model_copy(update={"tests_per_hour": 5}), clock) as server:
        _, token = await book_appointment(server)
        for _ in range(5):
            async with server.client() as another_device:
                await begin_test(another_device)
        async with server.client() as client:
            status, problem, retry_after = await begin_refused_test(client)
            assert (status, problem["code"], retry_after) == (429, "rate_limited", "720")
            await begin_test(client, appointment=token)
            key = await create_api_key(server.runtime, role=StaffRole.INTEGRATION)
            headers = {"Authorization": f"Bearer {key}"}
            assert await request_status(client, "POST", "/api/v1/tests", json={}, headers=headers) == 201


# Places


async def test_full_room_returns_and_keeps_the_position(one_place_server: AppServer, clock: FakeClock) -> None:
    async with (
        one_place_server.client() as amina,
        client_at(one_place_server, "127.0.0.2") as boris,
        client_at(one_place_server, "127.0.0.3") as carmen,
    ):
        first = await begin_test(amina)
        status, problem, retry_after = await begin_refused_test(boris)
        assert (status, problem["code"], problem["position"], retry_after) == (503, "test_room_full", 1, "5")
        assert "1" in problem["detail"]
        assert (await begin_refused_test(carmen))[1]["position"] == 2
        assert await request_status(amina, "DELETE", f"/api/v1/tests/{first['token']}") == 204
        assert (await begin_refused_test(carmen))[1]["position"] == 2
        await begin_test(boris)


async def test_full_room_does_not_count_towards_rate_limit(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    one_place = settings.model_copy(update={"testroom_sessions": 1, "tests_per_hour": 2})
    async with (
        serve_app(one_place, clock) as server,
        server.client() as amina,
        client_at(server, "127.0.0.2") as boris,
    ):
        test = await begin_test(amina)
        for _ in range(4):
            assert (await begin_refused_test(boris))[0] == 503
        await request_status(amina, "DELETE", f"/api/v1/tests/{test['token']}")
        await begin_test(boris)


async def test_unused_place_expires(one_place_server: AppServer, clock: FakeClock) -> None:
    async with one_place_server.client() as amina, client_at(one_place_server, "127.0.0.2") as boris:
        test = await begin_test(amina)
        assert (await begin_refused_test(boris))[0] == 503
        clock.advance(seconds=40)
        await begin_test(boris)
        browser = BrowserPeer(video=False)
        sdp = await browser.offer()
        async with amina.post(f"/api/v1/tests/{test['token']}/offer", data=sdp, headers=SDP) as late:
            assert (late.status, (await late.json())["code"]) == (503, "test_room_full")
        await browser.pc.close()


async def test_stopped_media_releases_its_place(one_place_server: AppServer, clock: FakeClock) -> None:
    async with one_place_server.client() as client:
        test = await begin_test(client)
        async with connect_browser(functools.partial(send_offer, client, test["token"])) as browser:
            await browser.receive_frames("video", 2)
            clock.advance(seconds=25)
            live_tests(one_place_server).release_idle_places()
            clock.advance(seconds=25)
            assert len(live_tests(one_place_server).current_room.places) == 1
            clock.advance(seconds=5)
            assert live_tests(one_place_server).current_room.places == ()
            await wait_until(lambda: browser.pc.connectionState in ("closed", "failed"))


async def test_stored_measurements_are_reported_without_a_place(one_place_server: AppServer) -> None:
    async with one_place_server.client() as amina, one_place_server.client() as boris:
        await begin_test(amina)
        test = await begin_test(boris, place=False)
        late = {**WEAK, "finished": False, "ages_s": {"voice": 3_600, "network": 3_000}}
        async with boris.post(f"/api/v1/tests/{test['token']}/report", json=late) as answer:
            report = await answer.json()
        assert (report["finished"], report["verdict"], report["code"]) == (False, "amber", test["code"])
        assert report["at"] == report["measured_at"]["network"] == "2026-11-25T08:40:00+00:00"


async def test_repeated_start_with_same_key_is_one_test(client: aiohttp.ClientSession) -> None:
    await request_status(client, "GET", "/")  # a page gives the device its cookie
    key = {"Idempotency-Key": "the kept test's id"}
    found = []
    for _page in range(2):
        async with client.post("/api/v1/tests", json={"place": False}, headers=key) as answer:
            found.append((answer.status, (await answer.json())["token"]))
    assert found[0] == found[1]


async def test_quick_test_does_not_wait_for_a_place(one_place_server: AppServer) -> None:
    async with one_place_server.client() as amina, client_at(one_place_server, "127.0.0.2") as boris:
        begun = await begin_test(amina, quick=True)
        async with boris.post("/api/v1/tests", json={"quick": True}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "test_room_full")
        assert live_tests(one_place_server).current_room.waiting == ()
        async with amina.post(f"/api/v1/tests/{begun['token']}/report", json=WEAK) as answer:
            assert (await answer.json())["quick"] is True


async def test_unfinished_test_resumes_as_the_same_test(one_place_server: AppServer, clock: FakeClock) -> None:
    async with one_place_server.client() as amina, client_at(one_place_server, "127.0.0.2") as boris:
        left = await begin_test(amina, place=False)
        where = f"/api/v1/tests/{left['token']}/resume"
        async with amina.post(where) as answer:
            again = await answer.json()
        assert (answer.status, again["token"], again["code"]) == (201, left["token"], left["code"])
        assert len(live_tests(one_place_server).current_room.places) == 1
        other = await begin_test(boris, place=False)
        assert await request_status(boris, "POST", f"/api/v1/tests/{other['token']}/resume") == 503
        clock.advance(minutes=10)
        assert await request_status(amina, "POST", where) == 410
        assert await request_status(amina, "POST", f"/api/v1/tests/room.{'x' * 24}/resume") == 404


async def test_resumed_test_counts_towards_rate_limit(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    strict = settings.model_copy(update={"tests_per_hour": 3})
    async with serve_app(strict, clock) as server, server.client() as client:
        test = await begin_test(client)
        where = f"/api/v1/tests/{test['token']}/resume"
        assert [await request_status(client, "POST", where) for _ in range(3)] == [201, 201, 429]
        assert (await begin_refused_test(client))[0] == 429


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Basic eDp5"}, {"Authorization": "x"}, {"Cookie": "office360_device=device%d"}],
)
async def test_address_has_one_place_whatever_it_sends(
    app_server: AppServer, client: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    tests = []
    for number in range(3):
        sent = {name: value.replace("%d", str(number)) for name, value in headers.items()}
        async with client.post("/api/v1/tests", json={}, headers=sent) as answer:
            tests.append((answer.status, (await answer.json())["token"]))
    assert len(live_tests(app_server).current_room.places) == 1
    for _, token in tests:
        assert await request_status(client, "POST", f"/api/v1/tests/{token}/resume", headers=headers) == 201
    assert len(live_tests(app_server).current_room.places) == 1


async def test_integration_has_several_places(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    key = await create_api_key(app_server.runtime, role=StaffRole.INTEGRATION)
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(2):
        assert await request_status(client, "POST", "/api/v1/tests", json={}, headers=headers) == 201
    assert len(live_tests(app_server).current_room.places) == 2


# Media


async def test_media_is_echoed_by_the_server(client: aiohttp.ClientSession, app_server: AppServer) -> None:
    test = await begin_test(client)
    async with connect_browser(functools.partial(send_offer, client, test["token"])) as browser:
        assert len(await browser.receive_frames("video", 5)) == 5
        told = await browser.request(type="server")
        assert told["sessions"] == 1
    await wait_until(lambda: live_tests(app_server).current_room.places == ())


async def test_second_offer_replaces_the_first(client: aiohttp.ClientSession, app_server: AppServer) -> None:
    test = await begin_test(client)

    async def answer(sdp: str) -> str:
        return await send_offer(client, test["token"], sdp)

    async with connect_browser(answer, video=False) as first, connect_browser(answer, video=False) as second:
        await wait_until(lambda: first.pc.connectionState == "closed")
        assert (await second.request(type="ping", n=1))["n"] == 1
        assert len(live_tests(app_server).current_room.places) == 1


async def test_offers_per_test_are_limited(client: aiohttp.ClientSession) -> None:
    test = await begin_test(client)
    where = f"/api/v1/tests/{test['token']}/offer"
    statuses = [await request_status(client, "POST", where, data="v=0", headers=SDP) for _ in range(21)]
    assert statuses == [422] * 20 + [410]


async def test_deleted_test_ends_media_and_keeps_report(client: aiohttp.ClientSession) -> None:
    test = await begin_test(client)
    where = f"/api/v1/tests/{test['token']}"
    async with connect_browser(functools.partial(send_offer, client, test["token"]), video=False) as browser:
        await request_status(client, "POST", f"{where}/report", json=WEAK)
        assert await request_status(client, "DELETE", where) == 204
        await wait_until(lambda: browser.pc.connectionState == "closed")
    async with client.get(where) as kept:
        assert (await kept.json())["verdict"] == "amber"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"not an offer", "application/sdp"),
        (b"", "application/sdp"),
        (b"\xff\xfe", "application/sdp"),
        (b"v=0" * 20_000, "application/sdp"),
        (b"{}", "application/json"),
        (CHROMIUM_OFFER.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP").encode(), "application/sdp"),
        (CHROMIUM_OFFER.replace("a=mid:0", "a=mid:0\x0ba=x").encode(), "application/sdp"),
    ],
)
async def test_malformed_offer_is_refused(client: aiohttp.ClientSession, body: bytes, content_type: str) -> None:
    test = await begin_test(client)
    headers = {"Content-Type": content_type}
    async with client.post(f"/api/v1/tests/{test['token']}/offer", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (422, "bad_offer")


async def test_mutated_offers_are_answered_or_refused(client: aiohttp.ClientSession) -> None:
    statuses = set()
    for seed in range(60):
        if seed % 20 == 0:  # the number of offers of a test is limited
            test = await begin_test(client)
        where = f"/api/v1/tests/{test['token']}/offer"
        data = mutated_offer(seed).encode()
        statuses.add(await request_status(client, "POST", where, data=data, headers=SDP))
    assert statuses == {201, 422}


async def test_unknown_token_is_not_found(client: aiohttp.ClientSession) -> None:
    where = f"/api/v1/tests/room.{'x' * 24}"
    assert await request_status(client, "GET", where) == 404
    assert await request_status(client, "DELETE", where) == 404
    assert await request_status(client, "POST", f"{where}/offer", data="v=0", headers=SDP) == 404
    assert await request_status(client, "POST", f"{where}/report", json=WEAK) == 404


# Reports


async def test_report_is_answered_with_its_verdict(client: aiohttp.ClientSession) -> None:
    test = await begin_test(client)
    where = f"/api/v1/tests/{test['token']}"
    async with client.post(f"{where}/report", json=WEAK, headers={"Accept-Language": "es"}) as answer:
        report = await answer.json()
    assert (report["code"], report["verdict"], report["fault"]) == (test["code"], "amber", "wifi")
    async with client.get(where, headers={"Accept-Language": "es"}) as again:
        assert await again.json() == {**report, "details": None}


async def test_room_health_is_stored_only_for_measured_tests(
    client: aiohttp.ClientSession, app_server: AppServer
) -> None:
    reported = {"measurements": {"jitter_ms": 70}}
    for measures in (False, True):
        test = await begin_test(client)
        if measures:
            async with connect_browser(functools.partial(send_offer, client, test["token"]), video=False):
                pass
            await wait_until(lambda: live_tests(app_server).current_room.places == ())
        await request_status(client, "POST", f"/api/v1/tests/{test['token']}/report", json=reported)
        async with app_server.runtime.read_session() as session:
            kept = await connection_tests.find_test_by_token(session, test["token"])
        assert (kept.room_health is not None) is measures


@pytest.mark.parametrize(
    "measurements",
    [
        {"rtt_ms": -1},
        {"rtt_ms": "fast"},
        {"loss_up_pct": 101},
        {"path": "pigeon"},
        {"ways": {"udp": {}}},
        {"video_width": 1e9},
        {"microphone_dbfs": 3},
        [],
    ],
)
async def test_impossible_measurements_are_refused(client: aiohttp.ClientSession, measurements: Any) -> None:
    test = await begin_test(client)
    where = f"/api/v1/tests/{test['token']}/report"
    async with client.post(where, json={"measurements": measurements}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (422, "invalid")


@pytest.mark.parametrize("ages", [{"voice": -1}, {"voice": 86_401}, {"weather": 1}, [1]])
async def test_impossible_ages_are_refused(client: aiohttp.ClientSession, ages: Any) -> None:
    test = await begin_test(client)
    where = f"/api/v1/tests/{test['token']}/report"
    assert await request_status(client, "POST", where, json={**WEAK, "ages_s": ages}) == 422


async def test_nan_measurement_is_refused(client: aiohttp.ClientSession) -> None:
    test = await begin_test(client)
    body, headers = '{"measurements":{"rtt_ms":NaN}}', {"Content-Type": "application/json"}
    async with client.post(f"/api/v1/tests/{test['token']}/report", data=body, headers=headers) as answer:
        assert answer.status == 422


async def test_unknown_link_is_ignored_and_unknown_field_refused(client: aiohttp.ClientSession) -> None:
    test = await begin_test(client)
    path = f"/api/v1/tests/{test['token']}/report"
    async with client.post(path, json={"measurements": {"link": "bluetooth"}}) as answer:
        assert (await answer.json())["verdict"] == "unknown"
    async with client.post(path, json={"measurements": {"weather": "fine"}}) as answer:
        (problem,) = (await answer.json())["errors"]
    assert (problem["field"], problem["code"]) == ("measurements.weather", "unknown_field")


# Staff


async def test_staff_read_a_test_by_its_code(client: aiohttp.ClientSession, app_server: AppServer) -> None:
    appointment, token = await book_appointment(app_server)
    test = await begin_test(client, appointment=token)
    await request_status(client, "POST", f"/api/v1/tests/{test['token']}/report", json=WEAK)
    where = f"/api/v1/staff/tests/{test['code'].lower().replace('-', '')}"
    assert await request_status(client, "GET", where) == 401
    expected = {"agent": 200, "integration": 403}
    for role, status in expected.items():
        key = await create_api_key(app_server.runtime, role=StaffRole(role), offices=["centro"])
        async with client.get(where, headers={"Authorization": f"Bearer {key}"}) as answer:
            assert answer.status == status
            if status == 200:
                report = await answer.json()
                assert (report["verdict"], report["appointment"]) == ("amber", appointment.id)


async def test_report_for_another_office_is_not_found(
    client: aiohttp.ClientSession, app_server: AppServer
) -> None:
    from ...support.office_fixture import build_office

    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    _, token = await book_appointment(app_server)
    key = await create_api_key(app_server.runtime, role=StaffRole.AGENT, offices=["norte"])
    headers = {"Authorization": f"Bearer {key}"}
    assigned, unassigned = await begin_test(client, appointment=token), await begin_test(client)
    assert await request_status(client, "GET", f"/api/v1/staff/tests/{assigned['code']}", headers=headers) == 404
    assert await request_status(client, "GET", f"/api/v1/staff/tests/{unassigned['code']}", headers=headers) == 200
    assert await request_status(client, "GET", "/api/v1/staff/tests/nonsense", headers=headers) == 404
