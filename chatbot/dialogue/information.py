"""What the assistant tells without booking: waits, the fastest way, what to bring, whom to call. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from . import texts
from .catalogue import CatalogueOffice
from .context import DialogueContext, service_choice, service_name
from .effects import (
    DialogueReply,
    DialogueTurn,
    Effect,
    FindFirstTimes,
    FindLineWaits,
    FirstFreeTime,
    LocalInstant,
    LocalizedName,
    OfficeLineWait,
    ReplyChoice,
    Sentence,
    TurnGenerator,
)
from .opening_hours import closed_sentence, open_now_sentence, selected_offices
from .state import ConversationState

WAITS_SHOWN = 6
FIRSTS_SHOWN = 3

RepliesGenerator = Generator[Effect, Any, tuple[DialogueReply, ...]]


def tell_waits(office: str | None, service: str | None, context: DialogueContext) -> RepliesGenerator:
    """How long it takes now: of one office or all, of a service's line or all."""
    found: list[OfficeLineWait] = yield FindLineWaits()
    lines: list[Sentence] = []
    for place in selected_offices(office, context):
        offer = place.service(service) if service else None
        own = [one for one in found if one.office == place.slug and (offer is None or one.line == offer.line)]
        lines += _wait_sentences(place, own, context)
    return (DialogueReply(tuple(lines[:WAITS_SHOWN]), is_list=True),)


def _wait_sentences(
    place: CatalogueOffice, own: Sequence[OfficeLineWait], context: DialogueContext
) -> list[Sentence]:
    if place.paused:
        return [Sentence(texts.PLACE_PAUSED, {"office": place.name})]
    if place.closes_at is None:
        return [closed_sentence(place)]
    if len({one.call_range for one in own}) == 1 and own[0].call_range is not None:
        return [_wait_sentence(place, own[0], texts.WAIT_ALL)]
    return [_wait_sentence(place, one) for one in own]


def _wait_sentence(place: CatalogueOffice, one: OfficeLineWait, text: str = texts.WAIT_CALLED) -> Sentence:
    named = {"office": place.name, "line": one.name}
    if one.call_range is None:
        return Sentence(texts.WAIT_UNKNOWN, named)
    first, last = (LocalInstant(moment, place.timezone, "time") for moment in one.call_range)
    return Sentence(text, {**named, "first": first, "last": last})


def tell_fastest(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Walking in now with its wait, video today, another office: what is soonest first."""
    assert state.service is not None
    found: list[OfficeLineWait] = yield FindLineWaits()
    firsts: list[FirstFreeTime] = yield FindFirstTimes(state.service)
    best, booked = _best_walk_in(state, context, found), _appointment_replies(state, context, firsts)
    is_first = best is not None and (not firsts or best.call_range < (firsts[0].starts_at,) * 2)
    walk_in = (
        [_walk_in_reply(state, best, context, texts.FAST_WALK_IN if is_first else texts.ALSO_WALK_IN)]
        if best
        else []
    )
    replies = [*walk_in, *booked] if is_first else [*booked, *walk_in]
    if not replies:
        replies = [
            DialogueReply((Sentence(texts.FAST_NOTHING, {"service": service_name(context, state.service)}),))
        ]
    return DialogueTurn(replace(state, asked="time" if firsts else "task", task="book"), tuple(replies))


@dataclass(frozen=True, slots=True)
class _BestWalkIn:
    """Where one would be called first without an appointment, and between when and when."""

    office: str
    call_range: tuple[datetime, datetime]


def _best_walk_in(
    state: ConversationState, context: DialogueContext, found: Sequence[OfficeLineWait]
) -> _BestWalkIn | None:
    """Of the offices that are open and take people without an appointment for the service."""
    waits = []
    for place in context.catalogue.offices_with_service(state.service or "", "in_person"):
        offer = place.service(state.service or "")
        if offer is None or not offer.walk_in or place.paused or place.closes_at is None:
            continue
        own = (one for one in found if (one.office, one.line) == (place.slug, offer.line))
        waits += [_BestWalkIn(one.office, one.call_range) for one in own if one.call_range]
    return min(waits, key=lambda one: one.call_range, default=None)


def _walk_in_reply(
    state: ConversationState, best: _BestWalkIn, context: DialogueContext, text: str
) -> DialogueReply:
    place = context.office(best.office)
    first, last = (LocalInstant(moment, place.timezone, "time") for moment in best.call_range)
    values = {"office": place.name, "address": place.address, "first": first, "last": last}
    return DialogueReply((Sentence(text, values),), link=f"/o/{place.slug}?service={state.service}")


def _appointment_replies(
    state: ConversationState, context: DialogueContext, firsts: Sequence[FirstFreeTime]
) -> list[DialogueReply]:
    if not firsts:
        return []
    modes = {one.mode: one for one in reversed(firsts)}  # the first of each mode before the others
    sorted_firsts = sorted(firsts, key=lambda one: (modes[one.mode] != one, one.starts_at))
    shown = sorted(sorted_firsts[:FIRSTS_SHOWN], key=lambda one: one.starts_at)
    picks = tuple(_first_choice(one, context) for one in shown)
    return [DialogueReply((Sentence(texts.FAST_APPOINTMENT),), picks)]


def _first_choice(one: FirstFreeTime, context: DialogueContext) -> ReplyChoice:
    place = context.office(one.office)
    how = Sentence(texts.BY_VIDEO if one.mode == "video" else texts.AT_OFFICE)
    label = Sentence(texts.FAST_CHOICE, {"mode": how, "office": place.name})
    at = one.starts_at.astimezone(place.timezone).isoformat(timespec="minutes")
    when = Sentence(texts.WHEN_DAY, {"day": LocalInstant(one.starts_at, place.timezone, "short")})
    return ReplyChoice(label, f"slot:{one.office}:{one.mode}:{at}", when)


def tell_what_to_bring(service: str | None, context: DialogueContext) -> tuple[DialogueReply, ...]:
    """What to bring; the services to choose from when none is known."""
    if service is None:
        picks = tuple(
            replace(service_choice(context, one.slug), value=f"bring:{one.slug}")
            for one in context.catalogue.services()
        )
        return (DialogueReply((Sentence(texts.ASK_WHICH_SERVICE),), picks),)
    offer = context.service(service)
    named = {"service": LocalizedName(offer.names)}
    if not offer.bring:
        return (DialogueReply((Sentence(texts.BRING_NOTHING, named),)),)
    return (DialogueReply((Sentence(texts.BRING_FOR, {**named, "things": LocalizedName(offer.bring)}),)),)


def tell_duration(service: str | None, context: DialogueContext) -> tuple[DialogueReply, ...]:
    offers = [context.service(service)] if service else context.catalogue.services()
    return (
        DialogueReply(
            tuple(
                Sentence(texts.TAKES_MINUTES, {"service": LocalizedName(one.names), "minutes": one.minutes})
                for one in offers
            )
        ),
    )


def tell_addresses(office: str | None, context: DialogueContext) -> tuple[DialogueReply, ...]:
    lines = [
        Sentence(texts.PLACE_AT, {"office": one.name, "address": one.address})
        for one in selected_offices(office, context)
    ]
    return (DialogueReply(tuple(lines), is_list=True),)


def tell_services(context: DialogueContext) -> tuple[DialogueReply, ...]:
    picks = tuple(service_choice(context, one.slug) for one in context.catalogue.services())
    return (DialogueReply((Sentence(texts.OUR_SERVICES),), picks),)


def tell_phone(office: str | None, context: DialogueContext) -> tuple[DialogueReply, ...]:
    """Whom to call, and when they are there."""
    phone = Sentence(texts.CALL_US, {"phone": context.phone_to_call(office)})
    return (
        DialogueReply((phone, *(open_now_sentence(one, context) for one in selected_offices(office, context)))),
    )
