"""Candidates for a freed slot: citizens with a later appointment, then the waitlist.

Both come in the order in which they asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...core.errors import Unavailable
from ...core.runtime import Transaction
from ...offices.service import Office, OfficeService, ServiceMode, hours
from ..domain.appointment import Appointment
from ..domain.contact_identifiers import email_keys
from ..domain.freed_slot import first_fitting_slot, hold_shares
from ..domain.hold import SlotHold
from ..domain.offer import OfferReason, has_time_to_answer, offer_expires_at
from ..domain.slots import FreeSlot
from ..domain.waitlist_entry import WaitlistEntry
from ..queries.availability import SlotSearch, available_slots
from ..queries.bookable_services import interpreter_notice
from ..queries.visit_services import additional_services, first_service_now
from ..storage import appointment_rows, earlier_request_rows, hold_rows, waitlist_rows


@dataclass(frozen=True, slots=True)
class OfferCandidate:
    """A citizen with a later appointment or with an entry of the waitlist.

    `person`: the key of the mailbox. `services`: of the wanted visit. `slot`: the time that the visit would have,
    which may be a part of the freed slot.
    """

    reason: OfferReason
    taker_id: str
    person: str
    appointment_or_entry: Appointment | WaitlistEntry
    services: tuple[OfficeService, ...]
    slot: FreeSlot


class _SlotFinder:
    """Finds the time that a visit would have in a freed slot; one search for equal visits."""

    def __init__(self, tx: Transaction, office: Office, hold: SlotHold) -> None:
        self._tx, self._office, self._hold = tx, office, hold
        self._shares = hold_shares(hold)
        self._found: dict[tuple[str, ...], FreeSlot | None] = {}

    @property
    def service_ids(self) -> list[str]:
        """Return the services with which a visit in the slot can begin."""
        return [share.service_id for share in self._shares]

    async def find_slot(self, services: Sequence[OfficeService]) -> FreeSlot | None:
        """Find the time of a visit; None if it does not fit.

        A longer visit may continue after the slot.
        """
        key = tuple(service.id for service in services)
        if key not in self._found:
            hold = self._hold
            free = await available_slots_on_day(
                self._tx, self._office, services, hold.mode, hold.starts_at, excluded_hold_id=hold.id
            )
            self._found[key] = first_fitting_slot(self._shares, free, services[0].id)
        return self._found[key]


async def available_slots_on_day(
    tx: Transaction,
    office: Office,
    services: Sequence[OfficeService],
    mode: ServiceMode,
    moment: datetime,
    *,
    excluded_hold_id: str | None = None,
) -> list[FreeSlot]:
    """Find the slots of a day that the public can book now.

    The excluded hold counts as free.
    Invalid agenda settings give no slots and no error, so that cancelling never fails because of them.
    """
    day = hours.to_local_day(office.hours, moment)
    search = SlotSearch(office, services, mode, excluded_id=excluded_hold_id)
    try:
        return await available_slots(tx.session, search, tx.now, day, 1)
    except Unavailable:
        return []


async def find_candidates(
    tx: Transaction, office: Office, hold: SlotHold, sent_at: datetime
) -> list[OfferCandidate]:
    """Find the candidates for an offer sent at `sent_at`, in order.

    The person who released the slot is no candidate.
    """
    # no part of the slot can be answered in time, so the queries are skipped
    if not has_time_to_answer(sent_at, hold.ends_at):
        return []
    finder, released_by = _SlotFinder(tx, office, hold), await hold_rows.find_holder(tx.session, hold.id)
    candidates = [
        *await _earlier_candidates(tx, office, hold, finder, sent_at),
        *await _waitlist_candidates(tx, office, hold, finder),
    ]
    return [
        candidate
        for candidate in candidates
        if candidate.person != released_by and has_time_to_answer(sent_at, candidate.slot.starts_at)
    ]


async def _earlier_candidates(
    tx: Transaction, office: Office, hold: SlotHold, finder: _SlotFinder, sent_at: datetime
) -> list[OfferCandidate]:
    """Find citizens with a later appointment.

    Skip those whose interpreter could not be asked after the answer.
    """
    candidates = []
    requests = await earlier_request_rows.earlier_requests_for_slot(
        tx.session, finder.service_ids, hold.mode, hold.starts_at, hold.id
    )
    for appointment, person, request in requests:
        if not appointment.can_be_notified:  # an offer that is not sent only keeps the slot from others
            continue
        first = first_service_now(office, appointment)
        if first is None:
            continue
        services = (first, *additional_services(office, appointment))
        slot = await finder.find_slot(services)
        if slot is None or slot.starts_at >= appointment.starts_at:
            continue
        if not request.accepts(slot.starts_at, office.timezone):
            continue
        answered_at = offer_expires_at(sent_at, slot.starts_at, office.timezone)
        if answered_at + interpreter_notice(office, appointment) <= slot.starts_at:
            candidates.append(
                OfferCandidate(OfferReason.EARLIER, appointment.id, person, appointment, services, slot)
            )
    return candidates


async def _waitlist_candidates(
    tx: Transaction, office: Office, hold: SlotHold, finder: _SlotFinder
) -> list[OfferCandidate]:
    """Find entries of the waitlist whose mailbox has no appointment for these services."""
    candidates = []
    slugs = [service.slug for service in office.services if service.id in finder.service_ids]
    entries = await waitlist_rows.waitlist_entries_for_slot(
        tx.session, slugs, office.id, hold.mode, tx.now, hold.id
    )
    for entry, person in entries:
        services = waitlist_services(office, entry, hold.mode)
        slot = await finder.find_slot(services) if services else None
        if slot is not None and not await has_active_appointment(tx, services, entry):
            candidates.append(OfferCandidate(OfferReason.WAITLIST, entry.id, person, entry, services, slot))
    return candidates


def waitlist_services(office: Office, entry: WaitlistEntry, mode: ServiceMode) -> tuple[OfficeService, ...]:
    """Find the services of an entry; none unless the office provides all of them in this mode.

    An unlisted office provides none to people who wait for any office.
    """
    if entry.office_id is None and not office.is_public:
        return ()
    services = office.services_by_slugs(entry.service_slugs)
    is_complete = len(services) == len(entry.service_slugs) and all(mode in service.modes for service in services)
    return services if is_complete else ()


async def has_active_appointment(tx: Transaction, services: Sequence[OfficeService], entry: WaitlistEntry) -> bool:
    """Return whether the entry's mailbox already has an appointment for any of these services."""
    service_ids = [service.id for service in services]
    mailbox_keys = email_keys(tx.runtime.tokens, entry.email)
    return bool(await appointment_rows.find_active_appointments(tx.session, service_ids, mailbox_keys, tx.now))
