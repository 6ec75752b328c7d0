"""Rules of the emergency button: its facts, and who may end it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ...core.auth import Principal, StaffRole
from ...core.errors import NotAllowed

MAX_NOTE_LENGTH = 500
# Of a person within 15 minutes: five more rarely follow a real emergency, and each rings in the whole office.
MAX_EMERGENCIES = 6
MAX_ANSWERS = 20


class EmergencyPlace(StrEnum):
    """Where the person is who pressed, as far as it is known."""

    DESK = "desk"
    CALL = "call"
    ENTRANCE = "entrance"


@dataclass(frozen=True, slots=True)
class EmergencyAnswer:
    """A person who comes."""

    person_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency button that was pressed.

    `desk`: the name of the desk; empty for a person without a desk.
    `appointment_id`: of a call by video or telephone.
    """

    id: str
    office_id: str
    desk_id: str | None
    appointment_id: str | None
    desk: str
    starter_id: str
    starter: str
    started_at: datetime
    answers: tuple[EmergencyAnswer, ...] = ()
    ended_at: datetime | None = None
    false_alarm: bool = False

    @property
    def place(self) -> EmergencyPlace:
        """The desk, else the call, else the entrance."""
        if self.desk:
            return EmergencyPlace.DESK
        return EmergencyPlace.CALL if self.appointment_id else EmergencyPlace.ENTRANCE

    @property
    def label(self) -> str:
        """The words by which the audit names it."""
        return self.desk or self.starter


def answer_emergency(emergency: Emergency, principal: Principal, now: datetime) -> Emergency:
    """Add a person who comes. Idempotent; an ended emergency stays as it is."""
    known = any(answer.person_id == principal.id for answer in emergency.answers)
    if known or emergency.ended_at is not None or len(emergency.answers) >= MAX_ANSWERS:
        return emergency
    return replace(emergency, answers=(*emergency.answers, EmergencyAnswer(principal.id, principal.name, now)))


def check_may_end(emergency: Emergency, principal: Principal) -> None:
    """Raise NotAllowed("not_your_emergency") for agents who did not press the button."""
    if emergency.starter_id != principal.id and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_emergency")
