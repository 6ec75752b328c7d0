"""To whom a freed place is offered: those with a later time, then those with none, as they asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...core.errors import Unavailable
from ...core.runtime import Transaction
from ...offices.service import Office, Service, hours
from ..domain.appointment import Appointment, Mode
from ..domain.freed_slot import first_fit, shares_of_hold
from ..domain.hold import Hold
from ..domain.offer import Taker, ends_at, is_worth_it
from ..domain.slots import Slot
from ..domain.waitlist_entry import Waiting
from ..queries.availability import also_given, free_times, interpreter_notice
from ..queries.visit_services import present_service
from ..storage import appointment_rows, offer_rows


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the lists: with an appointment that is later, or with an entry of the waiting list.

    `services`: of the visit that they want; `slot`: the time that they would have, perhaps a part of the place.
    """

    taker: Taker
    taker_id: str
    person: str
    about: Appointment | Waiting
    services: tuple[Service, ...]
    slot: Slot


class _Fit:
    """The time that a visit would have in a place; each kind of visit is looked at once."""

    def __init__(self, tx: Transaction, office: Office, place: Hold) -> None:
        self._tx, self._office, self._place = tx, office, place
        self._shares = shares_of_hold(place)
        self._known: dict[tuple[str, ...], Slot | None] = {}

    @property
    def service_ids(self) -> list[str]:
        """With which services a visit can begin in the place."""
        return [one.service_id for one in self._shares]

    async def slot(self, services: Sequence[Service]) -> Slot | None:
        """None where there is none: a longer visit needs what follows the place, too."""
        key = tuple(one.id for one in services)
        if key not in self._known:
            place = self._place
            free = await free_around(
                self._tx, self._office, services, place.mode, place.starts_at, without=place.id
            )
            self._known[key] = first_fit(self._shares, free, services[0].id)
        return self._known[key]


async def free_around(
    tx: Transaction,
    office: Office,
    services: Sequence[Service],
    mode: Mode,
    moment: datetime,
    *,
    without: str | None = None,
) -> list[Slot]:
    """What the public can book now of the day of this moment, as if the hold `without` were not there.

    Nothing where nobody understands the agenda's rules: giving back is possible all the same.
    """
    day = hours.local_day(office.hours, moment)
    try:
        return await free_times(
            tx.session, office, services[0], mode, tx.now, day, 1, more=services[1:], without=without
        )
    except Unavailable:
        return []


async def candidates(tx: Transaction, office: Office, place: Hold, begins: datetime) -> list[Candidate]:
    """Whom the place serves if it is offered at `begins`, in order. Not who gave it back."""
    if not is_worth_it(begins, place.ends_at):  # then it is for no part of it, and nobody need be asked for
        return []
    fit, gave_it_back = _Fit(tx, office, place), await appointment_rows.holder_of(tx.session, place.id)
    found = [*await _with_a_later_time(tx, office, place, fit, begins), *await _with_none(tx, office, place, fit)]
    return [one for one in found if one.person != gave_it_back and is_worth_it(begins, one.slot.starts_at)]


async def _with_a_later_time(
    tx: Transaction, office: Office, place: Hold, fit: _Fit, begins: datetime
) -> list[Candidate]:
    """Not whoever needs somebody else who could not be asked any more when they answer."""
    found = []
    later = await offer_rows.who_wants_earlier(tx.session, fit.service_ids, place.mode, place.starts_at, place.id)
    for one, person, wish in later:
        first = present_service(office, one)
        services = (first, *also_given(office, one)) if first else ()
        slot = await fit.slot(services) if services else None
        if slot is None or slot.starts_at >= one.starts_at or not wish.suits(slot.starts_at, office.timezone):
            continue
        answered = ends_at(begins, slot.starts_at, office.timezone)
        if answered + interpreter_notice(office, one) <= slot.starts_at:
            found.append(Candidate(Taker.EARLIER, one.id, person, one, services, slot))
    return found


async def _with_none(tx: Transaction, office: Office, place: Hold, fit: _Fit) -> list[Candidate]:
    slugs, found = [one.slug for one in office.services if one.id in fit.service_ids], []
    waiting = await offer_rows.who_waits(tx.session, slugs, office.id, place.mode, tx.now, place.id)
    for entry, person in waiting:
        services = services_there(office, entry, place.mode)
        slot = await fit.slot(services) if services else None
        if slot is not None and not await has_one(tx, services, entry):
            found.append(Candidate(Taker.WAITING, entry.id, person, entry, services, slot))
    return found


def services_there(office: Office, entry: Waiting, mode: Mode) -> tuple[Service, ...]:
    """What is to be done in the visit that somebody waits for; nothing where not all of it is given so."""
    services = office.services_of(entry.service_slugs)
    whole = len(services) == len(entry.service_slugs) and all(mode in one.modes for one in services)
    return services if whole else ()


async def has_one(tx: Transaction, services: Sequence[Service], entry: Waiting) -> bool:
    """Whether the mailbox of an entry has an appointment for any of these already."""
    ids = [one.id for one in services]
    return await appointment_rows.active_of(tx.session, ids, entry.email, tx.now) is not None
