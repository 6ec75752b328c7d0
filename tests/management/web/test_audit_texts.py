"""Sentences of the audit: every action that the code can write has one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import NullTranslations

from office360.appointments.actions.attendance import AUDIT_VERBS
from office360.management.queries.audit_log import AuditRecord, AuditSubject
from office360.management.web.audit_texts import ACTION_SENTENCES, AuditTexts
from office360.rooms.storage.room_event_rows import MEASUREMENT_KIND
from office360.server.app import FEATURE_FOLDERS

from ...staff.support.boards import OFFICE

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
    return [(one.label, one.before, one.after) for one in TEXTS.changes(_record(action, **fields))]


def test_paths_of_an_office_are_shown_in_words() -> None:
    path = "services / certificate / names / es"
    assert _changes("office.changed", before={path: "Certificado"}, after={path: "Firma"}) == [
        ("Service certificate, Name, in Spanish", "Certificado", "Firma")
    ]


def test_values_are_shown_as_people_read_them() -> None:
    before = {"booking.minutes": 15, "listed": True, "starts_at": "2026-11-25T09:30:00+00:00"}
    after = {
        "booking.minutes": 20,
        "listed": False,
        "names": {"es": "Registro", "en": "Registry"},
    }
    assert _changes("site.changed", before=before, after=after) == [
        ("Booking, Minutes", "15", "20"),
        ("Shown to citizens", "Yes", "No"),
        ("Begins", "Wed 25 Nov, 10:30", None),
        ("Name", None, "Registry"),
    ]


def test_states_and_desks_are_shown_by_name() -> None:
    assert _changes(
        "ticket.called", before={"state": "waiting"}, after={"state": "called", "desk": "d7", "why": "arrival"}
    ) == [
        ("State", "In the line", "Called"),
        ("Desk", None, "7"),
        ("Why next", None, "Next by time of arrival."),
    ]


def test_unknown_action_of_older_version_is_shown_by_code() -> None:
    assert TEXTS.action(_record("ticket.vanished")) == "ticket.vanished"


def test_locator_is_shown_in_two_groups() -> None:
    shown = TEXTS.subject(_record(subject=AuditSubject("appointment", "a"), label="K7Q29XTM"))
    assert shown == "Appointment K7Q2 9XTM"
