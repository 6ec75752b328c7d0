"""The steps of a booking before the details: offices, services, modes, day and time.

Choosing a time is a POST, because it holds the slot for this device.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import Invalid, RateLimited, Refused
from ...core.web import requests
from ...offices.service import (
    MODE_ICONS,
    MODE_NAMES,
    SEARCHED_FROM_OFFICES,
    Office,
    OfficeService,
    ServiceMode,
    find_offices_by_place,
    hours,
    public_offices,
    searched_place,
)
from ..actions.hold_slot import hold_by_holder, hold_slot
from ..domain.booking_url import ANY_OFFICE, booking_url
from ..domain.hold import SlotHold
from ..domain.requester import holder_key
from ..queries.any_office import video_searches, video_services
from ..queries.availability import SlotSearch
from ..queries.bookable_services import parse_agenda_settings
from ..queries.first_available import alternative_slots, first_available_slots
from .booking_state import (
    STEP_COUNT,
    STEPS,
    BookingChoices,
    BookingStep,
    CurrentStep,
    max_additional_services,
    parse_day,
    read_choices,
    text_value,
)
from .schemas import build_requester
from .time_picker import TimePickerSelection, build_any_office_picker, build_time_picker, time_options

StepLoader = Callable[[AsyncSession, BookingChoices, datetime], Awaitable[dict[str, Any]]]


def render_step(
    request: Request, here: CurrentStep, *, template: str | None = None, status_code: int = 200, **context: Any
) -> Response:
    """Render the template of a step, or another within the same frame."""
    return requests.render_page(
        request,
        f"appointments/{template or here.step}.html",
        status_code=status_code,
        here=here,
        choices=here.choices,
        total=STEP_COUNT,
        mode_names=MODE_NAMES,
        mode_icons=MODE_ICONS,
        page_url=booking_url(*here.hidden),
        **context,
    )


async def choosable_offices(session: AsyncSession, values: Mapping[str, Any]) -> tuple[Office, ...]:
    """Load the public offices, and the office that the address or form names."""
    return tuple(await public_offices(session, also=text_value(values, "office")))


async def _load_offices(session: AsyncSession, choices: BookingChoices, now: datetime) -> dict[str, Any]:
    """Load the offices with opening times, and first free times if the service is known."""
    wished = choices.wished_service
    providers = [
        (office, service) for office in choices.offices for service in office.services if service.slug == wished
    ]
    by_mode = await _first_times_by_office(session, providers, choices.wished_mode, now)
    firsts = {
        office.slug: min(times)
        for office, _service in providers
        if (times := [time for (slug, _mode), time in by_mode.items() if slug == office.slug])
    }
    shared = _offices_by_video(choices)
    slugs = {office.slug for office, _ in providers}
    shown = [(office, office.slug in slugs, firsts.get(office.slug)) for office in choices.offices]
    providing = [entry for entry in shown if entry[1]]
    opens = {office.slug: hours.next_opening_time(office.hours, now) for office in choices.offices}
    is_open = {office.slug: hours.is_open(office.hours, now) for office in choices.offices}
    return {
        "offices": providing or shown,
        "opens": opens,
        "is_open": is_open,
        "any_office": ANY_OFFICE if len(shared) > 1 else None,
        "any_first": min((time for (_slug, mode), time in by_mode.items() if mode == "video"), default=None),
        "any_zone": shared[0].timezone if shared else None,
    }


def search_offices(shown: Sequence[tuple[Office, bool, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the offices that the address searches for, if the list is long."""
    query = searched_place(values) if len(shown) >= SEARCHED_FROM_OFFICES else None
    found = {office.id for office in find_offices_by_place((office for office, *_ in shown), query or "")}
    return {"offices": [entry for entry in shown if entry[0].id in found], "query": query}


def _offices_by_video(choices: BookingChoices) -> list[Office]:
    """List the offices that give the wished service, or any, by video."""
    if choices.wished_mode not in (None, "video"):
        return []
    if choices.wished_service is not None:
        return [search.office for search in video_searches(choices.offices, choices.wished_service)]
    return [office for office in choices.offices if office.is_public and video_services(office)]


async def _first_times_by_office(
    session: AsyncSession,
    providers: Sequence[tuple[Office, OfficeService]],
    wished_mode: ServiceMode | None,
    now: datetime,
) -> dict[tuple[str, ServiceMode], datetime]:
    """Find the first free time of each office in each mode, by slug and mode.

    Those without a free slot are absent.
    """
    searches = [
        SlotSearch(office, [service], mode)
        for office, service in providers
        for mode in service.modes
        if wished_mode in (None, mode)
    ]
    slots = await first_available_slots(session, searches, now)
    return {
        (search.office.slug, search.mode): slot.starts_at
        for search, slot in zip(searches, slots, strict=True)
        if slot is not None
    }


async def _load_services(_session: AsyncSession, choices: BookingChoices, _now: datetime) -> dict[str, Any]:
    """Load the office's services; only those of the mode that a link names."""
    office = choices.office
    if office is None:
        given = {service.slug: service for each in choices.offices for service in video_services(each)}
        return {"services": tuple(given.values()), "can_add": False}
    wished = office.services_for(choices.wished_mode) if choices.wished_mode else ()
    return {
        "services": office.services if choices.service else wished or office.services,
        "can_add": len(office.services) > 1
        and any(max_additional_services(office, service) for service in office.services),
    }


async def _load_modes(session: AsyncSession, choices: BookingChoices, now: datetime) -> dict[str, Any]:
    """Load the modes with their first free time. Only the citizen marks a mode."""
    assert choices.office is not None
    assert choices.service is not None
    for service in choices.services:
        parse_agenda_settings(choices.office, service)  # invalid settings must not look like a full agenda
    modes = [mode for mode in MODE_NAMES if mode in choices.modes]
    searches = [SlotSearch(choices.office, choices.services, mode) for mode in modes]
    firsts = dict(zip(modes, await first_available_slots(session, searches, now), strict=True))
    return {"firsts": firsts, "marked": choices.mode}


STEP_LOADERS: Mapping[BookingStep, StepLoader] = {
    "office": _load_offices,
    "service": _load_services,
    "mode": _load_modes,
}


def should_show_more_services(choices: BookingChoices, values: Mapping[str, Any]) -> bool:
    """Return whether to show the page that adds services, also if a service does not fit."""
    wants = values.get("step") == "more" or (values.get("asked") == "more" and bool(choices.refused))
    return wants and bool(choices.addable)


# Day and time


async def time_page(
    request: Request,
    session: AsyncSession,
    here: CurrentStep,
    values: Mapping[str, Any],
    *,
    status_code: int = 200,
    nearest: Sequence[datetime] = (),
    gone: bool = False,
    too_late: bool = False,
    typed: Mapping[str, Any] | None = None,
) -> Response:
    """Render the days and times.

    `gone`: the chosen slot was taken, or has passed (`too_late`), and `nearest` are the free times next to it.
    `typed`: values of the details form, which the forms of this page carry along.
    """
    choices, now = here.choices, requests.current_runtime(request).now()
    selection = TimePickerSelection(
        parse_day(values.get("from")), parse_day(values.get("day")), None if gone else choices.starts_at
    )
    hold, language = await find_device_hold(request, session), requests.current_language(request)
    if choices.any_office:
        searches = choices.any_office_searches(hold)
        picker = await build_any_office_picker(session, searches, choices.zone, now, language, selection)
    else:
        picker = await build_time_picker(session, choices.slot_search(hold), now, language, selection)
    has_others = not picker.days and not choices.any_office
    return render_step(
        request,
        here,
        status_code=status_code,
        picker=picker,
        nearest=time_options(nearest, choices.zone),
        gone=gone,
        too_late=too_late,
        typed=typed,
        missing=_is_time_required(values) and not gone and choices.starts_at is None,
        others=await _alternative_links(session, choices, now) if has_others else [],
    )


def _is_time_required(values: Mapping[str, Any]) -> bool:
    """Return whether the sent form had to contain a time."""
    return values.get("asked") == "time" or values.get("step") == "details"


async def _alternative_links(
    session: AsyncSession, choices: BookingChoices, now: datetime
) -> list[tuple[Any, str]]:
    """Find other offices and modes with free slots for the visit, each with its address."""
    search = choices.slot_search()
    found = await alternative_slots(session, choices.offices, search, now)
    service, *additional = search.services
    more = [("more", each.slug) for each in additional]
    return [
        (
            alternative,
            booking_url(
                ("office", alternative.office.slug),
                ("service", service.slug),
                *more,
                ("mode", alternative.mode),
                *choices.pairs(),
            ),
        )
        for alternative in found
    ]


async def choose_time(request: Request, form: FormData, *, keep: bool = True) -> Response:
    """Hold the chosen slot for this device and redirect to the details.

    `keep` False holds nothing.
    """
    async with requests.current_runtime(request).read_session() as session:
        choices = read_choices(await choosable_offices(session, form), form)
    if choices.missing != "details":
        return requests.see_other(booking_url(*choices.pairs("office", "service", "mode"), ("asked", "time")))
    if keep:
        await hold_chosen_slot(request, choices)
    return requests.see_other(booking_url(*choices.pairs(*STEPS)))


async def hold_chosen_slot(request: Request, choices: BookingChoices) -> None:
    """Hold the chosen slot for this device, best effort.

    A free slot can also be booked without a hold.
    """
    office, service, mode = choices.office_service_mode
    assert choices.starts_at is not None
    requester = await build_requester(request, office=office.slug)
    with suppress(Refused, RateLimited, Invalid):
        await hold_slot(
            requests.current_runtime(request),
            office.slug,
            service.slug,
            mode,
            choices.starts_at,
            more_services=[each.slug for each in choices.more],
            holder=holder_key(requester),
            requester=requester,
        )


async def find_device_hold(request: Request, session: AsyncSession) -> SlotHold | None:
    """Find the hold of this device, even if it has expired."""
    if requests.current_device(request) is None:
        return None
    return await hold_by_holder(session, holder_key(await build_requester(request)))
