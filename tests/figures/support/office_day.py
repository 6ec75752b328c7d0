"""A day of the central office through the real actions: visits and video calls.

The clock begins at 10:30 and only moves forward. Every figure of the page has a case, and most have several.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from office360.appointments.actions.book import book_appointment
from office360.appointments.service import (
    finish_call,
    report_no_answer,
    report_not_reached,
    start_call,
    withdraw_call,
)
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.precheck.actions.connection_tests import add_report, create_test
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.queue import service as queue
from office360.queue.actions.agent import record_no_show
from office360.queue.actions.citizen import postpone_call
from office360.queue.actions.host import end_missed_ticket
from office360.queue.actions.transfer import transfer_ticket
from office360.rooms.actions import participant_actions, staff_actions
from office360.rooms.actions.room_transaction import RoomMember
from office360.server.demo.connection_tests import GOOD_MEASUREMENTS, WEAK_MEASUREMENTS

from ...appointments.support.phone_mode import AMINA_PHONE, allow_phone
from ...appointments.support.requesters import make_booking_request
from ...conftest import MORNING, FakeClock
from ...queue.conftest import BORIS, CARMEN, ELENA, OfficeDriver
from ...rooms.support.video_appointments import (
    BookedVideoAppointment,
    book_video_appointment,
    enter_as_agent,
    enter_as_citizen,
)

MAX_JOINS = 5
RED_MEASUREMENTS: dict[str, Any] = {**GOOD_MEASUREMENTS, "rtt_ms": 900, "loss_up_pct": 20}
GOOD_SAMPLE: dict[str, Any] = {
    "rtt_ms": 40,
    "jitter_ms": 5,
    "loss_up_pct": 0.1,
    "loss_down_pct": 0.3,
    "path": "udp",
}
SLOW_SAMPLE: dict[str, Any] = {**GOOD_SAMPLE, "rtt_ms": 180, "loss_up_pct": 1.2}
BAD_SAMPLE: dict[str, Any] = {"rtt_ms": 650, "jitter_ms": 20, "loss_up_pct": 12, "loss_down_pct": 1, "path": "tcp"}


@dataclass(frozen=True)
class DayActor:
    """Drives the office, with a clock that moves forward to a minute after 10:30."""

    runtime: Runtime
    office: Office
    clock: FakeClock

    @property
    def driver(self) -> OfficeDriver:
        return OfficeDriver(self.runtime, self.office)

    def at(self, minute: float) -> datetime:
        return MORNING + timedelta(minutes=minute)

    def go_to(self, minute: float) -> None:
        self.clock.set(max(self.clock.now(), self.at(minute)))

    async def serve(self, desk: int, called: float, way_s: float, minutes: float) -> str:
        """Call the next ticket at a minute, begin after the way, and serve it."""
        agent = BORIS if desk == 1 else ELENA
        self.go_to(called)
        ticket = await self.driver.call_next(desk, agent)
        assert ticket is not None
        self.clock.advance(seconds=way_s)
        await queue.start_service(self.runtime, agent, ticket.id)
        self.clock.advance(minutes=minutes)
        await queue.finish_service(self.runtime, agent, ticket.id)
        return ticket.id

    async def hold_call(
        self, booked: BookedVideoAppointment, joined: float, admitted: float, minutes: float, samples: list[Any]
    ) -> None:
        """Hold a video call: the citizen joins, Boris admits, both measure, Boris ends."""
        self.go_to(joined)
        guest = await enter_as_citizen(self.runtime, booked)
        await participant_actions.join_lobby(self.runtime, guest, None)
        self.go_to(admitted)
        agent = await enter_as_agent(self.runtime, booked)
        await self._admit(guest, agent)
        for number, sample in enumerate(samples):
            member = (guest, agent)[number % 2]
            await participant_actions.record_audit_event(self.runtime, member, "quality", sample)
        self.clock.advance(minutes=minutes)
        await staff_actions.end_room(self.runtime, agent, "resolved")

    async def _admit(self, guest: RoomMember, agent: RoomMember) -> None:
        """Admit the citizen, who joins again if a timer saw no sign of life since the clock moved."""
        for _ in range(MAX_JOINS):
            await participant_actions.join_lobby(self.runtime, guest, None)
            with contextlib.suppress(Refused):
                await staff_actions.admit_participant(self.runtime, agent, guest.participant_id)
                return

    async def miss_call(self, booked: BookedVideoAppointment, ended: float) -> None:
        """Let Boris end a room to which the citizen did not come."""
        self.go_to(ended)
        agent = await enter_as_agent(self.runtime, booked)
        await staff_actions.end_room(self.runtime, agent, "no_show")

    async def test_connection(self, booked: BookedVideoAppointment, measured: dict[str, Any]) -> None:
        """Test the connection for an appointment now."""
        _, token = await create_test(self.runtime, "room", booked.token)
        await add_report(self.runtime, token, MeasurementsMessage.model_validate(measured))

    async def book_phone(self, minute: float, name: str) -> str:
        """Book an appointment by telephone, and return its id."""
        starts_at = self.at(minute)
        request = make_booking_request(
            mode="phone", phone=AMINA_PHONE, starts_at=starts_at, name=name, email=f"{name.lower()}@example.org"
        )
        return (await book_appointment(self.runtime, "centro", request)).id

    async def call(self, appointment_id: str, minute: float, minutes: float, *, result: str) -> None:
        """Call a citizen: `held`, `no_answer` or `withdrawn`."""
        self.go_to(minute)
        await start_call(self.runtime, BORIS, appointment_id)
        self.clock.advance(minutes=minutes)
        if result == "held":
            await finish_call(self.runtime, BORIS, appointment_id)
        else:
            end = report_no_answer if result == "no_answer" else withdraw_call
            await end(self.runtime, BORIS, appointment_id)


async def play_office_day(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    """Play the day. It ends at about 14:30, with one ticket that still waits."""
    day = DayActor(runtime, office, clock)
    day = replace(day, office=await allow_phone(runtime, office, places=2))
    driver = day.driver
    early = await driver.book_appointment(day.at(30), "Amina")
    late = await driver.book_appointment(day.at(40), "Bruno")
    await driver.book_appointment(day.at(60), "Hind", "certificate")  # does not come
    calls = [
        await book_video_appointment(runtime, day.at(minute), name)
        for minute, name in ((90, "Irene"), (120, "Jamal"), (150, "Karima"), (180, "Lucia"))
    ]
    await book_video_appointment(runtime, day.at(210), "Mateo", service="complaints")  # still to come
    for booked, measured in zip(calls, (GOOD_MEASUREMENTS, WEAK_MEASUREMENTS, RED_MEASUREMENTS), strict=False):
        await day.test_connection(booked, measured)
    phone = [
        await day.book_phone(minute, name) for minute, name in ((105, "Nadia"), (150, "Omar"), (165, "Pablo"))
    ]
    await day.book_phone(210, "Rosa")  # still to come
    await driver.open_desk(1)
    await driver.open_desk(2, ELENA)
    for minute in (0, 1, 2, 3, 5):
        day.go_to(minute)
        await driver.take_ticket("certificate" if minute % 2 else "documents")
    day.go_to(6)
    leaving = await driver.take_ticket()
    postponing = await driver.take_ticket()
    await postpone_call(runtime, postponing.token)
    await day.serve(1, called=8, way_s=40, minutes=6)
    await queue.leave_line(runtime, leaving.token)
    await day.serve(2, called=16, way_s=65, minutes=9)
    await driver.check_in(early)
    await day.serve(1, called=31, way_s=20, minutes=12)
    missed = await driver.call_next(2, ELENA)
    assert missed is not None
    day.clock.advance(minutes=3)
    await record_no_show(runtime, ELENA, missed.id)
    await end_missed_ticket(runtime, CARMEN, missed.id)
    day.go_to(58)
    await driver.check_in(late)
    await day.serve(1, called=62, way_s=30, minutes=5)
    day.go_to(70)
    moved = await driver.call_next(2, ELENA)
    assert moved is not None
    day.clock.advance(seconds=50)
    await queue.start_service(runtime, ELENA, moved.id)
    day.clock.advance(minutes=4)
    other = "certificate" if moved.service == "documents" else "documents"
    await transfer_ticket(runtime, ELENA, moved.id, service=other)
    await day.serve(1, called=78, way_s=25, minutes=7)
    await day.hold_call(calls[0], joined=86, admitted=91.5, minutes=11, samples=[GOOD_SAMPLE] * 12)
    await day.call(phone[0], 107, 1, result="no_answer")
    await day.call(phone[0], 114, 5, result="held")
    await day.hold_call(
        calls[1], joined=124, admitted=127, minutes=14, samples=[*[SLOW_SAMPLE] * 9, *[BAD_SAMPLE] * 3]
    )
    await day.call(phone[1], 143, 0.5, result="withdrawn")
    await day.miss_call(calls[2], ended=165)
    await day.call(phone[1], 166, 7, result="held")
    await day.call(phone[2], 173.5, 1, result="no_answer")
    await day.hold_call(calls[3], joined=178, admitted=192, minutes=6, samples=[])
    await day.call(phone[2], 198.5, 1, result="no_answer")
    await report_not_reached(runtime, BORIS, phone[2])
    day.go_to(200)
    await driver.take_ticket()
