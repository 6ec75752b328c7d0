"""Comparison of an answer to a single message with what a clerk would do.

It looks at the conversation only: state, replies and effects of a turn. An "I did not understand that" is a miss.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from office360.chatbot.dialogue import texts
from office360.chatbot.dialogue.state import ConversationState
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.understanding import Understanding, wanted_intent
from office360.server.demo.offices import ZONE

from .fake_effects import CONTACT, LOCATOR, FakeEffectHandlers, ScriptedConversation
from .utterances import Utterance, utterances_moment

# Presses and details that lead to a question of the dialogue, in this order.
WAY_TO_QUESTIONS = (
    "task:book", "service:certificate", "mode:in_person", "office:centro", "date:2026-11-30",
    "time:2026-11-30T10:00+01:00", "Amina Haddad", "amina@example.org",
)  # fmt: skip
WAYS: Mapping[str, Sequence[str]] = {
    "locator": ("task:find",),
    "contact": ("task:find", LOCATOR),
    "visit": ("task:find", LOCATOR, CONTACT),
    "phone": (*WAY_TO_QUESTIONS, "other:phone"),
    "next": (*WAY_TO_QUESTIONS[:2], "mode:video", "add:documents", *WAY_TO_QUESTIONS[3:], "yes:"),
}
# Questions that the dialogue may ask together, or in place of another.
NEAR_QUESTIONS: Mapping[str, Sequence[str]] = {
    "date": ("date", "time"), "time": ("time", "date"), "name": ("name", "email"),
    "email": ("email", "name", "confirm"), "phone": ("phone", "confirm"), "privacy": ("privacy", "confirm"),
}  # fmt: skip
MISS_TEXTS = (
    texts.NOT_UNDERSTOOD, texts.TO_THE_FORM, texts.TO_AN_EMPTY_FORM, texts.TO_MY_APPOINTMENT,
)  # fmt: skip
# An act, and the intents with which the dialogue does it.
ACT_INTENTS: Mapping[str, Collection[str]] = {
    "book": {"book", "back", "other_day", "other_time", "other_office", "other_service", "by_phone"},
    "change": {"change", "cannot_come", "back", "other_day", "other_time", "other_office", "other_service"},
    "cancel": {"cancel", "cannot_come"},
    "find": {"find", "lost_link", "lost_locator"},
    "earlier": {"earlier", "waitlist", "other_time", "other_day"},
    "person": {"human"},
    "walk_in": {"fastest"},
    "skip": {"skip", "no", "refuse"},
    "no": {"no", "refuse", "skip", "no_email"},
    "back": {"back", "other_day", "other_time", "other_office", "other_service", "change"},
    "any": {"any"},
}  # fmt: skip
TASK_ACTS = {
    "book": "book",
    "change": "change",
    "cancel": "cancel",
    "find": "find",
    "fastest": "walk_in",
    "earlier": "earlier",
    "lost_link": "find",
}
# Tasks with an appointment begin with the same question, so that swapping them does no harm.
HARMLESS_TASKS = {"find", "change", "earlier", "cancel"}
PARTS: Mapping[str, str] = {
    "first_thing": "morning", "mid_morning": "morning", "late_morning": "morning", "early_afternoon": "afternoon",
    "mid_afternoon": "afternoon", "late_afternoon": "afternoon", "last_thing": "evening",
}  # fmt: skip
OPEN_END = timedelta(days=70)  # a range that ends later has no end
HOURS_TOPICS, PLACE_TOPICS = {"hours", "holidays"}, {"where", "services"}  # a single answer tells both
NEAR_TOPICS = dict.fromkeys(HOURS_TOPICS, HOURS_TOPICS) | dict.fromkeys(PLACE_TOPICS, PLACE_TOPICS)


class Verdict(StrEnum):
    """Result of a message.

    UNDERSTOOD: all of it is done. ASKED: the assistant asks what a clerk would ask, or offers the right answer
    among its buttons. MISSED: a part is ignored, or not understood. WRONG: something is done that was not said.
    """

    UNDERSTOOD = "understood"
    ASKED = "asked back"
    MISSED = "missed"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class JudgedUtterance:
    """An utterance, its verdict, and why."""

    utterance: Utterance
    verdict: Verdict
    why: str
    reply: str


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn, as the judge sees it."""

    before: ConversationState
    after: ConversationState
    understood: Understanding
    intent: Intent | None
    topics: frozenset[str]
    choices: tuple[str, ...]
    is_miss: bool
    is_unknown_service: bool
    text: str
    effects: FakeEffectHandlers


async def judge_utterances(
    language: str, utterances: Sequence[Utterance], at: datetime | None = None
) -> list[JudgedUtterance]:
    """Judge each utterance at its own instant, else at `at`, else at the instant of the files."""
    judge = Judge(language)
    moment = at or utterances_moment(language)
    return [await judge.judge_utterance(utterance, utterance.at or moment) for utterance in utterances]


class Judge:
    """Judges messages in a single language. The way to each question is walked once."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._reached: dict[tuple[str | None, datetime], ScriptedConversation] = {}

    async def judge_utterance(self, utterance: Utterance, at: datetime) -> JudgedUtterance:
        """Bring a conversation to the question, say the message and judge the turn."""
        key = (utterance.asked, at)
        if key not in self._reached:
            self._reached[key] = await _conversation_at(self.language, utterance.asked, at)
        return await _judge_turn(deepcopy(self._reached[key]), utterance, at)


async def _judge_turn(conversation: ScriptedConversation, utterance: Utterance, at: datetime) -> JudgedUtterance:
    before, booked = conversation.state, len(conversation.effects.booked)
    replies = await conversation.say(utterance.text)
    assert conversation.understood is not None
    assert conversation.turn is not None
    topics = frozenset(topic for reply in conversation.turn.replies if (topic := reply.topic))
    sentences = [sentence.text for reply in conversation.turn.replies for sentence in reply.sentences]
    slot = None if before.asked == "task" or before.done else before.asked
    turn = _Turn(
        before,
        conversation.state,
        conversation.understood,
        wanted_intent(conversation.understood, slot),
        topics,
        tuple(choice.value for reply in conversation.turn.replies for choice in reply.choices),
        any(text in MISS_TEXTS for text in sentences),
        bool({texts.UNKNOWN_SERVICE, texts.NOT_DONE_HERE} & set(sentences)),
        "\n".join(reply.text for reply in replies),
        conversation.effects,
    )
    verdict, why = _verdict(utterance, turn, len(conversation.effects.booked) - booked, at.astimezone(ZONE).date())
    return JudgedUtterance(utterance, verdict, why, turn.text)


async def _conversation_at(language: str, asked: str | None, at: datetime) -> ScriptedConversation:
    """Return a conversation in which a question was just asked."""
    conversation = ScriptedConversation(language, FakeEffectHandlers(at), ConversationState(language))
    if asked is None:
        return conversation
    accepted = NEAR_QUESTIONS.get(asked, (asked,))
    reached = None
    for text in WAYS.get(asked, WAY_TO_QUESTIONS):
        await conversation.say(text)
        if conversation.state.asked == asked:
            return conversation
        if conversation.state.asked in accepted and reached is None:
            reached = ScriptedConversation(language, conversation.effects, conversation.state)
    return reached or conversation


def _verdict(expected: Utterance, turn: _Turn, booked: int, today: date) -> tuple[Verdict, str]:
    false = _false_facts(expected, turn, booked, today)
    wrong_act = _wrong_act(expected, turn)
    if false or wrong_act:
        return Verdict.WRONG, ", ".join([*false, *wrong_act])
    missing = _missing_facts(expected, turn, today)
    is_act_done = _is_act_done(expected, turn)
    offered = _is_expected_offered(expected, turn)
    if expected.must_ask:
        if _asks_specifically(turn) or ("unclear" in expected.acts and not turn.is_miss):
            return Verdict.ASKED, ""
        if turn.is_miss:
            return (Verdict.UNDERSTOOD, "") if "unclear" in expected.acts else (Verdict.MISSED, "not understood")
        if turn.after.asked == turn.before.asked is not None:  # the same question, with what is wrong
            return Verdict.ASKED, ""
        return (Verdict.ASKED, "") if not missing and is_act_done else (Verdict.MISSED, "did not ask")
    if is_act_done and not missing and (not turn.is_miss or "unclear" in expected.acts):
        return Verdict.UNDERSTOOD, ""
    if offered:
        return Verdict.ASKED, ""
    return Verdict.MISSED, "not understood" if turn.is_miss else f"missing {missing or expected.acts}"


# Facts that the message does not have


def _false_facts(expected: Utterance, turn: _Turn, booked: int, today: date) -> list[str]:
    """Name the facts that the turn took into the booking and that the message does not say."""
    wants, before, after = expected.expects, turn.before, turn.after
    false = []
    if booked and "yes" not in expected.acts:
        false.append("booked")
    services = {wants.get("service"), *wants.get("services", ()), *wants.get("ask_among", ())}
    taken = {after.service, *after.later, *after.more}
    known = {before.service, *before.later, *before.more, after.visit.service if after.visit else None}
    if added := (taken - known - services - {None}):
        false.append(f"service {sorted(map(str, added))}")
    if after.mode not in (before.mode, wants.get("mode")) and turn.understood.mode == after.mode:
        false.append(f"mode {after.mode}")
    named = turn.understood.offices.named
    if after.office != before.office and after.office in named and after.office != wants.get("office"):
        false.append(f"office {after.office}")
    added_needs = set(after.needs) - set(before.needs) - set(wants.get("needs", ()))
    if added_needs and wants.get("question") != "access":  # who asks about the way in may need it
        false.append(f"needs {sorted(added_needs)}")
    for field in ("name", "email", "phone"):
        got = getattr(after, field)
        is_asked_about = field == "email" and expected.must_ask
        if got in (None, getattr(before, field)) or is_asked_about:
            continue
        if not _is_same_text(got, wants.get(field)):
            false.append(f"{field} {got!r}")
    return [*false, *_false_times(expected, turn, today)]


def _false_times(expected: Utterance, turn: _Turn, today: date) -> list[str]:
    """Name wanted days and hours that the message does not say."""
    before, after, wants = turn.before, turn.after, expected.expects
    if (after.days, after.hours, after.starts_at) == (before.days, before.hours, before.starts_at):
        return []
    false = []
    days, hours = turn.understood.days, turn.understood.hours
    if days is not None and days.days and not (days.unsure or days.problem):
        has_days = bool({"date", "from", "to"} & set(wants))
        if not (_has_same_days(days.days, wants, today) if has_days else _are_allowed(days.days, wants)):
            false.append(f"days {days.days[0]}…{days.days[-1]}")
    chosen = after.starts_at.astimezone(ZONE).date().isoformat() if after.starts_at else None
    if chosen in wants.get("not_dates", ()):
        false.append(f"refused day {chosen}")
    if hours is not None and not hours.problem and not hours.unsure:
        limits = {"time": hours.at, "after": hours.after, "before": hours.before, "part": hours.part}
        got = {key for key, value in limits.items() if value}
        is_plain_part = got == {"part"} and expected.asked in ("date", "time") and "answer" in expected.acts
        if got and not is_plain_part and not {"time", "after", "before", "part"} & set(wants):
            false.append(f"hours {sorted(got)}")
        elif hours.at and "time" in wants and time.fromisoformat(wants["time"]) not in hours.at:
            false.append(f"time {hours.at[0]}")
    return false


def _are_allowed(days: Sequence[date], wants: Mapping[str, Any]) -> bool:
    """Whether days stand for a refusal only: every other day."""
    is_open = (days[-1] - days[0]) > OPEN_END
    return is_open or (
        bool(wants.get("not_dates")) and not {day.isoformat() for day in days} & set(wants["not_dates"])
    )


def _has_same_days(days: Sequence[date], wants: Mapping[str, Any], today: date) -> bool:
    """Compare working days, so that `next week` may end on Friday or Sunday."""
    if "date" in wants:
        return [day.isoformat() for day in days] == [wants["date"]] or (
            {"from", "to"} <= set(wants) and _is_same_range(days, wants, today)
        )
    return _is_same_range(days, wants, today)


def _is_same_range(days: Sequence[date], wants: Mapping[str, Any], today: date) -> bool:
    first = date.fromisoformat(wants["from"]) if "from" in wants else today
    last = date.fromisoformat(wants["to"]) if "to" in wants else None
    working = [day for day in days if day.weekday() < 5] or list(days)
    expected_first = first + timedelta(days=(7 - first.weekday()) % 7 if first.weekday() > 4 else 0)
    if working[0] not in (expected_first, first):
        return False
    if last is None:
        return working[-1] - today > OPEN_END
    expected_last = last - timedelta(days=max(0, last.weekday() - 4))
    return working[-1] in (expected_last, last)


# Facts that are missing


def _missing_facts(expected: Utterance, turn: _Turn, today: date) -> list[str]:
    """Name the facts of the message that the turn did not take."""
    wants, after, understood = expected.expects, turn.after, turn.understood
    booked = turn.effects.booked[-1:] if len(turn.effects.booked) else []
    states = [after, *booked]
    missing = []
    is_question = "question" in wants or bool({"question", "wait"} & set(expected.acts))
    taken = {slug for state in states for slug in (state.service, *state.later, *state.more)}
    taken |= {*understood.services.sure} if is_question or after.task in HARMLESS_TASKS else set()
    missing += [
        f"service {slug}"
        for slug in (wants.get("service"), *wants.get("services", ()))
        if slug and slug not in taken
    ]
    if "mode" in wants and wants["mode"] not in (
        after.mode,
        understood.mode if is_question or after.task in HARMLESS_TASKS else None,
    ):
        missing.append("mode")
    if "office" in wants and wants["office"] not in (
        after.office, *(understood.offices.named if is_question or after.task in HARMLESS_TASKS else ()),
    ):  # fmt: skip
        missing.append("office")
    missing += [f"need {need}" for need in wants.get("needs", ()) if need not in after.needs]
    for field in ("name", "email", "phone"):
        values = [
            getattr(each, field) for each in (*states, *([understood] if after.task in HARMLESS_TASKS else []))
        ]
        if field in wants and not any(_is_same_text(value, wants[field]) for value in values):
            missing.append(field)
    if "locator" in wants and wants["locator"] not in (after.locator, understood.locator) and after.visit is None:
        missing.append("locator")
    return [*missing, *_missing_times(expected, turn, today)]


def _missing_times(expected: Utterance, turn: _Turn, today: date) -> list[str]:
    wants, days, hours = expected.expects, turn.understood.days, turn.understood.hours
    missing = []
    if {"date", "from", "to"} & set(wants):
        is_soonest = days is not None and days.soonest and not days.days and wants.get("from") == today.isoformat()
        found = (
            days is not None and bool(days.days) and not days.unsure and _has_same_days(days.days, wants, today)
        )
        if not found and not is_soonest and not _has_chosen_day(turn, wants):
            missing.append("days")
    refused = set() if days is None else {day.isoformat() for day in days.without}
    kept = set() if days is None else {day.isoformat() for day in days.days}
    for day in wants.get("not_dates", ()):
        if day not in refused and not (kept and day not in kept):
            missing.append(f"refused {day}")
    is_hour_known = hours is not None and "time" in wants and time.fromisoformat(wants["time"]) in hours.at
    if "time" in wants and not is_hour_known and not _has_chosen_time(turn, wants["time"]):
        missing.append("time")
    for key in ("after", "before"):
        got = getattr(hours, key, None)
        if key in wants and got != time.fromisoformat(wants[key]) and not (hours and hours.part):
            missing.append(key)
    if "part" in wants and not (
        hours
        and (PARTS.get(hours.part or "", hours.part) == wants["part"] or hours.after or hours.before or hours.at)
    ):
        missing.append("part")
    return missing


def _has_chosen_day(turn: _Turn, wants: Mapping[str, Any]) -> bool:
    chosen = turn.after.starts_at
    return (
        chosen is not None
        and chosen != turn.before.starts_at
        and (
            wants.get("date", wants.get("from", ""))
            <= chosen.astimezone(ZONE).date().isoformat()
            <= wants.get("date", wants.get("to", "9999"))
        )
    )


def _has_chosen_time(turn: _Turn, wanted: str) -> bool:
    chosen = turn.after.starts_at
    return chosen is not None and chosen.astimezone(ZONE).strftime("%H:%M") == wanted


def _is_same_text(got: str | None, wanted: str | None) -> bool:
    return (got or "").casefold().replace(" ", "") == (wanted or "").casefold().replace(" ", "")


# What is done


def _act_of_turn(turn: _Turn) -> str | None:
    """Return the task that the turn began."""
    began = turn.after.task if turn.after.task != turn.before.task else None
    return TASK_ACTS.get(began or "")


def _wrong_act(expected: Utterance, turn: _Turn) -> list[str]:
    """Name a task that was begun, or a question that was answered, without being said."""
    wants, acts = expected.expects, set(expected.acts)
    wrong = []
    began = _act_of_turn(turn)
    wants_facts = bool(
        {"service", "services", "date", "from", "time", "mode", "office", "needs", "ask_among"} & set(wants)
    )
    if turn.intent is Intent.FASTEST:
        began = "walk_in"  # it offers appointments beside the walk-in
    if turn.is_unknown_service and began == "book":
        began = None  # it only says that it does not know the service
    if began is not None and acts and began not in acts and not expected.must_ask:
        is_harmless = began in HARMLESS_TASKS - {"cancel"} and acts & HARMLESS_TASKS
        is_booking = began == "book" and (acts <= {"answer"} or (acts & {"person", "greeting"} and wants_facts))
        if not is_harmless and not is_booking and not turn.is_miss:
            wrong.append(f"began {began}")
    topic = wants.get("question")
    is_answer = bool(turn.topics) and not turn.is_miss and not expected.must_ask
    if topic is not None and is_answer and not turn.topics & {*NEAR_TOPICS.get(topic, {topic}), "other"}:
        wrong.append(f"answered {sorted(turn.topics)} for {topic}")
    if (len(turn.effects.cancelled) or turn.effects.moved) and not acts & {"yes", "cancel", "change"}:
        wrong.append("cancelled or moved")
    return wrong


def _is_act_done(expected: Utterance, turn: _Turn) -> bool:
    """Whether the turn does what the citizen wants, besides the facts."""
    acts, topic = expected.acts, expected.expects.get("question")
    if topic is not None and not turn.topics & {*NEAR_TOPICS.get(topic, {topic}), "other"}:
        return False
    if not acts or (topic is not None and set(acts) == {"question"}):
        return True
    return any(_does(act, turn) for act in acts)


def _does(act: str, turn: _Turn) -> bool:
    intent = str(turn.intent) if turn.intent else None
    if turn.is_miss:
        return act == "unclear"
    if act in ("book", "change", "cancel", "find", "earlier"):
        return (
            TASK_ACTS.get(turn.after.task or "") == act
            or intent in ACT_INTENTS[act]
            or f"task:{act}" in turn.choices
        )
    if act == "answer":
        return turn.after != turn.before
    if act == "question":
        return bool(turn.topics)
    if act == "wait":
        return "wait" in turn.topics or intent == "wait"
    if act == "walk_in":
        return turn.after.task == "fastest" or "walk_in" in turn.topics or intent == "fastest"
    if act == "person":
        return (
            "phone" in turn.topics
            or intent == "human"
            or "900 000 360" in turn.text.replace("\N{NO-BREAK SPACE}", " ")
        )
    if act == "not_here":
        return turn.after.service == turn.before.service
    if act == "other_language":
        return turn.understood.other_language is not None
    if act == "unclear":
        return True
    if act in ("yes", "no", "skip", "any", "back"):
        return (
            intent in ACT_INTENTS.get(act, {act})
            or turn.after.trail != turn.before.trail
            or turn.after.asked != turn.before.asked
        )
    return intent == act


def _asks_specifically(turn: _Turn) -> bool:
    """Whether the reply asks about the message with buttons, beyond a plain miss."""
    kinds = {value.partition(":")[0] for value in turn.choices}
    return not turn.is_miss and bool(
        kinds & {"service", "date", "hour", "office", "mode", "task", "ask", "time", "yes", "other"}
    )


def _is_expected_offered(expected: Utterance, turn: _Turn) -> bool:
    """Whether the right reading of the message is among the buttons of a question."""
    wants = expected.expects
    values = set(turn.choices)
    possible = {f"service:{slug}" for slug in (wants.get("service"), *wants.get("services", ())) if slug}
    possible |= {f"task:{act}" for act in expected.acts if act in TASK_ACTS.values()}
    possible |= {"task:fastest"} if "walk_in" in expected.acts else set()
    possible |= {f"ask:{wants['question']}"} if "question" in wants else set()
    possible |= {f"ask:{act}" for act in expected.acts}
    possible |= {f"date:{wants['date']}"} if "date" in wants else set()
    possible |= {f"hour:{wants['time']}"} if "time" in wants else set()
    possible |= {wants["email"]} if "email" in wants else set()
    return bool(possible & values) and not (turn.is_miss or turn.is_unknown_service)
