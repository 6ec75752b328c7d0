"""A freed place that is offered: to whom, until when, never at night; and how long it rests when nobody wants it.

Pure: no clock, no SQL, no sockets.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Literal

from ...offices.office import ServiceMode
from .slots import FreeSlot

OFFER_DURATION = timedelta(minutes=30)  # enough to see a message; the next in the list waits meanwhile
OFFER_TIME_DIVISOR = 4  # of the time that is left until the visit one answer may take so much
MIN_ANSWER_TIME = timedelta(minutes=5)  # in less nobody opens a message, decides and presses a button
SEND_FROM, SEND_UNTIL = time(8), time(22)  # on the office's wall; outside nobody is written to
MORNING_ANSWER_TIME = timedelta(
    minutes=30
)  # an offer made late in the evening can be answered so long after the day began
WORKER_DELAY_GRACE = timedelta(
    minutes=5
)  # how late a worker may be before the place of an offer that ended is anybody's
COOLDOWN_MIN, COOLDOWN_MAX = (
    timedelta(minutes=3),
    timedelta(minutes=15),
)  # longer than a bot's patience, not a person's
NO_COOLDOWN_BEFORE_START = timedelta(hours=2)  # a visit that is nearer would stay empty
EARLY_START_WITHIN = timedelta(hours=3)  # whose video call is later has other plans at this moment
EARLY_START_OFFER_DURATION = timedelta(minutes=5)  # "come in now" means now
REPLACEMENT_COUNT = 3  # places shown to whoever was cancelled by the office
REPLACEMENT_HOLD_DURATION = timedelta(hours=24)  # whoever reads the e-mail the next day still needs one tap only

DayPart = Literal["any", "morning", "afternoon"]
AFTERNOON_FROM = time(14)  # in Spain the morning goes on until lunch; the pages say the hour


class OfferReason(StrEnum):
    """As what somebody is offered a place."""

    EARLIER = "earlier"  # has a later one
    WAITLIST = "waiting"  # has none
    CANCELLED = "cancelled"  # the office took theirs
    EARLY_START = "now"  # has a video call later today, and an agent is free


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SlotOffer:
    """One place offered to one person. `place`: the hold that keeps it; `taker_id`: appointment or waiting entry.

    Times are aware UTC.
    """

    id: str
    place: str
    taker: OfferReason
    taker_id: str
    office_id: str
    service_id: str
    mode: ServiceMode
    starts_at: datetime
    ends_at: datetime
    state: OfferState
    created_at: datetime
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether it can be accepted."""
        return self.state is OfferState.OPEN and now < self.expires_at


@dataclass(frozen=True, slots=True)
class EarlierSlotRequest:
    """Which earlier times somebody can come. `not_before`: a local date; None for any."""

    not_before: date | None = None
    part: DayPart = "any"

    def accepts(self, starts_at: datetime, zone: tzinfo) -> bool:
        """Whether a place at this time is what they want."""
        local = starts_at.astimezone(zone)
        if self.not_before is not None and local.date() < self.not_before:
            return False
        return self.part == "any" or (local.time() < AFTERNOON_FROM) == (self.part == "morning")

    def begins(self, zone: tzinfo) -> datetime | None:
        """The first moment of the date before which they cannot come. UTC."""
        return _local_instant(self.not_before, time(), zone) if self.not_before else None


def earliest_send_time(now: datetime, zone: tzinfo) -> datetime:
    """When an offer that is ready now may be told: at once by day, else when the day begins. UTC."""
    local = now.astimezone(zone)
    if SEND_FROM <= local.time() < SEND_UNTIL:
        return now
    return _local_instant(local.date() + timedelta(days=local.time() >= SEND_UNTIL), SEND_FROM, zone)


def offer_expires_at(sent_at: datetime, starts_at: datetime, zone: tzinfo) -> datetime:
    """Until when an offer that goes out at `begins` can be answered; the visit is at `starts_at`. UTC.

    Half an hour, or a quarter of what is left until the visit if that is less. Who was written to late in the
    evening has until half an hour after the next day began, unless the visit comes too soon after that.
    """
    end = sent_at + min(OFFER_DURATION, (starts_at - sent_at) / OFFER_TIME_DIVISOR)
    local = end.astimezone(zone)
    if SEND_FROM <= local.time() < SEND_UNTIL:
        return end
    morning = (
        _local_instant(local.date() + timedelta(days=local.time() >= SEND_UNTIL), SEND_FROM, zone)
        + MORNING_ANSWER_TIME
    )
    return morning if starts_at - morning >= MORNING_ANSWER_TIME else end


def has_time_to_answer(sent_at: datetime, starts_at: datetime) -> bool:
    """Whether there is time enough left to answer."""
    return (starts_at - sent_at) / OFFER_TIME_DIVISOR >= MIN_ANSWER_TIME


def cooldown(hold_id: str, now: datetime, starts_at: datetime) -> timedelta:
    """How long a place that nobody was offered stays closed to the public: a time that nobody can foretell, and
    the same for the same place. Nothing when the visit is near."""
    if starts_at - now < NO_COOLDOWN_BEFORE_START:
        return timedelta()
    seconds = random.Random(hold_id).randint(int(COOLDOWN_MIN.total_seconds()), int(COOLDOWN_MAX.total_seconds()))  # noqa: S311 - a place's id is told to nobody
    return timedelta(seconds=seconds)


def can_start_early(now: datetime, starts_at: datetime) -> bool:
    """Whether somebody with a video call at `starts_at` may be asked in now."""
    return now < starts_at <= now + EARLY_START_WITHIN


def replacement_kept_until(now: datetime, starts_at: datetime, lead: timedelta) -> datetime:
    """Until when a place is kept for somebody whose appointment the office cancelled."""
    return min(now + REPLACEMENT_HOLD_DURATION, starts_at - lead)


def assign_nearest_slots(
    lost_times: Sequence[datetime], free: Sequence[FreeSlot], gap: timedelta = timedelta()
) -> list[FreeSlot | None]:
    """For each time that was lost the nearest free slot; together they take no more places than there are.

    `apart`: how long a desk is kept free between two visits.
    """
    left = list(free)
    found: list[FreeSlot | None] = []
    for moment in lost_times:
        nearest = min(left, key=lambda slot: (abs(slot.starts_at - moment), slot.starts_at), default=None)
        found.append(nearest)
        if nearest is not None:
            left = [one for slot in left if (one := _subtract_visit(slot, nearest, gap)).left > 0]
    return found


def split_into_single_places(free: Sequence[FreeSlot]) -> list[FreeSlot]:
    """One after the other until nothing is left: what must be kept so that nobody can book any of these slots."""
    taken: list[FreeSlot] = []
    left = list(free)
    while left:
        taken.append(left[0])
        left = [one for slot in left if (one := _subtract_visit(slot, taken[-1])).left > 0]
    return taken


def _subtract_visit(slot: FreeSlot, taken: FreeSlot, gap: timedelta = timedelta()) -> FreeSlot:
    """The slot with one place less, if a visit at `taken` is in its way."""
    touches = slot.starts_at < taken.ends_at + gap and taken.starts_at < slot.ends_at + gap
    return replace(slot, left=slot.left - 1) if touches else slot


def _local_instant(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
