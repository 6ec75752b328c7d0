"""The figures of an office and day in plain SQL, against the tables, on both databases.

Written from docs/figures.md alone: it imports no rule of the product. Times are in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

VISITS = """
WITH firsts AS (
    SELECT t.*, (SELECT MIN(s.started_at) FROM ticket_segments s WHERE s.ticket_id = t.id AND s.state = 'called')
        AS first_called
    FROM tickets t JOIN offices o ON o.id = t.office_id WHERE o.slug = 'centro' AND t.day = :day {more}
), punctual AS (
    SELECT f.*, CASE WHEN f.appointment_at IS NOT NULL
        AND {arrived_after_due} <= 600 THEN 1 ELSE 0 END AS in_time FROM firsts f
), waits AS (
    SELECT p.*, CASE WHEN first_called IS NULL THEN NULL
        WHEN in_time = 1 AND {early} > 0 THEN CASE WHEN {since_due} < 0 THEN 0 ELSE {since_due} END
        ELSE {since_arrival} END AS wait_s
    FROM punctual p
), steps AS (
    SELECT s.ticket_id, s.state, s.services, s.started_at, {segment} AS seconds,
        LEAD(s.state) OVER (PARTITION BY s.ticket_id ORDER BY s.started_at) AS next_state
    FROM ticket_segments s JOIN waits w ON w.id = s.ticket_id
), ways AS (
    SELECT ticket_id, seconds FROM (
        SELECT ticket_id, seconds, ROW_NUMBER() OVER (PARTITION BY ticket_id ORDER BY started_at) AS place
        FROM steps WHERE state = 'called' AND next_state = 'serving') answered WHERE place = 1
), services AS (
    SELECT s.ticket_id, SUM(s.seconds) AS seconds FROM steps s JOIN waits w ON w.id = s.ticket_id
    WHERE s.state = 'serving' AND w.state = 'finished' {alone} GROUP BY s.ticket_id
), judged AS (
    SELECT CASE WHEN {whole_minute} >= shown_earliest AND {whole_minute} <= shown_latest THEN 1 ELSE 0 END
        AS inside, CASE WHEN {whole_minute} <= shown_latest THEN 1 ELSE 0 END AS by_latest
    FROM waits WHERE first_called IS NOT NULL AND shown_latest IS NOT NULL AND postpones = 0 AND placed_at IS NULL
)
"""
COUNTS = """
SELECT COUNT(*) AS tickets, SUM(CASE WHEN kind = 'walk_in' THEN 1 ELSE 0 END) AS walk_ins,
    SUM(CASE WHEN kind = 'appointment' THEN 1 ELSE 0 END) AS appointments,
    SUM(CASE WHEN state = 'finished' THEN 1 ELSE 0 END) AS served,
    SUM(CASE WHEN state = 'left' THEN 1 ELSE 0 END) AS left,
    SUM(CASE WHEN state = 'expired' THEN 1 ELSE 0 END) AS expired,
    SUM(CASE WHEN state IN ('finished', 'no_show') THEN 1 ELSE 0 END) AS no_shows_of,
    SUM(CASE WHEN state = 'no_show' THEN 1 ELSE 0 END) AS no_shows_count,
    SUM(CASE WHEN in_time = 1 AND wait_s IS NOT NULL THEN 1 ELSE 0 END) AS on_time_of,
    SUM(CASE WHEN in_time = 1 AND wait_s <= 600 THEN 1 ELSE 0 END) AS on_time_count
FROM waits
"""
SPREAD = """
SELECT COUNT(*) AS count, AVG(seconds) AS mean_s, MAX(seconds) AS longest_s,
    MAX(CASE WHEN place = (number + 1) / 2 THEN seconds END) AS p50_s,
    MAX(CASE WHEN place = (9 * number + 9) / 10 THEN seconds END) AS p90_s
FROM (SELECT seconds, ROW_NUMBER() OVER (ORDER BY seconds) AS place, COUNT(*) OVER () AS number
      FROM ({values}) raw WHERE seconds IS NOT NULL) ranked
"""
SURVEY = """
SELECT COUNT(s.{column}) AS rated, SUM(CASE WHEN s.{column} = 'good' THEN 1 ELSE 0 END) AS good
FROM room_surveys s JOIN appointments a ON a.id = s.appointment_id JOIN offices o ON o.id = a.office_id
WHERE o.slug = 'centro' AND a.mode = 'video' AND {local_day} = :day {more}
"""
CALLS = """
WITH calls AS (
    SELECT a.id, a.state, a.service_slug, a.starts_at, a.ends_at, COALESCE(a.latest_told_at, a.starts_at) AS due,
        r.ended_at, r.end_reason, c.first_joined_at, c.admitted_at,
        (SELECT MIN(g.admitted_at) FROM room_participants g
         WHERE g.appointment_id = a.id AND g.role NOT IN ('agent', 'supervisor')) AS began_at,
        CASE WHEN a.state = 'served'
            OR (a.state = 'checked_in' AND (c.admitted_at IS NOT NULL OR r.by_phone_since IS NOT NULL))
            THEN 1 ELSE 0 END AS held, r.by_phone_since
    FROM appointments a JOIN offices o ON o.id = a.office_id
    LEFT JOIN rooms r ON r.appointment_id = a.id
    LEFT JOIN room_participants c ON c.appointment_id = a.id AND c.role = 'citizen'
    WHERE o.slug = 'centro' AND a.mode = 'video' AND {local_day} = :day
      AND a.state IN ('confirmed', 'checked_in', 'served', 'no_show') {more}
), waits AS (
    SELECT c.*, CASE WHEN held = 0 OR admitted_at IS NULL THEN NULL
        WHEN first_joined_at > starts_at THEN {after_join}
        WHEN admitted_at > starts_at THEN {after_start} ELSE 0 END AS wait_s,
        CASE WHEN first_joined_at IS NOT NULL AND {joined_after_due} <= 600 THEN 1 ELSE 0 END AS in_time
    FROM calls c
)
"""
CALL_COUNTS = """
SELECT COUNT(*) AS appointments, SUM(held) AS held,
    SUM(CASE WHEN held = 1 AND by_phone_since IS NOT NULL THEN 1 ELSE 0 END) AS by_phone,
    SUM(CASE WHEN held = 1 OR state = 'no_show' THEN 1 ELSE 0 END) AS no_shows_of,
    SUM(CASE WHEN state = 'no_show' THEN 1 ELSE 0 END) AS no_shows_count,
    SUM(CASE WHEN in_time = 1 AND wait_s IS NOT NULL THEN 1 ELSE 0 END) AS on_time_of,
    SUM(CASE WHEN in_time = 1 AND wait_s <= 600 THEN 1 ELSE 0 END) AS on_time_count
FROM waits
"""
PHONE = """
WITH visits AS (
    SELECT a.id, a.state FROM appointments a JOIN offices o ON o.id = a.office_id
    WHERE o.slug = 'centro' AND a.mode = 'phone' AND {local_day} = :day
      AND a.state IN ('confirmed', 'checked_in', 'served', 'no_show') {more}
), calls AS (
    SELECT v.id, p.result, {delay} AS delay_s, {length} AS length_s,
        ROW_NUMBER() OVER (PARTITION BY v.id ORDER BY p.called_at, p.id) AS place
    FROM visits v JOIN phone_calls p ON p.appointment_id = v.id
    WHERE p.result IS NULL OR p.result <> 'withdrawn'
), firsts AS (
    SELECT CASE WHEN delay_s < 0 THEN 0 ELSE delay_s END AS seconds FROM calls WHERE place = 1
)
"""
PHONE_COUNTS = """
SELECT COUNT(*) AS appointments, SUM(CASE WHEN state = 'served' THEN 1 ELSE 0 END) AS held,
    SUM(CASE WHEN state IN ('served', 'no_show') THEN 1 ELSE 0 END) AS not_reached_of,
    SUM(CASE WHEN state = 'no_show' THEN 1 ELSE 0 END) AS not_reached_count,
    (SELECT COUNT(result) FROM calls) AS attempts,
    (SELECT COUNT(*) FROM calls WHERE result = 'no_answer') AS no_answer,
    (SELECT COUNT(*) FROM firsts) AS on_time_of,
    (SELECT COUNT(*) FROM firsts WHERE seconds <= 600) AS on_time_count
FROM visits
"""
TESTS = """
SELECT grade, COUNT(*) AS number FROM (
    SELECT c.id, COALESCE((SELECT {grade} FROM connection_tests k WHERE k.appointment_id = c.id
        AND k.reported_at < COALESCE(c.admitted_at, c.ends_at)
        ORDER BY k.finished DESC, k.reported_at DESC LIMIT 1), 'none') AS grade FROM calls c) graded GROUP BY grade
"""
SPREADS = {
    "wait": "SELECT wait_s AS seconds FROM waits",
    "way": "SELECT seconds FROM ways",
    "service": "SELECT seconds FROM services",
    "delay": "SELECT wait_s AS seconds FROM waits WHERE in_time = 1",
}


def middle(values: Sequence[float | None]) -> float | None:
    """Return the median: the middle value, or the mean of the middle two."""
    ranked = sorted(value for value in values if value is not None)
    if not ranked:
        return None
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2


class FiguresBySql:
    """Queries of a day. `more`: a condition on `t` or `a` for a group of the day."""

    def __init__(self, session: AsyncSession, day: str) -> None:
        self.session, self.day = session, day
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"

    async def visits(self, more: str = "", *, own_service: bool = False) -> dict[str, Any]:
        """Return the figures of the visits by their column of the CSV file.

        `own_service`: the time at the desk for the service of the visit alone.
        """
        minute = "(SUBSTR(first_called, 1, 17) || '00.000000')"
        common = VISITS.format(
            more=more,
            alone="AND s.services = w.service" if own_service else "",
            whole_minute=minute if self.is_sqlite else "DATE_TRUNC('minute', first_called)",
            arrived_after_due=self._seconds("COALESCE(f.told_at, f.appointment_at)", "f.arrived_at"),
            early=self._seconds("arrived_at", "appointment_at"),
            since_due=self._seconds("appointment_at", "first_called"),
            since_arrival=self._seconds("arrived_at", "first_called"),
            segment=self._seconds("s.started_at", "s.ended_at"),
        )
        found = await self._row(common + COUNTS)
        for name, values in SPREADS.items():
            found |= await self._spread(common, name, values)
        judged = "SELECT COUNT(*) AS judged, SUM(inside) AS inside, SUM(by_latest) AS by_latest FROM judged"
        promise = await self._row(common + judged)
        found |= {"in_range_of": promise["judged"], "in_range_count": promise["inside"] or 0}
        return found | {"by_latest_of": promise["judged"], "by_latest_count": promise["by_latest"] or 0}

    async def calls(self, more: str = "") -> dict[str, Any]:
        """Return the figures of the video calls by their column of the CSV file."""
        common = CALLS.format(
            more=more,
            local_day=self._local_day("a.starts_at"),
            after_join=self._seconds("first_joined_at", "admitted_at"),
            after_start=self._seconds("starts_at", "admitted_at"),
            joined_after_due=self._seconds("due", "first_joined_at"),
        )
        found = await self._row(common + CALL_COUNTS)
        found |= await self._spread(common, "wait", "SELECT wait_s AS seconds FROM waits")
        length = f"SELECT {self._seconds('began_at', 'ended_at')} AS seconds FROM waits WHERE held = 1"
        found |= await self._spread(common, "length", length)
        held = [row.id for row in await self._rows(common + "SELECT id FROM waits WHERE held = 1")]
        found |= await self._quality(held)
        found |= dict.fromkeys(("tests_green", "tests_amber", "tests_red", "tests_unknown", "tests_none"), 0)
        grades = await self._rows(common + TESTS.format(grade=self._grade("k.measurements")))
        found |= {f"tests_{row.grade}": row.number for row in grades}
        return {f"video_{name}": value for name, value in found.items()}

    async def survey(self, more: str = "") -> dict[str, Any]:
        """Return how people rated the calls by their column of the CSV file."""
        found: dict[str, Any] = {}
        for name, column in (("satisfied", "overall"), ("good_sound", "sound"), ("good_picture", "picture")):
            row = await self._row(
                SURVEY.format(column=column, local_day=self._local_day("a.starts_at"), more=more)
            )
            found |= {f"survey_{name}_of": row["rated"], f"survey_{name}_count": row["good"] or 0}
        return found | {"survey_answers": found["survey_satisfied_of"]}

    async def phone(self, more: str = "") -> dict[str, Any]:
        """Return the figures of the appointments by telephone by their column of the CSV file."""
        common = PHONE.format(
            more=more,
            local_day=self._local_day("a.starts_at"),
            delay=self._seconds("p.expected_at", "p.called_at"),
            length=self._seconds("p.called_at", "p.ended_at"),
        )
        found = await self._row(common + PHONE_COUNTS)
        found |= await self._spread(common, "delay", "SELECT seconds FROM firsts")
        held = "SELECT length_s AS seconds FROM calls WHERE result = 'held'"
        found |= await self._spread(common, "length", held)
        return {f"phone_{name}": value for name, value in found.items()}

    def in_hour(self, time: str, hour: int) -> str:
        """Return the condition that a time is in this local hour of the winter day."""
        if self.is_sqlite:
            return f"AND CAST(STRFTIME('%H', {time}, '+1 hour') AS INTEGER) = {hour}"
        return f"AND EXTRACT(HOUR FROM {time} AT TIME ZONE 'Europe/Madrid') = {hour}"

    def _local_day(self, time: str) -> str:
        return f"DATE({time}, '+1 hour')" if self.is_sqlite else f"({time} AT TIME ZONE 'Europe/Madrid')::date"

    def _grade(self, column: str) -> str:
        """Return the grade of a test, by the values that differ in the played day."""
        value = f"{column} ->> 'rtt_ms'" if self.is_sqlite else f"({column} ->> 'rtt_ms')::float"
        up = f"{column} ->> 'up_kbps'" if self.is_sqlite else f"({column} ->> 'up_kbps')::float"
        return f"CASE WHEN {value} > 400 THEN 'red' WHEN {up} < 1000 THEN 'amber' ELSE 'green' END"

    async def _quality(self, held: list[str]) -> dict[str, Any]:
        """Return the held calls with less than a tenth of bad measurements, and their medians."""
        samples = await self._rows("SELECT appointment_id, details FROM room_events WHERE kind = 'quality'")
        bad: dict[str, list[bool]] = {}
        delays: dict[str, list[float]] = {}
        losses: dict[str, list[float]] = {}
        for row in samples:
            measured = json.loads(row.details) if isinstance(row.details, str) else row.details
            is_bad = (
                measured["rtt_ms"] > 400
                or measured["jitter_ms"] > 60
                or max(measured["loss_up_pct"], measured["loss_down_pct"]) > 8
            )
            bad.setdefault(row.appointment_id, []).append(is_bad)
            if row.appointment_id in held:
                delays.setdefault(row.appointment_id, []).append(measured["rtt_ms"])
                losses.setdefault(row.appointment_id, []).append(
                    max(measured["loss_up_pct"], measured["loss_down_pct"])
                )
        judged = [marks for call, marks in bad.items() if call in held]
        return {
            "good_of": len(judged),
            "good_count": sum(1 for marks in judged if sum(marks) / len(marks) < 0.1),
            "rtt_ms": middle([middle(values) for values in delays.values()]),
            "loss_pct": middle([middle(values) for values in losses.values()]),
        }

    async def _spread(self, common: str, name: str, values: str) -> dict[str, Any]:
        row = await self._row(common + SPREAD.format(values=values))
        return {f"{name}_{column}": value for column, value in row.items()}

    async def _row(self, sql: str) -> dict[str, Any]:
        (row,) = await self._rows(sql)
        return {name: float(value) if value is not None else None for name, value in row._mapping.items()}

    async def _rows(self, sql: str) -> list[Any]:
        day: Any = self.day
        statement = text(sql.replace(":day", f"'{day}'"))
        return list(await self.session.execute(statement))

    def _seconds(self, since: str, until: str) -> str:
        if self.is_sqlite:
            return f"ROUND((JULIANDAY({until}) - JULIANDAY({since})) * 86400.0, 3)"
        return f"EXTRACT(EPOCH FROM ({until} - {since}))"
