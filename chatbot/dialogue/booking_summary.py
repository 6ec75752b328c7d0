"""The summary of a booking, with a choice to change each part of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...appointments.domain.needs import needs_in_mode
from ...offices.domain.words import MODE_NAMES, NEED_NAMES
from ..domain.catalogue import CatalogueOffice
from ..domain.visits import visit_modes, visit_offices
from . import texts
from .context import DialogueContext, service_name
from .replies import (
    DialogueReply,
    DialogueTurn,
    LocalInstant,
    LocalizedName,
    ReplyChoice,
    Sentence,
    SummaryRow,
    SummaryTable,
    ValueList,
)
from .state import ConversationState

CONFIRM_CHOICE = ReplyChoice(Sentence(texts.YES_BOOK), "yes:", is_main=True)


def booking_summary(state: ConversationState, context: DialogueContext) -> DialogueReply:
    """Repeat every part of the booking, and ask for the confirmation. Nothing else is booked."""
    assert state.starts_at is not None
    office = context.office(state.office)
    when = LocalInstant(state.starts_at, office.timezone)
    sentences = [
        Sentence(texts.SUMMARY, {"service": service_names(state.services, context), "when": when}),
        _summary_place(state, office),
    ]
    if state.booking_needs:
        sentences.append(Sentence(texts.SUMMARY_NEEDS, {"needs": need_names(state.booking_needs)}))
    if state.phone is not None and state.mode != "phone":
        person = {"name": state.name, "email": state.email, "telephone": state.phone}
        sentences.append(Sentence(texts.SUMMARY_PERSON_PHONE, person))
    else:
        sentences.append(Sentence(texts.SUMMARY_PERSON, {"name": state.name, "email": state.email}))
    if state.later:
        sentences.append(Sentence(texts.SUMMARY_LATER, {"service": service_names(state.later, context)}))
    changes = change_choices(state, context)
    choices: tuple[ReplyChoice, ...] = (CONFIRM_CHOICE, *changes)
    closing = [access_sentence(office, context)] if state.needs_step_free else []
    closing.append(Sentence(texts.ASK_CONFIRM))
    rows = _summary_rows(state, context, {choice.value: choice for choice in changes})
    table = SummaryTable(rows, tuple(sentences), tuple(closing))
    return DialogueReply((), choices, "/privacy", is_private=True, is_list=True, table=table)


def _summary_rows(
    state: ConversationState, context: DialogueContext, changes: Mapping[str, ReplyChoice]
) -> tuple[SummaryRow, ...]:
    """Return each part of the booking with the choice that changes it, for the page."""
    assert state.mode is not None
    assert state.starts_at is not None
    office = context.office(state.office)
    place = f"{office.name}, {office.address}" if state.mode == "in_person" else office.name
    parts = (
        (texts.ROW_SERVICE, service_names(state.services, context), "other:service"),
        (texts.ROW_WHEN, LocalInstant(state.starts_at, office.timezone), "other:date"),
        (texts.ROW_MODE, Sentence(MODE_NAMES[state.mode]), "other:mode"),
        (texts.ROW_OFFICE, place, "other:office"),
        (texts.ROW_NEEDS, need_names(state.booking_needs) if state.booking_needs else None, "needs:"),
        (texts.ROW_NAME, state.name, "other:name"),
        (texts.ROW_EMAIL, state.email, "other:email"),
        (texts.ROW_PHONE, state.phone, "other:phone"),
        (texts.ROW_LATER, service_names(state.later, context) if state.later else None, ""),
    )
    return tuple(
        SummaryRow(Sentence(name), value, changes.get(change))
        for name, value, change in parts
        if value is not None
    )


def service_names(slugs: tuple[str, ...], context: DialogueContext) -> ValueList:
    """List services by name. A service that was removed meanwhile is left out."""
    known = (slug for slug in slugs if context.catalogue.service(slug) is not None)
    return ValueList(tuple(service_name(context, slug) for slug in known))


def need_names(codes: tuple[str, ...]) -> ValueList:
    """List needs by the names that the booking form gives them."""
    return ValueList(tuple(Sentence(NEED_NAMES[code]) for code in codes))


def access_sentence(office: CatalogueOffice, context: DialogueContext) -> Sentence:
    """Tell what the office has written about its way in, else that it is not known."""
    if office.access:
        return Sentence(texts.OFFICE_ACCESS, {"office": office.name, "access": LocalizedName(office.access)})
    return Sentence(texts.ACCESS_UNKNOWN, {"office": office.name, "phone": context.phone_to_call(office.slug)})


def _summary_place(state: ConversationState, office: CatalogueOffice) -> Sentence:
    """Say where, or by which means, the citizen is attended."""
    if state.mode == "phone":
        return Sentence(texts.SUMMARY_PHONE, {"office": office.name, "phone": state.phone})
    if state.mode == "video":
        return Sentence(texts.SUMMARY_VIDEO, {"office": office.name})
    return Sentence(texts.SUMMARY_OFFICE, {"office": office.name, "address": office.address})


def change_choices(state: ConversationState, context: DialogueContext) -> tuple[ReplyChoice, ...]:
    """Offer to change each part of the booking."""
    catalogue, services = context.catalogue, state.services
    parts = [(texts.CHANGE_DAY, "other:date")]
    if len(visit_offices(catalogue, services, state.mode)) > 1:
        parts.append((texts.CHANGE_OFFICE, "other:office"))
    if len(visit_modes(catalogue, services)) > 1:
        parts.append((texts.CHANGE_MODE, "other:mode"))
    parts += [(texts.CHANGE_SERVICE, "other:service"), (texts.CHANGE_NAME, "other:name")]
    parts += [(texts.CHANGE_EMAIL, "other:email")]
    parts.append((texts.CHANGE_PHONE if state.phone else texts.ADD_PHONE, "other:phone"))
    needs = texts.CHANGE_NEEDS if state.booking_needs else texts.ADD_NEEDS
    # the needs come first, because no other question asks for them
    return tuple(ReplyChoice(Sentence(text), value, is_minor=True) for text, value in [(needs, "needs:"), *parts])


def ask_needs(state: ConversationState) -> DialogueTurn:
    """Ask which needs the citizen has; each choice adds a need, or takes it back."""
    choices = tuple(
        ReplyChoice(
            Sentence(texts.WITHOUT_NEED if code in state.needs else texts.WITH_NEED, {"need": Sentence(name)}),
            f"{'without' if code in state.needs else 'need'}:{code}",
        )
        for code, name in NEED_NAMES.items()
        if needs_in_mode((code,), state.mode)
    )
    nothing = ReplyChoice(Sentence(texts.NO_NEEDS), "needs:none", is_minor=True)
    reply = DialogueReply((Sentence(texts.ASK_NEEDS),), (*choices, nothing))
    return DialogueTurn(replace(state, asked="needs"), (reply,))
