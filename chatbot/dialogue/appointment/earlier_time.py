"""Earlier times for an appointment: free now, or a message when freed. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from ...language.date_time.date_sets import WantedDays
from ...language.date_time.times import WantedHours
from .. import texts
from ..context import DialogueContext
from ..effects import Effect, FindFreeTimes, LookupAnswer, RequestDenied, RequestEarlierTime, TurnGenerator
from ..replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from ..state import ConversationState, OwnAppointment
from .cancellation import answer_denied
from .new_time import ask_new_time
from .own_appointment import LEAVE_CHOICE, appointment_sentence, end_task

TELL_CHOICE = ReplyChoice(Sentence(texts.TELL_WHEN_FREED), "earlier:")


def offer_earlier_times(
    state: ConversationState, appointment: OwnAppointment, context: DialogueContext
) -> TurnGenerator:
    """Offer to move to an earlier free time; else a message when a time is freed."""
    own_day = appointment.starts_at.astimezone(context.zone(appointment.office)).date()
    if state.days is not None and (earlier := tuple(day for day in state.days.days if day < own_day)):
        wanted = replace(state, task="change", days=replace(state.days, days=earlier))
        return (yield from ask_new_time(wanted, appointment, context))
    times: list[datetime] = yield from _find_earlier_times(appointment, context)
    if not times:
        sentences = (appointment_sentence(appointment, context), Sentence(texts.NONE_EARLIER))
        reply = DialogueReply(sentences, (TELL_CHOICE, LEAVE_CHOICE), is_private=True)
        return DialogueTurn(replace(state, asked="visit"), (reply,))
    zone = context.zone(appointment.office)
    local = appointment.starts_at.astimezone(zone)
    days = tuple(dict.fromkeys(starts_at.astimezone(zone).date() for starts_at in times))
    hours = state.hours
    if days == (own_day,) and hours is None:
        hours = WantedHours(before=local.time())
    elif len(days) > 1:
        days = tuple(day for day in days if day < own_day)
    state = replace(state, task="change", days=WantedDays(days), hours=hours, asked=None)
    turn = yield from ask_new_time(state, appointment, context)
    first, *others = turn.replies
    choices = tuple(choice for choice in first.choices if not choice.is_minor)
    return DialogueTurn(turn.state, (replace(first, choices=(*choices, TELL_CHOICE, LEAVE_CHOICE)), *others))


def _find_earlier_times(
    appointment: OwnAppointment, context: DialogueContext
) -> Generator[Effect, Any, list[datetime]]:
    today: date = context.local_day(appointment.office)
    last = appointment.starts_at.astimezone(context.zone(appointment.office)).date()
    first = max(today, last - timedelta(days=60))
    found: list[datetime] = yield FindFreeTimes(
        appointment.office, appointment.service, appointment.mode, first, last, appointment.id
    )
    return [starts_at for starts_at in found if starts_at < appointment.starts_at]


def ask_earlier_request(
    state: ConversationState, appointment: OwnAppointment, context: DialogueContext
) -> DialogueTurn:
    """Ask whether the citizen wants a message when an earlier time is freed."""
    choices = (
        ReplyChoice(Sentence(texts.YES_TELL), "yes:", is_main=True),
        ReplyChoice(Sentence(texts.NO_KEEP), "no:", is_minor=True),
    )
    reply = DialogueReply((Sentence(texts.ASK_TELL),), choices)
    cleared = replace(state, task="earlier", days=None, hours=None, starts_at=None, asked="confirm")
    return DialogueTurn(cleared, (reply,))


def confirm_earlier_request(state: ConversationState, appointment: OwnAppointment) -> TurnGenerator:
    """Ask for offers of earlier times, and tell what happens next."""
    answer: LookupAnswer = yield RequestEarlierTime(appointment.id)
    if isinstance(answer, RequestDenied):
        return answer_denied(state, answer)
    reply = DialogueReply((Sentence(texts.EARLIER_ASKED),), link=answer.page)
    return end_task(state, reply, appointment.id)
