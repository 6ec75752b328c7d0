"""Who reads a console, and the words that its consoles share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.i18n.dates import format_time
from ...offices.service import Office, OfficeService
from ...queue.service import LineSettings

DESK_BADGES: Mapping[str, str] = {
    "free": N_("Free"),
    "called": N_("Called"),
    "serving": N_("Being served"),
    "closed": N_("Desk closed"),
}
LANGUAGE_NAMES: Mapping[str, str] = {"es": N_("Spanish"), "en": N_("English")}
NEED_LABELS: Mapping[str, str] = {
    "sign_language": N_("With a sign language interpreter"),
    "step_free": N_("Step-free access, wheelchair"),
    "easy_reading": N_("Easy reading or more time"),
    "accompanied": N_("With somebody who accompanies"),
}


@dataclass(frozen=True, slots=True)
class LocaleContext:
    """Who reads: the language's sentences, and the office whose clock counts."""

    language: str
    translations: NullTranslations
    office: Office

    def t(self, sentence: str, **values: object) -> str:
        """A sentence in the reader's language, with its values."""
        said = self.translations.gettext(sentence)
        return said % values if values else said

    def ngettext(self, one: str, many: str, count: int) -> str:
        """A counted sentence; its figure is `%(num)s`."""
        return self.translations.ngettext(one, many, count) % {"num": count}

    def services_in(self, shown: Mapping[str, Any]) -> tuple[OfficeService, ...]:
        """What is done in a visit, or left to do of a turn, of the board; in its order, as far as it is given."""
        return self.office.services_by_slugs((shown["service"], *shown["more_services"]))

    def line_settings(self, line_slug: str) -> LineSettings:
        """Return the settings of a line; the defaults if the office no longer has it."""
        rules = next((line.rules for line in self.office.lines if line.slug == line_slug), {})
        return LineSettings.from_overrides(rules)

    def line_settings_for_visit(self, visit: Mapping[str, Any]) -> LineSettings:
        """Return the settings of the line that the first service of an appointment belongs to."""
        services = self.services_in(visit)
        return self.line_settings(self.office.line_for_service(services[0]).slug if services else "")

    def usual_minutes(self, shown: Mapping[str, Any]) -> int:
        """How long all of it usually takes."""
        return sum(one.minutes for one in self.services_in(shown))

    def services_label(self, shown: Mapping[str, Any]) -> str:
        """What stands before their names."""
        return self.t("Services") if shown["more_services"] else self.t("Service")

    def service_names(self, shown: Mapping[str, Any]) -> str:
        """The names of these services in one line; the slug where none of them is given any more."""
        return ", ".join(one.name(self.language) for one in self.services_in(shown)) or str(shown["service"])

    def clock_time(self, moment: str) -> str:
        """The clock time of an RFC 3339 instant: `10:28`."""
        return format_time(datetime.fromisoformat(moment), self.office.timezone)
