"""A turn of the conversation: from state and message to new state and replies. Pure.

A turn is a generator (effects.py), so that tests run it with fake data and the product with real handlers.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from ...appointments.domain.booking_url import FIND_APPOINTMENT_PATH
from ...appointments.domain.needs import known_needs, needs_in_mode
from ..language.lexicon import Intent
from ..language.normalize import normalise_text
from ..language.understanding import (
    LEXICONS,
    PERSONAL_DETAILS,
    SMALL_TALK_INTENTS,
    Understanding,
    wanted_intent,
)
from . import booking, buttons, texts
from .answers import ANSWER_HANDLERS
from .appointment import identification, own_appointment
from .booking_summary import access_sentence, need_names, service_names
from .context import (
    DialogueContext,
    booking_form_fields,
    booking_form_link,
    call_sentences,
    carried_facts,
    service_name,
)
from .doubts import did_you_mean
from .doubts.other_languages import answer_other_language
from .effects import (
    Effect,
    LoadAppointment,
    LookupAnswer,
    OptionalTurnGenerator,
    ReleaseHold,
    RequestDenied,
    TurnGenerator,
    complete_turn,
)
from .intent_handlers import INTENT_HANDLERS, give_information
from .next_question import ask_next_question
from .questions import information
from .replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence, ValueList, prepend_sentences
from .state import ConversationState, OfferedChoice, OwnAppointment
from .understood_facts import (
    apply_facts,
    ask_about_uncertain_facts,
    check_details,
    without_unwished_services,
)

MIN_QUESTION_WORDS = 3  # words; `¿qué?` asks to be told again
MAX_MISSES = 2  # consecutive messages that are not understood before the form is offered
MAX_NAMING_WORDS = 6  # words; a longer message says more than the label of a button
# Intents of a message that takes a need back: `quítalo`, `take that off`.
TAKING_BACK = frozenset(
    {
        Intent.CANCEL,
        Intent.CHANGE,
        Intent.CANNOT_COME,
        Intent.NO,
        Intent.YES,
        Intent.THAT,
        Intent.SKIP,
        Intent.BACK,
    }
)
_APPOINTMENT = re.compile(
    r"\b(?:citas?|reserva|appointments?|booking|(?:anul|cancel|quit|borr)(?:a|ar|ad|e)(?:me)?la)\b"
)
_CLEAR_YES = re.compile(
    r"\W*(?:(?:que |pues |claro que )?s[ií]|yes|yeah|yep)(?=\s*[,.!]|\s*$|(?<=í)\s)", re.IGNORECASE
)
NO_SUGGESTIONS = ("ask:other", "skip:", "other:service")  # values of "none of these"
PERSON_CHOICE = ReplyChoice(Sentence(texts.TALK_TO_PERSON), "tell:human", is_minor=True)


def run_turn(state: ConversationState, understood: Understanding, context: DialogueContext) -> TurnGenerator:
    """Answer a message, after a warning if it brings in an office that is evacuated."""
    turn = yield from _answer_with_needs(state, understood, context)
    plan = _plan_of_services(state, turn.state, context)
    if plan and plan[0].text == texts.IN_ONE_VISIT:
        turn = _without_repeated_services(turn, context)
    turn = prepend_sentences(turn, *plan, *_access_of_office(state, turn.state, context))
    slugs = {*understood.offices.named, *({turn.state.office} - {state.office})}
    offices = [office for office in context.catalogue.offices if office.is_evacuating and office.slug in slugs]
    said = [sentence for reply in turn.replies for sentence in reply.sentences]
    warnings = [information.evacuation_sentence(office) for office in offices]
    return prepend_sentences(turn, *(warning for warning in warnings if warning not in said))


def _plan_of_services(
    before: ConversationState, after: ConversationState, context: DialogueContext
) -> tuple[Sentence, ...]:
    """Tell which services were added to the visit, and which are booked afterwards."""
    if after.task != "book":
        return ()
    said = []
    if set(after.more) - set(before.more):
        said.append(Sentence(texts.IN_ONE_VISIT, {"service": service_names(after.services, context)}))
    added = tuple(slug for slug in after.later if slug not in before.later)
    if added and after.service is not None:
        said.append(Sentence(texts.COMES_LATER, {"service": service_names(added, context)}))
    return tuple(said)


def _without_repeated_services(turn: DialogueTurn, context: DialogueContext) -> DialogueTurn:
    """Leave the services of the visit out of the repeated facts; the plan names them."""
    names = [service_name(context, slug) for slug in turn.state.services]

    def shorten(sentence: Sentence) -> Sentence | None:
        if sentence.text != texts.UNDERSTOOD:
            return sentence
        facts = tuple(fact for fact in sentence.values["facts"].values if fact not in names)
        return replace(sentence, values={"facts": ValueList(facts)}) if facts else None

    return DialogueTurn(
        turn.state,
        tuple(
            replace(reply, sentences=tuple(filter(None, map(shorten, reply.sentences)))) for reply in turn.replies
        ),
    )


def _access_of_office(
    before: ConversationState, after: ConversationState, context: DialogueContext
) -> tuple[Sentence, ...]:
    """Tell a person who needs a way without steps how to enter a newly chosen office.

    The summary tells it again.
    """
    known = (after.named_office, after.needs_step_free)
    if after.asked == "confirm" or not all(known) or known == (before.named_office, before.needs_step_free):
        return ()
    return (access_sentence(context.office(after.office), context),)


def _answer_with_needs(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Answer a message. A need that was named once is kept until it is taken back."""
    if state.done:
        state = ConversationState(language=state.language, needs=state.needs, recent_id=state.recent_id)
    if buttons.pressed_choice(state, understood) is not None:  # a button may change the needs itself
        return (yield from _answer_message(state, understood, context))
    own = yield from _own_appointment(state, understood)
    if own is not None and understood.refused_needs + understood.needs:
        return (yield from _answer_needs_of_booked(state, own, understood, context))
    refused = [code for code in understood.refused_needs if code in state.needs]
    needs = known_needs(code for code in (*state.needs, *understood.needs) if code not in refused)
    is_confirming = state.asked == "confirm" and needs != state.needs
    state = replace(state, needs=needs)
    is_only_need = not understood.intents or (refused and _is_only_taken_back(understood))
    if (understood.needs or refused) and not understood.facts and (is_confirming or is_only_need):
        turn = yield from _ask_again(state, understood, context)
    else:
        turn = yield from _answer_message(state, understood, context)
    turn = DialogueTurn(replace(turn.state, needs=needs), turn.replies)
    return prepend_sentences(turn, *_needs_noted(turn.state, understood, refused))


def _is_only_taken_back(understood: Understanding) -> bool:
    """Whether `quítalo` or a similar word means a need, and not the appointment."""
    names_appointment = _APPOINTMENT.search(normalise_text(understood.text)) is not None
    return not names_appointment and not understood.questions and set(understood.intents) <= TAKING_BACK


def _own_appointment(
    state: ConversationState, understood: Understanding
) -> Generator[Effect, Any, OwnAppointment | None]:
    """Return the appointment that was looked up, or that was just booked."""
    if state.visit is not None or state.recent_id is None or state.task is not None or state.asked == "next":
        return state.visit
    if understood.has_intent(Intent.BOOK) and understood.facts:
        return None
    answer: LookupAnswer = yield LoadAppointment(state.recent_id)
    return None if isinstance(answer, RequestDenied) else answer.appointment


def _answer_needs_of_booked(
    state: ConversationState, own: OwnAppointment, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Tell that an appointment keeps its needs; then answer the rest of the message."""
    said = _needs_of_booked(own, understood, context)
    is_only_need = not understood.intents or _is_only_taken_back(understood)
    if said and not understood.facts and is_only_need:
        asked = state.asked or "task"
        return DialogueTurn(replace(state, asked=asked, misses=0), (DialogueReply(said),))
    return prepend_sentences((yield from _answer_message(state, understood, context)), *said)


def _needs_of_booked(
    own: OwnAppointment, understood: Understanding, context: DialogueContext
) -> tuple[Sentence, ...]:
    added = tuple(code for code in needs_in_mode(understood.needs, own.mode) if code not in own.needs)
    known = tuple(code for code in understood.needs if code in own.needs)
    removed = tuple(code for code in understood.refused_needs if code in own.needs)
    phone = context.phone_to_call(own.office)
    changes = ((texts.NEEDS_NOT_ADDED, added), (texts.NEEDS_NOT_REMOVED, removed))
    said = [Sentence(text, {"needs": need_names(codes), "phone": phone}) for text, codes in changes if codes]
    if said and own.mode == "in_person":
        said.append(Sentence(texts.NEEDS_AT_ENTRANCE))
    if known:
        said.append(Sentence(texts.NEEDS_IN_APPOINTMENT, {"needs": need_names(known)}))
    return tuple(said)


def _needs_noted(
    state: ConversationState, understood: Understanding, refused: Sequence[str]
) -> tuple[Sentence, ...]:
    """Repeat the needs that the message named or took back."""
    if state.task not in (None, "book") or state.done:
        return ()
    said = []
    noted = needs_in_mode(understood.needs, state.mode)
    if noted:
        said.append(Sentence(texts.NEEDS_NOTED, {"needs": need_names(noted)}))
    elif understood.needs:
        said.append(Sentence(texts.NEED_OF_PLACE))
    if refused:
        said.append(Sentence(texts.NEEDS_DROPPED, {"needs": need_names(tuple(refused))}))
    return tuple(said)


def _ask_again(state: ConversationState, understood: Understanding, context: DialogueContext) -> TurnGenerator:
    """Repeat the open question; after a need alone, ask for the service."""
    state = replace(state, language=understood.language, misses=0, task=state.task or "book")
    return (yield from ask_next_question(state, context))


def _answer_message(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    choice = buttons.pressed_choice(state, understood)
    if choice is not None:
        return (yield from buttons.handle_choice(replace(state, misses=0), choice, context))
    only = _only_suggestion(state) if _is_yes(understood) else None
    if only is not None:
        return (yield from buttons.handle_choice(replace(state, misses=0), only, context))
    if understood.other_language is not None and _is_all_foreign(understood):
        return (yield from answer_other_language(state, understood, context))
    if understood.language == state.language:
        return (yield from _answer_text(state, understood, context))
    turn = yield from _answer_text(replace(state, language=understood.language), understood, context)
    return prepend_sentences(turn, Sentence(texts.SWITCHED))


def _is_yes(understood: Understanding) -> bool:
    """Whether a message begins with a clear yes and names nothing else."""
    return _CLEAR_YES.match(understood.text) is not None and not understood.facts


def _only_suggestion(state: ConversationState) -> str | None:
    """Return the value of the only choice that was suggested beside "none of these"."""
    values = [choice.value for choice in state.offered]
    suggested = [value for value in values if value not in (*NO_SUGGESTIONS, PERSON_CHOICE.value)]
    has_none = any(value in NO_SUGGESTIONS for value in values)
    return suggested[0] if has_none and len(suggested) == 1 else None


def _is_all_foreign(understood: Understanding) -> bool:
    """Whether no fact was read, or a service in a language far from Spanish."""
    is_far = understood.other_language not in ("ca", "gl", "pt", "it")
    return not understood.facts or (is_far and understood.facts <= {"service", "date"})


def _answer_text(state: ConversationState, understood: Understanding, context: DialogueContext) -> TurnGenerator:
    understood = without_unwished_services(state, understood)
    intent = wanted_intent(understood, state.asked if state.asked != "task" else None)
    intent = did_you_mean.believed_intent(understood, intent, state.asked)
    if _wants_service_elsewhere(state, understood, intent):
        return _answer_unknown_service(state, state, understood, context)
    doubt = did_you_mean.ask_if_meant(state, understood, intent)
    if doubt is not None:
        return doubt
    turn = yield from _handle_intent_or_answer(replace(state, misses=0), understood, intent, context)
    if turn is not None:
        return turn
    if understood.facts or intent is Intent.BOOK:
        turn = yield from _take_facts(state, understood, context)
        return (yield from _take_ordinal(turn, state, understood, context))
    return (yield from _answer_not_understood(state, understood, context))


def _take_ordinal(
    turn: DialogueTurn, state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Choose among the times that a wish leaves: `por la mañana la primera`."""
    offers = [
        choice.value for reply in turn.replies for choice in reply.choices if choice.value.startswith("time:")
    ]
    value = buttons.offer_at(offers, understood.ordinal) if understood.ordinal is not None else None
    if value is None or state.asked not in ("date", "time"):
        return turn
    return (yield from buttons.handle_choice(turn.state, value, context))


def _handle_intent_or_answer(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalTurnGenerator:
    """Try the handler of the intent, then the handler of the question that was asked."""
    if intent is not None and intent in INTENT_HANDLERS:
        turn = yield from complete_turn(INTENT_HANDLERS[intent](state, understood, context))
        if turn is not None:
            return turn
    if understood.locator is not None and state.asked not in ("locator", "contact"):
        return (yield from identification.answer_locator(state, understood, context))
    if state.asked in ANSWER_HANDLERS:
        return (yield from complete_turn(ANSWER_HANDLERS[state.asked](state, understood, intent, context)))
    return None


# Facts of a booking


def _take_facts(state: ConversationState, understood: Understanding, context: DialogueContext) -> TurnGenerator:
    """Put all facts into the state; ask about uncertain facts, else ask the next question."""
    question = ask_about_uncertain_facts(state, understood, context)
    updated, repeated = apply_facts(replace(state, misses=0), understood, context)
    if understood.services.several and not understood.services.sure and state.service is None:
        updated = replace(updated, more=understood.services.likely)
    updated, problems = yield from check_details(updated, understood)
    if question is not None:
        asked = "service" if question.choices[0].value.startswith(("service:", "add:")) else "office"
        return prepend_sentences(DialogueTurn(replace(updated, asked=asked), (question,)), *problems)
    if _wants_unknown_service(updated, understood):
        return _answer_unknown_service(state, updated, understood, context)
    if updated.task is None:
        updated = replace(updated, task="book")
    turn = yield from ask_next_question(updated, context)
    has_chosen_time = turn.state.starts_at is not None and turn.state.starts_at != state.starts_at
    turn = prepend_sentences(
        turn,
        *problems,
        *booking.impossible_choices(updated, context),
        *repeated.sentences(with_times=not has_chosen_time),
    )
    turn = _with_noted_details(turn, state)
    side_answer = yield from _answer_side_question(updated, understood, context)
    return DialogueTurn(turn.state, (*side_answer, *turn.replies))


def _with_noted_details(turn: DialogueTurn, before: ConversationState) -> DialogueTurn:
    """Tell that a name and contacts were noted while another question stays open."""
    after = turn.state
    is_told = after.asked in PERSONAL_DETAILS | {"confirm", "email_typo"}
    pairs = ((before.name, after.name), (before.email, after.email), (before.phone, after.phone))
    new = tuple(now for past, now in pairs if now is not None and now != past)
    if is_told or not new:
        return turn
    turn = prepend_sentences(turn, Sentence(texts.DETAILS_NOTED, {"details": ValueList(new)}))
    first, *rest = turn.replies
    return DialogueTurn(after, (replace(first, is_private=True), *rest))


def _answer_side_question(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> information.RepliesGenerator:
    """Answer a question beside the wish: `y saber cuánto hay que esperar`."""
    questions = understood.questions
    if not understood.has_side_question or not questions:
        return ()
    return (yield from information.answer_questions(questions[0], state, understood, context))


def _wants_service_elsewhere(state: ConversationState, understood: Understanding, intent: Intent | None) -> bool:
    """Whether a service of another authority is wanted while no service is chosen."""
    is_open = state.service is None and state.asked in (None, "task", "service")
    # `I need my passport` looks like a question about what to bring
    is_wish = understood.has_wish and not understood.has_question_form
    is_about_service = intent in (None, Intent.BOOK, Intent.OTHER_QUESTION, *SMALL_TALK_INTENTS)
    is_about_service = (is_about_service and not understood.questions) or (is_wish and intent is Intent.BRING)
    return understood.is_elsewhere and is_open and is_about_service


def _wants_unknown_service(state: ConversationState, understood: Understanding) -> bool:
    """Whether the message wants to book, in words that name no service of the catalogue."""
    names_service = "service" in understood.facts or state.service is not None
    return understood.has_intent(Intent.BOOK) and bool(understood.unexplained_words) and not names_service


# Messages that are not understood


def _answer_unknown_service(
    state: ConversationState, updated: ConversationState, understood: Understanding, context: DialogueContext
) -> DialogueTurn:
    """List the services; the second time, or for a known service, say it is not done here."""
    misses = state.misses + 1
    if misses >= MAX_MISSES:
        sentences = (Sentence(texts.NOT_DONE_HERE), *call_sentences(texts.CALL_US, context, state.named_office))
        see_services = ReplyChoice(Sentence(texts.SEE_SERVICES), "task:book")
        reply = DialogueReply(sentences, (see_services,))
        return DialogueTurn(replace(state, task=None, asked="task", misses=misses), (reply,))
    reply = booking.ask_service(context, texts.DONE_HERE if understood.is_elsewhere else texts.UNKNOWN_SERVICE)
    if understood.is_elsewhere:
        not_here = (Sentence(texts.NOT_DONE_HERE), *call_sentences(texts.CALL_US, context, state.named_office))
        reply = replace(reply, sentences=(*not_here, *reply.sentences))
    replies = _with_person((reply,))
    return DialogueTurn(replace(updated, task="book", asked="service", misses=misses), replies)


def _answer_not_understood(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Press the choice that the words name, or ask again; at last offer the form."""
    if understood.has_intent(Intent.REFUSE):
        return (yield from give_information(Intent.REFUSE, state, understood, context))
    named = _named_choices(state, understood)
    if len(named) == 1 and _is_named_exactly(named[0], understood.text):
        return (yield from buttons.handle_choice(replace(state, misses=0), named[0].value, context))
    probable = did_you_mean.ask_probable_meanings(state, understood)
    if probable is not None and state.misses + 1 < MAX_MISSES:
        return probable
    wants_something = understood.has_wish or understood.second.intent is Intent.BOOK
    if state.asked == "service" or (wants_something and state.asked in (None, "task")):
        return _answer_unknown_service(state, state, understood, context)
    if understood.has_question_form and len(understood.text.split()) >= MIN_QUESTION_WORDS:
        return (yield from give_information(Intent.OTHER_QUESTION, state, understood, context))
    if state.misses + 1 >= MAX_MISSES:
        return (yield from _offer_form(state, context))
    if named:
        return _ask_if_meant(state, named)
    if state.task == "book" and state.asked == "confirm":  # it may be a correction: a yes must not book next
        turn = booking.ask_what_to_change(state, context)
    else:
        turn = yield from ask_next_question(state, context)
    turn = DialogueTurn(replace(turn.state, misses=state.misses + 1), _with_person(turn.replies))
    has_free_answer = state.asked in PERSONAL_DETAILS | {"locator", "contact"}
    hint = () if has_free_answer else (Sentence(texts.SAY_AGAIN),)
    return prepend_sentences(turn, Sentence(texts.NOT_UNDERSTOOD), *hint)


def _named_choices(state: ConversationState, understood: Understanding) -> list[OfferedChoice]:
    """Find the choices that a short message names, unless it denies something."""
    if understood.has_intent(Intent.NO) or len(understood.text.split()) > MAX_NAMING_WORDS:
        return []
    lexicon = LEXICONS.get(understood.language)
    return buttons.named_choices(state, understood.text, lexicon.general_words if lexicon else ())


def _is_named_exactly(choice: OfferedChoice, text: str) -> bool:
    """Whether the message has a long word of the label in its very spelling."""
    label = set(normalise_text(choice.label).split())
    return any(word in label for word in normalise_text(text).split() if len(word) >= buttons.MIN_NAMING_LENGTH)


def _ask_if_meant(state: ConversationState, near: Sequence[OfferedChoice]) -> DialogueTurn:
    """Offer the choices whose labels are near to the words of the message."""
    choices = tuple(ReplyChoice(Sentence(texts.OFFERED_LABEL, {"label": each.label}), each.value) for each in near)
    other = ReplyChoice(Sentence(texts.OTHER_THING), "skip:", is_minor=True)
    reply = DialogueReply((Sentence(texts.DID_YOU_MEAN),), (*choices, other, PERSON_CHOICE))
    return DialogueTurn(replace(state, misses=state.misses + 1), (reply,))


def _with_person(replies: tuple[DialogueReply, ...]) -> tuple[DialogueReply, ...]:
    """Add the way to a person to the choices of the last reply."""
    *others, last = replies
    return (*others, replace(last, choices=(*last.choices, PERSON_CHOICE)))


def _offer_form(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Link to the form, tell what it has filled in, and the way to a person.

    The held slot is released, because the form could not book it.
    """
    yield ReleaseHold()
    if state.asked in ("locator", "contact"):
        sentence = Sentence(texts.TO_MY_APPOINTMENT, {"phone": context.phone_to_call(None)})
        choices = (own_appointment.LEAVE_CHOICE, PERSON_CHOICE)
        reply = DialogueReply((sentence,), choices, FIND_APPOINTMENT_PATH, phone=context.phone_to_call(None))
    else:
        facts = carried_facts(state, context)
        text = texts.TO_THE_FORM if facts else texts.TO_AN_EMPTY_FORM
        phone = context.phone_to_call(state.office)
        sentence = Sentence(text, {"facts": ValueList(facts), "phone": phone})
        choices = (ReplyChoice(Sentence(texts.GO_ON_HERE), "task:book"), PERSON_CHOICE)
        form = booking_form_fields(state, context)
        reply = DialogueReply((sentence,), choices, booking_form_link(state, context), phone=phone, form=form)
    return DialogueTurn(replace(state, misses=0), (reply,))
