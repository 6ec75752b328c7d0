"""Steps that an office lacks before it can serve citizens."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from office360.core.auth import StaffRole
from office360.management.domain.readiness import SetupStep, office_readiness
from office360.offices.domain.documents.desk import OfficeDesk
from office360.offices.domain.documents.line import OfficeLine
from office360.offices.domain.documents.service import OfficeService
from office360.offices.domain.hours import OpeningInterval, OpeningSchedule
from office360.offices.domain.office import Office
from office360.offices.domain.words import ServiceMode

PEOPLE = (StaffRole.ADMINISTRATOR, StaffRole.AGENT)
MADRID = ZoneInfo("Europe/Madrid")
MORNINGS = OpeningSchedule(MADRID, {0: (OpeningInterval(time(9), time(14)),)})


def line(code: str) -> OfficeLine:
    return OfficeLine(code, code, False, 1, code, {"es": code}, None)


def service(line_id: str, *modes: ServiceMode) -> OfficeService:
    return OfficeService(line_id, f"of-{line_id}", line_id, {"es": "Trámite"}, 10, modes, True, {})


def desk(*lines: str) -> OfficeDesk:
    return OfficeDesk("d1", "1", {"es": "Al fondo"}, "left", lines)


COMPLETE = Office(
    id="o1",
    slug="centro",
    name="Oficina Centro",
    address="Calle del Olivar, 12",
    phone="900 000 360",
    timezone=MADRID,
    access=None,
    paused=False,
    pause_message=None,
    hours=MORNINGS,
    lines=(line("A"), line("B")),
    services=(service("A", "in_person"), service("B", "video")),
    desks=(desk("A"),),
)


def test_complete_office_is_ready() -> None:
    readiness = office_readiness(COMPLETE, PEOPLE)
    assert (readiness.is_ready, readiness.missing, readiness.next_step) == (True, (), None)


def test_new_office_lacks_steps_in_their_order() -> None:
    empty = replace(COMPLETE, lines=(), services=(), desks=(), hours=OpeningSchedule(MADRID, {}))
    readiness = office_readiness(empty, [])
    assert [state.step for state in readiness.missing] == list(SetupStep)[1:]
    assert readiness.next_step is SetupStep.LINES


@pytest.mark.parametrize(
    ("change", "step", "lacking"),
    [
        ({"phone": ""}, SetupStep.DETAILS, []),
        ({"services": (service("A", "in_person"),)}, SetupStep.SERVICES, ["B"]),
        ({"desks": (desk("B"),)}, SetupStep.DESKS, ["A"]),
        ({"desks": ()}, SetupStep.DESKS, ["A"]),
        ({"hours": OpeningSchedule(MADRID, {0: ()})}, SetupStep.HOURS, []),
    ],
)
def test_missing_part_is_named(change: dict[str, Any], step: SetupStep, lacking: list[str]) -> None:
    (state,) = office_readiness(replace(COMPLETE, **change), PEOPLE).missing
    assert (state.step, [line.letter for line in state.lacking]) == (step, lacking)


@pytest.mark.parametrize(
    ("roles", "is_done"),
    [
        ([], False),
        ([StaffRole.ADMINISTRATOR], False),
        ([StaffRole.AGENT], True),
        ([StaffRole.ADMINISTRATOR, StaffRole.ADMINISTRATOR], True),
        ([StaffRole.ADMINISTRATOR, StaffRole.AGENT], True),
    ],
)
def test_single_administrator_does_not_complete_people(roles: list[StaffRole], is_done: bool) -> None:
    expected = None if is_done else SetupStep.PEOPLE
    assert office_readiness(COMPLETE, roles).next_step is expected


def test_office_with_video_only_needs_no_desk() -> None:
    by_video = replace(COMPLETE, lines=(line("B"),), services=(service("B", "video"),), desks=())
    assert office_readiness(by_video, PEOPLE).is_ready
