"""The appointment calls of docs/api.md, as a program makes them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.core.db.idempotency_keys import IdempotentRequestRow
from office360.staff.actions.accounts import create_api_key
from sqlalchemy import delete

from ...conftest import AppServer, FakeClock
from ...support.http_client import open_client
from ..support.requesters import AMINA, DIEGO, solve_new_challenge

SLOTS = "/api/v1/offices/centro/slots"
APPOINTMENTS = "/api/v1/appointments"
AT_9 = "2026-11-27T09:00:00+01:00"


def booking_body(**changes: Any) -> dict[str, Any]:
    return {
        "office": "centro",
        "service": "certificate",
        "mode": "video",
        "starts_at": AT_9,
        "privacy_accepted": True,
        **AMINA,
        **changes,
    }


async def call_api(
    server: AppServer, path: str, *, json: Any = None, raw: bytes | None = None, **headers: str
) -> tuple[int, Any, Any]:
    """Send a GET, or a POST when there is a body. Returns status, JSON and headers."""
    method = "GET" if json is None and raw is None else "POST"
    async with server.client() as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with client.request(method, path, json=json, data=raw, headers=named) as response:
            return response.status, await response.json(content_type=None), response.headers


async def book_over_api(server: AppServer, **changes: Any) -> dict[str, Any]:
    status, answer, _ = await call_api(
        server, APPOINTMENTS, json=booking_body(altcha=solve_new_challenge(server.runtime), **changes)
    )
    assert status == 201, answer
    found: dict[str, Any] = answer
    return found


async def test_slots_have_the_office_utc_offset(app_server: AppServer) -> None:
    status, slots, _ = await call_api(app_server, f"{SLOTS}?service=certificate&mode=video&from=2026-11-27&days=1")
    assert status == 200
    assert slots[0] == {"starts_at": AT_9, "ends_at": "2026-11-27T09:15:00+01:00", "left": 1}
    assert len(slots) == 40


async def test_slots_without_dates_cover_two_weeks(app_server: AppServer) -> None:
    _, slots, _ = await call_api(app_server, f"{SLOTS}?service=certificate&mode=in_person")
    assert slots[0]["starts_at"] == "2026-11-25T11:00:00+01:00"
    assert slots[-1]["starts_at"] == "2026-12-08T18:45:00+01:00"  # the fourteenth day


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("mode=video", "service"),
        ("service=certificate", "mode"),
        ("service=unknown&mode=video", "service"),
        ("service=documents&mode=video", "mode"),
        ("service=certificate&mode=video&from=tomorrow", "from"),
        ("service=certificate&mode=video&days=63", "days"),
        ("service=certificate&mode=video&days=0", "days"),
    ],
)
async def test_invalid_slots_query_reports_its_field(app_server: AppServer, query: str, field: str) -> None:
    status, problem, headers = await call_api(app_server, f"{SLOTS}?{query}")
    assert (status, problem["code"]) == (422, "invalid")
    assert headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_slots_of_unknown_office_are_not_found(app_server: AppServer) -> None:
    status, problem, _ = await call_api(app_server, "/api/v1/offices/none/slots?service=certificate&mode=video")
    assert (status, problem["code"]) == (404, "not_found")


async def test_booking_returns_the_appointment(app_server: AppServer) -> None:
    body = booking_body(altcha=solve_new_challenge(app_server.runtime))
    status, answer, headers = await call_api(app_server, APPOINTMENTS, json=body)
    assert status == 201
    assert (answer["state"], answer["kept_until"]) == ("confirmed", None)
    assert (answer["office"], answer["service"], answer["mode"]) == ("centro", "certificate", "video")
    assert (answer["starts_at"], answer["ends_at"]) == (AT_9, "2026-11-27T09:15:00+01:00")
    assert len(answer["locator"]) == 8
    page = f"{app_server.url}/a/{answer['token']}"
    assert answer["links"]["page"] == page
    assert answer["links"]["ics"] == f"{page}/calendar.ics"
    assert answer["links"]["room"] == f"{page}/room"
    assert headers["Location"] == f"{APPOINTMENTS}/{answer['token']}"
    status, again, _ = await call_api(app_server, headers["Location"])
    assert (status, again) == (200, answer)


async def test_in_person_appointment_links_to_its_ticket_page(app_server: AppServer) -> None:
    answer = await book_over_api(app_server, mode="in_person")
    assert answer["links"]["turn"] == f"{app_server.url}/o/centro?appointment={answer['token']}"
    assert "room" not in answer["links"]


async def test_booking_accepts_a_time_in_utc(app_server: AppServer) -> None:
    assert (await book_over_api(app_server, starts_at="2026-11-27T08:00:00Z"))["starts_at"] == AT_9


@pytest.mark.parametrize("first", ["9999-12-31", "9999-01-01"])
async def test_slots_at_the_last_calendar_dates_are_empty(app_server: AppServer, first: str) -> None:
    answer = await call_api(app_server, f"{SLOTS}?service=certificate&mode=video&from={first}")
    assert answer[:2] == (200, [])


async def test_slots_from_the_first_calendar_date_start_today(app_server: AppServer) -> None:
    status, slots, _ = await call_api(app_server, f"{SLOTS}?service=certificate&mode=video&from=0001-01-01&days=1")
    assert (status, slots[0]["starts_at"]) == (200, "2026-11-25T11:00:00+01:00")


EDGES = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]


@pytest.mark.parametrize("time", ["2026-11-27T09:00:00", "2026-11-27", "nine", 1795600800, *EDGES])
async def test_booking_with_invalid_time_is_rejected(app_server: AppServer, time: str | int) -> None:
    status, problem, _ = await call_api(app_server, APPOINTMENTS, json=booking_body(starts_at=time))
    assert (status, problem["code"]) == (422, "invalid_time")
    assert problem["errors"][0]["field"] == "starts_at"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"email": "amina"}, "email", "email_no_at"),
        ({"name": ""}, "name", "name_required"),
        ({"phone": "612"}, "phone", "phone_too_short"),
        ({"privacy_accepted": False}, "privacy_accepted", "must_accept"),
        ({"office": "none"}, "office", "not_a_choice"),
        ({"mode": "telepathy"}, "mode", "not_a_choice"),
        ({"language": "xx"}, "language", "not_a_choice"),
    ],
)
async def test_booking_with_invalid_field_reports_field_and_code(
    app_server: AppServer, changes: dict[str, Any], field: str, code: str
) -> None:
    status, problem, _ = await call_api(app_server, APPOINTMENTS, json=booking_body(**changes))
    assert status == 422
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]
    assert problem["errors"][0]["message"]


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff\xfe"])
async def test_body_that_is_not_a_json_object_is_malformed(app_server: AppServer, raw: bytes) -> None:
    status, problem, _ = await call_api(app_server, APPOINTMENTS, raw=raw, Content_Type="application/json")
    assert (status, problem["code"]) == (400, "malformed")


async def test_taken_slot_returns_nearest_slots_with_offsets(app_server: AppServer) -> None:
    await book_over_api(app_server)
    status, problem, _ = await call_api(app_server, APPOINTMENTS, json=booking_body(**DIEGO))
    assert (status, problem["code"]) == (409, "slot_taken")
    assert problem["nearest"][0] == "2026-11-27T09:15:00+01:00"
    assert len(problem["nearest"]) == 3


async def test_passed_slot_is_told_from_a_taken_one(app_server: AppServer, clock: FakeClock) -> None:
    clock.set(clock.now().replace(day=27, hour=9, minute=30))
    status, problem, _ = await call_api(app_server, APPOINTMENTS, json=booking_body())
    assert (status, problem["code"], problem["too_late"]) == (409, "slot_taken", True)
    assert "Ya es tarde para reservar esa hora." in problem["detail"]
    assert problem["nearest"]


async def test_second_appointment_for_a_service_is_a_duplicate(app_server: AppServer) -> None:
    await book_over_api(app_server)
    status, problem, _ = await call_api(app_server, APPOINTMENTS, json=booking_body(mode="in_person"))
    assert (status, problem["code"]) == (409, "duplicate_appointment")


async def test_repeated_idempotency_key_returns_same_appointment(app_server: AppServer) -> None:
    first = await call_api(app_server, APPOINTMENTS, json=booking_body(), Idempotency_Key="one")
    again = await call_api(app_server, APPOINTMENTS, json=booking_body(), Idempotency_Key="one")
    assert first[:2] == again[:2]
    status, problem, _ = await call_api(
        app_server, APPOINTMENTS, json=booking_body(**DIEGO), Idempotency_Key="one"
    )
    assert (status, problem["code"]) == (422, "idempotency_mismatch")


async def test_retry_after_lost_response_returns_same_appointment(app_server: AppServer) -> None:
    first = await call_api(app_server, APPOINTMENTS, json=booking_body(), Idempotency_Key="one")
    async with app_server.runtime.transaction() as tx:  # as if the process had ended before it stored the response
        await tx.session.execute(delete(IdempotentRequestRow))
    again = await call_api(app_server, APPOINTMENTS, json=booking_body(), Idempotency_Key="one")
    assert first[:2] == again[:2]


async def test_email_longer_after_case_folding_can_book(app_server: AppServer) -> None:
    await book_over_api(app_server, email="\u0390" * 64 + "@" + ("a" * 50 + ".") * 2 + "example.org")


async def test_concurrent_api_bookings_give_the_last_slot_once(app_server: AppServer) -> None:
    bodies = [booking_body(email=f"person{number}@example.org") for number in range(6)]
    answers = await asyncio.gather(*(call_api(app_server, APPOINTMENTS, json=body) for body in bodies))
    assert sorted(status for status, _, _ in answers) == [201] + [409] * 5


async def test_cancel_returns_the_current_appointment(app_server: AppServer) -> None:
    path = f"{APPOINTMENTS}/{(await book_over_api(app_server))['token']}"
    assert (await call_api(app_server, f"{path}/cancel", json={}))[1]["state"] == "cancelled_citizen"
    status, answer, _ = await call_api(app_server, f"{path}/cancel", json={})
    assert (status, answer["state"]) == (200, "cancelled_citizen")
    status, problem, _ = await call_api(app_server, f"{path}/reschedule", json={"starts_at": AT_9})
    assert (status, problem["code"]) == (409, "illegal_transition")


async def test_cancel_after_the_end_is_refused(app_server: AppServer, clock: FakeClock) -> None:
    path = f"{APPOINTMENTS}/{(await book_over_api(app_server))['token']}"
    clock.advance(days=3)
    status, problem, _ = await call_api(app_server, f"{path}/cancel", json={})
    assert (status, problem["code"]) == (409, "too_late")


async def test_reschedule_returns_new_appointment_with_own_token(app_server: AppServer) -> None:
    old = await book_over_api(app_server)
    path = f"{APPOINTMENTS}/{old['token']}"
    later = "2026-11-27T10:00:00+01:00"
    status, new, _ = await call_api(app_server, f"{path}/reschedule", json={"starts_at": later})
    assert (status, new["starts_at"], new["state"]) == (200, later, "confirmed")
    assert new["token"] != old["token"]
    replaced = (await call_api(app_server, path))[1]
    assert (replaced["state"], replaced["replaced_by"]) == ("rescheduled", new["token"])
    assert new["replaced_by"] is None
    assert (await call_api(app_server, f"{path}/reschedule", json={"starts_at": later}))[1] == new


async def test_reschedule_to_taken_slot_returns_nearest_slots(app_server: AppServer) -> None:
    token = (await book_over_api(app_server))["token"]
    taken = "2026-11-27T10:00:00+01:00"
    await book_over_api(app_server, starts_at=taken, **DIEGO)
    status, problem, _ = await call_api(
        app_server, f"{APPOINTMENTS}/{token}/reschedule", json={"starts_at": taken}
    )
    assert (status, problem["code"]) == (409, "slot_taken")
    assert len(problem["nearest"]) == 3


@pytest.mark.parametrize("call", ["", "/cancel", "/reschedule"])
async def test_unknown_token_is_not_found(app_server: AppServer, call: str) -> None:
    sent = {"starts_at": AT_9} if call else None
    status, problem, _ = await call_api(app_server, f"{APPOINTMENTS}/unknown{call}", json=sent)
    assert (status, problem["code"]) == (404, "not_found")


async def test_errors_use_the_language_of_the_request(app_server: AppServer) -> None:
    async with open_client(app_server.url) as client:
        for language, says in (("es", "Falta la arroba"), ("en", "The @ is missing")):
            headers = {"Accept-Language": language}
            async with client.post(APPOINTMENTS, json=booking_body(email="x"), headers=headers) as response:
                problem = await response.json(content_type=None)
            assert says in problem["errors"][0]["message"]


async def test_needs_accept_a_string_or_a_list(app_server: AppServer) -> None:
    assert await book_over_api(app_server, needs="sign_language")
    assert await book_over_api(app_server, needs=["easy_reading", "own words"], service="complaints")


HOLDS_PATH = "/api/v1/holds"
HOLD_BODY = {"office": "centro", "service": "certificate", "mode": "video", "starts_at": AT_9}


async def test_hold_reserves_the_slot_for_its_token(app_server: AppServer) -> None:
    status, kept, _ = await call_api(
        app_server, HOLDS_PATH, json={**HOLD_BODY, "altcha": solve_new_challenge(app_server.runtime)}
    )
    assert (status, kept["expires_at"]) == (201, "2026-11-25T10:40:00+01:00")
    status, problem, _ = await call_api(app_server, APPOINTMENTS, json=booking_body(**DIEGO))
    assert (status, problem["code"], len(problem["nearest"])) == (409, "slot_taken", 3)
    status, problem, _ = await call_api(
        app_server, HOLDS_PATH, json={**HOLD_BODY, "altcha": solve_new_challenge(app_server.runtime)}
    )
    assert (status, problem["code"], len(problem["nearest"])) == (409, "slot_taken", 3)
    assert (await book_over_api(app_server, hold=kept["hold"]))["state"] == "confirmed"


async def test_hold_without_device_or_proof_is_one_per_address(app_server: AppServer) -> None:
    for at in (AT_9, "2026-11-27T09:15:00+01:00"):
        status, _, _ = await call_api(app_server, HOLDS_PATH, json={**HOLD_BODY, "starts_at": at})
        assert status == 201
    assert (
        await call_api(
            app_server, HOLDS_PATH, json={**HOLD_BODY, "altcha": solve_new_challenge(app_server.runtime)}
        )
    )[0] == 201


async def test_invalid_proof_is_reported_to_api_clients(app_server: AppServer, clock: FakeClock) -> None:
    good = solve_new_challenge(app_server.runtime)
    late = solve_new_challenge(app_server.runtime)
    assert (await call_api(app_server, APPOINTMENTS, json=booking_body(altcha=good)))[0] == 201
    for proof, code in ((good, "proof_used"), ("made up", "proof_invalid")):
        status, problem, _ = await call_api(
            app_server, APPOINTMENTS, json=booking_body(**DIEGO, mode="in_person", altcha=proof)
        )
        assert (status, [(one["field"], one["code"]) for one in problem["errors"]]) == (422, [("altcha", code)])
    clock.advance(minutes=10)
    status, problem, _ = await call_api(
        app_server, APPOINTMENTS, json=booking_body(**DIEGO, mode="in_person", altcha=late)
    )
    assert problem["errors"][0]["code"] == "proof_expired"
    status, answer, _ = await call_api(app_server, APPOINTMENTS, json=booking_body(**DIEGO, mode="in_person"))
    assert (status, answer["state"], answer["kept_until"]) == (201, "preconfirmed", "2026-11-25T11:10:00+01:00")


async def test_api_key_needs_no_proof(app_server: AppServer) -> None:
    key = await create_api_key(app_server.runtime, role=StaffRole.INTEGRATION)
    status, answer, _ = await call_api(
        app_server, APPOINTMENTS, json=booking_body(), Authorization=f"Bearer {key}"
    )
    assert (status, answer["state"]) == (201, "confirmed")
