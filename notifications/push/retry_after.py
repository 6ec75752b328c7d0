"""The `Retry-After` of an answer: seconds, or a date (RFC 9110, 10.2.3). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_retry_after_s(header: str | None, now: datetime) -> float | None:
    """In how many seconds; None for no header, one that says nothing, or a moment that is over."""
    if header is None:
        return None
    text = header.strip()
    seconds = float(text) if text.isdecimal() else _seconds_until(text, now)
    return seconds if seconds > 0 else None


def _seconds_until(text: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0
    return (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
