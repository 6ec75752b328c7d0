"""Preview and reason of every form in which an office cancels appointments. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request

from ...appointments.service import Appointment, appointment_services
from ...core.i18n.languages import LocalizedText, join_list, text_in_language
from ...core.web import requests
from ...core.web.form_page import SentForm
from ...offices.service import Office, hours, office_choices
from ..domain.cancel_reasons import CANCEL_REASONS, cancel_reason_texts


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """Appointments that a form cancels, as `staff/cancel_parts.html` shows them.

    `reasons`: the office's reasons, each with its texts by language. `reader`: the language of the page.
    """

    office: Office
    appointments: Sequence[Appointment]
    reasons: dict[str, LocalizedText]
    reader: str
    today: date

    @property
    def to_tell(self) -> list[Appointment]:
        """The appointments whose citizens no message reaches."""
        return [appointment for appointment in self.appointments if not appointment.can_be_notified]

    def service_names(self, appointment: Appointment) -> str:
        """Name all services of an appointment."""
        services = appointment_services(self.office, appointment)
        return join_list((service.name(self.reader) for service in services), self.reader)

    def is_today(self, appointment: Appointment) -> bool:
        """Tell whether the host console can find the citizen, who is expected today."""
        return hours.to_local_day(self.office.hours, appointment.starts_at) == self.today

    def read_texts(self, reason: LocalizedText) -> dict[str, str]:
        """Return what the citizens read of a reason: each different text with its language."""
        languages = sorted({appointment.language for appointment in self.appointments})
        return {text_in_language(reason, language): language for language in languages}


def preview_cancellation(request: Request, office: Office, appointments: Sequence[Appointment]) -> CancelPreview:
    """Build the preview for the reader of this request."""
    return CancelPreview(
        office,
        appointments,
        office_choices(office, CANCEL_REASONS, request.state.catalogues.localized),
        requests.current_language(request),
        hours.to_local_day(office.hours, requests.current_runtime(request).now()),
    )


def parse_cancel_reason(form: SentForm, office: Office, key_field: str, words_field: str) -> LocalizedText:
    """Parse the reason from the two fields of a form. Raises Invalid with the field."""
    words = " ".join(form.text(words_field).split())
    translate = form.request.state.catalogues.localized
    return cancel_reason_texts(
        office, form.text(key_field), words, translate, key_field=key_field, words_field=words_field
    )
