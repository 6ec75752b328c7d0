"""Answers to questions about the offices, and the fastest way to be served. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ..domain.catalogue import CatalogueOffice
from ..language.lexicon import Intent
from ..language.understanding import Understanding
from . import texts
from .context import DialogueContext, mode_choice, service_choice, service_name
from .effects import Effect, FindFirstTimes, FindLineWaits, FirstFreeTime, OfficeLineWait, TurnGenerator
from .opening_hours import closed_sentence, open_now_sentence, selected_offices, tell_opening_hours
from .replies import DialogueReply, DialogueTurn, LocalInstant, LocalizedName, ReplyChoice, Sentence
from .state import ConversationState

MAX_WAITS_SHOWN = 6
MAX_FIRST_TIMES_SHOWN = 3

Replies = tuple[DialogueReply, ...]
RepliesGenerator = Generator[Effect, Any, Replies]


@dataclass(frozen=True, slots=True)
class InformationRequest:
    """A question about an office, a service or some days. None or empty: all of them."""

    office: str | None
    service: str | None
    days: Sequence[date]


def answer_question(
    intent: Intent, state: ConversationState, understood: Understanding, context: DialogueContext
) -> RepliesGenerator:
    """Answer a question about the named office and service, else about the chosen ones."""
    office = understood.offices.named[0] if len(understood.offices.named) == 1 else state.named_office
    service = understood.services.sure[0] if understood.services.sure else state.service
    if intent is Intent.WAIT:
        return (yield from tell_waits(office, service, context))
    days = understood.days.days if understood.days is not None else ()
    return INFORMATION_ANSWERS[intent](InformationRequest(office, service, days), context)


# Waits and the fastest way


def tell_waits(office: str | None, service: str | None, context: DialogueContext) -> RepliesGenerator:
    """Tell the present waits of one office or all, in the line of a service or in all lines."""
    waits: list[OfficeLineWait] = yield FindLineWaits()
    sentences: list[Sentence] = []
    for asked_office in selected_offices(office, context):
        asked_service = asked_office.service(service) if service else None
        own_waits = [
            wait
            for wait in waits
            if wait.office == asked_office.slug and (asked_service is None or wait.line == asked_service.line)
        ]
        sentences += _wait_sentences(asked_office, own_waits)
    return (DialogueReply(tuple(sentences[:MAX_WAITS_SHOWN]), is_list=True),)


def _wait_sentences(office: CatalogueOffice, waits: Sequence[OfficeLineWait]) -> list[Sentence]:
    if office.is_evacuating:
        return [evacuation_sentence(office)]
    if office.paused:
        return [Sentence(texts.PLACE_PAUSED, {"office": office.name})]
    if office.closes_at is None:
        return [closed_sentence(office)]
    if len({wait.call_range for wait in waits}) == 1 and waits[0].call_range is not None:
        return [_wait_sentence(office, waits[0], texts.WAIT_ALL)]
    return [_wait_sentence(office, wait, texts.WAIT_CALLED) for wait in waits]


def evacuation_sentence(office: CatalogueOffice) -> Sentence:
    """Say that people must not go into the office now."""
    return Sentence(texts.PLACE_EVACUATED, {"office": office.name})


def _wait_sentence(office: CatalogueOffice, wait: OfficeLineWait, text: str) -> Sentence:
    names = {"office": office.name, "line": wait.name}
    if wait.refusal is not None:
        key = (wait.refusal, wait.lasts_today)
        return Sentence(texts.WAIT_REFUSED.get(key, texts.WAIT_STOPPED), names)
    if wait.call_range is None:
        return Sentence(texts.WAIT_UNKNOWN, names)
    return Sentence(text, {**names, **_call_range_values(office, wait.call_range)})


def _call_range_values(office: CatalogueOffice, call_range: tuple[datetime, datetime]) -> dict[str, LocalInstant]:
    first, last = (LocalInstant(instant, office.timezone, "time") for instant in call_range)
    return {"first": first, "last": last}


def tell_fastest(state: ConversationState, service: str, context: DialogueContext) -> TurnGenerator:
    """Tell the soonest walk-in and the first appointments, the soonest of them first."""
    waits: list[OfficeLineWait] = yield FindLineWaits()
    first_times: list[FirstFreeTime] = yield FindFirstTimes(service)
    walk_in = _soonest_walk_in(service, context, waits)
    appointments = [_first_times_reply(first_times, context)] if first_times else []
    if walk_in is None:
        nothing = Sentence(texts.FAST_NOTHING, {"service": service_name(context, service)})
        replies = appointments or [DialogueReply((nothing,))]
    elif not first_times or walk_in.call_range < (first_times[0].starts_at,) * 2:
        replies = [_walk_in_reply(walk_in, service, texts.FAST_WALK_IN), *appointments]
    else:
        replies = [*appointments, _walk_in_reply(walk_in, service, texts.ALSO_WALK_IN)]
    return DialogueTurn(replace(state, asked="time" if first_times else "task", task="book"), tuple(replies))


@dataclass(frozen=True, slots=True)
class _WalkIn:
    """An office that takes walk-ins, and when it would call a citizen who comes now."""

    office: CatalogueOffice
    call_range: tuple[datetime, datetime]


def _soonest_walk_in(service: str, context: DialogueContext, waits: Sequence[OfficeLineWait]) -> _WalkIn | None:
    """Find the earliest call among open offices that take walk-ins for the service."""
    walk_ins = []
    for office in context.catalogue.offices_with_service(service, "in_person"):
        own_service = office.service(service)
        if own_service is None or not own_service.walk_in or office.paused or office.closes_at is None:
            continue
        line = (office.slug, own_service.line)
        walk_ins += [
            _WalkIn(office, wait.call_range)
            for wait in waits
            if (wait.office, wait.line) == line and wait.call_range
        ]
    return min(walk_ins, key=lambda walk_in: walk_in.call_range, default=None)


def _walk_in_reply(walk_in: _WalkIn, service: str, text: str) -> DialogueReply:
    office = walk_in.office
    names = {"office": office.name, "address": office.address}
    sentence = Sentence(text, {**names, **_call_range_values(office, walk_in.call_range)})
    return DialogueReply((sentence,), link=f"/o/{office.slug}?service={service}")


def _first_times_reply(first_times: Sequence[FirstFreeTime], context: DialogueContext) -> DialogueReply:
    """Offer the first times, the first of each mode among them."""
    first_by_mode = {first.mode: first for first in reversed(first_times)}
    preferred = sorted(first_times, key=lambda first: (first_by_mode[first.mode] != first, first.starts_at))
    shown = sorted(preferred[:MAX_FIRST_TIMES_SHOWN], key=lambda first: first.starts_at)
    choices = tuple(_first_time_choice(first, context) for first in shown)
    return DialogueReply((Sentence(texts.FAST_APPOINTMENT),), choices)


def _first_time_choice(first: FirstFreeTime, context: DialogueContext) -> ReplyChoice:
    office = context.office(first.office)
    mode = Sentence(texts.MODE_LABELS[first.mode])
    label = Sentence(texts.FAST_CHOICE, {"mode": mode, "office": office.name})
    local = first.starts_at.astimezone(office.timezone).isoformat(timespec="minutes")
    when = Sentence(texts.WHEN_DAY, {"day": LocalInstant(first.starts_at, office.timezone, "short")})
    return ReplyChoice(label, f"slot:{first.office}:{first.mode}:{local}", when)


# Other questions


def tell_what_to_bring(service: str | None, context: DialogueContext) -> Replies:
    """Tell what to bring for a service, or ask for the service."""
    if service is None:
        choices = tuple(
            replace(service_choice(context, offered.slug), value=f"bring:{offered.slug}")
            for offered in context.catalogue.services()
        )
        return (DialogueReply((Sentence(texts.ASK_WHICH_SERVICE),), choices),)
    known = context.service(service)
    names = {"service": LocalizedName(known.names)}
    if not known.bring:
        return _single_reply(Sentence(texts.BRING_NOTHING, names))
    return _single_reply(Sentence(texts.BRING_FOR, {**names, "things": LocalizedName(known.bring)}))


def _tell_duration(request: InformationRequest, context: DialogueContext) -> Replies:
    services = [context.service(request.service)] if request.service else context.catalogue.services()
    return _single_reply(
        *(
            Sentence(texts.TAKES_MINUTES, {"service": LocalizedName(service.names), "minutes": service.minutes})
            for service in services
        )
    )


def _tell_addresses(request: InformationRequest, context: DialogueContext) -> Replies:
    sentences = [
        Sentence(texts.PLACE_AT, {"office": office.name, "address": office.address})
        for office in selected_offices(request.office, context)
    ]
    return (DialogueReply(tuple(sentences), is_list=True),)


def _tell_services(_request: InformationRequest, context: DialogueContext) -> Replies:
    choices = tuple(service_choice(context, service.slug) for service in context.catalogue.services())
    return (DialogueReply((Sentence(texts.OUR_SERVICES),), choices),)


def _tell_phone(request: InformationRequest, context: DialogueContext) -> Replies:
    opening = (open_now_sentence(office, context) for office in selected_offices(request.office, context))
    return _single_reply(_with_phone(texts.CALL_US, request, context), *opening)


def _tell_phone_mode(request: InformationRequest, context: DialogueContext) -> Replies:
    """Tell which services are given by telephone, and offer to book one."""
    slugs = [
        service.slug
        for service in context.catalogue.services()
        if "phone" in context.catalogue.service_modes(service.slug)
    ]
    if request.service in slugs:
        return (DialogueReply((Sentence(texts.YES_BY_PHONE),), (mode_choice("phone"),)),)
    if not slugs or request.service is not None:
        return _single_reply(Sentence(texts.NO_PHONE_MODE), _with_phone(texts.CALL_US, request, context))
    choices = tuple(service_choice(context, slug) for slug in slugs)
    return (DialogueReply((Sentence(texts.PHONE_SERVICES),), choices),)


def _tell_why_data(_request: InformationRequest, _context: DialogueContext) -> Replies:
    return (DialogueReply((Sentence(texts.WHY_DATA),), link="/privacy"),)


def _single_reply(*sentences: Sentence) -> Replies:
    return (DialogueReply(sentences),)


def _with_phone(text: str, request: InformationRequest, context: DialogueContext) -> Sentence:
    return Sentence(text, {"phone": context.phone_to_call(request.office)})


# The answer to each question that needs no effect.
INFORMATION_ANSWERS: Mapping[Intent, Callable[[InformationRequest, DialogueContext], Replies]] = {
    Intent.HOURS: lambda request, context: tell_opening_hours(request.office, request.days, context),
    Intent.BRING: lambda request, context: tell_what_to_bring(request.service, context),
    Intent.DURATION: _tell_duration,
    Intent.PRICE: lambda request, context: _single_reply(_with_phone(texts.PRICE, request, context)),
    Intent.WHERE: _tell_addresses,
    Intent.SERVICES: _tell_services,
    Intent.HUMAN: _tell_phone,
    Intent.WHY: _tell_why_data,
    Intent.REFUSE: lambda request, context: _single_reply(
        Sentence(texts.NEED_DATA), _with_phone(texts.CALL_US, request, context)
    ),
    Intent.INSULT: lambda request, context: _single_reply(_with_phone(texts.ANSWER_TO_INSULT, request, context)),
    Intent.BY_PHONE: _tell_phone_mode,
}
