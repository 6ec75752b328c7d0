"""An office in which everything happens at once, built by the product's own actions.

8 video and 8 telephone appointments in every state, 30 people who wait, 12 desks with long names, three needs at
the entrance, late people, a stopped line and failed messages. The moment is the runtime's; what happened before it
is done with a clock of its time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

from office360.appointments.actions.reception.staff_changes import cancel_for_citizen
from office360.appointments.service import (
    Appointment,
    BookingRequest,
    appointment_token,
    book_appointment,
    finish_call,
    report_no_answer,
    report_not_reached,
    start_call,
    withdraw_call,
)
from office360.core.auth import Principal, StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office, create_office, office_by_slug, parse_office
from office360.precheck.actions.connection_tests import add_report, create_test
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.queue import service as queue
from office360.queue.actions.agent import hold_ticket, record_no_show
from office360.queue.actions.host import end_missed_ticket
from office360.queue.actions.pause import stop_walk_ins
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.domain.ticket import Ticket
from office360.queue.service import TicketRequest
from office360.rooms.actions import participant_actions, room_entry, staff_actions
from office360.server.demo.appointments import runtime_at
from office360.server.demo.connection_tests import GOOD_MEASUREMENTS, WEAK_MEASUREMENTS
from sqlalchemy import select, update

from ...rooms.support.video_appointments import new_session_hash
from .full_day_office import AGENTS, PEOPLE, SERVICES, office_source

SLUG = "centro"
WAITING_PEOPLE = 30
CALLED_DESK, IDLE_DESK, CLOSED_DESK = 8, 11, 12  # desks 1 to 7 serve
HOST = Principal("full-day-host", "Carmen Ruiz de Alarcón", StaffRole.HOST, frozenset({SLUG}))
BOOKED_BEFORE = timedelta(days=5)
VIDEO_MINUTES = {  # from now to the beginning
    "call": -15,
    "ended": -90,
    "missed": -60,
    "lobby": 0,
    "tested": 30,
    "weak": 45,
    "interpreter": 60,
    "cancelled": 90,
}
PHONE_MINUTES = {
    "held": -90,
    "not_reached": -60,
    "calling": -15,
    "no_answer": -15,
    "due": 0,
    "withdrawn": 0,
    "later": 60,
    "cancelled": 90,
}
LATE_MINUTES = (-50, -40, -20)  # the first has come and needs the host


@dataclass
class FullDay:
    """The office with names for what a page may show.

    `tickets` and `appointments`: by state, such as `tickets["called"]`.
    """

    runtime: Runtime
    office: Office
    now: datetime
    tickets: dict[str, IssuedTicket] = field(default_factory=dict)
    appointments: dict[str, Appointment] = field(default_factory=dict)
    people: Iterator[str] = field(default_factory=lambda: cycle(PEOPLE))

    def ago(self, minutes: float) -> Runtime:
        """Return the runtime with its clock at so many minutes before now."""
        return runtime_at(self.runtime, self.now - timedelta(minutes=minutes))

    def at(self, minutes: float) -> datetime:
        return self.now + timedelta(minutes=minutes)

    def agent(self, desk: int) -> Principal:
        return Principal(f"full-day-{desk}", AGENTS[desk - 1], StaffRole.AGENT, frozenset({SLUG}))

    def desk_id(self, number: int) -> str:
        return next(desk.id for desk in self.office.desks if desk.name == str(number))

    def appointment_token(self, name: str) -> str:
        return appointment_token(self.runtime, self.appointments[name])


async def build_full_day(runtime: Runtime) -> FullDay:
    """Create the office and let its day happen until now, which is a working morning."""
    async with runtime.transaction() as tx:
        await create_office(tx.session, SLUG, parse_office(office_source(), SLUG), tx.now)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, SLUG)
    day = FullDay(runtime, office, runtime.now())
    await _book_appointments(day)
    for number in range(1, CLOSED_DESK):
        await queue.open_desk(day.ago(110), day.agent(number), day.desk_id(number))
    await _serve_people(day)
    await _add_waiting_people(day)
    await _hold_video_calls(day)
    await _make_phone_calls(day)
    await _add_needs(day)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, SLUG)
    await stop_walk_ins(
        runtime, HOST, next(line.id for line in office.lines if line.slug == "licences"), "Sin sistema"
    )
    await _fail_messages(runtime)
    return day


async def _book(day: FullDay, minutes: int, mode: str, service: str, **more: Any) -> Appointment:
    name = next(day.people)
    fields: dict[str, Any] = {
        "service": service,
        "mode": mode,
        "starts_at": day.at(minutes),
        "name": name,
        "email": f"person{minutes + 100}.{mode.replace('_', '')}@correo-electronico.example.org",
        "phone": "+34600111222" if mode == "phone" else None,
        **more,
    }
    early = runtime_at(day.runtime, day.now - BOOKED_BEFORE)
    return await book_appointment(early, SLUG, BookingRequest(**fields))


async def _book_appointments(day: FullDay) -> None:
    remote = cycle(("disability", "certificate"))
    for mode, minutes in (("video", VIDEO_MINUTES), ("phone", PHONE_MINUTES)):
        for name, minute in minutes.items():
            needs = ("sign_language",) if name == "interpreter" else ()
            day.appointments[f"{mode}_{name}"] = await _book(day, minute, mode, next(remote), needs=needs)
    for number, minute in enumerate(LATE_MINUTES):
        day.appointments[f"late_{number}"] = await _book(day, minute, "in_person", "documents")
    for number, service in enumerate(islice(cycle(SERVICES), 8)):
        day.appointments[f"visit_{number}"] = await _book(day, 30 * (number // 2), "in_person", service)
    for mode in ("video", "phone"):
        await cancel_for_citizen(day.ago(60), HOST, day.appointments[f"{mode}_cancelled"].id)


async def _take(day: FullDay, ago: float, service: str, **fields: Any) -> IssuedTicket:
    request = TicketRequest(service=service, name=next(day.people), exempt=True, **fields)
    return await queue.take_ticket(day.ago(ago), SLUG, request)


async def _call(day: FullDay, ago: float, desk: int) -> Ticket:
    called = await queue.call_next(day.ago(ago), day.agent(desk), day.desk_id(desk))
    assert called is not None
    return called


async def _serve_people(day: FullDay) -> None:
    """Fill the desks: served, held and missed people before, and a person at most desks now."""
    services = cycle(("documents", "certificate", "disability", "care"))
    issued = {
        taken.ticket.id: taken
        for number in range(12)
        for taken in [await _take(day, 100 - number, next(services), language=("es", "en")[number % 2])]
    }
    by_state = {"finished": 1, "missed": 3, "no_show": 4}
    for name, desk in by_state.items():
        called = await _call(day, 80 - desk, desk)
        day.tickets[name] = issued[called.id]
    await queue.start_service(day.ago(70), day.agent(1), day.tickets["finished"].ticket.id)
    await queue.finish_service(day.ago(55), day.agent(1), day.tickets["finished"].ticket.id)
    await record_no_show(day.ago(4), day.agent(3), day.tickets["missed"].ticket.id)
    await record_no_show(day.ago(60), day.agent(4), day.tickets["no_show"].ticket.id)
    await end_missed_ticket(day.ago(50), HOST, day.tickets["no_show"].ticket.id)
    for desk in range(1, CALLED_DESK):
        called = await _call(day, 3 * desk + 1, desk)
        await queue.start_service(day.ago(3 * desk), day.agent(desk), called.id)
        day.tickets["serving"] = issued[called.id]
    day.tickets["called"] = issued[(await _call(day, 1, CALLED_DESK)).id]
    held = await _call(day, 12, IDLE_DESK)
    await queue.start_service(day.ago(11), day.agent(IDLE_DESK), held.id)
    await hold_ticket(day.ago(6), day.agent(IDLE_DESK), held.id)
    day.tickets["on_hold"] = issued[held.id]


async def _add_waiting_people(day: FullDay) -> None:
    services = cycle(("documents", "certificate", "disability", "health-card", "care", "hunting-fishing"))
    for number in range(WAITING_PEOPLE - 3):
        made = await _take(day, 48 - 1.6 * number, next(services), language=("es", "en")[number % 2])
        day.tickets["next" if number == 0 else "waiting"] = made
    day.tickets["left"] = await _take(day, 30, "documents")
    await queue.leave_line(day.ago(20), day.tickets["left"].token)


async def _hold_video_calls(day: FullDay) -> None:
    agent = day.agent(9)

    async def enter(name: str, ago: float) -> Any:
        token = day.appointment_token(f"video_{name}")
        guest = await room_entry.enter_as_citizen(day.ago(ago), token, new_session_hash())
        await participant_actions.join_lobby(day.ago(ago), guest, None)
        return guest

    async def enter_as_agent(name: str, ago: float) -> Any:
        appointment = day.appointments[f"video_{name}"].id
        return await room_entry.enter_as_staff(day.ago(ago), agent, appointment, new_session_hash())

    for name, begun in (("ended", 88), ("call", 13)):
        guest, member = await enter(name, begun), await enter_as_agent(name, begun)
        await staff_actions.admit_participant(day.ago(begun - 1), member, guest.participant_id)
        if name == "ended":
            await staff_actions.end_room(day.ago(70), member, "resolved")
    await staff_actions.end_room(day.ago(45), await enter_as_agent("missed", 55), "no_show")
    for name, measured in (
        ("tested", GOOD_MEASUREMENTS),
        ("weak", WEAK_MEASUREMENTS),
        ("lobby", GOOD_MEASUREMENTS),
    ):
        _, token = await create_test(day.ago(40), "room", day.appointment_token(f"video_{name}"))
        await add_report(day.ago(40), token, MeasurementsMessage.model_validate(measured))
    await enter("lobby", 4)


async def _make_phone_calls(day: FullDay) -> None:
    def call(name: str) -> str:
        return day.appointments[f"phone_{name}"].id

    for name, ago in (("held", 88), ("not_reached", 58), ("no_answer", 12)):
        await start_call(day.ago(ago), day.agent(10), call(name))
        end = finish_call if name == "held" else report_no_answer
        await end(day.ago(ago - 4), day.agent(10), call(name))
    await start_call(day.ago(50), day.agent(10), call("not_reached"))
    await report_no_answer(day.ago(48), day.agent(10), call("not_reached"))
    await report_not_reached(day.ago(40), day.agent(10), call("not_reached"))
    await start_call(day.ago(2), day.agent(9), call("withdrawn"))
    await withdraw_call(day.ago(1.5), day.agent(9), call("withdrawn"))
    await start_call(day.ago(3), day.agent(10), call("calling"))


async def _add_needs(day: FullDay) -> None:
    """Add the three needs at the entrance: help, priority, and a late arrival."""
    day.tickets["help"] = await _take(day, 12, "documents", phone="+34600111333")
    await queue.ask_for_help(day.ago(3), day.tickets["help"].token)
    day.tickets["priority"] = await _take(day, 8, "disability", preferential_requested=True)
    request = TicketRequest(
        appointment=day.appointment_token("late_0"),
        override="at the entrance",
        actor=f"staff:{HOST.id}",
        exempt=True,
    )
    day.tickets["late"] = await queue.take_ticket(day.ago(3), SLUG, request)


async def _fail_messages(runtime: Runtime) -> None:
    """Let two e-mails fail for good, one wait for another try and the rest be sent."""
    async with runtime.transaction() as tx:
        rows = (await tx.session.execute(select(OutboxRow.id).order_by(OutboxRow.id))).scalars().all()
        sent: dict[str, Any] = {"state": "sent", "sent_at": tx.now}
        dead: dict[str, Any] = {"state": "dead", "failure": "recipient_refused 550 5.1.1"}
        later: dict[str, Any] = {"failure": "later: 503", "lease_until": tx.now + timedelta(minutes=8)}
        for place, row in enumerate(rows):
            values = {0: dead, 1: dead, 2: later}.get(place, sent)
            await tx.session.execute(update(OutboxRow).where(OutboxRow.id == row).values(**values))
