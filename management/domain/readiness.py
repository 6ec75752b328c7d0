"""Steps of setting up an office, and what each of them lacks. No SQL, no clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ...core.auth import StaffRole
from ...offices.domain.documents.line import OfficeLine
from ...offices.domain.office import Office


class SetupStep(StrEnum):
    """Steps in the order in which a new office is set up."""

    DETAILS = "details"
    LINES = "lines"
    SERVICES = "services"
    DESKS = "desks"
    HOURS = "hours"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class StepState:
    """Whether a step is done. `lacking`: the lines that keep it from being done."""

    step: SetupStep
    is_done: bool
    lacking: tuple[OfficeLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """The steps of an office."""

    steps: tuple[StepState, ...]

    @property
    def is_ready(self) -> bool:
        """Whether the office can serve citizens."""
        return all(state.is_done for state in self.steps)

    @property
    def missing(self) -> tuple[StepState, ...]:
        """Return the steps that are not done."""
        return tuple(state for state in self.steps if not state.is_done)

    @property
    def next_step(self) -> SetupStep | None:
        """Return the first step that is not done; None if the office is ready."""
        return self.missing[0].step if self.missing else None


def office_readiness(office: Office, roles: Collection[StaffRole]) -> Readiness:
    """Judge an office. `roles`: of the active accounts that can work there."""
    idle_lines = lines_without_service(office)
    unserved_lines = lines_without_desk(office)
    has_desk = bool(office.desks) or not office.services_for("in_person")
    return Readiness(
        (
            StepState(SetupStep.DETAILS, not office.missing_details),
            StepState(SetupStep.LINES, bool(office.lines)),
            StepState(SetupStep.SERVICES, bool(office.services) and not idle_lines, idle_lines),
            StepState(SetupStep.DESKS, bool(office.services) and has_desk and not unserved_lines, unserved_lines),
            StepState(SetupStep.HOURS, bool(any(office.hours.weekly.values()) or office.hours.extra)),
            StepState(SetupStep.PEOPLE, has_people(roles)),
        )
    )


def has_people(roles: Collection[StaffRole]) -> bool:
    """Whether more people than a single administrator can work in an office."""
    # Every installation begins with that account: it sets up, and says nothing of who serves citizens.
    return len(roles) > 1 or (bool(roles) and StaffRole.ADMINISTRATOR not in roles)


def lines_without_service(office: Office) -> tuple[OfficeLine, ...]:
    """Return the lines for which citizens can choose no service."""
    used = {service.line_id for service in office.services}
    return tuple(line for line in office.lines if line.id not in used)


def lines_without_desk(office: Office) -> tuple[OfficeLine, ...]:
    """Return the lines whose citizens come to the office, but no desk calls them."""
    in_person = {service.line_id for service in office.services_for("in_person")}
    served = {line_id for desk in office.desks for line_id in desk.line_ids}
    return tuple(line for line in office.lines if line.id in in_person - served)
