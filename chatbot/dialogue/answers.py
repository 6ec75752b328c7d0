"""What somebody answers to the question that was asked, other than the facts of a booking. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..language.lexicon import Intent
from ..language.locators import locator_in
from ..language.understanding import Said
from . import buttons, existing_appointment, texts
from .buttons import Go
from .context import World
from .effects import Choice, Line, Perhaps, Reply, Turn, led_by
from .fill_slots import checked
from .state import State

START = (
    Choice(Line(texts.BOOK_ONE), "task:book"),
    Choice(Line(texts.WAY_FAST), "task:fastest"),
    Choice(Line(texts.MY_APPOINTMENT), "task:find"),
)
DETAILS = ("name", "email", "phone")


def greeting(text: str = texts.HELLO) -> Reply:
    """How a conversation begins."""
    return Reply((Line(text),), START)


def _to_confirm(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if said.facts:
        return None
    if intent is Intent.YES or (
        state.task == "cancel" and intent is Intent.CANCEL and not said.is_about(Intent.NO)
    ):
        return (yield from buttons.agree(state, world))
    if intent is Intent.NO:
        return buttons.decline(state)
    return None


def _to_date(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if intent is Intent.ANY and not said.facts:
        return (yield from buttons.press(state, "soonest", "", world, go))
    if intent is Intent.NO:
        return (yield from buttons.press(state, "other", "date", world, go))
    return None


def _to_office(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if intent is Intent.ANY and not said.facts:
        return (yield from buttons.press(state, "any", "office", world, go))
    return None


def _to_mode(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if intent is Intent.ANY and not said.facts:
        return (yield from buttons.press(state, "any", "mode", world, go))
    return None


def _to_service(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if (
        intent is Intent.YES
        and len(services := [one for one in state.offered if one.value.startswith("service:")]) == 1
    ):
        return (yield from buttons.press(state, *_parts(services[0].value), world, go))
    if intent is Intent.NO:
        return (yield from buttons.press(state, "other", "service", world, go))
    return None


def _parts(value: str) -> tuple[str, str]:
    kind, _, rest = value.partition(":")
    return kind, rest


def _to_detail(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    """Name, e-mail, telephone: what was typed is checked at the edge, and asked for again when it is not sound."""
    if state.asked == "phone" and intent in (Intent.NO, Intent.SKIP, Intent.REFUSE):
        return (yield from buttons.press(state, "skip", "phone", world, go))
    if state.asked == "email" and said.flawed:
        return led_by((yield from go(state, world)), Line(texts.NOT_EMAIL))
    if not said.facts & set(DETAILS):
        return None
    state, wrong = yield from checked(state, said)
    turn = yield from go(state, world)
    return led_by(turn, *wrong)


def _to_privacy(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if intent is Intent.YES:
        return (yield from buttons.press(state, "accept", "", world, go))
    if intent in (Intent.NO, Intent.REFUSE):
        return (yield from buttons.press(state, "refuse", "", world, go))
    return None


def _to_locator(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    locator = said.locator or locator_in(said.text)
    if locator is None:
        return existing_appointment.leave(state) if intent is Intent.NO else None
    state = replace(state, locator=locator)
    contact = said.email or said.phone
    if contact is not None:
        return (yield from existing_appointment.look_up(state, contact, world))
    return (yield from go(state, world))


def _to_contact(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if intent is Intent.NO and not said.facts:
        return existing_appointment.leave(state)
    contact = said.email or said.phone or said.text.strip()
    return (yield from existing_appointment.look_up(state, contact, world))


def _to_visit(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    yield from ()
    return existing_appointment.leave(state) if intent is Intent.NO else None


def _to_greeting(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    yield from ()
    if intent is Intent.NO and not said.facts:
        return Turn(replace(state, asked="task"), (Reply((Line(texts.ALL_RIGHT),)),))
    if intent is Intent.YES and not said.facts:
        return Turn(replace(state, asked="task"), (greeting(texts.HELLO_AGAIN),))
    return None


def _to_next(state: State, said: Said, intent: Intent | None, world: World, go: Go) -> Perhaps:
    if intent is Intent.YES and not said.facts and state.later:
        return (yield from buttons.press(state, "next", state.later[0], world, go))
    if intent in (Intent.NO, Intent.SKIP) and not said.facts:
        return (yield from buttons.press(state, "nothing", "", world, go))
    return None


Answering = Callable[[State, Said, Intent | None, World, Go], Perhaps]
ANSWERS: Mapping[str | None, Answering] = {
    None: _to_greeting,
    "task": _to_greeting,
    "confirm": _to_confirm,
    "date": _to_date,
    "time": _to_date,
    "office": _to_office,
    "mode": _to_mode,
    "service": _to_service,
    "name": _to_detail,
    "email": _to_detail,
    "phone": _to_detail,
    "privacy": _to_privacy,
    "locator": _to_locator,
    "contact": _to_contact,
    "visit": _to_visit,
    "next": _to_next,
}
