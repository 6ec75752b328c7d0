"""The settings of a line: words, defaults, bounds, and an office's overrides.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ...appointments.domain.appointment import (
    ENTRY_OPENS_BEFORE_START,
    IN_PERSON_ENTRY_AFTER_START,
    ON_TIME_WITHIN,
)
from ...core.errors import FieldError, Invalid
from ...core.i18n.catalogues import N_
from ...offices.domain.documents.field import (
    Duration,
    Number,
    declared_fields,
    dump_document,
    field,
    parse_overrides,
)

MINUTE_S, HOUR_S = 60, 3600  # seconds

# Titles of the groups of a form
ARRIVAL = N_("Arrival and lateness")
ORDER = N_("Who goes first")
CALLS = N_("Calls and missed calls")
MORE_TIME = N_("More time")
END_OF_DAY = N_("End of the day")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Every setting of a line, in the order of its form (docs/queue_settings.md#who-is-next).

    Beyond its bounds, a number is probably in the wrong unit.
    """

    check_in_opens: timedelta = field(
        Duration(
            N_("Check-in opens before the appointment"),
            example=N_("With 15: a person with an appointment at 10:00 can say from 9:45 on that they are here."),
            most=4 * HOUR_S,
            unit="seconds",
            group=ARRIVAL,
        ),
        default=ENTRY_OPENS_BEFORE_START,  # before an appointment's time
    )
    on_time_until: timedelta = field(
        Duration(
            N_("An appointment counts as late after"),
            example=N_("With 10: an appointment at 10:00 that arrives after 10:10 counts as late."),
            most=2 * HOUR_S,
            unit="seconds",
            not_above="late_until",
            group=ARRIVAL,
        ),
        default=ON_TIME_WITHIN,  # an appointment that checks in later is late
    )
    late_until: timedelta = field(
        Duration(
            N_("The host decides about an appointment after"),
            example=N_(
                "With 30: a person with an appointment at 10:00 who comes after 10:30 has to ask at the entrance."
            ),
            most=8 * HOUR_S,
            unit="seconds",
            group=ARRIVAL,
        ),
        default=IN_PERSON_ENTRY_AFTER_START,  # later, the host decides
    )
    late_lead: timedelta = field(
        Duration(
            N_("Advantage of a late appointment"),
            example=N_(
                "With 10: a late person who arrives at 10:20 goes before those who joined the queue after 10:10."
            ),
            most=4 * HOUR_S,
            unit="seconds",
            group=ARRIVAL,
        ),
        default=timedelta(minutes=10),  # the advantage that a late appointment keeps
    )
    due_before: timedelta = field(
        Duration(
            N_("An appointment goes first before its time"),
            example=N_("With 2: an appointment at 10:00 that is here goes first from 9:58 on."),
            most=HOUR_S,
            unit="seconds",
            group=ORDER,
        ),
        default=timedelta(minutes=2),  # the way from a chair to a desk
    )
    preferential_lead: timedelta = field(
        Duration(
            N_("Advantage of priority attention"),
            example=N_(
                "With 15: a person with priority who arrives at 10:00 goes before those who came after 9:45."
            ),
            most=4 * HOUR_S,
            unit="seconds",
            group=ORDER,
        ),
        default=timedelta(minutes=15),
    )
    guard_wait: timedelta = field(
        Duration(
            N_("A wait without appointment is too long after"),
            example=N_(
                "With 45: a person who has waited longer than 45 minutes goes next, although appointments wait."
            ),
            least=MINUTE_S,
            most=8 * HOUR_S,
            unit="seconds",
            group=ORDER,
        ),
        default=timedelta(minutes=45),
    )
    guard_wait_preferential: timedelta = field(
        Duration(
            N_("A wait with priority attention is too long after"),
            example=N_("With 30: the same, for a person with priority who has waited longer than 30 minutes."),
            least=MINUTE_S,
            most=8 * HOUR_S,
            unit="seconds",
            not_above="guard_wait",
            group=ORDER,
        ),
        default=timedelta(minutes=30),
    )
    guard_calls: int = field(
        Number(
            N_("Appointments in a row before a long wait goes first"),
            example=N_("With 2: after two appointments in a row, the person who has waited too long is called."),
            least=1,
            most=20,
            group=ORDER,
        ),
        default=2,  # consecutive appointments that activate the guard
    )
    overtaking_slack: int = field(
        Number(
            N_("People who may go first beyond the appointments"),
            key="promise_slack",
            example=N_("With 2: with 3 appointments booked, the phone promises that at most 5 people go first."),
            most=50,
            group=ORDER,
        ),
        # overtakings beyond those of the appointments booked at issue
        default=2,
    )
    recall_after: timedelta = field(
        Duration(
            N_("The call is repeated after"),
            example=N_(
                "With 60: if the person does not come, the screen and the phone call again after one minute."
            ),
            least=10,
            most=10 * MINUTE_S,
            unit="seconds",
            units=("seconds",),
            not_above="missed_after",
            group=CALLS,
        ),
        default=timedelta(seconds=60),
    )
    missed_after: timedelta = field(
        Duration(
            N_("The ticket is missed after"),
            example=N_("With 180: three minutes after the call the desk is free to call another person."),
            least=30,
            most=HOUR_S,
            unit="seconds",
            units=("seconds",),
            group=CALLS,
        ),
        default=timedelta(minutes=3),
    )
    rejoin_within: timedelta = field(
        Duration(
            N_("Time to come back after a missed call"),
            example=N_("With 20: a person who missed the call at 10:00 gets the old place back until 10:20."),
            most=4 * HOUR_S,
            unit="seconds",
            group=CALLS,
        ),
        default=timedelta(minutes=20),
    )
    rejoins: int = field(
        Number(
            N_("Missed calls after which a person may come back"),
            example=N_("With 1: a person who misses a second call joins the queue again."),
            most=5,
            group=CALLS,
        ),
        default=1,
    )
    postpone_by: timedelta = field(
        Duration(
            N_("“I need more time” moves the call by"),
            example=N_("With 10: a person who asks for time at 10:00 is not called before 10:10."),
            least=MINUTE_S,
            most=2 * HOUR_S,
            unit="seconds",
            group=MORE_TIME,
        ),
        default=timedelta(minutes=10),
    )
    postpones: int = field(
        Number(
            N_("Times that a person may ask for more time"),
            example=N_("With 1: each person can ask once. With 0 the button is not shown."),
            most=5,
            group=MORE_TIME,
        ),
        default=1,
    )
    hold_for: timedelta = field(
        Duration(
            N_("A ticket that is set aside comes back after"),
            example=N_(
                "With 10: a person who goes to make a photocopy at 10:00 can be called again from 10:10 on."
            ),
            least=MINUTE_S,
            most=4 * HOUR_S,
            unit="seconds",
            group=MORE_TIME,
        ),
        default=timedelta(minutes=10),  # a photocopy, a payment at the bank
    )
    closing_margin: timedelta = field(
        Duration(
            N_("Visits must be expected to end before closing by"),
            example=N_(
                "With 5: no more tickets are given if the visit would end later than five minutes before closing."
            ),
            most=4 * HOUR_S,
            unit="seconds",
            group=END_OF_DAY,
        ),
        default=timedelta(minutes=5),  # agents tidy their desk before they leave
    )
    appointment_delay: timedelta = field(
        Duration(
            N_("Most delay that people without appointment may cause"),
            example=N_(
                "With 10: no tickets are given while appointments would be called more than ten minutes late."
            ),
            most=4 * HOUR_S,
            unit="seconds",
            group=END_OF_DAY,
        ),
        default=timedelta(minutes=10),  # how much later a walk-in may make a due appointment
    )
    expire_after_closing: timedelta = field(
        Duration(
            N_("Open tickets end after closing by"),
            example=N_("With 30: in an office that closes at 14:00, tickets that are still open end at 14:30."),
            most=6 * HOUR_S,
            unit="seconds",
            group=END_OF_DAY,
        ),
        default=timedelta(minutes=30),
    )

    @classmethod
    def from_overrides(cls, overrides: Mapping[str, Any]) -> LineSettings:
        """Return the defaults with the overrides of a line: seconds or counts by name.

        Raises Invalid with a FieldError for each `rules.NAME` that is unknown, not a whole number or out of
        bounds, and for each pair that is in the wrong order.
        """
        if not overrides:
            return DEFAULT_LINE_SETTINGS
        settings: LineSettings = parse_overrides(cls, overrides, "rules")
        if errors := _order_errors(settings.to_numbers()):
            raise Invalid(*errors)
        return settings

    def to_numbers(self) -> dict[str, int]:
        """Return every setting in the units of `from_overrides`."""
        return dump_document(self)


DEFAULT_LINE_SETTINGS = LineSettings()


def _order_errors(numbers: Mapping[str, int]) -> list[FieldError]:
    return [
        FieldError(f"rules.{key}", "out_of_range", {"min": kind.least, "max": numbers[kind.not_above]})
        for key, kind in declared_fields(LineSettings).items()
        if isinstance(kind, Number) and kind.not_above and numbers[key] > numbers[kind.not_above]
    ]
