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
from ...offices.service import Office, Service, all_offices, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.appointment import Mode
from ..domain.offer import Taker, all_places, ends_at, goes_out_at, is_worth_it
from ..domain.slots import Slot
from ..domain.waitlist_entry import Waiting
from ..queries.availability import free_times
from ..storage import appointment_rows, offer_rows
from . import freed_slots
from .offer_candidates import Candidate, has_one, services_there

logger = logging.getLogger(__name__)

LOOK_TIMER = "waiting.look"  # subject: the service's slug
LOOK_AGAIN = timedelta(minutes=5)
AT_ONCE = 20  # offers of one look at one agenda; the next look goes on
ONCE_A = timedelta(days=1)  # whoever let pass what anybody could book is not told again every few minutes

Entry = tuple[Waiting, str]


async def look(tx: Transaction, service_slug: str) -> None:
    """The timer: offer what is free to those who wait for it, in order, a place for each."""
    if not await offer_rows.anybody_waits(tx.session, service_slug):
        return
    offices = sorted(await all_offices(tx.session), key=lambda one: one.id)  # as everybody locks agendas
    for office in offices:
        for service in (one for one in office.services if one.slug == service_slug):
            if goes_out_at(tx.now, office.timezone) == tx.now:
                for mode in service.modes:
                    await _look_at(tx, office, service, mode)
    await tx.schedule(LOOK_TIMER, subject=service_slug, due_at=tx.now + LOOK_AGAIN)


async def _look_at(tx: Transaction, office: Office, service: Service, mode: Mode) -> None:
    waiting = await _who(tx, office, service, mode)
    if not waiting:
        return
    await appointment_rows.hold_agenda(tx.session, office)
    for entries in _alike(waiting):
        await _offer(tx, office, mode, entries)


def _alike(waiting: Sequence[Entry]) -> list[list[Entry]]:
    """Those who wait for the same services together, in the order in which the first of them asked."""
    found: dict[tuple[str, ...], list[Entry]] = {}
    for one in waiting:
        found.setdefault(one[0].service_slugs, []).append(one)
    return list(found.values())


async def _offer(tx: Transaction, office: Office, mode: Mode, entries: Sequence[Entry]) -> None:
    services = services_there(office, entries[0][0], mode)
    for slot, (entry, person) in zip(await _free(tx, office, services, mode), entries, strict=False):
        place = await freed_slots.keep(tx, office, services[0], mode, slot, person="", more=services[1:])
        candidate = Candidate(Taker.WAITING, entry.id, person, entry, services, slot)
        until = ends_at(tx.now, slot.starts_at, office.timezone)
        if not await freed_slots.offer_to(tx, office, place, candidate, until):
            await appointment_rows.delete_hold(tx.session, place.id)


async def _who(tx: Transaction, office: Office, service: Service, mode: Mode) -> Sequence[Entry]:
    """Those who wait for this, have nothing like it, and were not told a short while ago."""
    found = []
    for entry, person in await offer_rows.who_waits(tx.session, [service.slug], office.id, mode, tx.now, ""):
        last = await offer_rows.last_offer_to(tx.session, entry.id, Taker.WAITING)
        if last is not None and last.created_at > tx.now - ONCE_A:
            continue
        services = services_there(office, entry, mode)
        if services and not await has_one(tx, services, entry):
            found.append((entry, person))
    return found[:AT_ONCE]


async def _free(tx: Transaction, office: Office, services: Sequence[Service], mode: Mode) -> Sequence[Slot]:
    """Single places, the earliest first, which several people can have at once."""
    today = hours.local_day(office.hours, tx.now)
    try:
        more, days = services[1:], HORIZON_DAYS + 1
        free = await free_times(tx.session, office, services[0], mode, tx.now, today, days, more=more)
    except Unavailable:
        return []
    return all_places([slot for slot in free if is_worth_it(tx.now, slot.starts_at)][: 2 * AT_ONCE])
