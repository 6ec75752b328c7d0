"""The conversation: (state, what was said, the world) → needs, then a new state and replies. Pure.

A turn is a generator: it yields what it needs to know (turns.py) and is sent the answer, so that the same code is
tested with a made-up world and driven by `service.py` with the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..language.lexicon import Intent
from ..language.understanding import OFFICE_QUESTION_INTENTS, Understanding, wanted_intent
from . import booking, buttons, existing_appointment, information, opening_hours, texts, time_selection
from .answers import ANSWER_HANDLERS, DETAIL_QUESTIONS, START_CHOICES, greeting_reply
from .context import DialogueContext, booking_form_link, office_choice, service_choice
from .effects import (
    DialogueReply,
    DialogueTurn,
    OptionalTurnGenerator,
    ReplyChoice,
    Sentence,
    TurnGenerator,
    prepend_sentences,
)
from .fill_slots import apply_facts, check_details
from .state import ConversationState, without_personal_data

MAX_MISSES = 2  # messages in a row that are not understood before the form is offered
INFORMATION_CHOICES = (
    ReplyChoice(Sentence(texts.SEE_WAITS), "tell:wait"),
    ReplyChoice(Sentence(texts.SEE_HOURS), "tell:hours"),
)
APPOINTMENT_TASKS = ("change", "cancel", "find")


def run_turn(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    """The answer to one message."""
    if state.done:
        state = ConversationState(language=state.language)
    value = buttons.pressed_choice(state, said)
    switched = value is None and said.language != state.language
    state = replace(state, language=said.language if switched else state.language)
    if value is not None:
        turn = yield from buttons.handle_choice(replace(state, misses=0), *value, context, ask_next_question)
    else:
        turn = yield from _answer_text(state, said, context)
    return prepend_sentences(turn, Sentence(texts.SWITCHED)) if switched else turn


def ask_next_question(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """The next question of what somebody came for."""
    if state.task in APPOINTMENT_TASKS:
        return (yield from existing_appointment.ask_next_appointment_question(state, context))
    if state.task == "fastest":
        if state.service is None:
            return DialogueTurn(
                replace(state, asked="service"), (booking.ask_service(context, texts.ASK_FASTEST),)
            )
        return (yield from information.tell_fastest(state, context))
    if state.task == "book":
        return (yield from booking.ask_next_booking_question(state, context))
    return DialogueTurn(replace(state, asked="task"), (greeting_reply(texts.HELLO_AGAIN),))


def _answer_text(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    intent = wanted_intent(said, state.asked if state.asked != "task" else None)
    heard = replace(state, misses=0)
    turn = yield from _act_on_intent(heard, said, intent, context)
    if turn is not None:
        return turn
    if said.facts or intent is Intent.BOOK:
        return (yield from _take_facts(state, said, context))
    return (yield from _answer_not_understood(state, said, context))


def _act_on_intent(
    state: ConversationState, said: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalTurnGenerator:
    """What is wanted besides, else the answer to what was asked."""
    act = INTENT_HANDLERS.get(intent) if intent is not None else None
    turn = (yield from act(state, said, context)) if act else None
    answer = ANSWER_HANDLERS.get(state.asked)
    if turn is None and answer is not None:
        turn = yield from answer(state, said, intent, context, ask_next_question)
    return turn


# What somebody says of a booking


def _take_facts(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    """Take everything at once; ask where there is a choice, else go on."""
    question = _ask_which(state, said, context)
    taken, read = apply_facts(replace(state, misses=0), said, context)
    if said.services.several:
        taken = replace(taken, later=said.services.sure or said.services.likely)
    taken, wrong = yield from check_details(taken, said)
    if question is not None:
        return prepend_sentences(
            DialogueTurn(
                replace(taken, asked="service" if _is_service_question(question) else "office"), (question,)
            ),
            *wrong,
        )
    if (
        said.has_intent(Intent.BOOK)
        and said.unexplained_words
        and "service" not in said.facts
        and taken.service is None
    ):
        return (yield from _answer_unknown_service(state, taken, context))
    if taken.task is None:
        taken = replace(taken, task="book")
    turn = yield from ask_next_question(taken, context)
    chosen = turn.state.starts_at is not None and turn.state.starts_at != state.starts_at
    turn = prepend_sentences(
        turn, *wrong, *booking.impossible_choices(taken, context), *read.sentences(with_when=not chosen)
    )
    return DialogueTurn(turn.state, (*(yield from _answer_side_question(taken, said, context)), *turn.replies))


def _answer_side_question(
    state: ConversationState, said: Understanding, context: DialogueContext
) -> information.RepliesGenerator:
    """The answer to what somebody asks beside what they come for: `y saber cuánto hay que esperar`."""
    if not said.has_side_question:
        return ()
    questions = [one for one in said.intents if one in OFFICE_QUESTION_INTENTS]
    return (yield from answer_question(questions[0], state, said, context)) if questions else ()


def _ask_which(state: ConversationState, said: Understanding, context: DialogueContext) -> DialogueReply | None:
    """The question for a service or an office that is not certain."""
    if state.task in ("change", "cancel"):
        return None
    services, offices = said.services, said.offices.named
    if services.several:
        return _ask_which_service(texts.ONE_AT_A_TIME, services.sure or services.likely, context)
    if services.has_unknown:
        return _ask_which_service(texts.ONE_UNKNOWN, services.likely, context)
    if len(services.sure) > 1:
        return _ask_which_service(texts.ASK_WHICH_SERVICE, services.sure, context)
    if services.likely:
        return _ask_which_service(
            texts.ASK_IF_MEANT if len(services.likely) == 1 else texts.ASK_WHICH_SERVICE, services.likely, context
        )
    if len(offices) > 1:
        return DialogueReply(
            (Sentence(texts.ASK_OFFICE),), tuple(office_choice(context.office(one)) for one in offices)
        )
    return None


def _ask_which_service(text: str, slugs: tuple[str, ...], context: DialogueContext) -> DialogueReply:
    none = ReplyChoice(Sentence(texts.OTHER_THING), "other:service", is_minor=True)
    return DialogueReply((Sentence(text),), (*(service_choice(context, one) for one in slugs), none))


def _is_service_question(question: DialogueReply) -> bool:
    return question.choices[0].value.startswith("service:")


def _answer_unknown_service(
    state: ConversationState, taken: ConversationState, context: DialogueContext
) -> TurnGenerator:
    """A service that nobody has here: what there is; the second time the form."""
    if state.misses + 1 >= MAX_MISSES:
        return (yield from _offer_form(state, context))
    reply = booking.ask_service(context, texts.UNKNOWN_SERVICE)
    return DialogueTurn(replace(taken, task="book", asked="service", misses=state.misses + 1), (reply,))


# What somebody wants besides


def _handle_restart(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    yield from ()
    return DialogueTurn(
        ConversationState(language=state.language, asked="task"), (greeting_reply(texts.START_OVER),)
    )


def _handle_back(state: ConversationState, said: Understanding, context: DialogueContext) -> OptionalTurnGenerator:
    """A change of mind with the new answer in it, or the question before."""
    if said.facts:
        return None
    if state.task == "book" and state.asked == "confirm" and said.agrees_partly:
        return booking.ask_what_to_change(state)
    if not state.trail:
        return (yield from _handle_restart(state, said, context))
    last = state.trail[-1]
    state = replace(booking.clear_answer(state, last), trail=state.trail[:-1])
    return (yield from ask_next_question(state, context))


def _handle_change(
    state: ConversationState, said: Understanding, context: DialogueContext
) -> OptionalTurnGenerator:
    if state.task == "book" and state.asked == "confirm":
        return booking.ask_what_to_change(state)
    return (yield from _begin_appointment_task(state, said, context, "change"))


def _handle_cancel(
    state: ConversationState, said: Understanding, context: DialogueContext
) -> OptionalTurnGenerator:
    if state.task == "cancel" and state.asked == "confirm":
        return None
    if state.task == "book" and state.asked not in (None, "task", "service"):
        picks = (
            ReplyChoice(Sentence(texts.ABANDON), "abandon:"),
            ReplyChoice(Sentence(texts.CANCEL_EXISTING), "task:cancel"),
        )
        return DialogueTurn(state, (DialogueReply((Sentence(texts.ASK_ABANDON),), picks),))
    return (yield from _begin_appointment_task(state, said, context, "cancel"))


def _handle_cannot_come(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    yield from ()
    state, _ = apply_facts(state, said, context)
    picks = (
        ReplyChoice(Sentence(texts.DO_CHANGE), "task:change"),
        ReplyChoice(Sentence(texts.DO_CANCEL), "task:cancel"),
    )
    return DialogueTurn(
        replace(state, asked="visit"), (DialogueReply((Sentence(texts.ASK_CHANGE_OR_CANCEL),), picks),)
    )


def _handle_find(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    return (yield from _begin_appointment_task(state, said, context, "find"))


def _begin_appointment_task(
    state: ConversationState, said: Understanding, context: DialogueContext, task: Any
) -> TurnGenerator:
    """Begin with somebody's appointment; what is said of the new day is kept, which one it is is looked up."""
    kept = state.visit
    fresh = ConversationState(language=state.language, task=task, visit=kept, locator=said.locator)
    if task == "change":
        fresh = time_selection.merge_wishes(fresh, said.days, said.hours)
    if said.locator and (contact := said.email or said.phone):
        return (yield from existing_appointment.look_up_appointment(fresh, contact, context))
    return (yield from ask_next_question(fresh, context))


def _make_information_handler(
    intent: Intent,
) -> Callable[[ConversationState, Understanding, DialogueContext], TurnGenerator]:
    def act(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
        replies = yield from answer_question(intent, state, said, context)
        if state.asked in (None, "task"):
            return DialogueTurn(replace(state, asked="task"), replies)
        turn = yield from ask_next_question(state, context)
        return DialogueTurn(turn.state, (*replies, *turn.replies))

    return act


def answer_question(
    intent: Intent, state: ConversationState, said: Understanding | None, context: DialogueContext
) -> information.RepliesGenerator:
    """What was asked for, of the office and the service that were named, else of those that are known."""
    office, service = state.office, state.service
    if said is not None:
        office = said.offices.named[0] if len(said.offices.named) == 1 else office
        service = said.services.sure[0] if said.services.sure else service
    if intent is Intent.WAIT:
        return (yield from information.tell_waits(office, service, context))
    days = said.days.days if said is not None and said.days is not None else ()
    told: Mapping[Intent, Callable[[], tuple[DialogueReply, ...]]] = {
        Intent.HOURS: lambda: opening_hours.tell_opening_hours(office, days, context),
        Intent.BRING: lambda: information.tell_what_to_bring(service, context),
        Intent.DURATION: lambda: information.tell_duration(service, context),
        Intent.PRICE: lambda: (DialogueReply((Sentence(texts.PRICE, {"phone": context.phone_to_call(office)}),)),),
        Intent.WHERE: lambda: information.tell_addresses(office, context),
        Intent.SERVICES: lambda: information.tell_services(context),
        Intent.HUMAN: lambda: information.tell_phone(office, context),
        Intent.WHY: lambda: (DialogueReply((Sentence(texts.WHY_DATA),), link="/privacy"),),
        Intent.REFUSE: lambda: (
            DialogueReply(
                (Sentence(texts.NEED_DATA), Sentence(texts.CALL_US, {"phone": context.phone_to_call(office)}))
            ),
        ),
        Intent.INSULT: lambda: (
            DialogueReply((Sentence(texts.ANSWER_TO_INSULT, {"phone": context.phone_to_call(office)}),)),
        ),
        Intent.BY_PHONE: lambda: (
            DialogueReply(
                (Sentence(texts.NO_PHONE_MODE), Sentence(texts.CALL_US, {"phone": context.phone_to_call(office)}))
            ),
        ),
    }
    return told[intent]()


def _handle_fastest(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    state, _ = apply_facts(replace(state, task="fastest"), said, context)
    question = _ask_which(state, said, context)
    if question is not None:
        return DialogueTurn(replace(state, asked="service"), (question,))
    return (yield from ask_next_question(replace(state, starts_at=None), context))


def _make_other_handler(
    part: str,
) -> Callable[[ConversationState, Understanding, DialogueContext], OptionalTurnGenerator]:
    def act(state: ConversationState, said: Understanding, context: DialogueContext) -> OptionalTurnGenerator:
        if said.facts or state.task is None:
            return None
        return (yield from buttons.handle_choice(state, "other", part, context, ask_next_question))

    return act


def _handle_help(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    reply = DialogueReply((Sentence(texts.HELP),), (*START_CHOICES, *INFORMATION_CHOICES))
    if state.asked in (None, "task"):
        return DialogueTurn(replace(state, asked="task"), (reply,))
    turn = yield from ask_next_question(state, context)
    return DialogueTurn(turn.state, (replace(reply, choices=()), *turn.replies))


def _handle_greeting(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    if state.task is None:
        return DialogueTurn(replace(state, asked="task"), (greeting_reply(),))
    return (yield from ask_next_question(state, context))


def _handle_goodbye(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    yield from ()
    if state.asked == "next":
        return DialogueTurn(without_personal_data(state), (DialogueReply((Sentence(texts.GOODBYE),)),))
    text = texts.GOODBYE_UNDONE if state.task == "book" else texts.GOODBYE
    return DialogueTurn(state, (DialogueReply((Sentence(text),)),))


def _handle_thanks(state: ConversationState, said: Understanding, context: DialogueContext) -> TurnGenerator:
    yield from ()
    return DialogueTurn(state, (DialogueReply((Sentence(texts.WELCOME),)),))


INTENT_HANDLERS: Mapping[
    Intent, Callable[[ConversationState, Understanding, DialogueContext], OptionalTurnGenerator]
] = {
    Intent.RESTART: _handle_restart,
    Intent.BACK: _handle_back,
    Intent.CHANGE: _handle_change,
    Intent.CANCEL: _handle_cancel,
    Intent.CANNOT_COME: _handle_cannot_come,
    Intent.FIND: _handle_find,
    Intent.FASTEST: _handle_fastest,
    Intent.HELP: _handle_help,
    Intent.GREETING: _handle_greeting,
    Intent.BYE: _handle_goodbye,
    Intent.THANKS: _handle_thanks,
    Intent.OTHER_DAY: _make_other_handler("date"),
    Intent.OTHER_TIME: _make_other_handler("time"),
    Intent.OTHER_OFFICE: _make_other_handler("office"),
    Intent.OTHER_SERVICE: _make_other_handler("service"),
    **{
        intent: _make_information_handler(intent)
        for intent in (
            Intent.WAIT,
            Intent.HOURS,
            Intent.BRING,
            Intent.DURATION,
            Intent.PRICE,
            Intent.WHERE,
            Intent.SERVICES,
            Intent.HUMAN,
            Intent.WHY,
            Intent.INSULT,
            Intent.BY_PHONE,
        )
    },
}


# Not understood


def _answer_not_understood(
    state: ConversationState, said: Understanding, context: DialogueContext
) -> TurnGenerator:
    """The question again; after the second miss the form with everything that is known."""
    if said.has_intent(Intent.REFUSE):
        return (yield from _make_information_handler(Intent.REFUSE)(state, said, context))
    if state.misses + 1 >= MAX_MISSES:
        return (yield from _offer_form(state, context))
    if said.has_wish and state.asked in (None, "task", "service"):
        return (yield from _answer_unknown_service(state, state, context))
    turn = yield from ask_next_question(state, context)
    turn = DialogueTurn(replace(turn.state, misses=state.misses + 1), turn.replies)
    hint = () if state.asked in (*DETAIL_QUESTIONS, "locator", "contact") else (Sentence(texts.SAY_AGAIN),)
    return prepend_sentences(turn, Sentence(texts.NOT_UNDERSTOOD), *hint)


def _offer_form(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    yield from ()
    if state.asked in ("locator", "contact"):
        line = Sentence(texts.TO_MY_APPOINTMENT, {"phone": context.phone_to_call(None)})
        return DialogueTurn(
            replace(state, misses=0),
            (
                DialogueReply(
                    (line,), existing_appointment.LEAVE_CHOICES, existing_appointment.FIND_APPOINTMENT_PATH
                ),
            ),
        )
    text = texts.TO_THE_FORM if state.service or state.office or state.mode else texts.TO_AN_EMPTY_FORM
    line = Sentence(text, {"phone": context.phone_to_call(state.office)})
    reply = DialogueReply(
        (line,), (ReplyChoice(Sentence(texts.GO_ON_HERE), "task:book"),), booking_form_link(state, context)
    )
    return DialogueTurn(replace(state, misses=0), (reply,))
