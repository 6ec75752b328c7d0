"""Past calls of the demo's offices, by video and by telephone, drawn by chance. No SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from ...appointments.domain.phone_call import MIN_ATTEMPT_GAP, PhoneCallResult
from ...appointments.service import AppointmentState
from ...core.ids import new_id, new_locator
from ...core.tokens import hash_token, random_token
from ...offices.service import Office, OfficeService, ServiceMode
from .appointments import DEMO_NAME_SUFFIX

ENDED_AFTER = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)
VIDEO_CALLS_PER_DAY = 6
PHONE_CALLS_PER_DAY = 5
NO_SHOW_SHARE = 0.12
NO_ANSWER_SHARE = 0.3  # of the calls: most people are reached by the second call
LATE_SHARE = 0.08  # of the telephone appointments: the agent is still with another person
UNANSWERED = timedelta(seconds=40)  # as long as agents let it ring
HELD_OUTCOMES = ("resolved", "resolved", "resolved", "documents_missing", "referred")
TESTS = (("green", 0.5), ("amber", 0.15), ("red", 0.05), ("none", 0.3))
ANSWERED_SHARE = 0.4  # of the people who were in a call
RATINGS = ("good", "fair", "bad")
PROBLEMS_BY_TEST = {"green": 0.05, "amber": 0.4, "red": 0.8, "none": 0.2}

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PastDay:
    """A day of the past on which an office was open from `opens` until `closes`."""

    day: date
    opens: datetime
    closes: datetime


def possible_starts(opens: datetime, closes: datetime) -> list[datetime]:
    """Return the quarters of an hour at which an appointment can begin."""
    return [opens + QUARTER * number for number in range(max(1, int((closes - opens) / QUARTER) - 2))]


def _draw_starts(past: PastDay, chance: Random, most: int) -> list[datetime]:
    starts = possible_starts(past.opens, past.closes)
    return sorted(chance.sample(starts, min(most, len(starts))))


def _appointment_row(
    office: Office, service: OfficeService, mode: ServiceMode, starts_at: datetime, *, is_held: bool
) -> dict[str, Any]:
    """Return the row of an appointment as the data retention leaves it: without contacts."""
    appointment_id, created_at = new_id(), starts_at - timedelta(days=3)
    return {
        "id": appointment_id,
        "locator": new_locator(),
        "token_hash": hash_token(random_token()),
        "state": AppointmentState.SERVED if is_held else AppointmentState.NO_SHOW,
        "office_id": office.id,
        "office_slug": office.slug,
        "service_id": service.id,
        "service_slug": service.slug,
        "service_names": dict(service.names),
        "mode": mode,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=service.minutes),
        "name": DEMO_NAME_SUFFIX.strip(),
        "email": "",
        "email_key": "",
        "language": "es",
        "needs": [],
        "calendar_uid": appointment_id,
        "revision": 0,
        "created_at": created_at,
        "changed_at": created_at,
    }


# By video


def video_call_rows(office: Office, past: PastDay) -> tuple[Rows, Rows, Rows, Rows]:
    """Draw the video calls of a day as rows of appointments, rooms, citizens and qualities."""
    tables: tuple[Rows, Rows, Rows, Rows] = ([], [], [], [])
    chance = Random(f"{office.slug} {past.day} calls")  # noqa: S311 - nothing secret
    services = office.services_for("video")
    for starts_at in _draw_starts(past, chance, VIDEO_CALLS_PER_DAY) if services else ():
        rows = _video_call(office, chance.choice(services), starts_at, chance)
        for table, row in zip(tables, rows, strict=True):
            table.append(row)
    return tables


def _video_call(office: Office, service: OfficeService, starts_at: datetime, chance: Random) -> Rows:
    is_held = chance.random() > NO_SHOW_SHARE
    test = chance.choices([name for name, _ in TESTS], [weight for _, weight in TESTS])[0]
    appointment = _appointment_row(office, service, "video", starts_at, is_held=is_held)
    joined_at = starts_at - timedelta(seconds=chance.gauss(240, 200))
    admitted_at = max(joined_at, starts_at) + timedelta(seconds=chance.expovariate(1 / 150))
    ended_at = admitted_at + timedelta(minutes=service.minutes) * chance.uniform(0.5, 1.2)
    room = {
        "appointment_id": appointment["id"],
        "office_id": office.id,
        "office_slug": office.slug,
        "version": 1,
        "opened_at": min(joined_at, starts_at),
        "ended_at": ended_at if is_held else starts_at + ENDED_AFTER,
        "end_reason": "ended",
        "outcome": chance.choice(HELD_OUTCOMES) if is_held else "no_show",
    }
    citizen: dict[str, Any] = {
        "id": new_id(),
        "appointment_id": appointment["id"],
        "person": "citizen",
        "role": "citizen",
        "name": "",
        "place": "left" if is_held else "outside",
        "since": ended_at,
        "first_joined_at": joined_at if is_held else None,
        "admitted_at": admitted_at if is_held else None,
        "media": {},
    }
    return [appointment, room, citizen, _quality_row(appointment["id"], test, chance, is_held=is_held)]


def _quality_row(appointment_id: str, test: str, chance: Random, *, is_held: bool) -> dict[str, Any]:
    samples = chance.randrange(20, 80) if is_held else 0
    has_problems = chance.random() < PROBLEMS_BY_TEST[test]
    bad = int(samples * (chance.uniform(0.12, 0.5) if has_problems else chance.uniform(0, 0.08)))
    return {
        "appointment_id": appointment_id,
        "test": test,
        "samples": samples,
        "bad_samples": bad,
        "rtt_ms": round(chance.gauss(140 if has_problems else 48, 12), 1) if samples else None,
        "loss_pct": round(abs(chance.gauss(5 if has_problems else 0.2, 0.3)), 2) if samples else None,
    }


def survey_rows(citizens: Rows, qualities: Rows, day: date) -> Rows:
    """Draw the answers to the survey of a day's calls; a bad connection is rated worse."""
    chance = Random(f"{day} surveys")  # noqa: S311 - nothing secret
    rows: Rows = []
    for citizen, quality in zip(citizens, qualities, strict=True):
        if citizen["admitted_at"] is None or chance.random() > ANSWERED_SHARE:
            continue
        is_bad = quality["bad_samples"] > quality["samples"] / 10
        weights = (0.2, 0.4, 0.4) if is_bad else (0.85, 0.12, 0.03)
        overall, sound, picture = chance.choices(RATINGS, weights, k=3)
        answered_at = citizen["since"] + timedelta(minutes=1)
        rows.append(
            {
                "participant_id": citizen["id"],
                "appointment_id": citizen["appointment_id"],
                "overall": overall,
                "sound": sound,
                "picture": picture,
                "words": None,
                "answered_at": answered_at,
                "changed_at": answered_at,
            }
        )
    return rows


# By telephone


def phone_call_rows(office: Office, past: PastDay) -> tuple[Rows, Rows]:
    """Draw the appointments by telephone of a day, and the calls of agents, as rows."""
    appointments: Rows = []
    calls: Rows = []
    chance = Random(f"{office.slug} {past.day} telephone")  # noqa: S311 - nothing secret
    services = office.services_for("phone")
    for starts_at in _draw_starts(past, chance, PHONE_CALLS_PER_DAY) if services else ():
        service = chance.choice(services)
        answers = [chance.random() > NO_ANSWER_SHARE for _ in range(2)]
        appointment = _appointment_row(office, service, "phone", starts_at, is_held=any(answers))
        appointments.append(appointment)
        calls += _call_attempts(appointment, service, answers, chance)
    return appointments, calls


def _call_attempts(
    appointment: dict[str, Any], service: OfficeService, answers: list[bool], chance: Random
) -> Iterator[dict[str, Any]]:
    """Draw the calls until a call is answered. `answers`: whether each would be."""
    delay = chance.gauss(120, 180) if chance.random() > LATE_SHARE else chance.uniform(660, 1_500)
    called_at = appointment["starts_at"] + timedelta(seconds=max(-120.0, delay))
    for is_answered in answers:
        length = timedelta(minutes=service.minutes) * chance.uniform(0.4, 1.1) if is_answered else UNANSWERED
        yield {
            "id": new_id(),
            "appointment_id": appointment["id"],
            "office_id": appointment["office_id"],
            "service_id": service.id,
            "agent_id": "demo",
            "expected_at": appointment["starts_at"],
            "called_at": called_at,
            "ended_at": called_at + length,
            "result": PhoneCallResult.HELD if is_answered else PhoneCallResult.NO_ANSWER,
        }
        if is_answered:
            return
        called_at += MIN_ATTEMPT_GAP + timedelta(minutes=chance.uniform(1, 6))
