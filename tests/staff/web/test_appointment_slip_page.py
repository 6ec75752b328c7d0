"""The paper slip of an appointment, over real HTTP."""

from __future__ import annotations

import re

import pytest
from office360.appointments.actions.book import book_as_staff

from ...appointments.support.requesters import make_booking_request
from ...appointments.support.staff import CARMEN
from ...conftest import AppServer
from ..conftest import sign_in


async def test_slip_says_when_where_and_what_to_bring(app_server: AppServer, staff: dict[str, str]) -> None:
    booking = make_booking_request({"name": "Amina Haddad"}, email=None, mode="in_person", language="en")
    booked = await book_as_staff(app_server.runtime, CARMEN, "centro", booking)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        async with client.get(f"/staff/appointments/{booked.id}/slip") as answer:
            page = re.sub(r"<[^>]+>", "", await answer.text())
    for text in ("Friday 27 November", "9:00", "Digital certificate", "Your identity card", booked.locator[:4]):
        assert text in page, text
    assert "Amina" not in page  # a lost slip names no citizen


@pytest.mark.parametrize(("who", "status"), [("boris", 403), ("diego", 403), ("carmen", 200)])
async def test_slip_requires_host_of_its_office(
    app_server: AppServer, staff: dict[str, str], who: str, status: int
) -> None:
    booked = await book_as_staff(app_server.runtime, CARMEN, "centro", make_booking_request())
    async with app_server.client() as client:
        await sign_in(client, who)
        async with client.get(f"/staff/appointments/{booked.id}/slip") as answer:
            assert answer.status == status
