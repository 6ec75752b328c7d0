"""`office360 holidays`: closures of an office on the public holidays of its place."""

from __future__ import annotations

import argparse
import sys

from ...core.errors import Invalid, NotFound, Refused
from ..jobs.public_holidays import HolidayClosures, close_on_holidays
from .command_line import run_use_case


def run_holidays(arguments: argparse.Namespace) -> None:
    try:
        closed = run_use_case(lambda runtime: close_on_holidays(runtime, arguments.office, arguments.years))
    except NotFound:
        sys.exit(f"There is no office {arguments.office}.")
    except Refused:
        sys.exit(f"{arguments.office} keeps no public holidays: it has no country.")
    except Invalid as invalid:
        where = "see country and subdivision in /staff/manage or in the city file (docs/adopt.md)"
        sys.exit(f"The public holidays of this {invalid.fields[0].field} are unknown: {where}.")
    print("\n".join(holiday_closure_lines(closed)))


def holiday_closure_lines(closed: HolidayClosures) -> list[str]:
    """Format the new closures, and the appointments whose citizens must be told."""
    office = closed.office
    lines = [f"{day}  {office.hours.closures[day]}" for day in closed.days]
    lines = [f"{office.name}: closed on {len(lines)} more days.", *lines]
    if closed.affected_appointments:
        lines.append(
            f"{len(closed.affected_appointments)} appointments on these days stand. Their people must be told:"
        )
        lines += [
            f"{appointment.locator}  {appointment.starts_at.astimezone(office.timezone):%Y-%m-%d %H:%M}"
            for appointment in closed.affected_appointments
        ]
    return lines
