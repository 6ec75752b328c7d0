"""To whom a freed place is offered: those with a later time, then those with none, as they asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...core.errors import Unavailable
from ...core.runtime import Transaction
from ...offices.service import Office, OfficeService, ServiceMode, hours
from ..domain.appointment import Appointment
from ..domain.freed_slot import first_fitting_slot, hold_shares
from ..domain.hold import SlotHold
from ..domain.offer import OfferReason, has_time_to_answer, offer_expires_at
from ..domain.slots import FreeSlot
from ..domain.waitlist_entry import WaitlistEntry
from ..queries.availability import SlotSearch, available_slots
from ..queries.service_settings import interpreter_notice
from ..queries.visit_services import additional_services, first_service_now
from ..storage import appointment_rows, earlier_request_rows, hold_rows, waitlist_rows


@dataclass(frozen=True, slots=True)
class OfferCandidate:
    """Somebody of the lists: with an appointment that is later, or with an entry of the waiting list.

    `services`: of the visit that they want; `slot`: the time that they would have, perhaps a part of the place.
    """

    reason: OfferReason
    taker_id: str
    person: str
    appointment_or_entry: Appointment | WaitlistEntry
    services: tuple[OfficeService, ...]
    slot: FreeSlot


class _SlotFinder:
    """The time that a visit would have in a place; each kind of visit is looked at once."""

    def __init__(self, tx: Transaction, office: Office, place: SlotHold) -> None:
        self._tx, self._office, self._place = tx, office, place
        self._shares = hold_shares(place)
        self._known: dict[tuple[str, ...], FreeSlot | None] = {}

    @property
    def service_ids(self) -> list[str]:
        """With which services a visit can begin in the place."""
        return [one.service_id for one in self._shares]

    async def find_slot(self, services: Sequence[OfficeService]) -> FreeSlot | None:
        """None where there is none: a longer visit needs what follows the place, too."""
        key = tuple(one.id for one in services)
        if key not in self._known:
            place = self._place
            free = await available_slots_on_day(
                self._tx, self._office, services, place.mode, place.starts_at, excluded_hold_id=place.id
            )
            self._known[key] = first_fitting_slot(self._shares, free, services[0].id)
        return self._known[key]


async def available_slots_on_day(
    tx: Transaction,
    office: Office,
    services: Sequence[OfficeService],
    mode: ServiceMode,
    moment: datetime,
    *,
    excluded_hold_id: str | None = None,
) -> list[FreeSlot]:
    """What the public can book now of the day of this moment, as if the hold `without` were not there.

    Nothing where nobody understands the agenda's rules: giving back is possible all the same.
    """
    day = hours.to_local_day(office.hours, moment)
    try:
        return await available_slots(
            tx.session, SlotSearch(office, services, mode, excluded_id=excluded_hold_id), tx.now, day, 1
        )
    except Unavailable:
        return []


async def find_candidates(
    tx: Transaction, office: Office, hold: SlotHold, sent_at: datetime
) -> list[OfferCandidate]:
    """Whom the place serves if it is offered at `begins`, in order. Not who gave it back."""
    if not has_time_to_answer(sent_at, hold.ends_at):  # then it is for no part of it, and nobody need be asked for
        return []
    fit, gave_it_back = _SlotFinder(tx, office, hold), await hold_rows.find_holder(tx.session, hold.id)
    found = [
        *await _earlier_candidates(tx, office, hold, fit, sent_at),
        *await _waitlist_candidates(tx, office, hold, fit),
    ]
    return [one for one in found if one.person != gave_it_back and has_time_to_answer(sent_at, one.slot.starts_at)]


async def _earlier_candidates(
    tx: Transaction, office: Office, place: SlotHold, fit: _SlotFinder, begins: datetime
) -> list[OfferCandidate]:
    """Not whoever needs somebody else who could not be asked any more when they answer."""
    found = []
    later = await earlier_request_rows.earlier_requests_for_slot(
        tx.session, fit.service_ids, place.mode, place.starts_at, place.id
    )
    for one, person, wish in later:
        first = first_service_now(office, one)
        services = (first, *additional_services(office, one)) if first else ()
        slot = await fit.find_slot(services) if services else None
        if slot is None or slot.starts_at >= one.starts_at or not wish.accepts(slot.starts_at, office.timezone):
            continue
        answered = offer_expires_at(begins, slot.starts_at, office.timezone)
        if answered + interpreter_notice(office, one) <= slot.starts_at:
            found.append(OfferCandidate(OfferReason.EARLIER, one.id, person, one, services, slot))
    return found


async def _waitlist_candidates(
    tx: Transaction, office: Office, place: SlotHold, fit: _SlotFinder
) -> list[OfferCandidate]:
    slugs, found = [one.slug for one in office.services if one.id in fit.service_ids], []
    waiting = await waitlist_rows.waitlist_entries_for_slot(
        tx.session, slugs, office.id, place.mode, tx.now, place.id
    )
    for entry, person in waiting:
        services = waitlist_services(office, entry, place.mode)
        slot = await fit.find_slot(services) if services else None
        if slot is not None and not await has_active_appointment(tx, services, entry):
            found.append(OfferCandidate(OfferReason.WAITLIST, entry.id, person, entry, services, slot))
    return found


def waitlist_services(office: Office, entry: WaitlistEntry, mode: ServiceMode) -> tuple[OfficeService, ...]:
    """What is to be done in the visit that somebody waits for; nothing where not all of it is given so."""
    services = office.services_by_slugs(entry.service_slugs)
    whole = len(services) == len(entry.service_slugs) and all(mode in one.modes for one in services)
    return services if whole else ()


async def has_active_appointment(tx: Transaction, services: Sequence[OfficeService], entry: WaitlistEntry) -> bool:
    """Whether the mailbox of an entry has an appointment for any of these already."""
    ids = [one.id for one in services]
    return await appointment_rows.find_active_appointment(tx.session, ids, entry.email, tx.now) is not None
