"""What an agent's console shows, in the reader's language: the board of the office cut down to one desk.

Pure: board in, words out. The page paints it first, and every frame of `/ws/staff` carries it anew, so that
the browser only fills slots and knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import NullTranslations
from typing import Any

from ..core.dates import format_time
from ..core.i18n import N_
from ..offices.service import Office

Board = Mapping[str, Any]
View = dict[str, Any]

# From when the console offers to open the room, and until when; the room itself decides who may enter.
ROOM_BEFORE = timedelta(minutes=15)
ROOM_AFTER = timedelta(minutes=30)

OUTCOMES: tuple[tuple[str, str], ...] = (
    ("resolved", N_("Resolved")),
    ("documents_missing", N_("Documents are missing")),
    ("referred", N_("Referred to another service")),
)
BADGES: Mapping[str, str] = {
    "free": N_("Free"),
    "called": N_("Called"),
    "serving": N_("Being served"),
    "closed": N_("Desk closed"),
}
WHY: Mapping[str, str] = {
    "returned": N_("Comes back to this desk."),
    "host": N_("Put first by the host."),
    "longest_wait": N_("Has waited for a long time."),
    "appointment_due": N_("Came in time: appointments go first."),
    "late_appointment": N_("Came late to the appointment."),
    "preferential": N_("Confirmed at the entrance."),
    "arrival": N_("Next by time of arrival."),
    "early_appointment": N_("Has come early."),
}
LANGUAGES: Mapping[str, str] = {"es": N_("Spanish"), "en": N_("English")}
NEEDS: Mapping[str, str] = {
    "sign_language": N_("With a sign language interpreter"),
    "easy_reading": N_("Easy reading or more time"),
    "accompanied": N_("With somebody who accompanies"),
}
VERDICTS: Mapping[str, str] = {
    "green": N_("All will go well"),
    "amber": N_("May falter"),
    "red": N_("Will not go well"),
    "unknown": N_("Test not complete"),
}
# Why a test was amber or red, as short as a chip: by the advice that its worst gate gave.
TEST_REASONS: Mapping[str, str] = {
    "nearer_to_router": N_("Weak signal"),
    "use_cable": N_("Unsteady connection"),
    "close_other_programs": N_("Slow connection"),
    "speak_louder": N_("Can hardly be heard"),
    "lower_microphone": N_("The voice crackles"),
    "more_light": N_("Dark picture"),
    "uncover_camera": N_("Covered camera"),
    "audio_only": N_("Sound only"),
    "use_telephone": N_("Better by telephone"),
    "other_network": N_("The network hinders the call"),
    "restart_camera": N_("The picture stands still"),
    "allow_devices": N_("Camera not allowed"),
    "connect_devices": N_("Camera or microphone missing"),
}
NO_TEST = N_("Has not made the test")
NOT_FOR_SIGNING = N_("Not enough for sign language")
SIGNS = "sign_language"
ENDED = N_("The call is over")
NO_SHOW = N_("Did not come")
_STATE_OF_DESK = {"calling": "called"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the language's sentences, and the office whose clock counts."""

    language: str
    translations: NullTranslations
    office: Office

    def t(self, sentence: str, **values: object) -> str:
        """A sentence in the reader's language, with its values."""
        said = self.translations.gettext(sentence)
        return said % values if values else said

    def ngettext(self, one: str, many: str, count: int) -> str:
        """A counted sentence; its figure is `%(num)s`."""
        return self.translations.ngettext(one, many, count) % {"num": count}

    def time(self, moment: str) -> str:
        """The clock time of an RFC 3339 instant: `10:28`."""
        return format_time(datetime.fromisoformat(moment), self.office.timezone)


def console_view(board: Board, agent_id: str, now: datetime, reader: Reader) -> View:
    """All that one agent's console shows."""
    return {"mine": desk_view(board, agent_id, now, reader), "video": video_view(board["video"], now, reader)}


# One desk


def desk_of(board: Board, agent_id: str) -> Mapping[str, Any] | None:
    """The desk at which this agent sits."""
    return next((desk for desk in board["desks"] if desk["agent_id"] == agent_id), None)


def desk_view(board: Board, agent_id: str, now: datetime, reader: Reader) -> View:
    """Now, next and on hold at an agent's desk; `closed` when it is no longer theirs."""
    desk = desk_of(board, agent_id)
    if desk is None:
        return _closed(reader)
    tickets = {ticket["id"]: ticket for ticket in board["tickets"]}
    current = tickets.get(desk["ticket"]["id"]) if desk["ticket"] else None
    following = [one for one in desk["next"] if tickets[one["id"]]["state"] == "waiting"]
    callable_now = [one["code"] for one in desk["next"] if _is_callable(tickets[one["id"]], now)]
    return {
        "desk_id": desk["id"],
        "desk": desk["name"],
        **_now(desk, current, reader),
        "finish_label": _finish_label(callable_now, reader),
        "hint": _hint(board, current, callable_now, reader),
        "waiting": _waiting(board, desk, reader),
        "next": [_next(tickets[one["id"]], one["why"], desk, board, reader) for one in following],
        "held": [_held(one, reader) for one in _held_at(desk, tickets.values())],
        "empty_text": _when_next(board, desk, reader),
    }


def _closed(reader: Reader) -> View:
    return {
        "desk_id": "",
        "desk": "",
        **_nobody("closed", reader),
        "finish_label": reader.t("Finish"),
        "hint": reader.t("It was closed here, in another window or by your host."),
        "waiting": "",
        "next": [],
        "held": [],
        "empty_text": "",
    }


def _now(desk: Mapping[str, Any], ticket: Mapping[str, Any] | None, reader: Reader) -> View:
    state = _STATE_OF_DESK.get(desk["state"], desk["state"])
    if ticket is None:
        return _nobody(state, reader)
    service = reader.office.service(ticket["service"])
    return {
        "state": state,
        "badge": reader.t(BADGES[state]),
        "headline": "",
        "ticket_id": ticket["id"],
        "code": ticket["code"],
        "since": ticket["since"],
        "minutes": service.minutes,
        "service": service.name(reader.language),
        "person": ticket.get("name") or "",
        "kind": _title(ticket, reader),
        "language": reader.t(LANGUAGES.get(ticket["language"], ticket["language"])),
        "pace": _pace(ticket, service.minutes, reader),
        "help": reader.t("Asks for help in the waiting room.") if ticket["help"] else "",
    }


def _nobody(state: str, reader: Reader) -> View:
    headlines = {"closed": N_("This desk is closed"), "free": N_("The desk is free")}
    blank = ("ticket_id", "code", "since", "service", "person", "kind", "language", "pace", "help")
    return {
        "state": state,
        "badge": reader.t(BADGES[state]),
        "headline": reader.t(headlines[state]),
        "minutes": 0,
        **dict.fromkeys(blank, ""),
    }


def _pace(ticket: Mapping[str, Any], minutes: int, reader: Reader) -> str:
    usual = reader.ngettext("Usually takes %(num)s minute.", "Usually takes %(num)s minutes.", minutes)
    if ticket["called_at"] is None:
        return usual
    waited = datetime.fromisoformat(ticket["called_at"]) - datetime.fromisoformat(ticket["arrived_at"])
    whole = max(0, int(waited.total_seconds() // 60))
    before = reader.ngettext("Waited %(num)s minute.", "Waited %(num)s minutes.", whole)
    return f"{usual} {before}"


def _is_callable(ticket: Mapping[str, Any], now: datetime) -> bool:
    """Whether a call would find this person: not on hold, and not gone for ten minutes, any more."""
    until = ticket["until"]
    return until is None or datetime.fromisoformat(until) <= now


def _finish_label(codes: Sequence[str], reader: Reader) -> str:
    return reader.t("Finish and call %(code)s", code=codes[0]) if codes else reader.t("Finish")


def _hint(board: Board, current: Mapping[str, Any] | None, codes: Sequence[str], reader: Reader) -> str:
    if current is not None:
        return _call_hint(current, reader)
    if board["paused"]:
        return reader.t("The office is paused. Nobody is called until it goes on.")
    return reader.t("Next is %(code)s.", code=codes[0]) if codes else reader.t("Nobody can be called now.")


def _call_hint(ticket: Mapping[str, Any], reader: Reader) -> str:
    if ticket["state"] != "called":
        return ""
    called = reader.t("Called at %(time)s.", time=reader.time(ticket["called_at"]))
    again = reader.ngettext("Called again %(num)s time.", "Called again %(num)s times.", ticket["recalls"])
    until = ticket["until"]
    waits = reader.t("We wait until %(time)s.", time=reader.time(until)) if until else ""
    return " ".join(part for part in (called, again if ticket["recalls"] else "", waits) if part)


# Who comes next


def _waiting(board: Board, desk: Mapping[str, Any], reader: Reader) -> str:
    count = sum(line["waiting"] for line in board["lines"] if line["slug"] in desk["lines"])
    return reader.ngettext("%(num)s waits", "%(num)s wait", count)


def _next(ticket: Mapping[str, Any], why: str, desk: Mapping[str, Any], board: Board, reader: Reader) -> View:
    return {
        "id": ticket["id"],
        "code": ticket["code"],
        "title": _title(ticket, reader),
        "why": _why(ticket, why, desk, board, reader),
        "arrived": reader.time(ticket["arrived_at"]),
    }


def _title(ticket: Mapping[str, Any], reader: Reader) -> str:
    if ticket["appointment_at"]:
        return reader.t("Appointment at %(time)s", time=reader.time(ticket["appointment_at"]))
    if ticket["priority"] == "preferential":
        return reader.t("Priority attention")
    return reader.t("Without appointment")


def _why(ticket: Mapping[str, Any], why: str, desk: Mapping[str, Any], board: Board, reader: Reader) -> str:
    if ticket["until"]:
        return reader.t("Asked for time until %(time)s.", time=reader.time(ticket["until"]))
    if why == "arrival" and ticket["line"] != desk["lines"][0]:
        names = {line["slug"]: line["name"] for line in board["lines"]}
        return reader.t("%(line)s, another line of yours.", line=names[ticket["line"]])
    return reader.t(WHY[why])


def _held_at(desk: Mapping[str, Any], tickets: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Whoever is on hold at this desk, the longest first: the key for the first row is about that person."""
    held = (one for one in tickets if one["state"] == "on_hold" and one["returns_to"] == desk["id"])
    return sorted(held, key=lambda one: datetime.fromisoformat(one["since"]))


def _held(ticket: Mapping[str, Any], reader: Reader) -> View:
    until = ticket["until"]
    text = reader.t("comes back at %(time)s", time=reader.time(until)) if until else ""
    return {"id": ticket["id"], "code": ticket["code"], "text": text}


def _when_next(board: Board, desk: Mapping[str, Any], reader: Reader) -> str:
    coming = [line["next_appointment"] for line in board["lines"] if line["slug"] in desk["lines"]]
    soonest = min((at for at in coming if at), key=datetime.fromisoformat, default=None)
    if soonest is None:
        return reader.t("No more appointments today.")
    return reader.t("The next appointment is at %(time)s.", time=reader.time(soonest))


# Today's video appointments


def video_view(day: Iterable[Mapping[str, Any]], now: datetime, reader: Reader) -> View:
    """The day's video appointments as rows, and how many are in the lobby."""
    appointments = list(day)
    inside = sum(one["state"] == "lobby" for one in appointments)
    return {
        "count": reader.ngettext("%(num)s in the lobby", "%(num)s in the lobby", inside),
        "rows": [_video_row(one, now, reader) for one in appointments],
    }


def _video_row(one: Mapping[str, Any], now: datetime, reader: Reader) -> View:
    return {
        "id": one["appointment"],
        "time": reader.time(one["starts_at"]),
        "name": one["name"],
        "detail": _video_detail(one, reader),
        "verdict": _verdict(one, reader),
        "test": _test_link(one, reader),
        "enter": _enter(one, now, reader),
    }


def _video_detail(one: Mapping[str, Any], reader: Reader) -> str:
    needs = [reader.t(NEEDS.get(need, need)) for need in one["needs"]]  # a program may have written its own words
    return ". ".join([_video_state(one, reader), *needs])


def _video_state(one: Mapping[str, Any], reader: Reader) -> str:
    state = one["state"]
    if state == "lobby" and one["connected"]:
        return reader.t("In the lobby since %(time)s", time=reader.time(one["since"]))
    if state == "lobby":
        return reader.t("Left the page, keeps the place")
    if state == "admitted":
        return (
            reader.t("In the call with %(agent)s", agent=one["agent"]) if one["agent"] else reader.t("In the call")
        )
    if state == "ended":
        how = NO_SHOW if one["outcome"] == "no_show" else ENDED
        return reader.t(how)
    return reader.t("Has left") if state == "left" else reader.t("Not here yet")


def _verdict(one: Mapping[str, Any], reader: Reader) -> View | None:
    """The last test, only while it can still help. Who signs is told by what signing needs."""
    if one["state"] in ("admitted", "ended"):
        return None
    test, grade = one["test"], one["verdict"]
    if test is None:
        return {"value": "unknown", "text": reader.t(NO_TEST)}
    if SIGNS in one["needs"] and test["sign_language"] == "red":
        return {"value": "red", "text": reader.t(NOT_FOR_SIGNING)}
    reason = TEST_REASONS.get(test["advice"][0]) if test["advice"] and grade in ("amber", "red") else None
    return {"value": grade, "text": reader.t(reason or VERDICTS[grade])}


def _test_link(one: Mapping[str, Any], reader: Reader) -> View | None:
    """The code of the last test, which opens what the citizen saw."""
    test = one["test"]
    if test is None or test["code"] is None or one["state"] == "ended":
        return None
    return {"href": f"/staff/tests/{test['code']}", "text": reader.t("Test %(code)s", code=test["code"])}


def _enter(one: Mapping[str, Any], now: datetime, reader: Reader) -> View | None:
    room = f"/staff/rooms/{one['appointment']}"
    if one["state"] == "lobby":
        return {"href": f"{room}?admit={one['participant']}", "text": reader.t("Let in")}
    if one["state"] == "admitted":
        return {"href": room, "text": reader.t("Go to the call")}
    opens = datetime.fromisoformat(one["starts_at"]) - ROOM_BEFORE
    closes = datetime.fromisoformat(one["ends_at"]) + ROOM_AFTER
    if one["state"] == "ended" or not opens <= now < closes:
        return None
    return {"href": room, "text": reader.t("Open the room")}
