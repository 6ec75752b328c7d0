"""The page of one appointment, its calendar file, moving, cancelling and finding it. The booking is in flow.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import NotFound, RateLimited, Refused
from ...core.formats.icalendar import build_event_ics
from ...core.formats.qr import encode_qr
from ...core.i18n.dates import format_time
from ...core.ids import group_locator
from ...core.web import forms, requests
from ...offices.service import Office, OfficeService, office_by_id, things_to_bring
from ..actions.cancel_and_reschedule import cancel_appointment, reschedule_appointment
from ..actions.earlier_slot import EarlierSlotStatus, earlier_slot_status
from ..actions.rebook import ReplacementTime, replacement_times
from ..domain.appointment import (
    MAX_MOVES,
    Appointment,
    AppointmentState,
    EntryWindow,
    entry_opens_at,
    entry_window,
    is_changeable,
)
from ..domain.booking_url import booking_url_for_services
from ..domain.offer import SlotOffer
from ..events import LastTestResult
from ..queries.lookup import appointment_by_id, appointment_by_token, appointment_token, look_up_appointment
from ..queries.service_settings import change_limit, interpreter_notice
from ..queries.visit_services import additional_services, appointment_services
from . import booking_pages
from .booking_state import parse_day
from .page_texts import MODE_NAMES, NEED_NAMES
from .schemas import parse_slot_time
from .time_picker import TimePickerSelection, build_time_picker, time_options

CALENDAR_ALARM_MINUTES = 60  # enough to leave for the office, or to look for a quiet room
COUNTDOWN_BEFORE_ENTRY = timedelta(
    hours=12
)  # a page that is opened the evening before still shows the button in the morning
CHANGEABLE_STATES = frozenset({AppointmentState.CONFIRMED})
CANCELLED_STATES = frozenset({AppointmentState.CANCELLED_CITIZEN, AppointmentState.CANCELLED_OFFICE})


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """One appointment as its pages show it."""

    appointment: Appointment
    office: Office
    service: OfficeService
    token: str
    now: datetime
    last_test: LastTestResult | None = None
    earlier: EarlierSlotStatus | None = None
    ways: Sequence[ReplacementTime] = ()  # times instead of one that the office cancelled

    @property
    def face(self) -> str:
        """Which of its faces the page shows: early, open, past, or how it ended."""
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
            entry_window(self.appointment, self.now)
        ]

    @property
    def stands(self) -> bool:
        """Whether it is still to come, or going on."""
        return self.appointment.state in CHANGEABLE_STATES and self.now < self.appointment.ends_at

    @property
    def changeable(self) -> bool:
        """Whether its owner can still move or cancel it alone."""
        until = change_limit(self.office, self.appointment)
        return self.stands and is_changeable(self.appointment, until, self.now)

    @property
    def movable(self) -> bool:
        """Whether its owner can choose another time alone."""
        return self.changeable and self.appointment.moves < MAX_MOVES

    @property
    def offered(self) -> SlotOffer | None:
        """An earlier time that is kept for this person at this moment; to come earlier it is never too late."""
        if self.earlier is None or not self.stands:
            return None
        return self.earlier.now or self.earlier.offer

    @property
    def told_at(self) -> datetime | None:
        """When to come, for whoever was told that we run late and has not come yet."""
        told = self.appointment.told_starts_at
        return told if told and told > self.starts_at and self.face in ("early", "open") else None

    @property
    def services(self) -> tuple[OfficeService, ...]:
        """All that is done in the visit, in its order."""
        return appointment_services(self.office, self.appointment)

    def titles(self, language: str) -> str:
        """The names of its services in one line."""
        return ", ".join(one.name(language) for one in self.services)

    def bring(self, language: str) -> list[str]:
        """What to bring, each thing once."""
        return things_to_bring(self.services, language)

    @property
    def is_video(self) -> bool:
        return self.appointment.mode == "video"

    @property
    def zone(self) -> Any:
        return self.office.timezone

    @property
    def starts_at(self) -> datetime:
        return self.appointment.starts_at

    @property
    def opens_at(self) -> datetime:
        return entry_opens_at(self.appointment)

    @property
    def opens_in_s(self) -> int | None:
        """Seconds until one can go in, when that is worth waiting for with the page open."""
        left = self.opens_at - self.now
        return int(left.total_seconds()) + 1 if timedelta() < left < COUNTDOWN_BEFORE_ENTRY else None

    @property
    def kept_s(self) -> int:
        """Seconds for which an unconfirmed place is still kept."""
        until = self.appointment.kept_until or self.now
        return max(0, int((until - self.now).total_seconds()))

    @property
    def minutes(self) -> int:
        return round((self.appointment.ends_at - self.starts_at).total_seconds() / 60)

    def is_soon(self, moment: datetime) -> bool:
        """Whether that day is called by a word: today, tomorrow."""
        days = (moment.astimezone(self.zone).date() - self.now.astimezone(self.zone).date()).days
        return days in (0, 1)

    @property
    def locator(self) -> str:
        """In two groups of four, as one reads it out."""
        return group_locator(self.appointment.locator)

    @property
    def page(self) -> str:
        return f"/a/{self.token}"

    @property
    def again(self) -> str:
        """Where to book the same once more."""
        return booking_url_for_services(
            self.office.slug, [one.slug for one in self.services], self.appointment.mode
        )


async def load_appointment_view(request: Request, session: AsyncSession) -> AppointmentView:
    """Raises NotFound."""
    token = request.path_params["token"]
    appointment = await appointment_by_token(session, token)
    office = await office_by_id(session, appointment.office_id)
    service = appointment_services(office, appointment)[0]
    return AppointmentView(appointment, office, service, token, requests.current_runtime(request).now())


def render_appointment_page(
    request: Request, template: str, visit: AppointmentView, *, status_code: int = 200, **context: Any
) -> Response:
    """A page of one appointment. Its address is a secret: nothing may keep or list it."""
    return requests.render_page(
        request,
        f"appointments/{template}.html",
        status_code=status_code,
        headers={"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"},
        visit=visit,
        push_key=site.public_key if (site := requests.push_settings(request)) else None,
        mode_names=MODE_NAMES,
        need_names=NEED_NAMES,
        **context,
    )


async def show_appointment(request: Request) -> Response:
    """One appointment: what, when, where, and what can be done now."""
    return await appointment_page(request)


async def appointment_page(
    request: Request,
    *,
    status_code: int = 200,
    refusal: str | None = None,
    errors: Mapping[str, str] | None = None,
    typed_email: str | None = None,
) -> Response:
    """The page as it stands; with what was refused, or what is wrong with the e-mail that was typed."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
        successor = None
        if visit.appointment.rescheduled_to is not None:
            new = await appointment_by_id(session, visit.appointment.rescheduled_to)
            successor = f"/a/{appointment_token(requests.current_runtime(request), new)}"
        if visit.is_video:
            visit = replace(visit, last_test=await request.state.last_test(session, visit.appointment.id))
        visit = await _add_offers(session, visit)
    query = request.query_params
    words = ("new", "moved", "kept", "stays", "verified", "print") if visit.stands else ("sent",)
    return render_appointment_page(
        request,
        "appointment",
        visit,
        status_code=status_code,
        successor=successor,
        fresh=next((word for word in words if word in query), None),
        refusal=refusal,
        errors=errors or {},
        typed_email=typed_email,
        marked_at=parse_slot_time(query.get("at") or ""),
        code=encode_qr(_qr_target_url(request, visit), "m") if visit.stands else None,
        find_address=f"{requests.current_runtime(request).public_url}/appointments/find",
    )


async def _add_offers(session: AsyncSession, visit: AppointmentView) -> AppointmentView:
    """An earlier time, or others in place of the one that the office cancelled."""
    appointment, now = visit.appointment, visit.now
    return replace(
        visit,
        earlier=await earlier_slot_status(session, appointment, now),
        ways=await replacement_times(session, visit.office, visit.service, appointment, now),
    )


def _qr_target_url(request: Request, visit: AppointmentView) -> str:
    """What the printed code leads to: the turn at the office, or the page from which the room is entered."""
    site = requests.current_runtime(request).public_url
    if visit.is_video:
        return f"{site}{visit.page}"
    return f"{site}/o/{visit.office.slug}?appointment={visit.token}"


async def download_calendar(request: Request) -> Response:
    """The .ics of one appointment: a calendar takes it, moves it or takes it back."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
    t, appointment = requests.current_gettext(request), visit.appointment
    url = f"{requests.current_runtime(request).public_url}{visit.page}"
    contents = build_event_ics(
        uid=appointment.calendar_uid,
        summary=f"{visit.titles(requests.current_language(request))} · {visit.office.name}",
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        timezone=visit.office.timezone,
        stamp=visit.now,
        location=t(MODE_NAMES[appointment.mode])
        if visit.is_video
        else f"{visit.office.name}, {visit.office.address}",
        description=_calendar_description(request, visit, url),
        url=url,
        alarm_minutes=CALENDAR_ALARM_MINUTES,
        sequence=appointment.revision,
        cancelled=appointment.state in CANCELLED_STATES,
    )
    headers = {
        "Content-Disposition": f'attachment; filename="office360-{appointment.locator}.ics"',
        "Cache-Control": "private, no-store",
    }
    return Response(contents, 200, headers, "text/calendar; charset=utf-8")


def _calendar_description(request: Request, visit: AppointmentView, url: str) -> str:
    t, language = requests.current_gettext(request), requests.current_language(request)
    opens = {"time": format_time(visit.opens_at, visit.zone)}
    first = t("You can enter from %(time)s.") if visit.is_video else t("You can take your turn from %(time)s.")
    bring = "; ".join(visit.bring(language))
    lines = [
        first % opens,
        f"{t('Have at hand') if visit.is_video else t('Bring')}: {bring}" if bring else "",
        f"{t('Locator')}: {visit.locator}",
        url,
    ]
    return "\n".join(line for line in lines if line)


# Cancelling


async def show_cancel_page(request: Request) -> Response:
    """The question. Following a link never cancels: mail scanners follow links too."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
    return (
        render_appointment_page(request, "cancel", visit) if visit.changeable else requests.see_other(visit.page)
    )


async def submit_cancel(request: Request) -> Response:
    """The answer yes."""
    await forms.read_form(request)
    token = request.path_params["token"]
    with suppress(Refused):  # its page says how it stands, and what can be done
        await cancel_appointment(requests.current_runtime(request), token)
    return requests.see_other(f"/a/{token}")


# Moving


async def show_reschedule_page(request: Request) -> Response:
    """Other days and times of the same service in the same mode."""
    async with requests.current_runtime(request).read_session() as session:
        visit = await load_appointment_view(request, session)
        if not visit.movable:
            return requests.see_other(visit.page)
        return await _reschedule_page(request, session, visit)


async def _reschedule_page(
    request: Request,
    session: AsyncSession,
    visit: AppointmentView,
    *,
    status_code: int = 200,
    nearest: Sequence[datetime] = (),
    gone: bool = False,
    missing: bool = False,
) -> Response:
    wish = TimePickerSelection(
        parse_day(request.query_params.get("from")), parse_day(request.query_params.get("day"))
    )
    picker = await build_time_picker(
        session,
        visit.office,
        visit.service,
        visit.appointment.mode,
        visit.now,
        requests.current_language(request),
        wish,
        more=additional_services(visit.office, visit.appointment),
        excluded_id=visit.appointment.id,
        current_start=visit.starts_at,
        notice=interpreter_notice(visit.office, visit.appointment),
    )
    return render_appointment_page(
        request,
        "reschedule",
        visit,
        status_code=status_code,
        picker=picker,
        nearest=time_options([one for one in nearest if one != visit.starts_at], visit.office.timezone),
        gone=gone,
        missing=missing,
    )


async def submit_reschedule(request: Request) -> Response:
    """To the chosen time, or the times again when it is gone."""
    form = await forms.read_form(request)
    runtime, token = requests.current_runtime(request), request.path_params["token"]
    starts_at = parse_slot_time(str(form.get("starts_at") or ""))
    if starts_at is None:
        return await _reschedule_page_again(request, status_code=422, missing=True)
    try:
        new = await reschedule_appointment(runtime, token, starts_at)
    except Refused as refusal:
        if refusal.code != "slot_taken":  # its page says how it stands
            return requests.see_other(f"/a/{token}")
        near = [parse_slot_time(one) for one in refusal.details["nearest"]]
        close = [one for one in near if one is not None]
        return await _reschedule_page_again(request, status_code=409, nearest=close, gone=True)
    moved = appointment_token(runtime, new)
    return requests.see_other(f"/a/{token}" if moved == token else f"/a/{moved}?moved=1")


async def _reschedule_page_again(request: Request, **state: Any) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        return await _reschedule_page(request, session, await load_appointment_view(request, session), **state)


# Finding


async def show_find_page(request: Request) -> Response:
    """Locator and contact."""
    return _find_page(request, {})


async def submit_find(request: Request) -> Response:
    """To the appointment, or one refusal for all that can be wrong."""
    form = await forms.read_form(request)
    typed = {name: str(form.get(name) or "").strip() for name in ("locator", "contact")}
    empty = {name: requests.error_text(request, "required") for name, value in typed.items() if not value}
    if empty:
        return _find_page(request, typed, status_code=422, errors=empty)
    runtime = requests.current_runtime(request)
    try:
        appointment = await look_up_appointment(
            runtime, typed["locator"], typed["contact"], requests.client_address(request)
        )
    except NotFound:
        return _find_page(request, typed, status_code=404, refusal="locator_unknown")
    except RateLimited as limit:
        headers = {"Retry-After": str(limit.retry_after_s)}
        minutes = -(-limit.retry_after_s // 60)
        return _find_page(request, typed, status_code=429, headers=headers, refusal=limit.code, minutes=minutes)
    return requests.see_other(f"/a/{appointment_token(runtime, appointment)}")


def _find_page(
    request: Request, typed: dict[str, str], *, status_code: int = 200, headers: Any = None, **context: Any
) -> Response:
    state = {"errors": {}, "refusal": None, "minutes": 0, **context}
    return requests.render_page(
        request, "appointments/find.html", status_code=status_code, headers=headers, typed=typed, **state
    )


routes = [
    *booking_pages.routes,
    Route("/appointments/find", show_find_page),
    Route("/appointments/find", submit_find, methods=["POST"]),
    Route("/a/{token}", show_appointment),
    Route("/a/{token}/calendar.ics", download_calendar),
    Route("/a/{token}/cancel", show_cancel_page),
    Route("/a/{token}/cancel", submit_cancel, methods=["POST"]),
    Route("/a/{token}/reschedule", show_reschedule_page),
    Route("/a/{token}/reschedule", submit_reschedule, methods=["POST"]),
]
