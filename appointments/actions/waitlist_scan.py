"""Looks whether there is something for whoever waits: new dates were released, hours were added.

A freed place comes by itself (freed.py). For all else one looks every few minutes while somebody waits, as the
line does for standby: whoever opens dates need not know of the list.
"""

from __future__ import annotations

import logging
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

WAITLIST_SCAN_TIMER = "waiting.look"  # subject: the service's slug
SCAN_INTERVAL = timedelta(minutes=5)
MAX_OFFERS_PER_SCAN = 20  # offers of one look at one agenda; the next look goes on
OFFER_AGAIN_AFTER = timedelta(
    days=1
)  # whoever let pass what anybody could book is not told again every few minutes

EntryWithMailbox = tuple[WaitlistEntry, str]


async def scan_waitlist(tx: Transaction, service_slug: str) -> None:
    """The timer: offer what is free to those who wait for it, in order, a place for each."""
    if not await waitlist_rows.has_waitlist_entries(tx.session, service_slug):
        return
    offices = sorted(await all_offices(tx.session), key=lambda one: one.id)  # as everybody locks agendas
    for office in offices:
        for service in (one for one in office.services if one.slug == service_slug):
            if earliest_send_time(tx.now, office.timezone) == tx.now:
                for mode in service.modes:
                    await _scan_agenda(tx, office, service, mode)
    await tx.schedule_timer(WAITLIST_SCAN_TIMER, subject=service_slug, due_at=tx.now + SCAN_INTERVAL)


async def _scan_agenda(tx: Transaction, office: Office, service: OfficeService, mode: ServiceMode) -> None:
    waiting = await _entries_to_offer(tx, office, service, mode)
    if not waiting:
        return
    await locks.lock_agenda(tx.session, office)
    for entries in _group_by_services(waiting):
        await _offer_slots(tx, office, mode, entries)


def _group_by_services(waiting: Sequence[EntryWithMailbox]) -> list[list[EntryWithMailbox]]:
    """Those who wait for the same services together, in the order in which the first of them asked."""
    found: dict[tuple[str, ...], list[EntryWithMailbox]] = {}
    for one in waiting:
        found.setdefault(one[0].service_slugs, []).append(one)
    return list(found.values())


async def _offer_slots(
    tx: Transaction, office: Office, mode: ServiceMode, entries: Sequence[EntryWithMailbox]
) -> None:
    services = waitlist_services(office, entries[0][0], mode)
    for slot, (entry, person) in zip(await _available_places(tx, office, services, mode), entries, strict=False):
        place = await freed_slots.hold_freed_slot(
            tx, office, services[0], mode, slot, person="", more=services[1:]
        )
        candidate = OfferCandidate(OfferReason.WAITLIST, entry.id, person, entry, services, slot)
        until = offer_expires_at(tx.now, slot.starts_at, office.timezone)
        if not await freed_slots.offer_freed_slot(tx, office, place, candidate, until):
            await hold_rows.delete_hold(tx.session, place.id)


async def _entries_to_offer(
    tx: Transaction, office: Office, service: OfficeService, mode: ServiceMode
) -> Sequence[EntryWithMailbox]:
    """Those who wait for this, have nothing like it, and were not told a short while ago."""
    found = []
    for entry, person in await waitlist_rows.waitlist_entries_for_slot(
        tx.session, [service.slug], office.id, mode, tx.now, ""
    ):
        last = await offer_rows.latest_offer_to_taker(tx.session, entry.id, OfferReason.WAITLIST)
        if last is not None and last.created_at > tx.now - OFFER_AGAIN_AFTER:
            continue
        services = waitlist_services(office, entry, mode)
        if services and not await has_active_appointment(tx, services, entry):
            found.append((entry, person))
    return found[:MAX_OFFERS_PER_SCAN]


async def _available_places(
    tx: Transaction, office: Office, services: Sequence[OfficeService], mode: ServiceMode
) -> Sequence[FreeSlot]:
    """Single places, the earliest first, which several people can have at once."""
    today = hours.to_local_day(office.hours, tx.now)
    try:
        more, days = services[1:], HORIZON_DAYS + 1
        free = await available_slots(
            tx.session, SlotSearch(office, [services[0], *more], mode), tx.now, today, days
        )
    except Unavailable:
        return []
    return split_into_single_places(
        [slot for slot in free if has_time_to_answer(tx.now, slot.starts_at)][: 2 * MAX_OFFERS_PER_SCAN]
    )
