"""Offers of freed slots: to whom, until when, never at night.

Also the cool-down of a freed slot without a candidate. Pure: no clock, no SQL, no sockets.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Literal

from ...core.i18n.dates import local_instant
from ...offices.domain.words import ServiceMode
from .slots import NEAREST_COUNT, FreeSlot

# Enough to see a message; the next person in the list waits meanwhile.
OFFER_DURATION = timedelta(minutes=30)
OFFER_TIME_DIVISOR = 4  # an answer may take a quarter of the time left until the visit
MIN_ANSWER_TIME = timedelta(minutes=5)  # to open a message, decide and press a button
SEND_FROM, SEND_UNTIL = time(8), time(22)  # local time of the office; no message is sent at night
# From SEND_FROM on, to answer an offer that was made late in the evening.
MORNING_ANSWER_TIME = timedelta(minutes=30)
# The slot of an expired offer stays held for a worker that is late.
WORKER_DELAY_GRACE = timedelta(minutes=5)
COOLDOWN_MIN = timedelta(minutes=3)
COOLDOWN_MAX = timedelta(minutes=15)  # bots that poll for freed slots give up, people do not
NO_COOLDOWN_BEFORE_START = timedelta(hours=2)  # a slot that is nearer would stay empty
EARLY_START_WITHIN = timedelta(hours=3)  # citizens with a later video call have other plans now
EARLY_START_OFFER_DURATION = timedelta(minutes=5)  # the agent waits meanwhile
REPLACEMENT_COUNT = NEAREST_COUNT  # alternatives after a cancellation by the office
# A citizen who reads the e-mail the next day can still accept it.
REPLACEMENT_HOLD_DURATION = timedelta(hours=24)

DayPart = Literal["any", "morning", "afternoon"]
AFTERNOON_FROM = time(14)  # in Spain the morning lasts until lunch; the pages name the hour


class OfferReason(StrEnum):
    """Why a person is offered a slot."""

    EARLIER = "earlier"  # has a later appointment and asked for an earlier time
    WAITLIST = "waiting"  # waits without an appointment
    CANCELLED = "cancelled"  # the office cancelled the appointment
    EARLY_START = "now"  # has a video call later today, and an agent is free


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SlotOffer:
    """A slot that is offered to a person. Times are aware UTC.

    `place`: id of the hold that keeps the slot. `taker_id`: id of the appointment or waitlist entry.
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
        """Return whether the offer can be accepted."""
        return self.state is OfferState.OPEN and now < self.expires_at


@dataclass(frozen=True, slots=True)
class EarlierSlotRequest:
    """The earlier times that a citizen can take. `not_before`: a local date; None for any."""

    not_before: date | None = None
    part: DayPart = "any"

    def accepts(self, starts_at: datetime, zone: tzinfo) -> bool:
        """Return whether the citizen can take a slot at this time."""
        local = starts_at.astimezone(zone)
        if self.not_before is not None and local.date() < self.not_before:
            return False
        return self.part == "any" or (local.time() < AFTERNOON_FROM) == (self.part == "morning")

    def begins(self, zone: tzinfo) -> datetime | None:
        """Return the first UTC instant of the date `not_before`; None for any."""
        return local_instant(self.not_before, time(), zone) if self.not_before else None


def earliest_send_time(now: datetime, zone: tzinfo) -> datetime:
    """Return when an offer made now may be sent (UTC): by day at once, else in the morning."""
    local = now.astimezone(zone)
    if SEND_FROM <= local.time() < SEND_UNTIL:
        return now
    # Before SEND_FROM the next morning is today's. A clock time, not a number of hours: clocks change at night.
    return local_instant(local.date() + timedelta(days=local.time() >= SEND_UNTIL), SEND_FROM, zone)


def offer_expires_at(sent_at: datetime, starts_at: datetime, zone: tzinfo) -> datetime:
    """Return when an offer sent at `sent_at` expires; the visit starts at `starts_at`. UTC.

    After half an hour, or a quarter of the time left until the visit if that is less. An offer that would
    expire at night expires half an hour after the morning begins, unless the visit starts too soon after
    that.
    """
    end = sent_at + min(OFFER_DURATION, (starts_at - sent_at) / OFFER_TIME_DIVISOR)
    local = end.astimezone(zone)
    if SEND_FROM <= local.time() < SEND_UNTIL:
        return end
    morning = (
        local_instant(local.date() + timedelta(days=local.time() >= SEND_UNTIL), SEND_FROM, zone)
        + MORNING_ANSWER_TIME
    )
    return morning if starts_at - morning >= MORNING_ANSWER_TIME else end


def has_time_to_answer(sent_at: datetime, starts_at: datetime) -> bool:
    """Return whether an offer sent then leaves enough time to answer."""
    return (starts_at - sent_at) / OFFER_TIME_DIVISOR >= MIN_ANSWER_TIME


def cooldown(hold_id: str, now: datetime, starts_at: datetime) -> timedelta:
    """Return how long a freed slot without an offer is kept from the public.

    Zero if its start is near. The time cannot be predicted from outside, and is always the same for a hold.
    """
    if starts_at - now < NO_COOLDOWN_BEFORE_START:
        return timedelta()
    least, most = int(COOLDOWN_MIN.total_seconds()), int(COOLDOWN_MAX.total_seconds())
    # Seeded with the id of the hold: the public cannot predict the length, a test can (docs/decisions/0023).
    seconds = random.Random(hold_id).randint(least, most)  # noqa: S311 - the id of a hold is never published
    return timedelta(seconds=seconds)


def can_start_early(now: datetime, starts_at: datetime) -> bool:
    """Return whether a citizen with a video call at `starts_at` may be invited now."""
    return now < starts_at <= now + EARLY_START_WITHIN


def replacement_kept_until(now: datetime, starts_at: datetime, lead: timedelta) -> datetime:
    """Return until when a slot is held for a citizen whose appointment the office cancelled."""
    return min(now + REPLACEMENT_HOLD_DURATION, starts_at - lead)


def assign_nearest_slots(
    lost_times: Sequence[datetime], free: Sequence[FreeSlot], gap: timedelta = timedelta()
) -> list[FreeSlot | None]:
    """Assign to each lost time the nearest free slot, without exceeding the places left.

    None for a lost time without a free slot. `gap`: how long a desk stays free between two visits.
    """
    left = list(free)
    found: list[FreeSlot | None] = []
    for moment in lost_times:
        nearest = min(left, key=lambda slot: (abs(slot.starts_at - moment), slot.starts_at), default=None)
        found.append(nearest)
        if nearest is not None:
            left = _subtract_visit(left, nearest, gap)
    return found


def split_into_single_places(free: Sequence[FreeSlot]) -> list[FreeSlot]:
    """List slots, with repetitions, that use up all places of the free slots.

    Once all of them are held, none of `free` can be booked.
    """
    taken: list[FreeSlot] = []
    left = list(free)
    while left:
        taken.append(left[0])
        left = _subtract_visit(left, taken[-1])
    return taken


def _subtract_visit(free: Sequence[FreeSlot], taken: FreeSlot, gap: timedelta = timedelta()) -> list[FreeSlot]:
    """Return the slots that remain when a visit takes a place of each slot that it overlaps."""
    remaining = []
    for slot in free:
        overlaps = slot.starts_at < taken.ends_at + gap and taken.starts_at < slot.ends_at + gap
        if not overlaps:
            remaining.append(slot)
        elif slot.left > 1:
            remaining.append(replace(slot, left=slot.left - 1))
    return remaining
