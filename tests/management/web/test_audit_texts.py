"""Sentences of the audit: every action that the code can write has a sentence."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from office360.appointments import service as appointments
from office360.appointments.actions.attendance import AUDIT_VERBS
from office360.appointments.actions.reception.staff_changes import CitizenDetails
from office360.appointments.domain.appointment import AppointmentState
from office360.core.auth import StaffRole
from office360.management.domain.document_changes import ORDER, flatten
from office360.management.queries.audit_log import REASON_FIELDS, AuditRecord, AuditSubject
from office360.management.web.audit_texts import ACTION_SENTENCES, AuditTexts
from office360.management.web.audit_words import FIELD_LABELS
from office360.management.web.change_texts import setting_of_path
from office360.notifications import service as notifications
from office360.notifications.service import message_kinds
from office360.offices.domain.choice_lists import default_choices
from office360.offices.domain.documents.office import office_path_words
from office360.offices.domain.documents.site import SiteProfile
from office360.offices.domain.words import SERVICE_MODES
from office360.queue import service as queue
from office360.queue.domain.line import CallReason
from office360.queue.domain.ticket import TicketKind, TicketPriority, TicketState
from office360.rooms import service as rooms
from office360.rooms.domain.identity_check import STEPS, DocumentKind
from office360.rooms.domain.room import ParticipantRole
from office360.rooms.domain.room_invite import InviteChannel
from office360.rooms.domain.room_transfer import TransferKind
from office360.rooms.realtime.socket_messages import SoundOnlyCommand
from office360.rooms.storage.room_event_rows import MEASUREMENT_KIND
from office360.rooms.web.room_pages import CALL_OUTCOMES
from office360.server.app import FEATURE_FOLDERS
from office360.server.demo.offices import demo_city
from office360.staff import service as staff
from office360.staff.domain.alerts import AlertSettings
from office360.staff.domain.people import ALL_OFFICES, AccountDetails
from office360.staff.service import FACTOR_ROLES

from ...staff.support.boards import OFFICE
from ..support.audited_fields import written_fields

# Functions that write events: the place of the action among their arguments, and what stands before it.
WRITERS = {
    "add_audit_entry": (3, ""),
    "insert_office_event": (2, "office."),
    "insert_ticket_events": (2, "ticket."),
    "commit_lines": (2, "ticket."),
    "commit_lines_and_resync": (2, "ticket."),
    "commit_ticket_change": (3, "ticket."),
    "_apply_to_ticket": (3, "ticket."),
    "_apply_to_own_ticket": (2, "ticket."),
    "_commit_overtaking": (3, "ticket."),
    "add_audit_event": (1, "room."),
    "record_audit_event": (2, "room."),
    "audit_appointment": (2, "appointment."),
    "audit_closed_period": (2, "period."),
}
METHODS = {("change", "add_audit_event"): (1, "room."), ("room_rows", "add_audit_event"): (3, "room.")}
# Actions of settings and people, which helpers of actions/ get as arguments and constants.
SETTING_ACTION = re.compile(
    r"(account|city|desk|hours|key|line|message|office|person|service|session|settings|site)\.[a-z_]+"
)
TEXTS = AuditTexts(NullTranslations().gettext, "en", [OFFICE])


def _names(kind: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


def _written_actions() -> Iterator[str]:
    for folder in FEATURE_FOLDERS:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                yield from _actions_of_call(node)
                if path.parent.name == "actions":
                    yield from _action_in_constant(node)


def _action_in_constant(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and SETTING_ACTION.fullmatch(str(node.value)):
        yield str(node.value)


def _actions_of_call(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    function = node.func
    if isinstance(function, ast.Name):
        found = WRITERS.get(function.id)
    elif isinstance(function, ast.Attribute):
        owner = function.value.id if isinstance(function.value, ast.Name) else ""
        found = METHODS.get((owner, function.attr)) or WRITERS.get(function.attr)
    else:
        return
    if found is not None:
        place, prefix = found
        for argument in ast.walk(node.args[place]) if len(node.args) > place else ():
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                yield prefix + argument.value


def test_every_action_has_a_sentence() -> None:
    found = {action for action in _written_actions() if not action.endswith(".")}
    assert len(found) > 40, "the scan finds the calls"
    # in variables: the pause of an office, the walk-ins of a line, the attendance of an appointment
    found |= {f"{kind}.{verb}" for kind in ("ticket", "office") for verb in ("paused", "resumed")}
    found |= {"office.walk_ins_stopped", "office.walk_ins_opened"}
    found |= {f"appointment.{verb}" for verb in AUDIT_VERBS.values()}
    assert sorted(found - ACTION_SENTENCES.keys() - {f"room.{MEASUREMENT_KIND}"}) == []


@pytest.mark.parametrize("feature", [appointments, notifications, queue, rooms, staff])
def test_features_tell_only_what_they_write(feature: ModuleType) -> None:
    folder = Path(feature.__file__ or "").parent
    sources = "".join(path.read_text() for path in folder.rglob("*.py") if path.name != "audit_texts.py")
    verbs = {action.partition(".")[2] for action in feature.AUDIT_SENTENCES}
    assert sorted(verb for verb in verbs if not re.search(rf"\b{verb}\b", sources)) == []


def _record(action: str = "settings.changed", **fields: object) -> AuditRecord:
    values = {
        "id": "1",
        "at": datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
        "action": action,
        "actor": "staff:boris",
        "actor_name": "Boris",
        "office": OFFICE,
        "subject": AuditSubject("office", OFFICE.id),
        "label": "Oficina Centro",
    }
    return AuditRecord(**values | fields)  # type: ignore[arg-type]


def _changes(action: str, **fields: object) -> list[tuple[str, str | None, str | None]]:
    return [(change.label, change.before, change.after) for change in TEXTS.changes(_record(action, **fields))]


def test_paths_of_an_office_are_shown_in_words() -> None:
    path = "services / certificate / names / es"
    assert _changes("office.changed", before={path: "Certificado"}, after={path: "Firma"}) == [
        ("Service certificate, Name, Español", "Certificado", "Firma")
    ]


def test_values_are_shown_as_people_read_them() -> None:
    before = {"booking.minutes": 15, "listed": True, "starts_at": "2026-11-25T09:30:00+00:00"}
    after = {
        "booking.minutes": 20,
        "listed": False,
        "names": {"es": "Registro", "en": "Registry"},
    }
    assert _changes("screen.renamed", before=before, after=after) == [
        ("Booking, Minutes", "15", "20"),
        ("Shown to citizens", "Yes", "No"),
        ("Begins", "Wed 25 Nov, 10:30", None),
        ("Name", None, "Registry"),
    ]


def test_states_and_desks_are_shown_by_name() -> None:
    assert _changes(
        "ticket.called", before={"state": "waiting"}, after={"state": "called", "desk": "d7", "why": "arrival"}
    ) == [
        ("State", "In the queue", "Called"),
        ("Desk", None, "7"),
        ("Why next", None, "Next by time of arrival."),
    ]


# Expressions whose field names the source does not tell, and the names that they have.
COMPUTED: Mapping[str, Collection[str]] = {
    "before": (),  # of an office's document and of the organisation: the tests below
    "after": (),
    "{PATH_SEPARATOR.join(change.path): change.before for change in changes}": (),
    "{PATH_SEPARATOR.join(change.path): change.after for change in changes}": (),
    "{name: value for name, value in values.items() if value is not None}": (),  # the values are arguments
    "{name: MASK if name in PERSONAL else getattr(corrected, name) for name in changed}": _names(CitizenDetails),
    "audit_values(details, ('name', 'email', 'role', 'offices'))": _names(AccountDetails),
    "audit_values(person.details, changed)": _names(AccountDetails),
    "audit_values(wanted, changed)": _names(AccountDetails),
    "{name: old[name] for name in changed}": _names(AlertSettings),
    "{name: new[name] for name in changed}": _names(AlertSettings),
    "group_audit_values(stored) or None": ("group", "role", "offices"),
    "group_audit_values(wanted) or None": ("group", "role", "offices"),
    "{role: before[role] for role in changed}": FACTOR_ROLES,
    "{role: after[role] for role in changed}": FACTOR_ROLES,
    "path": (ORDER,),
}
NOT_SHOWN = {"by", *REASON_FIELDS}  # ids, and words of staff, which are the note of an entry


def test_every_written_field_has_a_label() -> None:
    found = written_fields()
    assert len(found.names) > 30, "the scan finds the calls"
    assert found.computed.keys() == COMPUTED.keys(), found.computed
    names = found.names | {name for computed in COMPUTED.values() for name in computed}
    names |= SoundOnlyCommand.model_fields.keys()
    assert sorted(names - NOT_SHOWN - FIELD_LABELS.keys()) == []


def test_every_field_of_the_organisation_has_a_label() -> None:
    paths = list(SiteProfile().values())
    shown = _changes("site.changed", after=dict.fromkeys(paths, "x"))
    assert [label for label, _, _ in shown if label in paths or "_" in label] == []
    assert shown[paths.index("primary_colour")] == ("Buttons and links", None, "x")
    assert _changes("site.changed", after={"conformance": "full"})[0][2] == "Fully compliant"


CHOSEN_KEYS = {"lines": 1, "services": 1, "desks": 1, "texts": 1, "closures": 1, "extra_openings": 1, "choices": 2}


@pytest.mark.parametrize("slug", list(demo_city()))
def test_every_value_of_an_office_has_a_label(slug: str) -> None:
    raw = [
        path
        for path in flatten(demo_city()[slug])
        if setting_of_path(path) is None
        for text, is_sentence in office_path_words(path)
        if not is_sentence and text in path and path.index(text) != CHOSEN_KEYS.get(path[0])
    ]
    assert raw == []


WORDS: Mapping[str, Iterable[str]] = {
    "role": [*ParticipantRole, *StaffRole],
    "channel": [*InviteChannel, "email", "sms", "push"],
    "kind": [*TicketKind, *TransferKind, *message_kinds()],
    "why": CallReason,
    "state": [*TicketState, *AppointmentState],
    "mode": SERVICE_MODES,
    "priority": TicketPriority,
    "document": DocumentKind,
    "reason": [
        *get_args(SoundOnlyCommand.model_fields["reason"].annotation),
        *("ended", "cancelled", "rescheduled", "time_over"),
    ],
    "outcome": CALL_OUTCOMES,
    "desk_pause": default_choices("desk_pauses", lambda words: {"es": words, "en": words}),
    "offices": [ALL_OFFICES],
}


@pytest.mark.parametrize("field", WORDS)
def test_every_stored_word_is_shown_in_words(field: str) -> None:
    raw = [str(value) for value in WORDS[field] if _changes("x.y", after={field: str(value)})[0][2] == str(value)]
    assert raw == []


def test_ticked_steps_and_days_are_shown_in_words() -> None:
    ticked = dict.fromkeys(STEPS, True) | {"back": False}
    assert _changes("room.checklist", after={"items": ticked}) == [
        ("Checked", None, "Front of the document, Face, Data")
    ]
    assert _changes("office.calendar_downloaded", after={"day": "2026-11-27"}) == [
        ("Day", None, "27 November 2026")
    ]


def test_guest_is_shown_by_name_and_role() -> None:
    guest = {"actor": "guest:1", "actor_role": "interpreter"}
    assert TEXTS.actor(_record("room.joined", **guest | {"actor_name": "Ana Ruiz"})) == "Ana Ruiz (Interpreter)"
    assert TEXTS.actor(_record("room.joined", **guest | {"actor_name": ""})) == "Interpreter"


def test_unknown_action_of_older_version_is_shown_by_code() -> None:
    assert TEXTS.action(_record("ticket.vanished")) == "ticket.vanished"


def test_locator_is_shown_in_two_groups() -> None:
    shown = TEXTS.subject(_record(subject=AuditSubject("appointment", "a"), label="K7Q29XTM"))
    assert shown == "Appointment K7Q2 9XTM"
