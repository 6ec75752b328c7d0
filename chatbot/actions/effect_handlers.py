"""Does what the dialogue asks of the world: reads agendas and waits, keeps places, books, cancels, moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from ...appointments.service import (
    Appointment,
    AppointmentState,
    Asker,
    BookingRequest,
    Sought,
    appointment_by_id,
    book,
    cancel,
    change_limit,
    find,
    first_free_each,
    free_times,
    hold,
    hold_of,
    hold_token,
    is_changeable,
    request_key_of,
    reschedule,
    token_of,
)
from ...core.errors import Invalid, NotFound, Office360Error, RateLimited, Refused
from ...core.runtime import Runtime
from ...core.web.validation import Email, PersonName, Phone, parse
from ...offices.service import Office, all_offices, hours, office_by_id, office_by_slug
from ...queue.service import waits
from ..dialogue.effects import (
    Book,
    Booked,
    Cancel,
    Check,
    Checked,
    Denied,
    Find,
    First,
    FirstTimes,
    Found,
    FreeTimes,
    Keep,
    Kept,
    Move,
    Taken,
    Wait,
    Waits,
)
from ..dialogue.state import State, Visit

VISIT = "visit:"  # how a link to an appointment is kept, by its id


class _Name(BaseModel):
    value: PersonName


class _Email(BaseModel):
    value: Email


class _Phone(BaseModel):
    value: Phone


_FIELDS: dict[str, type[_Name] | type[_Email] | type[_Phone]] = {"name": _Name, "email": _Email, "phone": _Phone}


@dataclass(frozen=True, slots=True)
class Errands:
    """What `turns.Errands` says. For whom: their conversation, which keeps at most one place; its turn, which
    books at most once.

    `asker`: what the limits of a booking count by. `address`: by which guesses are counted.
    """

    runtime: Runtime
    conversation: str
    turn: int
    language: str
    address: str
    asker: Asker
    explain: Callable[[str, str], str]

    @property
    def holder(self) -> str:
        """Under which name a place is kept."""
        return f"chat:{self.conversation}"

    async def free_times(self, need: FreeTimes) -> list[datetime]:
        now, days = self.runtime.now(), (need.last - need.first).days + 1
        async with self.runtime.reading() as session:
            office = await office_by_slug(session, need.office)
            service = next((one for one in office.services if one.slug == need.service), None)
            without = need.without
            if service is None:  # that of an old appointment: nothing can be booked of it
                return []
            kept = await hold_of(session, self.holder) if without is None else None
            found = await free_times(
                session, office, service, need.mode, now, need.first, days, without=kept.id if kept else without
            )
        return [slot.starts_at for slot in found]

    async def first_times(self, need: FirstTimes) -> list[First]:
        now = self.runtime.now()
        async with self.runtime.reading() as session:
            sought = [
                Sought(office, [service], mode)
                for office in await all_offices(session)
                for service in office.services
                if service.slug == need.service
                for mode in service.modes
            ]
            firsts = await first_free_each(session, sought, now)
        found = [
            First(one.office.slug, one.mode, slot.starts_at)
            for one, slot in zip(sought, firsts, strict=True)
            if slot is not None
        ]
        return sorted(found, key=lambda one: one.starts_at)

    async def waits(self, need: Waits) -> list[Wait]:
        now = self.runtime.now()
        async with self.runtime.reading() as session:
            return [
                Wait(office.slug, one.slug, one.name, one.waiting, one.eta)
                for office in await all_offices(session)
                if hours.is_open(office.hours, now)
                for one in await waits(session, office, now, self.language)
            ]

    async def keep(self, need: Keep) -> Kept | Taken | None:
        """None where no place is kept for whoever has too many: the time is offered all the same."""
        try:
            kept = await hold(
                self.runtime,
                need.office,
                need.service,
                need.mode,
                need.starts_at,
                holder=self.holder,
                asker=self.asker,
            )
        except RateLimited:
            return None
        except Refused as refusal:
            return _taken(refusal)
        return Kept(kept.expires_at)

    async def check(self, need: Check) -> Checked:
        try:
            return Checked(parse(_FIELDS[need.field], {"value": need.value}).value)
        except Invalid as invalid:
            return Checked(None, invalid.fields[0].code)

    async def book(self, need: Book) -> Booked | Taken | Denied:
        state = need.state
        assert state.office
        key = request_key_of("chat", self.conversation, str(self.turn))
        try:
            token = await self._token_of_hold()
            made = await book(
                self.runtime, state.office, self._request(state), request_key=key, hold=token, asker=self.asker
            )
        except (Refused, Invalid, RateLimited) as refusal:
            return _taken(refusal) if refusal.code == "slot_taken" else self._denied(refusal)
        verify = made.state == AppointmentState.PRECONFIRMED
        return Booked(self._page(made), made.locator, verify)

    def _denied(self, refusal: Office360Error) -> Denied:
        return Denied(refusal.code, reason=self.explain(self.language, refusal.code))

    async def _token_of_hold(self) -> str | None:
        async with self.runtime.reading() as session:
            kept = await hold_of(session, self.holder)
        return hold_token(self.runtime, kept) if kept else None

    def _request(self, state: State) -> BookingRequest:
        assert state.service
        assert state.mode
        assert state.starts_at
        return BookingRequest(
            service=state.service,
            mode=state.mode,
            starts_at=state.starts_at,
            name=state.name or "",
            email=state.email or "",
            phone=state.phone,
            language=state.language,
        )

    async def find(self, need: Find) -> Found | Denied:
        try:
            found = await find(self.runtime, need.locator, need.contact, self.address)
        except RateLimited as limit:
            return Denied(limit.code, -(-limit.retry_after_s // 60))
        except NotFound as refusal:
            return Denied(refusal.code)
        return await self._found(found)

    async def cancel(self, need: Cancel) -> Found | Denied:
        async with self.runtime.reading() as session:
            mine = await appointment_by_id(session, need.visit)
        try:
            gone = await cancel(self.runtime, token_of(self.runtime, mine))
        except Office360Error as refusal:
            return self._denied(refusal)
        return await self._found(gone)

    async def move(self, need: Move) -> Found | Taken | Denied:
        async with self.runtime.reading() as session:
            mine = await appointment_by_id(session, need.visit)
        try:
            moved = await reschedule(self.runtime, token_of(self.runtime, mine), need.starts_at)
        except Office360Error as refusal:
            return _taken(refusal) if refusal.code == "slot_taken" else self._denied(refusal)
        return await self._found(moved)

    async def _found(self, mine: Appointment) -> Found:
        async with self.runtime.reading() as session:
            office = await office_by_id(session, mine.office_id)
        visit = Visit(mine.id, mine.office_slug, mine.service_slug, mine.mode, mine.starts_at)
        return Found(visit, self._page(mine), self._is_open(mine, office))

    def _is_open(self, mine: Appointment, office: Office) -> bool:
        limit = change_limit(office, mine)
        is_coming = mine.state == AppointmentState.CONFIRMED
        return is_coming and is_changeable(mine, limit, self.runtime.now())

    def _page(self, mine: Appointment) -> str:
        """Its page without the token: what is kept of a conversation holds none."""
        return f"{VISIT}{mine.id}"


def _taken(refusal: Office360Error) -> Taken:
    nearest: Sequence[str] = refusal.details.get("nearest", ())
    return Taken(tuple(datetime.fromisoformat(one) for one in nearest))
