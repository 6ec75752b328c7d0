"""HTTP rules of gateways and push services: sessions, statuses, Retry-After. No SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from .domain.gateway import GatewayCheck

CHECK_TIMEOUT_S = 20
TEMPORARY_STATUSES = frozenset({408, 425, 429})  # besides all from 500 on


def open_http_session(timeout_s: float, connector: aiohttp.BaseConnector | None = None) -> aiohttp.ClientSession:
    """Open a session that stores no cookies.

    A recipient's request must not carry traces of another's.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


async def find_gateway_problem(check: GatewayCheck) -> str | None:
    """Describe why a gateway cannot be used; None without a problem. Sends no message."""
    try:
        async with (
            open_http_session(CHECK_TIMEOUT_S) as session,
            session.request(check.method, check.url, headers=check.headers, allow_redirects=False) as response,
        ):
            is_usable = not check.refusal or is_success_status(response.status)
            return None if is_usable else f"{check.refusal}: {response.status}"
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S} s"
    except (aiohttp.ClientError, OSError) as error:
        problem = f"{type(error).__name__}: {error}".splitlines()[0]
        return problem.replace(check.secret, "TOKEN") if check.secret else problem


def is_success_status(status: int) -> bool:
    """Tell whether a service accepted a request.

    No caller follows redirects, so an answer that redirects accepted none; aiohttp calls it `ok`.
    """
    return 200 <= status < 300


def is_temporary_status(status: int) -> bool:
    """Tell whether a later request can succeed."""
    return status >= 500 or status in TEMPORARY_STATUSES


def parse_retry_after_s(header: str | None, now: datetime) -> float | None:
    """Parse `Retry-After`: seconds or a date (RFC 9110, 10.2.3).

    Returns None for a missing or invalid header and for an instant in the past.
    """
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
