"""A key, or a member of staff, is exempt from limits in its offices only."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.staff.actions.accounts import create_api_key

from ...conftest import FakeClock, serve_app
from ...support.office_fixture import build_office

TIMES = ("2026-11-27T09:00:00+01:00", "2026-11-27T09:20:00+01:00", "2026-11-27T09:40:00+01:00")


@pytest.mark.parametrize(
    ("role", "offices", "statuses"),
    [
        (StaffRole.INTEGRATION, None, [201, 201, 201]),
        (StaffRole.INTEGRATION, ["centro"], [201, 201, 201]),
        (StaffRole.INTEGRATION, ["norte"], [201, 429, 429]),
        (StaffRole.AGENT, ["norte"], [201, 429, 429]),
    ],
)
async def test_key_has_booking_limits_outside_its_offices(
    settings: Settings,
    clock: FakeClock,
    office: Office,
    role: StaffRole,
    offices: list[str] | None,
    statuses: list[int],
) -> None:
    limited = settings.model_copy(update={"bookings_per_hour": 1, "programs_prove": False})
    async with serve_app(limited, clock) as server, server.client() as client:
        await build_office(server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
        key = await create_api_key(server.runtime, name="program", role=role, offices=offices)
        got = []
        for number, starts_at in enumerate(TIMES):
            booking = {
                "office": "centro",
                "service": "documents",
                "mode": "in_person",
                "starts_at": starts_at,
                "name": "Amina Haddad",
                "email": f"amina{number}@example.org",
                "privacy_accepted": True,
            }
            headers = {"Authorization": f"Bearer {key}"}
            async with client.post("/api/v1/appointments", json=booking, headers=headers) as answer:
                got.append(answer.status)
    assert got == statuses
