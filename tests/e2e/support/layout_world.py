"""The full day of layout_pages.py, with the people, keys and links of its addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from office360.appointments.actions.waitlist import WaitlistRequest, join_waitlist, waitlist_token
from office360.appointments.service import BookingRequest, book_appointment
from office360.appointments.storage.tables import WaitlistEntryRow
from office360.core.auth import Principal, StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.management.actions.display_screens import create_screen
from office360.notifications.domain.contact_tokens import contact_token
from office360.precheck.actions.connection_tests import add_report, create_test
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.server.demo.connection_tests import WEAK_MEASUREMENTS, build_details
from office360.staff.actions import accounts
from office360.staff.actions.federation.change_groups import save_group
from office360.staff.actions.keys import issue_key
from office360.staff.actions.people import invite_person
from office360.staff.domain.group_roles import GroupRole
from office360.staff.domain.people import AccountDetails
from office360.staff.storage.tables import ApiKeyRow
from sqlalchemy import select

from ...rooms.support.guests import invite_guest
from ...rooms.support.video_appointments import BookedVideoAppointment
from ...support.full_day.full_day import SLUG, FullDay, build_full_day
from .layout_pages import page_states
from .video_call import PASSWORD

ADMINISTRATOR = "Rosa Etxeberria Goikoetxea"


@dataclass
class LayoutWorld:
    """The full day, the words of the addresses, and the session of an administrator."""

    day: FullDay
    words: dict[str, str]
    session: str
    administrator: Principal

    def states(self, *, signed_in: bool) -> list[str]:
        """Return the address of each state with its marks, of pages for staff or of the others."""
        states = [address.format(**self.words) for addresses in page_states().values() for address in addresses]
        return [state for state in states if state.lstrip("!+").startswith("/staff") == signed_in]


async def build_layout_world(runtime: Runtime) -> LayoutWorld:
    """Build the full day and everything that a page of the table shows."""
    day = await build_full_day(runtime)
    await accounts.create_user(
        runtime, username="rosa", name=ADMINISTRATOR, role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    session = await accounts.login(runtime, "rosa", PASSWORD, "192.0.2.7")
    administrator = await accounts.authenticate(runtime, cookie=session, bearer=None)
    assert administrator is not None
    words = {"office": SLUG, "line": "social", "service": "disability", "text": "consulta-datos"}
    words |= {"list": "cancel_reasons", "desk": day.desk_id(10)}
    words |= await _appointment_words(day)
    words |= {f"t_{name}": issued.token for name, issued in day.tickets.items()}
    words["ticket_id"] = day.tickets["waiting"].ticket.id
    words |= await _installation_words(runtime, administrator)
    words["contact"] = contact_token(runtime.tokens, "email", "amina@example.org")
    words["what_if"] = "/staff/manage/o/centro/what-if?demand=typed&desks=1&target=10&h9=6&h10=9"
    words["booking"] = "/appointments/new?office=centro&service=disability"
    tomorrow = day.now + timedelta(days=1)
    words["details"] = f"{words['booking']}&mode=video&starts_at={tomorrow:%Y-%m-%dT11:00:00}%2B01:00"
    words["calendar_day"] = f"/staff/calendar?office=centro&day={tomorrow:%Y-%m-%d}"
    return LayoutWorld(day, words, session, administrator)


async def _appointment_words(day: FullDay) -> dict[str, str]:
    runtime = day.runtime
    for name, mode in (("tomorrow", "in_person"), ("video_tomorrow", "video")):
        request = BookingRequest(
            service="disability",
            mode=mode,  # type: ignore[arg-type]
            starts_at=day.now + timedelta(days=1),
            name="Encarnación Villanueva de los Infantes",
            email=f"{mode.replace('_', '')}.villanueva@correo-electronico.example.org",
            phone="+34600111222",
        )
        day.appointments[name] = await book_appointment(runtime, SLUG, request)
    words = {name: day.appointment_token(name) for name in day.appointments}
    words |= {f"{name}_id": appointment.id for name, appointment in day.appointments.items()}
    measured = MeasurementsMessage.model_validate(build_details(WEAK_MEASUREMENTS))
    _, words["test"] = await create_test(runtime, "room", None)
    of_appointment, token = await create_test(runtime, "room", words["video_weak"])
    words["weak_code"] = f"{of_appointment.code}"
    for test_token in (words["test"], token):
        await add_report(runtime, test_token, measured)
    booked = BookedVideoAppointment(day.appointments["video_weak"], words["video_weak"])
    _, words["guest"] = await invite_guest(runtime, booked, "Ekaterina Konstantinovna Preobrazhenskaya")
    asked = WaitlistRequest("certificate", SLUG, None, "amina@example.org", "es")
    await join_waitlist(runtime, asked)
    async with runtime.read_session() as session:
        entry = (await session.execute(select(WaitlistEntryRow.id))).scalar_one()
    words["waiting"] = waitlist_token(runtime, entry)
    return words


async def _installation_words(runtime: Runtime, administrator: Principal) -> dict[str, str]:
    details = AccountDetails(
        "Maximiliano Echevarría Urrutikoetxea",
        "maximiliano.echevarria@administracion.example.org",
        StaffRole.AGENT,
        frozenset({SLUG}),
    )
    invited = await invite_person(runtime, administrator, "maximiliano.echevarria", details, "es")
    group = GroupRole(
        "layout-group", "oficinas-atencion-ciudadania-coordinacion", StaffRole.MANAGER, frozenset({SLUG})
    )
    await save_group(runtime, administrator, group, None)
    await issue_key(
        runtime,
        administrator,
        name="Pantalla de estadísticas",
        role=StaffRole.INTEGRATION,
        offices=frozenset({SLUG}),
    )
    screen = await create_screen(runtime, administrator, SLUG, "Pantalla junto a la entrada principal")
    async with runtime.read_session() as session:
        key = (await session.execute(select(ApiKeyRow.id))).scalars().first()
        message = (
            (await session.execute(select(OutboxRow.id).where(OutboxRow.channel == "email"))).scalars().first()
        )
    return {
        "person": invited.person.id,
        "link": invited.url.rpartition("/")[2],
        "group": group.id,
        "key": f"{key}",
        "screen": screen,
        "message": f"{message}",
    }
