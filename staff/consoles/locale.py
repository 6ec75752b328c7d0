"""Language and office of a console's reader, and the texts that the consoles share.

No SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from typing import Any

from ...appointments.service import build_note_rows, format_notes, staff_facts
from ...core.i18n.dates import format_time
from ...core.json_types import JsonObject
from ...offices.service import Office, OfficeService
from ...queue.service import LineSettings


@dataclass(frozen=True, slots=True)
class LocaleContext:
    """The reader's language, its sentences, and the office whose time zone applies."""

    language: str
    translations: NullTranslations
    office: Office

    def t(self, sentence: str, **values: object) -> str:
        """Translate a sentence and insert its values."""
        text = self.translations.gettext(sentence)
        return text % values if values else text

    def ngettext(self, singular: str, many: str, count: int, **values: object) -> str:
        """Translate a sentence by a count, `%(num)s`, and insert its values."""
        return self.translations.ngettext(singular, many, count) % {"num": count, **values}

    def services_in(self, visit: Mapping[str, Any]) -> tuple[OfficeService, ...]:
        """Return the services of a ticket or appointment that the office still offers, in order."""
        return self.office.services_by_slugs((visit["service"], *visit["more_services"]))

    def line_settings(self, line_slug: str) -> LineSettings:
        """Return the settings of a line; the defaults if the office no longer has it."""
        rules = next((line.rules for line in self.office.lines if line.slug == line_slug), {})
        return LineSettings.from_overrides(rules)

    def line_settings_for_visit(self, visit: Mapping[str, Any]) -> LineSettings:
        """Return the settings of the line of an appointment's first service."""
        services = self.services_in(visit)
        return self.line_settings(self.office.line_for_service(services[0]).slug if services else "")

    def usual_minutes(self, visit: Mapping[str, Any]) -> int:
        """Return the usual duration of all services, in minutes."""
        return sum(service.minutes for service in self.services_in(visit))

    def services_label(self, visit: Mapping[str, Any]) -> str:
        """Return the label of the service names."""
        return self.t("Services") if visit["more_services"] else self.t("Service")

    def service_names(self, visit: Mapping[str, Any]) -> str:
        """Join the service names; the slug if the office offers none of them any more."""
        return ", ".join(service.name(self.language) for service in self.services_in(visit)) or str(
            visit["service"]
        )

    def facts(self, visit: Mapping[str, Any]) -> list[str]:
        """List needs and details of an appointment, in the reader's words."""
        return staff_facts(visit["needs"], visit["details"], self.translations.gettext)

    def note_rows(self, notes: Iterable[Mapping[str, Any]]) -> list[JsonObject]:
        """Build the rows of colleagues' notes."""
        return build_note_rows(notes, self.translations.gettext, self.office, self.language)

    def notes_text(self, notes: Iterable[Mapping[str, Any]]) -> str:
        """Join colleagues' notes to a text."""
        return format_notes(notes, self.translations.gettext, self.office, self.language)

    def clock_time(self, moment: str) -> str:
        """Format the local time of an RFC 3339 instant: `10:28`."""
        return format_time(datetime.fromisoformat(moment), self.office.timezone)
