"""An appointment that somebody has: found by locator and contact, shown, moved or cancelled. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from . import texts
from .context import World, service_name, unbroken
from .effects import At, ByMode, Cancel, Choice, Denied, Find, Found, Line, Move, Reply, Taken, Talk, Turn
from .state import State, Visit, without_person
from .time_selection import choose, nearest_reply

WHAT = (
    Choice(Line(texts.DO_CHANGE), "task:change"),
    Choice(Line(texts.DO_CANCEL), "task:cancel"),
    Choice(Line(texts.DO_NOTHING), "no:", minor=True),
)
FIND = "/appointments/find"
LEAVE = (Choice(Line(texts.DO_NOTHING), "no:", minor=True),)


def go_on(state: State, world: World) -> Talk:
    """Ask for what is missing to find it; then do what somebody came for."""
    if state.visit is None:
        return _ask(state)
    if state.task == "cancel":
        return _ask_cancel(state, world)
    if state.task == "change":
        return (yield from _ask_time(state, world))
    return Turn(replace(state, asked="visit"), (_shown(state.visit, world, WHAT),))


def _ask(state: State) -> Turn:
    if state.locator is None:
        return Turn(replace(state, asked="locator"), (Reply((Line(texts.ASK_LOCATOR),), LEAVE),))
    read = Line(texts.LOCATOR_READ, {"locator": unbroken(state.locator)})
    return Turn(replace(state, asked="contact"), (Reply((read, Line(texts.ASK_CONTACT)), LEAVE),))


def look_up(state: State, contact: str, world: World) -> Talk:
    """Find it, or say one thing for all that can be wrong."""
    assert state.locator is not None
    answer: Any = yield Find(state.locator, contact)
    if isinstance(answer, Denied):
        return _unknown(state, world, answer)
    assert isinstance(answer, Found)
    state = replace(state, visit=answer.visit, locator=None)
    if state.task in ("change", "cancel") and answer.open:
        return (yield from go_on(state, world))
    picks = WHAT if answer.open else ()
    reply = replace(_shown(answer.visit, world, picks), link=answer.page)
    return Turn(replace(state, asked="visit" if answer.open else "task"), (reply,))


def _unknown(state: State, world: World, answer: Denied) -> Turn:
    if answer.code == "rate_limited":
        values = {"minutes": answer.minutes}
        return Turn(
            replace(state, asked="task", task=None, locator=None), (Reply((Line(texts.GUESS_LATER, values),)),)
        )
    lines = (Line(texts.NOT_FOUND), Line(texts.ASK_LOCATOR))
    return Turn(replace(state, asked="locator", locator=None), (Reply(lines, LEAVE, FIND),))


def _shown(visit: Visit, world: World, picks: tuple[Choice, ...]) -> Reply:
    lines = (_facts(visit, world), *((Line(texts.ASK_WHAT),) if picks else ()))
    return Reply(lines, picks, private=True)


def _facts(visit: Visit, world: World) -> Line:
    place = world.place(visit.office)
    return Line(
        texts.FOUND,
        {
            "service": service_name(world, visit.service),
            "when": At(visit.starts_at, place.timezone),
            "mode": ByMode(visit.mode),
            "office": place.name,
        },
    )


def _ask_cancel(state: State, world: World) -> Turn:
    assert state.visit is not None
    picks = (Choice(Line(texts.YES_CANCEL), "yes:"), Choice(Line(texts.NO_KEEP), "no:", minor=True))
    lines = (_facts(state.visit, world), Line(texts.ASK_CANCEL))
    return Turn(replace(state, asked="confirm"), (Reply(lines, picks, private=True),))


def _ask_time(state: State, world: World) -> Talk:
    assert state.visit is not None
    visit = state.visit
    state = replace(state, office=visit.office, service=visit.service, mode=visit.mode)
    if state.starts_at is not None:
        return _ask_move(state, world)
    first = state.asked not in ("date", "time", "confirm")
    turn = yield from choose(state, world, without=visit.id)
    if turn.state.starts_at is not None:
        return _ask_move(turn.state, world)
    if not first:
        return turn
    reply = turn.replies[0]
    return Turn(
        turn.state, (replace(reply, lines=(_facts(visit, world), *reply.lines), private=True), *turn.replies[1:])
    )


def _ask_move(state: State, world: World) -> Turn:
    assert state.starts_at is not None
    when = At(state.starts_at, world.zone(state.office))
    picks = (
        Choice(Line(texts.YES_MOVE), "yes:", main=True),
        Choice(Line(texts.OTHER_DAY), "other:date", minor=True),
        Choice(Line(texts.DO_NOTHING), "no:", minor=True),
    )
    return Turn(replace(state, asked="confirm"), (Reply((Line(texts.ASK_MOVE, {"when": when}),), picks),))


def confirm(state: State, world: World) -> Talk:
    """Cancel or move it, and say what came of it."""
    assert state.visit is not None
    if state.task == "cancel":
        return _cancelled(state, (yield Cancel(state.visit.id)))
    assert state.starts_at is not None
    answer: Any = yield Move(state.visit.id, state.starts_at)
    if isinstance(answer, Taken):
        reply = nearest_reply(answer.nearest, state, world, texts.TIME_TAKEN)
        return Turn(replace(state, asked="time", starts_at=None, hours=None), (reply,))
    if isinstance(answer, Denied):
        return _over(state, answer)
    when = At(state.starts_at, world.zone(state.office))
    return Turn(without_person(state), (Reply((Line(texts.MOVED, {"when": when}),), link=answer.page),))


def _cancelled(state: State, answer: Any) -> Turn:
    if isinstance(answer, Denied):
        return _over(state, answer)
    return Turn(without_person(state), (Reply((Line(texts.CANCELLED),), link=answer.page),))


def _over(state: State, answer: Denied) -> Turn:
    picks = (Choice(Line(texts.BOOK_ONE), "task:book"),)
    return Turn(
        State(language=state.language, asked="task"),
        (Reply((Line(texts.REASON, {"reason": answer.reason}),), picks),),
    )


def leave(state: State) -> Turn:
    """It stays as it is."""
    return Turn(without_person(state), (Reply((Line(texts.KEPT_AS_IS),)),))


def with_time(state: State, moment: datetime) -> State:
    return replace(state, starts_at=moment, days=None, hours=None)
