"""The survey after a call: forms without scripts, and the API."""

from __future__ import annotations

import re
from datetime import timedelta

from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.rooms.actions import participant_actions, room_entry, staff_actions
from office360.rooms.storage.survey_rows import anonymise_surveys, survey_answers
from office360.staff.actions import accounts

from ...conftest import AppServer, FakeClock
from ..support.guests import invite_guest
from ..support.video_appointments import (
    BookedVideoAppointment,
    enter_admitted_pair,
    enter_as_agent,
    new_session_hash,
)


async def end_call(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    _, staff = await enter_admitted_pair(runtime, booked)
    await staff_actions.end_room(runtime, staff, "resolved")


async def test_citizen_rates_and_changes_without_scripts(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    await end_call(app_server.runtime, booked)
    path = f"/a/{booked.token}/room"
    async with app_server.client() as client:

        async def send(**fields: str) -> tuple[int, str]:
            async with client.get(path) as page:
                csrf = re.search(r'name="csrf" value="([^"]+)"', await page.text())
            assert csrf is not None
            async with client.post(f"{path}/survey", data={"csrf": csrf[1], **fields}) as answer:
                return answer.status, await answer.text()

        status, text = await send(sound="good", words="se oía eco")
        assert (status, "Elige una de las tres caras" in text, "se oía eco" in text) == (422, True, True)
        status, text = await send(overall="good", sound="bad", words="se oía eco")
        assert (status, "Gracias" in text) == (200, True)
        status, text = await send(overall="fair", sound="good")
        assert (status, "Cambiar mi respuesta" in text) == (200, True)
    runtime = app_server.runtime
    async with runtime.read_session() as session:
        (answer,) = (await survey_answers(session, [booked.appointment.id]))[booked.appointment.id]
    assert (answer.overall, answer.sound, answer.picture, answer.words) == ("fair", "good", None, None)


async def test_citizen_who_left_rates_and_finds_it_later(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    runtime = app_server.runtime
    guest, staff = await enter_admitted_pair(runtime, booked)
    room, page = f"/a/{booked.token}/room", f"/a/{booked.token}"
    link = f'href="{room}/survey"'
    async with app_server.client() as client:

        async def read(path: str) -> tuple[str, str]:
            async with client.get(path) as answer:
                return answer.url.path, await answer.text()

        assert (await read(f"{room}/survey"))[0] == room  # still inside
        assert link not in (await read(page))[1]
        await participant_actions.leave_room(runtime, guest)
        address, text = await read(f"{room}/survey")
        csrf = re.search(r'name="csrf" value="([^"]+)"', text)
        assert (address, "Has salido de la llamada" in text, csrf is not None) == (f"{room}/survey", True, True)
        assert csrf is not None
        data = {"csrf": csrf[1], "sound": "good"}
        async with client.post(f"{room}/survey", data=data) as answer:
            assert (answer.status, "Has salido de la llamada" in await answer.text()) == (422, True)
        async with client.post(f"{room}/survey", data={**data, "overall": "fair"}) as answer:
            assert "Cambiar mi respuesta" in await answer.text()
        await staff_actions.end_room(runtime, staff, "resolved")
        assert (await read(f"{room}/survey"))[0] == room
        assert link in (await read(page))[1]
        clock.advance(days=1)
        assert link not in (await read(page))[1]


async def test_guest_rates_by_api_once_the_call_is_over(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    runtime = app_server.runtime
    _, token = await invite_guest(runtime, booked)
    guest = await room_entry.enter_as_guest(runtime, token, "phone", new_session_hash())
    _, staff = await enter_admitted_pair(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    await staff_actions.admit_participant(runtime, staff, guest.participant_id)
    body = {"overall": "good", "picture": "fair", "words": "bien"}

    async def post() -> tuple[int, str]:
        headers = {"Cookie": "office360_device=phone"}  # the device of the link
        url = f"/api/v1/rooms/{token}/survey"
        async with app_server.client(headers=headers) as client, client.post(url, json=body) as answer:
            found = await answer.json()
            return answer.status, found.get("code", found.get("picture"))

    assert await post() == (409, "call_not_over")
    await staff_actions.end_room(runtime, staff, "resolved")
    assert await post() == (200, "fair")
    clock.advance(days=8)
    assert await post() == (409, "survey_closed")
    await anonymise_surveys(runtime, runtime.now() - timedelta(days=1))
    async with runtime.read_session() as session:
        (answer,) = (await survey_answers(session, [booked.appointment.id]))[booked.appointment.id]
    assert (answer.overall, answer.words) == ("good", None)


async def test_staff_and_absent_citizens_rate_nothing(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    runtime = app_server.runtime
    staff = await enter_as_agent(runtime, booked)
    clock.set(booked.appointment.starts_at + timedelta(minutes=5))
    await staff_actions.end_room(runtime, staff, "no_show")
    async with app_server.client() as client, client.get(f"/a/{booked.token}/room") as page:
        assert "¿Qué tal ha ido la llamada?" not in await page.text()
    key = await accounts.create_api_key(runtime, name="Boris", role=StaffRole.AGENT, offices=["centro"])
    for address, headers in ((booked.token, {}), (booked.appointment.id, {"Authorization": f"Bearer {key}"})):
        url = f"/api/v1/rooms/{address}/survey"
        async with (
            app_server.client(headers=headers) as client,
            client.post(url, json={"overall": "good"}) as answer,
        ):
            assert (answer.status, (await answer.json())["code"]) == (403, "not_in_the_call")
