"""The cast of the queue tests: citizen amina, agent boris, host carmen, diego elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import Appointment, BookingRequest
from office360.core.auth import Principal, StaffRole
from office360.core.db.timers import fire_due_timers
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue import service
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.domain.ticket import Ticket
from office360.queue.queries.ticket_lookup import describe_ticket_by_id
from office360.queue.service import TicketRequest

from ..conftest import MORNING, AppServer
from ..notifications.support.channels import by_sms

BORIS = Principal("boris", "Boris", StaffRole.AGENT, frozenset({"centro"}))
ELENA = Principal("elena", "Elena", StaffRole.AGENT, None)
CARMEN = Principal("carmen", "Carmen", StaffRole.HOST, frozenset({"centro"}))
DIEGO = Principal("diego", "Diego", StaffRole.AGENT, frozenset({"elsewhere"}))
INTEGRATION = Principal("program", "Program", StaffRole.INTEGRATION, None, is_api_key=True)


@dataclass(frozen=True)
class OfficeDriver:
    """Use cases of the central office, one line each."""

    runtime: Runtime
    office: Office

    def desk_id(self, number: int) -> str:
        return self.office.desks[number - 1].id

    async def take_ticket(self, service_slug: str = "documents", **fields: object) -> IssuedTicket:
        if fields.pop("sms", False):
            fields["channels"] = by_sms(str(fields["phone"]))
        request = TicketRequest(service=service_slug, **fields)  # type: ignore[arg-type]
        return await service.take_ticket(self.runtime, "centro", request)

    async def book_appointment(
        self,
        at: datetime,
        name: str = "Amina",
        service_slug: str = "documents",
        *,
        more: tuple[str, ...] = (),
        phone: str | None = None,
    ) -> Appointment:
        booking = BookingRequest(
            service=service_slug,
            mode="in_person",
            starts_at=at,
            name=name,
            email=f"{name.lower()}@example.org",
            phone=phone,
            more_services=more,
        )
        return await appointments.book_appointment(self.runtime, "centro", booking, request_key=None)

    async def check_in(self, appointment: Appointment, **fields: object) -> IssuedTicket:
        token = appointments.appointment_token(self.runtime, appointment)
        request = TicketRequest(appointment=token, **fields)  # type: ignore[arg-type]
        return await service.take_ticket(self.runtime, "centro", request)

    async def open_desk(self, number: int = 1, agent: Principal = BORIS) -> str:
        await service.open_desk(self.runtime, agent, self.desk_id(number))
        return self.desk_id(number)

    async def call_next(self, number: int = 1, agent: Principal = BORIS) -> Ticket | None:
        return await service.call_next(self.runtime, agent, self.desk_id(number))

    async def call_new_ticket(self) -> tuple[IssuedTicket, Ticket]:
        """Take a ticket and call it to boris's desk 1."""
        issued = await self.take_ticket()
        await self.open_desk()
        ticket = await self.call_next()
        assert ticket is not None
        return issued, ticket

    async def ticket_json(self, issued: IssuedTicket, language: str = "es") -> dict[str, object]:
        """Return the ticket as its phone gets it."""
        async with self.runtime.read_session() as session:
            return await describe_ticket_by_id(session, self.runtime, issued.ticket.id, language)

    async def ticket_state(self, issued: IssuedTicket) -> str:
        return str((await self.ticket_json(issued))["state"])

    async def appointment_state(self, appointment: Appointment) -> str:
        async with self.runtime.read_session() as session:
            return (await appointments.appointment_by_id(session, appointment.id)).state

    async def fire_due_timers(self) -> None:
        """Fire the timers that are due."""
        await fire_due_timers(self.runtime, service.TIMERS)


@pytest.fixture
async def driver(runtime: Runtime, office: Office) -> OfficeDriver:
    return OfficeDriver(runtime, office)


@pytest.fixture
async def server_driver(app_server: AppServer, office: Office) -> OfficeDriver:
    """A driver in the process of the test server, with its bus."""
    return OfficeDriver(app_server.runtime, office)


AT_11 = MORNING + timedelta(minutes=30)
