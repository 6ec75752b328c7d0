"""A made-up world for conversations: what the dialogue asks is answered from memory, and nothing is awaited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from office360.chatbot.dialogue import effects
from office360.chatbot.dialogue.catalogue import Catalogue, Opening, Place
from office360.chatbot.dialogue.context import World
from office360.chatbot.dialogue.dialogue import hear
from office360.chatbot.dialogue.rendering import Spoken, Voice
from office360.chatbot.dialogue.state import Offered, State, Visit, from_json, to_json
from office360.chatbot.language.understanding import understand
from office360.core.i18n.catalogues import Catalogues
from office360.server.app import FOLDERS
from office360.server.demo.offices import OFFICES, ZONE

from .scoring import demo_catalogue
from .utterances import now

HOURS = (9, 10, 11, 12, 13, 16, 17)  # free at the whole hours, and at half past nine
LOCATOR, CONTACT = "7K3M9Q2X", "amina@example.org"
CATALOGUES = Catalogues(FOLDERS)


@dataclass
class Bench:
    """What has happened in the made-up world."""

    now: datetime
    taken: set[datetime] = field(default_factory=set)
    booked: list[State] = field(default_factory=list)
    wait_minutes: int = 20
    cancelled: list[str] = field(default_factory=list)
    moved: list[datetime] = field(default_factory=list)

    def catalogue(self) -> Catalogue:
        plain = demo_catalogue()
        plans = {plan.slug: plan for plan in OFFICES}
        return Catalogue(tuple(self._open(place, plans[place.slug].hours) for place in plain.places))

    def _open(self, place: Place, hours: Any) -> Place:
        today = self.now.astimezone(ZONE).date()
        days = [today + timedelta(days=ahead) for ahead in range(62)]
        openings = tuple(
            Opening(_at(day, hours[day.weekday()][0]), _at(day, hours[day.weekday()][1]))
            for day in days
            if day.weekday() in hours
        )
        closes = next((one.closes for one in openings if one.opens <= self.now < one.closes), None)
        opens = next((one.opens for one in openings if one.opens > self.now), None)
        weekly = {day: (span,) for day, span in hours.items()}
        return replace(
            place, weekly=weekly, openings=openings, closes_at=closes, opens_at=None if closes else opens
        )

    def free(self, first: date, last: date, mode: str) -> list[datetime]:
        days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
        times = [_at(day, time(hour)) for day in days if day.weekday() < 5 for hour in HOURS]
        times += [_at(day, time(9, 30)) for day in days if day.weekday() < 5 and mode == "video"]
        return sorted(one for one in times if one > self.now + timedelta(minutes=30) and one not in self.taken)

    def free_times(self, need: effects.FreeTimes) -> list[datetime]:
        return self.free(need.first, need.last, need.mode)

    def first_times(self, need: effects.FirstTimes) -> list[effects.First]:
        today = self.now.astimezone(ZONE).date()
        return [
            effects.First(place.slug, mode, self.free(today, today + timedelta(days=9), mode)[0])
            for place in self.catalogue().places
            if (offer := place.offer(need.service)) is not None
            for mode in offer.modes
        ]

    def waits(self, need: effects.Waits) -> list[effects.Wait]:
        first = self.now + timedelta(minutes=self.wait_minutes)
        called = (first, first + timedelta(minutes=10))
        return [
            effects.Wait(place.slug, offer.line, offer.line, 3, called)
            for place in self.catalogue().places
            for offer in {one.line: one for one in place.offers}.values()
        ]

    def check(self, need: effects.Check) -> effects.Checked:
        if need.field == "phone" and len(need.value) < 9:
            return effects.Checked(None, "phone_too_short")
        return effects.Checked(need.value)

    def keep(self, need: effects.Keep) -> effects.Kept | effects.Taken:
        if need.starts_at in self.taken:
            return effects.Taken(tuple(self._near(need.starts_at)))
        return effects.Kept(self.now + timedelta(minutes=10))

    def cancel(self, need: effects.Cancel) -> effects.Found:
        self.cancelled.append(need.visit)
        return effects.Found(self.visit(), "https://example.org/a/token", False)

    def move(self, need: effects.Move) -> effects.Found:
        self.moved.append(need.starts_at)
        return effects.Found(self.visit(), "https://example.org/a/token", True)

    def _near(self, moment: datetime) -> Sequence[datetime]:
        day = moment.astimezone(ZONE).date()
        free = self.free(day, day + timedelta(days=4), "in_person")
        return sorted(sorted(free, key=lambda one: abs(one - moment))[:3])

    def book(self, need: effects.Book) -> effects.Booked | effects.Taken | effects.Denied:
        state = need.state
        assert state.starts_at is not None
        if state.starts_at in self.taken:
            return effects.Taken(tuple(self._near(state.starts_at)))
        if any(one.service == state.service and one.email == state.email for one in self.booked):
            return effects.Denied("duplicate_appointment", reason="You already have one for this service.")
        self.booked.append(state)
        return effects.Booked("https://example.org/a/token", LOCATOR)

    def find(self, need: effects.Find) -> effects.Found | effects.Denied:
        if (need.locator, need.contact) != (LOCATOR, CONTACT):
            return effects.Denied("not_found")
        return effects.Found(self.visit(), "https://example.org/a/token", True)

    def visit(self) -> Visit:
        return Visit("id", "centro", "certificate", "video", _at(date(2026, 12, 1), time(10)))


@dataclass
class Conversation:
    """Somebody who talks to the assistant in a made-up world."""

    language: str
    bench: Bench
    state: State
    heard: list[Spoken] = field(default_factory=list)

    def say(self, text: str) -> list[Spoken]:
        """Send a message, and hear the answer. The state goes through JSON, as it does between two messages."""
        moment = self.bench.now.astimezone(ZONE)
        world = World(self.bench.catalogue(), moment, moment.date() + timedelta(days=62), "900 000 360")
        asked = None if self.state.asked == "task" or self.state.done else self.state.asked
        said = understand(text, self.state.language, world.catalogue, world.local_day(), asked)
        talk, answer = hear(self.state, said, world), None
        try:
            while True:
                answer = effects.done(talk.send(answer), self.bench)
        except StopIteration as end:
            turn = end.value
        voice = Voice(turn.state.language, CATALOGUES.translations(turn.state.language).gettext, moment)
        self.heard = [voice.reply(reply) for reply in turn.replies]
        offered = tuple(
            Offered(f"{pick.label}, {pick.detail}" if pick.detail else pick.label, pick.value)
            for reply in self.heard
            for pick in reply.picks
        )
        self.state = from_json(to_json(replace(turn.state, offered=offered)))
        return self.heard


def conversation(language: str) -> Conversation:
    """Somebody at the moment of the files of utterances."""
    return Conversation(language, Bench(now(language)), State(language))


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE)
