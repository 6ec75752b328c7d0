"""One visit in place of another, at another office or for another service. Both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.appointments.queries.lookup import appointment_token
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    Replacement,
    appointment_by_id,
    book_appointment,
    replace_appointment,
)
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...support.office_fixture import build_office
from ..support.messages import active_messages
from ..support.requesters import FRIDAY_AT_9, QUARTER, make_booking_request

AT_TEN = FRIDAY_AT_9 + timedelta(hours=1)


@pytest.fixture
async def norte(runtime: Runtime, office: Office) -> str:
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    return "norte"


async def _book(runtime: Runtime, **more: Any) -> tuple[Appointment, str]:
    made = await book_appointment(runtime, "centro", make_booking_request(**more))
    return made, appointment_token(runtime, made)


async def test_replacement_at_other_office_keeps_details_and_needs(
    runtime: Runtime, office: Office, norte: str
) -> None:
    old, token = await _book(runtime, needs=("sign_language",), phone="+34600111222")
    wanted = Replacement(norte, "certificate", "video", FRIDAY_AT_9 + timedelta(days=7))
    new = await replace_appointment(runtime, token, wanted)
    assert (new.office_slug, new.name, new.needs, new.phone) == (norte, old.name, old.needs, old.phone)
    assert new.state is AppointmentState.CONFIRMED
    async with runtime.read_session() as session:
        left = await appointment_by_id(session, old.id)
    assert (left.state, left.rescheduled_to) == (AppointmentState.CANCELLED_CITIZEN, new.id)
    kinds = [message.kind for message in await active_messages(runtime)]
    assert kinds.count("appointment_cancelled") == 1
    assert await replace_appointment(runtime, token, wanted) == new  # a repeated request


async def test_replacement_without_free_slot_changes_nothing(runtime: Runtime, office: Office) -> None:
    old, token = await _book(runtime)
    with pytest.raises(Refused, match="slot_taken"):
        await replace_appointment(
            runtime, token, Replacement("centro", "complaints", "video", FRIDAY_AT_9 - timedelta(days=7))
        )
    async with runtime.read_session() as session:
        assert (await appointment_by_id(session, old.id)).state is AppointmentState.CONFIRMED


async def test_replacement_needs_no_second_appointment_for_service(runtime: Runtime, office: Office) -> None:
    _, token = await _book(runtime)
    await _book(runtime, service="complaints", starts_at=AT_TEN)
    with pytest.raises(Refused, match="duplicate_appointment"):
        await replace_appointment(
            runtime, token, Replacement("centro", "complaints", "video", AT_TEN + QUARTER * 2)
        )
