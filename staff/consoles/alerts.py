"""Alerts and emergencies as consoles show them.

Board in, texts out; no SQL, no citizen's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.auth import StaffRole
from ...core.i18n.catalogues import N_
from ...core.json_types import JsonObject
from ..domain.alerts import HOST_ROLES, NO_ALERTS, AlertKind, AlertSettings, StaffAlert
from ..domain.emergency import EmergencyPlace
from .locale import LocaleContext

EMERGENCY_TITLES = {
    EmergencyPlace.DESK: N_("Emergency at desk %(desk)s"),
    EmergencyPlace.CALL: N_("Emergency in a call"),
    EmergencyPlace.ENTRANCE: N_("Emergency at the entrance"),
}


@dataclass(frozen=True, slots=True)
class ConsoleReader:
    """The person at a console, their choices, and the situations that concern them."""

    person_id: str
    role: StaffRole
    settings: AlertSettings = NO_ALERTS
    alerts: Sequence[StaffAlert] = ()

    @property
    def is_host(self) -> bool:
        """Whether the person ends emergencies of others, and always hears them."""
        return self.role in HOST_ROLES


def build_alert_fields(
    board: Mapping[str, Any], reader: ConsoleReader, locale: LocaleContext, tasks: int | None = None
) -> JsonObject:
    """Build the alerts, emergencies and the count in the title.

    `tasks`: rows of the host's tasks, which the count has in place of the alerts.
    """
    others = [emergency for emergency in board["emergencies"] if emergency["by_id"] != reader.person_id]
    own = next((emergency for emergency in board["emergencies"] if emergency["by_id"] == reader.person_id), None)
    return {
        "alerts": [
            {"id": alert.id, "kind": str(alert.kind), "text": alert_text(alert, locale), "row": alert.subject}
            for alert in reader.alerts
        ],
        "emergencies": [build_emergency_row(other, reader, locale) for other in others],
        "own_emergency": build_own_emergency(own, locale),
        "ways": {
            "chime": reader.settings.chime,
            "volume": reader.settings.volume,
            "desktop": reader.settings.desktop,
            # Hosts hear an emergency whatever they chose, agents if they chose the chime.
            "emergency_sound": reader.is_host or reader.settings.chime,
            "on": reader.settings.is_on,
        },
        "attention": (len(reader.alerts) if tasks is None else tasks) + len(others),
    }


def alert_text(alert: StaffAlert, locale: LocaleContext) -> str:
    """Describe a situation in a sentence that a desktop notification may show."""
    if alert.kind is AlertKind.LOBBY:
        return locale.t("A person waits in the lobby of a video call.")
    if alert.kind is AlertKind.HELP:
        return locale.t("%(code)s asks for help in the waiting room.", code=alert.code)
    waits = locale.ngettext("%(num)s minute", "%(num)s minutes", alert.minutes)
    return locale.t("%(code)s has waited %(minutes)s.", code=alert.code, minutes=waits)


def build_emergency_row(emergency: Mapping[str, Any], reader: ConsoleReader, locale: LocaleContext) -> JsonObject:
    """Build the banner of an emergency that another person started."""
    since = locale.clock_time(emergency["since"])
    title = EMERGENCY_TITLES[emergency["place"]]
    return {
        "id": emergency["id"],
        "title": locale.t(title, desk=emergency["desk_name"]),
        "detail": locale.t("%(name)s, since %(time)s.", name=emergency["by"], time=since),
        "comes": _who_comes(emergency, locale) or locale.t("No one has answered yet."),
        "answered": bool(emergency["answers"]),
        "may": ["answer", "end"] if reader.is_host else ["answer"],
    }


def build_own_emergency(emergency: Mapping[str, Any] | None, locale: LocaleContext) -> JsonObject:
    """Build the discreet words beside the button of the person who pressed it.

    Empty without an emergency.
    """
    if emergency is None:
        return {"id": "", "text": ""}
    # Discreet, because a person is in front of this page.
    return {"id": emergency["id"], "text": _who_comes(emergency, locale) or locale.t("They know")}


def _who_comes(emergency: Mapping[str, Any], locale: LocaleContext) -> str:
    names = ", ".join(answer["name"] for answer in emergency["answers"])
    return locale.t("Comes: %(names)s", names=names) if names else ""
