"""Construction of the demo city. Building it again adds only what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...appointments.service import appointment_token
from ...core.i18n.dates import format_time
from ...core.runtime import Runtime
from ...offices.service import Office, ServiceMode, hours
from .accounts import DemoLogin, ensure_demo_logins
from .appointments import book_coming_days, book_upcoming_slots, expected_appointments
from .connection_tests import ensure_connection_tests
from .demo_site import ensure_demo_site
from .history import ensure_history
from .offices import ALWAYS_OPEN_OFFICE, demo_offices, ensure_demo_offices
from .waiting_rooms import fill_waiting_room

MODE_DESCRIPTIONS: Mapping[ServiceMode, str] = {
    "video": "a video appointment",
    "phone": "an appointment by telephone",
    "in_person": "an appointment in person",
}


@dataclass(frozen=True, slots=True)
class DemoLevel:
    """How busy an office is: open desks, waiting people, appointments soon and per day."""

    desks: int
    waiting: int
    appointments_soon: int
    appointments_per_day: int


LEVEL_BY_OFFICE = {
    "centro": DemoLevel(desks=4, waiting=8, appointments_soon=4, appointments_per_day=16),
    "norte": DemoLevel(desks=2, waiting=3, appointments_soon=2, appointments_per_day=5),
    ALWAYS_OPEN_OFFICE: DemoLevel(desks=2, waiting=4, appointments_soon=3, appointments_per_day=6),
}


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """Addresses and logins of the demo."""

    addresses: tuple[tuple[str, str], ...]
    logins: tuple[DemoLogin, ...]

    def text(self) -> str:
        """Format the addresses, then one login per line as `ROLE USER PASSWORD`."""
        width = max(len(url) for url, _ in self.addresses)
        lines = [f"{url:<{width}}  {what}" for url, what in self.addresses]
        logins = [f"{login.role} {login.username} {login.password}" for login in self.logins]
        return "\n".join([*lines, "", *logins])


async def build_demo(runtime: Runtime) -> DemoSummary:
    """Fill offices, accounts, appointments and lines up to their levels."""
    await ensure_demo_site(runtime)
    await ensure_demo_offices(runtime)
    logins = await ensure_demo_logins(runtime)
    async with runtime.read_session() as session:
        offices = await demo_offices(session)
    for office in offices:
        level = LEVEL_BY_OFFICE[office.slug]
        await book_coming_days(runtime, office, level.appointments_per_day)
        for mode in MODE_DESCRIPTIONS:
            await book_upcoming_slots(runtime, office, mode, level.appointments_soon)
        await ensure_connection_tests(runtime, office)
        await fill_waiting_room(runtime, office, desks=level.desks, waiting=level.waiting)
    return DemoSummary(tuple(await _addresses(runtime, offices)), tuple(logins))


async def add_demo_history(runtime: Runtime) -> None:
    """Add past weeks to offices that have none."""
    async with runtime.read_session() as session:
        offices = await demo_offices(session)
    await ensure_history(runtime, offices)


async def _addresses(runtime: Runtime, offices: list[Office]) -> list[tuple[str, str]]:
    site, now = runtime.public_url, runtime.now()
    open_now = [office for office in offices if hours.is_open(office.hours, now) and not office.paused]
    return [
        (f"{site}/", "the web app"),
        *((f"{site}/o/{office.slug}", f"a turn at {office.name}, open now") for office in open_now),
        *((f"{site}/o/{office.slug}/display", f"its waiting-room screen, {office.name}") for office in open_now),
        *await _next_appointment_links(runtime, open_now),
        (f"{site}/test", "the test of camera, voice and connection"),
        (f"{site}/dev/outbox", "the e-mails, which stay here"),
        (f"{site}/staff/", "for the staff, with a login of below"),
    ]


async def _next_appointment_links(runtime: Runtime, offices: list[Office]) -> list[tuple[str, str]]:
    """Return the link of the next appointment of each mode."""
    now, links = runtime.now(), []
    async with runtime.read_session() as session:
        for mode, what in MODE_DESCRIPTIONS.items():
            near = [
                (appointment, office)
                for office in offices
                for appointment in await expected_appointments(session, office, mode, now)
            ]
            for appointment, office in sorted(near, key=lambda pair: pair[0].starts_at)[:1]:
                time = format_time(appointment.starts_at, office.timezone)
                link = f"{runtime.public_url}/a/{appointment_token(runtime, appointment)}"
                links.append((link, f"{what} at {time}, {office.name}"))
    return links
