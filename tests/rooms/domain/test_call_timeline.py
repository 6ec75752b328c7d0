"""Lines of a call's timeline, from the rows that its room recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from office360.rooms.domain.call_timeline import CallEvent, TimelineEntry, build_timeline
from office360.rooms.queries.call_timelines import CallTimeline
from office360.rooms.web.timeline_texts import identity_line, timeline_lines

T0 = datetime(2026, 11, 25, 9, 40, tzinfo=UTC)
MADRID = timezone(timedelta(hours=1))
PEOPLE = {"amina": ("citizen", "Amina"), "boris": ("agent", "Boris")}


def event(seconds: int, kind: str, who: str | None = "amina", **details: Any) -> CallEvent:
    return CallEvent(T0 + timedelta(seconds=seconds), kind, who, details)


def build(*events: CallEvent) -> list[tuple[int, str, str | None, int | None, int | None]]:
    """Return (second, kind, participant, length in seconds, value) of each line."""
    return [_brief(entry) for entry in build_timeline(events)]


def _brief(entry: TimelineEntry) -> tuple[int, str, str | None, int | None, int | None]:
    length = int((entry.until - entry.at).total_seconds()) if entry.until else None
    return int((entry.at - T0).total_seconds()), entry.kind, entry.participant_id, length, entry.value


def lines(*events: CallEvent, people: dict[str, tuple[str, str]] = PEOPLE) -> list[str]:
    timeline = CallTimeline(build_timeline(events), people)
    return [f"{line.at} {line.text}" for line in timeline_lines(timeline, lambda text: text, MADRID)]


def test_moments_of_people_are_told_in_order() -> None:
    told = build(
        event(0, "hello", role="citizen"),
        event(1, "joined"),
        event(5, "hello", "boris", role="agent"),
        event(9, "admitted", "boris", participant="amina"),
        event(60, "hello", role="citizen"),
        event(90, "left"),
        event(99, "ended", "boris", outcome="resolved"),
    )
    assert [(at, kind, who) for at, kind, who, *_ in told] == [
        (1, "joined", "amina"),
        (5, "came_in", "boris"),
        (9, "admitted", "amina"),
        (60, "came_back", "amina"),
        (90, "left", "amina"),
        (99, "ended", "boris"),
    ]


def test_reports_with_same_trouble_are_one_line_with_worst_value() -> None:
    told = build(
        event(0, "quality", available_up_kbps=900),
        event(30, "quality", available_up_kbps=260),
        event(60, "quality", available_up_kbps=180),
        event(90, "quality", available_up_kbps=300),
        event(120, "quality", available_up_kbps=800),
        event(150, "quality", available_up_kbps=200),
    )
    assert told == [(30, "slow_upload", "amina", 60, 180), (150, "slow_upload", "amina", None, 200)]


def test_missing_reports_end_a_trouble() -> None:
    told = build(event(0, "quality", rtt_ms=500), event(76, "quality", rtt_ms=700))
    assert told == [(0, "delay", "amina", None, 500), (76, "delay", "amina", None, 700)]


def test_troubles_of_two_people_are_kept_apart() -> None:
    told = build(
        event(0, "quality", "amina", concealed_up_pct=30),
        event(1, "quality", "boris", concealed_down_pct=31),
        event(30, "quality", "amina", concealed_up_pct=12.4),
    )
    assert told == [(0, "heard_in_pieces", "amina", 30, 30), (1, "hears_in_pieces", "boris", None, 31)]


@pytest.mark.parametrize(
    "report",
    [
        {"available_up_kbps": 350, "loss_up_pct": 8, "loss_down_pct": 8, "rtt_ms": 400, "concealed_up_pct": 8},
        {"up_kbps": 40},  # a still picture needs no more
        {"up_kbps": 40, "reason": "cpu"},
        {},
    ],
)
def test_reports_within_bounds_are_no_lines(report: dict[str, Any]) -> None:
    assert build(event(0, "quality", **report)) == []


def test_old_reports_without_estimate_count_if_line_limits() -> None:
    assert build(event(0, "quality", up_kbps=40, reason="bandwidth")) == [(0, "slow_upload", "amina", None, 40)]


@pytest.mark.parametrize("end", ["sound_only", "left", "hello", "ended"])
def test_voice_only_lasts_until_picture_or_end(end: str) -> None:
    started = event(10, "sound_only", on=True, reason="weak_connection")
    (period, *_) = build(
        event(0, "hello", role="citizen"),
        started,
        event(20, "sound_only", on=True, reason="weak_connection"),
        event(50, end, None if end == "ended" else "amina", on=False),
    )
    assert period == (10, "sound_only", "amina", 40, None)


def test_lines_are_plain_sentences_with_time_and_length() -> None:
    told = lines(
        event(120, "quality", available_up_kbps=180),
        event(125, "sound_only", on=True, reason="weak_connection"),
        event(165, "sound_only", on=False, reason="recovered"),
        event(240, "quality", available_up_kbps=900),
        event(300, "ended", None, reason="time_over"),
    )
    assert told == [
        "10:42 The upload of Amina fell to 180 kbps",
        "10:42 Amina sent the voice only, so that it was heard well, for 40\u00a0s",
        "10:45 The room closed: its time was over",
    ]


def test_deleted_names_become_roles() -> None:
    roles = {"citizen": "citizen", "relative": "companion", "colleague": "colleague"}
    told = [lines(event(0, "left"), people={"amina": (role, "")}) for role in roles]
    assert told == [[f"10:40 The {word} left"] for word in roles.values()]


@pytest.mark.parametrize("end", ["taken_back", "removed", "returned_to_lobby", "left", "ended"])
def test_hold_lasts_until_taken_back_or_gone(end: str) -> None:
    who, details = ("amina", {}) if end == "left" else ("boris", {"participant": "amina"})
    (period, *_) = build(event(0, "held", "boris", participant="amina"), event(40, end, who, **details))
    assert period == (0, "held", "amina", 40, None)


def test_page_opened_before_entering_is_no_line() -> None:
    opened = [event(second, "hello", role="citizen") for second in (0, 10)]
    assert build(*opened, event(20, "joined")) == [(20, "joined", "amina", None, None)]


def test_documents_and_texts_are_told_without_file_names() -> None:
    told = lines(
        event(0, "document_sent", size_kb=120),
        event(1, "text_offered", "boris", text="Consent to a copy", sha256="0"),
        event(2, "code_sent"),
        event(3, "text_accepted", text="Consent to a copy", sha256="0"),
    )
    assert told == [
        "10:40 Amina sent a document",
        "10:40 Boris offered a text to accept: Consent to a copy",
        "10:40 Amina accepted with a code: Consent to a copy",
    ]


def test_identity_and_telephone_are_told_in_words() -> None:
    told = (
        event(0, "checklist", "boris", items={"front": True}),
        event(1, "identity_not_possible", "boris", items={}),
        event(60, "identity_checked", "boris", items={}, document="dni"),
        event(70, "by_phone", "boris"),
        event(80, "by_phone_undone", "boris"),
    )
    assert lines(*told) == [
        "10:40 Boris could not check the identity: no document",
        "10:41 Boris checked the identity: DNI",
        "10:41 Boris went on by telephone",
        "10:41 Boris went back from the telephone to the video call",
    ]
    latest = identity_line(CallTimeline(build_timeline(told), PEOPLE), lambda text: text, MADRID)
    assert latest is not None
    assert (latest.at, latest.text, latest.is_trouble) == ("10:41", "Boris checked the identity: DNI", False)
