"""An appointment as its pages show it, and the frame of these pages. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from ...core.contact.masked_contact import mask_contact
from ...core.errors import MovedTo
from ...core.i18n.languages import join_list
from ...core.ids import group_locator
from ...core.web import requests
from ...offices.service import (
    MODE_NAMES,
    NEED_NAMES,
    Office,
    OfficeService,
    office_by_id,
    prices_of_services,
    things_to_bring,
)
from ..actions.earlier_slot import EarlierSlotStatus
from ..actions.rebook import ReplacementTime
from ..domain.appointment import (
    DEFAULT_ENTRY_LIMITS,
    MAX_MOVES,
    Appointment,
    AppointmentState,
    EntryLimits,
    EntryWindow,
    entry_closes_at,
    entry_opens_at,
    entry_window,
    is_changeable,
)
from ..domain.booking_details import detail_rows
from ..domain.booking_url import booking_url_for_services
from ..domain.offer import SlotOffer
from ..events import LastTestResult
from ..queries.bookable_services import change_limit
from ..queries.lookup import appointment_by_token, appointment_token, current_appointment
from ..queries.visit_services import appointment_services

# a page that is opened in the evening shows the button the next morning
COUNTDOWN_BEFORE_ENTRY = timedelta(hours=12)
CHANGEABLE_STATES = frozenset({AppointmentState.CONFIRMED})
CANCELLED_STATES = frozenset({AppointmentState.CANCELLED_CITIZEN, AppointmentState.CANCELLED_OFFICE})


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment as its pages show it. Templates read these attributes by name."""

    appointment: Appointment
    office: Office
    service: OfficeService
    token: str
    now: datetime
    limits: EntryLimits = DEFAULT_ENTRY_LIMITS
    last_test: LastTestResult | None = None
    earlier: EarlierSlotStatus | None = None
    can_rate: bool = False  # the video call that is over
    ways: Sequence[ReplacementTime] = ()  # replacement times if the office cancelled

    @property
    def face(self) -> str:
        """Name the variant of the page: early, open, past, or how the appointment ended."""
        state = self.appointment.state
        if self.appointment.lapsed_at is not None:
            return "lapsed"
        if state in CANCELLED_STATES:
            return "cancelled"
        if state is AppointmentState.CHECKED_IN:
            return "arrived"
        if state is not AppointmentState.CONFIRMED:
            return str(state)
        return {EntryWindow.TOO_EARLY: "early", EntryWindow.OPEN: "open", EntryWindow.CLOSED: "past"}[
            entry_window(self.appointment, self.now, self.limits)
        ]

    @property
    def stands(self) -> bool:
        """Return whether the appointment is confirmed and not over."""
        return self.appointment.state in CHANGEABLE_STATES and self.now < self.appointment.ends_at

    @property
    def changeable(self) -> bool:
        """Return whether the citizen can still reschedule or cancel without the office."""
        until = change_limit(self.office, self.appointment)
        return self.stands and is_changeable(self.appointment, until, self.now)

    @property
    def movable(self) -> bool:
        """Return whether the citizen can still choose another time without the office."""
        return self.changeable and self.appointment.moves < MAX_MOVES

    @property
    def offered(self) -> SlotOffer | None:
        """Return the open offer of an earlier slot or of an early video start.

        No change limit applies.
        """
        if self.earlier is None or not self.stands:
            return None
        return self.earlier.now or self.earlier.offer

    @property
    def told_at(self) -> datetime | None:
        """Return the announced later start, until the citizen has arrived; None without a delay."""
        told = self.appointment.told_starts_at
        return told if told and told > self.starts_at and self.face in ("early", "open") else None

    @property
    def late_minutes(self) -> int:
        """Return how late a citizen is who can still take a turn; 0 within the tolerance."""
        late = self.now - self.appointment.expected_at
        is_late = self.face == "open" and not self.is_remote and late > self.limits.on_time_within
        return int(late.total_seconds() // 60) if is_late else 0

    @property
    def takes_until(self) -> datetime:
        """Return when a turn can no longer be taken, or the room no longer entered."""
        return entry_closes_at(self.appointment, self.limits)

    @property
    def services(self) -> tuple[OfficeService, ...]:
        return appointment_services(self.office, self.appointment)

    def titles(self, language: str) -> str:
        """Join the names of the services in one line."""
        return join_list((service.name(language) for service in self.services), language)

    def bring(self, language: str) -> list[str]:
        """List what to bring, each thing once."""
        return things_to_bring(self.services, language)

    def prices(self, language: str) -> list[str]:
        """List the known prices of the services."""
        return prices_of_services(self.services, language)

    @property
    def is_video(self) -> bool:
        return self.appointment.mode == "video"

    @property
    def is_phone(self) -> bool:
        return self.appointment.mode == "phone"

    @property
    def is_remote(self) -> bool:
        """Return whether the citizen does not come to the office."""
        return self.appointment.mode != "in_person"

    @property
    def call_to(self) -> str:
        """The number that the agent calls, with its middle hidden from others who see the screen."""
        return mask_contact(self.appointment.phone)

    @property
    def ends_at(self) -> datetime:
        return self.appointment.ends_at

    @property
    def zone(self) -> Any:
        return self.office.timezone

    @property
    def starts_at(self) -> datetime:
        return self.appointment.starts_at

    @property
    def opens_at(self) -> datetime:
        return entry_opens_at(self.appointment, self.limits)

    @property
    def opens_in_s(self) -> int | None:
        """Return the seconds until the entry opens, for a countdown.

        None if it is open or far away.
        """
        left = self.opens_at - self.now
        return int(left.total_seconds()) + 1 if timedelta() < left < COUNTDOWN_BEFORE_ENTRY else None

    @property
    def kept_s(self) -> int:
        """Return the seconds until an unverified appointment expires."""
        until = self.appointment.kept_until or self.now
        return max(0, int((until - self.now).total_seconds()))

    @property
    def minutes(self) -> int:
        return round((self.appointment.ends_at - self.starts_at).total_seconds() / 60)

    def is_soon(self, moment: datetime) -> bool:
        """Return whether this day is today or tomorrow, which the page names by a word."""
        days = (moment.astimezone(self.zone).date() - self.now.astimezone(self.zone).date()).days
        return days in (0, 1)

    @property
    def locator(self) -> str:
        """Format the locator in two groups of four, as people read it out."""
        return group_locator(self.appointment.locator)

    @property
    def page(self) -> str:
        return f"/a/{self.token}"

    @property
    def again(self) -> str:
        """Build the address at which the same visit can be booked again."""
        return booking_url_for_services(
            self.office.slug, [service.slug for service in self.services], self.appointment.mode
        )


async def appointment_at_address(request: Request, session: AsyncSession, token: str) -> Appointment:
    """Load the appointment behind a token in the address of a page.

    Raises NotFound; MovedTo if another appointment replaced it, because old e-mails keep their links.
    """
    found = await appointment_by_token(session, token)
    current = await current_appointment(session, found)
    if current.id == found.id:
        return found
    new_token, here = appointment_token(requests.current_runtime(request), current), request.url
    if request.method not in ("GET", "HEAD") or here.path == f"/a/{token}":
        raise MovedTo(f"/a/{new_token}?older=1")
    query = f"?{here.query}" if here.query else ""
    raise MovedTo(f"{here.path}{query}".replace(token, new_token))


async def load_appointment_view(request: Request, session: AsyncSession) -> AppointmentView:
    """Load the appointment behind the token of the address. Raises NotFound, MovedTo."""
    token = request.path_params["token"]
    appointment = await appointment_at_address(request, session, token)
    office = await office_by_id(session, appointment.office_id)
    service = appointment_services(office, appointment)[0]
    now = requests.current_runtime(request).now()
    limits = DEFAULT_ENTRY_LIMITS
    if appointment.mode == "in_person":
        limits = request.state.entry_limits(office, appointment)  # the queue's, which is not imported here
    return AppointmentView(appointment, office, service, token, now, limits)


def render_appointment_page(
    request: Request, template: str, visit: AppointmentView, *, status_code: int = 200, **context: Any
) -> Response:
    """Render a page of an appointment, with headers that keep its address secret."""
    return requests.render_page(
        request,
        f"appointments/{template}.html",
        status_code=status_code,
        headers=requests.PRIVATE_PAGE_HEADERS,
        visit=visit,
        push_key=site.public_key if (site := requests.push_settings(request)) else None,
        mode_names=MODE_NAMES,
        need_names=NEED_NAMES,
        detail_rows=detail_rows(visit.appointment.details, requests.current_gettext(request)),
        **context,
    )
