"""Timeline of a call in plain words. No SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.dates import format_time
from ..domain.call_timeline import TimelineEntry, TroubleKind, latest_identity_result
from ..domain.identity_check import DocumentKind
from ..queries.call_timelines import CallTimeline

# `name` is a participant; `value` the worst figure of the period; `title` that of an offered text.
SENTENCES: Mapping[str, str] = {
    "came_in": N_("%(name)s opened the room"),
    "joined": N_("%(name)s came into the waiting room"),
    "came_back": N_("%(name)s came back with a new page"),
    "left": N_("%(name)s left"),
    "gone": N_("%(name)s lost the connection and did not come back in two minutes"),
    "turned_out": N_("%(name)s was signed out"),
    "admitted": N_("%(name)s was let in"),
    "returned_to_lobby": N_("%(name)s was asked to wait again"),
    "removed": N_("%(name)s was taken out of the room"),
    "held": N_("%(name)s was put on hold"),
    "document_sent": N_("%(name)s sent a document"),
    "document_removed": N_("%(name)s deleted a document"),
    "text_offered": N_("%(name)s offered a text to accept: %(title)s"),
    "text_withdrawn": N_("%(name)s took the text back: %(title)s"),
    "text_accepted": N_("%(name)s accepted with a code: %(title)s"),
    "text_declined": N_("%(name)s did not accept: %(title)s"),
    "called_back": N_("The absent person was called back"),
    "number_shown": N_("%(name)s looked at the telephone number"),
    "evacuated": N_("The office was evacuated"),
    "evacuation_ended": N_("The evacuation ended"),
    "by_phone": N_("%(name)s went on by telephone"),
    "by_phone_undone": N_("%(name)s went back from the telephone to the video call"),
    "identity_checked": N_("%(name)s checked the identity: %(document)s"),
    "identity_not_possible": N_("%(name)s could not check the identity: %(document)s"),
    "ended": N_("The video call ended"),
    TroubleKind.SLOW_UPLOAD: N_("The upload of %(name)s fell to %(value)s kbps"),
    TroubleKind.HEARD_IN_PIECES: N_("%(name)s was heard in pieces: %(value)s %% of the voice was missing"),
    TroubleKind.HEARS_IN_PIECES: N_("%(name)s heard in pieces: %(value)s %% of the voice was missing"),
    TroubleKind.LOSS_UP: N_("%(value)s %% of what %(name)s sent was lost"),
    TroubleKind.LOSS_DOWN: N_("%(value)s %% of what was sent to %(name)s was lost"),
    TroubleKind.DELAY: N_("The delay with %(name)s rose to %(value)s ms"),
}
SOUND_ONLY_SENTENCES: Mapping[str, str] = {
    "weak_connection": N_("%(name)s sent the voice only, so that it was heard well"),
    "own_choice": N_("%(name)s chose to send the voice only"),
}
END_SENTENCES: Mapping[str, str] = {
    "time_over": N_("The room closed: its time was over"),
    "cancelled": N_("The room closed: the appointment was cancelled"),
    "rescheduled": N_("The room closed: the appointment was moved"),
}
# For participants whose names data retention has deleted.
ROLE_WORDS: Mapping[str, str] = {
    "citizen": N_("The citizen"),
    "agent": N_("The agent"),
    "supervisor": N_("The agent"),
    "interpreter": N_("The interpreter"),
    "relative": N_("The companion"),
    "colleague": N_("The colleague"),
}
# Kinds of documents, in the order of the list that agents choose from.
DOCUMENT_WORDS: Mapping[str, str] = {
    DocumentKind.DNI: N_("DNI"),
    DocumentKind.RESIDENCE_CARD: N_("Residence card (NIE)"),
    DocumentKind.PASSPORT: N_("Passport"),
    DocumentKind.EU_IDENTITY_CARD: N_("Identity card of another country"),
    DocumentKind.DRIVING_LICENCE: N_("Driving licence"),
    DocumentKind.OTHER: N_("Another document"),
}
NO_DOCUMENT = N_("no document")
TROUBLES = frozenset({*TroubleKind, "sound_only", "gone", "identity_not_possible"})


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """A line as people read it. `at`: clock time of the office."""

    at: str
    text: str
    is_trouble: bool


def timeline_lines(timeline: CallTimeline, t: GettextFunction, zone: tzinfo) -> list[TimelineLine]:
    """Return the lines of a call in the reader's language, oldest first."""
    return [
        TimelineLine(format_time(entry.at, zone), _line_text(sentence, entry, timeline, t), entry.kind in TROUBLES)
        for entry in timeline.entries
        if (sentence := _sentence(entry)) is not None
    ]


def _sentence(entry: TimelineEntry) -> str | None:
    reason = str(entry.details.get("reason"))
    if entry.kind == "sound_only":
        return SOUND_ONLY_SENTENCES.get(reason)
    if entry.kind == "ended" and reason in END_SENTENCES:
        return END_SENTENCES[reason]
    return SENTENCES.get(entry.kind)


def _line_text(sentence: str, entry: TimelineEntry, timeline: CallTimeline, t: GettextFunction) -> str:
    role, name = timeline.people.get(entry.participant_id or "", ("", ""))
    name = name or t(ROLE_WORDS.get(role, N_("The person")))
    text = t(sentence) % {
        "name": name,
        "value": entry.value,
        "document": _document_text(entry, t),
        "title": entry.details.get("text"),
    }
    if entry.until is None or entry.until == entry.at:
        return text
    return t(N_("%(what)s, for %(duration)s")) % {"what": text, "duration": _duration(entry.until - entry.at)}


def _document_text(entry: TimelineEntry, t: GettextFunction) -> str:
    return t(DOCUMENT_WORDS.get(str(entry.details.get("document")), NO_DOCUMENT))


def identity_line(timeline: CallTimeline, t: GettextFunction, zone: tzinfo) -> TimelineLine | None:
    """Return the last result of the identity check; None without a check."""
    entry = latest_identity_result(timeline.entries)
    if entry is None:
        return None
    text = _line_text(SENTENCES[entry.kind], entry, timeline, t)
    return TimelineLine(format_time(entry.at, zone), text, entry.kind == "identity_not_possible")


def _duration(length: timedelta) -> str:
    """Format a length: `40 s`, `2 min 10 s`, `12 min`."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    if not minutes:
        return f"{seconds}\u00a0s"
    return f"{minutes}\u00a0min" if minutes >= 10 or not seconds else f"{minutes}\u00a0min {seconds}\u00a0s"
