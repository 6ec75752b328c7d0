"""Notes of colleagues as texts, for the consoles and the agent's room. No SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.dates import format_day, format_time
from ...core.json_types import JsonObject
from ...offices.service import Office, choice_text
from ..domain.visit_note import ROUTINE_OUTCOME, VisitNoteKind

# Outcomes that no office chooses from its list.
OUTCOME_LABELS: Mapping[str, str] = {
    "technical_problem": N_("The connection did not work"),
    "no_show": N_("Nobody came"),
}
# The reasons of a host; the other kinds are notes of a desk or of a call.
REASON_LABELS: Mapping[str, str] = {
    VisitNoteKind.PLACED: N_("Why this person goes first"),
    VisitNoteKind.ISSUED: N_("Why the ticket was given anyway"),
    VisitNoteKind.BOOKED: N_("Why this time was booked anyway"),
}


def build_note_rows(
    notes: Iterable[Mapping[str, Any]], t: GettextFunction, office: Office, language: str
) -> list[JsonObject]:
    """Build the rows of notes: `head` says who wrote it, where and when."""
    return [
        {
            "id": note["id"],
            "head": _note_head(note, t, office, language),
            "text": _note_text(note, t, office, language),
        }
        for note in notes
    ]


def format_notes(notes: Iterable[Mapping[str, Any]], t: GettextFunction, office: Office, language: str) -> str:
    """Join notes to a text, a line each, for the rows of lists."""
    return "\n".join(f"{row['head']}: {row['text']}" for row in build_note_rows(notes, t, office, language))


def _note_head(note: Mapping[str, Any], t: GettextFunction, office: Office, language: str) -> str:
    moment = datetime.fromisoformat(note["at"])
    author = [note["author"]] if note["author"] else []
    if note["earlier"]:
        day = format_day(moment, office.timezone, language)
        return ", ".join([t("Visit of %(day)s") % {"day": day}, *author])
    return ", ".join([_note_title(note, t), *author, format_time(moment, office.timezone)])


def _note_title(note: Mapping[str, Any], t: GettextFunction) -> str:
    reason = REASON_LABELS.get(note["kind"])
    if reason is not None:
        return t(reason)
    if note["kind"] == VisitNoteKind.CALL_ENDED:
        return t("Note of the video call")
    return t("Note from desk %(desk)s") % {"desk": note["desk"]} if note["desk"] else t("Note")


def _note_text(note: Mapping[str, Any], t: GettextFunction, office: Office, language: str) -> str:
    key = note["outcome"] or ROUTINE_OUTCOME
    outcome = [] if key == ROUTINE_OUTCOME else [_outcome_words(key, t, office, language)]
    return " – ".join([*outcome, *([note["text"]] if note["text"] else [])])


def _outcome_words(key: str, t: GettextFunction, office: Office, language: str) -> str:
    if key in OUTCOME_LABELS:
        return t(OUTCOME_LABELS[key])
    return choice_text(office, "outcomes", key, language, t)
