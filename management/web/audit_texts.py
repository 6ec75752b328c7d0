"""Entries of the audit as sentences and readable values. No SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ...appointments.service import AUDIT_SENTENCES as APPOINTMENT_SENTENCES
from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.dates import format_date, format_short_day, format_time
from ...core.i18n.languages import LANGUAGES
from ...notifications.service import AUDIT_SENTENCES as MESSAGE_SENTENCES
from ...notifications.service import message_kinds
from ...offices.service import PATH_SEPARATOR, PROFILE_CHANGED, Office, SiteProfile, choice_text, declared_fields
from ...queue.service import AUDIT_SENTENCES as QUEUE_SENTENCES
from ...queue.service import CITIZEN_SENTENCES
from ...rooms.service import AUDIT_SENTENCES as ROOM_SENTENCES
from ...staff.service import AUDIT_SENTENCES as STAFF_SENTENCES
from ..queries.audit_log import AuditRecord
from .audit_words import FIELD_LABELS, WORDS_BY_FIELD, value_word
from .change_texts import NO_VALUE, change_label, change_value_text
from .form_fields import language_label

PATH_SEPARATORS = re.compile(r" / |\.")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")

# Each feature tells its own actions.
ACTION_SENTENCES: Mapping[str, str] = {
    **APPOINTMENT_SENTENCES,
    **MESSAGE_SENTENCES,
    **QUEUE_SENTENCES,
    **ROOM_SENTENCES,
    **STAFF_SENTENCES,
    # a pause with a reason: queries/audit_log.py
    "office.evacuated": N_("Told everyone to leave: evacuation"),
    "office.evacuation_ended": N_("Ended the evacuation"),
    "office.created": N_("Added the office"),
    "office.copied": N_("Added the office as a copy of another one"),
    "office.changed": N_("Changed the office"),
    "office.calendar_downloaded": N_("Downloaded a day of the calendar"),
    "office.undone": N_("Took a change of the office back"),
    "office.repaired": N_("Repaired an office whose data could not be read"),
    "office.deleted": N_("Deleted an office that was never used"),
    "offices.ordered": N_("Changed the order of the offices"),
    "settings.changed": N_("Changed settings"),
    "hours.changed": N_("Changed the hours"),
    "desk.renamed": N_("Renamed a desk"),
    "person.figures_mail_set": N_("Asked for the monthly figures by e-mail"),
    "person.figures_mail_stopped": N_("Turned the monthly figures by e-mail off"),
    "screen.created": N_("Added a waiting-room screen"),
    "screen.renamed": N_("Renamed a waiting-room screen"),
    "screen.removed": N_("Removed a waiting-room screen"),
    "site.changed": N_("Changed the look and law of the organisation"),
    "site.logo_changed": N_("Changed the logo"),
}
# Changes of an office, whose paths are those of its document.
DOCUMENT_ACTIONS = frozenset(
    {
        "office.created",
        "office.copied",
        "office.changed",
        "office.undone",
        "office.repaired",
        "office.deleted",
        "settings.changed",
        "hours.changed",
        "desk.renamed",
    }
)
ACTOR_WORDS: Mapping[str, str] = {
    "citizen": N_("Citizen"),
    "timer": N_("Automatic"),
    "standby": N_("Automatic"),
    "appointment": N_("Automatic"),
}
SUBJECT_WORDS: Mapping[str, str] = {
    "ticket": N_("Ticket"),
    "appointment": N_("Appointment"),
    "period": N_("Closed period"),
    "message": N_("Message"),
    "office": N_("Office"),
    "line": N_("Queue"),
    "service": N_("Service"),
    "desk": N_("Desk"),
    "person": N_("Account"),
    "session": N_("Session"),
    "key": N_("API key"),
    "group": N_("Group"),
    "site": N_("Organisation"),
    "sign_in": N_("Sign-in"),
    "emergency": N_("Emergency"),
    "screen": N_("Screen"),
}
# Fields whose values are keys of a list that the office chose.
CHOICE_LIST_BY_FIELD: Mapping[str, str] = {"outcome": "outcomes", "desk_pause": "desk_pauses"}


@dataclass(frozen=True, slots=True)
class AuditedValue:
    """A changed value as people read it. `before` is None where a value was only set."""

    label: str
    before: str | None
    after: str | None


class AuditTexts:
    """Texts of entries in a language. `offices`: for the names of lines, services and desks."""

    def __init__(self, t: GettextFunction, language: str, offices: list[Office]) -> None:
        self._t = t
        self._language = language
        self._default_zone = offices[0].timezone if offices else ZoneInfo("UTC")
        self._names = _names_by_id(offices, language)

    def zone(self, record: AuditRecord) -> ZoneInfo:
        """Return the time zone of the entry's office, else of the first office."""
        return record.office.timezone if record.office else self._default_zone

    def actor(self, record: AuditRecord) -> str:
        """Return who acted: a name, or a word for citizens and timers.

        A guest of a call has the name that the call knew, until data retention deletes it, and the role.
        """
        if record.actor_role:
            role = self._t(WORDS_BY_FIELD["role"][record.actor_role])
            return f"{record.actor_name} ({role})" if record.actor_name else role
        word = ACTOR_WORDS.get(record.actor)
        return record.actor_name or (self._t(word) if word else self._t(N_("Unknown account")))

    def action(self, record: AuditRecord) -> str:
        """Return the sentence of the action; its code if an older version wrote it."""
        of_citizen = CITIZEN_SENTENCES.get(record.action) if record.actor == "citizen" else None
        sentence = of_citizen or ACTION_SENTENCES.get(record.action)
        return self._t(sentence) if sentence else record.action

    def subject(self, record: AuditRecord) -> str:
        """Return the subject in words: `Turn B-042`, `Appointment K7Q2 9XTM`."""
        word = SUBJECT_WORDS.get(record.subject.type)
        kind = self._t(word) if word else record.subject.type
        label = record.label
        if record.subject.type == "office" and label:
            return label  # its name says what it is
        if record.subject.type == "appointment" and label:
            label = f"{label[:4]} {label[4:]}"
        return f"{kind} {label}".strip()

    def changes(self, record: AuditRecord) -> list[AuditedValue]:
        """Return the changed values in the order of their paths."""
        paths = list(dict.fromkeys([*record.before, *record.after]))
        return [self._change(record, path) for path in paths]

    def _change(self, record: AuditRecord, path: str) -> AuditedValue:
        field = PATH_SEPARATORS.split(path)[-1]
        before = self._value(record, path, field, record.before[path]) if path in record.before else None
        after = self._value(record, path, field, record.after[path]) if path in record.after else None
        return AuditedValue(self._label(record, path), before, after)

    def _label(self, record: AuditRecord, path: str) -> str:
        """Return a path in words; parts without a word, such as slugs, stay as they are."""
        if record.action in DOCUMENT_ACTIONS:
            return change_label(self._t, tuple(path.split(PATH_SEPARATOR)))
        if record.action == PROFILE_CHANGED:
            return self._site_label(path)
        parts = PATH_SEPARATORS.split(path)
        words = [FIELD_LABELS.get(part) for part in parts]
        return ", ".join(
            self._t(word) if word else self._names.get(part, part) for part, word in zip(parts, words, strict=True)
        )

    def _site_label(self, path: str) -> str:
        key, _, language = path.partition(".")
        if key not in declared_fields(SiteProfile):
            return path
        label = self._t(declared_fields(SiteProfile)[key].label)
        return language_label(label, language) if language else label

    def _value(self, record: AuditRecord, path: str, field: str, value: Any) -> str:
        if value is None or value == "" or value in ([], {}):
            return NO_VALUE
        if record.action in DOCUMENT_ACTIONS and not _names_lines(path):
            return change_value_text(self._t, tuple(path.split(PATH_SEPARATOR)), value)
        if isinstance(value, bool):
            return self._t(N_("Yes")) if value else self._t(N_("No"))
        if isinstance(value, list):
            return ", ".join(self._value(record, path, field, each) for each in value)
        if isinstance(value, dict):
            return self._object(field, value)
        text = str(value)
        if record.action == PROFILE_CHANGED:
            declared = declared_fields(SiteProfile).get(path)
            return self._t(declared.options[text]) if declared and text in declared.options else text
        if field == "logo":
            return self._t(N_("A picture"))
        if _ISO_DAY.fullmatch(text):
            return format_date(date.fromisoformat(text), self._language)
        if _RFC3339.fullmatch(text):
            return self.moment(datetime.fromisoformat(text), self.zone(record))
        word = value_word(field, text)
        choices_of = CHOICE_LIST_BY_FIELD.get(field)
        if word is None and choices_of and record.office:
            return choice_text(record.office, choices_of, text, self._language, self._t)
        if word is None and field == "kind" and (kind := message_kinds().get(text)):
            word = kind.title
        return self._t(word) if word else self._names.get(text, text)

    def _object(self, field: str, value: Mapping[str, Any]) -> str:
        """Return a text by language, ticks by name, or else JSON."""
        if value.keys() <= set(LANGUAGES):
            return str(value.get(self._language) or next(iter(value.values())))
        if all(isinstance(each, bool) for each in value.values()):
            ticked = [value_word(field, name) or name for name, is_set in value.items() if is_set]
            return ", ".join(self._t(name) for name in ticked) or NO_VALUE
        return json.dumps(value, ensure_ascii=False)

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Format day and time: `mié 25 nov, 10:30`."""
        return f"{format_short_day(moment, zone, self._language)}, {format_time(moment, zone)}"


def _names_lines(path: str) -> bool:
    """Tell whether a path of an office's document holds lines, which people know by name."""
    parts = path.split(PATH_SEPARATOR)
    return parts[0] in ("services", "desks") and parts[-1] in ("line", "lines")


def _names_by_id(offices: list[Office], language: str) -> dict[str, str]:
    """Return the names of offices, lines, services and desks, by id and by slug."""
    names: dict[str, str] = {}
    for office in offices:
        names[office.slug] = office.name
        for line in office.lines:
            names[line.id] = names[line.slug] = line.name(language)
        for service in office.services:
            names[service.id] = names[service.slug] = service.name(language)
        for desk in (*office.desks, *office.removed_desks):
            names[desk.id] = desk.name
    return names
