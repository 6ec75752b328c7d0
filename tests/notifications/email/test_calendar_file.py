"""The attached calendar file, parsed by ical.js, the parser of Thunderbird."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.core.tokens import TokenSigner
from office360.notifications.domain.message_content import OutboxMessage
from office360.notifications.email.writer import EmailWriter

from ...conftest import skip_or_fail_tier
from ..support.messages import SITE, parse_time
from ..support.payloads import SAMPLE_PAYLOADS, appointment_payload

ROOT = Path(__file__).parent.parent.parent.parent
NODE = ROOT / ".venv" / "bin" / "node"
ICAL = ROOT / ".venv" / "node" / "node_modules" / "ical.js" / "dist" / "ical.js"
READER = Path(__file__).parent.parent / "support" / "read_calendar.mjs"
TIMEOUT_S = 30
WRITTEN_AT = parse_time("2026-11-20T10:00:00+00:00")


def parse_with_ical_js(file: bytes) -> dict[str, Any]:
    if not (NODE.exists() and ICAL.exists()):
        skip_or_fail_tier(
            "NO ICAL.JS ON THIS MACHINE: calendar files were not parsed by it (make test installs it)"
        )
    result = subprocess.run([NODE, READER, ICAL], input=file, capture_output=True, timeout=TIMEOUT_S)
    assert result.returncode == 0, result.stderr.decode()
    entry: dict[str, Any] = json.loads(result.stdout)
    return entry


def parse_calendar(writer: EmailWriter, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    message = OutboxMessage("01ROW", f"{kind}:1", "email", kind, "amina@example.org", "es", payload, WRITTEN_AT)
    calendar = writer.write(message, WRITTEN_AT).calendar
    assert calendar is not None
    return parse_with_ical_js(calendar.contents)


def test_confirmation_becomes_calendar_entry_with_alarm(writer: EmailWriter, tokens: TokenSigner) -> None:
    entry = parse_calendar(writer, "appointment_confirmed", appointment_payload(tokens, mode="in_person"))
    page = f"{SITE}/a/{tokens.derive('appointment', '01APPOINTMENT')}"
    assert (entry["method"], entry["uid"], entry["sequence"], entry["status"]) == (
        "PUBLISH",
        "01FIRST",
        0,
        "CONFIRMED",
    )
    assert (entry["start"], entry["end"]) == ("2026-11-27T08:20:00.000Z", "2026-11-27T08:35:00.000Z")
    assert entry["summary"] == "Certificado digital · Oficina Centro"
    assert entry["location"] == "Oficina Centro, Calle del Olivar, 12"
    assert (entry["url"], entry["organizer"]) == (page, "mailto:no-reply@example.org")
    assert page in entry["description"]
    assert entry["alarm"] == {"action": "DISPLAY", "trigger_s": -3600}


@pytest.mark.parametrize(
    ("zone", "starts_at", "wall_clock"),
    [
        ("Europe/Madrid", "2026-11-27T08:20:00+00:00", "2026-11-27T09:20:00"),
        ("Europe/Madrid", "2026-10-24T08:00:00+00:00", "2026-10-24T10:00:00"),  # the day before clocks go back
        ("Europe/Madrid", "2026-10-26T08:00:00+00:00", "2026-10-26T09:00:00"),
        ("Europe/Madrid", "2027-03-27T08:00:00+00:00", "2027-03-27T09:00:00"),
        ("Europe/Madrid", "2027-03-28T01:30:00+00:00", "2027-03-28T03:30:00"),  # after clocks went forward
        ("Europe/Madrid", "2027-03-29T08:00:00+00:00", "2027-03-29T10:00:00"),
        ("Atlantic/Canary", "2026-11-27T08:20:00+00:00", "2026-11-27T08:20:00"),
        ("America/Bogota", "2026-11-27T15:00:00+00:00", "2026-11-27T10:00:00"),
        ("Asia/Kathmandu", "2026-11-27T04:15:00+00:00", "2026-11-27T10:00:00"),
        ("Pacific/Chatham", "2027-04-03T20:15:00+00:00", "2027-04-04T09:00:00"),  # the day on which clocks go back
        ("Australia/Lord_Howe", "2026-10-03T22:00:00+00:00", "2026-10-04T09:00:00"),  # summer time is half an hour
        ("America/St_Johns", "2027-03-14T12:30:00+00:00", "2027-03-14T10:00:00"),
        ("Africa/Casablanca", "2027-03-10T09:00:00+00:00", "2027-03-10T09:00:00"),  # clocks go back for Ramadan
        ("America/Sao_Paulo", "2026-11-27T13:00:00+00:00", "2026-11-27T10:00:00"),
    ],
)
def test_calendar_file_carries_office_timezone(
    writer: EmailWriter, tokens: TokenSigner, zone: str, starts_at: str, wall_clock: str
) -> None:
    ends_at = (parse_time(starts_at) + timedelta(minutes=15)).isoformat()
    payload = appointment_payload(tokens, timezone=zone, starts_at=starts_at, ends_at=ends_at)
    entry = parse_calendar(writer, "appointment_confirmed", payload)
    assert (entry["zone"], entry["zone_came_with_the_file"], entry["wall_clock"]) == (zone, True, wall_clock)
    assert datetime.fromisoformat(entry["start"]) == parse_time(starts_at)


def test_cancellation_cancels_entry_and_alarm(writer: EmailWriter, tokens: TokenSigner) -> None:
    entry = parse_calendar(writer, "appointment_cancelled", appointment_payload(tokens, revision=2))
    assert (entry["method"], entry["uid"], entry["sequence"], entry["status"]) == (
        "CANCEL",
        "01FIRST",
        2,
        "CANCELLED",
    )
    assert entry["alarm"] is None


@pytest.mark.parametrize("hour", ["00", "01"])
def test_repeated_hour_gives_right_instant_both_times(writer: EmailWriter, tokens: TokenSigner, hour: str) -> None:
    payload = appointment_payload(
        tokens, starts_at=f"2026-10-25T{hour}:30:00+00:00", ends_at=f"2026-10-25T{hour}:45:00+00:00"
    )
    entry = parse_calendar(writer, "appointment_confirmed", payload)
    assert (entry["start"], entry["end"]) == (f"2026-10-25T{hour}:30:00.000Z", f"2026-10-25T{hour}:45:00.000Z")


def test_move_updates_same_entry_and_keeps_alarm(writer: EmailWriter, tokens: TokenSigner) -> None:
    before = parse_calendar(writer, "appointment_confirmed", appointment_payload(tokens))
    moved = appointment_payload(
        tokens,
        appointment_id="01SECOND",
        starts_at="2027-03-29T08:00:00+00:00",
        ends_at="2027-03-29T08:15:00+00:00",
        previous_starts_at="2026-11-27T08:20:00+00:00",
        revision=1,
    )
    entry = parse_calendar(writer, "appointment_rescheduled", moved)
    assert (entry["method"], entry["uid"]) == (before["method"], before["uid"])
    assert (before["sequence"], entry["sequence"]) == (0, 1)
    assert entry["wall_clock"] == "2027-03-29T10:00:00"
    assert entry["alarm"] == {"action": "DISPLAY", "trigger_s": -3600}


def test_reminders_and_delays_have_no_calendar_file(writer: EmailWriter, tokens: TokenSigner) -> None:
    for kind in ("appointment_reminder_day", "appointment_late"):
        message = OutboxMessage(
            "01ROW", f"{kind}:1", "email", kind, "a@example.org", "es", SAMPLE_PAYLOADS[kind](tokens), WRITTEN_AT
        )
        assert writer.write(message, WRITTEN_AT).calendar is None
