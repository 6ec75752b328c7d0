"""Conversations without a database: fake effect handlers, and a scripted citizen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from office360.chatbot.dialogue import effects
from office360.chatbot.dialogue.context import DialogueContext
from office360.chatbot.dialogue.dialogue import run_turn
from office360.chatbot.dialogue.effects import run_with_handlers
from office360.chatbot.dialogue.rendering import RenderedReply, ReplyRenderer
from office360.chatbot.dialogue.replies import DialogueTurn
from office360.chatbot.dialogue.state import (
    ConversationState,
    OfferedChoice,
    OwnAppointment,
    state_from_json,
    state_to_json,
)
from office360.chatbot.domain.catalogue import CatalogueOffice, OfficeCatalogue, OpeningPeriod
from office360.chatbot.language.understanding import Understanding, understand_message
from office360.core.i18n.catalogues import Catalogues
from office360.core.ids import normalize_locator
from office360.offices.domain.words import WEEKDAYS
from office360.server.app import FEATURE_FOLDERS
from office360.server.demo.offices import ZONE, demo_city

from .demo_catalogue import demo_catalogue
from .utterances import utterances_moment

FREE_HOURS = (9, 10, 11, 12, 13, 16, 17)  # in each mode; by video 9:30 is free too
HORIZON = timedelta(days=62)
CLOSURES = {
    date(2026, 12, 8): "Inmaculada Concepción",
    date(2026, 12, 25): "Natividad del Señor",
    date(2027, 1, 1): "Año Nuevo",
    date(2027, 1, 6): "Epifanía del Señor",
}
PAGE = "https://example.org/a/token"
BOOKED_ID = "booked-"  # and the index of the booking: the id of an appointment of this conversation
LOCATOR, CONTACT = "7K3M9Q2X", "amina@example.org"
CATALOGUES = Catalogues(FEATURE_FOLDERS)


@dataclass
class FakeEffectHandlers:
    """Answers the dialogue's effects from fixed rules, and records bookings and changes."""

    now: datetime
    taken: set[datetime] = field(default_factory=set)
    only_free: dict[datetime, str] = field(default_factory=dict)  # times that a single office has, by its slug
    booked: list[ConversationState] = field(default_factory=list)
    wait_minutes: int = 20
    are_lines_refused: bool = False
    line_refusal: tuple[str, bool] = ("walk_ins_stopped", False)  # code, and whether it lasts today
    evacuated: str | None = None
    cancelled: list[str] = field(default_factory=list)
    moved: list[datetime] = field(default_factory=list)
    moved_modes: list[str] = field(default_factory=list)  # of moves to another mode
    links_sent: list[str] = field(default_factory=list)
    waitlist: list[tuple[str | None, ...]] = field(default_factory=list)  # service, office, mode, e-mail
    earlier_wanted: int = 0
    nothing_free: bool = False
    released: int = 0

    def catalogue(self) -> OfficeCatalogue:
        """Return the demo offices with their opening hours."""
        weekly_hours = {
            slug: {WEEKDAYS.index(day): _clock_times(texts[0]) for day, texts in document["hours"].items()}
            for slug, document in demo_city().items()
        }
        return OfficeCatalogue(
            tuple(
                self._with_opening_hours(office, weekly_hours[office.slug]) for office in demo_catalogue().offices
            )
        )

    def _with_opening_hours(
        self, office: CatalogueOffice, hours: Mapping[int, tuple[time, time]]
    ) -> CatalogueOffice:
        today = self.now.astimezone(ZONE).date()
        days = [today + timedelta(days=ahead) for ahead in range(HORIZON.days)]
        openings = tuple(
            OpeningPeriod(*(_local_instant(day, at) for at in hours[day.weekday()]))
            for day in days
            if day.weekday() in hours and day not in CLOSURES
        )
        closes_at = next((period.closes for period in openings if period.opens <= self.now < period.closes), None)
        opens_at = next((period.opens for period in openings if period.opens > self.now), None)
        return replace(
            office,
            weekly={weekday: (period,) for weekday, period in hours.items()},
            openings=openings,
            closes_at=closes_at,
            opens_at=None if closes_at else opens_at,
            closures=CLOSURES,
            is_evacuating=office.slug == self.evacuated,
        )

    def all_free_times(self, first: date, last: date, mode: str) -> list[datetime]:
        """List the free times of every office between two days, both included."""
        if self.nothing_free:
            return []
        days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
        clock_times = [time(hour) for hour in FREE_HOURS] + ([time(9, 30)] if mode == "video" else [])
        times = [_local_instant(day, at) for day in days if day.weekday() < 5 for at in clock_times]
        earliest = self.now + timedelta(minutes=30)
        return sorted(starts_at for starts_at in times if starts_at > earliest and starts_at not in self.taken)

    async def find_free_times(self, effect: effects.FindFreeTimes) -> list[datetime]:
        free_times = self.all_free_times(effect.first_day, effect.last_day, effect.mode)
        return [
            starts_at for starts_at in free_times if self.only_free.get(starts_at, effect.office) == effect.office
        ]

    async def find_first_times(self, effect: effects.FindFirstTimes) -> list[effects.FirstFreeTime]:
        today = self.now.astimezone(ZONE).date()
        last_day = today + timedelta(days=9)
        return [
            effects.FirstFreeTime(office.slug, mode, free_times[0])
            for office in self.catalogue().offices
            if (service := office.service(effect.service)) is not None
            for mode in service.modes
            if (free_times := self.all_free_times(today, last_day, mode))
        ]

    async def find_line_waits(self, effect: effects.FindLineWaits) -> list[effects.OfficeLineWait]:
        first_call = self.now + timedelta(minutes=self.wait_minutes)
        call_range = None if self.are_lines_refused else (first_call, first_call + timedelta(minutes=10))
        refused = self.line_refusal if self.are_lines_refused else (None, False)
        return [
            effects.OfficeLineWait(office.slug, line, line, 3, call_range, *refused)
            for office in self.catalogue().offices
            for line in dict.fromkeys(service.line for service in office.services)
        ]

    async def check_detail(self, effect: effects.CheckDetail) -> effects.CheckedDetail:
        if effect.field == "phone" and len(effect.value) < 9:
            return effects.CheckedDetail(None, "phone_too_short")
        return effects.CheckedDetail(effect.value)

    async def hold_slot(self, effect: effects.HoldSlot) -> effects.HoldAnswer:
        if effect.starts_at in self.taken:
            return self._slot_taken(effect.starts_at)
        return effects.SlotHeld(self.now + timedelta(minutes=10))

    async def release_hold(self, _effect: effects.ReleaseHold) -> None:
        self.released += 1

    async def book_from_state(self, effect: effects.BookFromState) -> effects.BookingAnswer:
        state = effect.state
        assert state.starts_at is not None
        if state.starts_at in self.taken:
            return self._slot_taken(state.starts_at)
        if any((booked.service, booked.email) == (state.service, state.email) for booked in self.booked):
            return effects.RequestDenied("duplicate_appointment", reason="You already have one for this service.")
        self.booked.append(state)
        return effects.BookingMade(PAGE, LOCATOR, appointment_id=f"{BOOKED_ID}{len(self.booked) - 1}")

    async def find_appointment(self, effect: effects.FindAppointment) -> effects.LookupAnswer:
        if (normalize_locator(effect.locator), effect.contact) != (LOCATOR, CONTACT):
            return effects.RequestDenied("not_found")
        return effects.AppointmentFound(self.own_appointment(), PAGE, True, True)

    async def load_appointment(self, effect: effects.LoadAppointment) -> effects.LookupAnswer:
        return effects.AppointmentFound(self._appointment_by_id(effect.appointment_id), PAGE, True, True)

    async def cancel_appointment(self, effect: effects.CancelAppointment) -> effects.LookupAnswer:
        self.cancelled.append(effect.appointment_id)
        return effects.AppointmentFound(self._appointment_by_id(effect.appointment_id), PAGE, False)

    async def move_appointment(self, effect: effects.MoveAppointment) -> effects.MoveAnswer:
        if effect.starts_at in self.taken:
            return self._slot_taken(effect.starts_at)
        self.moved.append(effect.starts_at)
        self.moved_modes += [effect.mode] if effect.mode else []
        old = self._appointment_by_id(effect.appointment_id)
        new = replace(old, starts_at=effect.starts_at, mode=effect.mode or old.mode)
        return effects.AppointmentFound(new, PAGE, True, True)

    async def replace_appointment(self, effect: effects.ReplaceAppointment) -> effects.MoveAnswer:
        if effect.starts_at in self.taken:
            return self._slot_taken(effect.starts_at)
        self.cancelled.append(effect.appointment_id)
        new = ConversationState(
            "es",
            service=effect.service,
            mode=effect.mode,
            office=effect.office,
            starts_at=effect.starts_at,
            name="Amina Haddad",
            email=CONTACT,
        )
        self.booked.append(new)
        return effects.AppointmentFound(
            self._appointment_by_id(f"{BOOKED_ID}{len(self.booked) - 1}"), PAGE, True, True
        )

    async def request_earlier_time(self, effect: effects.RequestEarlierTime) -> effects.LookupAnswer:
        self.earlier_wanted += 1
        return effects.AppointmentFound(self._appointment_by_id(effect.appointment_id), PAGE, True, True)

    async def send_lost_links(self, effect: effects.SendLostLinks) -> effects.RequestDenied | None:
        self.links_sent.append(effect.email)
        return None

    async def join_waitlist(self, effect: effects.JoinWaitlist) -> effects.WaitlistAnswer:
        state = effect.state
        self.waitlist.append((state.service, state.office, state.mode, state.email))
        return effects.WaitlistJoined(needs_verification=False)

    def own_appointment(self) -> OwnAppointment:
        """Return the only appointment that can be looked up."""
        return OwnAppointment("id", "centro", "certificate", "video", _local_instant(date(2026, 12, 1), time(10)))

    def _appointment_by_id(self, appointment_id: str) -> OwnAppointment:
        if not appointment_id.startswith(BOOKED_ID):
            return self.own_appointment()
        booked = self.booked[int(appointment_id.removeprefix(BOOKED_ID))]
        assert booked.office
        assert booked.service
        assert booked.mode
        assert booked.starts_at
        return OwnAppointment(
            appointment_id,
            booked.office,
            booked.service,
            booked.mode,
            booked.starts_at,
            booked.booking_needs,
            booked.more,
        )

    def _slot_taken(self, wanted: datetime) -> effects.SlotTaken:
        day = wanted.astimezone(ZONE).date()
        free_times = self.all_free_times(day, day + timedelta(days=4), "in_person")
        nearest = sorted(free_times, key=lambda starts_at: abs(starts_at - wanted))[:3]
        return effects.SlotTaken(tuple(sorted(nearest)))


@dataclass
class ScriptedConversation:
    """A citizen who talks to the dialogue, with fake effects."""

    language: str
    effects: FakeEffectHandlers
    state: ConversationState
    replies: list[RenderedReply] = field(default_factory=list)
    understood: Understanding | None = None  # the last message
    turn: DialogueTurn | None = None  # the last answer, before it is rendered

    async def say(self, text: str) -> list[RenderedReply]:
        """Send a message and return the replies.

        The state passes through JSON, as between two requests.
        """
        now = self.effects.now.astimezone(ZONE)
        context = DialogueContext(self.effects.catalogue(), now, now.date() + HORIZON, "900 000 360")
        asked = None if self.state.asked == "task" or self.state.done else self.state.asked
        understood = understand_message(text, self.state.language, context.catalogue, context.local_day(), asked)
        turn = await run_with_handlers(run_turn(self.state, understood, context), self.effects)
        self.understood, self.turn = understood, turn
        language = turn.state.language
        renderer = ReplyRenderer(language, CATALOGUES.translations(language).gettext, now)
        self.replies = [renderer.render_reply(reply) for reply in turn.replies]
        choices = (choice for reply in self.replies for choice in reply.picks)
        offered = tuple(OfferedChoice(choice.text, choice.value) for choice in choices)
        self.state = state_from_json(state_to_json(replace(turn.state, offered=offered)))
        return self.replies


def start_conversation(language: str) -> ScriptedConversation:
    """Begin a conversation at the moment for which the utterances are written."""
    return ScriptedConversation(
        language, FakeEffectHandlers(utterances_moment(language)), ConversationState(language)
    )


def _clock_times(interval: str) -> tuple[time, time]:
    """Convert an interval such as `09:00-14:00`."""
    opens, closes = interval.split("-")
    return time.fromisoformat(opens), time.fromisoformat(closes)


def _local_instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE)
