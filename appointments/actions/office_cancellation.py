"""The office cancels: an agent is ill, the office closes. Everybody is told why, and has a place kept for them.

The times that were taken back are closed until they are over: nobody is to book what was just cancelled. That of
one appointment rests from the public; a span is closed to staff, too, as a day without an opening is. Many
appointments are cancelled in several transactions; whoever asks again goes on where it ended.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, Role, require
from ...core.errors import FieldError, Invalid, NotFound, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, Service, hours, office_by_id, office_by_slug
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.appointment import Appointment, AppointmentState, Mode, check_changeable
from ..domain.closed_period import ClosedSpan
from ..domain.hold import Purpose
from ..domain.offer import GRACE, KEPT_FOR_THE_CANCELLED, NEAREST, OfferState, Taker, kept_until, share_out
from ..domain.slots import Slot, nearest
from ..notify import offer_messages
from ..queries.availability import also_given, free_times, interpreter_notice, more_of, rules_of
from ..queries.lookup import appointment_by_id
from ..queries.visit_services import services_of
from ..storage import agenda_rows, appointment_rows, offer_rows
from . import freed_slots
from .cancel_and_reschedule import end
from .hold_slot import hold_token

logger = logging.getLogger(__name__)

AT_ONCE = 20  # appointments of one transaction: others who book at this office wait for a second at most
AROUND_DAYS = 7  # a kept place is looked for this long before the lost one, too
OFFICE = "office"  # who holds the places that were taken back
WITHDRAWN = AppointmentState.CANCELLED_OFFICE


@dataclass(frozen=True, slots=True)
class Span:
    """Which appointments of an office are meant: a local date, from and until a clock time, a service, a mode."""

    day: date
    start: time | None = None
    end: time | None = None
    service: str | None = None
    mode: Mode | None = None

    def bounds(self, office: Office) -> tuple[datetime, datetime]:
        """From (included) until (excluded), in UTC."""
        first, last = hours.day_bounds(office.hours, self.day)
        zone = office.timezone
        start = datetime.combine(self.day, self.start, zone) if self.start else first
        end = datetime.combine(self.day, self.end, zone) if self.end else last
        return start, end


async def cancel_by_office(
    runtime: Runtime, principal: Principal | None, appointment_id: str, reason: str
) -> Appointment:
    """Cancel one. Once cancelled it stays so, and asking again is no fault.

    Raises NotAllowed, NotFound, Refused("illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        found = await appointment_by_id(tx.session, appointment_id)
        require(principal, Role.HOST, found.office_slug)
        office = await office_by_id(tx.session, found.office_id)
        await appointment_rows.hold_agenda(tx.session, office)
        found = await appointment_by_id(tx.session, appointment_id)
        if found.state is not WITHDRAWN:
            check_changeable(found, WITHDRAWN, tx.now)
            await _withdraw(tx, office, [found], reason)
        return await appointment_by_id(tx.session, appointment_id)


async def cancel_span(
    runtime: Runtime, principal: Principal | None, office_slug: str, span: Span, reason: str
) -> list[Appointment]:
    """Cancel all that are still to come in a span, and close it. What was cancelled, by time.

    Raises NotAllowed, NotFound, Invalid.
    """
    require(principal, Role.HOST, office_slug)
    cancelled: list[Appointment] = []
    while True:
        async with runtime.transaction() as tx:
            office = await office_by_slug(tx.session, office_slug)
            await appointment_rows.hold_agenda(tx.session, office)
            if not cancelled:
                await _close(tx, office, span)
            found = (await _meant(tx.session, office, span, tx.now))[:AT_ONCE]
            cancelled += await _withdraw(tx, office, found, reason)
        if len(found) < AT_ONCE:
            logger.info("span_cancelled", extra={"office": office_slug, "appointments": len(cancelled)})
            return cancelled


async def to_cancel(session: AsyncSession, office: Office, span: Span, now: datetime) -> list[Appointment]:
    """Whom `cancel_span` would tell, by time."""
    return await _meant(session, office, span, now)


async def _meant(session: AsyncSession, office: Office, span: Span, now: datetime) -> list[Appointment]:
    start, end = span.bounds(office)
    found = await appointment_rows.of_day(session, office.id, max(start, now), end, span.mode, unconfirmed=True)
    return [
        one
        for one in found
        if (span.service is None or _is_done_in(one, office, span.service))
        and one.state in (AppointmentState.CONFIRMED, AppointmentState.PRECONFIRMED)
    ]


def _is_done_in(visit: Appointment, office: Office, slug: str) -> bool:
    return any(one.slug == slug for one in services_of(office, visit))


async def _withdraw(
    tx: Transaction, office: Office, found: Sequence[Appointment], reason: str
) -> list[Appointment]:
    """Cancel these, close their times, keep the nearest place left for each. The caller holds the agenda."""
    gone = [
        dataclasses.replace(one, state=WITHDRAWN, revision=one.revision + 1, cancel_reason=reason) for one in found
    ]
    for before, after in zip(found, gone, strict=True):
        await end(tx, before, after, cancel_reason=reason)
        await _close_time(tx, office, after)
    shown = [one for one in gone if one.kept_until is None]
    for one in (one for one in gone if one.kept_until is not None):  # nobody has shown that they read this mailbox
        await offer_messages.withdrawn(tx, office, one, [], None)
    kinds = {one.id: (one.service_ids, one.mode, interpreter_notice(office, one)) for one in shown}
    for kind in sorted(set(kinds.values())):
        same = [one for one in shown if kinds[one.id] == kind]
        await _keep_places(tx, office, services_of(office, same[0])[0], same[0].mode, same)
    return gone


async def _keep_places(
    tx: Transaction, office: Office, service: Service, mode: Mode, gone: Sequence[Appointment]
) -> None:
    free, apart = await _around(tx, office, service, gone[0])
    lost = {one.starts_at for one in gone}  # another desk at the same time would read like a mistake
    free = [slot for slot in free if slot.starts_at not in lost]
    shared = share_out([one.starts_at for one in gone], free, apart)
    for one, slot in zip(gone, shared, strict=True):
        kept = await _keep_for(tx, office, service, one, slot) if slot is not None else None
        others = [
            other for other in nearest(free, one.starts_at) if slot is None or other.starts_at != slot.starts_at
        ]
        times = [found.starts_at for found in ([slot] if slot else []) + others][:NEAREST]
        await offer_messages.withdrawn(tx, office, one, times, kept)
        logger.info("appointment_withdrawn", extra={"appointment": one.id})


async def _around(
    tx: Transaction, office: Office, service: Service, gone: Appointment
) -> tuple[list[Slot], timedelta]:
    """Where there is room instead, and how far two visits stand apart. Nothing where the rules make no sense."""
    first = hours.local_day(office.hours, gone.starts_at) - timedelta(days=AROUND_DAYS)
    days, more = HORIZON_DAYS + AROUND_DAYS, also_given(office, gone)
    # Whoever comes with them can be asked also when they answer at last.
    notice = KEPT_FOR_THE_CANCELLED + asked if (asked := interpreter_notice(office, gone)) else timedelta()
    try:
        rules = rules_of(office, service)
        free = await free_times(
            tx.session, office, service, gone.mode, tx.now, first, days, more=more, notice=notice
        )
    except Unavailable:
        return [], timedelta()
    return free, rules.buffer_before + rules.buffer_after


async def _keep_for(tx: Transaction, office: Office, service: Service, one: Appointment, slot: Slot) -> datetime:
    """Until when it is kept."""
    until = kept_until(tx.now, slot.starts_at, rules_of(office, service).lead)
    place = dataclasses.replace(
        freed_slots.new_place(office, service, one.mode, slot, tx.now),
        expires_at=until + GRACE,
        more_services=more_of(also_given(office, one)),
    )
    token = hash_token(hold_token(tx.runtime, place))
    await appointment_rows.insert_hold(tx.session, place, token, appointment_rows.email_key(one.email), tx.now)
    offer = freed_slots.new_offer(tx, place, Taker.CANCELLED, one.id, until)
    await offer_rows.insert_offer(tx.session, offer, f"visit:{one.id}")
    await tx.schedule(freed_slots.PLACE_TIMER, subject=place.id, due_at=until)
    return until


# What was taken back is not given to others


async def _close(tx: Transaction, office: Office, span: Span) -> None:
    """Nobody is given what of a span nobody has, not on a date that is released later either."""
    start, end = span.bounds(office)
    service_id = _service_of(office, span.service).id if span.service else None
    closed = ClosedSpan(new_id(), office.id, start.astimezone(UTC), end.astimezone(UTC), service_id, span.mode)
    await _let_go(tx, closed)
    await agenda_rows.close_span(tx.session, closed, tx.now)


def _service_of(office: Office, slug: str) -> Service:
    """Raises Invalid."""
    try:
        return office.service(slug)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None


async def _let_go(tx: Transaction, span: ClosedSpan) -> None:
    """What a form, an offer or a rest keeps would be given after all: from now on it is as free as the others."""
    for place in await appointment_rows.holds_within(
        tx.session, span.office_id, span.starts_at, span.ends_at, without=OFFICE
    ):
        if span.means(place.service_ids, place.mode):
            offer = await offer_rows.open_offer_of_place(tx.session, place.id)
            if offer is not None:
                await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)
            await appointment_rows.delete_hold(tx.session, place.id)


async def _close_time(tx: Transaction, office: Office, gone: Appointment) -> None:
    service = services_of(office, gone)[0]
    slot = Slot(gone.starts_at, gone.ends_at, 1)
    place = dataclasses.replace(
        freed_slots.new_place(office, service, gone.mode, slot, tx.now),
        purpose=Purpose.REST,
        expires_at=slot.ends_at,
        more_services=gone.more_services,
    )
    await appointment_rows.insert_hold(
        tx.session, place, hash_token(hold_token(tx.runtime, place)), OFFICE, tx.now
    )
