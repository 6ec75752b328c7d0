"""Timeline of a video call, from the rows of its room. Pure: no clock, SQL or words.

Clients report their connection every 30 s. Reports with the same trouble that follow each other are one entry,
from the first to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ...precheck.domain.grade_scales import LOSS_DOWN_SCALE, LOSS_UP_SCALE, RTT_SCALE, UPLOAD_SCALE
from .call_quality import CONCEALED_BAD_PCT
from .room import STAFF_ROLES

# one report each 30 s may be lost; after two the trouble counts as over
REPORT_GAP = timedelta(seconds=75)


class TroubleKind(StrEnum):
    """Trouble of a participant's connection."""

    SLOW_UPLOAD = "slow_upload"
    HEARD_IN_PIECES = "heard_in_pieces"
    HEARS_IN_PIECES = "hears_in_pieces"
    LOSS_UP = "loss_up"
    LOSS_DOWN = "loss_down"
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A recorded event. `participant_id`: of the participant who acted; None for a timer."""

    at: datetime
    kind: str
    participant_id: str | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A line of the timeline.

    `kind`: of the event, or a TroubleKind. `participant_id`: whom the line is about. `until`: the end of a period,
    None if it is a moment or still lasts. `value`: the worst figure of a trouble, in its unit.
    """

    at: datetime
    kind: str
    participant_id: str | None
    until: datetime | None = None
    value: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Trouble:
    kind: TroubleKind
    read: Callable[[Mapping[str, Any]], float | None]  # the figure if the report is bad, else None
    worst: Callable[[float, float], float]


def _above(name: str, bound: float) -> Callable[[Mapping[str, Any]], float | None]:
    def read(details: Mapping[str, Any]) -> float | None:
        value = details.get(name)
        return value if value is not None and value > bound else None

    return read


def _slow_upload_kbps(details: Mapping[str, Any]) -> float | None:
    """Return the estimate of the upload if it is too low for a picture.

    Clients of an older version report what they sent, which is little also for a still picture; it counts only if
    they say that the connection limits it.
    """
    kbps = details.get("available_up_kbps")
    if kbps is None and details.get("reason") == "bandwidth":
        kbps = details.get("up_kbps")
    return kbps if kbps is not None and kbps < UPLOAD_SCALE.amber else None


TROUBLES = (
    _Trouble(TroubleKind.SLOW_UPLOAD, _slow_upload_kbps, min),
    _Trouble(TroubleKind.HEARD_IN_PIECES, _above("concealed_up_pct", CONCEALED_BAD_PCT), max),
    _Trouble(TroubleKind.HEARS_IN_PIECES, _above("concealed_down_pct", CONCEALED_BAD_PCT), max),
    _Trouble(TroubleKind.LOSS_UP, _above("loss_up_pct", LOSS_UP_SCALE.amber), max),
    _Trouble(TroubleKind.LOSS_DOWN, _above("loss_down_pct", LOSS_DOWN_SCALE.amber), max),
    _Trouble(TroubleKind.DELAY, _above("rtt_ms", RTT_SCALE.amber), max),
)
# Moments that a reader needs, beside a hello: of staff, and of a person who was there before.
IDENTITY_RESULTS = frozenset({"identity_checked", "identity_not_possible"})
PAPERS = frozenset(
    {"document_sent", "document_removed", "text_offered", "text_withdrawn", "text_accepted", "text_declined"}
)
MOMENTS = (
    IDENTITY_RESULTS
    | PAPERS
    | {
        "joined",
        "left",
        "gone",
        "turned_out",
        "admitted",
        "returned_to_lobby",
        "removed",
        "called_back",
        "number_shown",
        "by_phone",
        "by_phone_undone",
        "ended",
    }
)
# The details name the participant.
ABOUT_ANOTHER = frozenset({"admitted", "held", "taken_back", "returned_to_lobby", "removed"})
LEAVES_CALL = frozenset({"left", "gone", "turned_out", "returned_to_lobby", "removed", "ended"})
# Events that end a period, by the kind that begins it; "ended" ends those of all people.
PERIOD_ENDS: Mapping[str, frozenset[str]] = {
    "sound_only": LEAVES_CALL | {"hello"},
    "held": LEAVES_CALL | {"taken_back", "admitted"},
}


def build_timeline(events: Iterable[CallEvent]) -> list[TimelineEntry]:
    """Return the lines of a call, oldest first. `events` are in order."""
    ordered = list(events)
    entries = _moments(ordered)
    for kind in PERIOD_ENDS:
        entries += _periods(ordered, kind)
    for trouble in TROUBLES:
        entries += _trouble_periods(ordered, trouble)
    return sorted(entries, key=lambda entry: entry.at)


def latest_identity_result(entries: Iterable[TimelineEntry]) -> TimelineEntry | None:
    """Return the last result of an identity check; None without a check."""
    return next((entry for entry in reversed(list(entries)) if entry.kind in IDENTITY_RESULTS), None)


def _subject(event: CallEvent) -> str | None:
    """Return the participant whom an event is about."""
    return event.details.get("participant") if event.kind in ABOUT_ANOTHER else event.participant_id


def _moments(events: list[CallEvent]) -> list[TimelineEntry]:
    entries, known = [], set()
    for event in events:
        is_staff = event.details.get("role") in STAFF_ROLES
        is_first = event.participant_id not in known
        if event.kind == "hello" and (is_staff or not is_first):
            entries.append(TimelineEntry(event.at, "came_in" if is_first else "came_back", event.participant_id))
        elif event.kind in MOMENTS:
            entries.append(TimelineEntry(event.at, event.kind, _subject(event), details=event.details))
        if event.kind != "hello" or is_staff:  # a page that was opened and closed before entering tells nothing
            known.add(event.participant_id)
    return entries


def _periods(events: list[CallEvent], kind: str) -> list[TimelineEntry]:
    """Return the periods that events of this kind begin.

    Details with `on: false` end a period.
    """
    entries: list[TimelineEntry] = []
    open_entries: dict[str | None, int] = {}  # the place in `entries`, by participant
    for event in events:
        subject = _subject(event)
        begins = event.kind == kind and event.details.get("on", True)
        if begins and subject not in open_entries:
            open_entries[subject] = len(entries)
            entries.append(TimelineEntry(event.at, kind, subject, details=event.details))
        elif not begins and (event.kind == kind or event.kind in PERIOD_ENDS[kind]):
            ended = list(open_entries) if event.kind == "ended" else [subject]
            for place in (open_entries.pop(key) for key in ended if key in open_entries):
                entries[place] = replace(entries[place], until=event.at)
    return entries


def _trouble_periods(events: list[CallEvent], trouble: _Trouble) -> list[TimelineEntry]:
    entries: list[TimelineEntry] = []
    open_entries: dict[str | None, int] = {}
    for event in events:
        if event.kind != "quality":
            continue
        value = trouble.read(event.details)
        place = open_entries.get(event.participant_id)
        if value is None:
            open_entries.pop(event.participant_id, None)
        elif place is None or event.at - (entries[place].until or entries[place].at) > REPORT_GAP:
            open_entries[event.participant_id] = len(entries)
            entries.append(TimelineEntry(event.at, trouble.kind, event.participant_id, value=round(value)))
        else:
            worst = round(trouble.worst(entries[place].value or 0, value))
            entries[place] = replace(entries[place], until=event.at, value=worst)
    return entries
