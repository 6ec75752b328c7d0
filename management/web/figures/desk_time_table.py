"""Table of the hours of desks: open, in calls, and paused by reason. No SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ....core.i18n.catalogues import N_
from ....core.i18n.numbers import format_figure
from ....offices.service import Office, choice_text
from ....queue.service import DeskTimes, SpentTime
from .figure_metrics import FigureFormat, Unit
from .report_sections import ShownCell, ShownFigureTable

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def build_desk_time_table(found: DeskTimes, offices: Sequence[Office], formats: FigureFormat) -> ShownFigureTable:
    """Build the rows of the open desks, calls and pauses that have a case."""
    t = formats.t
    named = [
        (t(N_("Desks open")), found.open),
        (t(N_("In video calls")), found.video_calls),
        (t(N_("On the telephone")), found.phone_calls),
        *(
            (t(N_("Paused: %(reason)s")) % {"reason": _reason_text(offices, reason, formats)}, spent)
            for reason, spent in sorted(found.pauses.items())
        ),
    ]
    rows = [(name, _cells(spent, formats)) for name, spent in named if spent.count]
    return ShownFigureTable(t(N_("Activity")), [t(N_("Times")), t(N_("Time in all"))], rows)


def _cells(spent: SpentTime, formats: FigureFormat) -> list[ShownCell]:
    return [ShownCell(formats.value(Unit.COUNT, spent.count)), ShownCell(_length_text(spent.total, formats))]


def _length_text(length: timedelta, formats: FigureFormat) -> str:
    minutes = round(length / MINUTE)
    if length < HOUR:
        return formats.t(N_("%(minutes)s min")) % {"minutes": minutes}
    hours = format_figure(minutes // 60, formats.language)
    return formats.t(N_("%(hours)s h %(minutes)s min")) % {"hours": hours, "minutes": minutes % 60}


def _reason_text(offices: Sequence[Office], reason: str, formats: FigureFormat) -> str:
    """Return the words of the first office that has the reason."""
    office = next((each for each in offices if reason in each.choices.get("desk_pauses", {})), offices[0])
    return choice_text(office, "desk_pauses", reason, formats.language, formats.t)
