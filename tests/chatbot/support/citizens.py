"""Citizens who talk to the assistant until they reach a goal or give up.

A citizen answers the question that was asked, in their own words, and presses a button only when they have no more
words. They confirm every summary: a wrong summary becomes a wrong booking.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from office360.chatbot.dialogue.state import ConversationState, OfferedChoice
from office360.server.demo.offices import ZONE

from .fake_effects import FakeEffectHandlers, ScriptedConversation
from .judge import HOURS_TOPICS, MISS_TEXTS
from .utterances import UTTERANCES_FOLDER, utterances_moment

MAX_MESSAGES = 40
# Questions that may be asked in place of another.
SAME_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "date"), "date": ("date", "time"), "name": ("name", "email"), "email": ("email", "name"),
    "visit": ("visit", "confirm"), "task": ("task", "service"), "details": ("name", "email"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person with a goal, from data/conversations_*.toml.

    `opens`: the first messages. `answers`: the words for each question, in order. `interrupts`: what is said once
    in place of an answer. `after`: what is said when something was done. `patience`: useless replies in a row.
    """

    name: str
    opens: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]
    interrupts: tuple[Mapping[str, str], ...]
    after: tuple[str, ...]
    patience: int
    goal: Mapping[str, Any]

    @property
    def is_plain(self) -> bool:
        """Whether the citizen only wants an appointment, and asks nothing besides."""
        return set(self.goal) == {"booked"} and len(self.goal["booked"]) == 1 and not self.interrupts


@dataclass
class CitizenOutcome:
    """Result of a conversation. `typed`, `pressed`: messages of the citizen."""

    citizen: Citizen
    is_reached: bool = False
    wrong_bookings: int = 0
    lost_needs: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    typed: int = 0
    pressed: int = 0
    lines: list[str] = field(default_factory=list)


def load_citizens(language: str, name: str) -> list[Citizen]:
    """Read the citizens of a set; empty if this language has none of that name."""
    path = UTTERANCES_FOLDER / f"conversations_{language}_{name}.toml"
    written = tomllib.loads(path.read_text(encoding="utf-8"))["conversation"] if path.exists() else []
    return [
        Citizen(
            each["name"],
            tuple(each["opens"]),
            {question: tuple(words) for question, words in each.get("answers", {}).items()},
            tuple(each.get("interrupts", ())),
            tuple(each.get("after", ())),
            each.get("patience", 2),
            each["goal"],
        )
        for each in written
    ]


class _Talk:
    """A citizen's conversation."""

    def __init__(self, language: str, citizen: Citizen) -> None:
        self.citizen = citizen
        effects = FakeEffectHandlers(utterances_moment(language))
        self.conversation = ScriptedConversation(language, effects, ConversationState(language))
        self.outcome = CitizenOutcome(citizen)
        self.used: dict[str, int] = {}
        self.interrupts = list(citizen.interrupts)
        self.topics: set[str] = set()
        self.told: list[str] = []
        self.useless = 0

    async def send(self, text: str, label: str | None = None) -> None:
        """Send a message, and count a reply that does not help."""
        before = self.conversation.state
        self.outcome.lines.append(f"> {text if label is None else f'[{label}]'}")
        if label is None:
            self.outcome.typed += 1
        else:
            self.outcome.pressed += 1
        replies = await self.conversation.say(text)
        turn, after = self.conversation.turn, self.conversation.state
        assert turn is not None
        self.told += [reply.text.replace("\N{NO-BREAK SPACE}", " ") for reply in replies]
        for reply in replies:
            buttons = " ".join(f"[{choice.text}]" for choice in reply.picks)
            self.outcome.lines.append("  " + " ".join((reply.text.replace("\n", " / "), buttons)).strip())
        topics = {topic for reply in turn.replies if (topic := reply.topic)}
        is_miss = any(sentence.text in MISS_TEXTS for reply in turn.replies for sentence in reply.sentences)
        same = (after.asked, after.task) == (before.asked, before.task) and not topics - self.topics
        has_progress = {name for name in before.__slots__ if getattr(before, name) != getattr(after, name)}
        has_progress -= {"misses", "offered", "trail", "language"}
        self.topics |= topics
        self.useless = self.useless + 1 if is_miss or (same and not has_progress) else 0

    async def talk(self) -> CitizenOutcome:
        """Talk until the goal is reached, nothing is asked any more, or the patience ends."""
        for text in self.citizen.opens:
            await self.send(text)
        after = list(self.citizen.after)
        while self.outcome.typed + self.outcome.pressed < MAX_MESSAGES:
            if self.useless >= self.citizen.patience:
                self.outcome.problems.append("lost patience")
                break
            if after and self._is_something_done():
                await self.send(after.pop(0))
                continue
            if self._is_finished(after):
                break
            await self._answer()
        else:
            self.outcome.problems.append("too many messages")
        self._judge()
        return self.outcome

    def _is_something_done(self) -> bool:
        effects = self.conversation.effects
        wanted = len(self.citizen.goal.get("booked", ())) or 1
        return bool(len(effects.booked) >= wanted or effects.cancelled or effects.moved)

    def _is_finished(self, after: list[str]) -> bool:
        state = self.conversation.state
        is_open = state.asked not in (None, "task") and not state.done
        wants_booking = "booked" in self.citizen.goal and not self._is_something_done()
        has_more_words = wants_booking and self._unused("service")
        has_way = is_open or has_more_words or self._fitting_choice(state.offered) is not None
        return not after and not has_way and not self._has_unused_interrupt("task")

    def _has_unused_interrupt(self, asked: str) -> bool:
        return any(interrupt["at"] == asked for interrupt in self.interrupts)

    async def _answer(self) -> None:
        asked = self.conversation.state.asked or "task"
        for interrupt in self.interrupts:
            if interrupt["at"] in SAME_QUESTIONS.get(asked, (asked,)):
                self.interrupts.remove(interrupt)
                await self.send(interrupt["say"])
                return
        question = next((each for each in SAME_QUESTIONS.get(asked, (asked,)) if self._unused(each)), None)
        if question is None and (choice := self._fitting_choice(self.conversation.state.offered)) is not None:
            await self.send(choice.value, choice.label)
            return
        if question is None:
            known = [each for each in SAME_QUESTIONS.get(asked, (asked,)) if each in self.citizen.answers]
            text = self.citizen.answers[known[0]][-1] if known else self.citizen.opens[-1]
            self.useless += 1
            await self.send(text)
            return
        number = self.used.get(question, 0)
        self.used[question] = number + 1
        await self.send(self.citizen.answers[question][number])

    def _unused(self, question: str) -> bool:
        return self.used.get(question, 0) < len(self.citizen.answers.get(question, ()))

    def _fitting_choice(self, offered: Iterable[OfferedChoice]) -> OfferedChoice | None:
        """Return the button that leads to the goal."""
        goals = self.citizen.goal.get("booked", ()) or [self.citizen.goal.get("moved", {})]
        done = len(self.conversation.effects.booked)
        goal = goals[min(done, len(goals) - 1)]
        choices = list(offered)
        state = self.conversation.state
        fitting = [
            choice for choice in choices if _leads_to(choice.value, goal) or _corrects(choice.value, state, goal)
        ]
        acts = (
            "cancel" if self.citizen.goal.get("cancelled") else "",
            "change" if "moved" in self.citizen.goal else "",
        )
        fitting += [choice for choice in choices if choice.value in {f"task:{act}" for act in acts if act}]
        if goal.get("service"):
            fitting += [choice for choice in choices if choice.value == "task:book"]
        plain = ("yes:", "accept:", "skip:phone", "next:", "soonest:", "any:office")
        fitting += [choice for choice in choices if choice.value.startswith(plain) and goal]
        return fitting[0] if fitting else None

    # The end

    def _judge(self) -> None:
        goal, effects, outcome = self.citizen.goal, self.conversation.effects, self.outcome
        wanted = list(goal.get("booked", ()))
        left = list(effects.booked)
        spare = list(effects.booked)  # a visit with several services fulfils several wishes
        cancelled_again = len(effects.cancelled) if not wanted or goal.get("cancelled") else 0
        for each in wanted:
            fitting = next((state for state in (*left, *spare) if not _differences(state, each)), None)
            if fitting is not None:
                left = [state for state in left if state is not fitting]
                continue
            near = next((state for state in left if state.service == each.get("service")), None)
            outcome.problems.append(
                f"not booked: {dict(each)}" if near is None else f"booked otherwise: {_differences(near, each)}"
            )
            if near is not None:
                outcome.lost_needs += tuple(
                    need for need in each.get("needs", ()) if need not in near.booking_needs
                )
        outcome.wrong_bookings = len(left)
        if left and not wanted and not goal.get("not_booked"):
            outcome.wrong_bookings = max(0, len(left) - cancelled_again)
        if outcome.wrong_bookings:
            outcome.problems.append("wrong booking")
        if goal.get("not_booked") and effects.booked:
            outcome.problems.append("booked")
        if "cancelled" in goal and len(effects.cancelled) != goal["cancelled"]:
            outcome.problems.append(f"cancelled {len(effects.cancelled)}")
        if "cancelled" not in goal and effects.cancelled and "moved" not in goal:
            outcome.problems.append("cancelled")
        if "moved" in goal and not any(_is_within(moved, goal["moved"]) for moved in effects.moved):
            outcome.problems.append(f"moved {effects.moved}")
        outcome.problems += [
            f"not answered: {topic}" for topic in goal.get("answered", ()) if not self._was_answered(topic)
        ]
        told = " ".join(self.told)
        outcome.problems += [f"not told: {text}" for text in goal.get("told", ()) if text not in told]
        has_result = [
            problem for problem in outcome.problems if problem not in ("lost patience", "too many messages")
        ]
        outcome.is_reached = not has_result and (bool(goal.keys() - {"not_booked"}) or not outcome.problems)

    def _was_answered(self, topic: str) -> bool:
        near = HOURS_TOPICS if topic in HOURS_TOPICS else {topic}
        return bool(self.topics & {*near, "other"})


def _leads_to(value: str, goal: Mapping[str, Any]) -> bool:
    kind, _, argument = value.partition(":")
    if kind in ("service", "mode", "office"):
        return bool(goal.get(kind) == argument)
    if kind == "date" and "days" in goal:
        return bool(goal["days"][0] <= argument <= goal["days"][1])
    if kind in ("time", "slot") and "days" in goal:
        text = argument.split(":", 2)[2] if kind == "slot" else argument
        return _is_within(datetime.fromisoformat(text), goal)
    return False


def _corrects(value: str, state: ConversationState, goal: Mapping[str, Any]) -> bool:
    """Whether a button changes a part of the summary that is not as wanted."""
    kind, _, part = value.partition(":")
    if kind != "other" or state.starts_at is None:
        return False
    if part == "date":
        return not _is_within(state.starts_at, goal)
    return part in goal and getattr(state, part, None) != goal[part]


def _is_within(at: datetime, wanted: Mapping[str, Any]) -> bool:
    local = at.astimezone(ZONE)
    days = [date.fromisoformat(day) for day in wanted.get("days", ())]
    hours = [time.fromisoformat(hour) for hour in wanted.get("hours", ())]
    is_day = not days or days[0] <= local.date() <= days[-1]
    return is_day and (not hours or hours[0] <= local.time() <= hours[-1])


def _differences(state: ConversationState, wanted: Mapping[str, Any]) -> list[str]:
    """Name what differs between a booking and the wanted appointment."""
    services = {state.service, *state.more}
    found = [] if wanted.get("service") in {None, *services} else ["service"]
    found += [key for key in ("mode", "office") if key in wanted and getattr(state, key) != wanted[key]]
    assert state.starts_at is not None
    if not _is_within(state.starts_at, wanted):
        found.append(f"time {state.starts_at.astimezone(ZONE):%Y-%m-%d %H:%M}")
    found += [f"need {need}" for need in wanted.get("needs", ()) if need not in state.needs]
    for key in ("name", "email"):
        if key in wanted and (getattr(state, key) or "").casefold() != wanted[key].casefold():
            found.append(f"{key} {getattr(state, key)!r}")
    return found


async def talk_to_assistant(language: str, citizen: Citizen) -> CitizenOutcome:
    """Let a citizen talk to the assistant, with the offices of the demo city and fake effects."""
    return await _Talk(language, citizen).talk()
