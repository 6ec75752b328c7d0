"""Description of an appointment, from which boards, consoles and API answers take members.

The model of an answer drops what it does not publish, such as the name in the citizen's own answer. No SQL.
"""

from __future__ import annotations

from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...offices.service import Office
from ..domain.appointment import Appointment


def appointment_json(appointment: Appointment, office: Office) -> JsonObject:
    """Describe an appointment for staff, without the citizen's token."""
    return {
        "id": appointment.id,
        "locator": appointment.locator,
        "state": str(appointment.state),
        "office": appointment.office_slug,
        "service": appointment.service_slug,
        "more_services": [service.slug for service in appointment.more_services],
        "mode": appointment.mode,
        "starts_at": format_rfc3339(appointment.starts_at, office.timezone),
        "ends_at": format_rfc3339(appointment.ends_at, office.timezone),
        "name": appointment.name,
        "email": appointment.email,
        "phone": appointment.phone,
        "language": appointment.language,
        "needs": list(appointment.all_needs),
        "details": dict(appointment.details),
    }
