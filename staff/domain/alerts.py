"""Rules of alerts: which situations of an office a person of its staff is told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.auth import StaffRole
from ...core.errors import FieldError, Invalid

DEFAULT_WAIT_MINUTES = 30  # of the waits in the demo's offices, a tenth is longer
WAIT_MINUTES = range(5, 241)
DEFAULT_VOLUME = 60
VOLUMES = range(10, 101)
# A push about an older situation would come after its end: a worker was down, or the person was not there.
LATEST_PUSH = timedelta(minutes=10)
# A citizen who leaves the lobby and comes back is announced again by push after this time at the earliest.
LOBBY_PUSH_INTERVAL = timedelta(minutes=10)
HOST_ROLES = frozenset({StaffRole.HOST, StaffRole.MANAGER, StaffRole.ADMINISTRATOR})


class AlertKind(StrEnum):
    """Situations about which staff can be told."""

    LOBBY = "lobby"
    HELP = "help"
    LONG_WAIT = "long_wait"


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The choices of a person; the default is silence.

    `volume`: per cent. `push_offices`: slugs, None for all offices of the person.
    """

    lobby: bool = False
    help: bool = False
    long_wait: bool = False
    wait_minutes: int = DEFAULT_WAIT_MINUTES
    chime: bool = False
    volume: int = DEFAULT_VOLUME
    desktop: bool = False
    push_offices: tuple[str, ...] | None = None

    @property
    def events(self) -> frozenset[AlertKind]:
        """The chosen kinds."""
        return frozenset(kind for kind in AlertKind if getattr(self, kind))

    @property
    def is_on(self) -> bool:
        """Whether consoles count and show alerts."""
        return bool(self.events)

    def pushes_about(self, office: str) -> bool:
        """Whether devices get pushes about this office (slug)."""
        return self.push_offices is None or office in self.push_offices


NO_ALERTS = AlertSettings()


@dataclass(frozen=True, slots=True)
class LobbyWait:
    """A citizen in the lobby of a video appointment.

    `line`: slug, of the appointment's service.
    """

    appointment_id: str
    participant_id: str
    line: str
    since: datetime


@dataclass(frozen=True, slots=True)
class TicketWait:
    """A ticket that waits or asks for help.

    `since`: from when the wait counts; None if it does not wait.
    """

    ticket_id: str
    code: str
    since: datetime | None
    help_at: datetime | None


@dataclass(frozen=True, slots=True)
class OfficeAttention:
    """Situations of an office that may concern its staff.

    `lines_by_agent`: slugs of the lines of each open desk, by the id of its agent.
    `has_host`: whether a host or manager of the office is signed in.
    """

    lobby: tuple[LobbyWait, ...] = ()
    tickets: tuple[TicketWait, ...] = ()
    lines_by_agent: Mapping[str, frozenset[str]] | None = None
    has_host: bool = False

    def desk_lines(self, person_id: str) -> frozenset[str]:
        """Return the lines of the person's open desk; empty without an open desk."""
        return (self.lines_by_agent or {}).get(person_id, frozenset())

    @property
    def served_lines(self) -> frozenset[str]:
        """The lines of all open desks."""
        return frozenset().union(*(self.lines_by_agent or {}).values())


@dataclass(frozen=True, slots=True)
class StaffAlert:
    """A situation that concerns a person.

    `id` is the same for everybody, on screens and in pushes.

    `subject`: id of the appointment or ticket. `at`: when the situation began or passed the limit.
    """

    id: str
    kind: AlertKind
    subject: str
    at: datetime
    code: str = ""
    minutes: int = 0
    participant: str = ""


def find_alerts(
    attention: OfficeAttention, person_id: str, role: StaffRole, settings: AlertSettings, now: datetime
) -> list[StaffAlert]:
    """List the situations that a person chose and that concern them.

    Help comes first, then lobbies, then long waits; of a kind the oldest.
    """
    alerts: list[StaffAlert] = []
    # Agents hear of a call for help only while no host or manager is signed in.
    if AlertKind.HELP in settings.events and (role in HOST_ROLES or not attention.has_host):
        alerts += _help_alerts(attention.tickets)
    if AlertKind.LOBBY in settings.events:
        alerts += _lobby_alerts(attention, person_id)
    if AlertKind.LONG_WAIT in settings.events and role in HOST_ROLES:
        alerts += _long_wait_alerts(attention.tickets, settings.wait_minutes, now)
    order = (AlertKind.HELP, AlertKind.LOBBY, AlertKind.LONG_WAIT)
    return sorted(alerts, key=lambda alert: (order.index(alert.kind), alert.at, alert.id))


def _help_alerts(tickets: Iterable[TicketWait]) -> list[StaffAlert]:
    return [
        StaffAlert(
            f"help:{ticket.ticket_id}:{int(ticket.help_at.timestamp())}",
            AlertKind.HELP,
            ticket.ticket_id,
            ticket.help_at,
            ticket.code,
        )
        for ticket in tickets
        if ticket.help_at is not None
    ]


def _lobby_alerts(attention: OfficeAttention, person_id: str) -> list[StaffAlert]:
    """List the lobbies of the person's own lines, and of lines that no open desk serves."""
    own, served = attention.desk_lines(person_id), attention.served_lines
    return [
        StaffAlert(
            f"lobby:{guest.participant_id}:{int(guest.since.timestamp())}",
            AlertKind.LOBBY,
            guest.appointment_id,
            guest.since,
            participant=guest.participant_id,
        )
        for guest in attention.lobby
        if guest.line in own or guest.line not in served
    ]


def _long_wait_alerts(tickets: Iterable[TicketWait], minutes: int, now: datetime) -> list[StaffAlert]:
    limit = timedelta(minutes=minutes)
    return [
        StaffAlert(
            f"long_wait:{ticket.ticket_id}:{minutes}",
            AlertKind.LONG_WAIT,
            ticket.ticket_id,
            ticket.since + limit,
            ticket.code,
            minutes=int((now - ticket.since).total_seconds() // 60),
        )
        for ticket in tickets
        if ticket.since is not None and now - ticket.since >= limit
    ]


def push_key(alert: StaffAlert) -> str:
    """Build the part of an outbox key that makes an alert be pushed once to each device."""
    if alert.kind is AlertKind.LOBBY:
        # A guest who leaves the lobby and comes back is pushed once in this period at most.
        period = int(alert.at.timestamp() // LOBBY_PUSH_INTERVAL.total_seconds())
        return f"lobby:{alert.participant}:{period}"
    return alert.id


def should_push(alert: StaffAlert, subscribed_at: datetime, now: datetime) -> bool:
    """Whether a device gets a push.

    The situation is new, and began after the device subscribed.
    """
    # An older situation is over, or a console has shown it.
    return alert.at >= subscribed_at and now - alert.at <= LATEST_PUSH


def check_alert_numbers(wait_minutes: str, volume: str) -> tuple[int, int]:
    """Parse the limit and the volume as typed. Raises Invalid with each wrong field."""
    wrong: list[FieldError] = []
    minutes = _parse_number("wait_minutes", wait_minutes, WAIT_MINUTES, wrong)
    percent = _parse_number("volume", volume, VOLUMES, wrong)
    if wrong:
        raise Invalid(*wrong)
    return minutes, percent


def _parse_number(field: str, typed: str, allowed: range, wrong: list[FieldError]) -> int:
    text = typed.strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else None
    if number is None or number not in allowed:
        params = {"min": allowed[0], "max": allowed[-1]}
        wrong.append(FieldError(field, "out_of_range", params))
        return allowed[0]
    return number
