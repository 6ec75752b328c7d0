"""Words for the fields and values that audit entries hold. No SQL."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_
from ...core.i18n.languages import KNOWN_LANGUAGES
from ...offices.service import APPOINTMENT_STATE_NAMES, STAFF_MODE_NAMES
from ...staff.service import STATE_BADGES
from ..domain.document_changes import ORDER

# Labels of values, by the last part of their path.
FIELD_LABELS: Mapping[str, str] = {
    "state": N_("State"),
    "desk": N_("Desk"),
    "line": N_("Line"),
    "from": N_("From"),
    "to": N_("To"),
    "service": N_("Service"),
    "services": N_("Services"),
    "mode": N_("Kind of visit"),
    "kind": N_("Kind"),
    "channel": N_("Way"),
    "why": N_("Why next"),
    "priority": N_("Attention"),
    "outcome": N_("Outcome"),
    "reason": N_("Reason"),
    "desk_pause": N_("Reason"),
    "message": N_("Message"),
    "starts_at": N_("Begins"),
    "ends_at": N_("Ends"),
    "items": N_("Checked"),
    "text": N_("Text"),
    "accepted": N_("Accepted"),
    "on": N_("Voice only"),
    "sha256": N_("SHA-256 of the text"),
    "size_kb": N_("Size in kB"),
    "name": N_("Name"),
    "names": N_("Name"),
    "address": N_("Address"),
    "phone": N_("Telephone"),
    "remind_by_sms": N_("Messages by SMS"),
    "language": N_("Language"),
    "email": N_("E-mail"),
    "username": N_("User name"),
    "role": N_("Role"),
    "offices": N_("Offices"),
    "lines": N_("Lines"),
    "desks": N_("Desks"),
    "day": N_("Day"),
    "appointments": N_("Appointments"),
    "rules": N_("Rules"),
    "booking": N_("Booking"),
    "hours": N_("Hours"),
    "minutes": N_("Minutes"),
    "letter": N_("Letter of the line"),
    "listed": N_("Shown to citizens"),
    "logo": N_("Logo"),
    "lobby": N_("Alerts: lobby"),
    "help": N_("Alerts: help"),
    "long_wait": N_("Alerts: long wait"),
    "wait_minutes": N_("Alerts: limit in minutes"),
    "chime": N_("Chime"),
    "volume": N_("Volume"),
    "desktop": N_("Desktop notifications"),
    "push_offices": N_("Pushes about offices"),
    "false_alarm": N_("False alarm"),
    "locator": N_("Booking reference"),
    "participant": N_("Person"),
    "document": N_("Document"),
    "channels": N_("Ways"),
    "passkeys": N_("Passkeys"),
    "app": N_("Authenticator app"),
    "left": N_("Recovery codes left"),
    "devices": N_("Devices"),
    "group": N_("Group"),
    "agent": N_("Agent"),
    "host": N_("Host"),
    "manager": N_("Manager"),
    "administrator": N_("Administrator"),
    ORDER: N_("Order"),
}
VALUE_WORDS: Mapping[str, str] = {
    **STATE_BADGES,
    **APPOINTMENT_STATE_NAMES,
    "held": N_("Being booked"),
    "preconfirmed": N_("Waits for the e-mail to be confirmed"),
    **STAFF_MODE_NAMES,
    "walk_in": N_("Without appointment"),
    "appointment": N_("Appointment"),
    "preferential": N_("Priority attention"),
    "normal": N_("Ordinary attention"),
    "returned": N_("Comes back to this desk."),
    "host": N_("Put first by the host."),
    "longest_wait": N_("Has waited for a long time."),
    "appointment_due": N_("Came in time: appointments go first."),
    "late_appointment": N_("Came late to the appointment."),
    "arrival": N_("Next by time of arrival."),
    "early_appointment": N_("Has come early."),
    "resolved": N_("Resolved"),
    "documents_missing": N_("Documents are missing"),
    "referred": N_("Referred to another service"),
    "technical_problem": N_("The connection did not work"),
    "time_over": N_("The time was over"),
    "weak_connection": N_("Weak connection"),
    "own_choice": N_("Own choice"),
    "recovered": N_("The connection recovered"),
    "no_help": N_("It did not help"),
    "email": N_("E-mail"),
    "sms": N_("SMS"),
    "push": N_("Push"),
    "link": N_("Link that is shown or copied"),
    "warm": N_("With an introduction"),
    "cold": N_("Without an introduction"),
    "ended": N_("Ended by the office"),
    "cancelled": N_("Appointment cancelled"),
    "agent": N_("Agent"),
    "manager": N_("Manager"),
    "administrator": N_("Administrator"),
    "integration": N_("Integration"),
}
# Words of a field whose values mean something else in other fields.
WORDS_BY_FIELD: Mapping[str, Mapping[str, str]] = {
    "role": {
        "host": N_("Host"),
        "citizen": N_("Citizen"),
        "interpreter": N_("Interpreter"),
        "relative": N_("Relative or companion"),
        "colleague": N_("Colleague"),
        "supervisor": N_("Supervisor"),
    },
    "offices": {"all": N_("All offices")},
    "language": {code: language.own_name for code, language in KNOWN_LANGUAGES.items()},
    "document": {
        "dni": N_("DNI"),
        "residence_card": N_("Residence card (NIE)"),
        "passport": N_("Passport"),
        "eu_identity_card": N_("Identity card of another country"),
        "driving_licence": N_("Driving licence"),
        "other": N_("Another document"),
    },
    "items": {
        "front": N_("Front of the document"),
        "back": N_("Back of the document"),
        "face": N_("Face"),
        "data": N_("Data"),
    },
}
# Fields whose values are words of the lists above; other texts are shown as they are.
WORD_FIELDS = (
    frozenset(
        {
            "state",
            "mode",
            "kind",
            "why",
            "priority",
            "outcome",
            "reason",
            "channel",
            "channels",
            "role",
            "participant",
        }
    )
    | WORDS_BY_FIELD.keys()
)
# Roles of accounts, and of participants of a call.
ROLE_FIELDS = frozenset({"role", "participant"})


def value_word(field: str, value: str) -> str | None:
    """Return the untranslated words of a stored value; None for a text that people wrote."""
    if field not in WORD_FIELDS:
        return None
    own = WORDS_BY_FIELD.get("role" if field in ROLE_FIELDS else field, {})
    return own.get(value) or VALUE_WORDS.get(value)
