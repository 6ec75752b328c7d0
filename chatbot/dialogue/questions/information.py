"""Answers to questions about the offices, and the fastest way to be served. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ....offices.domain.words import MODE_NAMES
from ...domain.catalogue import CatalogueOffice
from ...language.lexicon import Intent
from ...language.understanding import Understanding
from .. import texts
from ..context import DialogueContext, call_sentences, mode_choice, service_choice, service_name
from ..effects import Effect, FindFirstTimes, FindLineWaits, FirstFreeTime, OfficeLineWait, TurnGenerator
from ..replies import (
    DialogueReply,
    DialogueTurn,
    LocalInstant,
    LocalizedName,
    ModePhrase,
    ReplyChoice,
    Sentence,
    ValueList,
)
from ..state import ConversationState
from .opening_hours import closed_sentence, selected_offices, tell_holidays, tell_opening_hours

MAX_WAITS_SHOWN = 6
MAX_FIRST_TIMES_SHOWN = 3

Replies = tuple[DialogueReply, ...]
RepliesGenerator = Generator[Effect, Any, Replies]


@dataclass(frozen=True, slots=True)
class InformationRequest:
    """A question about offices, a service or some days. None or empty: all of them.

    `office` and `service` are those of the message, else of the booking. `may_book`: nothing is being booked.
    """

    office: str | None
    service: str | None
    days: Sequence[date]
    named_offices: tuple[str, ...] = ()
    named_service: str | None = None
    may_book: bool = False


def answer_questions(
    intent: Intent, state: ConversationState, understood: Understanding, context: DialogueContext
) -> RepliesGenerator:
    """Answer all questions of a message, else the question that its intent asks."""
    questions = understood.questions if intent in understood.questions else (intent,)
    replies: Replies = ()
    for question in questions:
        answer = yield from answer_question(question, state, understood, context)
        replies += tuple(reply for reply in answer if reply not in replies)
    return replies


def answer_question(
    intent: Intent, state: ConversationState, understood: Understanding, context: DialogueContext
) -> RepliesGenerator:
    """Answer a question about the named office and service, else about those of the booking."""
    request = _build_request(state, understood)
    if intent is Intent.WAIT:
        replies = yield from tell_waits(request.office, request.service, context)
    elif intent is Intent.BRING and request.service == state.service:
        known = (slug for slug in state.services if context.catalogue.service(slug) is not None)
        services: tuple[str | None, ...] = tuple(known) or (None,)
        replies = tuple(reply for slug in services for reply in tell_what_to_bring(slug, context))
    else:
        replies = INFORMATION_ANSWERS[intent](request, context)
    return tuple(replace(reply, topic=reply.topic or TOPICS[intent]) for reply in replies)


def _build_request(state: ConversationState, understood: Understanding) -> InformationRequest:
    named_offices, services = understood.offices.named, understood.services
    likely = services.likely if len(services.likely) == 1 else ()
    named_service = next(iter(services.sure or likely), None)
    return InformationRequest(
        office=named_offices[0] if len(named_offices) == 1 else state.named_office,
        service=named_service or state.service,
        days=understood.days.days if understood.days is not None else (),
        named_offices=named_offices,
        named_service=named_service,
        may_book=state.task is None,
    )


# Waits and the fastest way


def tell_waits(office: str | None, service: str | None, context: DialogueContext) -> RepliesGenerator:
    """Tell the present waits of an office or all, in the line of a service or in all lines."""
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
    mode = Sentence(MODE_NAMES[first.mode])
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


def unknown_reply(context: DialogueContext, office: str | None, *subjects: Sentence) -> DialogueReply:
    """Say honestly that the answer is not known, and who can tell."""
    return DialogueReply(
        (*(subjects or (Sentence(texts.UNKNOWN),)), *call_sentences(texts.ASK_A_PERSON, context, office))
    )


def _tell_fact(
    fact: Callable[[CatalogueOffice], Mapping[str, str] | None],
    request: InformationRequest,
    context: DialogueContext,
) -> Replies:
    """Tell what each asked office has written; an office without a text has no answer."""
    offices = _asked_offices(request, context)
    known = [(office, text) for office in offices if (text := fact(office))]
    replies: Replies = ()
    if known:
        sentences = tuple(
            Sentence(texts.FACT_AT, {"office": office.name, "fact": _without_full_stop(text)})
            for office, text in known
        )
        replies = (DialogueReply(sentences, is_list=True),)
    unknown = [office for office in offices if not fact(office)]
    if not unknown:
        return replies
    subjects = [Sentence(texts.UNKNOWN_FOR, {"subject": office.name}) for office in unknown] if known else []
    return (*replies, unknown_reply(context, unknown[0].slug, *subjects))


def _tell_transport(request: InformationRequest, context: DialogueContext) -> Replies:
    """Tell the address, and how to get there."""
    return (*_tell_addresses(request, context), *_tell_fact(lambda office: office.transport, request, context))


def _tell_prices(request: InformationRequest, context: DialogueContext) -> Replies:
    """Tell the price of the asked service, else of each; per office where they differ."""
    services = [context.service(request.service)] if request.service else context.catalogue.services()
    told = [_price_sentences(service.slug, request, context) for service in services]
    known = [sentence for sentences in told for sentence in sentences]
    missing = [service for service, sentences in zip(services, told, strict=True) if not sentences]
    replies = (DialogueReply(tuple(known), _book_choices(request, context), is_list=True),) if known else ()
    if not missing:
        return replies
    subjects = [Sentence(texts.UNKNOWN_FOR, {"subject": LocalizedName(service.names)}) for service in missing]
    return (*replies, unknown_reply(context, request.office, *(subjects if known or request.service else ())))


def _price_sentences(slug: str, request: InformationRequest, context: DialogueContext) -> list[Sentence]:
    offered = [(office, office.service(slug)) for office in _asked_offices(request, context)]
    prices = [(office, service, service.price) for office, service in offered if service and service.price]
    are_same = len({tuple(sorted(price.items())) for _office, _service, price in prices}) == 1
    if are_same and len(prices) == len([service for _office, service in offered if service]):
        prices = prices[:1]
    return [
        Sentence(
            texts.PRICE_IS if are_same and len(prices) == 1 else texts.PRICE_AT,
            {"service": LocalizedName(service.names), "office": office.name, "price": _without_full_stop(price)},
        )
        for office, service, price in prices
    ]


def _tell_duration(request: InformationRequest, context: DialogueContext) -> Replies:
    services = [context.service(request.service)] if request.service else context.catalogue.services()
    sentences = tuple(
        Sentence(texts.TAKES_MINUTES, {"service": LocalizedName(service.names), "minutes": service.minutes})
        for service in services
    )
    return (DialogueReply(sentences, _book_choices(request, context), is_list=True),)


def _tell_addresses(request: InformationRequest, context: DialogueContext) -> Replies:
    sentences = [
        Sentence(texts.PLACE_AT, {"office": office.name, "address": office.address})
        for office in _asked_offices(request, context)
    ]
    return (DialogueReply(tuple(sentences), is_list=True),)


def _tell_services(request: InformationRequest, context: DialogueContext) -> Replies:
    """Tell where the named service is given, else list those of the named office or of all."""
    if request.named_service is not None:
        return _tell_where_service_is_given(request.named_service, request, context)
    office = context.catalogue.office(request.office) if request.named_offices else None
    services = office.services if office else context.catalogue.services()
    choices = tuple(service_choice(context, service.slug) for service in services)
    text = Sentence(texts.SERVICES_AT, {"office": office.name}) if office else Sentence(texts.OUR_SERVICES)
    return (DialogueReply((text,), choices if request.may_book else ()),)


def _tell_where_service_is_given(slug: str, request: InformationRequest, context: DialogueContext) -> Replies:
    offices = context.catalogue.offices_with_service(slug)
    names = ValueList(tuple(office.name for office in offices))
    sentences = [Sentence(texts.DONE_AT, {"service": service_name(context, slug), "offices": names})]
    for named in _asked_offices(request, context) if request.named_offices else ():
        if named.service(slug) is None:
            sentences.insert(0, Sentence(texts.NOT_AT_OFFICE, {"office": named.name}))
    return (DialogueReply(tuple(sentences), _book_choices(request, context)),)


def _tell_modes(request: InformationRequest, context: DialogueContext) -> Replies:
    """Tell in which ways the asked service is given, else each of them."""
    services = [context.service(request.service)] if request.service else context.catalogue.services()
    modes = {service.slug: context.catalogue.service_modes(service.slug) for service in services}
    sentences = [
        Sentence(
            texts.MODES_ARE,
            {
                "service": LocalizedName(service.names),
                "modes": ValueList(tuple(ModePhrase(mode) for mode in modes[service.slug])),
            },
        )
        for service in services
    ]
    if any("video" in offered for offered in modes.values()):
        sentences.append(Sentence(texts.VIDEO_IN_BROWSER))
    return (DialogueReply(tuple(sentences), _book_choices(request, context), is_list=True),)


def _tell_phone(request: InformationRequest, context: DialogueContext) -> Replies:
    sentences = (*call_sentences(texts.CALL_US, context, request.office), Sentence(texts.ASK_AT_ENTRANCE))
    return (DialogueReply(sentences, phone=context.phone_to_call(request.office)),)


def tell_without_email(office: str | None, context: DialogueContext) -> Replies:
    """Tell how a person without e-mail gets an appointment: by telephone, or at the entrance."""
    found = context.catalogue.office(office)
    names = {"office": found.name, "address": found.address} if found else {}
    entrance = Sentence(texts.BOOK_AT_ENTRANCE, names) if found else Sentence(texts.ASK_AT_ENTRANCE)
    return _single_reply(Sentence(texts.NO_EMAIL), *call_sentences(texts.CALL_US, context, office), entrance)


def tell_person(office: str | None, service: str | None, context: DialogueContext) -> Replies:
    """Tell the telephone and its hours; offer a call where the service is given by telephone."""
    (reply,) = _tell_phone(InformationRequest(office, service, ()), context)
    if service is None or "phone" not in context.catalogue.service_modes(service):
        return (reply,)
    by_phone = replace(mode_choice("phone"), label=Sentence(texts.CALL_ME))
    return (replace(reply, choices=(by_phone,)),)


def _tell_phone_mode(request: InformationRequest, context: DialogueContext) -> Replies:
    """Tell which services are given by telephone, and offer to book such a service."""
    slugs = [
        service.slug
        for service in context.catalogue.services()
        if "phone" in context.catalogue.service_modes(service.slug)
    ]
    if request.service in slugs:
        return (DialogueReply((Sentence(texts.YES_BY_PHONE),), (mode_choice("phone"),)),)
    if not slugs or request.service is not None:
        return _single_reply(
            Sentence(texts.NO_PHONE_MODE), *call_sentences(texts.CALL_US, context, request.office)
        )
    choices = tuple(service_choice(context, slug) for slug in slugs)
    return (DialogueReply((Sentence(texts.PHONE_SERVICES),), choices),)


def _tell_why_data(_request: InformationRequest, _context: DialogueContext) -> Replies:
    return (DialogueReply((Sentence(texts.WHY_DATA), Sentence(texts.PRIVACY_TELLS)), link="/privacy"),)


def _asked_offices(request: InformationRequest, context: DialogueContext) -> tuple[CatalogueOffice, ...]:
    """Return the named offices, else the chosen office, else all."""
    if request.named_offices:
        return tuple(context.office(slug) for slug in request.named_offices)
    return selected_offices(request.office, context)


def _book_choices(request: InformationRequest, context: DialogueContext) -> tuple[ReplyChoice, ...]:
    """Offer to book the named service, when nothing is being booked."""
    if request.named_service is None or not request.may_book:
        return ()
    label = Sentence(texts.BOOK_THIS, {"service": service_name(context, request.named_service)})
    return (ReplyChoice(label, f"service:{request.named_service}"),)


def _without_full_stop(text: Mapping[str, str]) -> LocalizedName:
    """Let a written text end a sentence that has its own full stop."""
    return LocalizedName({language: words.rstrip(". ") for language, words in text.items()})


def _single_reply(*sentences: Sentence) -> Replies:
    return (DialogueReply(sentences),)


# The topic of each question, and the answer to each that needs no effect.
TOPICS: Mapping[Intent, str] = {
    Intent.WAIT: "wait",
    Intent.HOURS: "hours",
    Intent.HOLIDAYS: "holidays",
    Intent.BRING: "bring",
    Intent.DURATION: "duration",
    Intent.PRICE: "price",
    Intent.WHERE: "where",
    Intent.TRANSPORT: "transport",
    Intent.PARKING: "parking",
    Intent.ACCESS: "access",
    Intent.SERVICES: "services",
    Intent.MODES: "modes",
    Intent.BY_PHONE: "modes",
    Intent.HUMAN: "phone",
    Intent.WHY: "privacy",
    Intent.REFUSE: "privacy",
    Intent.OTHER_QUESTION: "other",
    Intent.INSULT: "phone",
}
INFORMATION_ANSWERS: Mapping[Intent, Callable[[InformationRequest, DialogueContext], Replies]] = {
    Intent.HOURS: lambda request, context: tell_opening_hours(
        _asked_offices(request, context), request.days, context
    ),
    Intent.HOLIDAYS: lambda request, context: tell_holidays(
        _asked_offices(request, context), request.days, context
    ),
    Intent.BRING: lambda request, context: tell_what_to_bring(request.service, context),
    Intent.DURATION: _tell_duration,
    Intent.PRICE: _tell_prices,
    Intent.WHERE: _tell_addresses,
    Intent.TRANSPORT: _tell_transport,
    Intent.PARKING: lambda request, context: _tell_fact(lambda office: office.parking, request, context),
    Intent.ACCESS: lambda request, context: _tell_fact(lambda office: office.access, request, context),
    Intent.SERVICES: _tell_services,
    Intent.MODES: _tell_modes,
    Intent.HUMAN: _tell_phone,
    Intent.WHY: _tell_why_data,
    Intent.OTHER_QUESTION: lambda request, context: (unknown_reply(context, request.office),),
    Intent.REFUSE: lambda request, context: _single_reply(
        Sentence(texts.NEED_DATA), *call_sentences(texts.CALL_US, context, request.office)
    ),
    Intent.INSULT: lambda request, context: _single_reply(
        *call_sentences(texts.ANSWER_TO_INSULT, context, request.office)
    ),
    Intent.BY_PHONE: _tell_phone_mode,
}
