"""Handlers of the dialogue's effects: searches, holds, bookings. No dialogue rules."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec

from pydantic import BaseModel

from ...appointments.service import (
    Appointment,
    AppointmentState,
    BookingRequest,
    EarlierSlotRequest,
    Replacement,
    Requester,
    SlotSearch,
    WaitlistRequest,
    WaitlistState,
    appointment_by_id,
    appointment_token,
    available_slots,
    book_appointment,
    cancel_appointment,
    change_limit,
    current_appointment,
    first_available_slots,
    hash_request_key,
    hold_by_holder,
    hold_slot,
    hold_token,
    is_changeable,
    join_waitlist,
    known_needs,
    look_up_appointment,
    moved_visit_search,
    release_hold,
    replace_appointment,
    request_earlier_slot,
    reschedule_appointment,
    send_lost_links,
)
from ...core.errors import Invalid, NotFound, Office360Error, RateLimited, Refused
from ...core.runtime import Runtime
from ...core.web.validation import Email, PersonName, Phone, parse_model
from ...offices.service import hours, office_by_id, office_by_slug, public_offices
from ...queue.service import line_waits
from ..dialogue.effects import (
    AppointmentFound,
    BookFromState,
    BookingAnswer,
    BookingMade,
    CancelAppointment,
    CheckDetail,
    CheckedDetail,
    DetailField,
    FindAppointment,
    FindFirstTimes,
    FindFreeTimes,
    FindLineWaits,
    FirstFreeTime,
    HoldAnswer,
    HoldSlot,
    JoinWaitlist,
    LoadAppointment,
    LookupAnswer,
    MoveAnswer,
    MoveAppointment,
    OfficeLineWait,
    ReleaseHold,
    ReplaceAppointment,
    RequestDenied,
    RequestEarlierTime,
    SendLostLinks,
    SlotHeld,
    SlotTaken,
    WaitlistAnswer,
    WaitlistJoined,
)
from ..dialogue.state import ConversationState, OwnAppointment

ChangeParams = ParamSpec("ChangeParams")

APPOINTMENT_LINK_PREFIX = "visit:"  # a stored link to an appointment has its id in place of its token


class _NameModel(BaseModel, defer_build=True):
    value: PersonName


class _EmailModel(BaseModel, defer_build=True):
    value: Email


class _PhoneModel(BaseModel, defer_build=True):
    value: Phone


_DETAIL_MODELS: Mapping[DetailField, type[_NameModel] | type[_EmailModel] | type[_PhoneModel]] = {
    "name": _NameModel,
    "email": _EmailModel,
    "phone": _PhoneModel,
}


@dataclass(frozen=True, slots=True)
class RuntimeEffectHandlers:
    """Handlers of the effects of a turn.

    A conversation has at most one hold, and a turn books at most once.

    `requester` counts bookings for their limits; `address` counts guessed locators.
    """

    runtime: Runtime
    conversation_id: str
    turn_number: int
    language: str
    address: str
    requester: Requester
    error_text: Callable[[str, str, Mapping[str, Any]], str]

    @property
    def holder(self) -> str:
        """The key of the conversation's hold."""
        return f"chat:{self.conversation_id}"

    async def find_free_times(self, effect: FindFreeTimes) -> list[datetime]:
        now, days = self.runtime.now(), (effect.last_day - effect.first_day).days + 1
        async with self.runtime.read_session() as session:
            office = await office_by_slug(session, effect.office)
            wanted = (effect.service, *effect.more)
            services = office.services_by_slugs(wanted)
            if len(services) < len(wanted):  # the service of an old appointment, which the office offers no more
                return []
            if effect.moved_appointment_id is None:
                hold = await hold_by_holder(session, self.holder)
                # the citizen's own hold must not make its time look taken
                search = SlotSearch(office, services, effect.mode, excluded_id=hold.id if hold else None)
            else:
                moved = await appointment_by_id(session, effect.moved_appointment_id)
                search = moved_visit_search(office, services[0], effect.mode, moved)
            slots = await available_slots(session, search, now, effect.first_day, days)
        return [slot.starts_at for slot in slots]

    async def find_first_times(self, effect: FindFirstTimes) -> list[FirstFreeTime]:
        async with self.runtime.read_session() as session:
            searches = [
                SlotSearch(office, [service], mode)
                for office in await public_offices(session)
                for service in office.services
                if service.slug == effect.service
                for mode in service.modes
            ]
            slots = await first_available_slots(session, searches, self.runtime.now())
        first_times = [
            FirstFreeTime(search.office.slug, search.mode, slot.starts_at)
            for search, slot in zip(searches, slots, strict=True)
            if slot is not None
        ]
        return sorted(first_times, key=lambda first: first.starts_at)

    async def find_line_waits(self, effect: FindLineWaits) -> list[OfficeLineWait]:
        now = self.runtime.now()
        async with self.runtime.read_session() as session:
            return [
                OfficeLineWait(
                    office.slug,
                    line.slug,
                    line.name,
                    line.waiting,
                    line.eta,
                    line.refusal.code if line.refusal else None,
                    line.refusal is not None and line.refusal.lasts_today,
                )
                for office in await public_offices(session)
                if hours.is_open(office.hours, now)
                for line in await line_waits(session, office, now, self.language)
            ]

    async def check_detail(self, effect: CheckDetail) -> CheckedDetail:
        try:
            return CheckedDetail(parse_model(_DETAIL_MODELS[effect.field], {"value": effect.value}).value)
        except Invalid as invalid:
            return CheckedDetail(None, invalid.fields[0].code)

    async def hold_slot(self, effect: HoldSlot) -> HoldAnswer:
        try:
            hold = await hold_slot(
                self.runtime,
                effect.office,
                effect.service,
                effect.mode,
                effect.starts_at,
                more_services=effect.more,
                holder=self.holder,
                requester=self.requester,
            )
        except RateLimited:  # too many holds: the citizen can still book the time if it stays free
            return None
        except Refused as refusal:
            return _to_slot_taken(refusal)
        return SlotHeld(hold.expires_at)

    async def release_hold(self, _effect: ReleaseHold) -> None:
        await release_hold(self.runtime, self.holder)

    async def book_from_state(self, effect: BookFromState) -> BookingAnswer:
        state = effect.state
        assert state.office
        try:
            appointment = await book_appointment(
                self.runtime,
                state.office,
                _booking_request(state),
                # the number of the turn: a turn that is taken again after a conflict books nothing twice
                request_key=hash_request_key("chat", self.conversation_id, str(self.turn_number)),
                hold_token=await self._current_hold_token(),
                requester=self.requester,
            )
        except (Refused, Invalid, RateLimited) as refusal:
            return self._to_refused_answer(refusal)
        needs_verification = appointment.state == AppointmentState.PRECONFIRMED
        return BookingMade(_stored_link(appointment), appointment.locator, needs_verification, appointment.id)

    async def _current_hold_token(self) -> str | None:
        async with self.runtime.read_session() as session:
            hold = await hold_by_holder(session, self.holder)
        return hold_token(self.runtime, hold) if hold else None

    async def find_appointment(self, effect: FindAppointment) -> LookupAnswer:
        try:
            appointment = await look_up_appointment(self.runtime, effect.locator, effect.contact, self.address)
        except RateLimited as limit:
            return RequestDenied(limit.code, math.ceil(limit.retry_after_s / 60))
        except NotFound as refusal:
            return RequestDenied(refusal.code)
        return await self._to_appointment_found(appointment)

    async def cancel_appointment(self, effect: CancelAppointment) -> MoveAnswer:
        return await self._change_appointment(effect.appointment_id, cancel_appointment)

    async def load_appointment(self, effect: LoadAppointment) -> LookupAnswer:
        try:
            async with self.runtime.read_session() as session:
                appointment = await current_appointment(
                    session, await appointment_by_id(session, effect.appointment_id)
                )
        except NotFound as refusal:
            return RequestDenied(refusal.code)
        return await self._to_appointment_found(appointment)

    async def move_appointment(self, effect: MoveAppointment) -> MoveAnswer:
        return await self._change_appointment(
            effect.appointment_id, reschedule_appointment, effect.starts_at, effect.mode, effect.phone
        )

    async def replace_appointment(self, effect: ReplaceAppointment) -> MoveAnswer:
        wanted = Replacement(effect.office, effect.service, effect.mode, effect.starts_at, effect.phone)
        return await self._change_appointment(effect.appointment_id, replace_appointment, wanted)

    async def request_earlier_time(self, effect: RequestEarlierTime) -> MoveAnswer:
        return await self._change_appointment(effect.appointment_id, request_earlier_slot, EarlierSlotRequest())

    async def send_lost_links(self, effect: SendLostLinks) -> RequestDenied | None:
        try:
            await send_lost_links(self.runtime, effect.email, self.address)
        except RateLimited as limit:
            return RequestDenied(limit.code, math.ceil(limit.retry_after_s / 60))
        return None

    async def join_waitlist(self, effect: JoinWaitlist) -> WaitlistAnswer:
        state = effect.state
        assert state.service
        request = WaitlistRequest(state.service, state.office, state.mode, state.email or "", state.language)
        try:
            entry_state = await join_waitlist(self.runtime, request, self.requester)
        except Office360Error as refusal:
            return self._to_request_denied(refusal)
        return WaitlistJoined(needs_verification=entry_state is WaitlistState.UNVERIFIED)

    async def _change_appointment(
        self,
        appointment_id: str,
        change: Callable[Concatenate[Runtime, str, ChangeParams], Awaitable[Appointment]],
        *details: ChangeParams.args,
        **named: ChangeParams.kwargs,
    ) -> MoveAnswer:
        """Change the appointment by an action that takes its token."""
        async with self.runtime.read_session() as session:
            appointment = await appointment_by_id(session, appointment_id)
        token = appointment_token(self.runtime, appointment)
        try:
            changed = await change(self.runtime, token, *details, **named)
        except Office360Error as refusal:
            return self._to_refused_answer(refusal)
        return await self._to_appointment_found(changed)

    async def _to_appointment_found(self, appointment: Appointment) -> AppointmentFound:
        async with self.runtime.read_session() as session:
            office = await office_by_id(session, appointment.office_id)
        own = OwnAppointment(
            appointment.id,
            appointment.office_slug,
            appointment.service_slug,
            appointment.mode,
            appointment.starts_at,
            known_needs(appointment.needs),
            appointment.service_slugs[1:],
        )
        limit = change_limit(office, appointment)
        is_open = is_changeable(appointment, limit, self.runtime.now())
        can_be_changed = is_open and appointment.state is AppointmentState.CONFIRMED
        can_be_cancelled = can_be_changed or (is_open and appointment.state is AppointmentState.PRECONFIRMED)
        return AppointmentFound(own, _stored_link(appointment), can_be_changed, can_be_cancelled)

    def _to_refused_answer(self, refusal: Office360Error) -> SlotTaken | RequestDenied:
        return _to_slot_taken(refusal) if refusal.code == "slot_taken" else self._to_request_denied(refusal)

    def _to_request_denied(self, refusal: Office360Error) -> RequestDenied:
        return RequestDenied(refusal.code, reason=self.error_text(self.language, refusal.code, refusal.details))


def _booking_request(state: ConversationState) -> BookingRequest:
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
        needs=state.needs,
        more_services=state.more,
    )


def _stored_link(appointment: Appointment) -> str:
    """Return the link without its token, because a stored conversation must hold none."""
    return f"{APPOINTMENT_LINK_PREFIX}{appointment.id}"


def _to_slot_taken(refusal: Office360Error) -> SlotTaken:
    nearest: Sequence[str] = refusal.details.get("nearest", ())
    too_late = bool(refusal.details.get("too_late"))
    return SlotTaken(tuple(datetime.fromisoformat(starts_at) for starts_at in nearest), too_late)
