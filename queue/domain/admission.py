"""Admission: whether a citizen gets a ticket now. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from .line_settings import DEFAULT_LINE_SETTINGS, LineSettings
from .ticket import Ticket, TicketState
from .wait_estimate import NewTicketForecast


@dataclass(frozen=True, slots=True)
class AdmissionRefusal:
    """The reason for a refusal.

    `opens_at`: when the citizen can ask again, if that is known. `lasts_today`: nothing that happens at the desks
    ends it today; without it a desk that opens, or a person who leaves, may.
    """

    code: str
    opens_at: datetime | None = None
    lasts_today: bool = False


@dataclass(frozen=True, slots=True)
class AdmissionContext:
    """The facts that decide admission. `closes_at` is None while the office is closed.

    `forecast` is called last, because it simulates. It returns None without an open desk: then the expected wait
    does not prevent a ticket. `earliest_finish`: the end of a visit that is called now, with an empty line.
    """

    paused: bool
    closes_at: datetime | None
    opens_at: datetime | None
    walk_ins_stopped: bool
    daily_quota: int | None
    walk_ins_today: int
    forecast: Callable[[], NewTicketForecast | None]
    earliest_finish: datetime | None = None
    settings: LineSettings = DEFAULT_LINE_SETTINGS


def check_walk_in(context: AdmissionContext) -> AdmissionRefusal | None:
    """Return the reason to refuse a walk-in; None to issue the ticket."""
    if context.closes_at is None:
        return AdmissionRefusal("closed", context.opens_at)
    if context.paused:
        return AdmissionRefusal("paused")
    if context.walk_ins_stopped:
        return AdmissionRefusal("walk_ins_stopped")
    if context.daily_quota is not None and context.walk_ins_today >= context.daily_quota:
        return AdmissionRefusal("quota_reached", lasts_today=True)
    forecast = context.forecast()
    if forecast is not None and not _fits_before_closing(forecast, context.closes_at, context.settings):
        # too late even in an empty line: neither a desk that opens nor a person who leaves would help
        last_finish = context.closes_at - context.settings.closing_margin
        is_too_late = context.earliest_finish is not None and context.earliest_finish > last_finish
        return AdmissionRefusal("no_capacity", lasts_today=is_too_late)
    return None


# Refusals after which a citizen may wait on standby. A host or manager can also end a refusal that lasts today.
STANDBY_REFUSAL_CODES = frozenset({"walk_ins_stopped", "quota_reached", "no_capacity"})


def first_standby_ticket(tickets: Iterable[Ticket]) -> Ticket | None:
    """Return the standby ticket that is admitted next.

    This is the ticket issued first, even if a later ticket would fit better.
    """
    # a shorter visit further behind might fit, but the order of arrival was promised (docs/decisions/0018)
    waiting = (ticket for ticket in tickets if ticket.state is TicketState.STANDBY)
    return min(waiting, key=lambda ticket: ticket.issue_order, default=None)


def standby_refusal(tickets: Iterable[Ticket]) -> AdmissionRefusal | None:
    """Return the refusal of a walk-in while tickets on standby wait for room, or None."""
    # between the moment at which capacity appears and the check of the standby timer, a new walk-in would take it
    return AdmissionRefusal("no_capacity") if first_standby_ticket(tickets) is not None else None


def check_appointment(
    starts_at: datetime, now: datetime, *, paused: bool, settings: LineSettings, told_at: datetime | None = None
) -> AdmissionRefusal | None:
    """Return the reason to refuse a check-in for an appointment; None to issue the ticket.

    `told_at`: the later time to come of a delay notice; the late limit counts from it.
    """
    opens_at = starts_at - settings.check_in_opens
    if now < opens_at:
        return AdmissionRefusal("too_early", opens_at)
    if now >= (told_at or starts_at) + settings.late_until:
        return AdmissionRefusal("too_late_for_turn")
    return AdmissionRefusal("paused") if paused else None


def _fits_before_closing(forecast: NewTicketForecast, closing: datetime, settings: LineSettings) -> bool:
    """Return whether a visit would end in time and delay no due appointment too much."""
    if forecast.finished_by > closing - settings.closing_margin:
        return False
    return forecast.appointment_delay <= settings.appointment_delay
