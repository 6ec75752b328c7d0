"""The conversation: (state, what was said, the world) → needs, then a new state and replies. Pure.

A turn is a generator: it yields what it needs to know (turns.py) and is sent the answer, so that the same code is
tested with a made-up world and driven by `service.py` with the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..language.lexicon import Intent
from ..language.understanding import QUESTIONS, Said, wanted
from . import booking, buttons, existing_appointment, information, opening_hours, texts, time_selection
from .answers import ANSWERS, DETAILS, START, greeting
from .context import World, form_link, office_choice, service_choice
from .effects import Choice, Line, Perhaps, Reply, Talk, Turn, led_by
from .fill_slots import checked, take
from .state import State, without_person

MISSES = 2  # messages in a row that are not understood before the form is offered
MORE = (Choice(Line(texts.SEE_WAITS), "tell:wait"), Choice(Line(texts.SEE_HOURS), "tell:hours"))
VISITING = ("change", "cancel", "find")


def hear(state: State, said: Said, world: World) -> Talk:
    """The answer to one message."""
    if state.done:
        state = State(language=state.language)
    value = buttons.pressed(state, said)
    switched = value is None and said.language != state.language
    state = replace(state, language=said.language if switched else state.language)
    if value is not None:
        turn = yield from buttons.press(replace(state, misses=0), *value, world, go)
    else:
        turn = yield from _answer(state, said, world)
    return led_by(turn, Line(texts.SWITCHED)) if switched else turn


def go(state: State, world: World) -> Talk:
    """The next question of what somebody came for."""
    if state.task in VISITING:
        return (yield from existing_appointment.go_on(state, world))
    if state.task == "fastest":
        if state.service is None:
            return Turn(replace(state, asked="service"), (booking.ask_service(world, texts.ASK_FASTEST),))
        return (yield from information.fastest(state, world))
    if state.task == "book":
        return (yield from booking.go_on(state, world))
    return Turn(replace(state, asked="task"), (greeting(texts.HELLO_AGAIN),))


def _answer(state: State, said: Said, world: World) -> Talk:
    intent = wanted(said, state.asked if state.asked != "task" else None)
    heard = replace(state, misses=0)
    turn = yield from _acted(heard, said, intent, world)
    if turn is not None:
        return turn
    if said.facts or intent is Intent.BOOK:
        return (yield from _facts(state, said, world))
    return (yield from _missed(state, said, world))


def _acted(state: State, said: Said, intent: Intent | None, world: World) -> Perhaps:
    """What is wanted besides, else the answer to what was asked."""
    act = ACTS.get(intent) if intent is not None else None
    turn = (yield from act(state, said, world)) if act else None
    answer = ANSWERS.get(state.asked)
    if turn is None and answer is not None:
        turn = yield from answer(state, said, intent, world, go)
    return turn


# What somebody says of a booking


def _facts(state: State, said: Said, world: World) -> Talk:
    """Take everything at once; ask where there is a choice, else go on."""
    question = _which(state, said, world)
    taken, read = take(replace(state, misses=0), said, world)
    if said.services.several:
        taken = replace(taken, later=said.services.sure or said.services.likely)
    taken, wrong = yield from checked(taken, said)
    if question is not None:
        return led_by(
            Turn(replace(taken, asked="service" if _is_service(question) else "office"), (question,)), *wrong
        )
    if said.is_about(Intent.BOOK) and said.strange and "service" not in said.facts and taken.service is None:
        return (yield from _unknown(state, taken, world))
    if taken.task is None:
        taken = replace(taken, task="book")
    turn = yield from go(taken, world)
    chosen = turn.state.starts_at is not None and turn.state.starts_at != state.starts_at
    turn = led_by(turn, *wrong, *booking.refusals(taken, world), *read.lines(with_when=not chosen))
    return Turn(turn.state, (*(yield from _also_told(taken, said, world)), *turn.replies))


def _also_told(state: State, said: Said, world: World) -> information.Telling:
    """The answer to what somebody asks beside what they come for: `y saber cuánto hay que esperar`."""
    if not said.asks_too:
        return ()
    questions = [one for one in said.intents if one in QUESTIONS]
    return (yield from tell(questions[0], state, said, world)) if questions else ()


def _which(state: State, said: Said, world: World) -> Reply | None:
    """The question for a service or an office that is not certain."""
    if state.task in ("change", "cancel"):
        return None
    services, offices = said.services, said.placed.offices
    if services.several:
        return _services(texts.ONE_AT_A_TIME, services.sure or services.likely, world)
    if services.unknown:
        return _services(texts.ONE_UNKNOWN, services.likely, world)
    if len(services.sure) > 1:
        return _services(texts.ASK_WHICH_SERVICE, services.sure, world)
    if services.likely:
        return _services(
            texts.ASK_MEANT if len(services.likely) == 1 else texts.ASK_WHICH_SERVICE, services.likely, world
        )
    if len(offices) > 1:
        return Reply((Line(texts.ASK_OFFICE),), tuple(office_choice(world.place(one)) for one in offices))
    return None


def _services(text: str, slugs: tuple[str, ...], world: World) -> Reply:
    none = Choice(Line(texts.OTHER_THING), "other:service", minor=True)
    return Reply((Line(text),), (*(service_choice(world, one) for one in slugs), none))


def _is_service(question: Reply) -> bool:
    return question.choices[0].value.startswith("service:")


def _unknown(state: State, taken: State, world: World) -> Talk:
    """A service that nobody has here: what there is; the second time the form."""
    if state.misses + 1 >= MISSES:
        return (yield from _hand_over(state, world))
    reply = booking.ask_service(world, texts.UNKNOWN_SERVICE)
    return Turn(replace(taken, task="book", asked="service", misses=state.misses + 1), (reply,))


# What somebody wants besides


def _restart(state: State, said: Said, world: World) -> Talk:
    yield from ()
    return Turn(State(language=state.language, asked="task"), (greeting(texts.START_OVER),))


def _back(state: State, said: Said, world: World) -> Perhaps:
    """A change of mind with the new answer in it, or the question before."""
    if said.facts:
        return None
    if state.task == "book" and state.asked == "confirm" and said.half_agrees:
        return booking.ask_what_to_change(state)
    if not state.trail:
        return (yield from _restart(state, said, world))
    last = state.trail[-1]
    state = replace(booking.forget(state, last), trail=state.trail[:-1])
    return (yield from go(state, world))


def _change(state: State, said: Said, world: World) -> Perhaps:
    if state.task == "book" and state.asked == "confirm":
        return booking.ask_what_to_change(state)
    return (yield from _visit(state, said, world, "change"))


def _cancel(state: State, said: Said, world: World) -> Perhaps:
    if state.task == "cancel" and state.asked == "confirm":
        return None
    if state.task == "book" and state.asked not in (None, "task", "service"):
        picks = (Choice(Line(texts.ABANDON), "abandon:"), Choice(Line(texts.CANCEL_EXISTING), "task:cancel"))
        return Turn(state, (Reply((Line(texts.ASK_ABANDON),), picks),))
    return (yield from _visit(state, said, world, "cancel"))


def _cannot_come(state: State, said: Said, world: World) -> Talk:
    yield from ()
    state, _ = take(state, said, world)
    picks = (
        Choice(Line(texts.DO_CHANGE), "task:change"),
        Choice(Line(texts.DO_CANCEL), "task:cancel"),
    )
    return Turn(replace(state, asked="visit"), (Reply((Line(texts.ASK_CHANGE_OR_CANCEL),), picks),))


def _find(state: State, said: Said, world: World) -> Talk:
    return (yield from _visit(state, said, world, "find"))


def _visit(state: State, said: Said, world: World, task: Any) -> Talk:
    """Begin with somebody's appointment; what is said of the new day is kept, which one it is is looked up."""
    kept = state.visit
    fresh = State(language=state.language, task=task, visit=kept, locator=said.locator)
    if task == "change":
        fresh = time_selection.merged(fresh, said.days, said.hours)
    if said.locator and (contact := said.email or said.phone):
        return (yield from existing_appointment.look_up(fresh, contact, world))
    return (yield from go(fresh, world))


def _tell(intent: Intent) -> Callable[[State, Said, World], Talk]:
    def act(state: State, said: Said, world: World) -> Talk:
        replies = yield from tell(intent, state, said, world)
        if state.asked in (None, "task"):
            return Turn(replace(state, asked="task"), replies)
        turn = yield from go(state, world)
        return Turn(turn.state, (*replies, *turn.replies))

    return act


def tell(intent: Intent, state: State, said: Said | None, world: World) -> information.Telling:
    """What was asked for, of the office and the service that were named, else of those that are known."""
    office, service = state.office, state.service
    if said is not None:
        office = said.placed.offices[0] if len(said.placed.offices) == 1 else office
        service = said.services.sure[0] if said.services.sure else service
    if intent is Intent.WAIT:
        return (yield from information.waits(office, service, world))
    days = said.days.days if said is not None and said.days is not None else ()
    told: Mapping[Intent, Callable[[], tuple[Reply, ...]]] = {
        Intent.HOURS: lambda: opening_hours.opening_hours(office, days, world),
        Intent.BRING: lambda: information.bring(service, world),
        Intent.DURATION: lambda: information.duration(service, world),
        Intent.PRICE: lambda: (Reply((Line(texts.PRICE, {"phone": world.phone(office)}),)),),
        Intent.WHERE: lambda: information.addresses(office, world),
        Intent.SERVICES: lambda: information.services(world),
        Intent.HUMAN: lambda: information.person(office, world),
        Intent.WHY: lambda: (Reply((Line(texts.WHY_DATA),), link="/privacy"),),
        Intent.REFUSE: lambda: (
            Reply((Line(texts.NEED_DATA), Line(texts.CALL_US, {"phone": world.phone(office)}))),
        ),
        Intent.INSULT: lambda: (Reply((Line(texts.CALM, {"phone": world.phone(office)}),)),),
        Intent.BY_PHONE: lambda: (
            Reply((Line(texts.NO_PHONE_MODE), Line(texts.CALL_US, {"phone": world.phone(office)}))),
        ),
    }
    return told[intent]()


def _fastest(state: State, said: Said, world: World) -> Talk:
    state, _ = take(replace(state, task="fastest"), said, world)
    question = _which(state, said, world)
    if question is not None:
        return Turn(replace(state, asked="service"), (question,))
    return (yield from go(replace(state, starts_at=None), world))


def _other(part: str) -> Callable[[State, Said, World], Perhaps]:
    def act(state: State, said: Said, world: World) -> Perhaps:
        if said.facts or state.task is None:
            return None
        return (yield from buttons.press(state, "other", part, world, go))

    return act


def _help(state: State, said: Said, world: World) -> Talk:
    reply = Reply((Line(texts.HELP),), (*START, *MORE))
    if state.asked in (None, "task"):
        return Turn(replace(state, asked="task"), (reply,))
    turn = yield from go(state, world)
    return Turn(turn.state, (replace(reply, choices=()), *turn.replies))


def _hello(state: State, said: Said, world: World) -> Talk:
    if state.task is None:
        return Turn(replace(state, asked="task"), (greeting(),))
    return (yield from go(state, world))


def _bye(state: State, said: Said, world: World) -> Talk:
    yield from ()
    if state.asked == "next":
        return Turn(without_person(state), (Reply((Line(texts.GOODBYE),)),))
    text = texts.GOODBYE_UNDONE if state.task == "book" else texts.GOODBYE
    return Turn(state, (Reply((Line(text),)),))


def _thanks(state: State, said: Said, world: World) -> Talk:
    yield from ()
    return Turn(state, (Reply((Line(texts.WELCOME),)),))


ACTS: Mapping[Intent, Callable[[State, Said, World], Perhaps]] = {
    Intent.RESTART: _restart,
    Intent.BACK: _back,
    Intent.CHANGE: _change,
    Intent.CANCEL: _cancel,
    Intent.CANNOT_COME: _cannot_come,
    Intent.FIND: _find,
    Intent.FASTEST: _fastest,
    Intent.HELP: _help,
    Intent.GREETING: _hello,
    Intent.BYE: _bye,
    Intent.THANKS: _thanks,
    Intent.OTHER_DAY: _other("date"),
    Intent.OTHER_TIME: _other("time"),
    Intent.OTHER_OFFICE: _other("office"),
    Intent.OTHER_SERVICE: _other("service"),
    **{
        intent: _tell(intent)
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


def _missed(state: State, said: Said, world: World) -> Talk:
    """The question again; after the second miss the form with everything that is known."""
    if said.is_about(Intent.REFUSE):
        return (yield from _tell(Intent.REFUSE)(state, said, world))
    if state.misses + 1 >= MISSES:
        return (yield from _hand_over(state, world))
    if said.wishes and state.asked in (None, "task", "service"):
        return (yield from _unknown(state, state, world))
    turn = yield from go(state, world)
    turn = Turn(replace(turn.state, misses=state.misses + 1), turn.replies)
    hint = () if state.asked in (*DETAILS, "locator", "contact") else (Line(texts.SAY_AGAIN),)
    return led_by(turn, Line(texts.NOT_UNDERSTOOD), *hint)


def _hand_over(state: State, world: World) -> Talk:
    yield from ()
    if state.asked in ("locator", "contact"):
        line = Line(texts.TO_MY_APPOINTMENT, {"phone": world.phone(None)})
        return Turn(
            replace(state, misses=0), (Reply((line,), existing_appointment.LEAVE, existing_appointment.FIND),)
        )
    text = texts.TO_THE_FORM if state.service or state.office or state.mode else texts.TO_AN_EMPTY_FORM
    line = Line(text, {"phone": world.phone(state.office)})
    reply = Reply((line,), (Choice(Line(texts.GO_ON_HERE), "task:book"),), form_link(state, world))
    return Turn(replace(state, misses=0), (reply,))
