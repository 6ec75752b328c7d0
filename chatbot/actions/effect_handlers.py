"""Does what the dialogue asks of the world: reads agendas and waits, keeps places, books, cancels, moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from ...appointments.service import (
    Appointment,
    AppointmentState,
    BookingRequest,
    Requester,
    SlotSearch,
    appointment_by_id,
    appointment_token,
    available_slots,
    book_appointment,
    cancel_appointment,
    change_limit,
    first_available_slots,
    hash_request_key,
    hold_by_holder,
    hold_slot,
    hold_token,
    is_changeable,
    look_up_appointment,
    reschedule_appointment,
)
from ...core.errors import Invalid, NotFound, Office360Error, RateLimited, Refused
from ...core.runtime import Runtime
from ...core.web.validation import Email, PersonName, Phone, parse_model
from ...offices.service import Office, all_offices, hours, office_by_id, office_by_slug
from ...queue.service import line_waits
from ..dialogue.effects import (
    AppointmentFound,
    BookFromState,
    BookingMade,
    CancelAppointment,
    CheckDetail,
    CheckedDetail,
    FindAppointment,
    FindFirstTimes,
    FindFreeTimes,
    FindLineWaits,
    FirstFreeTime,
    HoldSlot,
    MoveAppointment,
    OfficeLineWait,
    RequestDenied,
    SlotHeld,
    SlotTaken,
)
from ..dialogue.state import ConversationState, OwnAppointment

APPOINTMENT_LINK_PREFIX = "visit:"  # how a link to an appointment is kept, by its id


class _NameModel(BaseModel):
    value: PersonName


class _EmailModel(BaseModel):
    value: Email


class _PhoneModel(BaseModel):
    value: Phone


_DETAIL_MODELS: dict[str, type[_NameModel] | type[_EmailModel] | type[_PhoneModel]] = {
    "name": _NameModel,
    "email": _EmailModel,
    "phone": _PhoneModel,
}


@dataclass(frozen=True, slots=True)
class RuntimeEffectHandlers:
    """What `turns.Errands` says. For whom: their conversation, which keeps at most one place; its turn, which
    books at most once.

    `asker`: what the limits of a booking count by. `address`: by which guesses are counted.
    """

    runtime: Runtime
    conversation_id: str
    turn_number: int
    language: str
    address: str
    requester: Requester
    error_text: Callable[[str, str], str]

    @property
    def holder(self) -> str:
        """Under which name a place is kept."""
        return f"chat:{self.conversation_id}"

    async def find_free_times(self, effect: FindFreeTimes) -> list[datetime]:
        now, days = self.runtime.now(), (effect.last_day - effect.first_day).days + 1
        async with self.runtime.read_session() as session:
            office = await office_by_slug(session, effect.office)
            service = next((one for one in office.services if one.slug == effect.service), None)
            without = effect.moved_appointment_id
            if service is None:  # that of an old appointment: nothing can be booked of it
                return []
            kept = await hold_by_holder(session, self.holder) if without is None else None
            found = await available_slots(
                session,
                SlotSearch(office, [service], effect.mode, excluded_id=kept.id if kept else without),
                now,
                effect.first_day,
                days,
            )
        return [slot.starts_at for slot in found]

    async def find_first_times(self, effect: FindFirstTimes) -> list[FirstFreeTime]:
        now = self.runtime.now()
        async with self.runtime.read_session() as session:
            sought = [
                SlotSearch(office, [service], mode)
                for office in await all_offices(session)
                for service in office.services
                if service.slug == effect.service
                for mode in service.modes
            ]
            firsts = await first_available_slots(session, sought, now)
        found = [
            FirstFreeTime(one.office.slug, one.mode, slot.starts_at)
            for one, slot in zip(sought, firsts, strict=True)
            if slot is not None
        ]
        return sorted(found, key=lambda one: one.starts_at)

    async def find_line_waits(self, effect: FindLineWaits) -> list[OfficeLineWait]:
        now = self.runtime.now()
        async with self.runtime.read_session() as session:
            return [
                OfficeLineWait(office.slug, one.slug, one.name, one.waiting, one.eta)
                for office in await all_offices(session)
                if hours.is_open(office.hours, now)
                for one in await line_waits(session, office, now, self.language)
            ]

    async def hold_slot(self, effect: HoldSlot) -> SlotHeld | SlotTaken | None:
        """None where no place is kept for whoever has too many: the time is offered all the same."""
        try:
            kept = await hold_slot(
                self.runtime,
                effect.office,
                effect.service,
                effect.mode,
                effect.starts_at,
                holder=self.holder,
                requester=self.requester,
            )
        except RateLimited:
            return None
        except Refused as refusal:
            return _to_slot_taken(refusal)
        return SlotHeld(kept.expires_at)

    async def check_detail(self, effect: CheckDetail) -> CheckedDetail:
        try:
            return CheckedDetail(parse_model(_DETAIL_MODELS[effect.field], {"value": effect.value}).value)
        except Invalid as invalid:
            return CheckedDetail(None, invalid.fields[0].code)

    async def book_from_state(self, effect: BookFromState) -> BookingMade | SlotTaken | RequestDenied:
        state = effect.state
        assert state.office
        key = hash_request_key("chat", self.conversation_id, str(self.turn_number))
        try:
            token = await self._current_hold_token()
            made = await book_appointment(
                self.runtime,
                state.office,
                self._booking_request(state),
                request_key=key,
                hold_token=token,
                requester=self.requester,
            )
        except (Refused, Invalid, RateLimited) as refusal:
            return _to_slot_taken(refusal) if refusal.code == "slot_taken" else self._to_request_denied(refusal)
        verify = made.state == AppointmentState.PRECONFIRMED
        return BookingMade(self._stored_link(made), made.locator, verify)

    def _to_request_denied(self, refusal: Office360Error) -> RequestDenied:
        return RequestDenied(refusal.code, reason=self.error_text(self.language, refusal.code))

    async def _current_hold_token(self) -> str | None:
        async with self.runtime.read_session() as session:
            kept = await hold_by_holder(session, self.holder)
        return hold_token(self.runtime, kept) if kept else None

    def _booking_request(self, state: ConversationState) -> BookingRequest:
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

    async def find_appointment(self, effect: FindAppointment) -> AppointmentFound | RequestDenied:
        try:
            found = await look_up_appointment(self.runtime, effect.locator, effect.contact, self.address)
        except RateLimited as limit:
            return RequestDenied(limit.code, -(-limit.retry_after_s // 60))
        except NotFound as refusal:
            return RequestDenied(refusal.code)
        return await self._to_appointment_found(found)

    async def cancel_appointment(self, effect: CancelAppointment) -> AppointmentFound | RequestDenied:
        async with self.runtime.read_session() as session:
            mine = await appointment_by_id(session, effect.appointment_id)
        try:
            gone = await cancel_appointment(self.runtime, appointment_token(self.runtime, mine))
        except Office360Error as refusal:
            return self._to_request_denied(refusal)
        return await self._to_appointment_found(gone)

    async def move_appointment(self, effect: MoveAppointment) -> AppointmentFound | SlotTaken | RequestDenied:
        async with self.runtime.read_session() as session:
            mine = await appointment_by_id(session, effect.appointment_id)
        try:
            moved = await reschedule_appointment(
                self.runtime, appointment_token(self.runtime, mine), effect.starts_at
            )
        except Office360Error as refusal:
            return _to_slot_taken(refusal) if refusal.code == "slot_taken" else self._to_request_denied(refusal)
        return await self._to_appointment_found(moved)

    async def _to_appointment_found(self, mine: Appointment) -> AppointmentFound:
        async with self.runtime.read_session() as session:
            office = await office_by_id(session, mine.office_id)
        visit = OwnAppointment(mine.id, mine.office_slug, mine.service_slug, mine.mode, mine.starts_at)
        return AppointmentFound(visit, self._stored_link(mine), self._can_be_changed(mine, office))

    def _can_be_changed(self, mine: Appointment, office: Office) -> bool:
        limit = change_limit(office, mine)
        is_coming = mine.state == AppointmentState.CONFIRMED
        return is_coming and is_changeable(mine, limit, self.runtime.now())

    def _stored_link(self, mine: Appointment) -> str:
        """Its page without the token: what is kept of a conversation holds none."""
        return f"{APPOINTMENT_LINK_PREFIX}{mine.id}"


def _to_slot_taken(refusal: Office360Error) -> SlotTaken:
    nearest: Sequence[str] = refusal.details.get("nearest", ())
    return SlotTaken(tuple(datetime.fromisoformat(one) for one in nearest))
