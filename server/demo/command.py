"""`office360 demo`: a city to try the product out in. Building it again adds only what is missing by now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...appointments.service import Mode, token_of
from ...core.i18n.dates import format_time
from ...core.runtime import Runtime
from ...offices.service import Office, hours
from .accounts import Login, ensure_logins
from .appointments import awaited, fill_days, fill_soon
from .connection_tests import fill_tests
from .offices import ALWAYS_OPEN, city, ensure_city
from .waiting_rooms import fill_room

WHAT: Mapping[Mode, str] = {"video": "a video appointment", "in_person": "an appointment in person"}


@dataclass(frozen=True, slots=True)
class Level:
    """How full an office is: desks with somebody at them, people waiting, appointments soon and on other days."""

    desks: int
    waiting: int
    soon: int
    a_day: int


LEVELS = {
    "centro": Level(desks=4, waiting=8, soon=4, a_day=16),
    "norte": Level(desks=2, waiting=3, soon=2, a_day=5),
    ALWAYS_OPEN: Level(desks=2, waiting=4, soon=3, a_day=6),
}


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """Where to look, and as whom to sign in."""

    addresses: tuple[tuple[str, str], ...]
    logins: tuple[Login, ...]

    def text(self) -> str:
        """Addresses with what they are, then a login a line as `ROLE USER PASSWORD`."""
        width = max(len(url) for url, _ in self.addresses)
        lines = [f"{url:<{width}}  {what}" for url, what in self.addresses]
        return "\n".join([*lines, "", *(f"{one.role} {one.username} {one.password}" for one in self.logins)])


async def build_demo(runtime: Runtime) -> DemoSummary:
    """Offices, staff, appointments and people waiting, up to their levels at this moment."""
    await ensure_city(runtime)
    logins = await ensure_logins(runtime)
    async with runtime.reading() as session:
        offices = await city(session)
    for office in offices:
        level = LEVELS[office.slug]
        await fill_days(runtime, office, level.a_day)
        for mode in WHAT:
            await fill_soon(runtime, office, mode, level.soon)
        await fill_tests(runtime, office)
        await fill_room(runtime, office, desks=level.desks, waiting=level.waiting)
    return DemoSummary(tuple(await _addresses(runtime, offices)), tuple(logins))


async def _addresses(runtime: Runtime, offices: list[Office]) -> list[tuple[str, str]]:
    site, now = runtime.public_url, runtime.now()
    open_now = [office for office in offices if hours.is_open(office.hours, now) and not office.paused]
    return [
        (f"{site}/", "the web app"),
        *((f"{site}/o/{office.slug}", f"a turn at {office.name}, open now") for office in open_now),
        *((f"{site}/o/{office.slug}/display", f"its waiting-room screen, {office.name}") for office in open_now),
        *await _appointments_now(runtime, open_now),
        (f"{site}/test", "the test of camera, voice and connection"),
        (f"{site}/dev/outbox", "the e-mails, which stay here"),
        (f"{site}/staff/", "for the staff, with a login of below"),
    ]


async def _appointments_now(runtime: Runtime, offices: list[Office]) -> list[tuple[str, str]]:
    """The next appointment of each mode, to enter or to take a turn with."""
    now, found = runtime.now(), []
    async with runtime.reading() as session:
        for mode, what in WHAT.items():
            near = [(one, office) for office in offices for one in await awaited(session, office, mode, now)]
            for one, office in sorted(near, key=lambda pair: pair[0].starts_at)[:1]:
                time = format_time(one.starts_at, office.timezone)
                link = f"{runtime.public_url}/a/{token_of(runtime, one)}"
                found.append((link, f"{what} at {time}, {office.name}"))
    return found
