"""Lost links of appointments, sent to their mailbox only. Both databases."""

from __future__ import annotations

import logging

import pytest
from office360.appointments.actions.lost_link import send_lost_links
from office360.appointments.queries.lookup import appointment_token
from office360.appointments.service import book_appointment, cancel_appointment
from office360.core.errors import RateLimited
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...conftest import FakeClock
from ..support.messages import active_messages
from ..support.requesters import AMINA, DIEGO, make_booking_request


async def sent_links(runtime: Runtime) -> list[str]:
    return [row.recipient for row in await active_messages(runtime) if row.kind == "appointment_link"]


async def test_lost_link_is_sent_to_its_mailbox_once_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    made = await book_appointment(runtime, "centro", make_booking_request())
    for _ in range(2):
        await send_lost_links(runtime, AMINA["email"].upper(), "network")
    await send_lost_links(runtime, DIEGO["email"], "network")
    assert await sent_links(runtime) == [AMINA["email"]]
    clock.advance(minutes=59)  # another hour of the clock has begun
    await send_lost_links(runtime, AMINA["email"], "network")
    assert await sent_links(runtime) == [AMINA["email"]]
    clock.advance(minutes=1)
    await send_lost_links(runtime, AMINA["email"], "network")
    assert await sent_links(runtime) == [AMINA["email"]] * 2
    await cancel_appointment(runtime, appointment_token(runtime, made))
    clock.advance(hours=1)
    before = len(await sent_links(runtime))
    await send_lost_links(runtime, AMINA["email"], "network")
    assert len(await sent_links(runtime)) == before


async def test_lost_link_is_logged_only_if_sent(
    runtime: Runtime, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await book_appointment(runtime, "centro", make_booking_request())
    for _ in range(2):
        await send_lost_links(runtime, AMINA["email"], "network")
    assert caplog.messages.count("appointment_link_sent") == 1


async def test_lost_links_of_a_network_are_limited(runtime: Runtime, office: Office) -> None:
    for number in range(5):
        await send_lost_links(runtime, f"person{number}@example.org", "network")
    with pytest.raises(RateLimited):
        await send_lost_links(runtime, AMINA["email"], "network")
