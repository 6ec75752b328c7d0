"""Periodic search of public slots for the waitlist.

It finds released dates and longer opening hours; freed slots are offered by freed_slots.py. The scan runs while
the waitlist has entries, so that the code that releases dates does not have to know the waitlist.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from ...core.errors import Unavailable
from ...core.runtime import Transaction
from ...offices.service import Office, OfficeService, ServiceMode, all_offices, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.offer import (
    OfferReason,
    earliest_send_time,
    has_time_to_answer,
    offer_expires_at,
    split_into_single_places,
)
from ..domain.slots import FreeSlot
from ..domain.waitlist_entry import WaitlistEntry
from ..queries.availability import SlotSearch, available_slots
from ..storage import hold_rows, locks, offer_rows, waitlist_rows
from . import freed_slots
from .offer_candidates import OfferCandidate, has_active_appointment, waitlist_services

logger = logging.getLogger(__name__)

WAITLIST_SCAN_TIMER = "waiting.look"  # subject: the slug of the service
SCAN_INTERVAL = timedelta(minutes=5)
MAX_OFFERS_PER_SCAN = 20  # offers of an agenda and mode; the next scan continues
# a citizen who did not take a public slot is not told again at each scan
OFFER_AGAIN_AFTER = timedelta(days=1)

EntryWithMailbox = tuple[WaitlistEntry, str]


async def scan_waitlist(tx: Transaction, service_slug: str) -> None:
    """Offer public slots to the waitlist of a service, in order, a slot for each entry.

    Timer handler.
    """
    if not await waitlist_rows.has_waitlist_entries(tx.session, service_slug):
        return
    # agendas are locked by ascending office id, to avoid deadlocks
    for office in sorted(await all_offices(tx.session), key=lambda office: office.id):
        # it is night at this office; a scan in the morning offers its slots (docs/decisions/0023)
        if earliest_send_time(tx.now, office.timezone) != tx.now:
            continue
        for service in office.services:
            if service.slug == service_slug:
                for mode in service.modes:
                    await _scan_agenda(tx, office, service, mode)
    await tx.schedule_timer(WAITLIST_SCAN_TIMER, subject=service_slug, due_at=tx.now + SCAN_INTERVAL)


async def _scan_agenda(tx: Transaction, office: Office, service: OfficeService, mode: ServiceMode) -> None:
    entries = await _entries_to_offer(tx, office, service, mode)
    if not entries:
        return
    await locks.lock_agenda(tx.session, office)
    same_visit: defaultdict[tuple[str, ...], list[EntryWithMailbox]] = defaultdict(list)
    for entry, person in entries:
        same_visit[entry.service_slugs].append((entry, person))
    for alike in same_visit.values():  # in the order of the first entry of each visit
        await _offer_slots(tx, office, mode, alike)


async def _offer_slots(
    tx: Transaction, office: Office, mode: ServiceMode, entries: Sequence[EntryWithMailbox]
) -> None:
    """Offer a slot to each entry; all entries wait for the same services."""
    services = waitlist_services(office, entries[0][0], mode)
    places = await _available_places(tx, SlotSearch(office, services, mode))
    # not strict: entries without a place wait for the next scan, and places without an entry stay public
    for slot, (entry, person) in zip(places, entries, strict=False):
        hold = await freed_slots.hold_freed_slot(tx, office, services[0], mode, slot, person="", more=services[1:])
        candidate = OfferCandidate(OfferReason.WAITLIST, entry.id, person, entry, services, slot)
        until = offer_expires_at(tx.now, slot.starts_at, office.timezone)
        if not await freed_slots.offer_freed_slot(tx, office, hold, candidate, until):
            await hold_rows.delete_hold(tx.session, hold.id)


async def _entries_to_offer(
    tx: Transaction, office: Office, service: OfficeService, mode: ServiceMode
) -> Sequence[EntryWithMailbox]:
    """Find the entries without a recent offer and without an appointment for these services."""
    entries = []
    for entry, person in await waitlist_rows.waitlist_entries_for_slot(
        tx.session, [service.slug], office.id, mode, tx.now, ""
    ):
        latest = await offer_rows.latest_offer_to_taker(tx.session, entry.id, OfferReason.WAITLIST)
        if latest is not None and latest.created_at > tx.now - OFFER_AGAIN_AFTER:
            continue
        services = waitlist_services(office, entry, mode)
        if services and not await has_active_appointment(tx, services, entry):
            entries.append((entry, person))
    return entries[:MAX_OFFERS_PER_SCAN]


async def _available_places(tx: Transaction, search: SlotSearch) -> Sequence[FreeSlot]:
    """Find slots that different people can all have at once, the earliest first."""
    today = hours.to_local_day(search.office.hours, tx.now)
    try:
        free = await available_slots(tx.session, search, tx.now, today, HORIZON_DAYS + 1)
    except Unavailable:
        return []
    answerable = [slot for slot in free if has_time_to_answer(tx.now, slot.starts_at)]
    return split_into_single_places(answerable[: 2 * MAX_OFFERS_PER_SCAN])
