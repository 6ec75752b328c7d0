"""A made-up world for conversations: what the dialogue asks is answered from memory, and nothing is awaited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from office360.chatbot.dialogue import effects
from office360.chatbot.dialogue.catalogue import CatalogueOffice, OfficeCatalogue, OpeningPeriod
from office360.chatbot.dialogue.context import DialogueContext
from office360.chatbot.dialogue.dialogue import run_turn
from office360.chatbot.dialogue.rendering import RenderedReply, ReplyRenderer
from office360.chatbot.dialogue.state import (
    ConversationState,
    OfferedChoice,
    OwnAppointment,
    state_from_json,
    state_to_json,
)
from office360.chatbot.language.understanding import understand_message
from office360.core.i18n.catalogues import Catalogues
from office360.server.app import FEATURE_FOLDERS
from office360.server.demo.offices import OFFICES, ZONE

from .scoring import demo_catalogue
from .utterances import utterances_moment

FREE_HOURS = (9, 10, 11, 12, 13, 16, 17)  # free at the whole hours, and at half past nine
LOCATOR, CONTACT = "7K3M9Q2X", "amina@example.org"
CATALOGUES = Catalogues(FEATURE_FOLDERS)


@dataclass
class FakeEffectHandlers:
    """What has happened in the made-up world."""

    now: datetime
    taken: set[datetime] = field(default_factory=set)
    booked: list[ConversationState] = field(default_factory=list)
    wait_minutes: int = 20
    cancelled: list[str] = field(default_factory=list)
    moved: list[datetime] = field(default_factory=list)

    def catalogue(self) -> OfficeCatalogue:
        plain = demo_catalogue()
        plans = {plan.slug: plan for plan in OFFICES}
        return OfficeCatalogue(
            tuple(self._with_opening_hours(place, plans[place.slug].hours) for place in plain.offices)
        )

    def _with_opening_hours(self, place: CatalogueOffice, hours: Any) -> CatalogueOffice:
        today = self.now.astimezone(ZONE).date()
        days = [today + timedelta(days=ahead) for ahead in range(62)]
        openings = tuple(
            OpeningPeriod(_at(day, hours[day.weekday()][0]), _at(day, hours[day.weekday()][1]))
            for day in days
            if day.weekday() in hours
        )
        closes = next((one.closes for one in openings if one.opens <= self.now < one.closes), None)
        opens = next((one.opens for one in openings if one.opens > self.now), None)
        weekly = {day: (span,) for day, span in hours.items()}
        return replace(
            place, weekly=weekly, openings=openings, closes_at=closes, opens_at=None if closes else opens
        )

    def all_free_times(self, first: date, last: date, mode: str) -> list[datetime]:
        days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
        times = [_at(day, time(hour)) for day in days if day.weekday() < 5 for hour in FREE_HOURS]
        times += [_at(day, time(9, 30)) for day in days if day.weekday() < 5 and mode == "video"]
        return sorted(one for one in times if one > self.now + timedelta(minutes=30) and one not in self.taken)

    def find_free_times(self, effect: effects.FindFreeTimes) -> list[datetime]:
        return self.all_free_times(effect.first_day, effect.last_day, effect.mode)

    def find_first_times(self, effect: effects.FindFirstTimes) -> list[effects.FirstFreeTime]:
        today = self.now.astimezone(ZONE).date()
        return [
            effects.FirstFreeTime(place.slug, mode, self.all_free_times(today, today + timedelta(days=9), mode)[0])
            for place in self.catalogue().offices
            if (offer := place.service(effect.service)) is not None
            for mode in offer.modes
        ]

    def find_line_waits(self, effect: effects.FindLineWaits) -> list[effects.OfficeLineWait]:
        first = self.now + timedelta(minutes=self.wait_minutes)
        called = (first, first + timedelta(minutes=10))
        return [
            effects.OfficeLineWait(place.slug, offer.line, offer.line, 3, called)
            for place in self.catalogue().offices
            for offer in {one.line: one for one in place.services}.values()
        ]

    def check_detail(self, effect: effects.CheckDetail) -> effects.CheckedDetail:
        if effect.field == "phone" and len(effect.value) < 9:
            return effects.CheckedDetail(None, "phone_too_short")
        return effects.CheckedDetail(effect.value)

    def hold_slot(self, effect: effects.HoldSlot) -> effects.SlotHeld | effects.SlotTaken:
        if effect.starts_at in self.taken:
            return effects.SlotTaken(tuple(self._nearest_free_times(effect.starts_at)))
        return effects.SlotHeld(self.now + timedelta(minutes=10))

    def cancel_appointment(self, effect: effects.CancelAppointment) -> effects.AppointmentFound:
        self.cancelled.append(effect.appointment_id)
        return effects.AppointmentFound(self.own_appointment(), "https://example.org/a/token", False)

    def move_appointment(self, effect: effects.MoveAppointment) -> effects.AppointmentFound:
        self.moved.append(effect.starts_at)
        return effects.AppointmentFound(self.own_appointment(), "https://example.org/a/token", True)

    def _nearest_free_times(self, moment: datetime) -> Sequence[datetime]:
        day = moment.astimezone(ZONE).date()
        free = self.all_free_times(day, day + timedelta(days=4), "in_person")
        return sorted(sorted(free, key=lambda one: abs(one - moment))[:3])

    def book_from_state(
        self, effect: effects.BookFromState
    ) -> effects.BookingMade | effects.SlotTaken | effects.RequestDenied:
        state = effect.state
        assert state.starts_at is not None
        if state.starts_at in self.taken:
            return effects.SlotTaken(tuple(self._nearest_free_times(state.starts_at)))
        if any(one.service == state.service and one.email == state.email for one in self.booked):
            return effects.RequestDenied("duplicate_appointment", reason="You already have one for this service.")
        self.booked.append(state)
        return effects.BookingMade("https://example.org/a/token", LOCATOR)

    def find_appointment(
        self, effect: effects.FindAppointment
    ) -> effects.AppointmentFound | effects.RequestDenied:
        if (effect.locator, effect.contact) != (LOCATOR, CONTACT):
            return effects.RequestDenied("not_found")
        return effects.AppointmentFound(self.own_appointment(), "https://example.org/a/token", True)

    def own_appointment(self) -> OwnAppointment:
        return OwnAppointment("id", "centro", "certificate", "video", _at(date(2026, 12, 1), time(10)))


@dataclass
class ScriptedConversation:
    """Somebody who talks to the assistant in a made-up world."""

    language: str
    effects: FakeEffectHandlers
    state: ConversationState
    replies: list[RenderedReply] = field(default_factory=list)

    def say(self, text: str) -> list[RenderedReply]:
        """Send a message, and hear the answer. The state goes through JSON, as it does between two messages."""
        moment = self.effects.now.astimezone(ZONE)
        world = DialogueContext(
            self.effects.catalogue(), moment, moment.date() + timedelta(days=62), "900 000 360"
        )
        asked = None if self.state.asked == "task" or self.state.done else self.state.asked
        said = understand_message(text, self.state.language, world.catalogue, world.local_day(), asked)
        talk, answer = run_turn(self.state, said, world), None
        try:
            while True:
                answer = effects.handle_effect(talk.send(answer), self.effects)
        except StopIteration as end:
            turn = end.value
        voice = ReplyRenderer(turn.state.language, CATALOGUES.translations(turn.state.language).gettext, moment)
        self.replies = [voice.render_reply(reply) for reply in turn.replies]
        offered = tuple(
            OfferedChoice(f"{pick.label}, {pick.detail}" if pick.detail else pick.label, pick.value)
            for reply in self.replies
            for pick in reply.picks
        )
        self.state = state_from_json(state_to_json(replace(turn.state, offered=offered)))
        return self.replies


def start_conversation(language: str) -> ScriptedConversation:
    """Somebody at the moment of the files of utterances."""
    return ScriptedConversation(
        language, FakeEffectHandlers(utterances_moment(language)), ConversationState(language)
    )


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE)
