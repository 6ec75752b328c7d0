"""Books of a soak: acknowledged writes, and checks against stored rows. Pure: no SQL.

A check returns a sentence for each mistake, and an empty list if the books balance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

END_STATES = frozenset({"finished", "no_show", "left", "expired"})
CALLED = "called"  # only its answer names the ticket, so an unanswered call has no upper bound here
IDEMPOTENT_EVENTS = frozenset({"missed", "no_show", "left"})  # acknowledged also if a timer was faster
CLOCK_TOLERANCE = timedelta(seconds=0.25)  # two processes read the database's clock on a busy machine
BOOKED_STATES = frozenset({"held", "preconfirmed", "confirmed", "checked_in", "served"})


class Outcome(StrEnum):
    """The last answer to a write.

    `UNKNOWN`: no answer, or a refusal after an attempt without an answer.
    """

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RecordedWrite:
    """A ticket or appointment that a person asked for. `id`: of its row, if it was told."""

    outcome: Outcome
    id: str | None = None


@dataclass
class Ledger:
    """Writes by the e-mail of their person, which no other write has, and actions on tickets."""

    tickets: dict[str, RecordedWrite] = field(default_factory=dict)
    appointments: dict[str, RecordedWrite] = field(default_factory=dict)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)  # acknowledged: ticket id, event
    unknown_actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    appointment_states: dict[str, str] = field(default_factory=dict)  # of changes that were acknowledged
    ended_rooms: set[str] = field(default_factory=set)  # appointments whose room was ended by its agent

    @contextmanager
    def unanswered_action(self, ticket: str, event: str) -> Iterator[None]:
        """Count an action as unknown until the block ends; an exception leaves it unknown."""
        self.unknown_actions[ticket, event] += 1
        yield
        self.unknown_actions[ticket, event] -= 1

    def record_action(self, ticket: str, event: str, outcome: Outcome) -> None:
        if outcome is Outcome.ACKNOWLEDGED:
            self.actions[ticket, event] += 1
        elif outcome is Outcome.UNKNOWN:
            self.unknown_actions[ticket, event] += 1


@dataclass(frozen=True, slots=True)
class StoredTicket:
    id: str
    email: str
    state: str
    line_id: str
    day: str
    number: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A change of a ticket. `by_person`: by a citizen or staff, not by a timer."""

    ticket: str
    action: str
    before: str | None
    after: str
    by_person: bool = True


@dataclass(frozen=True, slots=True)
class StoredAppointment:
    id: str
    email: str
    state: str
    office: str
    service: str
    mode: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DeskPeriod:
    """A period of a ticket at a desk. `ended_at`: None for the present period."""

    ticket: str
    desk: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class PhoneState:
    """The fields of a ticket that a phone shows, from its last frame or from the database."""

    state: str
    desk: str | None
    ahead: int | None
    recalls: int


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A row of the outbox. `identifiers`: under which its gateway may know it."""

    key: str
    channel: str
    state: str
    due_at: datetime
    leased_until: datetime | None
    identifiers: frozenset[str]


def check_writes(writes: Mapping[str, RecordedWrite], stored: Iterable[tuple[str, str]]) -> list[str]:
    """Compare writes with rows (e-mail, id).

    An acknowledged write is stored once, a refused write never.
    """
    by_name: dict[str, list[str]] = defaultdict(list)
    for name, row_id in stored:
        by_name[name].append(row_id)
    found = [f"{name}: stored, but never asked for" for name in by_name.keys() - writes.keys()]
    for name, write in writes.items():
        rows = by_name.get(name, [])
        if len(rows) > 1:
            found.append(f"{name}: stored {len(rows)} times")
        elif write.outcome is Outcome.ACKNOWLEDGED and not rows:
            found.append(f"{name}: acknowledged, but lost")
        elif write.outcome is Outcome.REFUSED and rows:
            found.append(f"{name}: refused, but stored")
        elif write.id is not None and rows and rows != [write.id]:
            found.append(f"{name}: acknowledged as {write.id}, stored as {rows[0]}")
    return found


def check_actions(ledger: Ledger, events: Iterable[StoredEvent]) -> list[str]:
    """Compare acknowledged actions of people with the events of their tickets."""
    all_events = list(events)
    stored = Counter((event.ticket, event.action) for event in all_events if event.by_person)
    by_anyone = {(event.ticket, event.action) for event in all_events}
    found = []
    for key in ledger.actions.keys() | ledger.unknown_actions.keys() | stored.keys():
        least, most = ledger.actions[key], ledger.actions[key] + ledger.unknown_actions[key]
        ticket, action = key
        if action in IDEMPOTENT_EVENTS and key in by_anyone:
            least = 0
        if stored[key] < least:
            found.append(f"ticket {ticket}: {action} was acknowledged {least} times, stored {stored[key]} times")
        elif stored[key] > most and most and action != CALLED:
            found.append(f"ticket {ticket}: {action} was asked {most} times, stored {stored[key]} times")
    return found


def check_transitions(tickets: Iterable[StoredTicket], events: Iterable[StoredEvent]) -> list[str]:
    """Check that the events of each ticket form a single path to its state.

    A second call from the same wait is no path.
    The path is judged by how often each state was entered and left, so events of the same instant need no order.
    """
    balance: dict[str, Counter[str | None]] = defaultdict(Counter)
    for event in events:
        balance[event.ticket][event.before] -= 1
        balance[event.ticket][event.after] += 1
    found = []
    for ticket in tickets:
        expected = {None: -1, ticket.state: 1}
        wrong = {state: count for state, count in balance[ticket.id].items() if count != expected.get(state, 0)}
        if wrong or not balance[ticket.id]:
            found.append(f"ticket {ticket.id} ({ticket.state}): its events are no path, off by {wrong}")
    return found


def check_desks(periods: Iterable[DeskPeriod]) -> list[str]:
    """Check that no desk had two tickets at one time, and no ticket two desks."""
    found = []
    for subject in ("desk", "ticket"):
        groups: dict[str, list[DeskPeriod]] = defaultdict(list)
        for period in periods:
            groups[getattr(period, subject)].append(period)
        for name, group in groups.items():
            group.sort(key=lambda period: period.started_at)
            for earlier, later in pairwise(group):
                if earlier.ended_at is None or later.started_at < earlier.ended_at - CLOCK_TOLERANCE:
                    found.append(f"{subject} {name}: {earlier.ticket} and {later.ticket} at one time")
    return found


def check_numbers(tickets: Iterable[StoredTicket]) -> list[str]:
    """Check that the numbers of a line and day have no gap and come once.

    `line_id` is the line of the issue.
    """
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for ticket in tickets:
        numbers[ticket.line_id, ticket.day].append(ticket.number)
    return [
        f"line {line} on {day}: the numbers are not 1 to {len(found)}"
        for (line, day), found in numbers.items()
        if sorted(found) != list(range(1, len(found) + 1))
    ]


def check_slots(
    appointments: Iterable[StoredAppointment], capacity: Mapping[tuple[str, str, str], int], desks: int
) -> list[str]:
    """Check that no slot and no desk was sold beyond its capacity.

    `capacity`: by office, service and mode. `desks`: of each office.
    """
    groups: dict[tuple[str, ...], list[StoredAppointment]] = defaultdict(list)
    for appointment in appointments:
        if appointment.state in BOOKED_STATES:
            groups[appointment.office, appointment.service, appointment.mode].append(appointment)
            if appointment.mode == "in_person":
                groups[appointment.office,].append(appointment)
    found = []
    for group, members in groups.items():
        limit = capacity[group[0], group[1], group[2]] if len(group) == 3 else desks
        for at in {member.starts_at for member in members}:
            count = sum(member.starts_at <= at < member.ends_at for member in members)
            if count > limit:
                found.append(f"{' '.join(group)} at {at:%d %H:%M}: {count} appointments for {limit} places")
    return found


def check_appointments(ledger: Ledger, appointments: Iterable[StoredAppointment]) -> list[str]:
    """Check the states of appointments whose change was acknowledged."""
    states = {appointment.id: appointment.state for appointment in appointments}
    return [
        f"appointment {appointment_id}: {expected} was acknowledged, stored is {states.get(appointment_id)}"
        for appointment_id, expected in ledger.appointment_states.items()
        if states.get(appointment_id) != expected
    ]


def check_phones(shown: Mapping[str, PhoneState | None], stored: Mapping[str, PhoneState]) -> list[str]:
    """Compare the last frame of each phone, by ticket, with the database."""
    found = []
    for ticket, frame in shown.items():
        if frame is None:
            found.append(f"ticket {ticket}: its phone never showed a state")
        elif ticket in stored and frame != stored[ticket]:
            found.append(f"ticket {ticket}: its phone shows {frame}, stored is {stored[ticket]}")
    return found


def check_messages(
    messages: Iterable[StoredMessage], delivered: Collection[str], now: datetime, patience_s: float
) -> list[str]:
    """Check that each due message was sent, and each sent message delivered.

    `delivered`: the identifiers that the gateways got.
    """
    found = []
    for message in messages:
        name = f"{message.channel} {message.key}"
        late_s = (now - max(message.due_at, message.leased_until or message.due_at)).total_seconds()
        if message.state == "sent" and not message.identifiers & set(delivered):
            found.append(f"{name}: marked as sent, but never delivered")
        elif message.state in ("pending", "sending") and late_s > patience_s:
            found.append(f"{name}: {message.state}, and due for {late_s:.0f} s")
        elif message.state == "dead":
            found.append(f"{name}: given up")
    return found


def check_timers(timers: Iterable[tuple[str, datetime]], now: datetime, patience_s: float) -> list[str]:
    """Check that no timer (kind, due time) is overdue."""
    return [
        f"timer {kind}: overdue by {(now - due_at).total_seconds():.0f} s"
        for kind, due_at in timers
        if (now - due_at).total_seconds() > patience_s
    ]


def check_leases(leases: Iterable[tuple[str, datetime | None, bool]], now: datetime) -> list[str]:
    """Check that no lease has ended or belongs to a dead process.

    `leases`: name, end, and whether the holder lives.
    """
    return [
        f"{name}: its lease is orphaned"
        for name, until, holder_lives in leases
        if not holder_lives or (until is not None and until <= now)
    ]


def check_growth(subject: str, samples: Sequence[float], largest_growth: float, unit: str) -> list[str]:
    """Compare the median of the last quarter with that of the second: the first warms up."""
    quarter = len(samples) // 4
    if quarter < 2:
        return []
    second, last = sorted(samples[quarter : 2 * quarter]), sorted(samples[-quarter:])
    growth = last[quarter // 2] - second[quarter // 2]
    return [f"{subject}: grew by {growth:.0f} {unit}"] if growth > largest_growth else []
